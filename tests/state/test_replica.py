"""A worker commits to its documents, and keeps up with those of others."""

from __future__ import annotations

import pytest

from htealeaf.data.cursor import Cursor
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import Conflict, PathNotFound, TargetGone
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.drafts import Write
from tests.laws.simulated import End, Worker
from tests.state.replicas import ROWS, Watched, offered, replica, write


def test_a_commit_is_all_or_nothing() -> None:
    one = replica()

    with pytest.raises(PathNotFound):
        one.commit([write("increment", "n", 1), write("delete", "t/9")])

    assert one.root("s") == ROWS
    assert one.cursor.n == 0


def test_an_index_is_carried_over_what_happened_since() -> None:
    """The row that was second when it was seen is deleted, wherever it is now."""
    one = replica()
    one.commit([write("insert", "t/0", {"id": 3, "done": False})])

    one.commit([write("delete", "t/1", shape="0")])

    assert [row["id"] for row in one.root("s")["t"]] == [3, 1]


def test_a_row_that_is_gone_is_gone() -> None:
    one = replica()
    one.commit([write("delete", "t/1")])

    with pytest.raises(TargetGone):
        one.commit([write("toggle", "t/1/done", shape="0")])


@pytest.mark.parametrize("begun", [False, True], ids=["default", "begun anew"])
def test_a_row_of_a_document_that_was_dropped_is_none_of_the_next(begun: bool) -> None:
    """Its list has the default's shape again, which is not the one that was seen."""
    one = replica()
    one.commit([write("delete", "t/0")])
    seen = f"{one.epoch}.{one.root('s')['t'].version}"
    one.drop("s")
    if begun:
        one.commit([write("increment", "n", 1)])

    with pytest.raises(TargetGone):
        one.commit([write("delete", "t/0", shape=seen)])

    assert [row["id"] for row in one.root("s")["t"]] == [1, 2]


def test_an_offer_on_a_key_that_is_gone_finds_its_target_gone() -> None:
    """Python code, which names a place by itself, is told that there is none."""
    one = replica()

    with pytest.raises(TargetGone):
        one.commit([offered("delete", "t/id=9")])
    with pytest.raises(PathNotFound):
        one.commit([write("delete", "t/id=9")])


def test_a_one_time_id_counts_once() -> None:
    one = replica()

    for _ in range(3):
        one.commit([write("increment", "n", 1)], once="a")

    assert one.root("s")["n"] == 1


def test_a_refused_commit_claims_no_one_time_id() -> None:
    one = replica()

    with pytest.raises(PathNotFound):
        one.commit([write("delete", "t/9")], once="a")

    assert not one.claimed("a")


def test_what_was_read_has_to_be_there_still() -> None:
    one = replica()
    one.commit([write("increment", "n", 1)])

    with pytest.raises(Conflict):
        one.commit([write("increment", "n", 1)], expect=[("s", parse("n"), 0)])


def test_a_one_time_id_counts_from_when_its_commit_can_be_seen() -> None:
    """So the answer to a retry that comes meanwhile never lacks what the click did."""
    early = []
    one = Watched(lambda one: early.append(one.claimed("a") and one.cursor.n == 0))

    one.watch(lambda: one.commit([write("increment", "n", 1)], once="a"))

    assert one.claimed("a")
    assert early
    assert not any(early)


def test_who_has_seen_more_is_waited_for() -> None:
    """A browser comes with what it has written at another worker, and this one has not heard."""
    base = MemoryJournal()
    here, there = Worker(End(base)), Worker(End(base))
    here.root("shared")
    here.lags = True
    there.commit([Write("shared", Mutation("replace", parse("x"), 1))])
    assert here.n == 0

    here.reach(there.cursor)

    assert (here.n, here.head("shared")[1]) == (1, {"x": 1})
    here.reach(Cursor(here.epoch, 1000))  # what has not happened is not waited for
    here.reach(Cursor("another", 5))
