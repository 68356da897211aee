"""Refs: places in stores, with what reads, writes, reacts and makes actions below a path.

A `Ref` is such a place; a store is the `Ref` of its own root. Which stream it belongs to is settled
when it is used, since a place of an `AuthStore` is the visitor's.

Rule 1: every verb is one `Write` to the journal, from Python, from an action and over HTTP.

Rule 2: reading never creates a stream, and is noted in the current scope.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeAlias, overload

from typing_extensions import TypeVar

from htealeaf.data import streams
from htealeaf.data.documents import MISSING, find
from htealeaf.data.paths import ROOT, Path, selector
from htealeaf.data.verbs import Mutation
from htealeaf.errors import Conflict, HtealeafError, InvalidPath
from htealeaf.html.lines import line_above, meant, public_names
from htealeaf.html.markup import Child
from htealeaf.html.standins import StandIn
from htealeaf.reactive.graph import SHAPE, VALUE
from htealeaf.reactive.scope import current
from htealeaf.state.drafts import Write
from htealeaf.state.history import is_known, person, signature, taken_back
from htealeaf.state.places import Place
from htealeaf.state.reactions import Each, Reaction, needs_function
from htealeaf.state.unit import open_unit, refuse_while_rendering, seeing
from htealeaf.wire.actions import Action
from htealeaf.wire.slots import Slot

Result = TypeVar("Result")
#: What is at a place, as the schema of its store says; anything where it has none.
Doc = TypeVar("Doc", default=Any)
Inner = TypeVar("Inner")
#: A path below a place, or, in a store with a schema, a function that names it.
At: TypeAlias = "str | Path | Callable[[Doc], object]"
_RERUNS = 100
_PAUSE = 300  # milliseconds after which a person who types has paused


class Verbs(Generic[Result, Doc]):
    """The verbs, below a path. A `Ref` carries them out; `ref.do` makes actions of them.

    The table of what each does to which type stands in the guide, "Stores".
    """

    __slots__ = ()

    @abstractmethod
    def _do(self, verb: str, path: At[Doc], value: Any = None, keep: int | None = None) -> Result:
        """Do *verb*, or say it."""

    def update(self, path: At[Doc], value: Any) -> Result:
        """Add to a number, merge into a dict, else replace. Creates the last key of a path."""
        return self._do("update", path, value)

    def set(self, path: At[Doc], value: Any) -> Result:
        """Replace; to a list, append what is no list itself. Creates the last key of a path."""
        return self._do("set", path, value)

    def replace(self, path: At[Doc], value: Any) -> Result:
        """Replace whatever is there. Creates the last key of a path."""
        return self._do("replace", path, value)

    def increment(self, path: At[Doc] = "", n: Any = 1) -> Result:
        """Add *n* to a number."""
        return self._do("increment", path, n)

    def toggle(self, path: At[Doc] = "") -> Result:
        """Turn a bool over."""
        return self._do("toggle", path)

    def append(self, path: At[Doc], value: Any, keep: int | None = None) -> Result:
        """Put *value* at the end of a list; with *keep*, only the last *keep* items stay."""
        return self._do("append", path, value, keep)

    def extend(self, path: At[Doc], values: Any, keep: int | None = None) -> Result:
        """Put each of *values* at the end of a list; with *keep*, only the last *keep* stay."""
        return self._do("extend", path, values, keep)

    def insert(self, path: At[Doc], value: Any) -> Result:
        """Put *value* into a list before the item at *path*; `-` is the end."""
        return self._do("insert", path, value)

    def merge(self, path: At[Doc], value: Any) -> Result:
        """Set each key of *value*, a dict, in the dict at *path*."""
        return self._do("merge", path, value)

    def move(self, path: At[Doc], to: Any) -> Result:
        """Move a list item to the index *to* of its list, counted after it was taken out."""
        return self._do("move", path, to)

    def delete(self, path: At[Doc] = "") -> Result:
        """Take away a list item or a dict key."""
        return self._do("delete", path)

    def clear(self, path: At[Doc] = "") -> Result:
        """Empty a list or a dict."""
        return self._do("clear", path)


class Do(Verbs[Action, Doc]):
    """Makes actions: `store.do.update("counter", 1)` is what a click is to do."""

    __slots__ = ("_place",)

    def __init__(self, place: Place) -> None:
        self._place = place

    def _do(self, verb: str, path: At[Doc], value: Any = None, keep: int | None = None) -> Action:
        place = self._place
        return Action(place, verb, place.full(path), value, keep)

    def undo(self) -> Action:
        """Take back what whoever presses did last in this document."""
        return Action(self._place, "undo", ROOT)

    def redo(self) -> Action:
        """Do again what whoever presses took back last."""
        return Action(self._place, "redo", ROOT)

    if not TYPE_CHECKING:  # a type checker knows what there is

        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(f"there is no verb '{name}'; {meant(name, public_names(self))}")


class Ref(Verbs[None, Doc], StandIn):
    """A place in a store: reads, writes, reactions and actions below a path."""

    __slots__ = ("_place",)

    def __init__(self, place: Place) -> None:
        self._place = place  # reads and writes; here is what an author says

    # -- where ------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """Return the path in the document."""
        return self._place.path

    @property
    def label(self) -> str:
        """Return the store's name on the wire: `shared`, or `rooms@lobby` for a named owner."""
        return self._place.label

    @property
    def key(self) -> str:
        """Return the last segment: a dict's key, a list's index; for an item `id=7` the `7`."""
        path = self.path
        last = path[-1] if path else ""
        found = selector(last)
        if found is None:
            return last
        root = seeing(self._place.holder.journal).root(self.stream())
        return found[1] if isinstance(find(root, Path(path[:-1]), None), list) else last

    def item(self, segment: str) -> Ref:
        """Return the place of one raw segment below: an index, a key, `id=7`."""
        return Ref(self._place.item(segment))

    @overload
    def at(self, *segments: str | int) -> Ref: ...

    @overload
    def at(self, named: Callable[[Doc], Inner], /) -> Ref[Inner]: ...

    def at(self, *segments: Any) -> Ref:
        """Return the place below by raw segments, which are escaped: `at("rooms", room, "name")`.

        A single text is a path: `at("todo/0")`. In a store with a schema a function names the
        place: `at(lambda d: d.todo[0])`.
        """
        if len(segments) == 1 and (isinstance(segments[0], str) or callable(segments[0])):
            return self._below(segments[0])
        below = tuple(_segment(segment) for segment in segments)
        place = self._place
        return Ref(Place(place.holder, Path((*place.path, *below)), place.owner))

    def stream(self) -> str:
        """Return the stream that this place belongs to.

        Raises:
            OutsideRequest: It is the visitor's, and there is no visitor.
            NotAuthenticated: It is a signed-in user's, and nobody is signed in.
        """
        return self._place.stream()

    # -- reading ----------------------------------------------------------------------------

    def read(self, path: At[Doc] = "", default: Any = MISSING) -> Any:
        """Return the value at *path*: a frozen snapshot. What is read is tracked.

        Raises:
            PathNotFound: There is no such place, and no *default* was given. `UnknownPlace` if
                there never was one: that is a slip of the pen.
        """
        return self._place.read(path, default)

    def shown(self, default: Any = MISSING) -> Any:
        """Return the value for showing it. See `UnknownPlace` for what is an error."""
        return self._place.shown(default)

    def shape(self) -> Any:
        """Return the list or dict here; only which items it has counts as read."""
        return self._place.shape()

    def __getitem__(self, path: str | int) -> Any:
        return self._place.read(path if type(path) is str else _path(path), MISSING)

    def __contains__(self, item: object) -> bool:
        value = find(self._place.noted(SHAPE), self.path, None)
        if isinstance(value, list):
            return item in self.read()
        if isinstance(value, (int, float)):
            raise TypeError(f"'{self.path}' of store '{self.label}' has nothing inside")
        return value is not None and item in value

    def __len__(self) -> int:
        value = self.shape()
        if not isinstance(value, (list, dict, str)):
            raise TypeError(f"'{self.path}' of store '{self.label}' has no length")
        return len(value)

    def __bool__(self) -> bool:
        return bool(self.read(default=None))

    def __iter__(self) -> Iterator[Ref]:
        value = self.shape()
        if isinstance(value, dict):
            return iter([self.item(key) for key in value])
        if isinstance(value, list):
            return iter([self.item(str(index)) for index in range(len(value))])
        raise TypeError(f"'{self.path}' of store '{self.label}' is neither a list nor a dict")

    def __ht_value__(self) -> Any:
        return self.shown(None)

    def instead(self) -> str:
        store, path = streams.spelled(self.label), str(self.path)
        place = f"{store}.at({path!r})" if path else store
        return f"{place} is a place in a store, no value; read the value: {place}.read()"

    def lacking(self, name: str) -> AttributeError:
        place = repr(self)
        try:
            value = find(self._place.document(), self.path, None)
        except HtealeafError:
            value = None  # nobody knows whose it would be
        keys = list(value) if isinstance(value, dict) else []
        near = get_close_matches(name, keys, 1, 0.7)
        verb = get_close_matches(name, public_names(self), 1, 0.6)
        advice = "what is stored there is read with [...]"
        if near or verb:
            advice = f"did you mean [{near[0]!r}]?" if near else f"did you mean '{verb[0]}'?"
        return AttributeError(f"{place} has no attribute '{name}'; {advice}")

    def __eq__(self, other: object) -> bool:
        # Two are equal when they are one place; what is stored there is another question.
        if isinstance(other, Ref):
            one, two = self._place, other._place
            same = one.holder is two.holder and one.owner == two.owner
            return same and one.path == two.path
        raise self.refused("== and != can't compare it")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        place = self._place
        return hash((id(place.holder), place.owner, place.path))

    def __repr__(self) -> str:
        return f"<Ref {self.label}: '{self.path}'>"

    # -- writing ----------------------------------------------------------------------------

    def _do(self, verb: str, path: At[Doc], value: Any = None, keep: int | None = None) -> None:
        self._place.do(verb, path, value, keep)

    def __setitem__(self, path: str | int, value: Any) -> None:
        self.replace(_path(path), value)

    def __delitem__(self, path: str | int) -> None:
        self.delete(_path(path))

    def undo(self, session: Any = None) -> None:
        """Take back what this person did last in this document, where nobody touched it since.

        Args:
            session: Whose last change is meant; without one, that of the visitor.

        Raises:
            NothingToTakeBack: Nothing is known of this person, or all of it is taken back.
            TouchedSince: It was changed further meanwhile; nothing is done.
        """
        self._take_back("undo", session)

    def redo(self, session: Any = None) -> None:
        """Do again what this person took back last; not after something else was done.

        Raises:
            NothingToRedo: Nothing was taken back, or something else was done since.
            TouchedSince: It was changed further meanwhile; nothing is done.
        """
        self._take_back("redo", session)

    def can_undo(self, session: Any = None) -> bool:
        """Tell whether this person has done something here that `undo` may take back."""
        return self._can_take_back("undo", session)

    def can_redo(self, session: Any = None) -> bool:
        """Tell whether this person has taken back something here that `redo` may do again."""
        return self._can_take_back("redo", session)

    def _take_back(self, verb: str, session: Any) -> None:
        who, stream, store = person(session), self.stream(), self._place.holder
        refuse_while_rendering(f"store '{self.label}' is written", "")
        unit, scope = open_unit(), current()
        for _ in range(_RERUNS):
            writes, root = taken_back(store.journal, stream, who, verb)
            if unit is not None and scope is not None:
                scope.note(stream, ROOT, VALUE)  # the unit fails if it changes before its end
                for write in writes:
                    unit.write(write)
                return
            try:
                store.journal.commit(writes, expect=[(stream, ROOT, root)])
            except Conflict:
                continue
            return
        raise Conflict(f"store '{self.label}' changed at each of {_RERUNS} tries")

    def _can_take_back(self, verb: str, session: Any) -> bool:
        stream = self.stream()
        scope = current()
        if scope is not None:
            scope.note(stream, ROOT, VALUE)
        return is_known(self._place.holder.journal, stream, person(session), verb)

    def transform(self, path: At[Doc], fn: Callable[[Any], Any]) -> Any:
        """Replace the value at *path* by `fn(value)`, and nobody writes in between.

        *fn* gets a frozen snapshot (`None` for a missing place), returns the new value, and may
        be called again when someone else was faster; so it should do nothing else.

        Returns:
            The new value.
        """
        full = self._place.full(path)
        stream, store, scope = self.stream(), self._place.holder, current()
        for _ in range(_RERUNS):
            old = find(store.document(stream), full, MISSING)
            if scope is not None and open_unit() is not None:
                scope.note(stream, full, VALUE)  # the unit fails if it changes before its end
            new = fn(None if old is MISSING else old)
            write = Write(stream, Mutation("replace", full, new, None), signature=signature())
            try:
                store.write(write, expect=[(stream, full, old)])
            except Conflict:
                continue
            return new
        raise Conflict(f"'{full}' of store '{self.label}' changed at each of {_RERUNS} tries")

    @contextmanager
    def batch(self, once: str | None = None) -> Iterator[None]:
        """Make the writes inside the block one step: all of them, or none.

        Reads inside see one moment and the block's own writes. It covers every store of the
        registry. An exception drops what was written.

        Args:
            once: A one-time id: of all batches that have it, one is written.

        Raises:
            Conflict: At the end, if something that the block read has changed meanwhile.
        """
        with self._place.holder.registry.batch(once):
            yield

    # -- reactions and actions --------------------------------------------------------------

    @property
    def do(self) -> Do[Doc]:
        """Return the verbs as actions: `onclick=store.do.update("counter", 1)`."""
        return Do(self._place)

    js = do

    def __ht_bind__(self, sent: str, typed: bool) -> tuple[Callable[..., Reaction], Action]:
        # For `bind=`: what shows the place, and what sets it to what the control has.
        action = self.do.set("", Slot("this", sent))
        return partial(self.react, ""), action.debounce(_PAUSE) if typed else action

    def react(
        self,
        path: At[Doc] = "",
        render: Callable[[Any], Child] | None = None,
        *,
        id: str | None = None,
        default: Any = MISSING,
        share: bool = False,
    ) -> Reaction:
        """Return a binding: the value at *path*, kept up to date in the page.

        Args:
            path: The place, below this one: a path, or where the store has a schema a function
                that names it, `lambda d: d.todo[0].done`.
            render: Called with the value (a frozen snapshot), gives text or elements; without it
                `None` is nothing and bools are `true` and `false`.
            id: The element id to use; without it one is made of store and path.
            default: What a missing place counts as.
            share: Call *render* once for all pages that show the same value. It may then use its
                argument only, and give neither actions nor bindings.

        Raises:
            UnknownPlace: When it is rendered: neither the document nor the default ever had such
                a place, and there is no *default*.
        """
        needs_function("react()", "render", render)
        if share and render is not None:
            render = self._place.holder.registry.shared.wrap(render)
        return Reaction(self._place.below(path), render, id, default, line_above())

    def each(
        self,
        path: At[Doc],
        render: Callable[[Ref], Child],
        *,
        key: str | None = None,
        where: Callable[[Ref], object] | None = None,
        order: Callable[[Ref], Any] | None = None,
        id: str | None = None,
        empty: Child | Callable[[], Child] = None,
    ) -> Each:
        """Return a binding per item of the list (or dict) at *path*, and one for its shape.

        Args:
            path: The place, below this one.
            render: Called with a `Ref` to the item; gives one element.
            key: A field that tells the items of a list apart. With it nothing in a row depends on
                its position, so an insert, a delete or a move sends only the rows that came, went
                or moved.
            where: Called with the item's `Ref`: whether it is shown.
            order: Called with the item's `Ref`: what the rows are sorted by.
            id: The id of the element that holds the rows; without it one is made.
            empty: What stands there while there are no rows.
        """
        for name, function in (("where", where), ("order", order)):
            needs_function("each()", name, function)
        needs_function("each()", "render", render, optional=False)
        return Each(
            self._below(path),
            render,
            key=key,
            where=where,
            order=order,
            own_id=id,
            empty=empty,
            made=line_above(),
        )

    def _below(self, path: At[Doc]) -> Ref:
        return Ref(self._place.below(path)) if path else self


def _segment(segment: str | int) -> str:
    if type(segment) is int:
        if segment < 0:
            raise InvalidPath(f"{segment} is no index: a path counts from 0")
        return str(segment)
    return str(segment)


def _path(path: str | int) -> str | Path:
    return Path((_segment(path),)) if type(path) is int else path  # type: ignore[return-value]
