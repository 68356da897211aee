"""Items of lists that are moved, as `static/htealeaf.moves.js` moves them.

Rule: a list takes an item of its own, and those of each list that says the same group, unless the
item has the list in it.
"""

from __future__ import annotations

from typing import Any

from bs4 import Tag

from htealeaf.testing.failures import PageFailure
from htealeaf.testing.trees import attribute, tags
from htealeaf.wire.names import Attribute

_MOVE = f"{Attribute.EVENT}move"


def lists_of(item: Tag) -> list[Tag]:
    """Return the lists that *item* may stand in; its own is the first."""
    own = item.parent
    if own is None:
        return []
    group = attribute(own, Attribute.GROUP)
    page = [item, *item.parents][-1]
    inside = {id(one) for one in item.find_all(True)}
    others = [] if group is None else [one for one in tags(page) if id(one) not in inside]
    return [own, *(one for one in others if _is_of(one, group) and one is not own)]


def _is_of(tag: Tag, group: str | None) -> bool:
    return attribute(tag, Attribute.GROUP) == group


def moved(item: Tag, to: Tag, index: int | None) -> dict[str, Any] | None:
    """Return what the event says of a move; None when it stays where it is.

    Args:
        item: What is moved.
        to: The list that it comes to.
        index: Its place there, counted without it; None for the last.

    Raises:
        PageFailure: There is no such place.
    """
    others = [one for one in to.find_all(True, recursive=False) if _MOVE in one.attrs]
    now = next((at for at, one in enumerate(others) if one is item), None)
    others = [one for one in others if one is not item]
    at = len(others) if index is None else index
    if not 0 <= at <= len(others):
        raise PageFailure(f"the list has places from 0 to {len(others)}, and none {at}")
    if at == now:
        return None
    before = attribute(others[at], "id") if at < len(others) else None
    return {"index": at, "list": attribute(to, "id") or "", "before": before or ""}
