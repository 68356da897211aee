"""Inputs: what an annotation is in HTML, with the constraints that a browser checks by itself.

`input_of` reads an annotation; `field` and `form_for` draw what it finds.

Rule: a browser never refuses what the server would take. Where HTML can't say a rule as it is, it
says less, and the server has the last word.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin

from htealeaf.data.annotations import (
    NONE_SAID,
    Inside,
    choice_of,
    fields_of,
    inside,
    is_upload,
)
from htealeaf.html.markup import Dynamic, resolved

#: What one may choose: the text that is sent, and what it says.
Options = tuple[tuple[str, Any], ...]


class Input(NamedTuple):
    """What an annotation is in HTML.

    Attributes:
        kind: A key of `field.DRAWN`: `input`, `select`, `radio`, `checkbox`, `boxes`, `group`,
            `rows`, `textarea`.
        attributes: Of the control.
        required: A person has to fill it.
        options: What one may choose.
        item: The annotation of each of several.
        title: Its label, where the annotation says one.
        hint: What helps to fill it, where the annotation says so.
    """

    kind: str
    attributes: Mapping[str, Any] = {}
    required: bool = False
    options: Options = ()
    item: Any = None
    title: str | None = None
    hint: str | None = None


def input_of(
    annotation: Any,
    default: Any = NONE_SAID,
    look: str | None = None,
    options: Iterable[Any] | None = None,
) -> Input:
    """Return what *annotation* is in HTML.

    Args:
        default: `NONE_SAID` where a value has to be given.
        look: A type of `<input>`, `textarea`, `select` or `radio`: how the author wants it.
        options: What one may choose, instead of what the annotation says: values, or pairs of a
            value and what it says.

    >>> from typing import Annotated
    >>> input_of(date).attributes, input_of(Literal["a", "b"]).options
    ({'type': 'date'}, (('a', 'A'), ('b', 'B')))
    """
    said = inside(annotation)
    chosen = options_of(said.type) if options is None else tuple(_option(one) for one in options)
    required = default is NONE_SAID and not said.optional
    found = _several(said, chosen) or _one(said, chosen, required)
    if look in ("textarea", "select", "radio"):
        found = found._replace(kind=look)
    elif look is not None:
        kept = _NUMBERS if look in ("number", "range") else _TEXTS
        attributes = {name: v for name, v in found.attributes.items() if name in kept}
        found = found._replace(kind="input", attributes={**attributes, "type": look})
    if found.kind != "input":
        attributes = {name: v for name, v in found.attributes.items() if name in _TEXTS}
        own = attributes if found.kind == "textarea" else {}
        found = found._replace(attributes=own)
    constraints = said.constraints
    return found._replace(title=constraints.get("title"), hint=constraints.get("description"))


_NUMBERS: Final = frozenset({"min", "max", "step"})
_TEXTS: Final = frozenset({"minlength", "maxlength", "pattern", "accept", "multiple"})


def words(name: str) -> str:
    """Return a name of Python's as a person reads it.

    >>> words("first_name"), words("FOOD")
    ('First name', 'Food')
    """
    text = name.replace("_", " ").strip()
    text = text.lower() if text.isupper() else text
    return text[:1].upper() + text[1:]


def text_of(value: Any) -> Any:
    """Return *value* as a control has it; a binding stays as it is.

    >>> text_of(datetime(2026, 11, 27, 9, 30)), text_of(Decimal("1E+2")), text_of(True)
    ('2026-11-27T09:30', '100', 'true')
    """
    value = resolved(value)
    if isinstance(value, (bool, enum.Enum)):
        return choice_of(value)
    if isinstance(value, (datetime, time)):
        exact = bool(value.second or value.microsecond)
        return value.replace(tzinfo=None).isoformat(timespec="auto" if exact else "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if value is None or isinstance(value, (str, int, float, Dynamic)):
        return value
    return str(value)


# -- one of some ---------------------------------------------------------------------------


def options_of(annotation: Any) -> Options:
    """Return what *annotation*, an `Enum` or a `Literal`, lets choose from; else nothing."""
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return tuple(_option(member) for member in annotation)
    if get_origin(annotation) is Literal:
        return tuple(_option(arg) for arg in get_args(annotation) if arg is not None)
    return ()


def _option(one: Any) -> tuple[str, Any]:
    if isinstance(one, tuple):
        return str(text_of(one[0])), one[1]
    if isinstance(one, enum.Enum):
        return choice_of(one), getattr(one, "label", None) or words(one.name)
    if isinstance(one, bool):
        return choice_of(one), "Yes" if one else "No"
    return str(text_of(one)), words(one) if isinstance(one, str) else str(one)


# -- by annotation -------------------------------------------------------------------------


def _several(said: Inside, options: Options) -> Input | None:
    least = said.constraints.get("min_length") or 0
    if said.item is not None and is_upload(said.item):
        accept = {**inside(said.item).constraints, **said.constraints}.get("accept")
        attributes = {"type": "file", "accept": accept, "multiple": True}
        return Input("input", attributes, least > 0)
    if said.item is not None:
        options = options or options_of(inside(said.item).type)
        kind = "boxes" if options else "rows"
        return Input(kind, item=said.item, options=options, required=least > 0)
    if fields_of(said.type) is not None:
        return Input("group")
    return None


def _one(said: Inside, options: Options, required: bool) -> Input:
    if is_upload(said.type):
        return Input("input", {"type": "file", "accept": said.constraints.get("accept")}, required)
    if said.type is bool and not said.optional:
        return Input("checkbox")
    if said.type is bool:
        return Input("select", options=(("true", "Yes"), ("false", "No")))
    if said.type is str or said.type is Any:
        required = required and not _takes_empty(said.constraints)
    if get_args(said.type) == (True,) and get_origin(said.type) is Literal:
        return Input("checkbox", required=required, options=options)
    if options:
        return Input("select", required=required, options=options)
    known = [*getattr(said.type, "__mro__", ())]
    for one in known:
        if one in _BY_TYPE:
            kind, read = _BY_TYPE[one]
            return Input("input", {"type": kind, **read(said.constraints)}, required)
    kind = _BY_NAME.get(getattr(said.type, "__name__", ""), "text")
    return Input("input", {"type": kind, **_of_text(said.constraints)}, required)


def _takes_empty(constraints: Mapping[str, Any]) -> bool:
    # A browser looks at the length and the pattern of what is not empty only.
    pattern = constraints.get("pattern")
    try:
        fits = pattern is None or re.search(pattern, "") is not None
    except re.error:
        fits = True
    return fits and not constraints.get("min_length")


def _of_text(constraints: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "minlength": constraints.get("min_length") or None,
        "maxlength": constraints.get("max_length"),
        "pattern": _pattern(constraints.get("pattern")),
    }
    return {name: value for name, value in found.items() if value is not None}


_FOREIGN: Final = re.compile(r"\(\?[^:=!]|\[\[|&&|--|~~|[+*?}]\+")
_TOKEN: Final = re.compile(
    r"""\\(?P<escaped>.)
    | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
    | (?P<times>{\d+(?:,\d*)?})
    | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_IN_CLASS: Final = re.compile(r"(\\.|[^\\])(?:-(\\[^dswDSW]|[^\\]))?", re.DOTALL)

