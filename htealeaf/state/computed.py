"""Computed values: what follows from stores, remembered while what it reads stays as it is.

What a computed value read is checked, not guessed: it is right as long as each of these places
still has the very value that was seen. A page depends on the computed value, not on what went into
it, so where the result is equal, nothing is rendered.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

from htealeaf.data import streams
from htealeaf.data.documents import MISSING, FrozenList, find
from htealeaf.data.paths import ROOT, Path
from htealeaf.errors import HtealeafError
from htealeaf.html.lines import Line, line_above
from htealeaf.html.markup import Child
from htealeaf.html.standins import StandIn
from htealeaf.reactive.bindings import Binding, Name
from htealeaf.reactive.graph import SHAPE, VALUE
from htealeaf.reactive.scope import Dep, Scope, current, entered
from htealeaf.state.reactions import Rows, as_text, needs_function

REMEMBERED = 1000  #: results of one computed value, by stream


class Source(Protocol):
    """What a computed value needs of its store."""

    @property
    def name(self) -> str:
        """Return the name of the store."""

    def stream(self) -> str:
        """Return the stream of the current visitor."""

    def place_of(self, stream: str) -> Any:
        """Return the `Ref` of a stream's document."""

    @property
    def journal(self) -> Any:
        """Return the journal."""


class Result(NamedTuple):
    """What a computed value was, and what it had read."""

    value: Any
    deps: frozenset[Dep]
    seen: tuple[tuple[Dep, Any], ...]


class Computed(StandIn):
    """A derived value of a store; made by `@store.computed`.

    The function gets the store's document as a `Ref` (of the visitor, where the store is a user's
    or a browser's), or nothing. It may read other stores and computed values.
    """

    def __init__(self, source: Source, function: Callable[..., Any]) -> None:
        self._source, self._function = source, function
        self.name = function.__name__
        self._takes_place = bool(inspect.signature(function).parameters)
        self._known: OrderedDict[str, Result] = OrderedDict()

    def read(self) -> Any:
        """Return the value; it is tracked."""
        stream = self._source.stream()
        scope = current() or Scope(self._source.journal)
        result = self.result(scope, stream)
        scope.note(self.key(stream), ROOT, VALUE)
        return result.value

    def react(
        self, render: Callable[[Any], Child] | None = None, *, id: str | None = None
    ) -> ComputedReaction:
        """Return a binding that shows the value, as `store.react` does."""
        needs_function("react()", "render", render)
        return ComputedReaction(self, render, id, line_above())

    def each(
        self,
        render: Callable[[Any], Child],
        *,
        key: str | Callable[[Any], Any],
        id: str | None = None,
        empty: Child | Callable[[], Child] = None,
    ) -> Rows:
        """Return a binding per item of the value, a list; see the free `each`."""
        rows: Callable[[], Iterable[Any]] = self.read
        return Rows(_named(rows, self.name), render, key, id, empty, line_above())

    def key(self, stream: str) -> str:
        """Return the stream that a page depends on for the value over *stream*."""
        return streams.computed(self._source.name, self.name, stream)

    def result(self, scope: Scope, stream: str) -> Result:
        """Return what the value is at the moment of *scope*, which gets to know it.

        So it does with each computed value that went into it, whether that runs again or not.
        """
        found = self._result(scope, stream)
        scope.computed[self.key(stream)] = (self, stream, found)
        return found

    def _result(self, scope: Scope, stream: str) -> Result:
        known = self._known.get(stream)
        if known is not None and all(_still(scope, dep, seen) for dep, seen in known.seen):
            return known
        fresh = self._run(scope, stream)
        if known is not None and _equal(known.value, fresh.value):
            # Keep the object, which others compare with by identity.
            fresh = Result(known.value, fresh.deps, fresh.seen)
        if not any(streams.is_session(s) or s == streams.ARGS for s, _, _ in fresh.deps):
            self._known[stream] = fresh
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return fresh

    def _run(self, scope: Scope, stream: str) -> Result:
        outer, scope.deps = scope.deps, set()
        try:
            with entered(scope):
                given = (self._source.place_of(stream),) if self._takes_place else ()
                value = self._function(*given)
            deps = frozenset(scope.deps or ())
        except Exception:
            if outer is not None:
                outer.update(scope.deps or ())  # what shows it is rendered again when these change
            raise
        finally:
            scope.deps = outer
        return Result(value, deps, tuple((dep, _seen(scope, dep)) for dep in deps))

    def instead(self) -> str:
        return (
            f"'{self.name}' is a computed value of store '{self._source.name}'; read it with"
            f" {self.name}.read(), or show it with {self.name}.react()"
        )

    def __repr__(self) -> str:
        return f"<Computed '{self.name}' of '{self._source.name}'>"


class ComputedReaction(Binding):
    """What `computed.react()` returns."""

    __slots__ = ("_computed", "_render")

    def __init__(
        self,
        computed: Computed,
        render: Callable[[Any], Child] | None,
        own_id: str | None,
        made: Line | None = None,
    ) -> None:
        self.made = made
        self._computed, self._render, self.own_id = computed, render, own_id

    def name(self) -> Name:
        return "Computed", Path((self._computed._source.name, self._computed.name))

    def value(self) -> Any:
        value = self._computed.read()
        return value if self._render is None else self._render(value)

    def content(self) -> Child:
        value = self.value()
        return value if self._render is not None else as_text(value, self._computed.name)

    def instead(self) -> str:
        name = self._computed.name
        return (
            f"{name}.react() is a place in the page, no value; read the value with {name}.read(),"
            f" or use it in a render function: {name}.react(lambda value: ...)"
        )


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _named(function: Callable[[], Any], name: str) -> Callable[[], Any]:
    def rows() -> Any:
        found = function()
        if isinstance(found, (str, dict)) or not hasattr(found, "__iter__"):
            raise HtealeafError(
                f"computed '{name}' is a {type(found).__name__}; each() needs a list"
            )
        return found

    rows.__name__ = name
    return rows


def _seen(scope: Scope, dep: Dep) -> Any:
    stream, path, kind = dep
    if streams.is_computed(stream):
        inner, of, result = scope.computed[stream]
        return inner, of, result.value
    if streams.is_passing(stream):
        return None
    value = find(scope.moment.root(stream), path, MISSING)
    return _shape(value) if kind == SHAPE else value


def _shape(value: Any) -> Any:
    if type(value) is FrozenList:
        return value.version, len(value)
    return tuple(value) if isinstance(value, dict) else value


def _still(scope: Scope, dep: Dep, seen: Any) -> bool:
    stream = dep[0]
    if streams.is_computed(stream):
        inner, of, value = seen
        return inner.result(scope, of).value is value
    if streams.is_topic(stream) or streams.is_passing(stream):
        return False  # its data lives elsewhere, and may have changed without a trace here
    now = _seen(scope, dep)
    if dep[2] == SHAPE:
        return bool(now == seen)
    return now is seen or (type(now) is type(seen) and not hasattr(now, "__len__") and now == seen)
