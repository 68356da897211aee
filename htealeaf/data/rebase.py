"""Rebase: a mutation carried over the changes that others made meanwhile.

An action that crosses a list by index was made for the list as a page shows it. `carry` brings a
path over the changes since, `rebase` a whole mutation.

Rule: a thing that is gone is gone. A mutation is never turned to the one that stands there now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from htealeaf.data.documents import MISSING, Json, find, position
from htealeaf.data.paths import ROOT, Path, is_index, parse, selector, with_index
from htealeaf.data.verbs import Change, Mutation, verb_of

__all__ = ["carry", "rebase"]


def carry(
    path: Path, changes: Iterable[Change], indexes: Collection[int] | None = None
) -> Path | None:
    """Return where the thing at *path* is after *changes*, None when it is gone.

    A thing is a list item that the path crosses by index, or ends at. It is gone when it, or
    something above it, was deleted or replaced. A replacement below the last such item leaves the
    path alone, as it would in a document without lists. `-` and `field=value` stay as they are.

    Args:
        path: A place before the changes.
        changes: Oldest first.
        indexes: Which segments are list indexes, by position. None: all that look like one.

    >>> insert = Change("insert", Path(("todo", "0")), at=0, size=4)
    >>> carry(Path(("todo", "2", "done")), [insert])
    Path('todo/3/done')
    """
    if indexes is None:
        indexes = [depth for depth, segment in enumerate(path) if is_index(segment)]
    last = max(indexes, default=-1)
    for change in changes:
        length = len(change.path)
        if change.kind == "set" or length > last + 1:
            continue
        if change.size:
            depth = length - 1
            if depth in indexes and path[:depth] == change.path[:depth]:
                at = _index_after(int(path[depth]), change)
                if at is None:
                    return None
                path = with_index(path, depth, at)
        elif path[:length] == change.path and (length <= last or change.at >= 0):
            return None
    return path


def rebase(root: Json, mutation: Mutation, changes: Iterable[Change]) -> Mutation | None:
    """Return *mutation*, wished for before *changes*, as the same wish for *root*, after them.

    Unlike `carry` it knows the document: what in a path is an index, and which item
    `field=value` meant. The place that a `move` goes to is carried along, too.

    Returns:
        The mutation with a carried path; None when the thing that was meant is gone.

    >>> root = {"todo": ["new", "a", "b"]}
    >>> delete_b = Mutation("delete", Path(("todo", "1")))
    >>> rebase(root, delete_b, [Change("insert", Path(("todo", "0")), at=0, size=3)]).path
    Path('todo/2')
    """
    history = tuple(changes)
    path = _rebase_path(root, mutation.path, history)
    if path is None:
        return None
    if not verb_of(mutation.verb).aims:
        return mutation._replace(path=path)
    to = _rebase_aim(root, mutation, path, history)
    return None if to is None else mutation._replace(path=path, value=to)


def _index_after(at: int, change: Change) -> int | None:
    if change.kind == "insert":
        return at + (at >= change.at)
    if at == change.at:
        return change.to if change.kind == "move" else None
    at -= at > change.at
    return at + (change.kind == "move" and at >= change.to)


def _index_before(at: int, change: Change) -> int | None:
    if change.kind == "delete":
        return at + (at >= change.at)
    came_to = change.at if change.kind == "insert" else change.to
    if at == came_to:
        return change.at if change.kind == "move" else None
    at -= at > came_to
    return at + (change.kind == "move" and at >= change.at)


def _carry_back(path: Path, changes: tuple[Change, ...]) -> Path | None:
    # Where the thing at this path was before the changes. None when it was inserted by one; that
    # it came with a replacement shows when the result is carried forward again.
    for change in reversed(changes):
        depth = len(change.path) - 1
        if not change.size or depth >= len(path):
            continue
        if path[:depth] == change.path[:depth] and is_index(path[depth]):
            at = _index_before(int(path[depth]), change)
            if at is None:
                return None
            path = with_index(path, depth, at)
    return path


def _rebase_path(root: Json, path: Path, changes: tuple[Change, ...]) -> Path | None:
    # One segment after the other: only the document of now can say what a segment is, and only
    # a carried prefix leads to the right place in it.
    before = now = ROOT
    indexes: set[int] = set()
    for depth, segment in enumerate(path):
        container = find(root, now, MISSING)
        at = position(container, segment) if isinstance(container, list) else None
        if is_index(segment) and not isinstance(container, dict):
            indexes.add(depth)
        elif at is not None:
            indexes.add(depth)
            was = _carry_back(Path((*now, str(at))), changes)
            if was is None:
                return None
            before, segment = Path(was[:-1]), was[-1]
        elif isinstance(container, list) and selector(segment):
            return None
        before = Path((*before, segment))
        carried = carry(before, changes, indexes)
        if carried is None:
            return None
        now = carried
    return now


def _rebase_aim(root: Json, mutation: Mutation, path: Path, changes: tuple[Change, ...]) -> Json:
    # The item was to take the place of another one: before it when moving up, after it when
    # moving down. So it follows that other item.
    value = mutation.value
    segment = "".join(parse(value)[-1:]) if type(value) is str else str(value)
    if not is_index(segment) or not is_index(mutation.path[-1]):
        return value
    beside = _rebase_path(root, Path((*mutation.path[:-1], segment)), changes)
    if beside is None:
        return None
    was, to = int(mutation.path[-1]), int(segment)
    now, other = int(path[-1]), int(beside[-1])
    if was == to:
        return now
    return other - (now < other) if to < was else other + (now > other)
