"""Finding what a change affects, whatever the number of bindings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.report import Row, Table, µs
from benchmarks.timing import Effort, race
from htealeaf.data.effects import Folded
from htealeaf.data.paths import Path
from htealeaf.data.verbs import Change
from htealeaf.reactive.graph import VALUE, Graph

MANY = 1_000_000


def graph_of(bindings: int) -> Graph:
    """Return a graph with that many bindings, a thousand in a group."""
    graph = Graph()
    for i in range(bindings):
        graph.add(f"b{i}", "shared", _place(i), VALUE)
    return graph


def asking(graph: Graph, bindings: int) -> Callable[[], object]:
    """Return a question: what does a change of the binding in the middle affect?"""
    change = Change("set", _place(bindings // 2))
    entries = [Folded(1, "shared", (change,), None, None)]
    if graph.affected(entries) != {f"b{bindings // 2}"}:
        raise RuntimeError("another binding is affected than the one that was changed")
    return lambda: graph.affected(entries)


def _place(i: int) -> Path:
    return Path((f"g{i // 1000}", f"n{i}"))


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure the budget of the graph."""
    took = race(
        {"few": asking(graph_of(1000), 1000), "many": asking(graph_of(MANY), MANY)}, effort.seconds
    )
    few, many = took["few"], took["many"]
    what = f"find the affected at {MANY:,} bindings"
    yield Row(what, µs(many), f"{µs(few)} at 1,000", many / few, 1.5)
