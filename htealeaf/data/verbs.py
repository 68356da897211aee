"""Verbs: how `update`, `append`, `delete` and the others change a document; one table.

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
| `extend` | puts each item of the value, a list, at the end of a list; `keep` as with `append` |
| `insert` | puts the value into a list, before the item at the path; `-` is the end |
| `merge` | sets each key of the value, a dict, in a dict; not deeper, and null is a value |
| `move` | moves a list item within its list, to the place that the value names |
| `delete` | takes away a list item or a dict key |
| `clear` | empties a list or a dict |

Rule 1: all or nothing. An error leaves no trace, because only new values are made, by copying
along the path. What is beside the path is the same object before and after.

Rule 2: bool is no number, and 1, 1.0 and true are three values.

Rule 3: a mutation that alters nothing has no changes, and gives back the same document.

Rule 4: `VERBS` is the one table of verbs. Whoever has to know what a verb means asks its row, and
what has no row is refused.

"Creates" means: the last segment may be a new key of a dict. A list grows by `append`, `extend`,
`set` and `insert` only, and every place above has to exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    find,
    freeze,
    frozen_list,
    key_text,
    kind_of,
    not_found,
    position,
    same,
)
from htealeaf.data.paths import Path, is_index, parse, with_index
from htealeaf.data.values import quick
from htealeaf.errors import InvalidPath, InvalidValue, PathNotFound, WrongType

__all__ = [
    "VERBS",
    "Change",
    "Kind",
    "Mutation",
    "Use",
    "Verb",
    "apply",
    "apply_all",
    "inserted",
    "inverse",
    "undoing",
    "verb_of",
]

Kind: TypeAlias = Literal["set", "replace", "insert", "delete", "move"]


class Mutation(NamedTuple):
    """A wish to change a document.

    Attributes:
        verb: One of `VERBS`.
        path: The place, as it was asked for; `field=value` is resolved by `apply`.
        value: What the verb needs. For `move` the new place: an index counted after the item was
            taken out (as in JSON Patch), or text: `2`, `-` for the end, `field=value` for the
            index that this item has now, or a whole path that ends so, in the same list.
        keep: For `append` and `extend`: how many items stay, the last ones.
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
    verb = VERBS.get(mutation.verb) or verb_of(mutation.verb)
    if mutation.keep is not None:
        _check_keep(mutation)
    return verb.apply(root, mutation, version)


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
                exact = with_index(exact, depth, at)
            trail.append((value, at))
            value = value[at]
        else:
            assert not isinstance(value, Missing)
            raise not_found(path, depth, value)
    return quick(_Spot, (trail, exact, value))


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
_add_item, _add_items, _put_item = list.append, list.extend, list.insert


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
    change = quick(Change, ("replace" if whole else "set", spot.path, at, -1, 0, created))
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
    use = _update_use(spot.value, mutation.value)
    if use == "adds":
        return _put(root, spot, _sum(spot.value, mutation.value), version)
    if use == "merges":
        assert isinstance(mutation.value, dict)
        return _merge_into(root, spot, mutation.value, version)
    return _put(root, spot, _frozen(mutation.value, version, len(spot.path)), version)


def _set(root: Json, mutation: Mutation, version: int) -> Applied:
    spot = _spot(root, mutation.path)
    if _set_use(spot.value, mutation.value) == "grows":
        assert isinstance(spot.value, list)
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


def _extend(root: Json, mutation: Mutation, version: int) -> Applied:
    spot, items = _present(root, mutation)
    if not isinstance(items, list):
        raise _wrong(mutation, "a list", items)
    if not isinstance(mutation.value, (list, tuple)):
        raise InvalidValue(f"extend takes a list; this is {kind_of(mutation.value)}")
    more = _frozen(mutation.value, version, len(spot.path))
    assert isinstance(more, list)
    if not more:
        return root, ()
    surplus = 0
    if mutation.keep is not None:
        more = more[-mutation.keep :]
        surplus = max(0, len(items) + len(more) - mutation.keep)
    if surplus and same([*items[surplus:], *more], items):
        return root, ()
    # What goes goes first, so that no index behind it changes once more.
    size, first = len(items), Path((*spot.path, "0"))
    gone = [Change("delete", first, 0, size=size - count) for count in range(surplus)]
    came = _insertions(spot.path, size - surplus, size - surplus, len(more))
    new = frozen_list(items[surplus:], version)
    _add_items(new, more)
    if not surplus:
        new.keys = _more_keys(items, more)
    return _rebuilt(spot.trail, new), (*gone, *came)


