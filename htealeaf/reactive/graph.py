"""Dependency graph: which bindings of a page must be rendered again after a change.

A *binding* is one `store.react(path)` on one page. A `Graph` belongs to one page, is filled
while the page is rendered, and answers one question: `affected(entries)`.

Rule 1: nothing here knows HTML, HTTP, locks or clocks. Paths come in, binding ids go out.

Rule 2: a touched path affects bindings at it, above it and below it, never beside it:
`todo/0/done` affects `todo` and `todo/0/done` and leaves `todo/1` alone.

Rule 3: a binding that depends on a *shape* (which keys a dict has, which items a list has and
where) is affected when a key came or went, when an item came, went, moved or was replaced, or when
the whole was replaced; not when something in it was edited. For a list that is when its shape
version changes, since an offer shows that number.

Rule 4: an item that moves to another index touches that index, so `todo/3` is affected by what
happens before it. `todo/id=7` is not: it is found by its key before and after.

Rule 5: the cost is the depth of the changes and the number of the affected, whatever the number of
bindings. Only an entry that reshapes a list and holds more changes than that looks through the
lists of `field=value` that it meets.

A graph is dropped together with its page, so only a binding that is rendered again is forgotten
with `drop`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, Protocol, TypeAlias

from htealeaf.data import streams
from htealeaf.data.documents import MISSING, FrozenList, by_key, child, find, key_text, same
from htealeaf.data.paths import Path, is_index, selector
from htealeaf.data.verbs import Change

__all__ = ["SHAPE", "VALUE", "Entry", "Graph"]

#: A binding that depends on everything at a path and below it.
VALUE: Final = 0
#: A binding that depends only on which keys or items are at a path.
SHAPE: Final = 1

# So many dependencies are looked at one by one. Beyond them stands a tree, as a question would cost
# more with each; most open pages are small, and should be cheap to keep.
_FEW: Final = 8

_Dep: TypeAlias = tuple[str, Path, int]
_Ids: TypeAlias = "str | set[str] | None"


class Entry(Protocol):
    """Changes of one stream that happened at once, with its documents before and after them."""

    @property
    def stream(self) -> str:
        """The name of the stream."""

    @property
    def changes(self) -> Collection[Change]:
        """What happened, in this order."""

    @property
    def before(self) -> object:
        """The frozen root before the first change; anything else when nothing has a key."""

    @property
    def after(self) -> object:
        """The frozen root after the last change."""


class Graph:
    """The dependencies of the bindings of one page.

    >>> from htealeaf.data.paths import parse
    >>> graph = Graph()
    >>> for text in ("todo", "todo/0/done", "todo/1/done"):
    ...     graph.add(text, "shared", parse(text), VALUE)
    >>> from types import SimpleNamespace as AnEntry
    >>> changes = (Change("set", parse("todo/0/done")),)
    >>> entry = AnEntry(stream="shared", changes=changes, before=None, after=None)
    >>> sorted(graph.affected([entry]))
    ['todo', 'todo/0/done']
    """

    __slots__ = ("_deps", "_journaled", "_trees")

    def __init__(self) -> None:
        # A binding with a single dependency, the usual one, needs no container, and one with a
        # few a list: a page with a thousand rows would have a thousand sets, of twice the size.
        self._deps: dict[str, _Dep | list[_Dep] | set[_Dep]] = {}
        self._trees: dict[str, _Node] | None = None
        self._journaled: tuple[str, ...] | None = None  # until a dependency comes or goes

    def add(self, binding: str, stream: str, path: Path, kind: int = VALUE) -> None:
        """Note that *binding* depends on the place *path* of *stream*; twice is once.

        Args:
            binding: The id of the binding.
            stream: The stream of the document.
            path: With indexes or `field=value`, as it was read. Nothing has to be there.
            kind: `VALUE` or `SHAPE`.
        """
        dep = (stream, path, kind)
        self._journaled = None
        known = self._deps.get(binding)
        if known is None:
            self._deps[binding] = dep
        elif type(known) is set:
            known.add(dep)
        elif known != dep:
            self._deps[binding] = {*_each(known), dep}
        if self._trees is not None:
            _file(self._trees, binding, dep)

    def renew(self, binding: str, deps: set[_Dep]) -> None:
        """Let *binding* depend on *deps*, and on nothing else.

        Without cost when it does already.
        """
        known = self._deps.get(binding)
        if known is None:
            if self._trees is None:  # a first rendering
                if deps:
                    self._journaled = None
                    self._deps[binding] = [*deps] if len(deps) > 1 else next(iter(deps))
                return
        elif deps == ({known} if type(known) is tuple else {*_each(known)}):
            return
        self.drop(binding)
        for stream, path, kind in deps:
            self.add(binding, stream, path, kind)

    def drop(self, binding: str) -> None:
        """Forget every dependency of *binding*. The cost is the number of these."""
        self._journaled = None
        deps = self._deps.pop(binding, None)
        if deps is None or self._trees is None:
            return
        for dep in _each(deps):
            _unfile(self._trees, binding, dep)

    def drop_all(self, bindings: Collection[str]) -> None:
        """Forget every dependency of *bindings*.

        Where these are most of the page's, what is left is put in order anew when it is asked.
        """
        if self._trees is not None and len(bindings) > len(self._deps) // 2:
            self._trees = None
        for binding in bindings:
            self.drop(binding)

    def __bool__(self) -> bool:
        return bool(self._deps)

    @property
    def streams(self) -> set[str]:
        """Return the streams that some binding depends on."""
        if self._trees is not None:
            return set(self._trees)
        return {dep[0] for deps in self._deps.values() for dep in _each(deps)}

    @property
    def journaled(self) -> tuple[str, ...]:
        """Return those of them that a journal has."""
        if self._journaled is None:
            self._journaled = tuple(s for s in self.streams if not streams.is_unstored(s))
        return self._journaled

    def affected(self, entries: Iterable[Entry]) -> set[str]:
        """Return the bindings that may show something else after *entries*, in any order.

        Args:
            entries: Oldest first, of any streams.
        """
        hit: set[str] = set()
        if type(entries) is not list:
            entries = [*entries]
        if self._trees is None and self._among_few(entries, hit):
            return hit
        trees = self._grown()
        for entry in entries:
            tree = trees.get(entry.stream)
            if tree is not None:
                _Touch(entry, hit).through(tree)
        return hit

    def _among_few(self, entries: list[Entry], hit: set[str]) -> bool:
        # Adds those that are affected to *hit*; False where a tree has to be asked: there are many
        # dependencies, or one has a key. What that means at a document is asked on the way.
        if len(self._deps) > _FEW:
            return False
        for entry in entries:
            for binding, deps in self._deps.items():
                for stream, path, kind in _each(deps):
                    if stream == entry.stream:
                        if len(deps) > _FEW or "=" in "".join(path):
                            return False
                        for change in entry.changes:
                            if _touches(change, path, kind):
                                hit.add(binding)
        return True

    def _grown(self) -> Mapping[str, _Node]:
        if self._trees is not None:
            return self._trees
        trees: dict[str, _Node] = {}
        count = 0
        for binding, deps in self._deps.items():
            for dep in _each(deps):
                _file(trees, binding, dep)
                count += 1
        if count > _FEW:
            self._trees = trees
        return trees


def _touches(change: Change, path: Path, kind: int) -> bool:
    # Whether a dependency on *path*, which has no key, is affected: rules 2 to 4.
    place = change.path
    if not place:
        return True
    depth = len(place) - 1  # of the container in which the change happened
    if len(path) > depth:
        if path[:depth] != place[:depth]:
            return False
        segment = path[depth]
        if not change.size:
            return segment == place[depth]
        first, last = _span(change)
        return is_index(segment) and first <= int(segment) <= last
    if path != place[: len(path)]:
        return False
    return kind == VALUE or (len(path) == depth and _reshapes(change))


class _Node:
    # A place that a binding depends on, or that one is below. Ids and children are made when
    # there are any: a page with a thousand rows has thousands of nodes.
    __slots__ = ("below", "keyed", "shape", "value")

    def __init__(self) -> None:
        self.value: _Ids = None
        self.shape: _Ids = None
        self.below: dict[str, _Node] | None = None
        #: The children `field=value`: by field, then by value.
        self.keyed: dict[str, dict[str, _Node]] | None = None

    def get(self, segment: str) -> _Node | None:
        key = selector(segment) if "=" in segment else None
        if key is None:
            return self.below.get(segment) if self.below else None
        return self.keyed.get(key[0], {}).get(key[1]) if self.keyed else None

    def grow(self, segment: str) -> _Node:
        key = selector(segment) if "=" in segment else None
        if key is None:
            if self.below is None:
                self.below = {}
            children = self.below
        else:
            if self.keyed is None:
                self.keyed = {}
            children = self.keyed.setdefault(key[0], {})
            segment = key[1]
        node = children.get(segment)
        if node is None:
            node = children[segment] = _Node()
        return node

    def prune(self, segment: str) -> None:
        key = selector(segment) if "=" in segment else None
        if key is None:
            assert self.below is not None
            del self.below[segment]
            self.below = self.below or None
        else:
            assert self.keyed is not None
            del self.keyed[key[0]][key[1]]
            if not self.keyed[key[0]]:
                del self.keyed[key[0]]
            self.keyed = self.keyed or None

    def empty(self) -> bool:
        return not (self.value or self.shape or self.below or self.keyed)

    def children(self) -> Iterator[_Node]:
        if self.below:
            yield from self.below.values()
        if self.keyed:
            for nodes in self.keyed.values():
                yield from nodes.values()


class _Touch:
    # One entry on its way through the tree of its stream; `hit` gathers the bindings.
    __slots__ = ("compared", "entry", "hit", "steady")

    def __init__(self, entry: Entry, hit: set[str]) -> None:
        self.entry = entry
        self.hit = hit
        self.compared: set[_Node] = set()
        # Several changes of which one shifts a list: the indexes in their paths belong to
        # documents between `before` and `after`, which nobody kept.
        changes = entry.changes
        self.steady = len(changes) < 2 or not any(change.size for change in changes)

    def through(self, tree: _Node) -> None:
        for change in self.entry.changes:
            self._change(tree, change)

    def _change(self, tree: _Node, change: Change) -> None:
        path = change.path
        if not path:
            self._sweep(tree)
            return
        nodes = [tree]
        for depth, segment in enumerate(path[:-1]):
            nodes = self._step(nodes, path, depth, segment)
            if not nodes:
                return
        self._at(nodes, change)

    def _at(self, nodes: list[_Node], change: Change) -> None:
        # *nodes* are the container in which the change happened.
        path = change.path
        depth = len(path) - 1
        if _reshapes(change):
            for node in nodes:
                self._take(node.shape)
        if not change.size:
            for node in self._step(nodes, path, depth, path[depth]):
                self._sweep(node)
            return
        for node in nodes:
            self._take(node.value)
            if node.below:
                self._shifted(node.below, change)
            if node.keyed and self.steady:
                self._came_or_went(node.keyed, change)
            elif node.keyed:
                self._compare_at(node, path, depth)

    def _step(self, nodes: list[_Node], path: Path, depth: int, segment: str) -> list[_Node]:
        # From the nodes of one place to those of a place below it. There may be several, since
        # a list item has an index and keys.
        found = []
        for node in nodes:
            self._take(node.value)
            below = node.get(segment)
            if below is not None:
                found.append(below)
            if node.keyed and self.steady:
                found += self._by_key(node, path, depth)
            elif node.keyed:
                self._compare_at(node, path, depth)
        return found

    def _by_key(self, node: _Node, path: Path, depth: int) -> Iterator[_Node]:
        assert node.keyed is not None
        place, segment = Path(path[:depth]), path[depth]
        was, now = self._was(place), self._now(place)
        before = child(was, segment) if isinstance(was, list) else None
        after = child(now, segment) if isinstance(now, list) else None
        for field, nodes in node.keyed.items():
            one, other = _key(before, field), _key(after, field)
            if one == other:
                if one in nodes:
                    yield nodes[one]
                continue
            # Under its old key the item went, under its new one it came.
            self._take(node.shape)
            for key in (one, other):
                if key in nodes:
                    self._sweep(nodes[key])

    def _shifted(self, below: dict[str, _Node], change: Change) -> None:
        first, last = _span(change)
        if last - first < len(below):
            for at in range(first, last + 1):
                node = below.get(str(at))
                if node is not None:
                    self._sweep(node)
            return
        for segment, node in below.items():
            if is_index(segment) and first <= int(segment) <= last:
                self._sweep(node)

    def _came_or_went(self, keyed: dict[str, dict[str, _Node]], change: Change) -> None:
        place = Path(change.path[:-1])
        items = self._now(place) if change.kind == "insert" else self._was(place)
        if not isinstance(items, list) or change.at >= len(items):
            return
        for field, nodes in keyed.items():
            key = _key(items[change.at], field)
            if key not in nodes:
                continue
            if change.kind != "move" or self._overtakes(items, change, field, key):
                self._sweep(nodes[key])

    def _overtakes(self, items: list[object], change: Change, field: str, key: object) -> bool:
        # A moved item is still the first with its key, unless it passed another that has it.
        first, last = _span(change)
        passed = (at for at in range(first, last + 1) if at != change.at)
        return any(_key(items[at], field) == key for at in passed)

    def _compare_at(self, node: _Node, path: Path, depth: int) -> None:
        # Once per entry: the comparison is of all that happened to the list.
        if node not in self.compared:
            self.compared.add(node)
            place = Path(path[:depth])
            self._compare_keyed(node, self._was(place), self._now(place))

    def _compare_keyed(self, node: _Node, before: object, after: object) -> None:
        # Documents share what did not change, so `is` tells whether an item did.
        for field, nodes in (node.keyed or {}).items():
            was, now = _found(before, field, nodes), _found(after, field, nodes)
            for below, one, other in zip(nodes.values(), was, now, strict=True):
                if one is other:  # of nearly all rows of a list
                    continue
                if (one is MISSING) != (other is MISSING):
                    self._take(node.shape)
                self._compare(below, one, other)

    def _compare(self, node: _Node, before: object, after: object) -> None:
        if before is after:
            return
        if isinstance(before, dict) and isinstance(after, dict):
            reshaped = list(before) != list(after)
        elif isinstance(before, FrozenList) and isinstance(after, FrozenList):
            reshaped = before.version != after.version
            self._compare_keyed(node, before, after)
        else:
            if not _same_scalar(before, after):
                self._sweep(node)
            return
        self._take(node.value)
        if reshaped:
            self._take(node.shape)
        for segment, below in _segments(node, keyed=isinstance(before, dict)):
            self._compare(below, child(before, segment), child(after, segment))

    def _was(self, place: Path) -> object:
        return find(self.entry.before, place)  # type: ignore[arg-type]

    def _now(self, place: Path) -> object:
        return find(self.entry.after, place)  # type: ignore[arg-type]

    def _sweep(self, node: _Node) -> None:
        # Everything at the node and below it.
        waiting = [node]
        while waiting:
            node = waiting.pop()
            self._take(node.value)
            self._take(node.shape)
            waiting += node.children()

    def _take(self, ids: _Ids) -> None:
        if type(ids) is str:
            self.hit.add(ids)
        elif ids:
            self.hit.update(ids)


def _reshapes(change: Change) -> bool:
    # Other keys or items are in the container now: one came, went, moved or was replaced.
    replaced = change.kind == "replace" and change.at >= 0
    return bool(change.size) or change.created or change.kind == "delete" or replaced


def _span(change: Change) -> tuple[int, int]:
    # The first and the last index that mean another item after the change.
    if change.kind == "move":
        return min(change.at, change.to), max(change.at, change.to)
    return change.at, change.size - 1


def _key(item: object, field: str) -> str | None:
    return key_text(item.get(field)) if isinstance(item, dict) else None


def _found(items: object, field: str, keys: Collection[str]) -> list[object]:
    # What `field=key` means in a list, for each of *keys*; a dict has the whole segment as a key.
    if not isinstance(items, list):
        return [child(items, f"{field}={key}") for key in keys]
    places = map(by_key(items, field).get, keys)
    return [MISSING if at is None else items[at] for at in places]


def _segments(node: _Node, *, keyed: bool) -> Iterator[tuple[str, _Node]]:
    if node.below:
        yield from node.below.items()
    if keyed and node.keyed:
        for field, nodes in node.keyed.items():
            for key, below in nodes.items():
                yield f"{field}={key}", below


def _same_scalar(one: object, other: object) -> bool:
    if MISSING in (one, other):
        return False
    return same(one, other)  # type: ignore[arg-type]


def _each(deps: _Dep | list[_Dep] | set[_Dep]) -> Iterable[_Dep]:
    return (deps,) if type(deps) is tuple else deps  # type: ignore[return-value]


def _file(trees: dict[str, _Node], binding: str, dep: _Dep) -> None:
    stream, path, kind = dep
    node = trees.get(stream)
    if node is None:
        node = trees[stream] = _Node()
    for segment in path:
        node = node.grow(segment)
    if kind == SHAPE:
        node.shape = _with(node.shape, binding)
    else:
        node.value = _with(node.value, binding)


def _unfile(trees: dict[str, _Node], binding: str, dep: _Dep) -> None:
    stream, path, kind = dep
    nodes: list[_Node] = [trees[stream]]
    for segment in path:
        below = nodes[-1].get(segment)
        assert below is not None
        nodes.append(below)
    last = nodes[-1]
    if kind == SHAPE:
        last.shape = _without(last.shape, binding)
    else:
        last.value = _without(last.value, binding)
    for depth in range(len(path), 0, -1):
        if not nodes[depth].empty():
            return
        nodes[depth - 1].prune(path[depth - 1])
    if nodes[0].empty():
        del trees[stream]


def _with(ids: _Ids, binding: str) -> _Ids:
    if ids is None or ids == binding:
        return binding
    if type(ids) is set:
        ids.add(binding)
        return ids
    return {ids, binding}  # type: ignore[arg-type]


def _without(ids: _Ids, binding: str) -> _Ids:
    if type(ids) is set:
        ids.discard(binding)
        return ids if len(ids) > 1 else ids.pop()
    return None
