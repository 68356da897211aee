"""What `pip install` puts on a machine works there.

The wheel is built from the source distribution, so both are complete, and goes into an environment
of its own; an editable install goes into another. From each, a small app runs as a process of its
own, and its counter is clicked over HTTP: as a plain form, and as the shim does it.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urljoin

import pytest
from bs4 import BeautifulSoup, Tag

from htealeaf.wire.names import PARTS

pytestmark = pytest.mark.wheel

ROOT = Path(__file__).parents[2]

APP = """\
import sys

from htealeaf import WSGI, Store, SuperStore
from htealeaf.components import button, div, h3

app = WSGI()
SuperStore(app)
shared = Store({"counter": 1}, name="shared")


@app.route("/")
def counter():
    return div(h3(shared.react("counter")), button("+", onclick=shared.do.update("counter", 1)))


app.run(port=int(sys.argv[1]))
"""


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the source distribution and the wheel made from it."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    return next(dist.glob("htealeaf-*.whl"))


@pytest.fixture(scope="session")
def environments() -> dict[str, Path]:
    """Keep the environments that were made: tests with one and the other come by turns."""
    return {}


@pytest.fixture(params=["wheel", "editable"])
def python(
    request: pytest.FixtureRequest,
    environments: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Return the interpreter of an environment that has htealeaf and its dependencies."""
    if request.param not in environments:
        folder = tmp_path_factory.mktemp(request.param)
        # Our pip fills it: one of its own would take longer to make than all that it installs.
        _run(sys.executable, "-m", "venv", "--without-pip", folder)
        interpreter = folder / "bin" / "python"
        wheel = request.param == "wheel"
        what = [request.getfixturevalue("wheel")] if wheel else ["--editable", ROOT]
        into = [sys.executable, "-m", "pip", "--python", interpreter]
        _run(*into, "install", "--quiet", "--no-compile", *what)
        environments[request.param] = interpreter
    return environments[request.param]


@pytest.fixture
def browser(python: Path, tmp_path: Path) -> Iterator[Browser]:
    """Start the app in its own process and yield a browser that has not opened it yet."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    port = _free_port()
    log = tmp_path / "log"
    with log.open("wb") as out:
        # No PYTHON… variables and another folder: only what was installed is found.
        server = subprocess.Popen(
            [python, "app.py", str(port)],
            cwd=tmp_path,
            env=_clean_environ(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(server, port, log)
        yield Browser(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(10)


def test_the_wheel_has_what_a_browser_and_a_type_checker_need(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {
        "htealeaf/__init__.py",
        "htealeaf/py.typed",
        "htealeaf/_static/htealeaf.js",
        "htealeaf/_static/htealeaf.min.js",
        *(f"htealeaf/_static/htealeaf.{part}.js" for part in PARTS),
        "htealeaf/_static/htealeaf.css",
        "htealeaf/_static/htealeaf.components.css",
        "htealeaf/_static/htealeaf.page.css",
    } <= names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"htealeaf"}


def test_the_source_distribution_has_everything(dist: Path) -> None:
    archive = next(dist.glob("htealeaf-*.tar.gz"))
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}

    for folder in ("htealeaf", "static", "demos", "tests", "docs"):
        files = {
            str(path.relative_to(ROOT))
            for path in (ROOT / folder).rglob("*")
            if path.suffix in {".py", ".js", ".css", ".md", ".html", ".png"}
        }
        assert files <= names
    assert {"Makefile", "LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml"} <= names


def test_a_plain_form_clicks_the_counter(browser: Browser) -> None:
    """Without scripts: the fields of the page's form go along, and a page load answers."""
    page = browser.get("/")
    offer, fields = _button(page, "+")["formaction"], _fields(page)

    answer = browser.post(offer, urlencode(fields).encode())

    assert answer.status == 303
    assert _counter(page) == "1"
    assert _counter(browser.get(answer.headers["Location"])) == "2"


def test_the_shim_clicks_the_counter(browser: Browser) -> None:
    """With scripts: one fragment answers."""
    page = browser.get("/")
    path, _, query = str(_button(page, "+")["formaction"]).partition("?")
    fields = _fields(page)

    answer = browser.post(
        path,
        json.dumps([query]).encode(),
        {
            "Content-Type": "application/json",
            "HT-Verb": "offer",
            "HT-Page": fields["ht-page"],
            "HT-Url": fields["ht-url"],
            "HT-Cursor": str(_page_form(page)["ht-cursor"]),
            "HT-Id": "a-click",
        },
    )

    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["HT-Cursor"]
    assert '<h3 id="shared-counter">2</h3>' in answer.text
    assert answer.text.count("<") == 4, "one element in the template of a patch, nothing else"


def test_an_action_that_was_not_offered_is_refused(browser: Browser) -> None:
    page = browser.get("/")
    offer = str(_button(page, "+")["formaction"]).replace("update=1", "update=1000")

    answer = browser.post(offer, urlencode(_fields(page)).encode())

    assert answer.status == 403
    assert _counter(browser.get("/")) == "1"


def test_the_shim_and_the_stylesheet_are_served(browser: Browser) -> None:
    page = browser.get("/").soup
    script, sheet = page.select_one("script[src]"), page.select_one("link[rel=stylesheet]")
    assert script
    assert sheet

    js, css = browser.get(str(script["src"])), browser.get(str(sheet["href"]))

    assert (js.status, css.status) == (200, 200)
    assert "javascript" in js.headers["Content-Type"]
    # The development server serves what a person can read.
    assert js.body.startswith((ROOT / "static" / "htealeaf.js").read_bytes()[:4000])
    assert css.headers["Content-Type"].startswith("text/css")
    assert "[hidden]" in css.text


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.text, "lxml")


class Browser:
    """Just enough of a browser: it keeps cookies, says where it comes from, does not redirect."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        # An empty ProxyHandler: the proxy of the machine has no business on the loopback.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay, jar).open

    def get(self, url: str) -> Answer:
        return self._send(urllib.request.Request(urljoin(self.origin, url)))

    def post(self, url: object, body: bytes, headers: dict[str, str] | None = None) -> Answer:
        request = urllib.request.Request(
            urljoin(self.origin, str(url)), body, {"Origin": self.origin, **(headers or {})}
        )
        return self._send(request)

    def _send(self, request: urllib.request.Request) -> Answer:
        try:
            with self._open(request, timeout=10) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


def _button(page: Answer, text: str) -> Tag:
    found = [tag for tag in page.soup.find_all("button") if tag.get_text() == text]
    assert len(found) == 1, page.text
    return found[0]


def _page_form(page: Answer) -> Tag:
    form = page.soup.find(id="ht")
    assert isinstance(form, Tag), page.text
    return form


def _fields(page: Answer) -> dict[str, str]:
    return {str(tag["name"]): str(tag["value"]) for tag in _page_form(page).select("input")}


def _counter(answer: Answer) -> str:
    heading = answer.soup.find("h3")
    assert heading, answer.text
    return heading.get_text()


def _run(*command: object) -> None:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT.anchor,  # not the project: nothing is found because it happens to lie there
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def _clean_environ() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the app did not start:\n{log.read_text(encoding='utf-8')}")
