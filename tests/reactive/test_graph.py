"""The graph finds every binding that may show something else, and few others."""

import sys
import tracemalloc
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from htealeaf.data.documents import MISSING, find, freeze, same
from htealeaf.data.paths import Path, parse
from htealeaf.data.verbs import Change, Mutation, apply, apply_all
from htealeaf.errors import HtealeafError
from htealeaf.reactive.graph import SHAPE, VALUE, Graph


class Entry(NamedTuple):
    stream: str
    changes: tuple[Change, ...]
    before: Any
    after: Any


DOCUMENT: Any = freeze(
    {
        "counter": 1,
        "dict": {"a": 1, "b": {"c": 2}},
        "rows": [{"id": 7, "n": 0}, {"id": 8, "n": 0}, {"id": 9, "n": 0}],
    }
)


def entry(*wishes: Mutation, root: Any = DOCUMENT, stream: str = "shared") -> Entry:
    after, changes = apply_all(root, wishes, 2)
    return Entry(stream, changes, root, after)


def wish(verb: str, path: str, value: Any = None) -> Mutation:
    return Mutation(verb, parse(path), value)


def graph_of(*texts: str) -> Graph:
    """Return a graph of bindings that are named by their path; `#path` depends on the shape."""
    graph = Graph()
    for text in texts:
        graph.add(text, "shared", parse(text.lstrip("#")), SHAPE if text.startswith("#") else VALUE)
    return graph


def affected(graph: Graph, *wishes: Mutation) -> str:
    return " ".join(sorted(graph.affected([entry(*wishes)])))


BELOW_ROWS = ["rows/0/n", "rows/1/n", "rows/2/n", "rows/3/n", "rows/id=7/n", "rows/id=8/n"]


@pytest.mark.parametrize("padding", [0, 20])  # few bindings, and more than few
@pytest.mark.parametrize(
    ("verb", "path", "value", "hit"),
    [
        ("update", "counter", 1, "counter"),
        ("update", "dict/a", 1, "dict/a"),
        ("update", "dict/z", 1, "#dict"),
        ("delete", "dict/b", None, "#dict #dict/b dict/b/c"),
        ("update", "dict/b/c", 1, "dict/b/c"),
        ("replace", "dict/b", {}, "#dict/b dict/b/c"),
        ("replace", "dict", {}, "#dict #dict/b dict/a dict/b/c"),
        ("update", "rows/1/n", 5, "rows rows/1/n rows/id=8/n"),
        ("update", "rows/id=8/n", 5, "rows rows/1/n rows/id=8/n"),
        ("append", "rows", {}, "#rows rows rows/3/n"),
        ("append", "rows", {"id": 8}, "#rows rows rows/3/n rows/id=8/n"),
        ("insert", "rows/1", {}, "#rows rows rows/1/n rows/2/n rows/3/n"),
        ("delete", "rows/1", None, "#rows rows rows/1/n rows/2/n rows/id=8/n"),
        ("move", "rows/0", 1, "#rows rows rows/0/n rows/1/n"),
        ("move", "rows/2", 1, "#rows rows rows/1/n rows/2/n"),
        ("replace", "rows/1", {"id": 8}, "#rows rows rows/1/n rows/id=8/n"),
        ("update", "rows/0/id", 1, "#rows rows rows/id=7/n rows/id=8/n"),
        ("clear", "rows", None, "#rows rows " + " ".join(BELOW_ROWS)),
    ],
)
def test_a_change_affects_what_is_at_above_and_below_it(
    verb: str, path: str, value: Any, hit: str, padding: int
) -> None:
    graph = graph_of(
        *("counter", "dict/a", "dict/b/c", "#dict", "#dict/b", "rows", "#rows", *BELOW_ROWS),
        *(f"padding/{n}" for n in range(padding)),
    )

    assert affected(graph, wish(verb, path, value)) == hit


def test_a_whole_page_depends_on_the_root() -> None:
    graph = graph_of("", "counter")

    assert affected(graph, wish("update", "counter", 1)) == " counter"
    assert graph.affected([entry(wish("replace", "", 1))]) == {"", "counter"}
    assert graph.affected([entry(wish("update", "counter", 1), stream="other")]) == set()


def test_several_bindings_at_one_place_are_all_affected() -> None:
    graph = Graph()
    for name in "abc":
        graph.add(name, "shared", parse("counter"), VALUE)
        graph.add(name, "shared", parse("counter"), VALUE)
    graph.add("a", "shared", parse("dict/a"))

    assert affected(graph, wish("update", "counter", 1)) == "a b c"
    assert affected(graph, wish("update", "dict/a", 1)) == "a"
    graph.drop("b")
    graph.drop("nobody")
    assert affected(graph, wish("update", "counter", 1)) == "a c"


def test_a_key_in_a_dict_may_look_like_a_selector() -> None:
    root = freeze({"d": {"a=1": {"x": 1}, "a": {"x": 1}}})
    graph = graph_of("d/a=1/x", "d/a/x")

    assert graph.affected([entry(wish("update", "d/a=1/x", 1), root=root)]) == {"d/a=1/x"}


