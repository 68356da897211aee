"""Rendering: marks, ids and nodes, the same for a page and for one binding again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import HtealeafError, NotAuthenticated, Registry, Store
from htealeaf.components import button, div, h3, input_, li, p, svg, table, tbody, td, tr, ul
from htealeaf.errors import NoSuperStore
from htealeaf.reactive.graph import Graph
from htealeaf.reactive.rendering import OnError, Options, Render, raised_in
from htealeaf.reactive.scope import Scope, entered


@pytest.fixture
def shared() -> Iterator[Store]:
    with Registry():
        yield Store({"n": 1, "t": "x", "rows": [{"id": "a"}, {"id": "b"}]}, name="shared")


def rendered(store: Store, content: Any, options: Options = Options()) -> Render:  # noqa: B008
    with store.registry.journal.moment() as moment, entered(scope := Scope(moment)):
        render = Render(scope, Graph(), lambda text: "MAC", options)
        render.children(content)
    return render


def html(store: Store, content: Any) -> str:
    return "".join(rendered(store, content).out)


# -- which element has the mark ------------------------------------------------------------


def test_an_only_child_marks_the_element_around_it(shared: Store) -> None:
    assert html(shared, h3(shared.react("n"))) == '<h3 id="shared-n">1</h3>'


def test_a_single_element_is_the_mark_itself(shared: Store) -> None:
    shown = html(shared, div("a", shared.react("n", h3)))

    assert shown == '<div>a<h3 id="shared-n">1</h3></div>'


def test_other_content_gets_an_element_around_it(shared: Store) -> None:
    assert html(shared, div("a", shared.react("n"))) == '<div>a<span id="shared-n">1</span></div>'


def test_in_an_image_that_is_a_group(shared: Store) -> None:
    assert '<g id="shared-n">' in html(shared, svg("a", shared.react("n")))


def test_a_list_among_siblings_ends_with_an_empty_mark(shared: Store) -> None:
    shown = html(shared, ul(li("first"), shared.each("rows", lambda row: li(row["id"]), key="id")))

    assert shown.index("first") < shown.index(">a<") < shown.index(">b<") < shown.index("<template")


def test_the_author_s_own_id_wins(shared: Store) -> None:
    render = rendered(shared, h3(shared.react("n"), id="mine"))

    assert "".join(render.out) == '<h3 id="mine">1</h3>'
    assert render.nodes["shared-n"].mark == "mine"


def test_bindings_that_want_one_element_become_one(shared: Store) -> None:
    render = rendered(shared, h3(shared.react("n"), class_=shared.react("t")))

    assert "".join(render.out) == '<h3 id="shared-t" class="x">1</h3>'
    assert len(render.nodes) == 1


def test_equal_bindings_beside_each_other_are_counted(shared: Store) -> None:
    render = rendered(shared, [h3(shared.react("n")), p(shared.react("n")), p(shared.react("t"))])

    assert [*render.nodes] == ["shared-n", "shared-n----2", "shared-t"]


def test_a_binding_inside_continues_the_id_around_it(shared: Store) -> None:
    render = rendered(shared, ul(shared.each("rows", lambda row: li(p(row.react("id"))))))

    assert "shared-rows--0--id" in render.nodes


# -- again, alone --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        lambda s: h3(s.react("n")),
        lambda s: div("a", s.react("n")),
        lambda s: div("a", s.react("n", lambda n: [h3(n), p(n)])),
        lambda s: div("a", s.react("n", lambda n: None)),
        lambda s: table(tbody(s.each("rows", lambda row: tr(td(row["id"])), key="id"))),
        lambda s: ul(li("x"), s.each("rows", lambda row: li(row.react("id")))),
        lambda s: input_(value=s.react("t")),
        lambda s: svg("a", s.react("n")),
        lambda s: div(s.react("n", lambda n: div(button("+", onclick=s.do.increment("n"))))),
    ],
)
def test_a_binding_rendered_alone_is_what_it_is_in_the_page(shared: Store, content: Any) -> None:
    """Each node, byte for byte, with its digest, its kids and its mark."""
    page = rendered(shared, content(shared))

    for id, node in page.nodes.items():
        with shared.registry.journal.moment() as moment, entered(scope := Scope(moment)):
            alone = Render(scope, Graph(), lambda text: "MAC")
            alone.again(id, node, page.nodes.get(node.parent))

        assert alone.html[id] == page.html[id]
        again = alone.nodes[id]
        assert (again.digest, again.kids, again.mark) == (node.digest, node.kids, node.mark)
        assert (again.op, again.keys) == (node.op, node.keys)


def test_what_a_binding_reads_is_its_own_in_the_graph(shared: Store) -> None:
    render = rendered(shared, div(h3(shared.react("n")), p(shared.react("t"))))
    before = shared.registry.journal.n
    shared.set("t", "y")

    entries = shared.registry.journal.since(["shared"], before, before + 1)
    assert entries is not None
    assert render.graph.affected(entries) == {"shared-t"}


# -- errors --------------------------------------------------------------------------------


def fails(value: Any) -> Any:
    raise LookupError("no such thing")


def failing(store: Store) -> Any:
    def outer(t: Any) -> Any:
        return div("b", store.react("n", fails))

    return div(p(store.react("n")), div("a", store.react("t", outer)))


def test_an_error_ends_the_rendering_unless_something_else_is_said(shared: Store) -> None:
    with pytest.raises(LookupError) as caught:
        rendered(shared, failing(shared))

    raised = raised_in(caught.value)
    assert raised is not None
    assert raised.id == "shared-t---shared-n"  # the innermost one


def test_a_hole_is_left_where_old_html_may_stay(shared: Store) -> None:
    render = rendered(shared, failing(shared), Options(on_error=OnError.HOLE))

    assert set(render.nodes) == {"shared-n", "shared-t"}
    assert [*render.holes] == ["shared-t---shared-n"]
    assert render.failed == {}


def test_an_empty_place_is_left_in_a_first_page(shared: Store) -> None:
    words = "what went wrong: {}".format
    render = rendered(shared, failing(shared), Options(on_error=OnError.EMPTY, words=words))

    out = "".join(render.out)
    assert [*render.failed] == ["shared-t---shared-n"]
    assert "what went wrong: no such thing" in out
    assert '<p id="shared-n">1</p>' in out
    assert render.holes == {}


@pytest.mark.parametrize("on_error", OnError)
def test_not_signed_in_is_always_the_page_s_to_say(shared: Store, on_error: OnError) -> None:
    def closed(value: Any) -> Any:
        raise NotAuthenticated("nobody is signed in")

    with pytest.raises(NotAuthenticated):
        rendered(shared, div(shared.react("n", closed)), Options(on_error=on_error))


def test_a_place_of_a_row_that_is_two_elements_is_refused(shared: Store) -> None:
    with pytest.raises(HtealeafError, match="has to be one"):
        rendered(shared, ul(shared.each("rows", lambda row: [li("a"), li("b")])))


@pytest.mark.parametrize(
    "content", [lambda s: p(s.react("n")), lambda s: button("+", onclick=s.do.increment("n"))]
)
def test_where_nothing_answers_neither_bindings_nor_actions_stand(
    shared: Store, content: Any
) -> None:
    refused = NoSuperStore("write SuperStore(app)")

    with pytest.raises(NoSuperStore):
        rendered(shared, content(shared), Options(refused=refused))
