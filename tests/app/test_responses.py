"""Responses: what becomes of each kind of result, and what is none."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from markupsafe import Markup
from werkzeug.wrappers import Response

from htealeaf import WSGI, Registry, SuperStore, redirect
from htealeaf.components import (
    button,
    div,
)
from htealeaf.errors import HtealeafError
from tests.http import Browser


@pytest.mark.parametrize(
    ("result", "status", "kind", "text"),
    [
        ("a < b", 200, "text/plain; charset=utf-8", "a < b"),
        (Markup("<b>x</b>"), 200, "text/html; charset=utf-8", "<b>x</b>"),
        ({"a": [1, None]}, 200, "application/json", '{"a":[1,null]}'),
        (b"\0", 200, "application/octet-stream", "\0"),
        ((404, "gone"), 404, "text/plain; charset=utf-8", "gone"),
        ((201, {"X-A": "b"}, {"a": 1}), 201, "application/json", '{"a":1}'),
        ((201, [("X-A", "b")], "x"), 201, "text/plain; charset=utf-8", "x"),
        (Response("x", 202, content_type="a/b"), 202, "a/b", "x"),
    ],
)
def test_what_becomes_of_a_result(
    app: WSGI, result: Any, status: int, kind: str, text: str
) -> None:
    app.route("/", methods=["GET", "POST"])(lambda: result)

    for answer in (Browser(app).get("/"), Browser(app).post("/")):
        assert (answer.status, answer.headers["Content-Type"], answer.text) == (status, kind, text)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers.get("X-A", "b") == "b"


@pytest.mark.parametrize("result", [None, 5, object(), {1, 2}, (1, 2, 3, 4), (), iter([])])
def test_what_is_no_result_is_an_error(
    app: WSGI, result: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app.route("/")(lambda: result)

    assert Browser(app).get("/").status == 500
    assert "tuple is" in caplog.text or "a route returns an element" in caplog.text
    assert ("perhaps a 'return' is missing" in caplog.text) == (result is None)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect(app: WSGI, status: int) -> None:
    app.route("/a")(lambda: redirect("/b?x=ä", status))
    app.route("/c")(lambda: redirect("https://example.org/", status, external=True))

    assert Browser(app).get("/a").status == status
    assert Browser(app).get("/a").headers["Location"] == "/b?x=%C3%A4"
    assert Browser(app, base="/shop").get("/shop/a").headers["Location"] == "/shop/b?x=%C3%A4"
    assert Browser(app, base="/shop").get("/shop/c").headers["Location"] == "https://example.org/"


@pytest.mark.parametrize(
    ("url", "status"), [("/\nX: y", 303), ("/", 200), ("/\r", 302), ("/\0", 303)]
)
def test_what_is_no_redirect_is_refused(url: str, status: int) -> None:
    with pytest.raises(HtealeafError, match="no redirect"):
        redirect(url, status)


def test_the_author_s_headers_of_a_page_win(app: WSGI) -> None:
    """They replace ours whatever their case; only the content type is the page's."""
    given = {
        "cache-control": "max-age=60",
        "X-Content-Type-Options": "off",
        "Content-Type": "text/plain",
        "Location": "/ä",
        "X-Number": 3,
    }
    app.route("/")(lambda: (201, given, div("x")))

    answer = Browser(app).get("/")

    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert len(headers) == len(answer.headers)
    assert headers.pop("content-security-policy").startswith("default-src 'self';")
    assert headers == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "max-age=60",
        "x-content-type-options": "off",
        "location": "/%C3%A4",
        "x-number": "3",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "content-length": str(len(answer.content)),
    }


def test_a_line_break_in_a_header_is_an_error(app: WSGI, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    app.route("/")(lambda: (200, {"X-A": "b\r\nSet-Cookie: c=d"}, div("x")))

    assert Browser(app).get("/").status == 500


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(app: WSGI, status: int) -> None:
    app.route("/")(lambda: (status, div("x")))

    answer = Browser(app).get("/")

    assert (answer.status, answer.content) == (status, b"")
    assert "Content-Length" not in answer.headers


HOSTILE_NEXT = [
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "//elsewhere.test/",
    "/\\elsewhere.test/",
    "/\uff0f\uff0felsewhere.test",
    "https://elsewhere.test/",
    "data:text/html,x",
]


@pytest.mark.parametrize("to", HOSTILE_NEXT)
@pytest.mark.parametrize("external", [False, True])
def test_a_refused_redirect_is_a_400_in_words(to: str, external: bool) -> None:
    """As the answer to a GET, to a plain form, and to a click."""
    if external and to.startswith("https:"):
        return
    with Registry():
        app = WSGI(secret="a secret for tests only")
        SuperStore(app)

    @app.route("/")
    def home() -> Any:
        return redirect(to, external=external)

    @app.action
    def go() -> Any:
        return redirect(to, external=external)

    app.route("/go")(lambda: button("go", id="go", onclick=go()))
    browser = Browser(app)
    page = browser.open("/go")
    url = page.offer("#go")

    answers = [browser.get("/"), browser.send(page, url), browser.submit(url, page)]

    for answer in answers:
        assert answer.status == 400
        assert answer.sentence == "This address leads out of this site."
        assert "elsewhere" not in answer.text
        assert "Location" not in answer.headers


def test_a_click_leaves_the_site_only_where_the_author_says_so() -> None:
    with Registry():
        app = WSGI(secret="a secret for tests only")
        SuperStore(app)

    @app.action
    def go() -> Any:
        return redirect("https://elsewhere.test/", external=True)

    app.route("/go")(lambda: button("go", id="go", onclick=go()))
    browser = Browser(app)
    page = browser.open("/go")

    answer = browser.send(page, page.offer("#go"))

    visit = '<template ht-op="visit" ht-to="https://elsewhere.test/" id="external"></template>'
    assert visit in answer.text
