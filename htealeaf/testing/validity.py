"""Validity of controls: what a browser does not send, by the constraints that stand in HTML.

Source: HTML standard, "Constraint validation". Only what a person changed is held against its
lengths, and what is empty only against `required`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from bs4 import Tag

from htealeaf.testing import controls
from htealeaf.testing.trees import attribute, state

_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)*", re.ASCII)
_URL = re.compile(r"[a-z][a-z0-9+.-]*:.+", re.IGNORECASE)
_PATTERNED = frozenset({"text", "search", "url", "tel", "email", "password"})
#: What reads the value of an input of a type, so that values can be compared.
_READS: dict[str, Callable[[str], Any]] = {
    "number": Decimal,
    "range": Decimal,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "datetime-local": datetime.fromisoformat,
}


def fault_of(control: Tag) -> str | None:
    """Return why a browser would not send *control* as it is; None where it would."""
    if control.name not in controls.FIELDS or controls.is_disabled(control):
        return None
    if "required" in control.attrs and _is_empty(control):
        return "is required and empty"
    kind, value = controls.type_of(control), controls.value_of(control)
    if controls.choices_of(control) or kind in ("hidden", "file") or value == "":
        return None
    if kind in _READS:
        return _out_of_range(control, kind, value)
    if "value" in state(control):
        # In the units of JavaScript's strings.
        length = len(value.encode("utf-16-le")) // 2
        if length < int(attribute(control, "minlength") or 0):
            return f"is shorter than minlength={attribute(control, 'minlength')}"
        if length > int(attribute(control, "maxlength") or length):
            return f"is longer than maxlength={attribute(control, 'maxlength')}"
    if kind == "email" and not _EMAIL.fullmatch(value):
        return "is no email address"
    if kind == "url" and not _URL.fullmatch(value):
        return "is no URL"
    pattern = attribute(control, "pattern") if kind in _PATTERNED else None
    if pattern is not None and not _fits(pattern, value):
        return f"does not match pattern={pattern}"
    return None


def _fits(pattern: str, value: str) -> bool:
    # Kinds of letters, which Python's has no names for, are those of words here.
    try:
        return re.fullmatch(_LETTERS.sub(r"\\w", pattern), value) is not None
    except re.error:
        return True


_LETTERS = re.compile(r"(\\p{\w+})+")


def _is_empty(control: Tag) -> bool:
    if controls.type_of(control) == "radio":
        return not any(controls.is_checked(radio) for radio in controls.group_of(control))
    if controls.type_of(control) == "file":
        return not controls.files_of(control)
    if controls.is_ticked(control):
        return not controls.is_checked(control)
    return controls.value_of(control) == ""


def _out_of_range(control: Tag, kind: str, value: str) -> str | None:
    read = _READS[kind]
    try:
        found = read(value)
    except (ValueError, InvalidOperation):
        return f"is no {kind}"
    low, high = attribute(control, "min"), attribute(control, "max")
    if low is not None and found < read(low):
        return f"is less than min={low}"
    if high is not None and found > read(high):
        return f"is more than max={high}"
    step = attribute(control, "step") or "1"
    if kind == "number" and step != "any":
        base = Decimal(low if low is not None else attribute(control, "value") or 0)
        if (found - base) % Decimal(step) != 0:
            return f"is no step of step={step}"
    return None
