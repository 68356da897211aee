"""Frozen JSON documents: what a store holds, and what reading it returns.

A document is made by `freeze`: dicts become `FrozenDict`, lists `FrozenList`, all the way down.
Both are real dicts and lists, so reading is as fast and `json` knows them; writing to one raises
and names the verb that writes to the store. Later documents share what did not change with
earlier ones, so two roots can be compared with `is`, branch by branch.

Rule 1: only `freeze` and `mutations` make frozen values. They rely on everything inside a frozen
value being frozen and valid.

Rule 2: a `FrozenList` knows its *shape version*, the journal number of its last insert, delete,
move or replacement (0 in a default). An index means the same item as long as that stays the same.

Integers of any size up to `MAX_INT_BITS` are kept exactly. JavaScript is exact up to 2**53 only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias, Union

from htealeaf.data.paths import Path, is_index, selector
from htealeaf.errors import FrozenError, InvalidValue, PathNotFound

__all__ = [
    "LIMITS",
    "MAX_DEPTH",
    "MAX_INT_BITS",
    "MAX_ITEMS",
    "MISSING",
    "FrozenDict",
    "FrozenList",
    "Json",
    "Limits",
    "Missing",
    "by_key",
    "child",
    "find",
    "freeze",
    "frozen_list",
    "key_text",
    "kind_of",
    "locate",
    "not_found",
    "position",
    "resolve",
    "same",
    "shape",
    "thaw",
]

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]

MAX_DEPTH: Final = 64
MAX_ITEMS: Final = 1_000_000
MAX_INT_BITS: Final = 1024

_SHOWN_NAMES: Final = 8


class Limits(NamedTuple):
    """How deep containers may be nested in a value, and how many items it may have in all."""

    depth: int = MAX_DEPTH
    items: int = MAX_ITEMS


LIMITS: Final = Limits()


class Missing:
    """The type of `MISSING`, which says that a place is not there."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


def _refused(use: str) -> Any:
    message = f"a snapshot can't be written; use store.{use}"

    def refuse(self: object, *args: object, **kwargs: object) -> NoReturn:
        raise FrozenError(message)

    return refuse


class FrozenDict(dict[str, Json]):
    """A dict of a snapshot. `copy()`, `|` and `copy.deepcopy` give plain dicts."""

    __slots__ = ()

    __setitem__: Any = _refused("replace(path, value)")
    setdefault: Any = _refused("replace(path, value)")
    update: Any = _refused("merge(path, value)")
    __ior__: Any = _refused("merge(path, value)")
    __delitem__: Any = _refused("delete(path)")
    pop: Any = _refused("delete(path)")
    popitem: Any = _refused("delete(path)")
    clear: Any = _refused("clear(path)")

    def copy(self) -> dict[str, Json]:
        """Return a plain copy, deeply, that can be changed."""
        return {key: thaw(item) for key, item in self.items()}

    def __copy__(self) -> dict[str, Json]:
        return self.copy()

    def __deepcopy__(self, memo: object) -> dict[str, Json]:
        return self.copy()

    def __or__(self, other: Any) -> Any:
        return self.copy() | other if isinstance(other, dict) else NotImplemented

    def __ror__(self, other: Any) -> Any:
        return {**other, **self.copy()} if isinstance(other, dict) else NotImplemented

    def __reduce__(self) -> tuple[object, ...]:
        # The usual way to unpickle a dict calls __setitem__.
        return FrozenDict, (dict(self),)


class FrozenList(list[Json]):
    """A list of a snapshot. `copy()`, `+` and `copy.deepcopy` give plain lists."""

    __slots__ = ("keys", "version")

    #: The journal number of the last insert, delete, move or replacement.
    version: int
    #: Where the items are by the text of a field, for the fields that were asked for. Lists that
    #: differ only in items whose fields stayed share it.
    keys: dict[str, dict[str, int]]

    __setitem__: Any = _refused("replace(path, value)")
    sort: Any = _refused("replace(path, value)")
    reverse: Any = _refused("replace(path, value)")
    __imul__: Any = _refused("replace(path, value)")
    append: Any = _refused("append(path, value)")
    extend: Any = _refused("extend(path, values)")
    __iadd__: Any = _refused("extend(path, values)")
    insert: Any = _refused("insert(path, value)")
    __delitem__: Any = _refused("delete(path)")
    pop: Any = _refused("delete(path)")
    remove: Any = _refused("delete(path)")
    clear: Any = _refused("clear(path)")

    def copy(self) -> list[Json]:
        """Return a plain copy, deeply, that can be changed."""
        return [thaw(item) for item in self]

    def __copy__(self) -> list[Json]:
        return self.copy()

    def __deepcopy__(self, memo: object) -> list[Json]:
        return self.copy()

    def __add__(self, other: Any) -> Any:
        return self.copy() + other if isinstance(other, list) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return other + self.copy() if isinstance(other, list) else NotImplemented

    def __reduce__(self) -> tuple[object, ...]:
        return frozen_list, (list(self), self.version)


