"""Committing from several workers: nothing is lost, nothing done twice, nothing guessed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from htealeaf.data.documents import freeze, shape
from htealeaf.data.effects import BEGIN, Document, Effect
from htealeaf.data.paths import ROOT, parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import Conflict, PathNotFound, TargetGone
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.drafts import Write, dropping, touching
from htealeaf.state.journal import (
    DONE,
    PENDING,
    Again,
    Appended,
    Commit,
    Description,
    JournalUnreachable,
    Once,
    Refused,
)
from htealeaf.state.moment import MomentGone
from htealeaf.state.replica import Replica

ROWS = {"t": [{"id": 1, "done": False}, {"id": 2, "done": False}], "n": 0}


def worker(journal: MemoryJournal, **options: int) -> Replica:
    made = Replica(journal, **options)
    made.define("s", freeze(ROWS))
    return made


def write(verb: str, path: str, value: Any = None, shape: str | None = None) -> Write:
    return Write("s", Mutation(verb, parse(path), value), shape)


class Far(MemoryJournal):
    """A journal that is not near: nobody learns of an entry who does not ask for it.

    Attributes:
        lost: How many answers to appends are lost on their way.
        refused: How many appends do not arrive.
    """

    lost = refused = 0

    def describe(self) -> Description:
        return super().describe()._replace(near=False)

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
        again: Again | None = None,
    ) -> Appended | Refused:
        if self.refused:
            self.refused -= 1
            raise JournalUnreachable("nobody answers")
        answer = super().append(commits, epoch=epoch, seen=seen, expected=expected)
        if self.lost:
            self.lost -= 1
            raise JournalUnreachable("the answer was lost")
        return answer


class FarReplica(Replica):
    """A replica that does not look whether its journal is in this process."""

    @property
    def is_behind(self) -> bool:
        return True


def far(journal: Far) -> Replica:
    made = FarReplica(journal)
    made.define("s", freeze(ROWS))
    return made


def test_what_one_worker_commits_another_one_reads() -> None:
    journal = MemoryJournal()
    one, other = worker(journal), worker(journal)
    assert other.root("s")["n"] == 0

    one.commit([write("increment", "n", 5)])

    assert other.root("s")["n"] == 5
    entries = other.since(["s"], 0, other.n)
    assert entries is not None
    assert [change.path for change in entries[0].changes] == [parse("n")]


def test_a_worker_that_is_behind_applies_again_and_loses_nothing() -> None:
    journal = Far()
    one, other = far(journal), far(journal)
    other.root("s")
    one.commit([write("increment", "n", 1)])
    one.commit([write("insert", "t/0", {"id": 3, "done": False})])

    other.commit([write("increment", "n", 10)])
    other.commit([write("delete", "t/1", shape="0")])

    one.follow()
    for replica in (one, other):
        assert replica.root("s") == {"t": [{"id": 3, "done": False}, ROWS["t"][0]], "n": 11}  # type: ignore[index]
        assert shape(replica.root("s"), parse("t/0")) == 4


def test_what_a_worker_knows_of_old_refuses_nothing() -> None:
    """The row came from another worker, and this one has not seen it yet."""
    journal = Far()
    one, other = far(journal), far(journal)
    other.root("s")
    one.commit([write("append", "t", {"id": 9, "done": False})])

    other.commit([write("toggle", "t/id=9/done")])

    assert other.root("s")["t"][2]["done"] is True
    with pytest.raises(PathNotFound):
        other.commit([write("toggle", "t/id=8/done")])


def test_a_value_that_was_read_and_changed_is_a_conflict_and_a_number_is_none() -> None:
    journal = Far()
    one, other = far(journal), far(journal)
    other.root("s")
    one.commit([write("toggle", "t/0/done")])

    other.commit([write("increment", "n")], expect=[("s", parse("n"), 0)])
    with pytest.raises(Conflict):
        other.commit([write("increment", "n")], expect=[("s", parse("t/0/done"), False)])


def test_a_lost_answer_counts_once() -> None:
    """With the author's one-time id, or without one."""
    journal = Far()
    one = far(journal)
    for once in ("x", None):
        journal.lost = 1
        one.commit([write("increment", "n", 1)], once=once)

    assert one.root("s")["n"] == 2
    assert one.n == journal.describe().n == 2


def test_a_journal_that_does_not_answer_is_told_and_asked_again_later() -> None:
    journal = Far()
    one = far(journal)
    journal.lost = 2

    with pytest.raises(JournalUnreachable):
        one.commit([write("increment", "n", 1)], once="x")
    one.commit([write("increment", "n", 1)], once="x")

    assert one.root("s")["n"] == 1
    journal.refused = 2
    with pytest.raises(JournalUnreachable):
        one.commit([write("increment", "n", 1)])
    assert one.root("s")["n"] == 1


