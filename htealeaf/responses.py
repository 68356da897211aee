"""What a route function may return, and the answer that becomes of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from werkzeug.datastructures import Headers
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

from htealeaf.drawing import View
from htealeaf.elements import Dynamic, Element
from htealeaf.errors import HtealeafError
from htealeaf.routing import Route
from htealeaf.wire import dumps

HTML = "text/html; charset=utf-8"


class PageAnswer:
    """A page as it is sent: status, headers and bytes.

    A WSGI callable as a `Response` is one, which costs as much as rendering a small page.

    Args:
        headers: The author's own, which win over what `add_missing` adds.

    Raises:
        ValueError: A line break in a header.
    """

    __slots__ = ("_names", "body", "headers", "status")

    def __init__(self, html: str, status: int, headers: list[tuple[str, str]]) -> None:
        self.body, self.status = html.encode(), status
        self.headers = [("Content-Type", HTML)]
        self._names: set[str] = set()
        if headers:
            own = Headers(headers)
            own.remove("Content-Type")
            for name in ("Location", "Content-Location"):
                if name in own:
                    own[name] = iri_to_uri(own[name])
            self.headers += own.to_wsgi_list()
            self._names = {name.lower() for name, _ in own}

    def add_missing(self, headers: Iterable[tuple[str, str]]) -> None:
        """Add those of *headers* that the author did not give."""
        names = self._names
        self.headers += [h for h in headers if h[0].lower() not in names] if names else headers

    def __call__(
        self, environ: Mapping[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        has_body = self.status >= 200 and self.status not in (204, 304)
        if has_body:
            self.add_missing([("Content-Length", str(len(self.body)))])
        start_response(_status_line(self.status), self.headers)
        return [self.body] if has_body and environ["REQUEST_METHOD"] != "HEAD" else []


@lru_cache
def _status_line(status: int) -> str:
    return f"{status} {HTTP_STATUS_CODES.get(status, 'Unknown').upper()}"


class Redirect:
    """Sends the browser elsewhere; made by `redirect`."""

    __slots__ = ("location", "status")

    def __init__(self, location: str, status: int) -> None:
        self.location, self.status = location, status

    def based(self, base: str) -> Redirect:
        """Return it with *base* in front of a path."""
        local = self.location.startswith("/") and not self.location.startswith("//")
        return Redirect(base + self.location if local and base else self.location, self.status)


def redirect(location: str, status: int = 303) -> Redirect:
    """Send the browser to *location*: a path of this app (`/login`) or a whole URL.

    Raises:
        HtealeafError: A control character in it, or a status that is no redirect.
    """
    if any(ord(c) < 32 for c in location) or status not in (301, 302, 303, 307, 308):
        raise HtealeafError(f"redirect({location!r}, {status}) is no redirect")
    return Redirect(location, status)


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


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" \
content="width=device-width, initial-scale=1"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{text}</p>{more}<p><a href="{home}">Back</a></p></main></body></html>
"""


def error_page(status: int, sentence: str, home: str, error: BaseException | None = None) -> str:
    """Return a small page that says what went wrong, in words.

    Args:
        error: Given in debug mode only: shown with its trace.
    """
    title = HTTP_STATUS_CODES.get(status, "Error")
    more = ""
    if error is not None:
        trace = "".join(traceback.format_exception(error))
        more = f"<pre>{escape(f'{type(error).__name__}: {error}')}\n\n{escape(trace)}</pre>"
    return _PAGE.format(title=escape(title), text=escape(sentence), more=more, home=escape(home))
