"""Readers: what a form sent under one name, as pydantic is to find it for an annotation.

Conversion is pydantic's. What only HTML has is read here first: boxes that are ticked or not sent
at all, empty texts, names that stand there often, rows, and choices by their text.

Rule: nothing is refused here. What an annotation has no use for is `WRONG`, which pydantic refuses.
"""

from __future__ import annotations

import enum
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final, Literal, TypeAlias, Union

from htealeaf.data.annotations import MANY, choice_of, fields_of, may_be_none, plain
from htealeaf.wire.entries import Node

MISSING: Final = object()  #: nothing was sent
#: No text, whatever it stands for: it is refused as what the annotation is not.
WRONG: Final = object()
_YES = frozenset({"on", "true", "1", "yes"})
_NO = frozenset({"off", "false", "0", "no", ""})

Reader: TypeAlias = Callable[["Node | None"], Any]


def reader_of(annotation: Any) -> Reader:
    """Return what makes of a node of a form what pydantic then converts to *annotation*."""
    annotation = plain(annotation)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        others = [arg for arg in args if arg is not type(None)]
        if len(others) < len(args):
            return _optional(reader_of(others[0]) if len(others) == 1 else _text)
        return _text
    if annotation is bool:
        return _box
    if annotation is str or annotation is Any:
        return _text
    if origin in MANY or annotation in MANY:
        return _many(args[0] if args else str)
    if origin is Literal:
        choice = _choice([arg for arg in args if arg is not None])
        return _optional(choice) if may_be_none(annotation) else choice
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _choice([*annotation])
    fields = fields_of(annotation)
    if fields is not None:
        return _record({name: field.annotation for name, field in fields.items()})
    if annotation in (date, datetime, time):
        return _point_in_time
    return _value


def _last(node: Node | None) -> Any:
    return node.values[-1] if node is not None and node.values else MISSING


def _text(node: Node | None) -> Any:
    return _last(node)


def _value(node: Node | None) -> Any:
    value = _last(node)
    return MISSING if isinstance(value, str) and not value.strip() else value


def _point_in_time(node: Node | None) -> Any:
    # Digits alone would be taken for seconds since 1970.
    value = _value(node)
    return WRONG if isinstance(value, str) and not re.search(r"\d[-:]\d", value) else value


def _box(node: Node | None) -> Any:
    value = _last(node)
    if not isinstance(value, str):
        return False if value is MISSING else value
    word = value.lower()
    return word not in _NO if word in _YES or word in _NO else True


def _optional(read: Reader) -> Reader:
    def optional(node: Node | None) -> Any:
        if node is None or not (node.values or node.inner):
            return MISSING
        if not node.inner and node.values[-1] in ("", None) and len(node.values) == 1:
            return None
        return read(node)

    return optional


def _many(item: Any) -> Reader:
    read = reader_of(item)
    keeps_empty = plain(item) is str

    def many(node: Node | None) -> Any:
        if node is None:
            return []
        found = []
        for value in node.values:
            if value is not None and (value != "" or keeps_empty):
                one = Node()
                one.values.append(value)
                found.append(read(one))
        rows = [read(row) for _, row in node.rows]
        return found + [WRONG if row is MISSING else row for row in rows]

    return many


def _choice(values: Sequence[Any]) -> Reader:
    known = {text: value for value in values for text in _texts_of(value)}

    def choice(node: Node | None) -> Any:
        value = _last(node)
        if value == "" and "" not in known:
            return MISSING
        return known.get(value, value) if isinstance(value, str) else value

    return choice


def _texts_of(value: Any) -> tuple[str, ...]:
    one = value.value if isinstance(value, enum.Enum) else value
    ticked = ("on",) if one is True else ()  # what a box sends
    return (*ticked, str(one), choice_of(value))


def _record(fields: Mapping[str, Any]) -> Reader:
    readers: dict[str, Reader] = {}

    def record(node: Node | None) -> Any:
        if not readers:  # made at the first use, as a type may hold itself
            readers.update({name: reader_of(annotation) for name, annotation in fields.items()})
        if node is None or not node.inner:
            return _last(node)
        read = {name: reader(node.inner.get(name)) for name, reader in readers.items()}
        return {name: value for name, value in read.items() if value is not MISSING}

    return record
