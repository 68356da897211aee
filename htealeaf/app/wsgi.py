"""WSGI: the request from an environ, and the answer to the server. The environ ends here.

Source: PEP 3333.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from werkzeug.datastructures import FileStorage, ImmutableMultiDict
from werkzeug.wrappers import Request as WerkzeugRequest

from htealeaf.app.rooms import room
from htealeaf.web.answer import Answer
from htealeaf.web.form_data import form_data
from htealeaf.web.limits import MAX_BODY, MAX_FIELDS
from htealeaf.web.request import Fields, Request, frozen
from htealeaf.wire.codec import base_of
from htealeaf.wire.names import EVENTS_TYPE

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

#: A key of the environ, so nothing that a browser can send: this request is not counted.
UNLIMITED = "htealeaf.unlimited"


def request_of(environ: Environ) -> Request:
    """Return the request that came in *environ*."""
    get, came = environ.get, _Came(environ)
    script_name, path, stream = get("SCRIPT_NAME"), get("PATH_INFO", ""), get("wsgi.input")
    return frozen(
        Fields(
            environ["REQUEST_METHOD"],
            path if path.isascii() else path.encode("latin-1").decode("utf-8", "surrogateescape"),
            get("QUERY_STRING", ""),
            base_of(script_name) if script_name else "",
            came,
            stream.read if stream is not None else _nothing,
            get("wsgi.input_terminated", False),
            get("REMOTE_ADDR", ""),
            get("wsgi.url_scheme", "http"),
            get("HTTP_HOST") or get("SERVER_NAME", ""),
            UNLIMITED not in environ,
            came.wrap,
            room(environ) if EVENTS_TYPE in get("HTTP_ACCEPT", "") else 0,
        )
    )


def send(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Give *answer* to the server."""
    headers, body = answer.headers, answer.body
    start_response(answer.line, headers if type(headers) is list else list(headers))
    if type(body) is bytes:
        return [body] if body else []
    return body  # type: ignore[return-value]  # as it is: a server may send a file unread


class _Keys(dict[str, str]):
    # Where the environ has a header, by its name. Bounded, since a browser may send any.

    def __missing__(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        if len(self) < 256:
            self[name] = key
        return key


_KEYS = _Keys()


class _Came:
    # An environ as the headers of a request, and as what Werkzeug's request is made from.

    __slots__ = ("_environ",)

    def __init__(self, environ: Environ) -> None:
        self._environ = environ

    def get(self, name: str, default: str = "", /) -> str:
        value: str = self._environ.get(_KEYS[name], default)
        return value

    def wrap(self, request: Request) -> WerkzeugRequest:
        environ = self._environ
        # It was read, or this is another request than the one that came. What was put into the
        # environ on its way (by middleware, or a test) stays in it.
        if request.body is not None:
            kept = {key: value for key, value in environ.items() if _is_of(key, value, request)}
            environ = kept | {
                "REQUEST_METHOD": request.method,
                "PATH_INFO": request.path.encode("utf-8", "surrogateescape").decode("latin-1"),
                "QUERY_STRING": request.query,
                "CONTENT_LENGTH": str(len(request.body)),
                "wsgi.input": BytesIO(request.body),
                "wsgi.input_terminated": True,
            }
        return Asked(environ)


class Asked(WerkzeugRequest):
    """Werkzeug's request, whose form is read as every other one here: counted before it is parsed.

    A form of more bytes than a body has by default is read as Werkzeug does, files to disk.
    """

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        if not 0 < (self.content_length or 0) <= MAX_BODY:
            super()._load_form_data()
            return
        body = self.get_data(parse_form_data=False)
        limit = self.max_form_parts or MAX_FIELDS
        fields, files, _ = form_data(self.content_type or "", body, limit)
        given = (
            (name, FileStorage(file.stream, file.filename, name, file.media_type))
            for name, file in files.items(multi=True)
        )
        self.__dict__.update(form=ImmutableMultiDict(fields), files=ImmutableMultiDict(given))


def _nothing(size: int) -> bytes:
    return b""


def _is_of(key: str, value: Any, request: Request) -> bool:
    if key.startswith("werkzeug."):  # what it made of the request that came
        return False
    if key.startswith("HTTP_") or key == "CONTENT_TYPE":
        name = key.removeprefix("HTTP_").replace("_", "-")
        return bool(request.headers.get(name) == value)
    return True
