"""The journal keeps order, forgets old changes, and never guesses."""

from __future__ import annotations

import pytest

from htealeaf.documents import Json, freeze
from htealeaf.errors import Conflict, PathNotFound, TargetGone
from htealeaf.journal import Journal, Write
from htealeaf.mutations import Mutation
from htealeaf.paths import parse

ROWS = {"t": [{"id": 1, "done": False}, {"id": 2, "done": False}], "n": 0}


def journal(history: int = 512) -> Journal:
    made = Journal(history=history)
    made.define("s", freeze(ROWS))
    return made


def write(verb: str, path: str, value: Json = None, shape: str | None = None) -> Write:
    return Write("s", Mutation(verb, parse(path), value, None), shape)


def offered(verb: str, path: str) -> Write:
    wish = Mutation(verb, parse(path), None, None)
    return Write("s", wish, None, lambda root, path, value: value)


def test_a_commit_is_all_or_nothing() -> None:
    one = journal()

    with pytest.raises(PathNotFound):
        one.commit([write("increment", "n", 1), write("delete", "t/9")])

    assert one.root("s") == ROWS
    assert one.cursor.n == 0


def test_a_moment_stays_as_it_was() -> None:
    """What was committed later is not in it, in no stream."""
    one = journal(history=2)

    with one.moment() as moment:
        for _ in range(9):
            one.commit([write("increment", "n", 1)])
        assert moment.root("s")["n"] == 0
    assert one.root("s")["n"] == 9


def test_an_index_is_carried_over_what_happened_since() -> None:
    """The row that was second when it was seen is deleted, wherever it is now."""
    one = journal()
    one.commit([write("insert", "t/0", {"id": 3, "done": False})])

    one.commit([write("delete", "t/1", shape="0")])

    assert [row["id"] for row in one.root("s")["t"]] == [3, 1]


def test_a_row_that_is_gone_is_gone() -> None:
    one = journal()
    one.commit([write("delete", "t/1")])

    with pytest.raises(TargetGone):
        one.commit([write("toggle", "t/1/done", shape="0")])


def test_edits_that_are_forgotten_do_not_make_a_row_unreachable() -> None:
    """Only what reshapes a list changes what an index means."""
    one = journal(history=3)
    for _ in range(9):
        one.commit([write("toggle", "t/0/done", shape="0")])

    assert one.root("s")["t"][0]["done"] is True


def test_a_reshaping_that_is_forgotten_does() -> None:
    one = journal(history=3)
    one.commit([write("insert", "t/0", {"id": 3, "done": False})])
    for _ in range(9):
        one.commit([write("increment", "n", 1)])

    with pytest.raises(TargetGone):
        one.commit([write("toggle", "t/0/done", shape="0")])


def test_an_offer_on_a_key_that_is_gone_finds_its_target_gone() -> None:
    """Python code, which names a place by itself, is told that there is none."""
    one = journal()

    with pytest.raises(TargetGone):
        one.commit([offered("delete", "t/id=9")])
    with pytest.raises(PathNotFound):
        one.commit([write("delete", "t/id=9")])


def test_a_one_time_id_counts_once() -> None:
    one = journal()

    for _ in range(3):
        one.commit([write("increment", "n", 1)], once="a")

    assert one.root("s")["n"] == 1


def test_a_refused_commit_claims_no_one_time_id() -> None:
    one = journal()

    with pytest.raises(PathNotFound):
        one.commit([write("delete", "t/9")], once="a")

    assert not one.claimed("a")


def test_what_was_read_has_to_be_there_still() -> None:
    one = journal()
    one.commit([write("increment", "n", 1)])

    with pytest.raises(Conflict):
        one.commit([write("increment", "n", 1)], expect=[("s", parse("n"), 0)])


def test_what_is_forgotten_is_not_guessed() -> None:
    one = journal(history=3)
    for _ in range(9):
        one.commit([write("increment", "n", 1)])

    assert one.since(["s"], 0, one.cursor.n) is None
    entries = one.since(["s"], 7, one.cursor.n)
    assert entries is not None
    assert [entry.n for entry in entries] == [8, 9]


def test_a_dropped_stream_is_at_its_default_and_says_so() -> None:
    one = journal()
    one.commit([write("increment", "n", 1)])

    one.drop("s")

    assert one.root("s") == ROWS
    assert one.since(["s"], 1, one.cursor.n) is None
