"""The live stream of a tab, read as the shim reads it.

Rule 1: what comes is applied by the rules of any answer: what does not fit is dropped, and what is
missing is asked for.

Rule 2: nothing comes by itself. A test says when the tab reads, so that it can break the line, or
take its time, between any two events.
"""

from __future__ import annotations

from typing import Any, Protocol

from htealeaf.endpoints.live_page import Following
from htealeaf.state.page_state import state_name
from htealeaf.testing.exchange import Patch, Request
from htealeaf.testing.failures import PageFailure
from htealeaf.wire.names import EVENTS_TYPE, Field, Header

_CHANGES = (Header.CURSOR, Field.STATE, Field.LOCAL)  # while the stream goes on
_MISSED = "?"  # no state: something of another one was dropped


class LiveTab(Protocol):
    """What a stream needs of its tab."""

    client: Any

    @property
    def is_live(self) -> bool:
        """Tell whether what is shown wants to be followed."""

    def catch_up(self) -> Request:
        """Return the request with which it catches up."""

    def open_stream(self, request: Request) -> tuple[str, Any]:
        """Send *request*; return the status and the body, unread."""

    def bring(self, request: Request, since: str, cursor: str, html: str) -> Patch:
        """Apply an event."""


class LiveStream:
    """What others do, on its way to a tab.

    Attributes:
        events: How many came in.
        opened: How often the stream was opened.
    """

    def __init__(self, tab: LiveTab) -> None:
        self._tab = tab
        self.events = self.opened = 0
        self._body: Following | None = None
        self._state = ""  # of the page, that it tells of
        self._request = tab.catch_up()
        self.connect()

    def connect(self) -> None:
        """Open the stream, from what the tab shows; it does so by itself, if it has to read."""
        self.disconnect()
        asked = self._tab.catch_up()
        self._request = asked.with_headers(Accept=EVENTS_TYPE)
        status, body = self._tab.open_stream(self._request)
        if not isinstance(body, Following):
            getattr(body, "close", lambda: None)()
            raise PageFailure(
                f"{asked.url} is answered with {status} and does not go on: the app is not live,"
                " WSGI(live=True), or has no room"
            )
        self._body, self._state = body, self._own_state()
        self._live = self._tab.client.app.pages.live  # of the worker that it is at
        self.opened += 1

    def disconnect(self) -> None:
        """Break the line: what was on its way is lost."""
        if self._body is not None:
            self._body.close()
            self._body = None

    close = disconnect

    @property
    def ended(self) -> bool:
        """Tell whether the server has ended the stream, or the line is broken."""
        return self._body is None or self._body.ended

    def receive(self) -> int:
        """Apply what has come in by now; return how many events that were.

        A stream that has ended, or is about a page that the tab does not show any more, is opened
        again, as the shim does, and at the end one that is about another state of it; where it
        shows a page that is not live, that is the end.
        """
        before = self.events
        for _ in range(100):
            if not self._tab.is_live:
                self.disconnect()
                return self.events - before
            if self.ended or self._is_about_another_page():
                self.connect()
            assert self._body is not None
            self._live.settle()
            sent = self._body.pending()
            if sent:
                self._apply(sent.decode())
            elif not self._body.ended:
                if self._state == self._own_state():
                    return self.events - before
                self.connect()
        raise PageFailure("the stream does not come to rest")

    def _is_about_another_page(self) -> bool:
        now = dict(self._tab.catch_up().headers)
        asked = {name: self._request.headers.get(name) for name in now}
        return any(now[name] != asked[name] for name in now if name not in _CHANGES)

    def _own_state(self) -> str:
        # What the page's own state is called.
        said = self._tab.catch_up().headers
        return state_name(said.get(Field.STATE, "")) + said.get(Field.LOCAL, "")

    def _apply(self, text: str) -> None:
        for event in text.split("\n\n"):
            fields = [line.partition(": ") for line in event.split("\n")]
            cursor = [value for name, _, value in fields if name == "id"]
            data = [value for name, _, value in fields if name == "data"]
            if cursor and data:
                self.events += 1
                since, _, state = data[0].partition(" ")
                self._state = state or self._state
                if self._state == self._own_state():
                    self._tab.bring(self._request, since, cursor[0], "\n".join(data[1:]))
                else:
                    self._state = _MISSED

    def __enter__(self) -> LiveStream:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