def test_a_batch_that_shifts_a_list_compares_the_items_by_key() -> None:
    graph = graph_of("rows/id=7/n", "rows/id=8/n", "rows/id=8/id", "rows/id=9/n")

    hit = affected(
        graph,
        wish("move", "rows/0", 2),
        wish("update", "rows/0/n", 1),
        wish("delete", "rows/id=9"),
    )

    assert hit == "rows/id=8/n rows/id=9/n"


def test_a_row_that_passes_another_of_its_key_is_no_longer_the_first() -> None:
    root = freeze({"rows": [{"id": 1, "n": 0}, {"id": 2}, {"id": 1, "n": 5}]})
    graph = graph_of("rows/id=1/n", "rows/id=2/n")

    assert graph.affected([entry(wish("move", "rows/0", 2), root=root)]) == {"rows/id=1/n"}
    assert graph.affected([entry(wish("move", "rows/0", 1), root=root)]) == set()


def test_few_bindings_of_a_long_list_are_found_among_many_shifted_items() -> None:
    root = freeze({"rows": list(range(1000))})
    graph = graph_of("rows/9", "rows/10", "rows/999", "rows/1000", "rows/x")

    hit = graph.affected([entry(wish("delete", "rows/10"), root=root)])

    assert hit == {"rows/10", "rows/999"}


def test_entries_without_documents_need_no_keys() -> None:
    graph = graph_of("orders/1", "orders/id=2", "orders")
    touch = Entry("shared", (Change("set", parse("orders/1")),), None, None)

    assert graph.affected([touch]) == {"orders/1", "orders"}


# -- laws ------------------------------------------------------------------------------------

row = st.fixed_dictionaries(
    {"id": st.integers(0, 3), "n": st.integers(0, 1)},
    optional={"sub": st.lists(st.fixed_dictionaries({"id": st.integers(0, 2)}), max_size=3)},
)
documents = st.fixed_dictionaries(
    {"rows": st.lists(row, max_size=5)},
    optional={"a": st.integers(0, 1), "b": st.fixed_dictionaries({}, optional={"c": row})},
)
values = row | st.integers(0, 3) | st.lists(row, max_size=2)


def places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return every place of a document, list items by index and by key."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from places(item, (*path, str(at)))
            if isinstance(item, dict) and "id" in item:
                yield from places(item, (*path, f"id={item['id']}"))


@st.composite
def wishes(draw: Callable[..., Any], root: Any) -> Mutation:
    path = draw(st.sampled_from(sorted(set(places(root)))))
    verbs = ["replace", "update", "merge", "append", "insert", "delete", "move", "clear", "set"]
    verb = draw(st.sampled_from(verbs))
    if draw(st.booleans()):
        path = (*path, draw(st.sampled_from(["a", "b", "sub", "0", "-", "id"])))
    keep = draw(st.sampled_from([None, 2])) if verb == "append" else None
    return Mutation(verb, Path(path), draw(st.integers(0, 3) if verb == "move" else values), keep)


def history(data: st.DataObject, root: Any, most: int) -> Entry:
    after = root
    changes: tuple[Change, ...] = ()
    for _ in range(data.draw(st.integers(1, most))):
        try:
            after, more = apply(after, data.draw(wishes(after)), 2)
        except HtealeafError:
            continue
        changes += more
    return Entry("shared", changes, root, after)


Dep = tuple[tuple[str, ...], int]


def dependencies(*roots: Any) -> list[Dep]:
    found = {path for root in roots for path in places(root)}
    found |= {(*path, more) for path in found for more in ("a", "2", "5", "id=1")}
    return [(path, kind) for path in sorted(found) for kind in (VALUE, SHAPE)]


def seen(root: Any, path: tuple[str, ...], kind: int) -> Any:
    value = find(root, Path(path), MISSING)
    if kind == VALUE or not isinstance(value, (dict, list)):
        return value
    return list(value) if isinstance(value, dict) else (value.version, len(value))  # type: ignore[attr-defined]


def filled(deps: list[Dep]) -> Graph:
    graph = Graph()
    for n, (path, kind) in enumerate(deps):
        graph.add(str(n), "shared", Path(path), kind)
    return graph


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_binding_that_shows_something_else_is_affected(data: st.DataObject) -> None:
    """Whatever happens in an entry: one change, or a batch that reshapes nested lists."""
    root = freeze(data.draw(documents), 1)
    happened = history(data, root, most=4)
    deps = dependencies(root, happened.after)

    hit = filled(deps).affected([happened])

    for n, (path, kind) in enumerate(deps):
        if not same(seen(happened.before, path, kind), seen(happened.after, path, kind)):
            assert str(n) in hit, (path, kind)


def touched(change: Change) -> list[tuple[str, ...]]:
    if not change.size:
        return [change.path]
    ends = (change.at, change.to) if change.kind == "move" else (change.at, change.size - 1)
    return [(*change.path[:-1], str(at)) for at in range(min(ends), max(ends) + 1)]


def within(path: tuple[str, ...], place: tuple[str, ...]) -> bool:
    return path[: len(place)] == place


