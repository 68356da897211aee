"""One table for pages and our own URLs, one exit for all answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.wrappers import Response

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.app.dispatch import Table
from htealeaf.components import button, p
from htealeaf.endpoints.site import Row, Site
from htealeaf.web.answer import Answer
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from tests.http import Browser

SECRET = "a secret for tests only"


class Body:
    """An iterator of bytes that knows whether it was read and closed."""

    def __init__(self) -> None:
        self.read = self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        self.read = True
        yield b"a"
        yield b"b"

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def app() -> WSGI:
    with Registry():
        store = Store({"n": 0}, name="s", readable=["n"])
        app = WSGI(secret=SECRET)
        SuperStore(app)

    @app.route("/")
    def home() -> Any:
        return p(store.react("n")), button("+", onclick=store.do.increment("n"))

    return app


def _row(name: str) -> Row:
    def answer(request: Request, visitor: Visitor, site: Site) -> Answer:
        return Answer(200, body=name.encode())

    def failed(request: Request, visitor: Visitor, site: Site, error: Exception) -> Answer:
        return Answer(500, body=repr(error).encode())

    return Row(answer, failed)


def test_the_longest_pattern_answers() -> None:
    table, rows = Table(), {name: _row(name) for name in ("all", "a", "below", "exact", "again")}
    table.add("*", rows["all"])
    table.add("/a/b/*", rows["below"])
    table.add("/a*", rows["a"])
    table.add("/a/b", rows["exact"])

    found = [table.find(path) for path in ("/", "", "/b", "/a", "/a/b", "/a/b/", "/a/bc")]

    names = ["all", "all", "all", "a", "exact", "below", "a"]
    assert found == [rows[name] for name in names]
    table.add("/a*", rows["again"])
    assert table.find("/a") is rows["again"]


def test_a_table_without_a_row_for_all_answers_only_its_own() -> None:
    table = Table()
    table.add("/a", _row("a"))

    with pytest.raises(LookupError):
        table.find("/b")


def test_an_endpoint_is_a_function_and_a_row(app: WSGI) -> None:
    """It gets a request and who sent it, and whatever it raises is answered beside it."""

    def hello(request: Request, visitor: Visitor, site: Site) -> Answer:
        if request.query:
            raise ValueError(request.query)
        return Answer(200, [("Content-Type", "text/plain")], visitor.session.id.encode())

    app.dispatch.table.add("/api/_hello", Row(hello, _row("").failed))
    browser = Browser(app)

    answer = browser.get("/api/_hello")

    assert answer.status == 200
    assert answer.headers["Content-Length"] == str(len(answer.content)) != "0"
    assert browser.cookie
    assert browser.get("/api/_hello").content == answer.content
    assert browser.get("/api/_hello?x").text == "ValueError('x')"


@pytest.mark.parametrize("url", ["/", "/none", "/api/_store/s/n", "/api/_store/x", "/api/_none"])
def test_every_answer_has_the_security_headers_once(app: WSGI, url: str) -> None:
    answer = Browser(app).get(url)

    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize("url", ["/", "/none", "/api/_store/s/n", "/stream"])
def test_head_has_the_headers_of_get_and_no_body(app: WSGI, url: str) -> None:
    app.route("/stream")(lambda: Response(iter([b"a"]), mimetype="text/plain"))
    browser = Browser(app)
    browser.open("/")  # has its cookie

    get, head = browser.get(url), browser.request("HEAD", url)

    assert (get.status, {*get.headers}) == (head.status, {*head.headers})
    assert get.content
    assert head.content == b""


@pytest.mark.parametrize(
    ("method", "status", "is_sent"), [("GET", 200, True), ("HEAD", 200, False), ("GET", 204, False)]
)
def test_a_body_is_closed_when_it_was_sent_or_is_not_wanted(
    app: WSGI, method: str, status: int, is_sent: bool
) -> None:
    """An endpoint's iterator, and an author's streaming response."""
    ours, authors = Body(), Body()
    row = Row(lambda request, visitor, site: Answer(status, (), ours), _row("").failed)
    app.dispatch.table.add("/ours", row)
    app.route("/authors")(lambda: Response(authors, status))
    browser = Browser(app)

    sent = [browser.request(method, url).content for url in ("/ours", "/authors")]

    assert sent == [b"ab" if is_sent else b""] * 2
    assert [ours.read, authors.read] == [is_sent] * 2
    assert ours.closed
    assert authors.closed


def test_a_response_that_an_author_keeps_is_not_changed(app: WSGI) -> None:
    """One response may be returned for many requests."""
    kept = Response("hello", 299, {"X-Own": "1"}, mimetype="text/plain")
    before = list(kept.headers)
    app.route("/kept")(lambda: kept)

    @app.route("/kept-too", page=False)
    def with_cookie(session: Any) -> Response:
        assert session.id
        return kept

    answers = [Browser(app).get(url) for url in ("/kept-too", "/kept", "/kept")]

    assert [answer.headers.get("X-Own") for answer in answers] == ["1"] * 3
    assert ["Set-Cookie" in answer.headers for answer in answers] == [True, False, False]
    assert list(kept.headers) == before