#: What a server takes for a letter, of which a browser's `\w` knows those of ASCII only.
_WORD: Final = r"\p{Alphabetic}\p{M}\p{N}\p{Pc}\p{Join_Control}"
_RESERVED: Final = frozenset("&-!#%,:;<=>@`~")
_DOUBLE: Final = re.compile(r"([&!#$%*+,.:;<=>?@^`~])\1")  # an operator, or reserved for one
_SYNTAX: Final = frozenset(r"^$\.*+?()[]{}|/")


def _pattern(pattern: Any) -> str | None:
    # A browser's has to match the whole text, and knows no anchors at other places.
    text = getattr(pattern, "pattern", pattern)
    if not isinstance(text, str) or _FOREIGN.search(text):
        return None
    if getattr(pattern, "flags", 0) & ~re.UNICODE:
        return None
    whole = re.fullmatch(r"(\^)?(.*?)((?<!\\)\$)?", text, re.DOTALL)
    assert whole is not None
    start, inner, end = whole.groups()
    try:
        inner = _TOKEN.sub(_in_browsers, inner)
    except ValueError:
        return None
    if "|" in inner:
        inner = f"(?:{inner})" if start and end or not (start or end) else ""
        if not inner:
            return None  # an anchor of one branch only
    if "(?!" in inner and _WORD in inner:
        return None  # it would refuse more
    return f"{'' if start else '.*'}{inner}{'' if end else '.*'}"


