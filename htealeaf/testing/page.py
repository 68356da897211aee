"""Test page: a tab of a browser, without the browser.

Each step (`click`, `fill`, `submit` ...) does what a person can do with what is rendered, sends
what the shim sends, and applies the answer by the shim's rules. What a page shows is `view`, how an
answer changes it `tab`, and why an element can't do what is asked `reasons`.

Rule: a step wants exactly one element that can do it. Its failure says why there is none, what
would work, and shows the HTML that was searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from mimetypes import guess_type
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from bs4 import Tag

from htealeaf.testing import commands, controls, events, messages, moves, reasons, rows, validity
from htealeaf.testing.commands import Shown
from htealeaf.testing.events import Offered, key_form
from htealeaf.testing.exchange import Patch, Request
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.finding import one, outline, searched
from htealeaf.testing.tab import Tab
from htealeaf.testing.trees import attribute, closest, state, tags, text_of
from htealeaf.testing.view import Hops
from htealeaf.wire.names import ONE, Attribute, Command


class _Asked(NamedTuple):
    # A request that is under way.
    request: Request
    found: Offered
    event: Mapping[str, Any]
    shown: Sequence[Shown]  # until it is answered


class Page(Tab):
    """One open page of a client; made by `Client.open`.

    It is a `View`, which lists its attributes, and a `Tab`; what is here acts.
    """

    _under_way: list[_Asked] | None = None
    _looked: str | None = None  # the last of `_sources` that was looked through for `onload`
    clipboard = ""  #: what `browser.copy` has put there
    focused: Tag | None = None  #: what `browser.focus` or `browser.select` was last about

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
        tag = one(
            self.soup,
            "click",
            selector,
            text,
            lambda tag: (
                None if self._far(tag, "click") else reasons.why_no_click(tag, self._offered)
            ),
        )
        with self._step():
            self._click(tag, event, confirm)
        return self.patch

    def fill(self, selector: str | Tag, value: str | int | float, **event: Any) -> Patch:
        """Type *value* into the one field that matches, instead of what is in it, and leave it.

        Actions on `input` and `change` are done at once, whatever they wait for in a browser.
        """
        tag = one(self.soup, "fill", selector, None, reasons.why_no_fill)
        with self._step():
            before = controls.value_of(tag)
            state(tag)["value"] = str(value)
            self._changed(tag, event)
            if controls.value_of(tag) != before:
                self._left(tag)
        return self.patch

    def upload(
        self, selector: str | Tag, *files: str | PathLike[str] | tuple[str, bytes] | controls.File
    ) -> Patch:
        """Choose *files* in the one control for files that matches, instead of what is chosen.

        Args:
            selector: A CSS selector.
            files: Paths, or `(name, bytes)`; none takes back what was chosen. Its type follows from
                the name, as in a browser.
        """
        tag = one(self.soup, "upload", selector, None, reasons.why_no_upload)
        chosen = [_file(file) for file in files]
        if len(chosen) > 1 and "multiple" not in tag.attrs:
            raise PageFailure(f"{outline(tag)} is no multiple one: it takes one file")
        with self._step():
            state(tag)["files"] = chosen
            form = controls.form_of(tag)
            if form is not None and self.client.scripts:
                # What was said is not about these.
                messages.clear(form, attribute(tag, "name"))
                self.errors = messages.shown(self.soup)
            self._changed(tag, {})
        return self.patch

    def check(self, selector: str | Tag, *, confirm: bool | None = None) -> Patch:
        """Check the one checkbox or radio button that matches; nothing happens if it is."""
        return self._tick("check", selector, True, confirm)

    def uncheck(self, selector: str | Tag, *, confirm: bool | None = None) -> Patch:
        """Uncheck the one checkbox that matches; nothing happens if it is not checked."""
        return self._tick("uncheck", selector, False, confirm)

    def select(self, selector: str | Tag, *options: str) -> Patch:
        """Choose *options*, by value or by text, in the one `select` that matches."""
        tag = one(self.soup, "select", selector, None, reasons.why_no_select)
        chosen = [self._option(tag, option) for option in options]
        if len(chosen) != 1 and "multiple" not in tag.attrs:
            raise PageFailure(f"{outline(tag)} is no multiple one: it takes exactly one option")
        with self._step():
            controls.choose(tag, chosen)
            self._changed(tag, {})
            self._left(tag)
        return self.patch

    def press(
        self, selector: str | Tag, key: str, *, confirm: bool | None = None, **event: Any
    ) -> Patch:
        """Press *key* (`Enter`, `Escape`, `a`, `Ctrl+k`) in the one element that matches.

        Enter in a field of a form presses the form's first button, as in a browser. With
        `press("body", key)` nothing has the focus: a shortcut.
        """
        tag = one(
            self.soup,
            "press",
            selector,
            None,
            lambda tag: (
                None if self._shortcuts(tag, key) else reasons.why_no_key(tag, key, self._offered)
            ),
        )
        given = {"key": key_form(key).rpartition("+")[2] or "+", **event}
        composed = event.get("isComposing") or event.get("keyCode") == 229
        if composed and key != "Unidentified":  # which a keyboard on a screen gives
            return Patch()  # an input method takes it
        with self._step():
            prevented = False
            for kind in ("keydown", "keyup"):
                for shortcut in self._shortcuts(tag, key, kind):
                    prevented |= "prevent" in shortcut.fields
                    self._act(shortcut, given, confirm)
                found = reasons.key_action(tag, kind, key, self._offered)
                if found is not None:
                    prevented |= kind == "keydown" and "prevent" in found.fields
                    self._act(found, given, confirm)
            form = controls.form_of(tag) if key == "Enter" and tag.name == "input" else None
            button = controls.default_button(form) if form is not None else None
            if form is not None and not prevented and not (button and controls.is_disabled(button)):
                self._submit(form, button, given, confirm)
        return self.patch

    def submit(self, selector: str | Tag = "form", *, confirm: bool | None = None) -> Patch:
        """Submit the one form that matches, as Enter in one of its fields does.

        A form with several buttons is submitted by the first; click another one to press it.
        """
        form = one(self.soup, "submit", selector, None, reasons.why_no_submit)
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
            found = self._offered(tag, event) or self._far(tag, event)
            return None if found else f"no action on {event}"

        tag = one(self.soup, event, selector, None, unable)
        with self._step():
            self._happens(event, tag, values, confirm)
        return self.patch

    def scroll_to(self, selector: str | Tag) -> Patch:
        """Scroll until the one element that matches is in view: its `onvisible` acts."""
        return self.trigger("visible", selector)

    def tick(self, selector: str | Tag) -> Patch:
        """Let the time of an `oninterval` come once."""
        return self.trigger("interval", selector)

    def drag(
        self,
        selector: str | Tag,
        to: str | Tag | None = None,
        *,
        index: int | None = None,
        confirm: bool | None = None,
    ) -> Patch:
        """Move the one item that matches to another place, by the mouse or by keys.

        Args:
            selector: A CSS selector of an item with `onmove`.
            to: The list that it comes to; its own.
            index: Its place there, counted without it; the last.
            confirm: The answer to a question.
        """

        def unable(tag: Tag) -> str | None:
            return None if self._offered(tag, "move") is not None else "no action on move"

        def closed(other: Tag) -> str | None:
            return None if other in moves.lists_of(tag) else "is no list that it may be moved to"

        tag = one(self.soup, "drag", selector, None, unable)
        place = moves.lists_of(tag)[0] if to is None else one(self.soup, "drag", to, None, closed)
        with self._step():
            values = moves.moved(tag, place, index)
            if values is not None:
                self._happens("move", tag, values, confirm)
        return self.patch

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Let what is done inside be under way until its end, as over a slow line.

        Then it is sent, in order, each with what the page shows by then:

            with page.slow():
                page.click("button", text="Add")
                page.click("button", text="Add")  # the same press: it is not sent
        """
        self._under_way = []
        try:
            yield
        finally:
            waiting, self._under_way = self._under_way, None
        for asked in waiting:
            with self._step():
                self._settle(asked, asked.request.with_headers(HT_Cursor=self.cursor))

    # -- whatever the element can do -------------------------------------------------------

    def do(self, tag: Tag, event: str, values: Mapping[str, Any]) -> Patch:
        """Do what *tag* can do, with its form as it is filled; a question is answered by yes.

        Args:
            tag: An element of the page.
            event: The event's type; `link` follows a link, `submit` submits a form, by this button.
            values: What the action reads from the event.
        """
        with self._step():
            if event == "link":
                self._follow_link(tag)
            elif event == "submit":
                form = controls.form_of(tag)
                if form is not None:
                    self._submit(form, None if tag is form else tag, values, True)
            elif event == "click":
                self._click(tag, values, True)
            elif event in ("input", "change"):
                self._change(tag, values)
            else:
                found = self._offered(tag, event)
                if found is not None:
                    self._act(found, values, True)
        return self.patch

    def would_send(self, tag: Tag, event: str, values: Mapping[str, Any]) -> list[Request]:
        """Return what `do` would send first, without sending it; nothing for what is only read."""
        if event != "submit":
            found = self._offered(tag, event)
            return [] if found is None else [found.request(self.soup, values)]
        form = controls.form_of(tag)
        if form is None:
            return []
        button = None if tag is form else tag
        found = events.on_submit(self.soup, form, button) if self.client.scripts else None
        if found is not None:
            return [found.request(self.soup, values)]
        return self.plain_post(form, button)

    def _change(self, tag: Tag, values: Mapping[str, Any]) -> None:
        if controls.is_ticked(tag):
            on = controls.type_of(tag) == "radio" or not controls.is_checked(tag)
            self._ticked(tag, on, True)
            return
        if tag.name == "select":
            others = [
                one
                for one in controls.options_of(tag)
                if one not in controls.chosen_of(tag) and not controls.is_disabled(one)
            ]
            controls.choose(tag, others[:1] or controls.chosen_of(tag))
        self._changed(tag, values, True)

    # -- inside a step ---------------------------------------------------------------------

    def _offered(self, tag: Tag, event: str) -> Offered | None:
        return events.offered(self.soup, tag, event) if self.client.scripts else None

    def _far(self, tag: Tag, event: str) -> list[Offered]:
        return events.far(self.soup, tag, event) if self.client.scripts else []

    def _shortcuts(self, tag: Tag, key: str, *kinds: str) -> list[Offered]:
        found = [one for kind in kinds or ("keydown", "keyup") for one in self._far(tag, kind)]
        return [one for one in found if events.fits_key(one, key, tag)]

    def happens(self, event: str, tag: Tag, values: Mapping[str, Any]) -> None:
        """Let an event happen, as a browser command does."""
        self._happens(event, tag, values, None)

    def submits(self, form: Tag) -> None:
        """Submit a form, as a browser command does."""
        self._submit(form, None, {}, None)

    def _happens(
        self, event: str, tag: Tag, values: Mapping[str, Any], confirm: bool | None
    ) -> None:
        for one_far in self._far(tag, event):
            self._act(one_far, values, confirm)
        found = self._offered(tag, event)
        if found is not None:
            self._act(found, values, confirm)

    def _loaded(self) -> None:
        # What it does may bring more of it.
        name = f"{Attribute.EVENT}load"
        while self.client.scripts and self._looked is not self._sources[-1]:
            self._looked = self._sources[-1]
            for tag in [found for found in tags(self.soup) if name in found.attrs]:
                if "loaded" not in state(tag) and controls.page_of(tag) is self.soup:
                    state(tag)["loaded"] = True
                    found = self._offered(tag, "load")
                    if "src" not in tag.attrs and not (found is not None and found.code):
                        self.happens("load", tag, {})

    def _load(self, hops: Hops, *, status: int | None = 0) -> None:
        super()._load(hops, status=status)
        self.focused = None

    def _click(self, tag: Tag, event: Mapping[str, Any], confirm: bool | None) -> None:
        for one_far in self._far(tag, "click"):
            self._act(one_far, event, confirm)
        found = self._offered(tag, "click")
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
            control = reasons.labelled(tag)
            if control is not None and control is not tag:
                self._click(control, event, confirm)

    def _press_button(self, button: Tag, event: Mapping[str, Any], confirm: bool | None) -> None:
        form = controls.form_of(button)
        if form is None:
            return
        if controls.is_submit(button):
            self._submit(form, button, event, confirm)
        elif controls.type_of(button) == "reset":
            controls.reset(form)
            rows.reset(form)

    def _tick(self, step: str, selector: str | Tag, on: bool, confirm: bool | None) -> Patch:
        tag = one(self.soup, step, selector, None, lambda tag: reasons.why_no_tick(tag, on))
        with self._step():
            if controls.is_checked(tag) != on:
                found = self._offered(tag, "click")
                if found is not None:
                    self._act(found, {}, confirm)
                self._ticked(tag, on, confirm)
        return self.patch

    def _ticked(self, tag: Tag, on: bool, confirm: bool | None) -> None:
        controls.check(tag, on)
        self._changed(tag, {}, confirm)
        self._left(tag)

    def _changed(self, tag: Tag, event: Mapping[str, Any], confirm: bool | None = None) -> None:
        if not self.client.scripts:
            return
        for kind in ("input", "change"):
            found = events.offered(self.soup, tag, kind)
            if found is not None and (controls.page_of(tag) is self.soup):
                self._act(found, event, confirm)

    def _left(self, control: Tag) -> None:
        # The form's function is asked whether the control is right.
        form = controls.form_of(control)
        if form is None or not self.client.scripts or self._under_way is not None:
            return
        if controls.page_of(control) is self.soup and messages.is_asked_about(control):
            found = events.on_submit(self.soup, form, None)
            if found is not None:
                self._receive(
                    self._sent(replace(found, element=control).request(self.soup, {}, control))
                )

    def _submit(
        self, form: Tag, submitter: Tag | None, event: Mapping[str, Any], confirm: bool | None
    ) -> None:
        if self.client.scripts and submitter is not None and rows.is_button(submitter):
            rows.press(submitter)
            return
        checked = "novalidate" not in form.attrs and (
            submitter is None or "formnovalidate" not in submitter.attrs
        )
        faults = [
            f"{outline(control)} {fault}"
            for control in (controls.controls_of(form) if checked else ())
            if (fault := validity.fault_of(control)) is not None
        ]
        if faults:
            raise PageFailure("a browser would not submit the form: " + "; ".join(faults))
        found = events.on_submit(self.soup, form, submitter) if self.client.scripts else None
        if found is not None:
            self._act(found, event, confirm)
        else:
            self._send_form(form, submitter)
            self._answer_question(confirm)

    def _act(self, found: Offered, event: Mapping[str, Any], confirm: bool | None) -> None:
        if ONE in found.fields and any(
            asked.found.element is found.element for asked in self._under_way or ()
        ):
            return
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
        found.check_code()
        found = replace(found, around=(found.element, *found.element.parents))
        local = found.steps.before if found.url is not None else found.steps.local
        shown = [step for step in local if step[0] == Command.MEANWHILE]
        for step in local:
            if step not in shown:
                commands.do(self, step, found, event)
        if found.url is None:
            return
        request = self._again(found.request(self.soup, event))
        until = [part for step in shown for part in commands.shown(self, step, found, event)]
        asked = _Asked(request, found, event, until)
        if self._under_way is None:
            self._settle(asked, request)
        else:
            self._pending.append(until)
            self._show_pending()
            self._under_way.append(asked)

    def _settle(self, asked: _Asked, request: Request) -> None:
        exchange = self._sent(request)
        self._pending = [shown for shown in self._pending if shown is not asked.shown]
        self._receive(exchange)
        if exchange.status < 400 and self.error is None:
            for step in asked.found.steps.after:
                commands.do(self, step, asked.found, asked.event)

    def _option(self, select: Tag, wanted: str) -> Tag:
        options = controls.options_of(select)
        for option in options:
            if wanted in (controls.option_value(option), text_of(option)):
                reason = reasons.why_disabled(option)
                if reason:
                    raise PageFailure(f"the option {wanted!r} of {outline(select)} {reason}")
                return option
        known = ", ".join(repr(controls.option_value(option)) for option in options)
        raise PageFailure(
            f"{outline(select)} has no option {wanted!r}; it has: {known or 'none'}\n"
            + searched(self.soup)
        )


def _file(given: str | PathLike[str] | tuple[str, bytes] | controls.File) -> controls.File:
    if isinstance(given, controls.File):
        return given
    if not isinstance(given, tuple):
        given = Path(given).name, Path(given).read_bytes()
    name, data = given
    return controls.File(name, data, guess_type(name)[0] or "application/octet-stream")