def _more_keys(items: list[Json], more: list[Json]) -> dict[str, dict[str, int]]:
    # Where its items are by the fields that were asked for, when *more* stand behind them.
    known = list(items.keys.items()) if isinstance(items, FrozenList) else []
    found = {field: places.copy() for field, places in known}
    for field, places in found.items():
        for at, item in enumerate(more, len(items)):
            text = key_text(item.get(field)) if isinstance(item, dict) else None
            if text is not None:
                places.setdefault(text, at)
    return found


def _insertions(path: Path, at: int, size: int, count: int) -> tuple[Change, ...]:
    return tuple(
        Change("insert", Path((*path, str(at + more))), at + more, size=size + more + 1)
        for more in range(count)
    )


def inserted(root: Json, path: Path, values: list[Json], version: int) -> Applied:
    """Return the document with *values* inserted one behind the other, the first at *path*.

    As when each was inserted by itself, at the cost of one.

    Raises:
        HtealeafError: What the first of these mutations would raise.

    >>> inserted(freeze([1, 4]), Path(("1",)), [2, 3], 7)[0]
    [1, 2, 3, 4]
    """
    mutation = Mutation("insert", path)
    spot, items = _present(root, mutation._replace(path=Path(path[:-1])))
    if not isinstance(items, list):
        raise _wrong(mutation, "a list", items, Path(path[:-1]))
    at = _insert_position(items, path)
    new = frozen_list(items[:at], version)
    _add_items(new, (_frozen(value, version, len(path)) for value in values))
    _add_items(new, items[at:])
    if at == len(items):
        new.keys = _more_keys(items, new[at:])
    changes = _insertions(spot.path, at, len(items), len(values))
    return _rebuilt(spot.trail, new), changes


def _insert(root: Json, mutation: Mutation, version: int) -> Applied:
    path = mutation.path
    if not path:
        raise WrongType("insert needs a place in a list, such as 'todo/0' or 'todo/-'")
    spot, items = _present(root, mutation._replace(path=Path(path[:-1])))
    if not isinstance(items, list):
        raise _wrong(mutation, "a list", items, Path(path[:-1]))
    at = _insert_position(items, path)
    new = frozen_list(items, version)
    _put_item(new, at, _frozen(mutation.value, version, len(path)))
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
    if not verb_of(mutation.verb).keeps:
        keeping = ", ".join(verb.name for verb in VERBS.values() if verb.keeps)
        raise InvalidValue(f"keep goes with {keeping}, not with {mutation.verb}")
    if type(mutation.keep) is not int or mutation.keep < 1:
        raise InvalidValue("keep says how many items stay, 1 or more")


def _append_to(
    root: Json, spot: _Spot, old: list[Json], mutation: Mutation, version: int
) -> Applied:
    end = len(old)
    items = frozen_list(old, version)
    _add_item(items, _frozen(mutation.value, version, len(spot.path) + 1))
    items.keys = _more_keys(old, items[end:])
    changes = [Change("insert", Path((*spot.path, str(end))), end, size=end + 1)]
    surplus = 0 if mutation.keep is None else max(0, len(items) - mutation.keep)
    if surplus:
        items = frozen_list(items[surplus:], version)
        if same(items, old):
            return root, ()
    first = Path((*spot.path, "0"))
    changes += [Change("delete", first, 0, size=end + 1 - gone) for gone in range(surplus)]
    return _rebuilt(spot.trail, items), tuple(changes)


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


# -- what a verb means ------------------------------------------------------------------------

#: What becomes of a value: it stands at the place, its keys are set in the dict there, it is a new
#: item of the list, its items are, or it is added to the number. And without one: a bool is turned
#: over, an item is moved, the place is taken away, or what is in it is.
Use: TypeAlias = Literal[
    "replaces", "merges", "grows", "extends", "adds", "turns", "moves", "removes", "empties"
]


class Verb(NamedTuple):
    """One verb.

    Attributes:
        name: As it is said everywhere.
        apply: What it does to a document.
        use: What becomes of a value at a place: called with what is there (`MISSING` for
            nothing) and the value (`MISSING` while that is not known).
        scripted: Whether a script may say it without an offer, where a store is `writable=`.
        beside: The place is one in a list, so what takes the value is the list above it.
        keeps: `Mutation.keep` goes with it.
        aims: The value names another place in the same list.
        inverse: The verb's own way back, which leaves alone what others do meanwhile; None where
            there is none, and then the changes say how to go back. See `inverse`.
    """

    name: str
    apply: Callable[[Json, Mutation, int], Applied]
    use: Callable[[Any, Any], Use]
    scripted: bool = False
    beside: bool = False
    keeps: bool = False
    aims: bool = False
    inverse: Callable[[Json, Mutation], Mutation | None] | None = None