def frozen_list(items: Iterable[Json], version: int) -> FrozenList:
    """Return a list of *items*, which are frozen already. For `mutations` and `pickle`."""
    frozen = FrozenList(items)
    frozen.version = version
    frozen.keys = {}
    return frozen


def by_key(items: list[Json], field: str) -> dict[str, int]:
    """Return where the items of a list are by the text of *field*; the first of equals counts.

    A frozen list remembers the answer.

    >>> by_key([{"id": 7}, {"id": 8}, {"id": 7}], "id")
    {'7': 0, '8': 1}
    """
    known = items.keys.get(field) if type(items) is FrozenList else None
    if known is None:
        texts = [key_text(i.get(field)) if isinstance(i, dict) else None for i in items]
        known = dict(zip(texts, range(len(texts)), strict=True))  # type: ignore[arg-type]
        if len(known) < len(texts) or None in known:
            known = {}
            for at, text in enumerate(texts):
                if text is not None:
                    known.setdefault(text, at)
        if type(items) is FrozenList:
            items.keys[field] = known
    return known


def freeze(value: object, version: int | None = 0, limits: Limits = LIMITS) -> Json:
    """Return a deeply frozen copy of *value*, which has to be JSON.

    Tuples become lists; instances of subclasses of str, int, float, dict and list become plain.

    Args:
        value: None, bool, int, finite float, str, list, tuple, dict with str keys.
        version: The shape version of every list in it. None keeps a frozen value as it is, in
            constant time.
        limits: Depth and number of items.

    Raises:
        InvalidValue: It is no JSON, or beyond the limits. The message names the place.

    >>> freeze({"todo": ({"done": False},)})
    {'todo': [{'done': False}]}
    """
    kind = type(value)
    if kind is FrozenDict or kind is FrozenList:
        if version is None:
            return value  # type: ignore[return-value]
    elif not isinstance(value, (dict, list, tuple)):
        return _scalar(value, ())
    return _Freezer(version or 0, limits.items).container(value, limits.depth, ())


def thaw(value: Json) -> Any:
    """Return a plain, deep copy of *value* that can be changed.

    >>> task = thaw(freeze({"done": False}))
    >>> task["done"] = True
    """
    if isinstance(value, dict):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list):
        return [thaw(item) for item in value]
    return value


_SHORT: Final = 2**63  # an int between has few bits
_SIMPLE: Final = frozenset({str, int, float, bool, type(None)})


def same(one: Json, other: Json) -> bool:
    """Tell whether two values are the same JSON: equal, of equal types, dicts in equal order.

    >>> same(1, 1), same(1, 1.0), same(1, True), same([1], [True])
    (True, False, False, False)
    """
    if one is other:
        return True
    if type(one) in _SIMPLE:
        return type(one) is type(other) and one == other
    if isinstance(one, dict):
        return isinstance(other, dict) and list(one) == list(other) and _all_same(one, other)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def child(value: object, segment: str) -> Any:
    """Return what *segment* names in *value*, or `MISSING`.

    >>> child([5, 6], "1"), child([{"id": 7}], "id=7"), child({"a": 1}, "b"), child("text", "0")
    (6, {'id': 7}, MISSING, MISSING)
    """
    if isinstance(value, dict):
        return value.get(segment, MISSING)
    if isinstance(value, list):
        at = position(value, segment)
        return MISSING if at is None else value[at]
    return MISSING


def position(items: list[Json], segment: str) -> int | None:
    """Return the index of the item that *segment* names in a list, None when there is none.

    Constant for an index; for `field=value` linear the first time that a list is asked.

    >>> position([{"id": 7}, {"id": 8}], "id=8"), position([5, 6], "2"), position([5], "-")
    (1, None, None)
    """
    if is_index(segment):
        at = int(segment)
        return at if at < len(items) else None
    wanted = selector(segment)
    if wanted is None:
        return None
    return by_key(items, wanted[0]).get(wanted[1])


