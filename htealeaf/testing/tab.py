"""Tab: how what it shows changes, by answers to its requests and by going elsewhere.

A request is sent with what the shim would send, and its answer applied by the shim's rules: a patch
fits when it starts at what is shown.

Rule 1: whatever a step sends stands in `requests`, and whatever it brings in `patch`.

Rule 2: an answer that says that the app failed is a failure of the test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bs4 import Tag
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request as WerkzeugRequest

from htealeaf.testing import boost, controls, events, messages, rows
from htealeaf.testing.commands import Shown
from htealeaf.testing.exchange import Exchange, Patch, Request, encoded, patch_in
from htealeaf.testing.failures import PageFailure, failed
from htealeaf.testing.finding import one
from htealeaf.testing.live import LiveStream
from htealeaf.testing.morph import apply_patch
from htealeaf.testing.trees import attribute, by_id, flat, parse, text_of
from htealeaf.testing.view import Browser, Hops, View
from htealeaf.wire.names import (
    LIVE_URL,
    Attribute,
    Field,
    Header,
    Id,
    Visits,
)

#: What the shim tells when what answers is not the app.
NOT_OURS = "Not saved yet, try again"


class _Entry(NamedTuple):
    url: str
    document: int  # entries of one document differ by visits only


class History:
    """What was shown in a tab: where back and forward lead."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._now = -1
        self._documents = 0

    @property
    def entry(self) -> _Entry:
        """Return what is shown."""
        return self._entries[self._now]

    def at(self, by: int) -> _Entry | None:
        """Return the entry *by* steps away; None if there is none."""
        at = self._now + by
        return self._entries[at] if 0 <= at < len(self._entries) else None

    def go(self, by: int) -> None:
        """Show the entry *by* steps away."""
        self._now += by

    def load(self, url: str) -> None:
        """Note that another page was loaded."""
        self._documents += 1
        self._add(_Entry(url, self._documents))

    def leave(self, url: str, how: str) -> None:
        """Note that another page was loaded, where one was to be morphed in."""
        if how == Visits.PUSH:
            self.load(url)
        else:
            self._documents += 1
            self._entries[self._now] = _Entry(url, self._documents)

    def push(self, url: str) -> None:
        """Note that the page shows another URL, after what it showed."""
        self._add(_Entry(url, self.entry.document))

    def replace(self, url: str) -> None:
        """Note that the page shows another URL, in the place of what it showed."""
        self._entries[self._now] = self.entry._replace(url=url)

    def _add(self, entry: _Entry) -> None:
        self._now += 1
        self._entries[self._now :] = [entry]


