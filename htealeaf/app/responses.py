"""Responses: what a route function may return, and the answer that is made of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from markupsafe import Markup
from werkzeug.wrappers import Response

from htealeaf.app.routing import Route
from htealeaf.errors import HtealeafError
from htealeaf.html.elements import Element
from htealeaf.html.markup import Dynamic
from htealeaf.pages.draw import View
from htealeaf.web.answer import HTML, Answer
from htealeaf.web.outcome import Redirect, redirect
from htealeaf.web.request import Request
from htealeaf.wire.codec import dumps

__all__ = ["Redirect", "answer_of", "redirect", "view_or_answer"]


def view_or_answer(result: Any, route: Route, base: str) -> Any:
    """Return what a route function returned as a `View`, a `Redirect` or a `Response`.

    Raises:
        HtealeafError: It is none of what a route function may return.
    """
    status, headers, body = 200, [], result
    if isinstance(result, tuple) and result and type(result[0]) is int:
        if len(result) == 2:
            status, body = result
        elif len(result) == 3:
            status, given, body = result
            headers = list(given.items() if hasattr(given, "items") else given)
        else:
            raise HtealeafError("a tuple is (status, body) or (status, headers, body)")
    if isinstance(body, Redirect):
        return body.based(base)
    if isinstance(body, Response):
        return body
    if isinstance(body, (Element, Dynamic)) or (isinstance(body, (list, tuple)) and body != ()):
        content = route.layout(body) if route.layout else body
        return View(content, route.title, status=status, headers=headers)
    return _plain(body, status, headers, route)


def _plain(body: Any, status: int, headers: list[tuple[str, str]], route: Route) -> Response:
    text: str | bytes
    if isinstance(body, Markup):
        text, kind = str(body), HTML
    elif isinstance(body, str):
        text, kind = body, "text/plain; charset=utf-8"
    elif isinstance(body, dict):
        text, kind = dumps(body), "application/json"
    elif isinstance(body, bytes):
        text, kind = body, "application/octet-stream"
    else:
        name = getattr(route.function, "__name__", "the function")
        hint = ", so perhaps a 'return' is missing" if body is None else ""
        raise HtealeafError(
            f"{name}() returned {'None' if body is None else 'a ' + type(body).__name__}{hint}; a"
            " route returns an element, a list of them, str, Markup, dict, (status, body), a"
            " Response or redirect(...)"
        )
    own = any(name.lower() == "content-type" for name, _ in headers)
    return Response(text, status, headers, content_type=None if own else kind)


def answer_of(response: Response, request: Request) -> Answer:
    """Return an author's response as it is sent for *request*."""
    # What Werkzeug looks at: the method, and the address where a `Location` has to be complete.
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": unquote_to_bytes(request.base).decode("latin-1"),
        "PATH_INFO": request.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": request.query,
        "HTTP_HOST": request.host,
        "wsgi.url_scheme": request.scheme,
    }
    body, line, headers = response.get_wsgi_response(environ)
    return Answer(response.status_code, headers, body, line.partition(" ")[2])