def test_a_retry_of_what_is_done_is_not_refused() -> None:
    """The row is gone because the first try took it away; also for a worker that is behind."""
    journal = Far()
    one, other = far(journal), far(journal)
    other.root("s")
    one.commit([write("delete", "t/id=2", shape="0")], once="x")

    done = other.committer.commit([write("delete", "t/id=2", shape="0")], Once("x"))

    assert done.before is not None
    assert (done.before.state, done.before.n) == (DONE, 1)
    assert other.root("s")["t"] == ROWS["t"][:1]  # type: ignore[index]
    with pytest.raises((TargetGone, PathNotFound)):
        other.commit([write("delete", "t/id=2", shape="0")], once="y")


class Slow(MemoryJournal):
    """Holds the first append until others wait."""

    def __init__(self) -> None:
        super().__init__()
        self.together: list[int] = []
        self.first = threading.Event()
        self.go = threading.Event()

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
        again: Again | None = None,
    ) -> Appended | Refused:
        self.together.append(len(commits))
        self.first.set()
        self.go.wait(30)
        return super().append(commits, epoch=epoch, seen=seen, expected=expected)


def test_commits_that_wait_go_together_each_with_its_own_fate() -> None:
    """One append; each has its number and its id, and what can't be takes nobody along."""
    journal = Slow()
    one = worker(journal)
    numbers: list[int] = []
    errors: list[Exception] = []

    def committing(*writes: Write, once: str | None = None) -> Callable[[], None]:
        def commit() -> None:
            try:
                numbers.append(one.commit(writes, once=once))
            except Exception as error:
                errors.append(error)

        return commit

    works = [committing(write("increment", "n", 1), once=f"{i % 8}") for i in range(10)]
    works.append(committing(write("increment", "n", 100), write("delete", "t/9")))
    works.append(committing(write("delete", "t/0", shape="0")))
    works.append(committing(write("delete", "t/1", shape="0")))
    threads = [threading.Thread(target=work) for work in works]
    threads[0].start()
    journal.first.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(one.committer._waiting) < len(works) - 1:
        pass
    journal.go.set()
    for thread in threads:
        thread.join()

    assert [type(error) for error in errors] == [PathNotFound]
    assert one.root("s") == {"t": [], "n": 8}
    assert one.n == 10
    # One of the twins waits, and what can't be is left out.
    assert journal.together[:2] == [1, len(works) - 3]


def test_who_comes_while_another_worker_was_faster_is_taken_along() -> None:
    """The append that is tried again holds everybody's commit: one more, however many wait."""
    journal = Slow()
    one = worker(journal)
    threads = [
        threading.Thread(target=one.commit, args=[[write("increment", "n", 1)]]) for _ in range(6)
    ]
    threads[0].start()
    journal.first.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(one.committer._waiting) < 5:
        pass
    # Past the one that is held.
    effects = {"s": (Effect(BEGIN, ROOT, Document(freeze(ROWS))),)}
    MemoryJournal.append(journal, [Commit(effects)], epoch=one.epoch, seen=0, expected={"s": 0})
    journal.go.set()
    for thread in threads:
        thread.join()

    assert journal.together == [1, 6]
    assert one.root("s")["n"] == 6


class Ended(BaseException):
    """Ends a thread from outside."""


def test_who_waits_goes_on_when_the_thread_that_led_is_ended() -> None:
    journal = Slow()
    one = worker(journal)
    append = journal.append

    def dies(*args: Any, **options: Any) -> Appended | Refused:
        journal.append = append  # type: ignore[method-assign]
        journal.first.set()
        journal.go.wait(30)
        raise Ended

    journal.append = dies  # type: ignore[method-assign]

    def leading() -> None:
        with pytest.raises(Ended):
            one.commit([write("increment", "n", 1)], once="led")

    threads = [threading.Thread(target=leading)]
    threads[0].start()
    journal.first.wait(30)
    threads.append(threading.Thread(target=one.commit, args=[[write("increment", "n", 10)]]))
    threads[1].start()
    while not one.committer._waiting:
        pass
    journal.go.set()
    for thread in threads:
        thread.join()

    one.commit([write("increment", "n", 1)], once="led")  # it may be done, and is done once
    assert one.root("s")["n"] == 11


def test_a_stream_may_end_while_others_write_to_it() -> None:
    journal = MemoryJournal()
    one = worker(journal)
    one.commit([write("increment", "n", 1)])

    one.commit([dropping("s"), Write("other", Mutation("replace", ROOT, {"n": 1}))])
    one.commit([write("increment", "n", 7)])
    one.commit([dropping("nobody")])

    assert one.root("s")["n"] == 7
    assert one.root("other") == {"n": 1}
    assert one.since(["s"], 1, one.n) is None


def test_a_touch_of_a_topic_is_an_entry_everywhere() -> None:
    journal = MemoryJournal()
    one, other = worker(journal), worker(journal)
    other.exists("~topic@t")

    one.commit([touching("~topic@t", parse("7"))])
    one.commit([touching("~topic@t", ROOT)])

    other.catch_up()
    entries = other.since(["~topic@t"], 0, other.n)
    assert entries is not None
    assert [entry.changes[0].path for entry in entries] == [parse("7"), ROOT]


