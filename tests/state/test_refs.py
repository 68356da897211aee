"""Every verb of the table is a method of a Ref, and of `do`, that takes what its row says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import pytest

from htealeaf import (
    Action,
    Conflict,
    Registry,
    Store,
)
from htealeaf.data.verbs import VERBS
from htealeaf.errors import InvalidPath
from htealeaf.state.refs import Verbs


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as registry:
        yield registry


@pytest.fixture
def store(registry: Registry) -> Store:
    return Store(
        {"n": 1, "d": {"a/b": 1}, "todo": [{"id": "x", "done": False}, {"id": "y", "done": True}]},
        name="shared",
    )


def elsewhere(work: Callable[[], Any]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_the_verbs_of_a_ref_are_those_of_the_table() -> None:
    said = [name for name in vars(Verbs) if not name.startswith("_")]

    assert said == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_says_itself(verb: str) -> None:
    """What stands in the action is the verb that was called, with its path and its value."""
    with Registry():
        store = Store({"n": 1}, name="shared")
    method = getattr(store.do, verb)
    takes = [name for name in signature(method).parameters if name != "keep"][1:]

    action: Action = method("n", *(["v"] if takes else []))

    assert (action.verb, str(action.path), action.value) == (verb, "n", "v" if takes else None)
    assert ("keep" in signature(method).parameters) == VERBS[verb].keeps


def test_a_ref_is_the_store_below_a_path(store: Store) -> None:
    ref = store.at("todo/0")

    assert ref["done"] is False
    assert ref.read() == {"id": "x", "done": False}
    ref["done"] = True
    assert store.read("todo/0/done") is True
    ref.toggle("done")
    assert store["todo/0/done"] is False
    assert ("id" in ref, "nope" in ref, len(ref)) == (True, False, 2)
    assert str(ref.do.toggle("done")) == 'store_shared.toggle("todo/0/done")'
    del ref["done"]
    assert store.read("todo/0") == {"id": "x"}


def test_what_is_in_a_ref_is_in_its_value(store: Store) -> None:
    store.replace("text", "Green tea")
    assert ("tea" in store.at("text"), "milk" in store.at("text")) == (True, False)
    assert "x" not in store.at("gone")
    with pytest.raises(TypeError, match="nothing inside"):
        assert 1 in store.at("n")


def test_iterating_a_ref_gives_refs(store: Store) -> None:
    assert [ref.key for ref in store.at("todo")] == ["0", "1"]
    assert [ref["id"] for ref in store.at("todo")] == ["x", "y"]
    assert [(ref.key, ref.read()) for ref in store.at("d")] == [("a/b", 1)]
    with pytest.raises(TypeError, match="neither"):
        iter(store.at("n"))


def test_one_text_is_a_path_and_several_are_segments(store: Store) -> None:
    assert store.at("d/a~1b").read() == 1
    assert store.at("d", "a/b").read() == 1
    assert store.at("todo", 1, "id").read() == "y"
    assert store.at("todo").at(1).at("id").read() == "y"
    assert store.at("todo/id=y/done").read() is True
    assert store.at("").read() == store.read()
    with pytest.raises(InvalidPath):
        store.at("todo", -1)
    for nothing in (None, False, ()):  # a name that is not there is not the whole document
        assert len(store.at(nothing).path) == 1  # type: ignore[arg-type]


def test_transform_in_a_batch_is_a_read(store: Store) -> None:
    with pytest.raises(Conflict), store.batch():  # noqa: PT012
        store.transform("n", lambda n: n + 1)
        elsewhere(lambda: store.increment("n", 10))
    assert store.read("n") == 11
    with store.batch():
        store.transform("n", lambda n: n + 1)
        store.transform("n", lambda n: n * 2)
    assert store.read("n") == 24


def test_transform_gets_none_for_a_missing_place(store: Store) -> None:
    assert store.transform("new", lambda old: (old or 0) + 1) == 1
    assert store.transform("new", lambda old: (old or 0) + 1) == 2
    store.replace("nothing", None)
    assert store.transform("nothing", lambda old: old is None) is True


def test_transform_runs_again_when_somebody_was_faster(store: Store) -> None:
    seen = []

    def add(n: int) -> int:
        seen.append(n)
        if len(seen) < 3:
            store.increment("n", 10)
        return n + 1

    assert store.transform("n", add) == 22
    assert seen == [1, 11, 21]


def test_transform_that_never_gets_through_is_a_conflict(store: Store) -> None:
    def disturbed(n: int) -> int:
        store.increment("n")
        return n

    with pytest.raises(Conflict, match="at each of"):
        store.transform("n", disturbed)
