"""Responses: what a route function may return, and the answer that is made of it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from os import PathLike, fspath
from os.path import abspath
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from markupsafe import Markup
from werkzeug.utils import send_file as werkzeug_send_file
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Response

from htealeaf.app.route import Route
from htealeaf.app.streaming import Stream
from htealeaf.errors import HtealeafError
from htealeaf.html.elements import Element
from htealeaf.html.markup import Dynamic
from htealeaf.pages.draw import View
from htealeaf.web.answer import HTML, Answer
from htealeaf.web.outcome import Redirect, redirect
from htealeaf.web.request import Request
from htealeaf.wire.codec import dumps, utf8

__all__ = ["Redirect", "answer_of", "redirect", "view_or_answer"]


class File:
    """A file that is sent; made by `send_file`."""

    __slots__ = ("_file", "_folder", "_options")

    def __init__(self, file: Any, folder: str | PathLike[str] | None, options: Any) -> None:
        self._file, self._folder, self._options = file, folder, options

    def response(self, environ: dict[str, Any]) -> Response:
        """Return it as it is sent for a request: a range of it, or "not modified"."""
        if self._folder is not None:
            return send_from_directory(self._folder, self._file, environ, **self._options)
        return werkzeug_send_file(self._file, environ, **self._options)


def send_file(
    file: str | PathLike[str] | IO[bytes],
    *,
    within: str | PathLike[str] | None = None,
    name: str | None = None,
    attachment: bool = False,
    type: str | None = None,
    max_age: int | None = None,
) -> File:
    """Return a file as the answer of a route function.

    Ranges, `ETag` and `Last-Modified` are answered, and it is not read into memory.

    Args:
        file: A path; or an open file of bytes, which is closed when it was sent.
        within: A folder that the path is in. A path that leads out of it, or to no file, is 404:
            say it whenever a part of the path is not your own.
        name: What the browser is to call it; without it, the file's own name. An open file has
            none. It may have any characters (RFC 6266).
        attachment: The browser saves it, and does not show it.
        type: Its content type; without it, the one that fits its name.
        max_age: Seconds for which the browser may take it without asking again.

    Raises:
        HtealeafError: A type is needed, and nothing says it.
    """
    if hasattr(file, "read") and type is None and name is None:
        raise HtealeafError("send_file() of an open file needs name= or type=, to know what it is")
    options = {
        "download_name": name,
        "as_attachment": attachment,
        "mimetype": type,
        "max_age": max_age,
    }
    if isinstance(file, (str, PathLike)):
        file = fspath(file)
        if within is None:
            file = abspath(file)  # Werkzeug takes it as below the folder of some module
        else:
            within = abspath(within)
    return File(file, within, options)


def view_or_answer(result: Any, route: Route, base: str, frame: Callable[[Any], View]) -> Any:
    """Return what a route function returned as a `View`, a `Redirect` or a `Response`.

    Args:
        frame: Makes a view of content: puts a layout around it, gives it a title.

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
    if isinstance(body, (Response, File)):
        return body
    if isinstance(body, (Element, Dynamic)) or (isinstance(body, (list, tuple)) and body != ()):
        view = frame(body)
        view.status, view.headers = status, headers
        return view
    return _plain(body, status, headers, route)


def _plain(body: Any, status: int, headers: list[tuple[str, str]], route: Route) -> Response:
    text: str | bytes | Stream
    if isinstance(body, Markup):
        text, kind = str(body), HTML
    elif isinstance(body, str):
        text, kind = body, "text/plain; charset=utf-8"
    elif isinstance(body, dict):
        text, kind = dumps(body), "application/json"
    elif isinstance(body, bytes):
        text, kind = body, "application/octet-stream"
    elif isinstance(body, Generator):
        said = next((value for name, value in headers if name.lower() == "content-type"), "")
        text = Stream(body, joined=not said.startswith("text/event-stream"))
        kind = "text/plain; charset=utf-8"
    else:
        name = getattr(route.function, "__name__", "the function")
        hint = ", so perhaps a 'return' is missing" if body is None else ""
        raise HtealeafError(
            f"{name}() returned {'None' if body is None else 'a ' + type(body).__name__}{hint}; a"
            " route returns an element, a list of them, str, Markup, dict, bytes, a generator,"
            " (status, body), a Response, send_file(...) or redirect(...)"
        )
    if isinstance(text, str):
        text = utf8(text)
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
