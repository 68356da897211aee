"""The page about deployment does what it says: its commands and files are taken from it and run.

What is changed on the way is where something listens, and in which folder it lies.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from htealeaf import Registry, Store, connect
from htealeaf.state.backends.opening import open_journal
from tests.servers import ROOT, Address, Server, event, free_port
from tests.state.servers import postgresql_server, program, redis_server

pytestmark = pytest.mark.server

PAGE = (ROOT / "docs" / "guide" / "deploy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\S+) ?([^\n]*)\n(.*?)^```", PAGE, re.M | re.S)
SERVERS = [code.split() for kind, name, code in BLOCKS if (kind, name) == ("sh", "")]
BIN = Path(sys.executable).parent
HOST = "shop.example.org"


def block(kind: str, name: str = "") -> str:
    (found,) = [code for lang, label, code in BLOCKS if (lang, label) == (kind, name)]
    return found


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """Put this machine's places in; each that is given has to stand there."""
    for before, after in pairs:
        assert before in text, before
        text = text.replace(before, after)
    return text


class Shop:
    """The program of the page, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program, other = (code for kind, _, code in BLOCKS if kind == "python" and "import" in code)
        (folder / "shop.py").write_text(program)
        (folder / "shop_asgi.py").write_text(other)
        self.variables = {
            "PYTHONPATH": f"{folder}:{ROOT}",
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HTEALEAF_SECRET": "a secret for tests only",
            "HTEALEAF_JOURNAL": f"sqlite:///{folder}/shop.db",
            "HTEALEAF_METRICS": f"{folder}/metrics",
        }

    def served(self, command: list[str]) -> Server:
        # The one in a container listens to all of its network; here to nobody else.
        here = [word.replace("0.0.0.0:8000", "127.0.0.1:8000") for word in command]
        words = [re.sub(r"^(127\.0\.0\.1:)?8000$", r"\1{port}", word) for word in here]
        assert words != command
        words[0] = str(BIN / Path(words[0]).name)
        return Server(words, self.folder, **self.variables)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def follows(address: Any) -> None:
    """What one browser clicks, another one sees, whichever workers they have met."""
    one = address.browser()
    with one.live() as stream:
        assert stream.getheader("Content-Type", "").startswith("text/event-stream")
        clicked = address.browser().click()
        assert "</h3>" in clicked
        found = re.search(r"<h3[^>]*>\d+</h3>", clicked)
        assert found is not None
        assert found[0] in event(stream)


@pytest.mark.parametrize("command", SERVERS, ids=lambda words: " ".join(words[:1] + words[-3:]))
def test_each_server_serves_and_stops(shop: Shop, command: list[str]) -> None:
    server = shop.served(command)
    try:
        for _ in range(3):
            follows(server)
        answer = server.ask("GET", "/_htealeaf/health")
        assert (answer.status, json.load(answer)["status"]) == (200, "pass")
        with server.browser().live() as stream:
            stream.readline()
            server.process.send_signal(signal.SIGTERM)
            while event(stream):
                pass
        server.ended()
    finally:
        server.kill()


@contextmanager
def run(command: list[str], port: int, **options: Any) -> Iterator[None]:
    """Run a proxy until the block ends."""
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            while process.poll() is None:
                try:
                    Address(port)._connection().connect()
                    break
                except OSError:
                    continue
            assert process.poll() is None, command
            yield
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)


def behind_a_proxy(address: Address) -> None:
    """A page that is sent on as it was meant: https, its path, its events, its numbers kept in."""
    follows(address)
    browser = address.browser()
    base = address.base
    assert f'formaction="{base}/api/_store/shop/sold' in browser.html
    assert f"; Path={base or '/'};" in browser.cookie + ";"
    assert ("Secure" in browser.cookie) is address.tls
    assert address.ask("GET", "/_htealeaf/metrics").status == 403
    assert address.ask("GET", "/_htealeaf/health").status == 200
    told = address.ask("GET", "/", X_Forwarded_Prefix="/evil", X_Forwarded_Host="evil.example")
    assert b"evil" not in told.read()


def of_browser(port: int, base: str, scheme: str) -> Address:
    host = f"{HOST}:{port}"
    origin = f"{scheme}://{host}"  # an old browser, which says no more of where a click comes from
    return Address(port, base, tls=scheme == "https", Host=host, Origin=origin)


@pytest.mark.parametrize("base", ["", "/shop"])
def test_nginx_sends_on_what_is_needed(shop: Shop, base: str) -> None:
    server, port, folder = shop.served(SERVERS[0]), free_port(), shop.folder
    made = replaced(
        block("nginx"),
        ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("/etc/ssl/", f"{folder}/"),
    )
    if base:
        before = made[made.index("    location / {") : made.rindex("}")]
        made = replaced(
            made,
            (before, block("nginx", "below")),
            ('X-Forwarded-Prefix ""', "X-Forwarded-Prefix /shop"),
        )
    key = (
        f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={HOST} -keyout shop.key -out shop.pem"
    )
    subprocess.run(["openssl", *key.split()], cwd=folder, check=True, capture_output=True)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/nginx.pid; error_log stderr; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder};\n"
        f"{made}\n}}"
    )
    command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", f"{folder}", "-c", "nginx.conf"]
    try:
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        assert "warn" not in tried.stderr
        with run(command, port):
            behind_a_proxy(of_browser(port, base, "https"))
        server.stop()
    finally:
        server.kill()


@pytest.mark.parametrize("base", ["", "/shop"])
def test_caddy_sends_on_what_is_needed(shop: Shop, base: str) -> None:
    server, port, folder = shop.served(SERVERS[0]), free_port(), shop.folder
    said = block("caddyfile", "below" if base else "")
    made = replaced(said, ("127.0.0.1:8000", f"127.0.0.1:{server.port}"), (HOST, f"http://:{port}"))
    (folder / "Caddyfile").write_text("{\n\tadmin off\n}\n" + made)
    (folder / "Caddyfile.said").write_text(said)
    caddy = shutil.which("caddy")
    assert caddy, "install caddy"
    options = ["--adapter", "caddyfile", "--config"]
    variables = {**os.environ, "HOME": f"{folder}", "XDG_DATA_HOME": f"{folder}"}
    try:
        adapted = [caddy, "adapt", *options, "Caddyfile.said"]
        subprocess.run(adapted, cwd=folder, check=True, capture_output=True, env=variables)
        command = [caddy, "run", *options, "Caddyfile"]
        quiet = subprocess.DEVNULL
        with run(command, port, cwd=folder, env=variables, stdout=quiet, stderr=quiet):
            behind_a_proxy(of_browser(port, base, "http"))
        server.stop()
    finally:
        server.kill()


def unit(folder: Path) -> dict[str, str]:
    pairs = [line.partition("=") for line in block("systemd").splitlines() if "=" in line]
    return {name: value for name, _, value in pairs}


def test_the_unit_of_systemd_is_right(tmp_path: Path) -> None:
    gunicorn = str(BIN / "gunicorn")
    made = replaced(
        block("systemd"), ("/srv/shop/.venv/bin/gunicorn", gunicorn), ("=/srv/shop", "=/")
    )
    file = tmp_path / "shop.service"
    file.write_text(made)
    verify = ["systemd-analyze", "verify", "--man=no", f"{file}"]
    tried = subprocess.run(verify, capture_output=True, text=True, check=False)
    told = [line for line in tried.stderr.splitlines() if "shop.service" in line]
    assert (tried.returncode, told) == (0, []), tried.stderr


def test_a_reload_brings_new_code_while_the_port_stays_open(shop: Shop) -> None:
    """Pages come back to the new workers, and what they offer counts."""
    found = unit(shop.folder)
    assert found["ExecReload"] == "/bin/kill -HUP $MAINPID"
    server = shop.served(found["ExecStart"].split())
    try:
        browser = server.browser()
        before = build(server)
        with browser.live() as stream:
            stream.readline()
            with (shop.folder / "shop.py").open("a") as program:
                program.write("\n@app.route('/new')\ndef new():\n    return 'new'\n")
            server.process.send_signal(signal.SIGHUP)
            while event(stream):
                pass
        while build(server) == before:
            pass
        assert "</h3>" in browser.click()
        while server.ask("GET", "/new").status != 200:
            pass
        follows(server)
        server.stop()
    finally:
        server.kill()


def build(server: Server) -> str:
    found: str = json.load(server.ask("GET", "/_htealeaf/health"))["releaseId"]
    return found


def instructions() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in block("dockerfile").splitlines():
        word, _, rest = line.partition(" ")
        found.setdefault(word, []).append(rest)
    return found


def test_what_the_container_starts_is_healthy(shop: Shop) -> None:
    """There is no engine here: its command runs, and its health check asks that."""
    found = instructions()
    known = "FROM WORKDIR COPY RUN USER ENV VOLUME EXPOSE HEALTHCHECK CMD"
    assert list(found) == known.split(), "in this order, each spelled right"
    server = shop.served(json.loads(found["CMD"][0]))
    check = json.loads(found["HEALTHCHECK"][0].removeprefix("CMD "))
    check = [sys.executable, *(word.replace(":8000/", f":{server.port}/") for word in check[1:])]
    try:
        server.browser()
        assert subprocess.run(check, check=False).returncode == 0
        server.stop()
        assert subprocess.run(check, check=False, capture_output=True).returncode != 0
    finally:
        server.kill()


def test_whoever_is_scraped_tells_all_workers(shop: Shop) -> None:
    server = shop.served(SERVERS[0])
    try:
        for _ in range(8):
            server.browser().click()

        def clicks() -> float:
            said = server.ask("GET", "/_htealeaf/metrics").read().decode()
            found = re.findall(
                r'^htealeaf_clicks_total\{status="200",worker="\d+"\} (\S+)', said, re.M
            )
            return sum(map(float, found))

        while clicks() != 8:  # each worker writes its own within some seconds
            pass
        server.stop()
    finally:
        server.kill()


# -- backups ---------------------------------------------------------------------------------


class Backup:
    """A journal that is written to, backed up, written to, and restored."""

    def __init__(self, url: str, folder: Path, **variables: str) -> None:
        self.url, self.folder = url, folder
        path = f"{BIN}:{Path(program('pg_dump')).parent}:{os.environ['PATH']}"
        self.variables = {
            **os.environ,
            "PATH": path,
            "PYTHONPATH": f"{ROOT}",
            "HTEALEAF_JOURNAL": url,
            **variables,
        }

    def do(self, name: str) -> None:
        shell = ["bash", "-e", "-c", block("sh", name)]
        ended = subprocess.run(
            shell, cwd=self.folder, env=self.variables, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr

    def write(self, n: int) -> None:
        with connect(self.url) as stores:
            assert stores is Registry.current()
            Store({"sold": 0}, name="shop").replace("sold", n)

    def read(self) -> tuple[int, str]:
        with connect(self.url) as stores:
            return stores["shop"]["sold"], stores.journal.epoch


def is_noticed(made: Backup, before: str) -> None:
    sold, epoch = made.read()
    assert sold == 1
    assert epoch != before, "browsers have seen numbers that come again"
    made.write(2)
    assert made.read() == (2, epoch)


VACUUM = "sqlite3 shop.db \"VACUUM INTO 'backup.db'\""


@pytest.mark.parametrize("way", ["backup", "vacuum", "copied onto it"])
def test_sqlite_is_backed_up_while_it_is_in_use_and_restored(tmp_path: Path, way: str) -> None:
    made = Backup(f"sqlite:///{tmp_path}/shop.db", tmp_path)
    assert f"`{VACUUM}`" in PAGE
    made.write(1)
    journal = open_journal(made.url)  # a worker has it open, and what is new is beside the file
    if way == "vacuum":
        subprocess.run(["bash", "-c", VACUUM], cwd=tmp_path, check=True)
    else:
        made.do("backup-sqlite")
    made.write(5)
    journal.close()
    _, before = made.read()
    if way == "copied onto it":  # which is noticed, too
        subprocess.run(
            "rm -f shop.db-wal shop.db-shm; cp backup.db shop.db", shell=True, cwd=tmp_path
        )
    else:
        made.do("restore-sqlite")
    is_noticed(made, before)


def test_postgresql_is_backed_up_and_restored(tmp_path: Path) -> None:
    with postgresql_server() as server:
        url = f"postgresql://tester@127.0.0.1:{server.port}/postgres"
        made = Backup(url, tmp_path, DATABASE=url)
        made.write(1)
        made.do("backup-postgresql")
        made.write(5)
        _, before = made.read()
        made.do("restore-postgresql")
        is_noticed(made, before)


def test_redis_is_backed_up_and_restored(tmp_path: Path) -> None:
    with redis_server() as server:
        options = " ".join(server.command[1:])
        variables = {"PORT": str(server.port), "FOLDER": str(server.folder), "OPTIONS": options}
        made = Backup(f"redis://127.0.0.1:{server.port}/0", tmp_path, **variables)
        made.write(1)
        made.do("backup-redis")
        made.write(5)
        _, before = made.read()
        server.stop()
        try:
            made.do("restore-redis")
            is_noticed(made, before)
        finally:
            stop = ["redis-cli", "-p", str(server.port), "shutdown"]
            subprocess.run(stop, check=True, capture_output=True)
            while (
                subprocess.run([*stop[:3], "ping"], check=False, capture_output=True).returncode
                == 0
            ):
                pass  # until it has ended
        server.start()  # with its AOF again
        assert made.read()[0] == 2


def test_an_export_goes_into_another_backend(tmp_path: Path) -> None:
    made = Backup(f"sqlite:///{tmp_path}/shop.db", tmp_path)
    made.write(1)
    made.do("backup")
    other = Backup(f"sqlite:///{tmp_path}/other.db", tmp_path)
    command = ["-m", "htealeaf", "journal", "import", other.url, "shop.jsonl"]
    subprocess.run([sys.executable, *command], cwd=tmp_path, env=made.variables, check=True)
    assert other.read()[0] == 1
