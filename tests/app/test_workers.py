"""Two processes with stores in memory are told at start, with real gunicorn processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.app import workers
from htealeaf.app.workers import announced, warned
from htealeaf.components import button
from tests.http import Browser

pytest.importorskip("gunicorn")

APP = """
from htealeaf import WSGI, Store, SuperStore
from htealeaf.components import p

app = WSGI(secret="a secret for tests only")
SuperStore(app)
shared = Store({"n": 1}, name="shared")


@app.route("/")
def home():
    return p(shared.react("n"))
"""
LOUD = "THIS APP RUNS IN 2 PROCESSES"


def started(folder: Path, *options: str, env: dict[str, str] | None = None) -> str:
    """Return what gunicorn says until each of its workers has answered."""
    (folder / "shop.py").write_text(APP)
    command = [sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:0", "--threads", "2", *options]
    process = subprocess.Popen(
        [*command, "shop:app"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **(env or {})},
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said += line
            url = re.search(r"Listening at: (http://\S+)", said)
            if url and "Booting worker" in line:
                break
        assert url is not None
        with urllib.request.urlopen(url[1]) as answer:  # so the app is loaded
            assert answer.status == 200
    finally:
        process.terminate()
        assert process.stderr is not None
        said += process.stderr.read()
        process.wait()
        process.stderr.close()
    return said


@pytest.mark.server
@pytest.mark.parametrize(
    ("options", "env", "loud"),
    [
        (["-w", "2"], {}, True),
        (["-w", "2", "--preload"], {}, True),
        ([], {"WEB_CONCURRENCY": "2"}, True),
        ([], {"GUNICORN_CMD_ARGS": "--workers=2"}, True),
        (["-w", "1"], {}, False),
    ],
)
def test_gunicorn(tmp_path: Path, options: list[str], env: dict[str, str], loud: bool) -> None:
    said = started(tmp_path, *options, env=env)

    assert (LOUD in said) is loud, said
    if loud:
        assert "--workers 1 --threads" in said


def test_a_worker_lets_its_part_of_the_rate_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many clicks at once as four workers let through together: one of them a quarter."""
    monkeypatch.setattr(workers, "announced", lambda: 4)
    with Registry():
        shared = Store({"n": 0}, name="shared")
        app = WSGI(secret="a secret for tests only", rate=0.001, burst=20)
        SuperStore(app)
    app.route("/")(lambda: button("+", id="plus", onclick=shared.do.increment("n")))
    browser = Browser(app)
    page = browser.open("/")

    said = [browser.send(page, page.offer("#plus")).status for _ in range(7)]

    assert said == [*[204] * 5, 429, 429]


def environ(**given: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        **given,
    }


@pytest.mark.parametrize("several", [True, False])
def test_a_server_that_says_it_in_the_environ(
    several: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with Registry():
        app = WSGI(secret="a secret for tests only")
    app.route("/")(lambda: "x")

    for _ in range(3):
        b"".join(app(environ(**{"wsgi.multiprocess": several}), lambda *_: None))

    assert caplog.text.count("SEVERAL PROCESSES") == several


@pytest.mark.parametrize(
    ("module", "name"), [("uwsgi", "numproc"), ("mod_wsgi", "maximum_processes")]
)
def test_servers_with_a_module_of_their_own(
    module: str, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fake = ModuleType(module)
    setattr(fake, name, 4)
    monkeypatch.setitem(sys.modules, module, fake)

    with Registry():
        SuperStore(WSGI(secret="a secret for tests only"))

    assert caplog.text.count("4 PROCESSES") == 1


def test_nothing_is_said_of_one_process_or_a_journal_that_they_share() -> None:
    assert announced() == 1
    assert not warned(1, "memory")
    assert not warned(4, "sqlite")