def key_text(value: object) -> str | None:
    """Return what `field=value` compares: a str as it is, a number or bool as JSON, else None.

    >>> key_text("a"), key_text(7), key_text(True), key_text(None)
    ('a', '7', 'true', None)
    """
    kind = type(value)
    if kind is str:
        return value  # type: ignore[return-value]
    if kind is int or kind is float:
        return repr(value)
    if kind is bool:
        return "true" if value else "false"
    return None


def find(root: Json, path: Path, default: Any = None) -> Any:
    """Return the value at *path*, or *default* when there is no such place.

    >>> find({"a": [1]}, Path(("a", "0"))), find({}, Path(("a",)), "?")
    (1, '?')
    """
    value: Any = root
    for segment in path:
        kind = type(value)  # as `child` does, without the calls: nothing is done more often
        if kind is FrozenDict:
            value = value.get(segment, MISSING)
        elif kind is FrozenList and "=" in segment:
            field, _, text = segment.partition("=")
            at = (value.keys.get(field) or by_key(value, field)).get(text) if field else None
            value = MISSING if at is None else value[at]
        elif kind is FrozenList:
            at = int(segment) if is_index(segment) else None
            value = MISSING if at is None or at >= len(value) else value[at]
        else:
            value = child(value, segment)
        if value is MISSING:
            return default
    return value


def locate(root: Json, path: Path) -> Any:
    """Return the value at *path*. The cost is the depth, and one list for each `field=value`.

    Raises:
        PathNotFound: There is no such place. The message says where it stops, and why.

    >>> locate({"todo": []}, Path(("todo", "0")))
    Traceback (most recent call last):
    htealeaf.errors.PathNotFound: path 'todo/0' stops at 'todo': an empty list
    """
    value: Any = root
    for depth, segment in enumerate(path):
        below = child(value, segment)
        if below is MISSING:
            raise not_found(path, depth, value)
        value = below
    return value


def resolve(root: Json, path: Path, *, creating: bool = False) -> Path:
    """Return *path* with every `field=value` of a list as the index that it means now.

    Args:
        root: The document.
        path: Any path.
        creating: The last segment may name something that is not there yet.

    Raises:
        PathNotFound: There is no such place.

    >>> resolve({"todo": [{"id": 7}]}, Path(("todo", "id=7", "id")))
    Path('todo/0/id')
    """
    value: Any = root
    segments = list(path)
    for depth, segment in enumerate(path):
        at = position(value, segment) if isinstance(value, list) else None
        if at is not None:
            segments[depth] = str(at)
        below = child(value, segment) if at is None else value[at]
        if below is MISSING and not (creating and depth == len(path) - 1):
            raise not_found(path, depth, value)
        value = below
    return Path(segments)


def shape(root: Json, path: Path) -> int | None:
    """Return the newest shape version of the lists that *path* crosses by index.

    As long as this number stays, so does what the indexes in the path mean. None when the path
    crosses no list by index; an index that is not there counts, its list has a shape.

    >>> shape(freeze({"todo": [{"done": True}]}, version=5), Path(("todo", "0", "done")))
    5
    """
    value: Any = root
    newest: int | None = None
    for segment in path:
        if type(value) is FrozenList and is_index(segment):
            newest = value.version if newest is None else max(newest, value.version)
        value = child(value, segment)
        if value is MISSING:
            break
    return newest


def not_found(path: Path, depth: int, value: Json) -> PathNotFound:
    """Return the error for *path*, whose segment number *depth* names nothing in *value*."""
    return PathNotFound(path, Path(path[:depth]), _what_is_there(value, path[depth]))


def kind_of(value: object) -> str:
    """Name the kind of a value for a message, never the value: `a list of 3 items`, `a str`.

    >>> kind_of([]), kind_of({"a": 1}), kind_of(True), kind_of(None)
    ('an empty list', 'a dict', 'a bool', 'null')
    """
    if isinstance(value, list):
        count = len(value)
        return f"a list of {count} item{'s' * (count > 1)}" if count else "an empty list"
    if isinstance(value, dict):
        return "a dict" if value else "an empty dict"
    if value is None:
        return "null"
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _what_is_there(value: Json, segment: str) -> str:
    if isinstance(value, dict):
        return f"no {segment!r}; {_names(value)}"
    if not isinstance(value, list):
        return f"there is {kind_of(value)}, which has nothing below it"
    there = kind_of(value)
    if not value:
        return there
    if segment == "-":
        return f"{there}; '-' is the place after the last one, where only insert can go"
    if is_index(segment):
        last = len(value) - 1
        return f"{there}, so the index " + (f"runs from 0 to {last}" if last else "is 0")
    if selector(segment):
        return f"{there}, none of them with {segment}"
    return f"{there}; write an index or field=value, not {segment!r}"


