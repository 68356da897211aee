"""Text places: they are rendered again as any other place is, or not here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from htealeaf import Registry, Store
from htealeaf.components import b, h3, option, p, pre, td, textarea
from htealeaf.data.effects import Folded
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Change
from htealeaf.reactive.graph import Graph
from htealeaf.reactive.rendering import Render
from htealeaf.reactive.scope import Scope, entered
from htealeaf.reactive.texts import text_again

Show = Callable[[Store], Any]
VALUES = ["a & <b>", 'say "no"', "", 7, -1, True, None, 1.5, [1], {"a": 1}]
TEXTS: dict[str, Show] = {
    "plain": lambda store: h3(store.react("t")),
    "its own id": lambda store: p(store.react("t"), id="own"),
    "attributes": lambda store: td(store.react("t"), class_="a", title='"<'),
    "an id of the binding": lambda store: h3(store.react("t", id="mine")),
    "in a list of choices": lambda store: option(store.react("t"), value="1"),
}
OTHERS: dict[str, Show] = {
    "a function of the author's": lambda store: h3(store.react("t", lambda value: b(str(value)))),
    "a reactive attribute": lambda store: h3(store.react("t"), class_=store.react("t")),
    "a control": lambda store: textarea(store.react("t"), id="area"),
    "where a newline is dropped": lambda store: pre(store.react("t")),
}


@pytest.fixture
def shared() -> Iterator[Store]:
    with Registry():
        yield Store({"t": "x", "u": "y"}, name="shared")


def rendered(store: Store, content: Any) -> tuple[Graph, Render]:
    graph = Graph()
    with store.registry.journal.moment() as moment, entered(scope := Scope(moment)):
        render = Render(scope, graph, lambda text: "MAC")
        render.children(content)
    return graph, render


def again(store: Store, content: Any, value: Any) -> tuple[str | None, str | None, Graph]:
    # What the place gives here, and what any place gives; None where it raises.
    store.replace("t", "x")
    graph, render = rendered(store, content)
    ((id, node),) = render.nodes.items()
    store.replace("t", value)
    with store.registry.journal.moment() as moment, entered(scope := Scope(moment)):
        scope.deps = reads = {("around", parse("x"), 0)}
        found = text_again(scope, graph, id, node)
        assert scope.deps is reads
        assert len(reads) == 1
        try:
            whole = Render(scope, Graph(), lambda text: "MAC").again(id, node, None)
        except Exception:
            whole = None
    return found, whole, graph


@pytest.mark.parametrize("show", TEXTS.values(), ids=TEXTS)
def test_a_text_is_what_a_whole_rendering_has(shared: Store, show: Show) -> None:
    for value in VALUES:
        found, whole, _ = again(shared, show(shared), value)

        assert found == (whole if isinstance(value, (str, int)) else None), value


@pytest.mark.parametrize("show", OTHERS.values(), ids=OTHERS)
def test_what_is_more_than_a_text_is_rendered_as_ever(shared: Store, show: Show) -> None:
    found, whole, _ = again(shared, show(shared), "z")

    assert found is None
    assert whole is not None


def test_what_it_reads_now_is_what_it_depends_on(shared: Store) -> None:
    _, _, graph = again(shared, h3(shared.react("t")), "z")

    for place, affected in {"t": {"shared-t"}, "u": set[str]()}.items():
        entry = Folded(9, "shared", (Change("set", parse(place)),), None, None)
        assert graph.affected([entry]) == affected
