"""Views: route functions as an endpoint, with the errors that they end in."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.exceptions import abort
from werkzeug.wrappers import Request, Response

from htealeaf import WSGI, Registry, Session
from htealeaf.components import (
    button,
    div,
    h1,
    p,
)
from tests.app.made import made, store
from tests.http import FORM, Browser

SECRET = "a secret for tests only"


def app_of(*, debug: bool) -> WSGI:
    with Registry():
        app = WSGI(secret=SECRET, debug=debug)

    def broken() -> object:
        price = {"tea": 3}
        return p(price["<coffee>"])

    app.route("/shop")(broken)
    return app


def test_a_post_may_return_a_page(app: WSGI) -> None:
    """It works as any page does: its actions are for this browser, in its own URL."""
    shared = store(app)

    @app.route("/", methods=["GET", "POST"])
    def home(request: Request) -> Any:
        return div(request.method, button(id="plus", onclick=shared.do.increment("n")))

    browser = Browser(app)
    answer = browser.request("POST", "/", b"a=1", {"Content-Type": FORM})

    assert "POST" in answer.text
    assert browser.cookie is not None
    offer = str(answer.soup.select("#plus")[0]["formaction"])
    assert browser.submit(offer).status == 303
    assert shared.read("n") == 2


def test_head_is_a_get_without_body(app: WSGI) -> None:
    app.route("/")(lambda: p("x"))
    app.route("/text")(lambda: "text")

    for url in ("/", "/text"):
        answer = Browser(app).request("HEAD", url)
        assert (answer.status, answer.content) == (200, b"")
        assert answer.headers["Content-Type"] == Browser(app).get(url).headers["Content-Type"]


def test_pages_with_actions_are_not_stored(app: WSGI) -> None:
    shared = store(app)
    app.route("/a")(lambda: button(onclick=shared.do.increment("n")))
    app.route("/b")(lambda: p("x"))

    assert Browser(app).get("/a").headers["Cache-Control"] == "no-store"
    assert Browser(app).get("/b").headers["Cache-Control"] == "no-cache"


def test_a_method_that_is_not_answered_is_405(app: WSGI) -> None:
    app.route("/a", methods=["POST"])(lambda: "x")
    app.route("/b")(lambda: "x")

    assert Browser(app).get("/a").status == 405
    assert Browser(app).get("/a").headers["Allow"] == "POST"
    assert Browser(app).post("/b").status == 405
    assert Browser(app).get("/b").status == 200


def test_a_function_may_abort(app: WSGI) -> None:
    app.route("/a")(lambda: abort(403, "Not <you>."))
    app.route("/b")(lambda: abort(Response("own", 418)))

    assert Browser(app).get("/a").status == 403
    assert Browser(app).get("/a").sentence == "Not <you>."
    assert (Browser(app).get("/b").status, Browser(app).get("/b").text) == (418, "own")


def test_an_author_s_own_error_page(app: WSGI) -> None:
    """It is a page like any other: it reads the session, and its actions work."""
    shared = store(app)

    @app.error(404)
    def nothing(sentence: str, session: Session, request: Request) -> Any:
        return div(
            h1("Oh"),
            p(sentence),
            session.get("user", "nobody"),
            request.path,
            button(id="plus", onclick=shared.do.increment("n")),
        )

    @app.error(500)
    def broken() -> str:
        return "broken"

    app.route("/bad")(lambda: 1 / 0)
    browser = Browser(app)
    answer = browser.get("/nope")

    assert answer.status == 404
    assert "<h1>Oh</h1>" in answer.text
    assert "nobody/nope" in answer.text
    assert browser.submit(str(answer.soup.select("#plus")[0]["formaction"])).status == 303
    assert shared.read("n") == 2
    assert (browser.get("/bad").status, browser.get("/bad").text) == (500, "broken")


def test_an_error_page_that_fails_gives_the_plain_one(
    app: WSGI, caplog: pytest.LogCaptureFixture
) -> None:
    app.error(404)(lambda: 1 / 0)

    answer = Browser(app).get("/nope")

    assert answer.status == 404
    assert answer.soup.h1 is not None
    assert "ZeroDivisionError" in caplog.text


def test_a_route_that_is_no_page_is_never_run_on_its_own(app: WSGI) -> None:
    """Whatever a request says that it shows."""
    ran = []
    shared = store(app)
    app.route("/")(lambda: button(id="plus", onclick=shared.do.increment("n")))

    @app.route("/leave", page=False)
    def leave() -> Any:
        ran.append(1)
        return p("left")

    browser = Browser(app)
    page = browser.open("/")
    answer = browser.send(page, page.offer("#plus"), **{"HT-Url": "/leave", "HT-Page": "x"})

    assert answer.status in (200, 204)
    assert ran == []


def test_a_body_over_the_limit_is_413_in_a_route() -> None:
    app = made(max_body=100)

    @app.route("/", methods=["POST"])
    def take(request: Request) -> str:
        return request.form["a"]

    browser = Browser(app)
    kind = {"Content-Type": FORM}
    assert browser.request("POST", "/", b"a=" + b"x" * 50, kind).text == "x" * 50
    assert browser.request("POST", "/", b"a=" + b"x" * 500, kind).status == 413
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    chunks = {"HTTP_TRANSFER_ENCODING": "chunked"}
    big = b"a=" + b"x" * 500
    assert browser.request("POST", "/", big, kind, chunked | chunks).status == 413


def test_a_route_reads_a_body_in_chunks(app: WSGI) -> None:
    app.route("/", methods=["POST"])(lambda request: request.form["a"])
    kind = {"Content-Type": FORM, "Transfer-Encoding": "chunked"}
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}

    assert Browser(app).request("POST", "/", b"a=b", kind, chunked).text == "b"


def test_a_favicon_is_no_404() -> None:
    app = app_of(debug=False)
    assert Browser(app).get("/favicon.ico").status == 204
    assert Browser(app).get("/other.ico").status == 404

    app.route("/favicon.ico", page=False)(lambda: "mine")
    assert Browser(app).get("/favicon.ico").text == "mine"
