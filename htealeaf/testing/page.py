"""One open page: a tab of a browser, without the browser.

Each step (`click`, `fill`, `submit`, `look` ...) does what a person can do with what is rendered,
sends what the shim sends, and applies the answer by the shim's rules. The tree that results is
`page.soup`; `page.assert_consistent()` compares it with a fresh page.

Rule 1: a step wants exactly one element that can do it. Its failure says why there is none, what
would work, and shows the HTML that was searched.

Rule 2: looking at a page changes nothing, neither here nor on the server.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urlencode

from bs4 import BeautifulSoup, Tag
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse, encode_multipart

from htealeaf import wire
from htealeaf.testing import controls, events
from htealeaf.testing.comparing import compare, compare_outside, duplicates
from htealeaf.testing.events import Offered
from htealeaf.testing.exchange import Exchange, Patch, Request
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.finding import one, outline, searched
from htealeaf.testing.morph import apply_patch
from htealeaf.testing.trees import attribute, by_id, closest, flat, is_inert, parse, state, text_of

#: The URLs of a navigation with their answers; all but the last are redirects.
Hops = list[tuple[str, TestResponse]]


class Browser(Protocol):
    """What a page needs of its client."""

    scripts: bool
    check: bool
    base: str
    origin: str

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: str | bytes | None = None,
    ) -> TestResponse:
        """Send a request."""

    def follow(self, method: str, url: str, **options: Any) -> Hops:
        """Send a request and follow redirects."""

    def peek(self, url: str, state: str = "") -> Hops:
        """Do a GET that leaves the browser as it is."""

    def resolved(self, url: str, link: str) -> str:
        """Return where a link leads."""


class Page:
    """One open page of a client; made by `Client.open`.

    Attributes:
        client: The browser it is open in.
        url: Path and query of what is shown.
        status: What the page was answered with.
        soup: What is shown, as a BeautifulSoup tree; to be read only.
        patch: What the answer to the last step brought; empty when it brought nothing.
        patches: All patches since the page was loaded, oldest first.
        requests: Everything this tab has sent, oldest first.
        error: The sentence that the last refused action was answered with; None after a good one.
    """

    def __init__(self, client: Browser) -> None:
        self.client = client
        self.url = ""
        self.status = 0
        self.soup: BeautifulSoup = parse("")
        self.patch = Patch()
        self.patches: list[Patch] = []
        self.requests: list[Exchange] = []
        self.error: str | None = None
        self._history: list[str] = []
        self._before: str | None = None
        self._came_by_post = False
        self._answered = False

    # -- steps -----------------------------------------------------------------------------

    def click(
        self,
        selector: str | Tag,
        text: str | None = None,
        *,
        confirm: bool | None = None,
        **event: Any,
    ) -> Patch:
        """Click the one element that matches and acts on a click.

        That is an element with an action, a button of a form, a link, a checkbox, a label.

        Args:
            selector: A CSS selector.
            text: The element's whole text.
            confirm: The answer to a question that the action asks first. Without it a question
                is a failure.
            event: What the action reads from the event: `offsetX=3`.

        Returns:
            What the answer brought.
        """
        tag = one(self.soup, "click", selector, text, self._why_no_click)
        with self._step():
            self._click(tag, event, confirm)
        return self.patch

    def fill(self, selector: str | Tag, value: str | int | float, **event: Any) -> Patch:
        """Type *value* into the one field that matches, instead of what is in it, and leave it.

        Actions on `input` and `change` are done at once, whatever they wait for in a browser.
        """
        tag = one(self.soup, "fill", selector, None, _why_no_fill)
        with self._step():
            state(tag)["value"] = str(value)
            self._changed(tag, event)
        return self.patch

    def check(self, selector: str | Tag, *, confirm: bool | None = None) -> Patch:
        """Check the one checkbox or radio button that matches; nothing happens if it is."""
        return self._tick("check", selector, True, confirm)

    def uncheck(self, selector: str | Tag, *, confirm: bool | None = None) -> Patch:
        """Uncheck the one checkbox that matches; nothing happens if it is not checked."""
        return self._tick("uncheck", selector, False, confirm)

    def select(self, selector: str | Tag, *options: str) -> Patch:
        """Choose *options*, by value or by text, in the one `select` that matches."""
        tag = one(self.soup, "select", selector, None, _why_no_select)
        chosen = [self._option(tag, option) for option in options]
        if len(chosen) != 1 and "multiple" not in tag.attrs:
            raise PageFailure(f"{outline(tag)} is no multiple one: it takes exactly one option")
        with self._step():
            controls.choose(tag, chosen)
            self._changed(tag, {})
        return self.patch

    def press(
        self, selector: str | Tag, key: str, *, confirm: bool | None = None, **event: Any
    ) -> Patch:
        """Press *key* (`Enter`, `Escape`, `a`) in the one element that matches.

        Enter in a field of a form presses the form's first button, as in a browser.
        """
        tag = one(self.soup, "press", selector, None, lambda tag: self._why_no_key(tag, key))
        given = {"key": key, **event}
        with self._step():
            prevented = False
            for kind in ("keydown", "keyup"):
                found = self._key_action(tag, kind, key)
                if found is not None:
                    prevented |= kind == "keydown" and "prevent" in found.fields
                    self._act(found, given, confirm)
            form = controls.form_of(tag) if key == "Enter" and tag.name == "input" else None
            if form is not None and not prevented:
                self._submit(form, controls.default_button(form), given, confirm)
        return self.patch

    def submit(self, selector: str | Tag = "form", *, confirm: bool | None = None) -> Patch:
        """Submit the one form that matches, as Enter in one of its fields does.

        A form with several buttons is submitted by the first; click another one to press it.
        """
        form = one(self.soup, "submit", selector, None, self._why_no_submit)
        with self._step():
            self._submit(form, controls.default_button(form), {}, confirm)
        return self.patch

    def trigger(
        self, event: str, selector: str | Tag, *, confirm: bool | None = None, **values: Any
    ) -> Patch:
        """Let any other event happen to the one element that matches: `trigger("dblclick", "#a")`.

        Args:
            event: The event's type.
            selector: A CSS selector.
            confirm: The answer to a question.
            values: What the action reads from the event.
        """

        def unable(tag: Tag) -> str | None:
            found = events.offered(self.soup, tag, event) if self.client.scripts else None
            return None if found is not None else f"no action on {event}"

        tag = one(self.soup, event, selector, None, unable)
        with self._step():
            found = events.offered(self.soup, tag, event)
            if found is not None:
                self._act(found, values, confirm)
        return self.patch

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

    def back(self) -> None:
        """Go back to the page that was shown in this tab before."""
        if len(self._history) < 2:
            raise PageFailure(f"there is nothing to go back to: {self.url} was opened first")
        with self._step():
            self._history.pop()
            self._load(self.client.follow("GET", self._history[-1]))

    def visit(self, url: str, *, status: int = 200) -> None:
        """Load another page of the app in this tab, as typed into the address bar."""
        with self._step():
            typed = {"Sec-Fetch-Site": "none"}
            self._load(self.client.follow("GET", url, headers=typed), status=status)
            self._history.append(self.url)

    # -- looking ---------------------------------------------------------------------------

    @property
    def html(self) -> str:
        """Return what is shown, as HTML."""
        return str(self.soup)

    @property
    def title(self) -> str:
        """Return the page's title."""
        title = self.soup.title
        return text_of(title) if title is not None else ""

    @property
    def cursor(self) -> str:
        """Return the point of the journal that is shown, `epoch.n`; "" for a page without one."""
        form = by_id(self.soup, wire.FORM)
        return (attribute(form, "ht-cursor") or "") if form is not None else ""

    def text(self, selector: str | Tag) -> str:
        """Return the text of the one element that matches, white space collapsed."""
        return text_of(one(self.soup, "text", selector))

    def html_of(self, selector: str | Tag) -> str:
        """Return the HTML of the one element that matches: a part of a page for a snapshot."""
        return str(one(self.soup, "html_of", selector))

    def value(self, selector: str | Tag) -> Any:
        """Return what the one control that matches holds, typed or not."""
        return controls.slot_value(one(self.soup, "value", selector, None, _why_no_value))

    def has(self, selector: str, text: str | None = None) -> bool:
        """Tell whether something matches; see `click`."""
        return any(
            not is_inert(tag) and (text is None or text_of(tag) == text)
            for tag in self.soup.select(selector)
        )

    def __str__(self) -> str:
        return searched(self.soup)

    def __repr__(self) -> str:
        return f"<Page {self.url} at {self.cursor or 'no cursor'}>"

    # -- checking --------------------------------------------------------------------------

    def assert_consistent(self) -> None:
        """Check that the page is what a fresh page of its URL would be.

        A GET in the same session is rendered and compared; see `htealeaf.testing.comparing` for
        what is left out. This page and its server side stay as they are.

        Raises:
            PageFailure: With a diff.
        """
        self._assert_no_duplicates()
        if self._came_by_post:
            raise PageFailure("this page answers a POST, so there is no fresh one to compare with")
        field = by_id(self.soup, wire.STATE)
        state = attribute(field, "value") if field is not None else None
        url, answer = self.client.peek(self.url, state or "")[-1]
        if url != self.url or answer.status_code != self.status:
            raise PageFailure(
                f"this page is {self.url} with status {self.status}, and a fresh one is {url} with"
                f" status {answer.status_code}"
            )
        fresh = parse(answer.text)
        compare(self.soup, fresh, behind=_cursor_of(fresh) != self.cursor)

    def assert_only_changed(self, *selectors: str) -> None:
        """Check that the last step changed nothing outside of what *selectors* match.

        Without selectors: that it changed nothing at all.

        Raises:
            PageFailure: With a diff of what else changed.
        """
        compare_outside(self._before or "", self.soup, selectors)

    def _assert_no_duplicates(self) -> None:
        twice = duplicates(self.soup)
        if twice:
            raise PageFailure(
                f"more than one element has the id {', '.join(map(repr, twice))}\n"
                + searched(self.soup)
            )

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

    def catch_up(self) -> Request:
        """Return the request with which `look` catches up, without sending it."""
        form = by_id(self.soup, wire.FORM)
        base = (attribute(form, "ht-base") or "") if form is not None else ""
        return Request("GET", f"{base}{wire.LIVE_URL}", events.page_headers(self.soup))

    # -- inside a step ---------------------------------------------------------------------

    @contextmanager
    def _step(self) -> Iterator[None]:
        self._before = flat(self.soup)
        self.patch = Patch()
        self._answered = False
        yield
        self._assert_no_duplicates()
        if self.client.check and self._answered and not self._came_by_post:
            self.assert_consistent()

    def _click(self, tag: Tag, event: dict[str, Any], confirm: bool | None) -> None:
        found = events.offered(self.soup, tag, "click") if self.client.scripts else None
        if found is not None:
            self._act(found, event, confirm)
            if "prevent" in found.fields:
                return
        button = closest(tag, lambda outer: outer.name == "button" or controls.is_submit(outer))
        link = closest(tag, lambda outer: outer.name == "a" and "href" in outer.attrs)
        if link is not None:
            self._follow_link(link)
        elif button is not None:
            self._press_button(button, event, confirm)
        elif controls.is_ticked(tag):
            on = controls.type_of(tag) == "radio" or not controls.is_checked(tag)
            self._ticked(tag, on, confirm)
        else:
            control = _labelled(tag)
            if control is not None and control is not tag:
                self._click(control, event, confirm)

    def _follow_link(self, link: Tag) -> None:
        href = attribute(link, "href") or ""
        if not href.startswith("#"):
            self._go(self.client.resolved(self.url, href))

    def _press_button(self, button: Tag, event: dict[str, Any], confirm: bool | None) -> None:
        form = controls.form_of(button)
        if form is None:
            return
        if controls.is_submit(button):
            self._submit(form, button, event, confirm)
        elif controls.type_of(button) == "reset":
            controls.reset(form)

    def _tick(self, step: str, selector: str | Tag, on: bool, confirm: bool | None) -> Patch:
        def unable(tag: Tag) -> str | None:
            if not controls.is_ticked(tag) or (not on and controls.type_of(tag) == "radio"):
                return "is no checkbox" + (" or radio button" if on else "")
            return _why_disabled(tag)

        tag = one(self.soup, step, selector, None, unable)
        with self._step():
            if controls.is_checked(tag) != on:
                found = events.offered(self.soup, tag, "click") if self.client.scripts else None
                if found is not None:
                    self._act(found, {}, confirm)
                self._ticked(tag, on, confirm)
        return self.patch

    def _ticked(self, tag: Tag, on: bool, confirm: bool | None) -> None:
        controls.check(tag, on)
        self._changed(tag, {}, confirm)

    def _changed(self, tag: Tag, event: dict[str, Any], confirm: bool | None = None) -> None:
        if not self.client.scripts:
            return
        for kind in ("input", "change"):
            found = events.offered(self.soup, tag, kind)
            if found is not None and (controls.page_of(tag) is self.soup):
                self._act(found, event, confirm)

    def _submit(
        self, form: Tag, submitter: Tag | None, event: dict[str, Any], confirm: bool | None
    ) -> None:
        checked = "novalidate" not in form.attrs and (
            submitter is None or "formnovalidate" not in submitter.attrs
        )
        missing = controls.missing_of(form) if checked else []
        if missing:
            raise PageFailure(
                "a browser would not submit the form: these are required and empty: "
                + ", ".join(map(outline, missing))
            )
        found = events.on_submit(self.soup, form, submitter) if self.client.scripts else None
        if found is not None:
            self._act(found, event, confirm)
        else:
            self._send_form(form, submitter)
            self._answer_question(confirm)

    def _act(self, found: Offered, event: dict[str, Any], confirm: bool | None) -> None:
        memory = state(found.element).setdefault("once", set())
        if found.event in memory:
            return
        question = found.fields.get("confirm")
        if question is not None:
            if confirm is None:
                raise PageFailure(
                    f"{outline(found.element)} asks {question!r} first; say confirm=True or"
                    " confirm=False"
                )
            if not confirm:
                controls.restore(found.element)
                return
        if "once" in found.fields:
            memory.add(found.event)
        self._receive(self._sent(found.request(self.soup, event)))

    def _catch_up(self) -> None:
        self._receive(self._sent(self.catch_up()))

    def _sent(self, request: Request) -> Exchange:
        headers = {**self._from_here(), **request.headers}
        answer = self.client.send(request.method, request.url, headers=headers, data=request.body)
        exchange = Exchange(request, answer)
        self.requests.append(exchange)
        return exchange

    def _receive(self, exchange: Exchange) -> None:
        # The rules of the shim: a patch fits when it starts at or before what is shown.
        acted = exchange.request.body is not None
        good = exchange.status < 400
        if acted and good:
            self.error = None
        headers, shown = exchange.headers, self.cursor
        cursor = headers.get("HT-Cursor") or shown
        since = headers.get("HT-Since")
        epoch, now = _parts(shown)
        new_epoch, to = _parts(cursor)
        same = epoch == new_epoch
        newer = not same or to > now
        # What starts from just what is shown always fits: a page whose key changed is sent whole,
        # at the very cursor.
        fits = since == shown or (newer and same and since is not None and _parts(since)[1] <= now)
        told = False
        if exchange.answer.mimetype == "text/html":
            told = self._apply(exchange, fits=fits)
        elif newer:
            self._show_cursor(cursor)
        if acted:
            self._finish(exchange.request, good)
        self._answered |= good and (not same or to >= now)
        if exchange.answer.mimetype == "text/html" and newer and not fits and acted:
            self._catch_up()
        if acted and not good and not told:
            self.error = "There is no answer."
        if exchange.status >= 500:
            raise PageFailure(f"the app failed: {exchange} ({self.error}); its log has the reason")

    def _apply(self, exchange: Exchange, *, fits: bool) -> bool:
        patch = Patch(exchange.text)
        done = apply_patch(self.soup, patch.html, fits=fits)
        if fits:
            self.patch = patch
            self.patches.append(patch)
            self._show_cursor(exchange.headers.get("HT-Cursor") or self.cursor)
        if done.error is not None:
            self.error = done.error
        if done.visit is not None:
            self._go(self.client.resolved(self.url, done.visit))
        return done.error is not None

    def _show_cursor(self, cursor: str) -> None:
        form = by_id(self.soup, wire.FORM)
        if form is not None:
            form.attrs["ht-cursor"] = cursor

    def _finish(self, request: Request, good: bool) -> None:
        if good and request.form is not None:
            controls.reset(request.form)
        source = request.source
        # A field without a value of the server is the person's own.
        if source is None or (good and controls.is_typed(source) and not controls.said(source)):
            return
        for control in controls.group_of(source) if _is_radio(source) else [source]:
            controls.restore(control)

    def _from_here(self) -> dict[str, str]:
        # Our pages say `Referrer-Policy: same-origin`, so a browser tells where it comes from.
        return {"Referer": f"{self.client.origin}{self.url}"}

    # -- plain navigation ------------------------------------------------------------------

    def _go(self, url: str) -> None:
        self._load(self.client.follow("GET", url, headers=self._from_here()))
        self._history.append(self.url)

    def _send_form(self, form: Tag, submitter: Tag | None) -> None:
        def said(name: str) -> str | None:
            own = attribute(submitter, f"form{name}") if submitter is not None else None
            return attribute(form, name) if own is None else own

        url = self.client.resolved(self.url, said("action") or self.url)
        fields = controls.fields_of(form, submitter)
        if (said("method") or "get").lower() != "post":
            self._go(f"{url.partition('?')[0]}?{urlencode(fields)}")
            return
        kind, body = _encoded(fields, said("enctype") == "multipart/form-data")
        options = {"content_type": kind, "data": body, "headers": self._from_here()}
        self._load(self.client.follow("POST", url, **options), status=None)
        self._came_by_post = self.requests[-1].method == "POST"
        self.error = self._told() if self.status >= 400 else None
        if not self._came_by_post:
            self._history.append(self.url)

    def _told(self) -> str:
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
            hint = f"; say status={code} if it should" if status else "; its log has the reason"
            raise PageFailure(f"{url} is answered with {answer.status}{hint}\n{_excerpt(answer)}")
        if answer.mimetype != "text/html":
            raise PageFailure(
                f"{url} is no page but {answer.mimetype or 'nothing'}; client.get() gives it as"
                f" it is\n{_excerpt(answer)}"
            )
        self.url, self.status = url, code
        self.soup = parse(answer.text)
        self.patch, self.patches = Patch(), []
        self._came_by_post = self._answered = False

    # -- why not ---------------------------------------------------------------------------

    def _why_no_click(self, tag: Tag) -> str | None:
        reason = _why_disabled(tag)
        if reason is not None:
            return reason
        if self.client.scripts and events.offered(self.soup, tag, "click") is not None:
            return None
        if closest(tag, lambda outer: outer.name == "a" and "href" in outer.attrs) is not None:
            return None
        button = closest(tag, lambda outer: outer.name == "button" or controls.is_submit(outer))
        if button is not None:
            return self._why_no_press(button)
        control = tag if controls.is_ticked(tag) else _labelled(tag)
        if control is None:
            return "no action, and no link, button or checkbox"
        return _why_disabled(control)

    def _why_no_press(self, button: Tag) -> str | None:
        if _why_disabled(button):
            return _why_disabled(button)
        if controls.type_of(button) == "button":
            return "a button of type 'button' without an action"
        form = controls.form_of(button)
        if form is None:
            return "no action, and it stands in no form"
        if attribute(form, "id") == wire.FORM and "formaction" not in button.attrs:
            return "no action"
        return None

    def _why_no_key(self, tag: Tag, key: str) -> str | None:
        if _why_disabled(tag):
            return _why_disabled(tag)
        for kind in ("keydown", "keyup"):
            if self._key_action(tag, kind, key) is not None:
                return None
        if key == "Enter" and tag.name == "input" and controls.form_of(tag) is not None:
            button = controls.default_button(controls.form_of(tag) or tag)
            return _why_disabled(button) if button is not None else None
        return f"no action on the key {key!r}"

    def _key_action(self, tag: Tag, kind: str, key: str) -> Offered | None:
        found = events.offered(self.soup, tag, kind) if self.client.scripts else None
        if found is None or found.fields.get("key", key) != key:
            return None
        return found

    def _why_no_submit(self, tag: Tag) -> str | None:
        if tag.name != "form":
            return "is no form"
        if attribute(tag, "id") == wire.FORM:
            return "is the page's own form"
        button = controls.default_button(tag)
        return _why_disabled(button) if button is not None else None

    def _option(self, select: Tag, wanted: str) -> Tag:
        options = controls.options_of(select)
        for option in options:
            if wanted in (controls.option_value(option), text_of(option)):
                reason = _why_disabled(option)
                if reason:
                    raise PageFailure(f"the option {wanted!r} of {outline(select)} {reason}")
                return option
        known = ", ".join(repr(controls.option_value(option)) for option in options)
        raise PageFailure(
            f"{outline(select)} has no option {wanted!r}; it has: {known or 'none'}\n"
            + searched(self.soup)
        )


