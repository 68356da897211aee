"""Paths named by functions: `lambda d: d.todo[0].done` is `todo/0/done`.

The function gets a stand-in of the document, which notes what is asked of it, as the schema of the
store has it. A type checker knows the schema, too, so it finds a wrong name before anything runs.

Rule: a name that the schema does not have raises, and says which ones there are.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from htealeaf.data import shapes
from htealeaf.data.annotations import inside
from htealeaf.data.documents import MISSING
from htealeaf.data.paths import Path
from htealeaf.errors import HtealeafError, InvalidPath
from htealeaf.html.standins import StandIn


class UnknownField(HtealeafError, AttributeError, LookupError):
    """A function names a place that the schema of a store does not have."""


_OWN: Final = frozenset(name for name in dir(StandIn) if name[0] != "_")


class Named(StandIn):
    """A place of a document, for a function that names one."""

    __slots__ = ("_annotation", "_path", "_store")

    def __init__(self, annotation: Any, path: Path, store: str) -> None:
        self._annotation, self._path, self._store = annotation, path, store

    def instead(self) -> str:
        return (
            f"the argument is the place '{self._path}' of store '{self._store}', no value; let the"
            " function only name a place, as lambda d: d.todo[0].done does"
        )

    if not TYPE_CHECKING:

        def __getattribute__(self, name: str) -> Any:
            # A field may be called as something that every stand-in has: `refused`, `instead`.
            if name in _OWN and name in (shapes.keys_of(inside(self._annotation).type) or ()):
                return self._field(name, attribute=True)
            return super().__getattribute__(name)

        def __getattr__(self, name: str) -> Any:
            if name[:2] == "__":
                raise AttributeError(name)
            return self._field(name, attribute=True)

    def __getitem__(self, key: object) -> Named:
        annotation = self._annotation
        if shapes.is_anything(annotation):
            return self._to(annotation, _segment(key))
        item = shapes.item_of(annotation)
        if item is MISSING:
            if isinstance(key, str):
                return self._field(key, attribute=False)
            raise StandIn.refused(self, "[...] can't look into it")
        if shapes.is_list(annotation) and type(key) is not int:
            raise UnknownField(f"'{self._path}' of store '{self._store}' is asked by an index")
        return self._to(item, _segment(key))

    def _field(self, name: str, *, attribute: bool) -> Named:
        kind = inside(self._annotation).type
        if shapes.is_anything(self._annotation):
            return self._to(self._annotation, name)
        keys = shapes.keys_of(kind) or {}
        if name in keys and shapes.is_mapping_of_keys(kind) is not attribute:
            return self._to(shapes.fields_in(kind)[keys[name]], keys[name])
        where = f"at '{self._path}'" if self._path else "in the document"
        has = f"it has: {', '.join(keys)}" if keys else "there is nothing below it"
        near = get_close_matches(name, keys, 1, 0.7)
        if name in keys:
            has = f"say {f'.{name}' if not attribute else f'[{name!r}]'}"
        elif near:
            has = f"did you mean '{near[0]}'?"
        raise UnknownField(f"the schema of store '{self._store}' has no '{name}' {where}; {has}")

    def _to(self, annotation: Any, segment: str) -> Named:
        return Named(annotation, Path((*self._path, segment)), self._store)


def _segment(key: object) -> str:
    if type(key) is int and key >= 0:
        return str(key)
    if isinstance(key, str):
        return key
    raise InvalidPath(f"{key!r} is nothing that a path has: an index from 0 on, or a key")


def named_by(annotation: Any, store: str, start: Path, function: Callable[[Any], Any]) -> Path:
    """Return the path that *function* names; see `Schema.path`.

    Args:
        annotation: The schema of the whole document.
        store: Its name, for errors.
        start: The place that the function gets.
    """
    found = function(Named(shapes.at(annotation, start), start, store))
    if not isinstance(found, Named):
        raise HtealeafError(
            f"the function names no place of store '{store}': it returned a"
            f" {type(found).__name__}; let it return what it asks of its argument, as"
            " lambda d: d.todo[0].done does"
        )
    return found._path
