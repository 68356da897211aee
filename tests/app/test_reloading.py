"""Reloading: a mistake is shown, and it goes on when the file is right again."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.test import Client as WsgiClient

from htealeaf.app.reloading import could_not_start

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


APP = """
from htealeaf import WSGI
app = WSGI(secret="a secret for tests only")
app.route("/")(lambda: "hello")
app.run(port={port}, reload={reload})
"""


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


def test_a_click_is_told_what_is_wrong_in_a_sentence() -> None:
    frames = '  File "/a/run.py", line 9\n  File "/a/shop.py", line 3\n    f(\n'
    said = f"Traceback:\n{frames}SyntaxError: no\n"
    client = WsgiClient(could_not_start(said))

    answer = client.post("/api/_store/shared/n", headers={"HT-Cursor": "e.7"})

    assert (answer.status_code, answer.headers["HT-Cursor"]) == (500, "e.7")
    assert answer.text == (
        '<template ht><template ht-op="error">The program could not start: SyntaxError: no'
        " (shop.py, line 3)</template></template>"
    )
    for shown in (client.get("/"), client.get("/api/_live", headers={"HT-Cursor": "e.7"})):
        assert "f(\nSyntaxError: no" in shown.text
        assert "HT-Cursor" not in shown.headers


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
        page.locator("text=open").first.evaluate("(button) => button.click()")  # no scrolling
        expect(page.locator("#ht-error")).to_contain_text("SyntaxError")
        expect(page.locator("#ht-error")).to_contain_text("shop.py, line 1")
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