def _is_radio(tag: Tag) -> bool:
    return controls.is_ticked(tag) and controls.type_of(tag) == "radio"


def _why_disabled(tag: Tag) -> str | None:
    return "is disabled" if controls.is_disabled(tag) else None


def _why_no_fill(tag: Tag) -> str | None:
    if not controls.is_typed(tag):
        if tag.name == "select":
            return "is a select; say page.select(...)"
        if controls.is_ticked(tag):
            return "is ticked, not filled; say page.check(...)"
        return "is no field to type in"
    return "is read-only" if "readonly" in tag.attrs else _why_disabled(tag)


def _why_no_select(tag: Tag) -> str | None:
    return _why_disabled(tag) if tag.name == "select" else "is no select"


def _why_no_value(tag: Tag) -> str | None:
    return None if tag.name in controls.FIELDS else "is no input, select or textarea"


def _labelled(tag: Tag) -> Tag | None:
    # The control that a click on a label means.
    label = closest(tag, lambda outer: outer.name == "label")
    if label is None:
        return None
    named = attribute(label, "for")
    if named is not None:
        return by_id(controls.page_of(tag), named)
    found = label.find(sorted(controls.FIELDS))
    return found if isinstance(found, Tag) else None


def _encoded(fields: list[tuple[str, str]], multipart: bool) -> tuple[str, bytes]:
    # A form's content type and body.
    if not multipart:
        return "application/x-www-form-urlencoded", urlencode(fields).encode()
    boundary, body = encode_multipart(MultiDict(fields))
    return f"multipart/form-data; boundary={boundary}", body


def _parts(cursor: str) -> tuple[str, int]:
    epoch, _, n = cursor.partition(".")
    return epoch, int(n or 0)


def _cursor_of(page: BeautifulSoup) -> str:
    form = by_id(page, wire.FORM)
    return (attribute(form, "ht-cursor") or "") if form is not None else ""


def _excerpt(answer: TestResponse) -> str:
    return answer.text if len(answer.text) < 2000 else f"{answer.text[:2000]}…"
