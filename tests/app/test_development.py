"""The development server says what is true, and its error page can be read."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from htealeaf import WSGI, Registry
from htealeaf.app.serving import bound
from htealeaf.components import p
from tests.http import Browser

SECRET = "a secret for tests only"
APP = """
from htealeaf import WSGI
app = WSGI(secret="a secret for tests only")
app.route("/")(lambda: "hello")
app.run(port={port}, reload={reload})
"""


def app_of(*, debug: bool) -> WSGI:
    with Registry():
        app = WSGI(secret=SECRET, debug=debug)

    def broken() -> object:
        price = {"tea": 3}
        return p(price["<coffee>"])

    app.route("/shop")(broken)
    return app


def test_the_error_page_shows_the_author_s_lines_first() -> None:
    answer = Browser(app_of(debug=True)).get("/shop?q=1")

    text = answer.soup.get_text()
    first, lines, *_ = [tag.get_text() for tag in answer.soup.find_all("pre")]
    assert first == "KeyError: '<coffee>'"
    assert "price = " in lines
    assert "broken" in answer.soup.find_all("h2")[0].get_text()
    assert answer.soup.mark is not None
    assert 'price["<coffee>"]' in answer.soup.mark.get_text()
    assert "GET /shop?q=1" in text
    assert answer.soup.details is not None
    assert "views.py" in answer.soup.details.get_text()
    assert "views.py" not in text.replace(answer.soup.details.get_text(), "")


def test_in_production_nothing_of_it_is_shown() -> None:
    answer = Browser(app_of(debug=False)).get("/shop")

    assert answer.status == 500
    assert "coffee" not in answer.text
    assert "<pre" not in answer.text


def test_a_favicon_is_no_404() -> None:
    app = app_of(debug=False)
    assert Browser(app).get("/favicon.ico").status == 204
    assert Browser(app).get("/other.ico").status == 404

    app.route("/favicon.ico", page=False)(lambda: "mine")
    assert Browser(app).get("/favicon.ico").text == "mine"


def test_a_port_in_use_is_one_sentence_with_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(SystemExit) as stopped:
            bound("127.0.0.1", port)

    sentence = str(stopped.value)
    found = re.fullmatch(
        rf"port {port} of 127\.0\.0\.1 is in use .*; port (\d+) is free: app\.run\(port=\1\)",
        sentence,
    )
    assert found, sentence
    bound("127.0.0.1", int(found[1])).close()


@pytest.mark.server
@pytest.mark.parametrize("reload", [True, False])
def test_it_serves_when_it_says_so(tmp_path: Path, reload: bool) -> None:
    (tmp_path / "shop.py").write_text(APP.format(port=0, reload=reload))
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "shop.py"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = said.split()[2]
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"hello"
    finally:
        os.killpg(process.pid, 15)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def read(url: str) -> str:
    try:
        with urllib.request.urlopen(url) as answer:
            text: str = answer.read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
    return text


def read_while_it_starts_again(url: str) -> str:
    # A connection that a process had taken ends with it; a browser's page refreshes itself.
    try:
        return read(url)
    except (ConnectionError, http.client.HTTPException):
        return ""


@pytest.mark.server
def test_a_syntax_error_is_shown_and_it_goes_on_when_the_file_is_right(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    right = APP.format(port=0, reload=True)
    file.write_text(right)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "shop.py"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        assert read(url) == "hello"

        file.write_text("def (:\n" + right)
        while "SyntaxError" not in (shown := read_while_it_starts_again(url)):
            assert process.poll() is None
        assert "goes on by itself" in shown
        file.write_text(right.replace("hello", "again, and longer"))
        while "again" not in read_while_it_starts_again(url):
            assert process.poll() is None
    finally:
        os.killpg(process.pid, 15)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


KEPT = """
from htealeaf import WSGI, PageStore, SuperStore
from htealeaf.components import button, div, h1, input_, p

app = WSGI(secret="a secret for tests only")
SuperStore(app)
view = PageStore({"open": False}, name="view")

@app.route("/")
def show():
    return div(
        h1("before"),
        button("open", onclick=view.do.toggle("open")),
        p("opened" if view.read("open") else "closed", id="view"),
        input_(id="text", value="of the server"),
        div().style(height="3000px"),
    )

app.run(port=0, reload=True)
"""


@pytest.mark.server
def test_a_page_keeps_what_is_a_persons_over_a_reload(page: Page, tmp_path: Path) -> None:
    """Scroll, typed text and the page's own state; it shows the new code when it is looked at."""
    file = tmp_path / "shop.py"
    file.write_text(KEPT)
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "shop.py"],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        page.goto(url)
        page.click("text=open")
        expect(page.locator("#view")).to_have_text("opened")
        page.fill("#text", "typed")
        page.evaluate("scrollTo(0, 700)")

        file.write_text("def (:\n" + KEPT)
        while "SyntaxError" not in read_while_it_starts_again(url):
            assert process.poll() is None
        page.evaluate("dispatchEvent(new Event('focus'))")
        file.write_text(KEPT.replace("before", "after, and longer"))
        while "after" not in read_while_it_starts_again(url):
            assert process.poll() is None
        page.evaluate("dispatchEvent(new Event('focus'))")

        expect(page.locator("h1")).to_have_text("after, and longer")
        expect(page.locator("#text")).to_have_value("typed")
        expect(page.locator("#view")).to_have_text("opened")
        assert page.evaluate("scrollY") == 700
        page.click("text=open")
        expect(page.locator("#view")).to_have_text("closed")
    finally:
        os.killpg(process.pid, 15)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
