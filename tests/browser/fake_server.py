"""A server in a drawer: it shows one document and gives the answers that a test laid out.

Requests never leave the browser; `Page.route` brings them here. So a test sees each request of the
shim as it was sent, and can hold an answer back, cut the line, or answer what no server would.
"""

from __future__ import annotations

import html
import json
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route

from htealeaf.endpoints.assets import shim
from htealeaf.wire.names import Part
from htealeaf.wire.parts import ALL_PARTS

ORIGIN = "http://htealeaf.test"  # no secure context: a page in a home network has none either

CUT = object()  # an answer: the line is cut
HOLD = object()  # an answer: it waits for `release`

# Without what puts a place of its own into each page: where a page is boosted, say its tests.
_PARTS = ALL_PARTS - {Part.BOOST}


@dataclass(frozen=True)
class Answer:
    """What the server says: a patch by default, with the marks that make it ours.

    With `ours=False` it is somebody else's: a portal's, a proxy's.
    """

    body: str = ""
    status: int = 200
    since: str | None = None
    cursor: str | None = None
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    ours: bool = True

    def give(self, route: Route) -> None:
        headers = {"Content-Type": self.type, **self.headers}
        shown = route.request.headers.get("ht-cursor") if self.ours else None
        for name, value in (("HT-Since", self.since), ("HT-Cursor", self.cursor)):
            if value or shown:
                headers.setdefault(name, value or shown or "")
        is_patch = self.ours and shown and self.body and self.type.startswith("text/html")
        body = f"<template ht>{self.body}</template>" if is_patch else self.body
        route.fulfill(status=self.status, headers=headers, body=body)


@dataclass(frozen=True)
class Sent:
    """One request of the shim."""

    method: str
    path: str  # as it was sent, still percent-encoded
    query: str
    headers: dict[str, str]  # names in lower case
    text: str | None

    @classmethod
    def of(cls, request: Request) -> Sent:
        url = urlsplit(request.url)
        headers = request.all_headers()
        return cls(request.method, url.path, url.query, headers, request.post_data)

    @property
    def json(self) -> Any:
        return json.loads(self.text or "")

    @property
    def offer(self) -> str:
        """The offer that the body begins with."""
        return self.json[0]

    @property
    def values(self) -> list[Any]:
        """What the browser filled the slots of the offer with."""
        return self.json[1:]


class FakeServer:
    """Serves `/`, the shim, and, in the order they were laid out, `answers` and `lives`."""

    def __init__(self, target: Page | BrowserContext, body: str = "", **parts: Any) -> None:
        self.body = body
        self.cursor: str = parts.pop("cursor", "e.1")
        self.base: str = parts.pop("base", "")
        self.stores: str = parts.pop("stores", "shared")
        self.head: str = parts.pop("head", "")
        self.nonce: str = parts.pop("nonce", "")
        self.policy: str = parts.pop("policy", "script-src 'self'")
        assert not parts, parts
        if "FIREFOX" in os.environ:
            pytest.skip("its protocol does not tell what is in a request that a test answers")
        self.answers: deque[Any] = deque()
        self.lives: deque[Any] = deque()
        self.sent: list[Sent] = []  # what the shim posted and read
        self.polls: list[Sent] = []  # how it caught up
        self.visits: list[str] = []  # the documents that were got
        self.forms: list[Sent] = []  # forms that the browser posted by itself
        self.held: deque[Route] = deque()
        target.route("**/*", self._handle)

    def will(self, *answers: Any) -> None:
        """Lay out the answers to the next actions: patches, `Answer`, `CUT`, `HOLD`, functions."""
        self.answers.extend(answers)

    def release(self, answer: Any) -> None:
        """Give *answer* to the request that was held first."""
        self._give(self.held.popleft(), answer)

    def document(self) -> str:
        nonce = f' nonce="{self.nonce}"' if self.nonce else ""
        form = page_form(self.cursor, self.base, self.stores)
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>One</title>'
            f'{self.head}<script src="{self.base}/_htealeaf/htealeaf.js" defer{nonce}></script>'
            f"</head>\n<body>{form}{self.body}</body></html>"
        )

    def _handle(self, route: Route) -> None:
        request = route.request
        sent = Sent.of(request)
        if sent.path.endswith("/htealeaf.js"):
            route.fulfill(body=shim(_PARTS, debug=True).content, content_type="text/javascript")
        elif sent.path.endswith("/favicon.ico"):
            route.fulfill(status=204)
        elif request.is_navigation_request():
            if request.method == "GET":
                self.visits.append(request.url.removeprefix(ORIGIN))
            else:
                self.forms.append(sent)
            policy = {"Content-Security-Policy": self.policy} if self.policy else {}
            Answer(self.document(), headers=policy, ours=False).give(route)
        elif sent.path == f"{self.base}/api/_live":
            self.polls.append(sent)
            self._give(route, self.lives.popleft() if self.lives else Answer(status=304))
        else:
            self.sent.append(sent)
            answer = self.answers.popleft() if self.answers else Answer(status=204)
            self._give(route, answer)

    def _give(self, route: Route, answer: Any) -> None:
        if callable(answer):
            answer = answer(Sent.of(route.request))
        if answer is CUT:
            route.abort("connectionreset")
        elif answer is HOLD:
            self.held.append(route)
        elif isinstance(answer, Answer):
            answer.give(route)
        else:  # a patch that brings the page from what it shows to the next cursor
            Answer(answer, since=self.cursor, cursor=self.move()).give(route)

    def move(self) -> str:
        """Go on to the next cursor."""
        epoch, n = self.cursor.split(".")
        self.cursor = f"{epoch}.{int(n) + 1}"
        return self.cursor


def page_form(cursor: str = "e.1", base: str = "", stores: str = "shared") -> str:
    return (
        f'<form id="ht" method="post" hidden autocomplete="off" ht-cursor="{cursor}"'
        f' ht-base="{base}" ht-stores="{stores}"><button disabled></button>'
        '<input type="hidden" name="ht-page" value="PAGE">'
        '<input type="hidden" name="ht-url" value="/counter?x=1"></form>'
    )


def offer(path: str, verb: str, value: Any = ..., more: str = "") -> str:
    """The URL of an offer, as the server writes it; *more* is a further part of the query."""
    template = "" if value is ... else f"={quote(_compact(value))}"
    return f"/api/_store/{path}?{verb}{template}{more}&o=mac"


def steps(*listed: list[Any], more: str = "") -> str:
    return f"/api/_store?steps={quote(_compact(listed))}{more}&o=mac"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def button(url: str, text: str = "+", attributes: str = 'form="ht" formnovalidate') -> str:
    return f'<button id="go" formaction="{html.escape(url)}" {attributes}>{text}</button>'


def template(op: str, to: str | None = None, content: str = "", **more: str) -> str:
    target = f' ht-to="{to}"' if to else ""
    rest = "".join(f' ht-{name}="{value}"' for name, value in more.items())
    return f'<template ht-op="{op}"{target}{rest}>{content}</template>'


def wait_until(page: Page, condition: Callable[[], Any]) -> None:
    """Let the browser go on until *condition* holds here; half a minute at most."""
    for _ in range(3000):
        if condition():
            return
        page.wait_for_timeout(10)
    raise AssertionError("it never came true")