def test_a_worker_begins_in_the_middle_and_knows_that_it_does_not_know() -> None:
    journal = MemoryJournal()
    one = worker(journal)
    one.commit([write("insert", "t/0", {"id": 3, "done": False})])
    one.commit([write("increment", "n", 1)])

    late = worker(journal)

    assert late.root("s") == one.root("s")
    assert late.since(["s"], 1, late.n) is None
    assert late.since(["s"], 2, late.n) == []
    epoch = late.epoch
    late.commit([write("delete", "t/1", shape=f"{epoch}.1")])
    with pytest.raises(TargetGone):
        late.commit([write("delete", "t/1", shape="0")])


def test_a_place_that_was_there_is_known_without_history() -> None:
    """The same read gives the same, on the worker that saw it go and on one that did not."""
    journal = MemoryJournal()
    one = worker(journal, history=1)
    one.commit([write("replace", "extra", 1)])
    one.commit([write("delete", "extra")])
    for _ in range(5):
        one.commit([write("increment", "n", 1)])

    for replica in (one, worker(journal)):
        assert replica.had("s", parse("extra"))
        assert not replica.had("s", parse("typo"))


def held(journal: MemoryJournal, **options: int) -> Replica:
    # As if the documents came from elsewhere, and took memory of their own.
    made = Replica(journal, **options)
    made._shared, made.timeline.weighs = None, True
    return made


def test_documents_that_nobody_uses_are_let_go_and_loaded_again() -> None:
    journal = MemoryJournal()
    one = Replica(journal)
    for i in range(30):
        one.commit([Write(f"doc@{i}", Mutation("replace", parse("n"), i))])
    few = held(journal, streams=10)

    for _ in range(2):
        assert [few.root(f"doc@{i}")["n"] for i in range(30)] == list(range(30))

    assert len(few.timeline.streams) <= 10
    light = held(journal, document_bytes=1000)
    assert [light.root(f"doc@{i}")["n"] for i in range(30)] == list(range(30))
    assert len(light.timeline.streams) < 10


def test_a_moment_shows_what_it_showed_when_documents_were_let_go_meanwhile() -> None:
    journal = MemoryJournal()
    one, few = Replica(journal), held(journal, streams=5)
    for i in range(20):
        one.commit([Write(f"doc@{i}", Mutation("replace", parse("n"), 0))])

    with few.moment() as moment:
        assert moment.root("doc@0") == {"n": 0}
        for i in range(20):
            one.commit([Write(f"doc@{i}", Mutation("increment", parse("n"), 1))])
        few.catch_up()
        for i in range(20):
            few.root(f"doc@{i}")
        assert [moment.root(f"doc@{i}")["n"] for i in range(20)] == [0] * 20


def test_a_moment_that_is_kept_nowhere_is_over() -> None:
    journal = MemoryJournal(entries=2)
    one, few = Replica(journal), held(journal, streams=5)
    one.commit([Write("doc", Mutation("replace", parse("n"), 0))])

    with few.moment() as moment:
        for _ in range(9):
            one.commit([Write("doc", Mutation("increment", parse("n"), 1))])
        few.catch_up()
        with pytest.raises(MomentGone):
            moment.root("doc")


def test_a_gap_or_another_epoch_is_begun_anew() -> None:
    journal = MemoryJournal(entries=2)
    one, other = worker(journal), worker(journal)
    other.root("s")
    for _ in range(9):
        one.commit([write("increment", "n", 1)])

    assert other.root("s")["n"] == 9
    assert other.since(["s"], 3, other.n) is None
    journal.reset()
    assert other.root("s") == ROWS
    other.commit([write("increment", "n", 1)])
    assert one.root("s")["n"] == 1
    assert one.epoch == other.epoch == journal.epoch


def test_a_program_with_another_default_shows_the_document_that_was_begun() -> None:
    """And what it showed before has changed altogether."""
    journal = MemoryJournal()
    one, newer = worker(journal), Replica(journal)
    newer.define("s", freeze({"other": True}))
    assert newer.root("s") == {"other": True}

    one.commit([write("increment", "n", 1)])

    assert newer.root("s") == {**ROWS, "n": 1, "other": True}  # a place that is new to it
    entries = newer.since(["s"], 0, newer.n)
    assert entries is not None
    assert (entries[0].before, entries[0].changes[0].path) == ({"other": True}, ROOT)


def test_a_claim_is_seen_by_who_tries_again() -> None:
    one = worker(MemoryJournal())
    claim = Once("x", PENDING, "me", 60)

    assert one.committer.commit([], claim).before is None
    before = one.committer.commit([], claim._replace(holder="you")).before

    assert before is not None
    assert (before.state, before.holder) == (PENDING, "me")
    assert one.claimed("x")
