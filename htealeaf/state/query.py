"""The query of a page's URL as something that is read: tracked by key, like a store.

A page that reads `args["q"]` depends on `q`. A `visit` gives the page another query, and what has
changed between the two is told like the changes of a document that belongs to the page alone.

Rule 1: what a binding reads is the query of the page that is rendered right now, not that of the
request which made the binding; so one object serves all pages.

Rule 2: a key that the URL does not have is an empty text, so a page without a query needs no case
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar, overload

from htealeaf.data.effects import Folded
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.streams import ARGS
from htealeaf.data.verbs import Change
from htealeaf.errors import OutsideRequest
from htealeaf.reactive.graph import SHAPE, VALUE
from htealeaf.reactive.scope import current
from htealeaf.wire.urls import Query, parsed, query_of

Value = TypeVar("Value")


def entries(shown: str, wanted: str) -> list[Folded]:
    """Return what differs between the queries of two URLs, as a change of the page's own.

    >>> found = entries("/?a=1&b=2", "/?a=1&b=3")
    >>> [str(change.path) for change in found[0].changes]
    ['b']
    """
    before, after = parsed(query_of(shown)), parsed(query_of(wanted))
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if not keys:
        return []
    changes = tuple(Change("replace", Path((key,))) for key in keys)
    return [Folded(0, ARGS, changes, before, after)]


class Args:
    """The query of the page's URL: `args["q"]`, `args.get("page", 1, type=int)`.

    A function of a page gets it by naming `args`. Each read makes what reads it depend on that key
    alone.
    """

    __slots__ = ()

    def __getitem__(self, key: str) -> str:
        """Return the last value of *key*; "" if the URL does not have it."""
        return self.get(key, "")

    @overload
    def get(self, key: str, default: str = "") -> str: ...
    @overload
    def get(self, key: str, default: None) -> str | None: ...
    @overload
    def get(self, key: str, default: Value, type: Callable[[str], Value] = ...) -> Value: ...

    def get(self, key: str, default: Any = "", type: Callable[[str], Any] = str) -> Any:
        """Return the last value of *key*, or *default*.

        Args:
            key: The key.
            default: What there is without it, or where `type` can't read it.
            type: Converts the text: `int`, an Enum, any function that raises ValueError.
        """
        values = _read(Path((key,)), VALUE).get(key)
        if not values:
            return default
        try:
            return type(values[-1])
        except (ValueError, ArithmeticError, LookupError):
            return default

    def all(self, key: str) -> list[str]:
        """Return every value of *key*, in order: `?tag=a&tag=b`."""
        return list(_read(Path((key,)), VALUE).get(key, ()))

    def __contains__(self, key: object) -> bool:
        return str(key) in _read(Path((str(key),)), VALUE)

    def __iter__(self) -> Iterator[str]:
        return iter(_read(ROOT, SHAPE))

    def __len__(self) -> int:
        return len(_read(ROOT, SHAPE))

    def items(self) -> Iterable[tuple[str, str]]:
        """Return each key with its last value."""
        return [(key, values[-1]) for key, values in _read(ROOT, VALUE).items()]

    def __repr__(self) -> str:
        return "<Args>"


#: What functions of pages get as `args`.
args = Args()


def _read(path: Path, kind: int) -> Query:
    scope = current()
    if scope is None or scope.url is None:
        raise OutsideRequest("args is the query of a page's URL, and no page is rendered here")
    scope.note(ARGS, path, kind)
    return parsed(query_of(scope.url))


def note_all() -> None:
    """Note that all of the query is read: by who gets the request as it is."""
    scope = current()
    if scope is not None:
        scope.note(ARGS, ROOT, VALUE)
