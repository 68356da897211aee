"""Undo and redo: what one person did last, taken back where nobody touched it since."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.data import undo
from htealeaf.data.documents import Json, freeze, same
from htealeaf.data.effects import Document, Effect, Folded, Signature, effects_of, fold, signed
from htealeaf.data.packing import pack, unpack
from htealeaf.data.paths import parse
from htealeaf.data.undo import NothingToRedo, NothingToTakeBack, TouchedSince
from htealeaf.data.verbs import Mutation, apply
from htealeaf.errors import HtealeafError
from tests.data.made import mutations


class History:
    """A document that people change, with all that happened to it."""

    def __init__(self, root: Any) -> None:
        self.document = Document(freeze(root, 1))
        self.entries: list[Folded] = []

    @property
    def root(self) -> Json:
        return self.document.root

    def do(self, who: str, *mutations: Mutation, verb: str = "", of: int = 0) -> None:
        effects: tuple[Effect, ...] = ()
        n, root = len(self.entries) + 2, self.root
        for mutation in mutations:
            root, changes = apply(root, mutation, n)
            effects += effects_of(changes, root)
        if not effects:
            return
        told = signed(effects, Signature(who, verb, of))
        stored = unpack(pack(told))  # as it comes from a journal
        folded = fold("s", self.document, stored, n)
        assert folded.document is not None
        self.document = folded.document
        self.entries.append(folded)

    def undo(self, who: str, *, redo: bool = False) -> None:
        target = undo.last(self.entries, who, redo=redo)
        back = undo.taking_back(self.entries, target, self.root)
        self.do(who, *back, verb="redo" if redo else "undo", of=target.n)


def wish(verb: str, path: str, value: Any = None) -> Mutation:
    return Mutation(verb, parse(path), value)


def test_nobody_has_done_anything() -> None:
    history = History({"n": 1})
    history.do("ben", wish("replace", "n", 2))
    with pytest.raises(NothingToTakeBack):
        history.undo("ada")
    with pytest.raises(NothingToRedo):
        history.undo("ben", redo=True)


LIST = {"todo": ["a", "b", "c"], "n": 1, "d": {"k": {"x": 1}}}


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (wish("delete", "todo/1"), wish("insert", "todo/0", "new"), ["new", "a", "b", "c"]),
        (wish("insert", "todo/1", "x"), wish("insert", "todo/0", "new"), ["new", "a", "b", "c"]),
        (wish("append", "todo", "x"), wish("delete", "todo/0"), ["b", "c"]),
        (wish("replace", "todo/2", "C"), wish("move", "todo/0", 1), ["b", "a", "c"]),
        (wish("move", "todo/0", 2), wish("insert", "todo/0", "new"), ["a", "new", "b", "c"]),
        (wish("move", "todo/2", 0), wish("append", "todo", "new"), ["a", "b", "c", "new"]),
        (wish("replace", "n", 5), wish("clear", "todo"), []),
    ],
)
def test_what_others_do_beside_it_stays(mine: Any, theirs: Any, expected: Any) -> None:
    history = History(LIST)
    history.do("ada", mine)
    history.do("ben", theirs)
    history.undo("ada")
    assert history.root["todo"] == expected  # type: ignore[index, call-overload]
    assert history.root["n"] == 1  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (wish("replace", "n", 5), wish("replace", "n", 6)),
        (wish("increment", "n", 5), wish("increment", "n", 1)),
        (wish("replace", "todo/1", "B"), wish("replace", "todo/1", "BB")),
        (wish("replace", "todo/1", "B"), wish("delete", "todo/1")),
        (wish("insert", "todo/1", "x"), wish("move", "todo/1", 0)),
        (wish("append", "todo", {"t": 1}), wish("replace", "todo/3/t", 2)),
        (wish("delete", "todo/0"), wish("replace", "todo", ["z"])),
        (wish("delete", "d/k"), wish("replace", "d/k", 9)),
        (wish("replace", "d/k", {"x": 2}), wish("replace", "d/k/x", 3)),
        (wish("replace", "d/k/x", 2), wish("replace", "d", {})),
        (wish("merge", "d", {"k": 1, "l": 2}), wish("replace", "d/l", 3)),
    ],
)
def test_what_somebody_touched_since_stays(mine: Any, theirs: Any) -> None:
    history = History(LIST)
    history.do("ada", mine)
    history.do("ben", theirs)
    before = history.root
    with pytest.raises(TouchedSince):
        history.undo("ada")
    assert history.root is before
    history.undo("ben")
    history.undo("ada")  # who took theirs back has touched nothing
    assert history.root == LIST


def test_an_item_that_was_deleted_and_brought_back_is_the_same_item() -> None:
    history = History(LIST)
    history.do("ada", wish("replace", "todo/1", "B"))
    history.do("ada", wish("delete", "todo/1"))
    history.do("ben", wish("insert", "todo/0", "new"))
    history.undo("ada")
    history.undo("ada")
    assert history.root["todo"] == ["new", "a", "b", "c"]  # type: ignore[index, call-overload]


def test_what_comes_back_comes_in_the_order_in_which_it_stood() -> None:
    history = History(LIST)
    for text in ("x", "y", "z"):
        history.do("ada", wish("append", "todo", text))
    for redo in (False, True):
        for _ in range(3):
            history.undo("ada", redo=redo)
    assert history.root["todo"] == ["a", "b", "c", "x", "y", "z"]  # type: ignore[index, call-overload]


def test_a_step_that_changes_one_place_several_times_comes_back_as_a_whole() -> None:
    history = History(LIST)
    history.do(
        "ada",
        wish("append", "todo", {"t": 1}),
        wish("replace", "todo/3/t", 2),
        wish("replace", "n", True),
        wish("replace", "n", None),
        wish("move", "todo/3", 0),
        wish("delete", "todo/2"),
    )
    after = history.root
    history.undo("ada")
    assert history.root == LIST
    history.undo("ada", redo=True)
    assert history.root == after


def test_a_new_change_drops_what_could_be_redone() -> None:
    history = History(LIST)
    history.do("ada", wish("replace", "n", 2))
    history.undo("ada")
    history.do("ada", wish("replace", "n", 3))
    with pytest.raises(NothingToRedo):
        history.undo("ada", redo=True)


@given(st.data())
def test_all_of_one_person_can_be_taken_back_and_done_again(data: st.DataObject) -> None:
    """Undo after random changes gives the documents before, one by one; redo those after."""
    history = History(START)
    documents = [history.root]
    for _ in range(data.draw(st.integers(1, 6))):
        before = len(history.entries)
        step = data.draw(st.lists(mutations(history.root), min_size=1, max_size=3))
        try:
            history.do("ada", *step)
        except HtealeafError:
            continue
        if len(history.entries) > before:
            documents.append(history.root)
    at = len(documents) - 1
    turns = [False] * at + [True] * at  # all the way, and then to and fro
    for redo in [*turns, *data.draw(st.lists(st.booleans(), max_size=12))]:
        if not 0 <= at + (1 if redo else -1) < len(documents):
            with pytest.raises(NothingToTakeBack):
                history.undo("ada", redo=redo)
            continue
        history.undo("ada", redo=redo)
        at += 1 if redo else -1
        assert equal(history.root, documents[at])


@given(st.data())
def test_undo_then_redo_is_the_identity(data: st.DataObject) -> None:
    """Whoever else changes what, it is refused or comes back as it was."""
    history = History(START)
    for who in data.draw(st.lists(st.sampled_from(["ada", "ben"]), min_size=1, max_size=6)):
        try:
            history.do(who, data.draw(mutations(history.root)))
        except HtealeafError:
            continue
    before = history.root
    try:
        history.undo("ada")
    except (NothingToTakeBack, TouchedSince):
        assert history.root is before
        return
    history.undo("ada", redo=True)
    assert equal(history.root, before)


START = {"a": [1, {"b": 2}, [3]], "b": {"a": 1, "b": [4, 5]}, "0": "x", "id": ["a", "b"]}


def equal(one: Json, other: Json) -> bool:
    """Equal as JSON: the order of keys says nothing, the kinds of numbers do."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return same(one, other)
