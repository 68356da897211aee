"""Values for the controls of a form: such as a person would type, and such as nobody should.

What fits a control is read from its HTML (`type`, `min`, `maxlength`, options ...) and, where its
form calls an action function, from the annotation of the parameter of that name. The same seed
gives the same values.

Rule: a value of a text field says who typed it, so that it is known again where it does not belong.
"""

from __future__ import annotations

import typing
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from random import Random
from types import UnionType
from typing import Any, Final, Literal, Union
from uuid import UUID

from bs4 import Tag

from htealeaf.testing import controls
from htealeaf.testing.trees import attribute, state

#: What a program might not expect of a text.
HOSTILE: Final = (
    "",
    " ",
    "0",
    "-1",
    "1e999",
    "9" * 40,
    '<b title="\'">&amp;</b>',
    "\u202e\u0000\ud83d\udca5\U0001f4a5".encode("utf-8", "ignore").decode(),
    "a/b~c%2F../id=0",
    "x" * 5000,
    "2026-02-30",
    "'; --",
    '{"$": ["value", "a"]}',
)


def mark_of(user: str) -> str:
    """Return the word that stands in what *user* types.

    >>> mark_of("ann")
    'typed-by-ann-q'
    """
    return f"typed-by-{user}-q"


class Values:
    """Fills controls for one user.

    Args:
        user: Who types.
        random: Chooses.
        annotations: What a form's action function takes, by name; from its parameters.
    """

    def __init__(self, user: str, random: Random, annotations: dict[str, Any]) -> None:
        self._mark, self._random, self._annotations = mark_of(user), random, annotations

    def fill(self, control: Tag, *, hostile: bool) -> None:
        """Let *control* hold a value that fits it, or (*hostile*) one that nobody expects."""
        kind = controls.type_of(control)
        if controls.is_disabled(control) or "readonly" in control.attrs:
            return
        if control.name == "select":
            self._choose(control)
        elif kind == "radio":
            controls.check(self._random.choice(controls.group_of(control)), True)
        elif kind == "checkbox":
            controls.check(control, "required" in control.attrs or self._random.random() < 0.5)
        elif kind == "file":
            state(control)["files"] = [controls.File("a.txt", self._mark.encode(), "text/plain")]
        elif controls.is_typed(control):
            text = self._random.choice(HOSTILE) if hostile else self.fitting(control)
            if text or "required" not in control.attrs:
                state(control)["value"] = text

    def _choose(self, select: Tag) -> None:
        options = [one for one in controls.options_of(select) if not controls.is_disabled(one)]
        shown = [one for one in options if controls.option_value(one)] or options
        controls.choose(select, [self._random.choice(shown)] if shown else [])

    def fitting(self, control: Tag) -> str:
        """Return a text that fits a field: its kind, its limits, its parameter's annotation."""
        kind = controls.type_of(control)
        annotation = self._annotation(attribute(control, "name") or "")
        made = _MADE.get(kind) or _made_for(annotation)
        if made is not None:
            return made(self._random, _limits(control, annotation))
        found = _choices(annotation)
        if found:
            return self._random.choice(found)
        low, high = _lengths(control, annotation)
        text = self._mark if len(self._mark) <= high else self._mark[:high]
        return text.ljust(low, "x")

    def _annotation(self, name: str) -> Any:
        # `lines[0][price]` is the field `price` of what `lines` has many of.
        base, *parts = name.replace("]", "").split("[")
        found = self._annotations.get(base, str)
        for part in parts:
            found = _plain(found)[0]
            if part.isdigit() or not part:
                found = (*typing.get_args(found), str)[0]
            else:
                try:
                    found = typing.get_type_hints(found, include_extras=True).get(part, str)
                except TypeError:
                    return str
        return found


def _plain(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    # The type, without `| None` and `Annotated`, and what `Annotated` says of it.
    said: tuple[Any, ...] = ()
    while True:
        if hasattr(annotation, "__metadata__"):
            said += annotation.__metadata__
            annotation = annotation.__origin__
        elif typing.get_origin(annotation) in (Union, UnionType):
            others = [one for one in typing.get_args(annotation) if one is not type(None)]
            annotation = others[0]
        else:
            return annotation, said


def _rules(annotation: Any) -> dict[str, Any]:
    # `Field(ge=1)` and the like, by name.
    found: dict[str, Any] = {}
    for said in _plain(annotation)[1]:
        for one in (said, *getattr(said, "metadata", ())):
            for name in ("ge", "gt", "le", "lt", "min_length", "max_length"):
                if getattr(one, name, None) is not None:
                    found[name] = getattr(one, name)
    return found


_Limits = tuple[float, float]


def _limits(control: Tag, annotation: Any) -> _Limits:
    rules = _rules(annotation)
    low = _number(attribute(control, "min"), rules.get("ge", rules.get("gt", 0) + ("gt" in rules)))
    high = _number(attribute(control, "max"), rules.get("le", rules.get("lt", low + 11) - 1))
    return low, max(low, high)


def _number(text: str | None, default: Any) -> float:
    try:
        return float(text) if text else float(default)
    except (TypeError, ValueError):
        return 0.0


def _lengths(control: Tag, annotation: Any) -> tuple[int, int]:
    rules = _rules(annotation)
    low = int(_number(attribute(control, "minlength"), rules.get("min_length", 0)))
    return low, int(_number(attribute(control, "maxlength"), rules.get("max_length", 1000)))


def _choices(annotation: Any) -> list[str]:
    kind = _plain(annotation)[0]
    if typing.get_origin(kind) is Literal:
        return [str(one) for one in typing.get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(one.value) for one in kind]
    return []


Make = typing.Callable[[Random, _Limits], str]


def _whole(random: Random, limits: _Limits) -> str:
    return str(random.randint(round(limits[0]), max(round(limits[0]), int(limits[1]))))


def _day(random: Random, limits: _Limits) -> str:
    return f"2026-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def _hour(random: Random, limits: _Limits) -> str:
    return f"{random.randint(0, 23):02}:{random.randint(0, 59):02}"


#: By the type of an input; what is not here is text.
_MADE: dict[str, Make] = {
    "number": _whole,
    "range": _whole,
    "date": _day,
    "time": _hour,
    "datetime-local": lambda random, limits: f"{_day(random, limits)}T{_hour(random, limits)}",
    "month": lambda random, limits: _day(random, limits)[:7],
    "week": lambda random, limits: f"2026-W{random.randint(1, 52):02}",
    "color": lambda random, limits: f"#{random.randrange(1 << 24):06x}",
    "email": lambda random, limits: "person@example.com",
    "url": lambda random, limits: f"https://example.com/{random.randint(1, 99)}",
    "tel": lambda random, limits: f"+49 30 {random.randint(10000, 99999)}",
}

#: By the annotation of a parameter.
_BY_TYPE: dict[type, Make] = {
    bool: lambda random, limits: "on",
    int: _whole,
    float: _whole,
    Decimal: _whole,
    datetime: _MADE["datetime-local"],
    date: _day,
    time: _hour,
    UUID: lambda random, limits: str(UUID(int=random.getrandbits(128), version=4)),
}


def _made_for(annotation: Any) -> Make | None:
    kind = _plain(annotation)[0]
    return _BY_TYPE.get(kind) if isinstance(kind, type) else None
