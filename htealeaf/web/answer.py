"""Answers as they are sent: a page, and the small page that says what went wrong."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from markupsafe import escape
from werkzeug.datastructures import Headers
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.urls import iri_to_uri

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
