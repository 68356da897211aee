"""Reasons why an element can't do what a step asks; None when it can.

Nothing here changes anything: a reason is given before a step begins.
"""

from __future__ import annotations

from collections.abc import Callable

from bs4 import Tag

from htealeaf.testing import controls
from htealeaf.testing.events import Offered, fits_key
from htealeaf.testing.trees import attribute, by_id, closest
from htealeaf.wire.names import Id

#: The action that an element has on an event of that type; None without one, or without scripts.
Offers = Callable[[Tag, str], "Offered | None"]


def why_no_click(tag: Tag, offered: Offers) -> str | None:
    """Tell why a click on *tag* would do nothing."""
    reason = why_disabled(tag)
    if reason is not None:
        return reason
    if offered(tag, "click") is not None:
        return None
    if closest(tag, lambda outer: outer.name == "a" and "href" in outer.attrs) is not None:
        return None
    button = closest(tag, lambda outer: outer.name == "button" or controls.is_submit(outer))
    if button is not None:
        return why_no_press(button)
    control = tag if controls.is_ticked(tag) else labelled(tag)
    if control is None:
        return "no action, and no link, button or checkbox"
    return why_disabled(control)


def why_no_press(button: Tag) -> str | None:
    """Tell why pressing *button* would do nothing."""
    if why_disabled(button):
        return why_disabled(button)
    if controls.type_of(button) == "button":
        return "a button of type 'button' without an action"
    form = controls.form_of(button)
    if form is None:
        return "no action, and it stands in no form"
    if attribute(form, "id") == Id.FORM and "formaction" not in button.attrs:
        return "no action"
    return None


def why_no_key(tag: Tag, key: str, offered: Offers) -> str | None:
    """Tell why *key* would do nothing in *tag*."""
    if why_disabled(tag):
        return why_disabled(tag)
    for kind in ("keydown", "keyup"):
        if key_action(tag, kind, key, offered) is not None:
            return None
    if key == "Enter" and tag.name == "input" and controls.form_of(tag) is not None:
        button = controls.default_button(controls.form_of(tag) or tag)
        return why_disabled(button) if button is not None else None
    return f"no action on the key {key!r}"


def key_action(tag: Tag, kind: str, key: str, offered: Offers) -> Offered | None:
    """Return the action of *tag* on that event, if it is one for *key*."""
    found = offered(tag, kind)
    return found if found is not None and fits_key(found, key, tag) else None


def why_no_submit(tag: Tag) -> str | None:
    """Tell why *tag* can't be submitted."""
    if tag.name != "form":
        return "is no form"
    if attribute(tag, "id") == Id.FORM:
        return "is the page's own form"
    button = controls.default_button(tag)
    return why_disabled(button) if button is not None else None


def why_no_fill(tag: Tag) -> str | None:
    """Tell why nothing can be typed into *tag*."""
    if not controls.is_typed(tag):
        if tag.name == "select":
            return "is a select; say page.select(...)"
        if controls.is_ticked(tag):
            return "is ticked, not filled; say page.check(...)"
        if controls.type_of(tag) == "file":
            return "takes files; say page.upload(...)"
        return "is no field to type in"
    return "is read-only" if "readonly" in tag.attrs else why_disabled(tag)


def why_no_select(tag: Tag) -> str | None:
    """Tell why nothing can be chosen in *tag*."""
    return why_disabled(tag) if tag.name == "select" else "is no select"


def why_no_tick(tag: Tag, on: bool) -> str | None:
    """Tell why *tag* can't be checked, or (not *on*) unchecked."""
    if not controls.is_ticked(tag) or (not on and controls.type_of(tag) == "radio"):
        return "is no checkbox" + (" or radio button" if on else "")
    return why_disabled(tag)


def why_no_upload(tag: Tag) -> str | None:
    """Tell why no file can be chosen in *tag*."""
    if tag.name != "input" or controls.type_of(tag) != "file":
        return "is no control for files"
    return why_disabled(tag)


def why_no_value(tag: Tag) -> str | None:
    """Tell why *tag* holds no value."""
    return None if tag.name in controls.FIELDS else "is no input, select or textarea"


def why_disabled(tag: Tag) -> str | None:
    """Tell that *tag* is disabled."""
    return "is disabled" if controls.is_disabled(tag) else None


def labelled(tag: Tag) -> Tag | None:
    """Return the control that a click on a label means."""
    label = closest(tag, lambda outer: outer.name == "label")
    if label is None:
        return None
    named = attribute(label, "for")
    if named is not None:
        return by_id(controls.page_of(tag), named)
    found = label.find(sorted(controls.FIELDS))
    return found if isinstance(found, Tag) else None
