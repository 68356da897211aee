"""Places: what is behind a `Ref`, for the code that has to be quick.

A place is a path in the document of one owner of one store. Which stream that is, is settled when
it is used, since a place of an `AuthStore` is the visitor's.

Rule 1: reading never creates a stream, and is noted in the current scope.

Rule 2: there is no `__getattr__`: with one, Python reads each attribute in a slow way, and a page
reads thousands. An author who slips is told so by `Ref`.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeAlias

from htealeaf.data import streams
from htealeaf.data.documents import MISSING, FrozenDict, child, find, locate
from htealeaf.data.paths import MAX_SEGMENTS, Path, join, parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import HtealeafError, PathNotFound, UnknownPlace
from htealeaf.reactive.graph import SHAPE, VALUE
from htealeaf.reactive.scope import Dep, current
from htealeaf.state.drafts import Write
from htealeaf.state.history import signature
from htealeaf.state.holders import Holder
from htealeaf.state.unit import noted

#: Where something is: a path, or a function that names one; see `naming`.
Where: TypeAlias = "str | Path | Callable[[Any], Any]"


class Place:
    """A path in the document of one owner of one store.

    Args:
        holder: The store.
        path: The path.
        owner: Whose document; None is the visitor's, or the only one.
    """

    __slots__ = ("holder", "owner", "path")

    def __init__(self, holder: Holder, path: Path, owner: str | None) -> None:
        self.holder, self.path, self.owner = holder, path, owner

    def below(self, path: Where) -> Place:
        """Return the place at *path* below this one."""
        return Place(self.holder, self.full(path), self.owner) if path else self

    def full(self, path: Where) -> Path:
        """Return the whole path of what is at *path* below this place.

        Raises:
            HtealeafError: A function names no place that the store's schema has.
        """
        if not path:
            return self.path
        if not self.path and type(path) is str:
            return parse(path)
        if not callable(path):
            return join(self.path, path)
        schema = self.holder.versions.schema
        if schema is None:
            raise HtealeafError(
                f"a function names a place by a schema, and store '{self.holder.name}' has none;"
                " say schema=, or the path as a text"
            )
        return schema.path(self.path, path)

    def item(self, segment: str) -> Place:
        """Return the place of one raw segment below: an index, a key, `id=7`."""
        return Item(self.holder, Path((*self.path, segment)), self.owner)

    @property
    def label(self) -> str:
        """Return the store's name on the wire: `shared`, or `rooms@lobby` for a named owner."""
        owner, name = self.owner, self.holder.name
        return name if owner is None else streams.label(name, owner)

    def stream(self) -> str:
        """Return the stream that this place belongs to; see `Ref.stream`."""
        return self.holder.stream_of(self.owner)

    def check_local(self, path: Path, value: Any) -> None:
        """Refuse what a browser command can't set without a request.

        Args:
            path: The place.
            value: What it is to become; `MISSING`: what a slot is filled with.

        Raises:
            HtealeafError: The store does not say so, or its default has no such place, or another
                type there.
        """
        holder, there = self.holder, find(self.holder.default, path, MISSING)
        if not holder.policy.commands_set(path) or there is MISSING:
            raise HtealeafError(
                f"browser.set: '{path}' of store '{holder.name}' is not local; say"
                f" PageStore(..., local=['{path}']), and give it a default"
            )
        if value is not MISSING and there is not None and type(value) is not type(there):
            raise HtealeafError(
                f"browser.set: '{path}' of store '{holder.name}' is a {type(there).__name__}, and"
                f" {value!r} is none"
            )

    def offered(self, verb: str, path: Path, value: Any) -> str | None:
        """Return the stream, if the store's `allow` rule lets the current visitor do this."""
        holder = self.holder
        stream = holder.stream_of(self.owner)
        if holder.policy.allow is None or holder.permits(verb, path, value, stream, later=True):
            return stream
        return None

    @property
    def hides(self) -> bool:
        """Tell whether controls of what is forbidden are not shown."""
        return self.holder.policy.hide

    def sealed(self, stream: str, shape: str) -> str:
        """Return how an offer names *stream* where its path crosses a list by index."""
        return self.holder.sealed(stream, shape)

    # -- reading ----------------------------------------------------------------------------

    def read(self, path: Where, default: Any) -> Any:
        """Return the value at *path* below; see `Ref.read`."""
        full, holder = self.full(path) if path else self.path, self.holder
        stream = holder.stream_of(self.owner)  # as `noted`: nothing is done more often
        scope = current()
        if scope is None:
            root = holder.journal.root(stream)
        else:
            if scope.deps is not None:
                scope.deps.add((stream, full, VALUE))
            root = scope.moment.root(stream)
        value = find(root, full, MISSING)
        if value is not MISSING:
            return value
        if default is not MISSING:
            return default
        if scope is not None:  # only a request's answer depends on whose fault it is
            self.check_slip(root, full)
        return locate(root, full)

    def shown(self, default: Any = MISSING) -> Any:
        """Return the value for showing it; see `Ref.shown`."""
        root = self.noted(VALUE)
        value = find(root, self.path, MISSING)
        return self._gone(root, default) if value is MISSING else value

    def initial(self) -> Any:
        """Return what the default has here; None for nothing. It is not tracked."""
        return find(self.holder.journal.default(self.stream()), self.path, None)

    def shape(self) -> Any:
        """Return the list or dict here; only which items it has counts as read."""
        root = self.noted(SHAPE)
        value = find(root, self.path, MISSING)
        return self._gone(root, MISSING) if value is MISSING else value

    def noted(self, kind: int) -> Any:
        """Return the document as the running code sees it; that the place is read is noted."""
        return noted(self.holder.journal, self.holder.stream_of(self.owner), self.path, kind)

    def document(self) -> Any:
        """Return the document as the running code may see it; not tracked."""
        return self.holder.document(self.stream())

    def _gone(self, root: Any, default: Any) -> Any:
        # A place that was there and went shows the default; one that never was is a slip of the
        # pen, and saying so at once is kinder than an empty page.
        if default is not MISSING:
            return default
        self.check_slip(root, self.path)
        return None

    def check_slip(self, root: Any, path: Path) -> None:
        """Raise if no data can ever have made the missing place *path*.

        Raises:
            UnknownPlace: None can.
        """
        journal, stream = self.holder.journal, self.stream()
        schema = self.holder.versions.schema
        if schema is not None and schema.knows(path):
            return
        by_data = schema is None  # else the schema knows all that can be there
        initial = journal.default(stream)
        value, depth = root, 0
        while depth < len(path) and (below := child(value, path[depth])) is not MISSING:
            value, depth = below, depth + 1
        above, name = Path(path[:depth]), path[depth]
        in_list = isinstance(value, list) or isinstance(find(initial, above, None), list)
        if value is None or in_list:
            return
        if by_data and isinstance(value, dict) and not find(initial, above, None):
            # The keys of a dict that came by data are known from itself: those of an item of a
            # list, since it is a record; of others if one is nearly the same.
            item = bool(value) and _in_list(root, above)
            if not item and not get_close_matches(name, list(value), 1, 0.7):
                return
            if not item and depth < 2:
                return
        if find(initial, path, MISSING) is not MISSING or journal.had(stream, path):
            return
        where = f" at '{above}'" if depth else ""
        names = ", ".join(sorted(map(str, value))[:12]) if isinstance(value, dict) else ""
        has = f"it has: {names}" if names else "there is nothing below it"
        # What came by data where the default has nothing is no mistake of the program's.
        said = find(initial, above, MISSING)
        known = not by_data or bool(said) or not (isinstance(value, dict) or said is MISSING)
        sentence = f"store '{self.label}' has no '{name}'{where}; {has}"
        raise UnknownPlace(sentence, mistake=known)

    # -- writing ----------------------------------------------------------------------------

    def do(self, verb: str, path: Where, value: Any, keep: int | None) -> None:
        """Do *verb* at *path* below."""
        mutation = Mutation(verb, self.full(path), value, keep)
        stream = self.stream()
        try:
            self.holder.write(Write(stream, mutation, signature=signature()))
        except PathNotFound as error:
            if current() is not None:
                self.check_slip(self.holder.document(stream), Path(error.path))
            raise


