"""Patches: what brings one rendering to another, and what a binding that raises costs of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.reactive.bindings import Hole, Node
from htealeaf.reactive.patching import contained, differences, outermost

Nodes = dict[str, Node]
SOURCE: Any = object()


def node(parent: str = "", digest: int = 0, kids: Sequence[str] = (), rows: bool = False) -> Node:
    made = Node(SOURCE, parent, "", False, "")
    made.digest, made.kids, made.rows, made.keys = (
        digest,
        tuple(kids),
        rows,
        tuple(kids if rows else ()),
    )
    return made


def tree(**made: Node) -> Nodes:
    for id, one in made.items():
        one.mark = id
    return made


def page(inner: int = 0, outer: int = 0) -> Nodes:
    return tree(a=node(digest=outer, kids=["b", "c"]), b=node("a", inner), c=node("a"))


def html_of(nodes: Nodes) -> dict[str, str]:
    return {id: f'<p id="{id}">{one.digest}</p>' for id, one in nodes.items()}


def ops(old: Nodes, new: Nodes, id: str = "a") -> list[tuple[str, str]]:
    return [(piece.op, piece.to) for piece in differences(id, old, new, html_of(new))]


# -- differences ---------------------------------------------------------------------------


def test_what_is_equal_is_not_sent() -> None:
    assert ops(page(), page()) == []


def test_what_differs_inside_is_sent_alone() -> None:
    assert ops(page(), page(inner=1)) == [("", "b")]


def test_what_differs_is_sent_with_all_that_is_in_it_once() -> None:
    assert ops(page(), page(inner=1, outer=1)) == [("", "a")]


def test_another_mark_is_another_element() -> None:
    new = page()
    new["b"].mark = "own"

    [piece] = differences("a", page(), new, html_of(new))

    assert (piece.to, piece.html) == ("b", '<p id="b">0</p>')


def rows_of(keys: Sequence[str]) -> Nodes:
    ids = [f"row-{key}" for key in keys]
    listed = node(kids=ids, rows=True)
    listed.op = "replace"
    return tree(list=listed, **{id: node("list") for id in ids})


def applied(shown: list[str], pieces: list[Any]) -> list[str]:
    """Do to ids in order what a browser does to elements."""
    shown = list(shown)
    for piece in pieces:
        if piece.op == "remove":
            shown = [id for id in shown if id not in piece.to.split("\n")]
        elif piece.op == "before":
            ids = [part.partition('"')[0] for part in piece.html.split(' id="')[1:]]
            at = shown.index(piece.to) if piece.to in shown else len(shown)
            shown[at:at] = ids
        elif piece.op == "append":
            shown += [part.partition('"')[0] for part in piece.html.split(' id="')[1:]]
        elif piece.op == "move":
            moved = piece.to.split("\n")
            shown = [id for id in shown if id not in moved]
            before = piece.extra.partition('"')[2].rpartition('"')[0]
            at = shown.index(before) if before in shown else len(shown)
            shown[at:at] = moved
        else:
            raise AssertionError(piece)
    return shown


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True),
    st.lists(st.sampled_from("abcdefgh"), unique=True),
)
def test_rows_come_go_and_move_until_the_list_is_the_new_one(
    one: list[str], other: list[str]
) -> None:
    old, new = rows_of(one), rows_of(other)

    pieces = differences("list", old, new, html_of(new))

    assert applied([*old["list"].kids], pieces) == [*new["list"].kids]
    sent = [piece.html for piece in pieces]
    assert not any(f'"row-{key}"' in html for html in sent for key in set(one) & set(other))


def test_one_row_that_moves_is_one_move() -> None:
    [piece] = differences("list", rows_of("abcd"), new := rows_of("bcda"), html_of(new))

    assert (piece.op, piece.to) == ("move", "row-a")


def test_a_list_in_another_order_names_its_rows_once() -> None:
    """Beyond a share, each move would name a row, and the one that it is put before."""
    [piece] = differences("list", rows_of("abcdefgh"), new := rows_of("badcfehg"), html_of(new))

    assert (piece.op, piece.to) == ("move", "\n".join(f"row-{key}" for key in "badcfehg"))


def test_rows_that_come_are_put_between_those_in_another_order() -> None:
    old, new = rows_of("abcdefgh"), rows_of("baxdcfeyhg")

    pieces = differences("list", old, new, html_of(new))

    assert [piece.op for piece in pieces] == ["move", "before", "before"]
    assert applied([*old["list"].kids], pieces) == [*new["list"].kids]


# -- outermost -----------------------------------------------------------------------------


def test_of_what_is_affected_the_outermost_is_rendered() -> None:
    assert list(outermost({"a", "b"}, page())) == ["a"]
    assert sorted(outermost({"b", "c"}, page())) == ["b", "c"]


# -- bindings that raised ------------------------------------------------------------------


def raised(nodes: Nodes, id: str) -> tuple[Nodes, dict[str, Hole], Exception]:
    error = ValueError(id)
    return {k: v for k, v in nodes.items() if k != id}, {id: Hole(nodes[id], error)}, error


def test_the_old_html_stays_where_all_around_it_stays() -> None:
    nodes, holes, error = raised(page(inner=1), "b")

    found = contained(["a"], nodes, holes, page(inner=7))

    assert found.failed == {"b": error}
    assert found.nodes["b"].digest == 7
    assert set(found.nodes) == {"a", "b", "c"}


def test_what_is_sent_whole_fails_with_what_is_in_it() -> None:
    nodes, holes, error = raised(page(outer=1), "b")

    found = contained(["a"], nodes, holes, page())

    assert found.failed == {"a": error}
    assert set(found.nodes) == {"a"}
    assert set(found.holes) == {"a", "b"}
    assert found.nodes["a"].digest == page()["a"].digest


def test_a_new_row_is_left_out_and_its_list_tried_again() -> None:
    new = rows_of("ab")
    nodes, holes, error = raised(new, "row-b")

    found = contained(["list"], nodes, holes, rows_of("a"))

    assert found.failed == {"list": error}
    assert found.nodes["list"].kids == ("row-a",)


@pytest.mark.parametrize("old", [page(inner=7), None])
def test_nothing_that_is_given_is_changed(old: Nodes | None) -> None:
    nodes, holes, _ = raised(page(outer=1), "b")
    before = (
        dict(nodes),
        dict(holes),
        {id: (n.digest, n.kids, n.keys, n.mark) for id, n in nodes.items()},
    )

    contained(["a"], nodes, holes, old)

    assert (nodes, holes) == before[:2]
    assert {id: (n.digest, n.kids, n.keys, n.mark) for id, n in nodes.items()} == before[2]
