"""A form for an action function: its fields are drawn from the annotations of the function.

    form_for(add)                       # a field for each parameter, and a button
    form_for(edit(id=3), values=contact)
    form_for(add, field("amount", hint="In euro"), field("day"), button("Add"))

Rule: what the function takes is said once, where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from htealeaf.components.field import Asked, Form, Pending, value_of
from htealeaf.components.tags import button, div
from htealeaf.components.tags import form as form_
from htealeaf.data.annotations import has_rows, uploads_in
from htealeaf.html.elements import Element
from htealeaf.html.markup import FIELD_CLASS, Child
from htealeaf.words import said, say


class _Parameter(Protocol):
    annotation: Any
    default: Any


class _Function(Protocol):
    name: str

    @property
    def parameters(self) -> Mapping[str, _Parameter]:
        """Return what forms and constants fill, by name."""


class _Call(Protocol):
    @property
    def function(self) -> Any:
        """Return the function."""

    constants: Mapping[str, Any]


def form_for(
    action: _Call,
    *content: Child,
    values: Any = None,
    labels: Mapping[str, Child] | None = None,
    hints: Mapping[str, Child] | None = None,
    submit: Child = "Save",
    id: str | None = None,
    **attributes: Any,
) -> Element:
    """Return a form that calls *action* when it is sent.

    Args:
        action: An action function, or one with constants: `edit(id=3)`.
        content: What stands in it, `field("amount")` anywhere inside; without any, a field for each
            parameter that is no constant, and a button.
        values: What the fields show: a mapping or an object, by the names of parameters.
        labels: What fields are called, by name.
        hints: What helps to fill them, by name.
        submit: What the button says.
        id: Of the form, and what the ids of its controls begin with.
        attributes: Of the form.
    """
    function: _Function = action.function
    id = id if id is not None else _id_of(function.name, action.constants)
    known = {
        name: Asked(
            name,
            one.annotation,
            one.default,
            value_of(values, name),
            (labels or {}).get(name),
            (hints or {}).get(name),
            prefix=id,
        )
        for name, one in function.parameters.items()
        if name not in action.constants
    }
    if not content:
        fields = [div(Pending(Asked(name)), class_=FIELD_CLASS) for name in known]
        content = (*fields, button(said(submit)))
        if any(any(uploads_in(one.annotation)) for one in known.values()):
            content = (*content, button(say("Cancel"), type="reset", class_="ht-cancel"))
    if any(has_rows(one.annotation) for one in known.values()):
        # Enter presses the first button of a form, which is not to take out a row.
        content = (button(hidden=True, tabindex=-1, aria_hidden="true"), *content)
    start = Form(function.name, known)
    return form_(start, *content, id=id, onsubmit=action, **attributes).classes("ht-form")


def _id_of(name: str, constants: Mapping[str, Any]) -> str:
    # Readable, and another one for each row of a table.
    return "-".join(re.sub(r"[^\w.-]+", "_", str(part)) for part in (name, *constants.values()))