class Item(Place):
    """The place of one item, of which a row of a list reads several fields.

    While one binding is rendered, no document changes and whoever looks stays the same. So where
    the item is, is looked up for the first field only.
    """

    __slots__ = ("_seen",)

    def __init__(self, holder: Holder, path: Path, owner: str | None) -> None:
        self.holder, self.path, self.owner = holder, path, owner
        #: The reads of the binding that saw it, its stream, and what it was.
        self._seen: tuple[set[Dep], str, Any] | None = None

    def offered(self, verb: str, path: Path, value: Any) -> str | None:
        seen, scope = self._seen, current()
        if (
            seen is None
            or scope is None
            or seen[0] is not scope.deps
            or self.holder.policy.allow is not None
        ):
            return super().offered(verb, path, value)
        return seen[1]

    def read(self, path: Where, default: Any) -> Any:
        scope = current()
        if scope is None or not scope.rendering or not path or type(path) is not str:
            return super().read(path, default)
        deps, seen = scope.deps, self._seen
        if deps is None:
            return super().read(path, default)
        if seen is None or seen[0] is not deps:
            stream = self.holder.stream_of(self.owner)
            value = find(scope.moment.root(stream), self.path, MISSING)
            seen = self._seen = deps, stream, value
        tail = parse(path)
        full = Path(self.path + tail)
        if len(full) > MAX_SEGMENTS:
            return super().read(path, default)
        deps.add((seen[1], full, VALUE))
        item = seen[2]
        if type(item) is FrozenDict and len(tail) == 1:  # a field, as nearly always
            value = item.get(tail[0], MISSING)
        else:
            value = find(item, tail, MISSING)
        return super().read(path, default) if value is MISSING else value


def _in_list(root: Any, path: Path) -> bool:
    value = root
    for segment in path:
        if isinstance(value, list):
            return True
        value = child(value, segment)
    return False