def _names(value: dict[str, Json]) -> str:
    if not value:
        return "the dict is empty"
    more = len(value) - _SHOWN_NAMES
    shown = ", ".join(name or "''" for name in list(value)[:_SHOWN_NAMES])
    return f"there is: {shown}" + (f" and {more} more" if more > 0 else "")


def _all_same(one: dict[str, Json], other: dict[str, Json]) -> bool:
    return all(map(same, one.values(), other.values()))


class _Freezer:
    # One per call: it counts the items, so that a value which holds one list a million times
    # over (by references, a few bytes) does not become a million lists.
    __slots__ = ("left", "version")

    def __init__(self, version: int, items: int) -> None:
        self.version = version
        self.left = items

    def container(self, value: object, depth: int, where: tuple[str, ...]) -> Json:
        if depth <= 0:
            raise _invalid(where, "it is nested too deeply, or holds itself")
        if isinstance(value, dict):
            self.count(len(value), where)
            if type(value) is FrozenDict and _SIMPLE.issuperset(map(type, value.values())):
                return value  # it was looked at before, and no list in it has a version
            # dict.items: a subclass can't make us see something else than what is in it.
            return FrozenDict(
                {
                    _key(key, where): self.item(item, depth, where, key)
                    for key, item in dict.items(value)
                }
            )
        assert isinstance(value, (list, tuple))
        self.count(len(value), where)
        return frozen_list(
            [self.item(item, depth, where, at) for at, item in enumerate(value)], self.version
        )

    def item(self, value: object, depth: int, where: tuple[str, ...], name: object) -> Json:
        kind = type(value)
        if (kind is str and value.isascii()) or kind is bool or value is None:  # type: ignore[attr-defined]
            return value  # type: ignore[return-value]
        if kind is int and -_SHORT < value < _SHORT:  # type: ignore[operator]
            return value  # type: ignore[return-value]
        if isinstance(value, (dict, list, tuple)):
            return self.container(value, depth - 1, (*where, str(name)))
        return _scalar(value, (*where, str(name)))

    def count(self, items: int, where: tuple[str, ...]) -> None:
        self.left -= items
        if self.left < 0:
            raise _invalid(where, "it has too many items")


def _scalar(value: object, where: tuple[str, ...]) -> Json:
    if value is None or value is True or value is False:
        return value
    for kind, check in _SCALARS:
        if isinstance(value, kind):
            return check(value, where)
    raise _invalid(
        where, f"{kind_of(value)} is no JSON; it can be None, bool, number, str, list, dict"
    )


def _str(value: Any, where: tuple[str, ...]) -> Json:
    text = value if type(value) is str else str.__str__(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _invalid(where, "the str has half a character (a lone surrogate)") from None
    return text


def _int(value: Any, where: tuple[str, ...]) -> Json:
    number = value if type(value) is int else int.__index__(value)
    if number.bit_length() > MAX_INT_BITS:
        raise _invalid(where, f"the int has more than {MAX_INT_BITS} bits")
    return number


def _float(value: Any, where: tuple[str, ...]) -> Json:
    number = value if type(value) is float else float.__float__(value)
    if not isfinite(number):
        raise _invalid(where, "the number is not finite, and JSON has no word for that")
    return number


_SCALARS: Final[tuple[tuple[type, Callable[[Any, tuple[str, ...]], Json]], ...]] = (
    (str, _str),
    (int, _int),
    (float, _float),
)


def _key(key: object, where: tuple[str, ...]) -> str:
    if type(key) is str and key.isascii():
        return key
    if not isinstance(key, str):
        raise _invalid(where, f"a key of the dict is {kind_of(key)}; keys are str")
    text = _str(key, where)
    assert isinstance(text, str)
    return text


def _invalid(where: tuple[str, ...], what: str) -> InvalidValue:
    return InvalidValue(
        f"at '{Path(where)}' of the value: {what}" if where else f"the value: {what}"
    )
