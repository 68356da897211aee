"""A field of a form: label, control, hint, and the place of its message.

    field("amount", label="Amount", type=Decimal, hint="In euro")

Inside of `form_for(add)` the annotation of the parameter says what the control is and which values
it takes, so the rule stands once.

Rule 1: what is refused is told by a message at the end of the field; the shim puts it there, and
where scripts are off, the server. `aria-describedby` ties it to the control.

Rule 2: passwords and files are never shown again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as _of
from typing import Any, Final

from htealeaf.components.inputs import Input, input_of, text_of, words
from htealeaf.components.tags import (
    button,
    div,
    fieldset,
    input_,
    legend,
    option,
    p,
    progress,
    select,
    template,
    textarea,
)
from htealeaf.components.tags import (
    label as label_,
)
from htealeaf.data.annotations import NONE_SAID, fields_of, inside
from htealeaf.errors import HtealeafError
from htealeaf.html.elements import Element, fragments
from htealeaf.html.markup import FIELD_CLASS, LINE_CLASS, ROWS, Child, Dynamic, resolved
from htealeaf.words import said, say

#: What stands for the number of a row in the template that new ones are made of, with one `n` for
#: each list that it is inside of.
_NUMBER: Final = "{n}"


@dataclass(frozen=True)
class Asked:
    """What one field asks for.

    Attributes:
        name: Of the control, and of the parameter.
        annotation: What it is filled with; None where nobody has said so.
        default: `NONE_SAID` where a value has to be given.
        value: What it shows; `NONE_SAID` for the default.
        label: What it is called; without it, the name in words.
        hint: What helps to fill it.
        look: How it is drawn: a type of `<input>`, `textarea`, `select`, `radio`.
        options: What one may choose.
        prefix: Of its id.
        attributes: Of the control.
    """

    name: str
    annotation: Any = None
    default: Any = NONE_SAID
    value: Any = NONE_SAID
    label: Child = None
    hint: Child = None
    look: str | None = None
    options: tuple[Any, ...] | None = None
    prefix: str = ""
    attributes: Mapping[str, Any] = _of(default_factory=dict)

    @property
    def id(self) -> str:
        """Return the id of its control."""
        parts = re.findall(r"[^\[\]]+", self.name)
        return "-".join([self.prefix, *parts] if self.prefix else parts)

    @property
    def shown(self) -> Any:
        """Return what it shows; None for nothing."""
        value = self.default if self.value is NONE_SAID else self.value
        return None if value is NONE_SAID else value


def field(
    name: str,
    *,
    label: Child = None,
    type: Any = None,
    hint: Child = None,
    value: Any = NONE_SAID,
    options: Iterable[Any] | None = None,
    **attributes: Any,
) -> Element:
    """Return a field: label, control, hint, and the place of its message.

    Args:
        name: Of the control; inside of `form_for`, that of a parameter.
        label: What it is called; without it, the name in words.
        type: An annotation: `int`, `Annotated[str, Field(max_length=40)]`, an `Enum`; or how it
            is drawn: a type of `<input>`, `"textarea"`, `"select"`, `"radio"`. Inside of `form_for`
            the parameter has its annotation.
        hint: What helps to fill it.
        value: What it shows, else what `form_for(values=)` has, else the default.
        options: What one may choose, where data says so: values, or pairs of a value and a text.
        attributes: Of the control: `autocomplete="email"`, `required=True`.

    >>> str(field("age", type=int))[22:]
    '<label for="age">Age</label><input type="number" step="1" name="age" id="age" required></div>'
    """
    look = type if isinstance(type, str) else None
    asked = Asked(
        name,
        None if look is not None else type,
        value=value,
        label=label,
        hint=hint,
        look=look,
        options=tuple(options) if options is not None else None,
        attributes=attributes,
    )
    if asked.annotation is not None:
        return drawn(asked)
    return div(Pending(asked), class_=FIELD_CLASS)


class Pending(Dynamic):
    """A field that asks for what the form around it knows."""

    __slots__ = ("asked",)

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def render(self, page: Any) -> None:
        asked = self.asked
        form = page.in_form
        known = form.known if isinstance(form, Form) else {}
        if asked.name in known:
            one = known[asked.name]
            asked = replace(
                asked,
                annotation=one.annotation,
                default=one.default,
                value=one.value if asked.value is NONE_SAID else asked.value,
                label=one.label if asked.label is None else asked.label,
                hint=one.hint if asked.hint is None else asked.hint,
                prefix=one.prefix,
            )
        elif known:
            raise HtealeafError(
                f"field({asked.name!r}): {form.name}() has no parameter {asked.name!r} that a form"
                f" fills; it has: {', '.join(known) or 'none'}"
            )
        else:
            asked = replace(asked, annotation=str, default="")
        page.parts(fragments(contents(asked)))


class Form(Dynamic):
    """Begins the content of a form: its fields ask here for what they are.

    Args:
        name: Of the action function.
        known: What each field asks for, by name.
    """

    __slots__ = ("known", "name")

    def __init__(self, name: str, known: Mapping[str, Asked]) -> None:
        self.name, self.known = name, known

    def render(self, page: Any) -> None:
        page.in_form = self


def drawn(asked: Asked) -> Element:
    """Return the whole field of *asked*."""
    return div(*contents(asked), class_=FIELD_CLASS)


def contents(asked: Asked) -> list[Child]:
    """Return what stands in the field of *asked*."""
    look = asked.look
    found = input_of(asked.annotation, asked.default, look, asked.options)
    hint = asked.hint if asked.hint is not None else found.hint
    title = said(
        asked.label if asked.label is not None else found.title or words(_last(asked.name))
    )
    ties: dict[str, Any] = {"aria_describedby": f"{asked.id}-hint" if hint is not None else None}
    told = p(hint, id=f"{asked.id}-hint", class_="ht-hint") if hint is not None else None
    if look == "hidden":
        return [_input(asked, found, {})]
    if found.kind in _GROUPS:
        inner = _GROUPS[found.kind](asked, found)
        named = asked.name if found.kind == "rows" else None
        return [fieldset(legend(title), told, inner, name=named, **ties)]
    control = _CONTROLS[found.kind](asked, found, ties)
    if found.attributes.get("type") == "file":
        bar = progress(hidden=True, aria_label=say("Progress"))
        return [label_(title, for_=asked.id), control, told, bar]
    if found.kind == "checkbox":
        return [label_(control, " ", title), told]
    return [label_(title, for_=asked.id), control, told]


def _last(name: str) -> str:
    return str(re.findall(r"[^\[\]]+", name)[-1])


# -- one control ---------------------------------------------------------------------------


def _said(asked: Asked, found: Input, ties: Mapping[str, Any]) -> dict[str, Any]:
    said = {"name": asked.name, "id": asked.id, "required": found.required, **ties}
    return {**found.attributes, **said, **asked.attributes}


def _input(asked: Asked, found: Input, ties: Mapping[str, Any]) -> Element:
    attributes = _said(asked, found, ties)
    shown = None if attributes.get("type") in ("password", "file") else text_of(asked.shown)
    return input_(**attributes) if shown is None else input_(**attributes, value=shown)


def _textarea(asked: Asked, found: Input, ties: Mapping[str, Any]) -> Element:
    return textarea(text_of(asked.shown), **_said(asked, found, ties))


def _checkbox(asked: Asked, found: Input, ties: Mapping[str, Any]) -> Element:
    return input_(**{"type": "checkbox", **_said(asked, found, ties)}, checked=_on(asked.shown))


def _select(asked: Asked, found: Input, ties: Mapping[str, Any]) -> Element:
    chosen = _chosen(asked)
    options: list[Child] = []
    # Without it a browser would choose the first by itself.
    if not (found.required and chosen):
        options.append(option("—" if not found.required else say("Please choose"), value=""))
    options += [
        option(said(text), value=key, selected=key in chosen) for key, text in found.options
    ]
    return select(options, **_said(asked, found, ties))


_Draw = Callable[[Asked, Input, Mapping[str, Any]], Element]
_CONTROLS: Final[dict[str, _Draw]] = {
    "input": _input,
    "textarea": _textarea,
    "checkbox": _checkbox,
    "select": _select,
}


def _on(value: Any) -> Any:
    value = resolved(value)
    return value if isinstance(value, Dynamic) else bool(value)


def _chosen(asked: Asked) -> list[str]:
    value = resolved(asked.shown)
    if value is None:
        return []
    values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
    return [str(text_of(one)) for one in values]


# -- several -------------------------------------------------------------------------------


def _radios(asked: Asked, found: Input) -> list[Child]:
    chosen = _chosen(asked)
    options = found.options if found.required else (("", "—"), *found.options)
    chosen = chosen or ([] if found.required else [""])
    return [_tick("radio", asked, found, one, chosen) for one in options]


def _boxes(asked: Asked, found: Input) -> list[Child]:
    chosen = _chosen(asked)
    unforced = found._replace(required=False)  # it would have to be each of them
    return [_tick("checkbox", asked, unforced, one, chosen) for one in found.options]


def _tick(
    type: str, asked: Asked, found: Input, one: tuple[str, Child], chosen: list[str]
) -> Element:
    key, text = one
    own = {"type": type, "name": asked.name, "value": key, "required": found.required}
    box = input_(**{**own, **asked.attributes}, checked=key in chosen)
    return label_(box, " ", said(text))


def _group(asked: Asked, found: Input) -> list[Child]:
    fields = fields_of(inside(asked.annotation).type) or {}
    value = resolved(asked.shown)
    return [
        drawn(
            Asked(
                f"{asked.name}[{name}]",
                one.annotation,
                one.default,
                value_of(value, name),
                prefix=asked.prefix,
            )
        )
        for name, one in fields.items()
    ]


def _rows(asked: Asked, found: Input) -> list[Child]:
    shown = resolved(asked.shown)
    least = inside(asked.annotation).constraints.get("min_length") or 0
    if shown is None:
        shown = [NONE_SAID] * max(least, asked.default is NONE_SAID)
    fields = fields_of(inside(found.item).type)

    def row(number: str, value: Any) -> Element:
        name = f"{asked.name}[{number}]"
        one = Asked(
            name, found.item, value=value, prefix=asked.prefix, label=words(_last(asked.name))
        )
        inner: Any = _group(one, found) if fields is not None else _of_many(one)
        out = button(say("Remove"), name=ROWS, value=f"-{name}", formnovalidate=True)
        return fieldset(inner, out, class_=LINE_CLASS)

    return [
        *(row(str(number), value) for number, value in enumerate(shown)),
        template(row(_NUMBER.replace("n", "n" * (asked.name.count("{") + 1)), NONE_SAID)),
        button(say("Add"), name=ROWS, value=f"+{asked.name}", formnovalidate=True),
    ]


def _of_many(asked: Asked) -> Element:
    return drawn(asked)


#: What stands in a group with a legend.
_GROUPS: Final[dict[str, Callable[[Asked, Input], list[Child]]]] = {
    "radio": _radios,
    "boxes": _boxes,
    "group": _group,
    "rows": _rows,
}


def value_of(values: Any, name: str) -> Any:
    """Return what *values*, a mapping or an object, has under *name*; `NONE_SAID` for nothing."""
    values = resolved(values)
    if values is None or values is NONE_SAID:
        return NONE_SAID
    if isinstance(values, Mapping):
        return values.get(name, NONE_SAID)
    return getattr(values, name, NONE_SAID)
