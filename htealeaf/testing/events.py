"""Events: the actions of an element, read as the shim reads them.

Rule 1: only what stands in the page counts: `formaction`, `action`, `ht-click` and so on.

Rule 2: code (`JSCode`) needs a browser. It is not skipped; a step that would run it fails.
What runs when its element comes into the page is left out, as the scripts of a page are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote

from bs4 import Tag

from htealeaf.data.documents import Json
from htealeaf.errors import HtealeafError
from htealeaf.html.markup import OWN_EVENT
from htealeaf.testing import controls
from htealeaf.testing.exchange import Request, fresh_id
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.trees import attribute, by_id, closest, state, tags
from htealeaf.wire.codec import dumps
from htealeaf.wire.keys import pressed
from htealeaf.wire.names import (
    API_URL,
    EVENTS,
    FIELDS,
    OFFERED,
    STORE_URL,
    WHEN,
    Attribute,
    Header,
    Id,
    Key,
)
from htealeaf.wire.slots import Found, slots_of
from htealeaf.wire.steps import Steps, parse_steps

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Offered:
    """An element's action for an event.

    Attributes:
        element: What acts; `this` of its slots.
        event: The event's type.
        url: The offer URL; None where no server is asked.
        steps: All that is done, in order.
        fields: Verb and modifiers, as the query of the offer has them, or what stands in its place.
        form: The form that is reset when the action succeeded.
        submitter: The button that submitted it.
        target: What it happened to, if that is inside of the element.
        around: The element and what it stood in when it acted.
    """

    element: Tag
    event: str
    url: str | None
    steps: Steps
    fields: Mapping[str, str]
    form: Tag | None = None
    submitter: Tag | None = None
    target: Tag | None = None
    around: tuple[Tag, ...] = ()

    @property
    def code(self) -> tuple[str, ...]:
        """Return what only a browser can run: the JavaScript of `JSCode` steps."""
        return self.steps.code

    @property
    def is_far(self) -> bool:
        """Tell whether it is about what happens elsewhere than in its element."""
        return not _FAR.isdisjoint(self.fields)

    def filled(self, slot: Found, event: Event) -> Json:
        """Return what a browser fills a slot with."""
        return _FILLED[slot.kind.name](self, slot.name, event)

    def check_code(self) -> None:
        """Refuse what needs a browser.

        Raises:
            PageFailure: There is code.
        """
        if self.code:
            raise PageFailure(
                f"on {self.event} this element runs JavaScript, which only a browser can:"
                f" {'; '.join(self.code)}"
            )

    def request(self, page: Tag, event: Event, check: Tag | None = None) -> Request:
        """Return the request that the shim sends, its slots filled.

        Args:
            page: The page that it comes from.
            event: What slots read of the event.
            check: A control that was left: it is only asked whether that is right.

        Raises:
            PageFailure: A slot that can't be filled, or code that needs a browser.
        """
        self.check_code()
        if self.url is None:
            raise PageFailure(f"on {self.event} this element asks no server")
        url, _, query = self.url.partition("?")
        text = _pairs(self.url)[0][1]
        slots = slots_of(json.loads(text)) if text else ()
        values = [self.filled(slot, event) for slot in slots if slot.kind.filler == "browser"]
        headers = page_headers(page) | {
            "Content-Type": "application/json",
            Header.ID: fresh_id(),
            Header.VERB: OFFERED,
        }
        body = dumps([query, *values])
        if check is not None:
            headers[Header.CHECK] = quote(attribute(check, "name") or "", safe=_SAFE)
            return Request("POST", url, headers, body, check=check)
        form = None if "keep_values" in self.fields else self.form
        return Request("POST", url, headers, body, self.element, form, self._files(page))

    def _files(self, page: Tag) -> tuple[controls.File, ...]:
        if Key.CALL not in self.fields:
            return ()
        form = controls.form_of(self.element) or by_id(page, Id.FORM)
        return tuple(file for _, file in controls.files_for(form)) if form is not None else ()


_SAFE = "-_.!~*'()"  # what `encodeURIComponent` leaves


def _of_control(offered: Offered, name: str, event: Event) -> Json:
    return controls.entered(offered.element, name, offered.submitter)


def _of_this(offered: Offered, name: str, event: Event) -> Json:
    if name == "checked":
        return controls.is_checked(offered.element)
    return controls.value_of(offered.element)


def _of_event(offered: Offered, name: str, event: Event) -> Json:
    if name == "target" and name not in event:
        hit = closest(offered.target or offered.element, lambda tag: bool(tag.attrs.get("id")))
        return attribute(hit, "id") if hit is not None else None
    if name not in event:
        raise PageFailure(f"the action reads event.{name}, which a test has to give: {name}=...")
    found: Json = event[name]
    return found


def _of_form(offered: Offered, name: str, event: Event) -> Json:
    entries = controls.entries_for(offered.element, offered.submitter)
    return [[name, value] for name, value in entries]


#: What a browser fills slots with: a function for each kind that `slots.KINDS` says is its own.
_FILLED: dict[str, Callable[[Offered, str, Event], Json]] = {
    "value": _of_control,
    "this": _of_this,
    "event": _of_event,
    "entries": _of_form,
}


def _pairs(url: str) -> list[tuple[str, str]]:
    return parse_qsl(url.partition(WHEN)[2], keep_blank_values=True)


def page_headers(page: Tag) -> dict[str, str]:
    """Return what the shim says of the page: its id, its URL, what it shows.

    Raises:
        PageFailure: The page has none of it.
    """
    form = by_id(page, Id.FORM)
    if form is None:
        raise PageFailure(
            f"the page has no form '{Id.FORM}' to act through; is there a SuperStore(app), and is"
            " this a page of elements?"
        )
    named = {
        attribute(field, "name"): attribute(field, "value") for field in form.find_all("input")
    }
    told = {name: value for name in FIELDS if (value := named.get(name))}
    return {**told, Header.CURSOR: attribute(form, Attribute.CURSOR) or ""}


def offered(page: Tag, target: Tag, event: str) -> Offered | None:
    """Return what happens when *event* reaches *target*; None if no action does.

    The nearest element around it with an action for the event acts. A button that carries its click
    as `formaction` acts when its form is submitted; see `on_submit`.
    """
    name = Attribute.EVENT + event
    element = closest(target, lambda tag: name in tag.attrs)
    if element is None:
        return None
    if element is not target and any(word in event for word in ("enter", "leave", "load")):
        return None
    if event == "click" and "formaction" in element.attrs:
        return None
    found = _read(page, element, event, name)
    if found is None or found.is_far or ("self" in found.fields and element is not target):
        return None
    return replace(found, target=target)


#: Modifiers of what happens elsewhere than in the element.
_FAR = frozenset({"window", "outside"})


def far(page: Tag, target: Tag, event: str) -> list[Offered]:
    """Return what happens far from *target* when *event* reaches it; in the order of the page."""
    name, found = Attribute.EVENT + event, []
    around = {id(tag) for tag in (target, *target.parents)}
    for tag in tags(page):
        if name in tag.attrs:
            made = _read(page, tag, event, name)
            outside = made is not None and "outside" in made.fields
            if made is None or not made.is_far:
                continue
            if not outside or (
                id(tag) not in around and is_shown(tag) and not _is_behind(tag, target)
            ):
                found.append(made)
    return found


def _is_behind(tag: Tag, target: Tag) -> bool:
    """Tell whether a dialog is in front of *tag*: the one that *target* is in, or the last."""
    front = closest(target, _is_modal) or next(
        filter(_is_modal, reversed([*tags(controls.page_of(tag))])), None
    )
    return front is not None and all(one is not front for one in (tag, *tag.parents))


def is_shown(tag: Tag) -> bool:
    """Tell whether nothing hides *tag*, as far as HTML says."""
    return not any("hidden" in one.attrs or _is_closed(one) for one in (tag, *tag.parents))


def _is_closed(tag: Tag) -> bool:
    return tag.name == "dialog" and "open" not in tag.attrs


def fits_key(found: Offered, key: str, target: Tag) -> bool:
    """Tell whether an action is one for *key*, `Ctrl+k`, pressed in *target*."""
    wanted, form = found.fields.get("key"), key_form(key)
    if wanted is not None and wanted not in (form, _HELD.sub("Mod+", form, count=1)):
        return False
    if not found.is_far:
        return True
    element = found.element
    return not (
        controls.is_disabled(element)
        or any("inert" in one.attrs for one in (element, *element.parents))
        or _is_behind(element, target)
        or (_is_typed_in(target) and not _ANYWHERE.match(form))
    )


_HELD = re.compile(r"Ctrl\+|Meta\+")
_ANYWHERE = re.compile(r".*(?:Ctrl|Meta)\+|Escape|F\d")


def _is_modal(tag: Tag) -> bool:
    return tag.name == "dialog" and "open" in tag.attrs and "modal" in state(tag)


def _is_typed_in(tag: Tag) -> bool:
    # As the shim tells: what is pressed by keys, or turned, is not typed into.
    if tag.name in controls.FIELDS:
        return not re.search("box|rad|but|sub", controls.type_of(tag))
    outer = closest(tag, lambda outer: "contenteditable" in outer.attrs)
    return outer is not None and attribute(outer, "contenteditable") != "false"


def key_form(key: str) -> str:
    """Return *key* in the form of offers; what no author may say stays as it is."""
    try:
        return pressed(key)
    except HtealeafError:
        return key


def on_submit(page: Tag, form: Tag, submitter: Tag | None) -> Offered | None:
    """Return what happens when *form* is submitted by *submitter*; None for a plain submit."""
    own = form if attribute(form, "id") != Id.FORM else None
    if submitter is not None and "formaction" in submitter.attrs:
        return _read(page, submitter, "submit", Attribute.EVENT + "click", own, submitter)
    return _read(page, form, "submit", Attribute.EVENT + "submit", own, submitter)


def _read(
    page: Tag,
    element: Tag,
    event: str,
    name: str,
    form: Tag | None = None,
    submitter: Tag | None = None,
) -> Offered | None:
    own = attribute(element, "formaction")
    own = attribute(element, "action") if own is None else own
    text = attribute(element, name)
    if text is None:
        text = own if own is not None and is_ours(page, own) else None
    if not text:
        return None
    steps = parse_steps(text, own)
    url, fields = steps.offer, dict(_pairs(steps.offer or ""))
    if url and url[0] == WHEN:
        url = None
    if url and url[0] != "/":  # what only the shim reads says no more than which place it is
        url = f"{_stores_of(page)}/{url}"
    return Offered(element, event, url, steps, fields, form, submitter)


def is_ours(page: Tag, url: str) -> bool:
    """Tell whether *url* is one that the framework answers."""
    return by_id(page, Id.FORM) is not None and url.startswith(below(page, API_URL))


def _stores_of(page: Tag) -> str:
    return below(page, STORE_URL)


def below(page: Tag, url: str) -> str:
    """Return *url* of ours with the base of the app in front."""
    form = by_id(page, Id.FORM)
    base = attribute(form, Attribute.BASE) if form is not None else None
    return f"{base or ''}{url}"


def all_offered(page: Tag, element: Tag) -> dict[str, Offered]:
    """Return every action that *element* itself carries, by event."""
    found = {}
    for name in element.attrs:
        event = name.removeprefix(Attribute.EVENT)
        if name.startswith(Attribute.EVENT) and (event in EVENTS or OWN_EVENT(event)):
            made = _read(page, element, event, name)
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
