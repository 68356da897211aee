"""Layouts: what a document was begun with, so that newer code knows what is new to it.

A *layout* is the version of a store and the places of its default: the paths that lead through
dicts only. A document keeps the one that it was begun or last migrated under.

Rule: a place is new to a document if neither its layout nor what it lost names it. So a place that
a newer default has appears, and one that somebody deleted does not come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from htealeaf.data.documents import MISSING, FrozenDict, Json, same
from htealeaf.data.paths import Path


class Layout(NamedTuple):
    """What a document was begun with.

    Attributes:
        version: Of its store.
        places: The innermost places of the default that are reached through dicts, as text.
    """

    version: int = 1
    places: frozenset[str] = frozenset()


#: Of what no default stands behind: a session.
PLAIN: Final = Layout()


def layout_of(default: Json, version: int = 1) -> Layout:
    """Return the layout of a store with this default.

    >>> sorted(layout_of({"n": 1, "deep": {"a": [], "b": {}}}).places)
    ['deep/a', 'deep/b', 'n']
    """
    return Layout(version, frozenset(map(str, _innermost(default, Path()))))


def _innermost(value: Json, at: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _innermost(item, Path((*at, key)))
    elif at:
        yield at


@lru_cache(maxsize=1024)
def covers(known: Layout, wanted: Layout) -> bool:
    """Tell whether nothing in *wanted* is new to a document of *known*."""
    return known.version == wanted.version and wanted.places <= _all_places(known.places)


@lru_cache(maxsize=1024)
def _all_places(innermost: frozenset[str]) -> frozenset[str]:
    found = set(innermost)
    for place in innermost:
        segments = place.split("/")
        found.update("/".join(segments[:depth]) for depth in range(1, len(segments)))
    return frozenset(found)


def both(one: Layout, other: Layout) -> Layout:
    """Return the layout of *other*'s version that knows the places of both."""
    return Layout(other.version, one.places | other.places)


def completed(
    root: Json, default: Json, known: Layout, gone: frozenset[Path] | None = frozenset()
) -> Json:
    """Return *root* with the places of *default* that are new to it; the rest is shared.

    Args:
        root: Frozen.
        default: Frozen.
        known: The document's layout.
        gone: Places that it lost; None: nobody knows which.

    >>> from htealeaf.data.documents import freeze
    >>> old, new = freeze({"a": 1, "b": 2}), freeze({"a": 1, "b": 2, "c": 3})
    >>> completed(freeze({"a": 5}), new, layout_of(old))
    {'a': 5, 'c': 3}
    """
    made: Json = _completed(root, default, Path(), _all_places(known.places), gone or frozenset())
    return made


def _completed(
    root: Any, default: Any, at: Path, known: frozenset[str], gone: frozenset[Path]
) -> Any:
    if not isinstance(root, dict) or not isinstance(default, dict):
        return root
    more: dict[str, Json] = {}
    for key, value in default.items():
        place, there = Path((*at, key)), root.get(key, MISSING)
        if there is not MISSING:
            inner = _completed(there, value, place, known, gone)
            if inner is not there:
                more[key] = inner
        elif str(place) not in known and place not in gone:
            more[key] = value
    return FrozenDict({**root, **more}) if more else root


def lacking(root: Json, default: Json) -> list[str]:
    """Return the places of *default* that *root* has lost, the outermost of each.

    >>> lacking({"a": {"x": 1}}, {"a": {"x": 0, "y": 0}, "b": 0})
    ['a/y', 'b']
    """
    return [*map(str, _lacking(root, default, Path()))]


def _lacking(root: Json, default: Json, at: Path) -> Iterator[Path]:
    if isinstance(root, dict) and isinstance(default, dict):
        for key, value in default.items():
            place = Path((*at, key))
            if key in root:
                yield from _lacking(root[key], value, place)
            else:
                yield place


def shared(before: Json, after: Json) -> Json:
    """Return *after* with the very values of *before* wherever these are the same, place by place.

    Lists that did not change keep their shape versions so.
    """
    if same(before, after):
        return before
    if isinstance(before, dict) and isinstance(after, dict):
        return FrozenDict({key: shared(before.get(key, None), after[key]) for key in after})
    return after