def _in_browsers(found: re.Match[str]) -> str:
    # HTML standard, "the pattern attribute": browsers read it with the flag `v`, which takes no
    # escape without a meaning, and in a class no punctuation as it is.
    escaped, listed, times, other = found.groups()
    if escaped is not None:
        return f"[{_WORD}]" if escaped == "w" else _escape(escaped, _SYNTAX)
    if listed is not None:
        return _class(listed[1:-1])
    if times is not None:
        return str(times)
    if other in "[{":
        raise ValueError
    return f"\\{other}" if other in "]}" else str(other)


def _escape(character: str, meant: AbstractSet[str]) -> str:
    if character.isalnum() and character not in "dDsSWnrtfv123456789":
        raise ValueError  # it means something else there, or nothing
    known = character.isalnum() or character in meant
    return f"\\{character}" if known else character


def _class(inner: str) -> str:
    negated = "^" if inner.startswith("^") else ""
    # Of what is left out there must not be more.
    word = r"\w" if negated else _WORD

    def item(text: str) -> str:
        if text == r"\w":
            return word
        if len(text) > 1:
            return _escape(text[1], _SYNTAX | _RESERVED)
        return f"\\{text}" if text in "()[]{}/|-" else text

    def put(found: re.Match[str]) -> str:
        low, high = found.groups()
        if high is None:
            return item(low)
        dash = r"\-" if re.fullmatch(r"\\[dswDSW]", low) else "-"
        return f"{item(low)}{dash}{item(high)}"

    made = _IN_CLASS.sub(put, inner[len(negated) :])
    if _DOUBLE.search(made):
        raise ValueError
    return f"[{negated}{made}]"


def _of_whole(constraints: Mapping[str, Any]) -> dict[str, Any]:
    return _of_number(constraints, Decimal(1))


def _of_fraction(constraints: Mapping[str, Any]) -> dict[str, Any]:
    places = constraints.get("decimal_places")
    return _of_number(constraints, Decimal(1).scaleb(-places) if places is not None else None)


def _of_number(constraints: Mapping[str, Any], step: Decimal | None) -> dict[str, Any]:
    if constraints.get("multiple_of") is not None:
        step = Decimal(str(constraints["multiple_of"]))
    # Steps are counted from the minimum, so that has to be one itself.
    low, high = _bound(constraints, step, "ge", "gt", 1), _bound(constraints, step, "le", "lt", -1)
    found = {"min": low, "max": high, "step": "any" if step is None else format(step, "f")}
    return {name: value for name, value in found.items() if value is not None}


def _bound(
    constraints: Mapping[str, Any], step: Decimal | None, with_: str, without: str, way: int
) -> str | None:
    bounds = []
    for name in (with_, without):
        if constraints.get(name) is None:
            continue
        bound = Decimal(str(constraints[name]))
        if step:
            rounding = ROUND_CEILING if way > 0 else ROUND_FLOOR
            steps = (bound / step).to_integral_value(rounding)
            if name == without and steps * step == bound:
                steps += way
            bound = steps * step
        bounds.append(bound)
    if not bounds:
        return None
    return format(max(bounds) if way > 0 else min(bounds), "f")


def _of_time(constraints: Mapping[str, Any]) -> dict[str, Any]:
    found = {"min": constraints.get("ge"), "max": constraints.get("le")}
    found["min"] = constraints.get("gt") if found["min"] is None else found["min"]
    found["max"] = constraints.get("lt") if found["max"] is None else found["max"]
    return {name: text_of(value) for name, value in found.items() if value is not None}


def _of_moment(constraints: Mapping[str, Any]) -> dict[str, Any]:
    return {**_of_time(constraints), "step": "any"}


_Reads = Callable[[Mapping[str, Any]], dict[str, Any]]
#: The type of `<input>` for a class, and what reads its constraints.
_BY_TYPE: Final[dict[type, tuple[str, _Reads]]] = {
    datetime: ("datetime-local", _of_moment),
    date: ("date", _of_time),
    time: ("time", _of_moment),
    int: ("number", _of_whole),
    float: ("number", _of_fraction),
    Decimal: ("number", _of_fraction),
}
#: The same for classes of pydantic's, which nothing here imports.
_BY_NAME: Final[dict[str, str]] = {
    "EmailStr": "email",
    "NameEmail": "email",
    "HttpUrl": "url",
    "AnyUrl": "url",
    "AnyHttpUrl": "url",
    "SecretStr": "password",
}