class Tab(View):
    """A view that goes on: it catches up, loads other pages, and sends requests one by one."""

    def __init__(self, client: Browser) -> None:
        super().__init__(client)
        self._history = History()
        self._unsure: dict[str, str] = {}  # ids of what somebody else answered, by body
        self._answered = False
        #: What browser commands show until an answer comes, and of that what is shown now.
        self._pending: list[Sequence[Shown]] = []
        self._shown: list[Shown] = []

    def look(self) -> Patch:
        """Turn to this tab: it catches up with what happened meanwhile. Without scripts: reload."""
        if not self.client.scripts:
            self.reload()
            return self.patch
        with self._step():
            self._catch_up()
        return self.patch

    def reload(self) -> None:
        """Load the page anew; what was typed is gone."""
        with self._step():
            self._load(self.client.follow("GET", self.url))
            self._history.replace(self.url)

    def back(self) -> Patch:
        """Go back to what was shown in this tab before.

        If a visit lies between, the page is patched; if a boosted link, it is morphed in; else the
        page is loaded.
        """
        return self._travel(-1)

    def forward(self) -> Patch:
        """Go forward to what was shown in this tab before going back."""
        return self._travel(1)

    def _travel(self, by: int) -> Patch:
        entry = self._history.at(by)
        if entry is None:
            where = "back to: it was opened first" if by < 0 else "forward to: nobody went back"
            raise PageFailure(f"at {self.url} there is nothing to go {where}")
        same = entry.document == self._history.entry.document and self.client.scripts
        with self._step():
            self._history.go(by)
            if same:
                self._boost(entry.url, "")
            else:
                self._load(self.client.follow("GET", entry.url))
                self._history.replace(self.url)
        return self.patch

    def visit(self, url: str, *, status: int = 200) -> None:
        """Load another page of the app in this tab, as typed into the address bar."""
        with self._step():
            typed = {"Sec-Fetch-Site": "none"}
            self._load(self.client.follow("GET", url, headers=typed), status=status)
            self._history.load(self.url)

    # -- requests one by one ---------------------------------------------------------------

    def action(
        self, selector: str | Tag, text: str | None = None, *, on: str | None = None, **event: Any
    ) -> Request:
        """Return the request that an element's action would send now, without sending it.

        With `send` and `receive` a test repeats a click, loses its answer, or takes answers in
        another order.

        Args:
            selector: A CSS selector.
            text: The element's whole text.
            on: The event, where the element has actions for several.
            event: What the action reads from the event.
        """

        def unable(tag: Tag) -> str | None:
            found = events.all_offered(self.soup, tag)
            if not found or (on is not None and on not in found):
                return f"no action{f' on {on}' if on else ''}"
            return "actions on " + ", ".join(found) if on is None and len(found) > 1 else None

        tag = one(self.soup, "action", selector, text, unable)
        found = events.all_offered(self.soup, tag)
        return found[on or next(iter(found))].request(self.soup, event)

    def send(self, request: Request, *, apply: bool = True) -> Exchange:
        """Send a request of `action`; with the same one twice, a repeated click.

        Args:
            request: What to send.
            apply: False loses the answer: the server has done it, and the page does not know.
        """
        exchange = self._sent(request)
        if apply:
            self.receive(exchange)
        return exchange

    def receive(self, exchange: Exchange) -> None:
        """Apply an answer as it comes in, also late or twice: what does not fit is dropped."""
        with self._step():
            self._receive(exchange)

    def live(self) -> LiveStream:
        """Look at this tab: what others do comes by itself, until the stream is closed.

            with page.live() as live:
                other.click("button", text="+")
                live.receive()

        Raises:
            PageFailure: The app is not live, or has no room.
        """
        return LiveStream(self)

    def _in_words(self, text: str) -> str:
        # What the shim tells, in the language of the page.
        form = by_id(self.soup, Id.FORM)
        words = attribute(form, Attribute.WORDS) if form is not None else None
        return str(json.loads(words or "{}").get(text, text))

    def catch_up(self) -> Request:
        """Return the request with which `look` catches up, without sending it."""
        form = by_id(self.soup, Id.FORM)
        base = (attribute(form, Attribute.BASE) or "") if form is not None else ""
        return Request("GET", f"{base}{LIVE_URL}", events.page_headers(self.soup))

    # -- live ------------------------------------------------------------------------------

    @property
    def is_live(self) -> bool:
        """Tell whether what is shown wants to be followed."""
        form = by_id(self.soup, Id.FORM)
        return form is not None and Attribute.LIVE in form.attrs

    def open_stream(self, request: Request) -> tuple[str, Any]:
        """Send the request of `LiveStream`; return the status and the body, unread."""
        headers = {**self._from_here(), **request.headers}
        status, _, body = self.client.stream(request.url, headers)
        return status, body

    def bring(self, request: Request, since: str, cursor: str, html: str) -> Patch:
        """Apply an event of the stream that *request* opened, as the shim does."""
        answer = TestResponse(
            iter([html.encode()]),
            "200 OK",
            Headers({Header.SINCE: since, Header.CURSOR: cursor}),
            WerkzeugRequest({}),
        )
        with self._step():
            self._receive(Exchange(request, answer))
        return self.patch

    # -- exchange --------------------------------------------------------------------------

    @contextmanager
    def _step(self) -> Iterator[None]:
        self._before = flat(self.soup)
        self.patch = Patch()
        self._answered = False
        yield
        self._loaded()
        self._assert_no_duplicates()
        if self.client.check and self._answered and not self._came_by_post:
            self.assert_consistent()

    def _loaded(self) -> None:
        """Let what has come into the page do what it does then."""

    def _show_pending(self) -> None:
        self._take_back()
        self._shown = [step for shown in self._pending for step in shown]
        for step in self._shown:
            step.show()

    def _take_back(self) -> None:
        for step in reversed(self._shown):
            step.take_back()
        self._shown = []

    def _catch_up(self) -> None:
        self._receive(self._sent(self.catch_up()))

    def _sent(self, request: Request) -> Exchange:
        headers = {**self._from_here(), **request.headers}
        if Field.PAGE in headers:
            headers[Header.QUERY] = f"?{self.url.partition('?')[2]}"
        kind, body = request.multipart or ("", request.body)
        if kind:
            headers["Content-Type"] = kind
        answer = self.client.send(request.method, request.url, headers=headers, data=body)
        # Files are not sent again by themselves, and what was only looked at need not be.
        while request.body and not kind and self.client.loses():
            answer = self.client.send(request.method, request.url, headers=headers, data=body)
        exchange = Exchange(request, answer)
        self.requests.append(exchange)
        return exchange

    def _receive(self, exchange: Exchange) -> None:
        # What is not answered yet stands on top of what is.
        self._take_back()
        state = self._state()
        self._received(exchange)
        if self._state() != state:  # it has what was sent in it
            self._forget_local()
        self._show_pending()

    def _forget_local(self) -> None:
        field = self.soup.select_one(f"#{Id.FORM} [name={Field.LOCAL}]")
        if field is not None:
            field.decompose()

    def _state(self) -> str | None:
        field = by_id(self.soup, Id.STATE)
        return attribute(field, "value") if field is not None else None

    def _received(self, exchange: Exchange) -> None:
        # The rules of the shim: a patch fits when it starts at what is shown.
        acted = exchange.request.body is not None
        patch = patch_in(exchange.answer)
        self._note(exchange.request, ours=patch is not None)
        good = exchange.status < 400 and patch is not None
        request = exchange.request
        asked = request.check or request.source
        form = messages.form_around(self.soup, asked) if asked is not None else None
        if form is not None and patch is not None:
            name = attribute(request.check, "name") if request.check is not None else None
            messages.clear(form, name)
            self.errors = messages.shown(self.soup)
        if acted and good and request.check is None:
            self.error = None
        headers, shown = exchange.headers, self.cursor
        cursor = shown if patch is None else headers[Header.CURSOR]
        since = headers.get(Header.SINCE) or shown
        epoch, now = _parts(shown)
        new_epoch, to = _parts(cursor)
        same = epoch == new_epoch
        newer = not same or to > now
        # Rows come once: what starts before what is shown may bring some of them again.
        fits = since == shown
        if patch:
            self._apply(exchange, patch, fits=fits, form=form)
        elif fits:
            self._show_cursor(cursor)
        if acted and request.check is None:
            self._finish(exchange.request, good)
        self._answered |= good and (not same or to >= now)
        if newer and not fits:  # something is missing before it, or came already
            self._catch_up()
        if acted and patch is None:
            self.error = self._in_words(NOT_OURS)
        if exchange.status >= 500:
            raise failed(f"the app failed: {exchange} ({self.error})", exchange.answer)

    def _again(self, request: Request) -> Request:
        # Sent again after somebody else's answer it is still the same click.
        id = self._unsure.get(request.body or "")
        return request if id is None else request.with_headers(HT_Id=id)

    def _note(self, request: Request, *, ours: bool) -> None:
        if request.body and ours:
            self._unsure.pop(request.body, None)
        elif request.body:
            self._unsure[request.body] = request.headers[Header.ID]

    def _apply(self, exchange: Exchange, html: str, *, fits: bool, form: Tag | None) -> None:
        patch = Patch(html)
        done = apply_patch(self.soup, patch.html, fits=fits)
        if fits:
            self.patch = patch
            self.patches.append(patch)
            self._sources.append(patch.html)
            self._show_cursor(exchange.headers.get(Header.CURSOR) or self.cursor)
        if done.error is not None:
            self.error = done.error
        if done.invalid is not None and form is not None:
            if attribute(form, "id") != Id.FORM:
                messages.show(form, done.invalid)
            self.errors |= {str(tag[Attribute.FIELD]): text_of(tag) for tag in done.invalid}
        if done.address is not None:
            how, url = done.address
            self._note_address(url, how)
        if done.visit is not None:
            url = self.client.resolved(self.url, done.visit)
            body = self.soup.body
            if self.client.scripts and body is not None and boost.is_boosted(body):
                self._boost(url, self._how(url), whole=True)
            else:
                self._go(url)

    def _show_cursor(self, cursor: str) -> None:
        form = by_id(self.soup, Id.FORM)
        if form is not None:
            form.attrs[Attribute.CURSOR] = cursor

    def _finish(self, request: Request, good: bool) -> None:
        if good and request.form is not None:
            controls.reset(request.form)
            rows.reset(request.form)
        source = request.source
        if source is None:
            return
        # Text is the person's own until the server takes it, and where it has no word for it.
        if controls.is_typed(source) and not (good and controls.said(source)):
            return
        for control in controls.group_of(source) if _is_radio(source) else [source]:
            controls.restore(control)

    def _from_here(self) -> dict[str, str]:
        # Our pages say `Referrer-Policy: same-origin`, so a browser tells where it comes from.
        return {"Referer": f"{self.client.origin}{self.url}"}

    # -- plain navigation ------------------------------------------------------------------

    def _go(self, url: str) -> None:
        self._load(self.client.follow("GET", url, headers=self._from_here()))
        self._history.load(self.url)

    def _follow_link(self, link: Tag) -> None:
        href = attribute(link, "href") or ""
        if not href.startswith("#"):
            self._get(self.client.resolved(self.url, href), boost.is_boosted(link))

    def _get(self, url: str, boosted: bool) -> None:
        if boosted and self.client.scripts:
            self._boost(url, self._how(url))
        else:
            self._go(url)

    def _how(self, url: str) -> str:
        return Visits.REPLACE if url == self.url else Visits.PUSH

    def _boost(self, url: str, how: str, *, whole: bool = False) -> None:
        # What the shim does: a visit, or a page that is morphed in, or the browser loads it.
        if url.partition("?")[0] == self.url.partition("?")[0] and not whole:
            self._note_address(url, how)
            self._catch_up()
            return
        hops = self.client.follow("GET", url, headers={**self._from_here(), "Accept": "text/html"})
        for hop, answer in hops:
            self.requests.append(Exchange(Request(answer.request.method, hop), answer))
        to, answer = hops[-1]
        fresh = parse(answer.text) if answer.mimetype == "text/html" else None
        if (
            not 200 <= answer.status_code < 300
            or fresh is None
            or not boost.is_ours(self.soup, fresh)
        ):
            self._load(self.client.follow("GET", url, headers=self._from_here()))
            self._history.leave(self.url, how)
            return
        self._note_address(to, how)
        self._take_back()  # what commands show and have set is of the page that is left
        self._pending = []
        self._forget_local()
        boost.show(self.soup, fresh)
        self.status, self._sources = answer.status_code, [answer.text]
        self.errors, self.error = {}, None
        self._came_by_post, self._answered = False, True

    def _note_address(self, url: str, how: str) -> None:
        self.url = url
        if how == Visits.PUSH:
            self._history.push(url)
        else:
            self._history.replace(url)

    def plain_post(self, form: Tag, submitter: Tag | None) -> list[Request]:
        """Return what *form* sends where it is a plain one that posts, without its files."""
        url, method, _ = self._target(form, submitter)
        if method != "post":
            return []
        fields = controls.fields_of(form, submitter)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return [Request("POST", url, headers, urlencode(fields))]

    def _send_form(self, form: Tag, submitter: Tag | None) -> None:
        url, method, enctype = self._target(form, submitter)
        fields = controls.fields_of(form, submitter)
        if method != "post":
            url = f"{url.partition('?')[0]}?{urlencode(fields)}"
            self._get(url, boost.is_boosted(form, submitter))
            return
        if enctype == "multipart/form-data":
            kind, body = encoded(fields, controls.files_for(form))
        else:
            kind, body = "application/x-www-form-urlencoded", urlencode(fields).encode()
        options = {"content_type": kind, "data": body, "headers": self._from_here()}
        self._load(self.client.follow("POST", url, **options), status=None)
        self._came_by_post = self.requests[-1].method == "POST"
        self.error = self._error_text() if self.status >= 400 else None
        if not self._came_by_post:
            self._history.load(self.url)

    def _target(self, form: Tag, submitter: Tag | None) -> tuple[str, str, str]:
        # Where a plain form is sent, how, and in which form; its button may say otherwise.
        def said(name: str) -> str:
            own = attribute(submitter, f"form{name}") if submitter is not None else None
            return (attribute(form, name) if own is None else own) or ""

        url = self.client.resolved(self.url, said("action") or self.url)
        return url, said("method").lower(), said("enctype").lower()

    @property
    def came_by_post(self) -> bool:
        """Tell whether what is shown answers a POST: no fresh page is what it is."""
        return self._came_by_post

    def _error_text(self) -> str:
        main = self.soup.find("p")
        return text_of(main) if isinstance(main, Tag) else f"Error {self.status}"

    def _answer_question(self, confirm: bool | None) -> None:
        # Without scripts the server asks, on a page of its own.
        if confirm is None or self.client.scripts or not self._came_by_post:
            return
        form = self.soup.select_one("main form")
        link = self.soup.select_one("main form a")
        if confirm and form is not None:
            self._send_form(form, controls.default_button(form))
        elif link is not None:
            self._follow_link(link)

    def _load(self, hops: Hops, *, status: int | None = 0) -> None:
        # *status*: what is wanted; 0 takes any that is no error of the server, None any.
        for url, answer in hops:
            self.requests.append(Exchange(Request(answer.request.method, url), answer))
        url, answer = hops[-1]
        code = answer.status_code
        if (status and code != status) or (status == 0 and code >= 500):
            words = f"{url} is answered with {answer.status}"
            if code >= 500:
                raise failed(words, answer)
            hint = f"; say status={code} if it should"
            raise PageFailure(f"{words}{hint}\n{_excerpt(answer)}")
        if answer.mimetype != "text/html":
            raise PageFailure(
                f"{url} is no page but {answer.mimetype or 'nothing'}; client.get() gives it as"
                f" it is\n{_excerpt(answer)}"
            )
        self.url, self.status = url, code
        self.soup = parse(answer.text)
        self._sources = [answer.text]
        self.errors = messages.shown(self.soup)
        self.patch, self.patches = Patch(), []
        self._pending, self._shown = [], []
        self._came_by_post = self._answered = False


def _is_radio(tag: Tag) -> bool:
    return controls.is_ticked(tag) and controls.type_of(tag) == "radio"


def _parts(cursor: str) -> tuple[str, int]:
    epoch, _, n = cursor.partition(".")
    return epoch, int(n or 0)


def _excerpt(answer: TestResponse) -> str:
    return answer.text if len(answer.text) < 2000 else f"{answer.text[:2000]}…"
