"""A browser for the laws: it does what the shim does with the bytes of an answer, and no more."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlencode

from bs4 import BeautifulSoup, Tag

from htealeaf.testing.exchange import unwrapped
from htealeaf.testing.morph import apply_patch
from htealeaf.testing.trees import by_id, flat, parse
from htealeaf.web.cookie import Cookie

Answer = tuple[int, dict[str, str], str]


def call(app: Any, method: str, url: str, body: bytes = b"", **headers: str) -> Answer:
    """Send one request to a WSGI app; return status, headers and text."""
    path, _, query = url.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "localhost",
        "HTTP_ORIGIN": "http://localhost",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        **headers,
    }
    seen: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        cookies = [value for name, value in headers if name == "Set-Cookie"]
        seen.update(status=int(status[:3]), headers=dict(headers))
        if cookies:
            seen["headers"]["Set-Cookie"] = "\n".join(cookies)

    text = b"".join(app(environ, start)).decode()
    return seen["status"], seen["headers"], text


class Browser:
    """One cookie jar.

    Attributes:
        cookie: The one with the browser key, as it is sent; "" for none.
        others: Other ones, by name.
    """

    def __init__(self) -> None:
        self.cookie = ""
        self.others: dict[str, str] = {}

    def request(self, app: Any, method: str, url: str, body: bytes = b"", **more: str) -> Answer:
        """Send a request with the cookies, and keep those that come."""
        sent = [cookie for cookie in (self.cookie, *self.others.values()) if cookie]
        if sent:
            more["HTTP_COOKIE"] = "; ".join(sent)
        status, headers, text = call(app, method, url, body, **more)
        for line in headers.get("Set-Cookie", "").splitlines():
            cookie = line.partition(";")[0]
            name = cookie.partition("=")[0]
            if name == Cookie().name:
                self.cookie = cookie
            else:
                self.others[name] = cookie
        return status, headers, text

    def get(self, app: Any, url: str) -> tuple[str, str]:
        """Load a page; return the URL that it came from in the end, and its HTML."""
        for _ in range(5):
            status, headers, text = self.request(app, "GET", url)
            if status != 303:
                assert status == 200, text
                return url, text
            url = headers["Location"]
        raise AssertionError(f"{url} redirects for ever")

    def post(self, app: Any, url: str, **fields: str) -> None:
        """Send a plain form."""
        body = urlencode(fields).encode()
        kind = "application/x-www-form-urlencoded"
        status, _, text = self.request(app, "POST", url, body, CONTENT_TYPE=kind)
        assert status < 400, text


class Tab:
    """One open page of a browser."""

    def __init__(self, browser: Browser, app: Any, url: str) -> None:
        self.browser = browser
        self.load(app, url)

    def load(self, app: Any, url: str) -> None:
        """Go to *url*."""
        self.url, html = self.browser.get(app, url)
        self.soup: BeautifulSoup = parse(html)
        self._text: str | None = None
        self._take_form()

    def _take_form(self) -> None:
        form = by_id(self.soup, "ht")
        assert isinstance(form, Tag)
        self.shown = str(form["ht-cursor"])
        self.page_id, self.page_url = (str(i["value"]) for i in form.find_all("input"))

    @property
    def text(self) -> str:
        """Return the page as one text, without what belongs to one answer."""
        if self._text is None:
            self._text = flat(self.soup, _shown)
        return self._text

    def offers(self) -> list[tuple[str, str]]:
        """Return the offer URLs in the page, in order, each with the id of the row it is about."""
        return [
            (_whole(offer.replace("&quot;", '"')), _first(_UID, tag))
            for tag in _TAG.findall(self.text)
            for offer in _OFFER.findall(tag)
        ]

    def headers(self) -> dict[str, str]:
        """Return what the shim says of the page."""
        return {
            "HTTP_HT_PAGE": self.page_id,
            "HTTP_HT_URL": self.page_url,
            "HTTP_HT_CURSOR": self.shown,
        }

    def send(self, app: Any, offer: str, once: str, text: str) -> Answer:
        """Send an action as the shim would, and return the answer, not applied."""
        path, _, query = offer.partition("?")
        values = [text] * query.count("%22value%22,")
        return self.browser.request(
            app,
            "POST",
            path,
            json.dumps([query, *values]).encode(),
            CONTENT_TYPE="application/json",
            HTTP_HT_VERB="offer",
            HTTP_HT_ID=once,
            **self.headers(),
        )

    def look(self, app: Any) -> Answer:
        """Ask to catch up."""
        return self.browser.request(app, "GET", "/api/_live", b"", **self.headers())

    def take(self, answer: Answer, app: Any, check: Callable[[str], None] | None = None) -> None:
        """Apply an answer by the shim's rules.

        Args:
            check: Called with a patch that fits, before it is applied.
        """
        status, headers, text = answer
        cursor = headers.get("HT-Cursor", self.shown)
        if status in (204, 304):
            self.shown = cursor
            return
        text = unwrapped(text) or ""
        since = headers.get("HT-Since", "")
        if not self._fits(since, cursor) and 'ht-op="error"' not in text:
            raise AssertionError(f"an answer from {since} to {cursor} for {self.shown}")
        if check is not None:
            check(text)
        done = apply_patch(self.soup, text)
        self._text = None
        if done.visit is not None:
            self.load(app, done.visit)
        elif 'ht-op="page"' in text:
            self._take_form()
        else:
            self.shown = cursor

    def _fits(self, since: str, cursor: str) -> bool:
        epoch, _, n = self.shown.partition(".")
        if cursor.partition(".")[0] != epoch:
            return since == self.shown
        return since == self.shown and int(n) <= int(cursor.partition(".")[2])


def template_of(query: str) -> Any:
    """Return the value template in an offer's query."""
    template = unquote(query.partition("&")[0].partition("=")[2])
    return json.loads(template) if template else None


def filled(value: Any, text: str) -> Any:
    """Return a value template with *text* in its slots."""
    if isinstance(value, dict):
        if isinstance(value.get("$"), list) and value["$"][0] == "value":
            return text
        return {key: filled(inner, text) for key, inner in value.items()}
    return value


def assert_same(shown: Tab, fresh: str) -> None:
    """Compare a patched page with a fresh one: page id, cursor, nonce and generated style aside."""
    assert shown.text == _normal(_ANSWER.sub("", fresh))


@lru_cache(maxsize=64)
def _normal(html: str) -> str:
    return flat(parse(html), _shown)


def _shown(tag: Tag) -> dict[str, str] | None:
    # What belongs to one answer: page id, cursor, nonce, and rules that a page may keep.
    if tag.name == "style" and tag.attrs.get("id") == "ht-style":
        return None
    if tag.name == "input" and tag.attrs.get("name") == "ht-page":
        return None
    mine = ("ht-cursor", "nonce")
    return {name: str(value) for name, value in tag.attrs.items() if name not in mine}


def _whole(offer: str) -> str:
    return offer if offer.startswith("/") else f"/api/_store/{offer}"


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


_ANSWER = re.compile(r' (ht-cursor|nonce)="[^"]*"|<input[^>]* name="ht-page"[^>]*>')
_TAG = re.compile(r"<[a-z]+ [^>]*&o=[^>]*>")
_OFFER = re.compile(r' (?:formaction|action|ht-change|ht-click)="([^"]*&o=[^"]*)"')
_UID = re.compile(r' data-uid="([^"]*)"')
