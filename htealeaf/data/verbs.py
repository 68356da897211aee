"""What the verbs do to a document.

A *mutation* is a wish: a verb, a path, a value. `apply` grants it and returns the new document
and the *changes*, which say what happened where. This is the one implementation of the verbs, for
Python, for actions and for HTTP.

| verb | what it does at the path |
|---|---|
| `update` | adds a number to a number, merges a dict into a dict, else replaces; creates |
| `set` | appends to a list what is no list itself, else replaces; creates |
| `replace` | replaces; creates |
| `increment` | adds to a number (1 when the value is None) |
| `toggle` | turns a bool over |
| `append` | puts the value at the end of a list; with `keep`, only the last `keep` items stay |
| `insert` | puts the value into a list, before the item at the path; `-` is the end |
| `merge` | sets each key of the value, a dict, in a dict; not deeper, and null is a value |
| `move` | moves a list item within its list, to the place that the value names |
| `delete` | takes away a list item or a dict key |
| `clear` | empties a list or a dict |

Rule 1: all or nothing. An error leaves no trace, because only new values are made, by copying
along the path. What is beside the path is the same object before and after.

Rule 2: bool is no number, and 1, 1.0 and true are three values.

Rule 3: a mutation that alters nothing has no changes, and gives back the same document.

"Creates" means: the last segment may be a new key of a dict. A list grows by `append`, `set` and
`insert` only, and every place above has to exist.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import isfinite
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from htealeaf.data.documents import (
    LIMITS,
    MAX_DEPTH,
    MAX_INT_BITS,
    MISSING,
    FrozenDict,
    FrozenList,
    Json,
    Limits,
    Missing,
    freeze,
    frozen_list,
    key_text,
    kind_of,
    not_found,
    position,
    same,
)
from htealeaf.data.paths import ROOT, Path, is_index, parse, selector
from htealeaf.errors import InvalidPath, InvalidValue, PathNotFound, WrongType

__all__ = ["VERBS", "Change", "Kind", "Mutation", "apply", "apply_all", "carry", "rebase"]

Kind: TypeAlias = Literal["set", "replace", "insert", "delete", "move"]


class Mutation(NamedTuple):
    """A wish to change a document.

    Attributes:
        verb: One of `VERBS`.
        path: The place, as it was asked for; `field=value` is resolved by `apply`.
        value: What the verb needs. For `move` the new place: an index counted after the item was
            taken out (as in JSON Patch), or text: `2`, `-` for the end, `field=value` for the
            index that this item has now, or a whole path that ends so, in the same list.
        keep: For `append`: how many items stay, the last ones.
    """

    verb: str
    path: Path
    value: Json = None
    keep: int | None = None


class Change(NamedTuple):
    """What an accepted mutation did at one place.

    Attributes:
        kind: `set`: a scalar was edited in place, or a dict key created. `replace`: a dict or
            list went or came, as a whole. `insert`, `delete`, `move`: of a list item; `delete`
            also of a dict key.
        path: The place, without `field=value`: of the item or key itself.
        at: The index in the list when the container is a list, else -1.
        to: For `move`: the index after it.
        size: For `insert`, `delete` and `move` in a list: its length before or after, whichever
            is more. The indexes from `at` to `size - 1` mean something else now.
        created: A dict key that was not there before.
    """

    kind: Kind
    path: Path
    at: int = -1
    to: int = -1
    size: int = 0
    created: bool = False


Applied: TypeAlias = tuple[Json, tuple[Change, ...]]


def apply(root: Json, mutation: Mutation, version: int) -> Applied:
    """Return the document after *mutation*, and what that changed.

    The cost is a copy of the containers along the path.

    Args:
        root: The document, frozen.
        mutation: The wish.
        version: The journal number that this will have: the shape version of new or reshaped lists.

    Returns:
        The new root and the changes, in the order in which they happened: the path of each is
        one in the document as the changes before it left it. No change gives `(root, ())`.

    Raises:
        PathNotFound: There is no such place.
        WrongType: The verb does not fit what is there.
        InvalidValue: An unknown verb, a value that is no JSON, or one that does not fit the verb.

    >>> root, changes = apply(freeze({"counter": 1}), Mutation("update", Path(("counter",)), 2), 7)
    >>> root, changes[0].kind, changes[0].path
    ({'counter': 3}, 'set', Path('counter'))
    """
    do = _VERBS.get(mutation.verb)
    if do is None:
        raise InvalidValue(f"no verb {mutation.verb!r}; there is: {', '.join(VERBS)}")
    if mutation.keep is not None:
        _check_keep(mutation)
    return do(root, mutation, version)


def apply_all(root: Json, mutations: Iterable[Mutation], version: int) -> Applied:
    """Return the document after *mutations*, one after the other, and all changes in order.

    Raises:
        HtealeafError: What `apply` raises; then none of them happened.
    """
    changes: list[Change] = []
    for mutation in mutations:
        root, more = apply(root, mutation, version)
        changes += more
    return root, tuple(changes)


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
                path = _with_index(path, depth, at)
        elif path[:length] == change.path and (length <= last or change.at >= 0):
            return None
    return path


def rebase(root: Json, mutation: Mutation, changes: Iterable[Change]) -> Mutation | None:
    """Return *mutation*, wished for before *changes*, as the same wish for *root*, after them.

    Unlike `carry` it knows the document: what in a path is an index, and which item
    `field=value` meant. The place that a `move` goes to is carried along, too.

    Returns:
        The mutation with a carried path; None when the thing that was meant is gone.

    >>> root = freeze({"todo": ["new", "a", "b"]})
    >>> delete_b = Mutation("delete", Path(("todo", "1")))
    >>> rebase(root, delete_b, [Change("insert", Path(("todo", "0")), at=0, size=3)]).path
    Path('todo/2')
    """
    history = tuple(changes)
    path = _rebase_path(root, mutation.path, history)
    if path is None:
        return None
    if mutation.verb != "move":
        return mutation._replace(path=path)
    to = _rebase_target(root, mutation, path, history)
    return None if to is None else mutation._replace(path=path, value=to)


class _Spot(NamedTuple):
    # Where a path leads: the containers on the way with the key taken in each, from the root
    # down, the concrete path, and what is there.
    trail: list[tuple[Json, str | int]]
    path: Path
    value: Json | Missing


def _spot(root: Json, path: Path) -> _Spot:
    trail: list[tuple[Json, str | int]] = []
    value: Json | Missing = root
    exact = path
    for depth, segment in enumerate(path):
        if isinstance(value, dict):
            trail.append((value, segment))
            value = value.get(segment, MISSING)
            if value is MISSING and depth < len(path) - 1:
                raise not_found(path, depth, trail[-1][0])
        elif isinstance(value, list):
            at = position(value, segment)
            if at is None:
                raise not_found(path, depth, value)
            if not is_index(segment):
                exact = _with_index(exact, depth, at)
            trail.append((value, at))
            value = value[at]
        else:
            assert not isinstance(value, Missing)
            raise not_found(path, depth, value)
    return _Spot(trail, exact, value)


def _present(root: Json, mutation: Mutation) -> tuple[_Spot, Json]:
    spot = _spot(root, mutation.path)
    if isinstance(spot.value, Missing):
        raise not_found(mutation.path, len(mutation.path) - 1, spot.trail[-1][0])
    return spot, spot.value


def _frozen(value: Json, version: int, depth: int) -> Json:
    if isinstance(value, (dict, list, tuple)):
        # What is stored is never deeper than a path can be long, so every place can be reached.
        return freeze(value, version, Limits(MAX_DEPTH - depth, LIMITS.items))
    return freeze(value)


def _rebuilt(trail: list[tuple[Json, str | int]], value: Json) -> Json:
    for container, key in reversed(trail):
        if type(key) is str:
            keys = FrozenDict(container)  # type: ignore[arg-type]
            _set_key(keys, key, value)
            value = keys
        else:
            value = _with_item(container, key, value)  # type: ignore[arg-type]
    return value


# Frozen values refuse to be changed. Here they are not known to anybody yet.
_set_key, _delete_key = dict.__setitem__, dict.__delitem__
_set_item, _delete_item = list.__setitem__, list.__delitem__


def _with_item(container: Json, at: int, value: Json) -> Json:
    assert isinstance(container, FrozenList)
    old = container[at]
    made = frozen_list(container, container.version)
    _set_item(made, at, value)
    known = list(container.keys.items())  # a reader may add to it meanwhile
    made.keys = {field: where for field, where in known if _same_key(old, value, field)}
    return made


def _same_key(old: Json, new: Json, field: str) -> bool:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    return key_text(old.get(field)) == key_text(new.get(field))


_CONTAINERS = (dict, list)
_NUMBERS = (int, float)  # exact types: a bool is none


def _put(root: Json, spot: _Spot, value: Json, version: int) -> Applied:
    old = spot.value
    if not isinstance(old, Missing) and same(old, value):
        return root, ()
    created = old is MISSING
    whole = not created and (isinstance(old, _CONTAINERS) or isinstance(value, _CONTAINERS))
    key = spot.trail[-1][1] if spot.trail else ""
    at = key if type(key) is int else -1
    change = Change("replace" if whole else "set", spot.path, at, -1, 0, created)
    if whole and at >= 0:
        items = _replaced(spot.trail[-1][0], at, value, version)
        return _rebuilt(spot.trail[:-1], items), (change,)
    return _rebuilt(spot.trail, value), (change,)


def _replaced(container: Json, at: int, value: Json, version: int) -> Json:
    assert isinstance(container, list)
    items = frozen_list(container, version)
    _set_item(items, at, value)
    return items


def _wrong(mutation: Mutation, needs: str, found: Json, path: Path | None = None) -> WrongType:
    place = mutation.path if path is None else path
    where = f"at '{place}'" if place else "at the root"
    return WrongType(f"{mutation.verb} needs {needs} {where}; there is {kind_of(found)}")


def _update(root: Json, mutation: Mutation, version: int) -> Applied:
    spot = _spot(root, mutation.path)
    if type(spot.value) in _NUMBERS and type(mutation.value) in _NUMBERS:
        return _put(root, spot, _sum(spot.value, mutation.value), version)
    if isinstance(spot.value, dict) and isinstance(mutation.value, dict):
        return _merge_into(root, spot, mutation.value, version)
    return _put(root, spot, _frozen(mutation.value, version, len(spot.path)), version)


def _set(root: Json, mutation: Mutation, version: int) -> Applied:
    spot = _spot(root, mutation.path)
    if isinstance(spot.value, list) and not isinstance(mutation.value, (list, tuple)):
        return _append_to(root, spot, spot.value, mutation, version)
    return _put(root, spot, _frozen(mutation.value, version, len(spot.path)), version)


def _replace(root: Json, mutation: Mutation, version: int) -> Applied:
    spot = _spot(root, mutation.path)
    return _put(root, spot, _frozen(mutation.value, version, len(spot.path)), version)


def _increment(root: Json, mutation: Mutation, version: int) -> Applied:
    spot, old = _present(root, mutation)
    if type(old) not in _NUMBERS:
        raise _wrong(mutation, "a number", old)
    step: Json = 1 if mutation.value is None else mutation.value
    if type(step) not in _NUMBERS:
        raise InvalidValue(f"increment adds a number; this is {kind_of(step)}")
    return _put(root, spot, _sum(old, step), version)


def _toggle(root: Json, mutation: Mutation, version: int) -> Applied:
    spot, old = _present(root, mutation)
    if type(old) is not bool:
        raise _wrong(mutation, "a bool", old)
    return _put(root, spot, not old, version)


def _append(root: Json, mutation: Mutation, version: int) -> Applied:
    spot, items = _present(root, mutation)
    if not isinstance(items, list):
        raise _wrong(mutation, "a list", items)
    return _append_to(root, spot, items, mutation, version)


def _insert(root: Json, mutation: Mutation, version: int) -> Applied:
    path = mutation.path
    if not path:
        raise WrongType("insert needs a place in a list, such as 'todo/0' or 'todo/-'")
    spot, items = _present(root, mutation._replace(path=Path(path[:-1])))
    if not isinstance(items, list):
        raise _wrong(mutation, "a list", items, Path(path[:-1]))
    at = _insert_position(items, path)
    value = _frozen(mutation.value, version, len(path))
    new = frozen_list([*items[:at], value, *items[at:]], version)
    change = Change("insert", Path((*spot.path, str(at))), at, size=len(new))
    return _rebuilt(spot.trail, new), (change,)


def _merge(root: Json, mutation: Mutation, version: int) -> Applied:
    spot, old = _present(root, mutation)
    if not isinstance(old, dict):
        raise _wrong(mutation, "a dict", old)
    if not isinstance(mutation.value, dict):
        raise InvalidValue(f"merge takes a dict; this is {kind_of(mutation.value)}")
    return _merge_into(root, spot, mutation.value, version)


def _move(root: Json, mutation: Mutation, version: int) -> Applied:
    spot, item = _present(root, mutation)
    items, at = spot.trail[-1] if spot.trail else (None, "")
    if not isinstance(items, list) or type(at) is not int:
        raise _wrong(mutation, "an item of a list", item)
    to = _target(root, mutation, Path(spot.path[:-1]), items)
    if all(same(other, item) for other in items[min(at, to) : max(at, to) + 1]):
        return root, ()
    rest = items[:]
    rest.insert(to, rest.pop(at))
    change = Change("move", spot.path, at, to, size=len(items))
    return _rebuilt(spot.trail[:-1], frozen_list(rest, version)), (change,)


def _delete(root: Json, mutation: Mutation, version: int) -> Applied:
    if not mutation.path:
        raise WrongType("delete needs a place below the root; use clear, or replace the root")
    spot, _ = _present(root, mutation)
    container, key = spot.trail[-1]
    if type(key) is int:
        assert isinstance(container, list)
        rest = frozen_list(container, version)
        _delete_item(rest, key)
        change = Change("delete", spot.path, key, size=len(container))
        return _rebuilt(spot.trail[:-1], rest), (change,)
    assert isinstance(container, dict)
    assert type(key) is str
    keys = FrozenDict(container)
    _delete_key(keys, key)
    return _rebuilt(spot.trail[:-1], keys), (Change("delete", spot.path),)


def _clear(root: Json, mutation: Mutation, version: int) -> Applied:
    spot, old = _present(root, mutation)
    if isinstance(old, list):
        return _put(root, spot, frozen_list([], version), version)
    if isinstance(old, dict):
        return _put(root, spot, FrozenDict(), version)
    raise _wrong(mutation, "a list or a dict", old)


def _sum(one: Any, other: Any) -> Json:
    try:
        total: int | float = one + other
    except OverflowError:
        raise InvalidValue("the sum is too large for a float") from None
    if isinstance(total, int):
        if total.bit_length() > MAX_INT_BITS:
            raise InvalidValue(f"the sum has more than {MAX_INT_BITS} bits")
    elif not isfinite(total):
        raise InvalidValue("the sum is not finite, and JSON has no word for that")
    return total


def _check_keep(mutation: Mutation) -> None:
    if mutation.verb != "append":
        raise InvalidValue(f"keep goes with append, not with {mutation.verb}")
    if type(mutation.keep) is not int or mutation.keep < 1:
        raise InvalidValue("keep says how many items stay, 1 or more")


def _append_to(
    root: Json, spot: _Spot, old: list[Json], mutation: Mutation, version: int
) -> Applied:
    end = len(old)
    items = [*old, _frozen(mutation.value, version, len(spot.path) + 1)]
    changes = [Change("insert", Path((*spot.path, str(end))), end, size=end + 1)]
    surplus = 0 if mutation.keep is None else max(0, len(items) - mutation.keep)
    if surplus and same(items[surplus:], old):
        return root, ()
    first = Path((*spot.path, "0"))
    changes += [Change("delete", first, 0, size=end + 1 - gone) for gone in range(surplus)]
    return _rebuilt(spot.trail, frozen_list(items[surplus:], version)), tuple(changes)


def _merge_into(root: Json, spot: _Spot, value: dict[str, Json], version: int) -> Applied:
    assert isinstance(spot.value, dict)
    more = _frozen(value, version, len(spot.path))
    assert isinstance(more, dict)
    keys = FrozenDict(spot.value)
    changes: list[Change] = []
    for key, item in more.items():
        step = _Spot([], Path((*spot.path, key)), keys.get(key, MISSING))
        _, change = _put(None, step, item, version)
        if change:
            _set_key(keys, key, item)
            changes += change
    return (_rebuilt(spot.trail, keys), tuple(changes)) if changes else (root, ())


def _insert_position(items: list[Json], path: Path) -> int:
    segment = path[-1]
    if segment == "-" or segment == str(len(items)):
        return len(items)
    at = position(items, segment)
    if at is None:
        raise not_found(path, len(path) - 1, items)
    return at


def _target(root: Json, mutation: Mutation, parent: Path, items: list[Json]) -> int:
    segment = _target_segment(root, mutation.value, parent)
    at = len(items) - 1 if segment == "-" else position(items, segment)
    if at is None:
        raise InvalidValue(f"move goes to an index from 0 to {len(items) - 1}, or '-'")
    return at


def _target_segment(root: Json, value: Json, parent: Path) -> str:
    if type(value) is int:
        return str(value)
    if type(value) is not str:
        raise InvalidValue(
            f"move goes to an index or a path in the same list, not {kind_of(value)}"
        )
    try:
        path = parse(value)
    except InvalidPath as error:
        raise InvalidValue(str(error)) from None
    if len(path) > 1 and _list_of(root, path) != parent:
        raise InvalidValue("move stays in one list; to another one, insert there and delete here")
    return path[-1] if path else ""


def _list_of(root: Json, path: Path) -> Path | None:
    try:
        return _spot(root, Path(path[:-1])).path
    except PathNotFound:
        return None


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
            path = _with_index(path, depth, at)
    return path


def _with_index(path: Path, depth: int, at: int) -> Path:
    return Path((*path[:depth], str(at), *path[depth + 1 :]))


def _rebase_path(root: Json, path: Path, changes: tuple[Change, ...]) -> Path | None:
    # One segment after the other: only the document of now can say what a segment is, and only
    # a carried prefix leads to the right place in it.
    before = now = ROOT
    indexes: set[int] = set()
    for depth, segment in enumerate(path):
        container = _find(root, now)
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


def _find(root: Json, path: Path) -> Json | Missing:
    try:
        return _spot(root, path).value
    except PathNotFound:
        return MISSING


def _rebase_target(root: Json, mutation: Mutation, path: Path, changes: tuple[Change, ...]) -> Json:
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


_VERBS: Final[dict[str, Callable[[Json, Mutation, int], Applied]]] = {
    "update": _update,
    "set": _set,
    "replace": _replace,
    "increment": _increment,
    "toggle": _toggle,
    "append": _append,
    "insert": _insert,
    "merge": _merge,
    "move": _move,
    "delete": _delete,
    "clear": _clear,
}

#: Every verb, in the order of the table above.
VERBS: Final = tuple(_VERBS)
