"""Outlines: rendered HTML without that of nested bindings, for digests; rows that two lists share.

In the output of what encloses it a node's HTML stands as `Framed`, and rows that were not rendered
again as `Staying`: so the digest of what is around them doesn't cover them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence


class Framed(str):
    """The HTML of a node, in the output of what encloses it."""

    __slots__ = ("id",)
    id: str

    def __new__(cls, html: str, id: str) -> Framed:
        made = str.__new__(cls, html)
        made.id = id
        return made


class Staying(str):
    """Rows of a list that need no rendering, in the output of the list."""

    __slots__ = ("ids",)
    ids: Sequence[str]

    def __new__(cls, ids: Sequence[str]) -> Staying:
        made = str.__new__(cls)
        made.ids = ids
        return made


def common_ends(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, int]:
    """Return how many items are the same at the beginning, and of the rest at the end.

    >>> common_ends(("a", "b", "c", "d"), ("a", "x", "d"))
    (1, 1)
    """
    most = min(len(one), len(other))
    head = _last(most, lambda a, b: one[a:b] == other[a:b])
    end, end_ = len(one), len(other)
    return head, _last(
        most - head, lambda a, b: one[end - b : end - a] == other[end_ - b : end_ - a]
    )


def trimmed(
    one: tuple[str, ...], other: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return both without what is the same at their ends.

    >>> trimmed(("a", "b", "c", "d"), ("a", "x", "d"))
    (('b', 'c'), ('x',))
    """
    head, tail = common_ends(one, other)
    return one[head : len(one) - tail], other[head : len(other) - tail]


def _last(most: int, same: Callable[[int, int], bool]) -> int:
    # By halves, so that slices are compared and not items: a list may have many rows.
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        if same(low, middle):
            low = middle
        else:
            most = middle - 1
    return low


def outline(pieces: Iterable[str], *, ordered: bool = True) -> tuple[tuple[str, ...], str]:
    """Return the ids of the nodes in *pieces*, and what is around them.

    Where *ordered*, that says which node stands where; for a list it leaves them out.
    """
    own: list[str] = []
    kids: list[str] = []
    for part in pieces:
        if type(part) is str:  # as nearly all
            own.append(part)
        elif type(part) is Framed:
            if part.id:
                kids.append(part.id)
            if ordered:
                own.append(f"\0{part.id}\0")
        elif type(part) is Staying:
            kids.extend(part.ids)
        else:
            own.append(part)
    return tuple(kids), "".join(own)
