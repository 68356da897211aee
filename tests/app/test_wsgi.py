"""What becomes of an environ, and of an answer on its way to the server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import WSGI
from htealeaf.app.wsgi import UNLIMITED, request_of, send
from htealeaf.web.answer import Answer
from tests.http import Browser

ENVIRON: dict[str, Any] = {
    "REQUEST_METHOD": "POST",
    "SCRIPT_NAME": "/shop",
    "PATH_INFO": "/caf\u00c3\u00a9",
    "QUERY_STRING": "a=1",
    "CONTENT_TYPE": "text/plain",
    "CONTENT_LENGTH": "2",
    "HTTP_HOST": "h:8000",
    "HTTP_HT_PAGE": "p",
    "HTTP_ACCEPT_LANGUAGE": "de",
    "REMOTE_ADDR": "192.0.2.1",
    "SERVER_NAME": "server",
    "SERVER_PORT": "80",
    "wsgi.url_scheme": "https",
    "wsgi.input": io.BytesIO(b"hi"),
    "middleware.user": "ann",
}


def test_a_request_has_what_the_environ_says() -> None:
    request = request_of({**ENVIRON})

    assert request.method == "POST"
    assert (request.path, request.query, request.base) == ("/café", "a=1", "/shop")
    assert request.url == "/shop/caf%C3%A9?a=1"
    assert (request.scheme, request.host, request.remote) == ("https", "h:8000", "192.0.2.1")
    assert request.headers.get("HT-Page") == request.headers.get("ht-page") == "p"
    assert request.headers.get("Content-Type") == "text/plain"
    assert request.headers.get("Origin") == ""
    assert request.headers.get("Origin", "none") == "none"
    assert request.counted
    assert not request_of({**ENVIRON, UNLIMITED: True}).counted


def test_a_request_can_not_be_changed() -> None:
    request: Any = request_of({**ENVIRON})

    with pytest.raises(AttributeError):
        request.method = "GET"


def test_an_environ_may_say_little() -> None:
    request = request_of({"REQUEST_METHOD": "GET", "SERVER_NAME": "server"})

    assert (request.path, request.query, request.base, request.url) == ("", "", "", "/")
    assert (request.host, request.remote, request.read(1)) == ("server", "", b"")


def test_a_path_that_is_not_utf_8_keeps_its_bytes() -> None:
    assert request_of({**ENVIRON, "PATH_INFO": "/\u00ff", "QUERY_STRING": ""}).url == "/shop/%FF"


@pytest.mark.parametrize(
    ("script_name", "base"),
    [("", ""), ("/", ""), ("/a", "/a"), ("/a/", "/a"), ("/a b", "/a%20b"), ('/"<', "/%22%3C")],
)
def test_a_base_is_safe_in_html(script_name: str, base: str) -> None:
    assert request_of({**ENVIRON, "SCRIPT_NAME": script_name}).base == base


def test_werkzeug_s_request_is_of_the_very_environ() -> None:
    """Middleware and the server find what Werkzeug leaves there."""
    environ = {**ENVIRON}
    request = request_of(environ)

    assert request.wrap(request).environ is environ


def test_werkzeug_s_request_of_another_get_has_nothing_of_this_body() -> None:
    request = request_of({**ENVIRON, "wsgi.input": io.BytesIO(b"hi")}).as_get("/shop/a%20b?q=2")
    wrapped = request.wrap(request)

    assert (wrapped.method, wrapped.path, wrapped.query_string) == ("GET", "/a b", b"q=2")
    assert wrapped.get_data() == b""
    assert [wrapped.headers.get(name) for name in ("HT-Page", "Content-Type")] == [None, None]
    assert wrapped.headers["Accept-Language"] == "de"
    assert wrapped.environ["middleware.user"] == "ann"


def test_werkzeug_s_request_has_a_body_that_was_read() -> None:
    environ = {**ENVIRON, "CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    request = request_of(environ).with_body(b"in chunks")

    assert [request.wrap(request).get_data() for _ in range(2)] == [b"in chunks"] * 2
    assert request.wrap(request).headers["HT-Page"] == "p"


class Body:
    """An iterator of bytes that knows whether it was closed."""

    def __init__(self) -> None:
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"a", b"b"])

    def close(self) -> None:
        self.closed = True


def test_the_server_gets_an_iterator_as_it_is() -> None:
    """So that it can send a file without reading it, and close it."""
    body, seen = Body(), list[Any]()

    sent = send(Answer(200, (("A", "b"),), body), lambda *told: seen.extend(told))

    assert sent is body
    assert seen == ["200 OK", [("A", "b")]]
    assert not body.closed


@pytest.mark.parametrize(("status", "line"), [(404, "404 NOT FOUND"), (299, "299 UNKNOWN")])
def test_every_status_has_a_line(status: int, line: str) -> None:
    seen = list[Any]()

    assert send(Answer(status), lambda *told: seen.extend(told)) == []
    assert seen[0] == line
    assert Answer(status, reason="My Own").line == f"{status} My Own"


def test_an_environ_that_is_another_s_is_not_changed() -> None:
    """An app may be mounted in another, and both look at the same environ."""
    inner, outer = WSGI(secret="a secret for tests"), WSGI(secret="a secret for tests")
    inner.route("/")(lambda: "inner")
    outer.route("/")(lambda: "outer")
    environs: list[dict[str, Any]] = []

    def both(environ: dict[str, Any], start: Any) -> Any:
        before = {**environ}
        list(inner(environ, lambda *told: None))
        environs.extend((before, environ))
        return outer(environ, start)

    assert Browser(both).get("/").text == "outer"
    assert environs[0] == environs[1]
