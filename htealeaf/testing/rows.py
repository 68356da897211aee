"""Rows of a form, added and taken out by the rules of `static/htealeaf.forms.js`."""

from __future__ import annotations

import re

from bs4 import Tag

from htealeaf.html.markup import LINE_CLASS, ROWS
from htealeaf.testing import controls
from htealeaf.testing.trees import (
    attribute,
    closest,
    is_inert,
    is_strange,
    parse,
    state,
    strange,
    tags,
)

_OUT = ("hidden", "disabled")  # what marks a row that was taken out


def is_line(tag: Tag) -> bool:
    """Tell whether *tag* is a row of a form."""
    return tag.name == "fieldset" and LINE_CLASS in (attribute(tag, "class") or "").split()


def is_button(tag: Tag) -> bool:
    """Tell whether *tag* adds a row, or takes one out."""
    return attribute(tag, "name") == ROWS


def press(button: Tag) -> None:
    """Do what *button*, of a list, does: add a row, or take the one out that it stands in."""
    if (attribute(button, "value") or "").startswith("-"):
        row = closest(button, is_line)
        if row is not None:
            row.attrs |= dict.fromkeys(_OUT, "")
            state(row)["own"] = _OUT
        return
    model = button.find_previous_sibling()
    if model is None:
        return
    html = model.decode_contents()
    number = re.findall(r"{n+}", html)[0]
    # A browser takes the time, of which no two are the same either.
    made = parse(html.replace(number, str(_next(button))))
    for row in [node for node in made.contents if isinstance(node, Tag)]:
        strange(row)
        model.insert_before(row)


def reset(form: Tag) -> None:
    """Let *form* have the rows that the server said."""
    for row in [tag for tag in tags(controls.page_of(form)) if is_line(tag)]:
        if controls.form_of(row) is not form or is_inert(row):
            continue
        if is_strange(row):
            row.extract()
        else:
            for name in state(row).pop("own", ()):
                row.attrs.pop(name, None)


def _next(button: Tag) -> int:
    names = [attribute(tag, "name") or "" for tag in controls.page_of(button).select("[name]")]
    numbers = [int(number) for name in names for number in re.findall(r"\[(\d+)\]", name)]
    return max(numbers, default=-1) + 1
