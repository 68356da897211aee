"""Bound controls: `bind=` shows a place of a store, and what is put in goes back there.

    textInput(bind=prefs.at("name")), checkbox(bind=prefs.at("news"))

A place says by `__ht_bind__` what binds it: a binding that gives what is shown, and the action that
sets it. `KINDS` has which attribute shows it, and on which event it is set.

Rule: what stands in an element stays what the author wrote, so the element may still be given
children and attributes; the control that is shown is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any, Final, NamedTuple

from markupsafe import Markup

from htealeaf.errors import HtealeafError
from htealeaf.html.markup import Child, Value, attribute_of, merged

#: Gives a binding of a place: of its value, or of what a function makes of it.
Shows = Callable[..., Any]


class Kind(NamedTuple):
    """How a kind of control is bound.

    Attributes:
        event: On which it is set.
        sent: What of the control is sent: `value` or `checked`.
        typed: It is set once the person pauses.
    """

    event: str
    sent: str = "value"
    typed: bool = False


KINDS: Final = {
    "checkbox": Kind("onchange", "checked"),
    "radio": Kind("onchange"),
    "select": Kind("onchange"),
}
_TYPED: Final = Kind("oninput", typed=True)
_REFUSED: Final = {
    "file": "a file is nothing that a store holds; take it in an action function",
    "submit": "a button holds nothing",
    "reset": "a button holds nothing",
    "button": "a button holds nothing",
    "image": "a button holds nothing",
}


def bound(
    name: str, children: tuple[Child, ...], attributes: Mapping[str, Value]
) -> tuple[tuple[Child, ...], dict[str, Value]]:
    """Return children and attributes of the control that is shown for one with `bind=`.

    Args:
        name: Of the tag: `input`, `select`, `textarea`.
        children: What is inside, as HTML.
        attributes: Of the element.

    Raises:
        HtealeafError: It can't be bound.
    """
    place = attributes["bind"]
    others = {key: value for key, value in attributes.items() if key != "bind"}
    type_ = str(attribute_of(others, "type") or "text") if name == "input" else name
    made = getattr(type(place), "__ht_bind__", None)
    if made is None:
        raise HtealeafError(
            f"bind= takes a place of a store, prefs.at('name'), and not a {type(place).__name__}"
        )
    if type_ in _REFUSED or attribute_of(others, "multiple"):
        why = _REFUSED.get(type_, "of several that are chosen a browser tells the first")
        raise HtealeafError(f"<{name}> of this kind can't be bound: {why}")
    kind = KINDS.get(type_, _TYPED)
    if attribute_of(others, kind.event) is not None:
        raise HtealeafError(f"bind= says what is done on {kind.event}, so the element can't")
    shows, action = made(place, kind.sent, kind.typed)
    children, shown = _SHOWN.get(type_, _valued)(children, others, shows)
    return children, merged(others, {**shown, kind.event: action})


def _valued(
    children: tuple[Child, ...], attributes: Mapping[str, Value], shows: Shows
) -> tuple[tuple[Child, ...], dict[str, Value]]:
    if attribute_of(attributes, "type") == "password":  # never shown again
        return children, {}
    return children, {"value": shows()}


def _checked(
    children: tuple[Child, ...], attributes: Mapping[str, Value], shows: Shows
) -> tuple[tuple[Child, ...], dict[str, Value]]:
    return children, {"checked": shows(bool)}


def _chosen(
    children: tuple[Child, ...], attributes: Mapping[str, Value], shows: Shows
) -> tuple[tuple[Child, ...], dict[str, Value]]:
    own = str(attribute_of(attributes, "value"))
    return children, {"checked": shows(lambda value: _text(value) == own)}


def _text_inside(
    children: tuple[Child, ...], attributes: Mapping[str, Value], shows: Shows
) -> tuple[tuple[Child, ...], dict[str, Value]]:
    return (shows(),), {}


def _options(
    children: tuple[Child, ...], attributes: Mapping[str, Value], shows: Shows
) -> tuple[tuple[Child, ...], dict[str, Value]]:
    if not all(isinstance(child, str) for child in children):
        raise HtealeafError("the options of a select with bind= are elements, and no bindings")
    html = "".join(children)
    return (shows(lambda value: Markup(_with_chosen(html, _text(value)))),), {}


_OPTION = re.compile(r"<option\b([^>]*)>([^<]*)")
_VALUE = re.compile(r'\svalue="([^"]*)"')
_SELECTED = re.compile(r"\sselected(?=\s|$)")


def _with_chosen(html: str, value: str) -> str:
    def option(found: re.Match[str]) -> str:
        attributes, text = _SELECTED.sub("", found[1]), found[2]
        said = _VALUE.search(attributes)
        own = unescape(said[1]) if said is not None else " ".join(unescape(text).split())
        return f"<option{attributes}{' selected' if own == value else ''}>{text}"

    return _OPTION.sub(option, html)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


_SHOWN: Final = {
    "checkbox": _checked,
    "radio": _chosen,
    "textarea": _text_inside,
    "select": _options,
}
