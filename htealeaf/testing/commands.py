"""Browser commands done to a tree, as `static/htealeaf.commands.js` does them to a page.

Rule 1: what a command sets stands as long as the server does not change that very thing. The
server's word is kept beside it (`said`), and is what a page is compared by.

Rule 2: a target that is not in the page is no error, as in a browser.

Rule 3: what is taken back is what still is as a command has set it. What a person has done to it
since is theirs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote, unquote

from bs4 import Tag

from htealeaf.data.documents import Json
from htealeaf.testing import controls
from htealeaf.testing.events import Event, Offered
from htealeaf.testing.trees import attribute, by_id, classes_of, local, state, strange
from htealeaf.wire.codec import dumps
from htealeaf.wire.names import Command, Field, Id
from htealeaf.wire.slots import slot

#: Takes back what a command has set; tells whether nobody had changed it since.
Undo = Callable[[], bool]


class Hands(Protocol):
    """What a command may ask of the page that it is done in."""

    soup: Any
    clipboard: str
    focused: Tag | None

    def happens(self, event: str, tag: Tag, values: Event) -> None:
        """Let an event happen to an element of the page."""

    def submits(self, form: Tag) -> None:
        """Submit a form, as `requestSubmit` does."""


class Shown:
    """A command that is shown until an answer is there."""

    def __init__(self, page: Hands, step: Json, found: Offered, event: Event) -> None:
        self._given = page, step, found, event
        self._undo: list[Undo] = []
        self._past = False

    def show(self) -> None:
        """Show it, unless a person has done otherwise since it was shown first."""
        self._undo = [] if self._past else do(*self._given)

    def take_back(self) -> None:
        """Take it back."""
        for undo in reversed(self._undo):
            self._past |= not undo()
        self._undo = []


def shown(page: Hands, step: Json, found: Offered, event: Event) -> list[Shown]:
    """Return what a step of the kind `meanwhile` shows."""
    assert isinstance(step, list)
    parts = step[2]
    assert isinstance(parts, list)
    return [Shown(page, part, found, event) for part in parts]


def do(page: Hands, step: Json, found: Offered, event: Event) -> list[Undo]:
    """Do one command; return what takes it back.

    Args:
        page: The page.
        step: The command, `[kind, target, ...]`.
        found: What the element does, `this` of its slots.
        event: What slots read of the event.
    """
    assert isinstance(step, list)
    kind, to, *given = step
    if kind in (Command.TRANSITION, Command.MEANWHILE):
        parts = given[0]
        assert isinstance(parts, list)
        return [undo for one in parts for undo in do(page, one, found, event)]
    tag = _target(page, str(to), found)
    if tag is None:
        return []
    values = [_filled(value, found, event) for value in given]
    undo = _DONE[str(kind)](page, tag, *values)
    return [undo] if undo is not None else []


def _target(page: Hands, to: str, found: Offered) -> Tag | None:
    element = found.element
    if not to:
        return element
    if to[0] == "#":
        return by_id(page.soup, to[1:])
    matching = {id(tag) for tag in page.soup.select(to.strip())}
    around = (element, *element.parents)
    if around[-1] is not page.soup:
        around = found.around  # it is gone: what stood around it when it acted
    return next((tag for tag in around if id(tag) in matching), None)


def _filled(value: Json, found: Offered, event: Event) -> Json:
    wanted = slot(value) if isinstance(value, dict) and "$" in value else None
    return value if wanted is None else found.filled(wanted, event)


def _put(tag: Tag, name: str, value: str | None) -> None:
    attributes = local(tag)
    if value is None:
        attributes.pop(name, None)
    else:
        attributes[name] = value


def _text(value: Json) -> str:
    # As a browser writes it: `true`, not `True`.
    return value if isinstance(value, str) else dumps(value)


_TURNED = object()


def _attribute(page: Hands, tag: Tag, name: str, value: Any = _TURNED) -> Undo:
    was = attribute(tag, name)
    if value is _TURNED and name.startswith("aria"):
        value = "false" if was == "true" else "true"
    elif value is _TURNED:
        value = "" if was is None else None
    _put(tag, name, None if value is None else _text(value))
    now = attribute(tag, name)

    def undo() -> bool:
        same = attribute(tag, name) == now
        if same:
            _put(tag, name, was)
        return same

    return undo


def _class(page: Hands, tag: Tag, names: list[str], on: bool | None = None) -> Undo:
    was = {name: name in classes_of(tag) for name in names}

    def turn(wanted: Callable[[str], bool]) -> None:
        shown = [name for name in classes_of(tag) if name not in was or wanted(name)]
        shown += [name for name in names if wanted(name) and name not in shown]
        _put(tag, "class", " ".join(shown) or None)

    turn(lambda name: not was[name] if on is None else on)
    wanted = {name: name in classes_of(tag) for name in names}

    def undo() -> bool:
        now = {name: name in classes_of(tag) for name in names}
        turn(lambda name: was[name] if now[name] == wanted[name] else now[name])
        return now == wanted

    return undo


def _property(page: Hands, tag: Tag, name: str, value: Json) -> Undo | None:
    if name in _BARE:
        return _attribute(page, tag, name.lower(), "" if value else None)
    if name not in ("value", "checked"):
        return None  # where it is scrolled to, how loud it is: no tree has that
    held, before = state(tag), state(tag).get(name)
    if name == "checked" and controls.is_checked(tag) == bool(value):
        return None  # what is so already follows the server
    if name == "checked":
        controls.check(tag, bool(value))
    else:
        held["value"] = "" if value is None else _text(value)
    now = held.get(name)

    def undo() -> bool:
        same = held.get(name) == now
        if same and before is None:
            held.pop(name, None)
        elif same:
            held[name] = before
        return same

    return undo


_BARE = frozenset({"hidden", "open", "inert", "disabled", "readOnly", "required"})


def _call(page: Hands, tag: Tag, name: str, *given: Json) -> None:
    if name == "focus":
        page.focused = tag
    elif name == "showModal" and tag.name == "dialog":
        _put(tag, "open", "")
        state(tag)["modal"] = True  # one that the server opens is in front of nothing
    elif name == "close" and tag.name == "dialog":
        _put(tag, "open", None)
        state(tag).pop("modal", None)


def _clear(page: Hands, tag: Tag) -> None:
    # Of a form, or a fieldset, all that a person could empty.
    for part in _emptied(page, tag) if tag.name in ("form", "fieldset") else [tag]:
        if attribute(part, "type") in ("checkbox", "radio"):
            was: Json = controls.is_checked(part)
            controls.check(part, False)
        else:
            was = controls.value_of(part)
            state(part)["value"] = ""
        if was:
            page.happens("input", part, {})
            page.happens("change", part, {})


def _emptied(page: Hands, tag: Tag) -> list[Tag]:
    return [
        part
        for part in page.soup.find_all([*controls.FIELDS])
        if (controls.form_of(part) is tag or tag in part.parents)
        and attribute(part, "type") not in ("hidden", "submit", "button", "reset", "image")
        and "readonly" not in part.attrs
        and not controls.is_disabled(part)
    ]


def _select(page: Hands, tag: Tag) -> None:
    page.focused = tag


def _copy(page: Hands, tag: Tag) -> None:
    held = controls.value_of(tag) if tag.name in controls.FIELDS else tag.get_text()
    page.clipboard = str(held)


def _submit(page: Hands, tag: Tag) -> None:
    form = controls.form_of(tag) or next((one for one in tag.parents if one.name == "form"), None)
    form = tag if tag.name == "form" else form
    if form is not None:
        page.submits(form)


def _local(page: Hands, tag: Tag, place: str, value: Json) -> None:
    form = by_id(page.soup, Id.FORM)
    if form is None:
        return
    field = form.find("input", attrs={"name": Field.LOCAL})
    if not isinstance(field, Tag):
        field = page.soup.new_tag("input", attrs={"type": "hidden", "name": Field.LOCAL})
        form.append(strange(field))
    known = json.loads(unquote(attribute(field, "value") or "%7B%7D"))
    field.attrs["value"] = quote(dumps({**known, place: value}), safe="-_.!~*'()")


def _dispatch(page: Hands, tag: Tag, event: str, detail: Json = None) -> None:
    page.happens(event, tag, {"detail": detail})


#: A function for each kind of command that stands alone.
_DONE: dict[str, Callable[..., Undo | None]] = {
    Command.ATTRIBUTE: _attribute,
    Command.CLASS: _class,
    Command.PROPERTY: _property,
    Command.CALL: _call,
    Command.CLEAR: _clear,
    Command.SELECT: _select,
    Command.COPY: _copy,
    Command.SUBMIT: _submit,
    Command.LOCAL: _local,
    Command.DISPATCH: _dispatch,
}