def _always(use: Use) -> Callable[[Any, Any], Use]:
    return lambda there, value: use


def _update_use(there: Any, value: Any) -> Use:
    if type(there) in _NUMBERS and type(value) in _NUMBERS:
        return "adds"
    return "merges" if isinstance(there, dict) and isinstance(value, dict) else "replaces"


def _set_use(there: Any, value: Any) -> Use:
    is_item = isinstance(there, list) and not isinstance(value, (list, tuple))
    return "grows" if is_item else "replaces"


def _subtract(root: Json, mutation: Mutation) -> Mutation | None:
    # Of floats the difference need not be what there was.
    old, step = find(root, mutation.path), 1 if mutation.value is None else mutation.value
    adds = verb_of(mutation.verb).use(old, mutation.value) == "adds"
    exact = adds and type(old) is int and type(step) is int
    return mutation._replace(value=-step) if exact else None  # type: ignore[operator]


def _again(root: Json, mutation: Mutation) -> Mutation:
    return mutation


_VERBS = (
    Verb("update", _update, _update_use, scripted=True, inverse=_subtract),
    Verb("set", _set, _set_use, scripted=True),
    Verb("replace", _replace, _always("replaces"), scripted=True),
    Verb("increment", _increment, _always("adds"), scripted=True, inverse=_subtract),
    Verb("toggle", _toggle, _always("turns"), scripted=True, inverse=_again),
    Verb("append", _append, _always("grows"), scripted=True, keeps=True),
    Verb("extend", _extend, _always("extends"), scripted=True, keeps=True),
    Verb("insert", _insert, _always("grows"), scripted=True, beside=True),
    Verb("merge", _merge, _always("merges"), scripted=True),
    Verb("move", _move, _always("moves"), scripted=True, aims=True),
    Verb("delete", _delete, _always("removes"), scripted=True),
    Verb("clear", _clear, _always("empties"), scripted=True),
)

#: Every verb by name, in the order of the table above. This is the one list of verbs.
VERBS: Final = {verb.name: verb for verb in _VERBS}


def verb_of(name: str) -> Verb:
    """Return the verb that is called *name*.

    Raises:
        InvalidValue: There is none.
    """
    verb = VERBS.get(name)
    if verb is None:
        raise InvalidValue(f"no verb {name!r}; there is: {', '.join(VERBS)}")
    return verb


def inverse(root: Json, mutation: Mutation) -> tuple[Mutation, ...]:
    """Return the mutations that take *mutation* back, in the order in which to apply them.

    A number that was added to is subtracted from, and a bool is turned over again, so that what
    others did to the same place meanwhile stays. Everything else is put back as it was: items and
    keys that went come back with their values, and at their index; a key comes back as the last
    one of its dict.

    Args:
        root: The document before *mutation*.
        mutation: The wish; an error of it is raised here, too.

    >>> root = freeze({"todo": ["a", "b"], "n": 3})
    >>> inverse(root, Mutation("delete", Path(("todo", "0"))))
    (Mutation(verb='insert', path=Path('todo/0'), value='a', keep=None),)
    >>> inverse(root, Mutation("increment", Path(("n",)), 2))
    (Mutation(verb='increment', path=Path('n'), value=-2, keep=None),)
    """
    _, changes = apply(root, mutation, 0)
    own = verb_of(mutation.verb).inverse
    back = own(root, mutation) if own is not None and len(changes) == 1 else None
    if back is not None:
        return (back,)
    return tuple(reversed(undoing(root, changes)))


def undoing(root: Json, changes: Iterable[Change]) -> list[Mutation]:
    """Return for each of *changes* the mutation that takes it back, right behind it.

    Args:
        root: The document before them.
        changes: As `apply` gave them.
    """
    undone: list[Mutation] = []
    for change in changes:
        undone.append(_undoing(root, change))
        root = _redone(root, change)
    return undone


def _undoing(root: Json, change: Change) -> Mutation:
    if change.kind == "move":
        return Mutation("move", Path((*change.path[:-1], str(change.to))), change.at)
    if change.kind == "insert" or change.created:
        return Mutation("delete", change.path)
    old = find(root, change.path)
    return Mutation(
        "insert" if change.kind == "delete" and change.size else "replace", change.path, old
    )


def _redone(root: Json, change: Change) -> Json:
    # The document after the change but for new values, which no change before it had to keep.
    if change.kind == "move":
        return apply(root, Mutation("move", change.path, change.to), 0)[0]
    if change.kind in ("insert", "delete"):
        return apply(root, Mutation(change.kind, change.path), 0)[0]
    return apply(root, Mutation("replace", change.path), 0)[0]
