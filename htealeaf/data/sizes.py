"""Sizes of documents: the bytes they take in memory, about; and as JSON, for bounds.

What CPython gives for one object is exact; how objects are shared is guessed. Documents share what
did not change, so what a change adds is found without looking at all of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from operator import is_
from sys import getsizeof
from typing import Any

from htealeaf.data.documents import MISSING, FrozenDict, FrozenList, child, find
from htealeaf.data.paths import Path, is_index
from htealeaf.data.verbs import Change

ENTRY = 400  #: bytes of an entry without documents
_KEPT = ("insert", "move")  # changes after which all that was there is there still


def size_of(value: Any) -> int:
    """Return about how many bytes *value* takes, with all that is in it.

    The cost is the number of values in it.
    """
    size, waiting = 0, [value]
    while waiting:
        value = waiting.pop()
        size += getsizeof(value)
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return size


def weight_of(changes: tuple[Change, ...], before: Any, after: Any) -> int:
    """Return about how many bytes an entry of a history keeps alive that nothing else does.

    Documents share what did not change, so it is the containers on the way to each change, and
    what was replaced or taken away. The cost is the depth, and the number of values in the latter.
    """
    if before is after:
        return ENTRY
    seen: set[int] = set()
    size = ENTRY
    for change in changes:
        size += _change(change, before, seen)
    return size


def _change(change: Change, value: Any, seen: set[int]) -> int:
    size = 0
    for segment in change.path:
        if value is MISSING:
            return size
        if id(value) not in seen:
            seen.add(id(value))
            size += getsizeof(value)
            if change.size and type(value) is FrozenList:
                # Shifted items have another index by key, too.
                size += sum(map(getsizeof, value.keys.copy().values()))
        if type(value) is FrozenDict:
            value = value.get(segment, MISSING)
        elif type(value) is FrozenList and is_index(segment):  # as places of changes are
            value = value[int(segment)] if int(segment) < len(value) else MISSING
        else:
            value = child(value, segment)
    if value is MISSING or change.kind in _KEPT or id(value) in seen:
        return size
    return size + (size_of(value) if isinstance(value, (dict, list)) else getsizeof(value))


# -- as JSON -------------------------------------------------------------------------------

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def json_size(value: Any) -> int:
    """Return how many bytes *value* has as compact JSON in UTF-8; nothing has none.

    >>> json_size({"a": [1, 2]}), json_size("\u00e9"), json_size(MISSING)
    (11, 4, 0)
    """
    if value is MISSING:
        return 0
    text = _ENCODER.encode(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def grown(changes: Sequence[Change], before: Any, after: Any) -> int:
    """Return how many bytes more *after* has as JSON than *before*, by what was changed.

    The cost is the depth and the values that came and went, not the documents.
    """
    if len(changes) != 1:
        return difference(before, after)
    change = changes[0]
    path, kind = change.path, change.kind
    if kind == "delete" or kind == "move" or not path:
        return difference(before, after)
    above = find(after, Path(path[:-1]), MISSING)
    comma = 1 if isinstance(above, (dict, list)) and len(above) > 1 else 0
    new = find(after, path, MISSING)
    if kind == "insert":
        return json_size(new) + comma
    if change.created:
        return json_size(path[-1]) + 1 + json_size(new) + comma
    return difference(find(before, path, MISSING), new)


def difference(before: Any, after: Any) -> int:
    """Return how many bytes more *after* has as JSON than *before*; what both share costs nothing.

    >>> difference([1, {"a": "x"}], [1, {"a": "xyz"}, 2])
    4
    """
    if before is after:
        return 0
    if isinstance(before, dict) and isinstance(after, dict):
        return _of_dicts(before, after)
    if isinstance(before, list) and isinstance(after, list):
        return _of_lists(before, after)
    return json_size(after) - json_size(before)


def _of_dicts(before: dict[str, Any], after: dict[str, Any]) -> int:
    size = max(len(after) - 1, 0) - max(len(before) - 1, 0)
    for key, value in after.items():
        old = before.get(key, MISSING)
        if old is not value:
            size += difference(old, value) + (json_size(key) + 1 if old is MISSING else 0)
    if len(before) + sum(key not in before for key in after) > len(after):
        gone = [key for key in before if key not in after]
        size -= sum(json_size(key) + 1 + json_size(before[key]) for key in gone)
    return size


def _of_lists(before: list[Any], after: list[Any]) -> int:
    size = max(len(after) - 1, 0) - max(len(before) - 1, 0)
    if len(before) == len(after):
        same = map(is_, before, after)
        return sum(difference(before[at], after[at]) for at, s in enumerate(same) if not s)
    first, last = 0, min(len(before), len(after))
    while first < last and before[first] is after[first]:
        first += 1
    end = 0
    while end < last - first and before[-1 - end] is after[-1 - end]:
        end += 1
    came, went = after[first : len(after) - end], before[first : len(before) - end]
    return size + sum(map(json_size, came)) - sum(map(json_size, went))


def longest(value: Any) -> int:
    """Return how many items the longest list in *value* has.

    >>> longest({"a": [[1, 2, 3], 4]}), longest("text")
    (3, 0)
    """
    most, waiting = 0, [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            most = max(most, len(value))
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()
    return most
