"""What an element does when something happens to it: its actions, read as the shim reads them.

Rule 1: only what stands in the page counts: `formaction`, `action`, `ht-click` and so on.

Rule 2: code (`JSCode`) needs a browser. It is not skipped; a step that would run it fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from bs4 import Tag

from htealeaf.data.documents import Json
from htealeaf.testing import controls
from htealeaf.testing.exchange import Request, fresh_id
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.trees import attribute, by_id, closest
from htealeaf.wire import codec as wire

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Offered:
    """An element's action for an event.

    Attributes:
        element: What acts; `this` of its slots.
        event: The event's type.
        url: The offer URL; None where only code would run.
        code: What else would run: the JavaScript of `JSCode` steps.
        form: The form that is reset when the action succeeded.
    """

    element: Tag
    event: str
    url: str | None
    code: tuple[str, ...]
    form: Tag | None = None

    @property
    def fields(self) -> dict[str, str]:
        """Return verb and modifiers as the offer's query has them."""
        return dict(_pairs(self.url or ""))

    def request(self, page: Tag, event: Event) -> Request:
        """Return the request that the shim sends, its slots filled.

        Raises:
            PageFailure: A slot that can't be filled, or code that needs a browser.
        """
        if self.code or self.url is None:
            raise PageFailure(
                f"on {self.event} this element runs JavaScript, which only a browser can:"
                f" {'; '.join(self.code)}"
            )
        url, _, query = self.url.partition("?")
        verb, text = _pairs(self.url)[0]
        given: Any = json.loads(text) if text else None
        template: Json = [step[2] for step in given] if verb == "steps" else given
        headers = page_headers(page) | {
            "Content-Type": "application/json",
            "HT-Id": fresh_id(),
            "HT-Offer": query,
        }
        if verb not in ("update", "steps"):
            headers["HT-Verb"] = verb
        keeps = "keep_values" in self.fields
        return Request(
            "POST",
            url,
            headers,
            wire.dumps(self._filled(template, event)),
            self.element,
            None if keeps else self.form,
        )

    def _filled(self, template: Json, event: Event) -> Json:
        slot = wire.slot(template)
        if slot is not None:
            return self._slot(slot, template, event)
        if isinstance(template, dict):
            return {key: self._filled(value, event) for key, value in template.items()}
        if isinstance(template, list):
            return [self._filled(value, event) for value in template]
        return template

    def _slot(self, slot: list[Any], template: Json, event: Event) -> Json:
        kind, name = slot[0], str(slot[1]) if len(slot) > 1 else ""
        if kind == "value":
            page = controls.page_of(self.element)
            return controls.slot_value(controls.control_named(page, name, self.element))
        if kind == "this":
            if name == "checked":
                return controls.is_checked(self.element)
            return controls.value_of(self.element)
        if kind == "event":
            if name not in event:
                raise PageFailure(
                    f"the action reads event.{name}, which a test has to give: {name}=..."
                )
            found: Json = event[name]
            return found
        return template


def _pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(url.partition("?")[2], keep_blank_values=True)


def page_headers(page: Tag) -> dict[str, str]:
    """Return what the shim says of the page: its id, its URL, what it shows.

    Raises:
        PageFailure: The page has none of it.
    """
    form = by_id(page, wire.FORM)
    if form is None:
        raise PageFailure(
            f"the page has no form '{wire.FORM}' to act through; is there a SuperStore(app), and is"
            " this a page of elements?"
        )
    named = {
        attribute(field, "name"): attribute(field, "value") for field in form.find_all("input")
    }
    told = {name: value for name in wire.FIELDS if (value := named.get(name))}
    return {**told, "HT-Cursor": attribute(form, "ht-cursor") or ""}


def offered(page: Tag, target: Tag, event: str) -> Offered | None:
    """Return what happens when *event* reaches *target*; None if no action does.

    The nearest element around it with an action for the event acts. A button that carries its click
    as `formaction` acts when its form is submitted; see `on_submit`.
    """
    name = f"ht-{event}"
    element = closest(target, lambda tag: name in tag.attrs)
    if element is None or (("enter" in event or "leave" in event) and element is not target):
        return None
    if event == "click" and "formaction" in element.attrs:
        return None
    return _read(page, element, event, name, None)


def on_submit(page: Tag, form: Tag, submitter: Tag | None) -> Offered | None:
    """Return what happens when *form* is submitted by *submitter*; None for a plain submit."""
    own = form if attribute(form, "id") != wire.FORM else None
    if submitter is not None and "formaction" in submitter.attrs:
        return _read(page, submitter, "submit", "ht-click", own)
    return _read(page, form, "submit", "ht-submit", own)


def _read(page: Tag, element: Tag, event: str, name: str, form: Tag | None) -> Offered | None:
    own = attribute(element, "formaction")
    own = attribute(element, "action") if own is None else own
    text = attribute(element, name)
    if text is None:
        text = own if own is not None and is_ours(page, own) else None
    if not text:
        return None
    steps = [step or own or "" for step in json.loads(text)] if text[0] == "[" else [text]
    code = tuple(step[3:] for step in steps if step.startswith("js:"))
    urls = [step for step in steps if not step.startswith("js:")]
    url = urls[0] if urls else None
    if url and url[0] != "/":  # what only the shim reads says no more than which place it is
        url = f"{_stores_of(page)}/{url}"
    return Offered(element, event, url, code, form)


def is_ours(page: Tag, url: str) -> bool:
    """Tell whether *url* is one that the framework answers."""
    return by_id(page, wire.FORM) is not None and url.startswith(_stores_of(page))


def _stores_of(page: Tag) -> str:
    form = by_id(page, wire.FORM)
    base = attribute(form, "ht-base") if form is not None else None
    return f"{base or ''}{wire.STORE_URL}"


def all_offered(page: Tag, element: Tag) -> dict[str, Offered]:
    """Return every action that *element* itself carries, by event."""
    found = {}
    for name in element.attrs:
        event = name.removeprefix("ht-")
        if name.startswith("ht-") and event in wire.EVENTS:
            made = _read(page, element, event, name, None)
            if made is not None:
                found[event] = made
    form = controls.form_of(element)
    if element.name == "form":
        made = on_submit(page, element, None)
    elif "formaction" in element.attrs and form is not None:
        made = on_submit(page, form, element)
    else:
        return found
    if made is not None:
        found["submit" if element.name == "form" else "click"] = made
    return found