def expected(change: Change, path: tuple[str, ...], kind: int) -> bool:
    """Return what the rules say of a dependency without keys."""
    marks = touched(change)
    if any(within(path, mark) for mark in marks):
        return True
    if kind == VALUE:
        return any(within(mark, path) for mark in marks)
    item_replaced = change.kind == "replace" and change.at >= 0
    reshaped = change.size or change.created or change.kind == "delete" or item_replaced
    return bool(reshaped) and path == change.path[:-1]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_binding_beside_the_changes_is_affected(data: st.DataObject) -> None:
    root = freeze(data.draw(documents), 1)
    happened = history(data, root, most=3)
    deps = [d for d in dependencies(root, happened.after) if not any("=" in s for s in d[0])]

    hit = filled(deps).affected([happened])

    for n, (path, kind) in enumerate(deps):
        rules = any(expected(change, path, kind) for change in happened.changes)
        assert (str(n) in hit) == rules, (path, kind)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_small_page_is_told_the_same_as_a_large_one(data: st.DataObject) -> None:
    """Its few dependencies are looked at one by one, where others stand in a tree."""
    root = freeze(data.draw(documents), 1)
    happened = history(data, root, most=3)
    every = dependencies(root, happened.after)
    deps = data.draw(st.lists(st.sampled_from(every), max_size=4))
    small, large = filled(deps), filled(deps)
    for n in range(20):
        large.add(f"other {n}", "other", Path((str(n),)))

    assert small.affected([happened, happened]) == large.affected([happened, happened])
    assert small._trees is None
    assert large._trees is not None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_row_by_key_that_stays_the_same_object_is_left_alone(data: st.DataObject) -> None:
    """However it moves: nothing in it depends on its position."""
    ids = data.draw(st.lists(st.integers(0, 9), unique=True, max_size=5))
    root = freeze({"rows": [{"id": id, "n": 0} for id in ids]}, 1)
    after: Any = root
    changes: tuple[Change, ...] = ()
    for n in range(data.draw(st.integers(1, 3))):
        rows = after["rows"]
        at = data.draw(st.integers(0, max(0, len(rows) - 1)))
        verb = data.draw(st.sampled_from(["insert", "delete", "move", "replace"]))
        path = Path(("rows", str(at), "n")) if verb == "replace" else Path(("rows", str(at)))
        new: Any = {"insert": {"id": 10 + n, "n": 0}, "move": 0, "replace": 1}.get(verb)
        try:
            after, more = apply(after, Mutation(verb, path, new), 2)
        except HtealeafError:
            continue
        changes += more
    deps = [(("rows", f"id={id}", *more), VALUE) for id in range(13) for more in [(), ("n",)]]

    hit = filled(deps).affected([Entry("shared", changes, root, after)])

    for number, (dep, _) in enumerate(deps):
        item = Path(dep[:2])
        if find(root, item, MISSING) is find(after, item, MISSING):
            assert str(number) not in hit, dep


@settings(deadline=None)
@given(st.data())
def test_a_dropped_binding_is_forgotten_without_a_trace(data: st.DataObject) -> None:
    root = freeze(data.draw(documents), 1)
    happened = history(data, root, most=2)
    deps = dependencies(root, happened.after)
    graph = filled(deps)
    everything = graph.affected([happened])
    gone = set(data.draw(st.lists(st.sampled_from(range(len(deps)))))) | {0}

    for n in gone:
        graph.drop(str(n))
    assert graph.affected([happened]) == everything - {str(n) for n in gone}
    for n in gone:
        graph.add(str(n), "shared", Path(deps[n][0]), deps[n][1])
    assert graph.affected([happened]) == everything
    for n in range(len(deps)):
        graph.drop(str(n))
    assert graph.affected([happened]) == set()
    assert not graph._deps
    assert not graph._trees


# -- cost ------------------------------------------------------------------------------------


def test_a_page_with_one_binding_is_small() -> None:
    path, graphs = parse("counter"), []
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(100):
        graph = Graph()
        graph.add("shared-counter", "shared", path)
        graphs.append(graph)
    graphs[0].affected([entry(wish("update", "counter", 1))])
    size = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()

    assert size / len(graphs) < 700


def test_the_cost_does_not_grow_with_the_number_of_bindings() -> None:
    """Counted, not timed: the lines that run for one question."""

    def lines(rows: int) -> int:
        graph = graph_of(*(f"rows/{n}/done" for n in range(rows)))
        toggle = Entry("shared", (Change("set", parse("rows/5/done")),), None, None)
        place = parse(f"rows/{rows - 1}")
        insert = Entry("shared", (Change("insert", place, rows - 1, size=rows + 1),), None, None)
        graph.affected([toggle])
        count = 0

        def trace(frame: FrameType, *_: Any) -> Any:
            nonlocal count
            # Others' code may run in between: what the garbage collector calls back.
            count += frame.f_globals["__name__"].startswith("htealeaf")
            return trace

        previous = sys.gettrace()
        sys.settrace(trace)
        try:
            graph.affected([toggle, insert])
        finally:
            sys.settrace(previous)
        return count

    assert lines(10_000) == lines(100)
