"""Entries of forms: names and texts, put together by the brackets of the names.

A form sends a flat list, `lines[0][price]` and a text. `nested` makes a tree of nodes of it, with
rows in the order of their numbers; `as_sent` goes the other way, from what a function calls a field
to the name that its control has.

Rule: what a form sends is counted before it is put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final, TypeAlias

from htealeaf.errors import BadRequest

#: A name and what stands under it: a text, or a file as whoever read it gives it.
Entry: TypeAlias = tuple[str, Any]

MAX_ENTRIES: Final = 5000  #: of one form
MAX_NESTED: Final = 8  #: brackets behind one name
_DIGITS: Final = 16  # of a row's number: one that a browser adds has its time in milliseconds

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_PART = re.compile(r"\[([^\[\]]*)\]")


class Node:
    """What stands under one name: values, and what has brackets behind the name."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.inner: dict[str, Node] = {}

    @cached_property
    def rows(self) -> list[tuple[str, Node]]:
        """Return what stands under numbers, in their order; numbers may be left out.

        It is asked for each value that is refused, and found once, when all is read.
        """
        numbered = [key for key in self.inner if _is_number(key)]
        return [(key, self.inner[key]) for key in sorted(numbered, key=int)]


def _is_number(key: str) -> bool:
    # Of a row. To read a number of thousands of digits takes its time.
    return key.isascii() and key.isdigit() and len(key) <= _DIGITS


def nested(entries: Iterable[Entry]) -> dict[str, Node]:
    """Return *entries* by name, those with brackets inside of each other.

    Raises:
        BadRequest: There are too many, or names are nested too deeply.

    >>> found = nested([("tag", "a"), ("tag", "b"), ("lines[2][price]", "1.50")])
    >>> found["tag"].values, found["lines"].rows[0][1].inner["price"].values
    (['a', 'b'], ['1.50'])
    """
    top = Node()
    for count, (name, value) in enumerate(entries):
        if count >= MAX_ENTRIES:
            raise BadRequest(f"a form has at most {MAX_ENTRIES} fields")
        node = top
        for part in (name,) if "[" not in name else _parts_of(name):
            found = node.inner.get(part)
            if found is None:
                found = node.inner[part] = Node()
            node = found
        node.values.append(value)
    return top.inner


def as_sent(messages: Mapping[str, str], entries: Iterable[Entry]) -> dict[str, str]:
    """Return *messages* by the names that controls have in the form.

    A function counts the rows that it gets; a form may leave numbers out.

    >>> as_sent({"lines[1][price]": "No."}, [("lines[0][price]", "1"), ("lines[7][price]", "2")])
    {'lines[7][price]': 'No.'}
    """
    if not any("[" in name for name in messages):
        return dict(messages)
    tree = nested(entries)
    return {_as_sent(name, tree): text for name, text in messages.items()}


def _as_sent(name: str, tree: Mapping[str, Node]) -> str:
    first, *parts = _parts_of(name)
    node = tree.get(first)
    for part in parts:
        rows = node.rows if node is not None and _is_number(part) else []
        key = rows[int(part)][0] if rows and int(part) < len(rows) else part
        first += f"[{key}]"
        node = node.inner.get(key) if node is not None else None
    return first


def is_text(value: Any) -> bool:
    """Tell whether a form could have sent *value*: texts, lists of these, rows of names and texts.

    >>> is_text(["a", {"price": "1"}]), is_text(["a", 1])
    (True, False)
    """
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value)
    if isinstance(value, (list, tuple)):
        return all(isinstance(item, (str, Mapping)) and is_text(item) for item in value)
    return isinstance(value, str)


def node_of(value: Any) -> Node:
    """Return what stands under a name for *value*, which Python gave."""
    node = Node()
    if isinstance(value, Mapping):
        node.inner = {key: node_of(inner) for key, inner in value.items()}
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        node.inner = {str(at): node_of(item) for at, item in enumerate(value)}
    else:
        node.values = [*value] if isinstance(value, (list, tuple)) else [value]
    return node


def _parts_of(name: str) -> list[str]:
    match = _NAME.match(name)
    parts = [name] if match is None else [match[1], *_PART.findall(match[2])]
    if len(parts) > MAX_NESTED:
        raise BadRequest("the names of a form are nested too deeply")
    return parts
