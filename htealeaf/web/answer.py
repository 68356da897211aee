"""Answers: one frozen value for every endpoint, and the small page that says what went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from markupsafe import escape
from werkzeug.datastructures import Headers
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.urls import iri_to_uri

from htealeaf.web.debug_page import details
from htealeaf.wire.codec import utf8
from htealeaf.words import language_tag, say

HTML = "text/html; charset=utf-8"

Header = tuple[str, str]


class Answer(NamedTuple):
    """What is sent back.

    Attributes:
        status: The HTTP status.
        headers: Header fields. Those that every answer has are added at the exit, where these do
            not have them.
        body: Bytes; or an iterator of bytes, which is closed when it was sent or is not wanted.
        reason: The phrase of the status line; "" for the status's own.
    """

    status: int
    headers: Sequence[Header] = ()
    body: bytes | Iterable[bytes] = b""
    reason: str = ""

    @property
    def line(self) -> str:
        """Return the status line: `200 OK`."""
        return f"{self.status} {self.reason}" if self.reason else _status_line(self.status)

    def with_headers(self, *headers: Header) -> Answer:
        """Return it with more headers."""
        return Answer(self.status, [*self.headers, *headers], self.body, self.reason)

    def with_missing(self, headers: Iterable[Header]) -> Answer:
        """Return it with those of *headers* that it does not have."""
        names = [name.lower() for name, _ in self.headers]
        return self.with_headers(*[h for h in headers if h[0].lower() not in names])

    def close(self) -> None:
        """Close a body that is an iterator: it is not wanted any more."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()


def html_answer(html: str, status: int = 200, headers: Iterable[Header] = ()) -> Answer:
    """Return *html* as it is sent.

    Args:
        headers: The author's own.

    Raises:
        ValueError: A line break in a header.
    """
    given: list[Header] = [("Content-Type", HTML)]
    if headers:
        own = Headers(list(headers))
        own.remove("Content-Type")
        for name in ("Location", "Content-Location"):
            if name in own:
                own[name] = iri_to_uri(own[name])
        given += own.to_wsgi_list()
    return Answer(status, given, utf8(html))


@lru_cache
def _status_line(status: int) -> str:
    return f"{status} {HTTP_STATUS_CODES.get(status, 'Unknown').upper()}"


_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" \
content="width=device-width, initial-scale=1"><title>{title}</title></head>
<body><main><h1>{title}</h1><p>{text}</p>{more}<p><a href="{home}">{back}</a></p></main></body>
</html>
"""


def error_page(
    status: int, sentence: str, home: str, error: BaseException | None = None, asked: str = ""
) -> str:
    """Return a small page that says what went wrong, in words.

    Args:
        error: Given in debug mode only: shown with the author's lines and its trace.
        asked: The request in a line, for a developer.
    """
    title = say(HTTP_STATUS_CODES.get(status, "Error"))
    more = details(error, asked) if error is not None else ""
    words = {"lang": escape(language_tag()), "back": escape(say("Back"))}
    return _PAGE.format(
        title=escape(title), text=escape(sentence), more=more, home=escape(home), **words
    )
