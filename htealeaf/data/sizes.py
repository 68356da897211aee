"""About how many bytes documents take: for bounds, which need no exact figure.

What CPython gives for one object is exact; how objects are shared is guessed.
"""

from __future__ import annotations

from sys import getsizeof
from typing import Any

from htealeaf.data.documents import MISSING, FrozenDict, FrozenList, child
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
    if len(changes) == 1:
        return ENTRY + _change(changes[0], before, None)
    seen: set[int] = set()
    return ENTRY + sum(_change(change, before, seen) for change in changes)


def _change(change: Change, value: Any, seen: set[int] | None) -> int:
    size = 0
    for segment in change.path:
        if value is MISSING:
            return size
        if seen is None or id(value) not in seen:
            size += getsizeof(value)
            if change.size and type(value) is FrozenList:
                # Shifted items have another index by key, too.
                size += sum(map(getsizeof, value.keys.copy().values()))
        if seen is not None:
            seen.add(id(value))
        value = value.get(segment, MISSING) if type(value) is FrozenDict else child(value, segment)
    if value is MISSING or change.kind in _KEPT or (seen is not None and id(value) in seen):
        return size
    return size + (size_of(value) if isinstance(value, (dict, list)) else getsizeof(value))
