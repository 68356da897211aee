"""A wish finds the thing again that it was made for, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from htealeaf.data.documents import find, freeze, shape
from htealeaf.data.paths import Path, parse
from htealeaf.data.rebase import carry, rebase
from htealeaf.data.verbs import Change, Mutation, apply
from tests.data.made import places


def rows(tags: Iterator[int], depth: int = 2) -> list[Any]:
    return [
        {"tag": next(tags), "n": 0, "rows": rows(tags, depth - 1) if depth else []}
        for _ in range(3)
    ]


def tagged(value: Any, path: tuple[str, ...] = ()) -> dict[int, Path]:
    return {
        find(value, Path(p), None)["tag"]: Path(p) for p in places(value, path) if is_row(value, p)
    }


def is_row(value: Any, path: tuple[str, ...]) -> bool:
    found = find(value, Path(path))
    return isinstance(found, dict) and "tag" in found


@st.composite
def edits(draw: Callable[..., Any], root: Any, tags: Iterator[int]) -> Mutation:
    lists = [p for p in places(root) if isinstance(find(root, Path(p)), list)]
    path = draw(st.sampled_from(lists))
    items = find(root, Path(path))
    new: Any = {"tag": next(tags), "n": 0, "rows": []}
    verb = draw(st.sampled_from(["append", "insert", "delete", "move", "n", "item", "list"]))
    if verb == "list":
        return Mutation("replace", Path(path), draw(st.sampled_from([[], [new]])))
    if verb == "append" or not items:
        return Mutation("append", Path(path), new, draw(st.sampled_from([None, 2])))
    at = draw(st.integers(0, len(items) - 1))
    item = Path((*path, str(at)))
    if verb == "n":
        return Mutation("increment", Path((*item, "n")))
    if verb == "item":
        return Mutation("replace", item, new)
    return Mutation(verb, item, draw(st.integers(0, len(items) - 1)) if verb == "move" else new)


@settings(max_examples=200)
@given(st.data())
def test_a_carried_path_leads_to_the_same_item(data: st.DataObject) -> None:
    """It is None exactly when the item is gone; an equal shape version means an equal item."""
    tags = iter(range(10_000))
    root = after = freeze({"rows": rows(tags)}, 1)
    changes: tuple[Change, ...] = ()
    for version in range(2, data.draw(st.integers(3, 8))):
        after, more = apply(after, data.draw(edits(after, tags)), version)
        changes += more

    there = tagged(after)
    for tag, path in tagged(root).items():
        assert carry(path, changes) == there.get(tag)
        wish = Mutation("increment", Path((*path, "n")))
        carried = rebase(after, wish, changes)
        assert (carried and carried.path[:-1]) == there.get(tag)
        if shape(root, path) == shape(after, path) and path in there.values():
            assert there.get(tag) == path
        # The same by key, and below it by index.
        keyed = Mutation("increment", Path((*path[:-1], f"tag={tag}", "n")))
        if len(path) == 2:
            carried = rebase(after, keyed, changes)
            assert (carried and carried.path[:-1]) == there.get(tag)
        if len(path) == 4:
            parent = find(root, Path(path[:2]))["tag"]
            below = Mutation("increment", Path(("rows", f"tag={parent}", *path[2:], "n")))
            carried = rebase(after, below, changes)
            assert (carried and carried.path[:-1]) == there.get(tag)


@pytest.mark.parametrize(
    ("path", "change", "carried"),
    [
        ("todo/2/done", Change("delete", parse("todo/2"), 2, size=3), None),
        ("todo/2/done", Change("delete", parse("todo/1"), 1, size=3), "todo/1/done"),
        ("todo/2/done", Change("replace", parse("todo/2"), 2), None),
        ("todo/2/done", Change("replace", parse("todo")), None),
        ("todo/2/done", Change("replace", parse("")), None),
        ("todo/2/done", Change("replace", parse("todo/2/done")), "todo/2/done"),
        ("todo/2/done", Change("set", parse("todo/2/done")), "todo/2/done"),
        ("todo/2", Change("set", parse("todo/2"), 2), "todo/2"),
        ("todo/2", Change("replace", parse("todo/2/tags")), "todo/2"),
        ("todo/2/done", Change("replace", parse("other")), "todo/2/done"),
        ("todo/-", Change("insert", parse("todo/0"), 0, size=4), "todo/-"),
        ("todo", Change("insert", parse("todo/0"), 0, size=4), "todo"),
        ("name", Change("delete", parse("name")), "name"),
        ("years/2020", Change("delete", parse("years/2019")), "years/2020"),
        ("lists/0/x", Change("delete", parse("lists")), None),
    ],
)
def test_carry_loses_a_thing_when_it_or_what_holds_it_went(
    path: str, change: Change, carried: str | None
) -> None:
    result = carry(parse(path), [change])

    assert result == (None if carried is None else parse(carried))


def test_a_key_of_digits_is_no_index() -> None:
    changes = [Change("replace", parse("todo/0/years"))]
    path = parse("todo/0/years/2020")

    assert carry(path, changes) is None
    assert carry(path, changes, indexes={1}) == path
    root = freeze({"todo": [{"years": {"2020": 1}}]})
    assert rebase(root, Mutation("increment", path), changes) == Mutation("increment", path)


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("to", range(4))
@pytest.mark.parametrize("new", range(5))
def test_a_move_goes_beside_the_item_that_it_was_shown_beside(at: int, to: int, new: int) -> None:
    """Somebody inserts a row between the rendering of a move and the click."""
    root: Any = freeze({"list": list("abcd")})
    move = Mutation("move", parse(f"list/{at}"), to)
    shown: Any = apply(root, move, 2)[0]
    meanwhile, changes = apply(root, Mutation("insert", parse(f"list/{new}"), "new"), 2)

    rebased = rebase(meanwhile, move, changes)

    assert rebased is not None
    after: Any = apply(meanwhile, rebased, 3)[0]
    assert [item for item in after["list"] if item != "new"] == shown["list"]


def test_a_move_is_gone_with_the_item_that_it_goes_to() -> None:
    root: Any = freeze({"list": list("abcd")})
    meanwhile, changes = apply(root, Mutation("delete", parse("list/2")), 2)

    assert rebase(meanwhile, Mutation("move", parse("list/0"), 2), changes) is None
    assert rebase(meanwhile, Mutation("move", parse("list/0"), "-"), changes) is not None
