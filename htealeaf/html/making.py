"""Element makers: what a tag of `htealeaf.components` does when it is called, quickly.

`elements.build` makes any element; a page of thousands of cells would wait for its calls and lists.
The function of a tag makes the usual ones (text, numbers, elements, actions) in one go, and leaves
everything else to `build`.

Rule 1: what is made here equals what `build` makes, byte for byte.

Rule 2: nothing is consumed before it is left to `build`, which begins anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from htealeaf.html import elements
from htealeaf.html.elements import Draft, Element, assembled
from htealeaf.html.markup import (
    ACTIONS,
    PREFIXES,
    TAKEN,
    Child,
    Value,
    attribute,
    escape,
    is_action,
    merged,
    name_of,
)
from htealeaf.html.parts import Event, Tag, needs_form
from htealeaf.html.urls import OF_TAG


def tag(name: str, /, **given: Value) -> Callable[..., Element]:
    """Return the function that makes elements called *name*: `tag("my-widget")("text", id="w")`.

    Args:
        name: As it stands in HTML.
        given: Attributes that each of them has, unless it is given others: `type="checkbox"`.

    Raises:
        HtealeafError: *name* is no element name.
    """
    make = _maker(Tag(name), given)
    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"Make a `<{name}>` element of *children* and *attributes*; see `Element`."
    return make


def _maker(tag: Tag, given: Mapping[str, Value]) -> Callable[..., Element]:
    # One function: what is known of a tag stands in cells around `make`, which cost no look-up.
    def left(children: tuple[Child, ...], attributes: Mapping[str, Value]) -> Element:
        return elements.build(tag, children, merged(given, attributes))

    def make_any(*children: Child, **attributes: Value) -> Element:
        return left(children, attributes)

    open_ = tag.open + "".join(
        attribute(name_of(key), value, tag.name, given) for key, value in given.items()
    )
    if tag.keeps or tag.name in OF_TAG:
        return make_any
    start, close = open_ + ">", "" if tag.void else tag.close
    void, control = tag.void, tag.control
    prefixes, event_of, taken_by = PREFIXES, ACTIONS.get, TAKEN.get
    replaced = [*given, *(f"{key}_" for key in given)]

    def make(child: Child = None, /, *others: Child, **attributes: Value) -> Element:
        # One function: each call, and each tuple that is taken out, is a tenth of what a cell of a
        # table takes. So the first child is by itself, too. Types are tested exactly, the frequent
        # ones first: an object of a subclass may show itself in another way.
        if elements.intercepted or (void and (others or child is not None)):
            return left((child, *others), attributes)
        draft = Draft()
        draft.tag = tag
        kind = type(child)
        text: str | None
        if others:
            text = None
        elif kind is str:
            text = escape(child)
        elif kind is int or kind is float:
            text = str(child)
        elif child is None or kind is bool:
            text = ""
        elif kind is list:
            text = _finished(child)
        else:
            text = None
        if not attributes and text is not None:
            draft.attributes, draft.inner = given, text
            draft.html = f"{start}{text}{close}"
            draft.__class__ = Element
            return draft  # type: ignore[return-value]
        opened = open_
        events: list[Event] | None = None
        if attributes:
            try:
                for key, value in attributes.items():
                    prefix = prefixes[key]
                    of = type(value)
                    if prefix is None:
                        if of is str:
                            taken = taken_by(key)
                            if taken is None or not taken[1](value):
                                return left((child, *others), attributes)
                            opened += f'{taken[0]}{escape(value)}"'
                            continue
                        if (name := event_of(key)) is None or not is_action(value):
                            return left((child, *others), attributes)
                        event = Event()
                        event.tag, event.attributes = tag, attributes
                        event.name, event.value = name, value
                        events = [event] if events is None else [*events, event]
                    elif of is str:
                        opened += f'{prefix}{escape(value)}"'
                    elif of is int or of is float:
                        opened += f'{prefix}{value}"'
                    elif value is True:
                        opened += prefix[:-2]
                    elif value is not None and value is not False:
                        return left((child, *others), attributes)
            except KeyError:  # a name that was never used before
                return left((child, *others), attributes)
            for key in replaced:
                if key in attributes:  # another `type`
                    return left((child, *others), attributes)
            if given:
                attributes |= given
            if control and ("id" in attributes or "id_" in attributes) and needs_form(attributes):
                return elements.build(tag, (child, *others), attributes)
            draft.attributes = attributes
        else:
            draft.attributes = given
        parts: list[Any] | None = None
        if text is None:
            text = ""
            for item in child if kind is list and not others else (child, *others):
                kind_ = type(item)
                if kind_ is Element:
                    html = item.html
                    if html is not None:
                        text += html
                        continue
                    if parts is None:
                        parts = []
                    if text:
                        parts.append(text)
                        text = ""
                    parts += item.parts
                elif kind_ is str:
                    text += escape(item)
                elif kind_ is int or kind_ is float:
                    text += str(item)
                elif item is not None and kind_ is not bool:
                    return elements.build(tag, (child, *others), {**given, **attributes})
        if parts is None:
            draft.inner = text
            if events is None:
                draft.html = f"{opened}>{text}{close}"
            else:
                draft.html, draft.parts = None, (opened, *events, f">{text}{close}")
        elif tag.context or tag.texts:
            return elements.build(tag, (child, *others), {**given, **attributes})
        else:
            if text:
                parts.append(text)
            draft.html = None
            draft.parts, draft.inner = assembled(opened, events, parts, close)
        draft.__class__ = Element
        return draft  # type: ignore[return-value]

    tag.make = make
    return make


_html_of = cast("Any", Draft).html.__get__  # raises TypeError for what is no element


def _finished(children: list[Child]) -> str | None:
    # The HTML of a list of finished elements; None if it holds anything else.
    if not children or type(children[0]) is not Element or children[0].html is None:
        return None
    try:
        return "".join(map(_html_of, children))
    except TypeError:
        return None
