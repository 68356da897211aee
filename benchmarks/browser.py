"""A browser without HTML: opens a page, keeps its cookie, presses what was offered.

It speaks WSGI in process. `Click` is made for the clock: everything that does not change from one
click to the next is made before. Every application is called through it, so what it costs itself
is on both sides of a ratio.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from io import BytesIO
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

_PAGE = re.compile(r'name="ht-page" value="([^"]+)"')
_CURSOR = re.compile(r'ht-cursor="([^"]+)"')
_OFFER = re.compile(r' (?:formaction|action|ht-\w+)="([^"]*&o=[^"]*)"')

#: What a browser sends along with everything.
_ENVIRON: dict[str, Any] = {
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "SCRIPT_NAME": "",
    "QUERY_STRING": "",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "localhost",
    "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "HTTP_ACCEPT": "text/html",
    "HTTP_ACCEPT_LANGUAGE": "en",
    "HTTP_ORIGIN": "http://localhost",
    "HTTP_SEC_FETCH_SITE": "same-origin",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.errors": None,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Click:
    """One request, sent again each time it is called.

    A cursor in an answer is what the next request says it shows.
    """

    def __init__(
        self,
        app: Any,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._app, self._body = app, body
        self._environ = _ENVIRON | {"REQUEST_METHOD": method, "PATH_INFO": path} | dict(headers)
        if method != "GET":
            self._environ |= {"CONTENT_LENGTH": str(len(body))}
        self._count = 0
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.cursor = headers.get("HTTP_HT_CURSOR")

    def _start(self, status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        self.status, self.headers = status, headers

    def __call__(self) -> bytes:
        """Send it; return the body of the answer, or raise when it is no success."""
        environ = self._environ.copy()
        environ["wsgi.input"] = BytesIO(self._body)
        self._count += 1
        environ["HTTP_HT_ID"] = f"click{self._count}"
        if self.cursor:
            environ["HTTP_HT_CURSOR"] = self.cursor
        answer = self._app(environ, self._start)
        body = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        if self.status[0] not in "23":
            raise RuntimeError(f"{environ['PATH_INFO']}: {self.status} {body[:300]!r}")
        for name, value in self.headers:
            if name == "HT-Cursor":
                self.cursor = value
        return body

    def cookie(self) -> str:
        """Return the cookie of the last answer, as the next request sends it."""
        return next(v.partition(";")[0] for n, v in self.headers if n.lower() == "set-cookie")


class OpenPage:
    """A page of ours in a browser: what it offers, and clicks on that."""

    def __init__(self, app: Any, url: str = "/", cookie: str = "") -> None:
        self._app, self._url = app, url
        get = Click(app, "GET", url, headers={"HTTP_COOKIE": cookie} if cookie else {})
        self.html = get().decode()
        self.cookie = cookie or get.cookie()
        self.get = Click(app, "GET", url, headers={"HTTP_COOKIE": self.cookie})
        found = [unescape(offer) for offer in _OFFER.findall(self.html)]
        self.offers = [o if o.startswith("/") else f"/api/_store/{o}" for o in found]
        self._id, self._cursor = _found(_PAGE, self.html), _found(_CURSOR, self.html)

    def click(self, offer: str, *values: Any) -> Click:
        """Return the request of a click on *offer*, with *values* for its slots."""
        path, _, query = offer.partition("?")
        headers = self._headers() | {"HTTP_HT_VERB": "offer"}
        return Click(
            self._app, "POST", unquote(path), json.dumps([query, *values]).encode(), headers
        )

    def look(self) -> Click:
        """Return the request that catches up."""
        return Click(self._app, "GET", "/api/_live", headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {
            "CONTENT_TYPE": "application/json",
            "HTTP_COOKIE": self.cookie,
            "HTTP_HT_PAGE": self._id,
            "HTTP_HT_URL": self._url,
            "HTTP_HT_CURSOR": self._cursor,
        }


def _found(pattern: re.Pattern[str], html: str) -> str:
    match = pattern.search(html)
    if match is None:
        raise RuntimeError(f"the page has no {pattern.pattern}")
    return match[1]
