"""The request: one frozen value, whatever kind of server it came through.

Each kind has one place that makes it (`app/wsgi.py` from an environ). Nothing else knows what a
request came in: an author who asks for Werkzeug's request gets one from `Request.wrap`.

Rule: it is what a browser says, in the form that it said it. Whether it is true, is for others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, fields
from operator import attrgetter
from typing import Any, Protocol
from urllib.parse import quote, unquote_to_bytes

from htealeaf.errors import BadRequest

_PATH_SAFE = "/-._~!$&'()*+,;=:@"  # of a URL's path (RFC 3986, 3.3)


class Headers(Protocol):
    """The header fields of a request."""

    def get(self, name: str, default: str = "", /) -> str:
        """Return the field *name*, in whatever case: `Content-Type`."""


@dataclass(slots=True, eq=False)
class Fields:
    """What a request is made of; `frozen` makes a `Request` of it.

    Attributes:
        method: The HTTP method.
        path: The path below the app, decoded. Bytes that are not UTF-8 are lone surrogates.
        query: The query, as it came.
        base: URL below which the app lives, encoded: `/apps/shop`; "" for the root.
        headers: The header fields.
        read: Gives the next bytes of the body, as many as asked for at most; b"" at its end.
        ends: The body ends where its bytes do, also when no length was sent.
        remote: The address that it came from.
        scheme: `http` or `https`.
        host: The host and port that were asked.
        counted: It counts for `WSGI(rate=)`.
        wrap: Makes Werkzeug's request of it, for an author who asks.
        streams: How many answers that go on the server has room for; None for any number.
        body: The body, where it has been read already.
        found: The route that answers it and the parameters in the path, once they are found.
    """

    method: str
    path: str
    query: str
    base: str
    headers: Headers
    read: Callable[[int], bytes]
    ends: bool
    remote: str
    scheme: str
    host: str
    counted: bool
    wrap: Callable[[Request], Any]
    streams: int | None = 0
    body: bytes | None = None
    found: Any = None


_fields_of = attrgetter(*[field.name for field in fields(Fields)])


class Request(Fields):
    """A request as every endpoint gets it: `Fields` that nobody can change any more."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"a request is one value; make another to have its {name} differ")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"a request is one value; nothing takes its {name} away")

    def replace(self, **changes: Any) -> Request:
        """Return it with other fields."""
        made = Fields(*_fields_of(self))
        for name, value in changes.items():
            setattr(made, name, value)
        return frozen(made)

    @property
    def url(self) -> str:
        """Return path and query as they stand in a link, with the base in front."""
        path = self.base + quote(self.path, _PATH_SAFE, errors="surrogateescape") or "/"
        return f"{path}?{self.query}" if self.query else path

    @property
    def origin(self) -> str:
        """Return the origin that was asked: `https://shop.example`."""
        return f"{self.scheme}://{self.host}"

    @property
    def media(self) -> str:
        """Return the type of the content, without parameters, in small letters."""
        said = self.headers.get("Content-Type")
        return said if said == "application/json" else said.partition(";")[0].strip().lower()

    def cookie(self, name: str) -> str:
        """Return the cookie *name*; "" if the browser sent none."""
        header = self.headers.get("Cookie")
        if header:
            for part in header.split(";"):
                key, _, value = part.strip().partition("=")
                if key == name:
                    return value
        return ""

    def checked_path(self) -> str:
        """Return the path.

        Raises:
            BadRequest: It is not UTF-8.
        """
        if not self.path.isascii():
            try:
                self.path.encode()
            except UnicodeEncodeError as error:
                raise BadRequest("the address is not UTF-8") from error
        return self.path

    def with_body(self, body: bytes) -> Request:
        """Return it with *body*, which has been read from it."""
        return self.replace(body=body)

    def as_get(self, url: str) -> Request:
        """Return the GET of *url*, with the base in front, that the same browser would send."""
        path, _, query = url.partition("?")
        if self.base and (path + "/").startswith(self.base + "/"):
            path = path[len(self.base) :]
        return self.replace(
            method="GET",
            path=unquote_to_bytes(path).decode("utf-8", "surrogateescape"),
            query=query,
            headers=_OfNavigation(self.headers),
            body=b"",
            found=None,
        )


class _OfNavigation:
    # The headers that a browser sends for any page: none of the shim's, none of a body.

    __slots__ = ("_headers",)

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def get(self, name: str, default: str = "", /) -> str:
        return (
            default
            if name.lower().startswith(("ht-", "content-"))
            else self._headers.get(name, default)
        )


def frozen(made: Fields) -> Request:
    """Return *made* as a request; whoever made it keeps no way to change it."""
    # A frozen dataclass takes six times as long to make, and a tuple to read, at every click.
    made.__class__ = Request
    return made  # type: ignore[return-value]
