"""Messages of what was refused, shown in a form by the rules of the shim.

A message is nobody's word but that of one answer: it stands at its control, or at the head of the
form, until the next answer to the form, or to the question whether that control is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy

from bs4 import Tag

from htealeaf.html.markup import FIELD_CLASS
from htealeaf.testing import controls
from htealeaf.testing.renewal import put
from htealeaf.testing.trees import attribute, by_id, closest, is_inert, state, strange, text_of
from htealeaf.wire.names import Attribute, Id

_TIE = "aria-describedby"


def form_around(page: Tag, tag: Tag) -> Tag | None:
    """Return the form that *tag* acts for; the page's own where it stands in none."""
    return controls.form_of(tag) or by_id(page, Id.FORM)


def show(form: Tag, messages: Iterable[Tag]) -> None:
    """Put *messages* into *form*, each at the control that it names."""
    for said in messages:
        name = attribute(said, Attribute.FIELD)
        message = copy(said)
        strange(message)
        control = _control(form, name)
        if control is None:
            message.attrs["role"] = "alert"
            form.insert(0, message)
            continue
        state(control)["tied"] = control.attrs.get(_TIE)
        tie(control, attribute(said, "id"))
        outer = closest(control, lambda tag: FIELD_CLASS in (attribute(tag, "class") or "").split())
        label = closest(control, lambda tag: tag.name == "label") or control
        last = [tag for tag in outer.contents if isinstance(tag, Tag)][-1] if outer else label
        if last.parent is not None:
            put(last.parent, message, last.next_sibling)


def tie(control: Tag, id: str | None) -> None:
    """Tie *control* to the message *id* beside what else describes it; None unties it."""
    said = state(control).get("tied")
    ids = [str(found) for found in (said, id) if found]
    control.attrs.pop("aria-invalid", None)
    control.attrs.pop(_TIE, None)
    if ids:
        control.attrs[_TIE] = " ".join(ids)
    if id is not None:
        control.attrs["aria-invalid"] = "true"
    else:
        state(control).pop("tied", None)


def clear(form: Tag, name: str | None = None) -> None:
    """Take away the messages of *form*; with *name*, that of one control."""
    page = controls.page_of(form)
    for message in page.select(f"[{Attribute.FIELD}]"):
        to = attribute(message, Attribute.FIELD)
        control = _control(form, to)
        own = control is not None or closest(message, lambda tag: tag is form) is not None
        if is_inert(message) or not own or (name is not None and to != name):
            continue
        message.extract()
        if control is not None and "tied" in state(control):
            tie(control, None)


def shown(page: Tag) -> dict[str, str]:
    """Return the messages that *page* shows, by the names of controls."""
    found = page.select(f"[{Attribute.FIELD}]")
    return {str(tag[Attribute.FIELD]): text_of(tag) for tag in found if not is_inert(tag)}


def is_asked_about(control: Tag) -> bool:
    """Tell whether the shim asks about *control*, which was changed, when it is left."""
    form = controls.form_of(control)
    pattern = attribute(form, Attribute.CHECK) if form is not None else None
    if pattern is None:
        return False
    named = re.search(pattern, attribute(control, "name") or "") is not None
    return "aria-invalid" in control.attrs or named


def _control(form: Tag, name: str | None) -> Tag | None:
    listed = controls.controls_of(form) if name else []
    return next((tag for tag in listed if attribute(tag, "name") == name), None)
