"""Upkeep: one process at a time, when it is due, and documents that nobody uses go."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.journal import Journal, JournalUnreachable
from htealeaf.state.replica import Replica
from htealeaf.state.upkeep import Upkeep, swept
from tests.state.journal_contract import Worker, put, step
from tests.state.test_memory import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(clock: Clock) -> MemoryJournal:
    return MemoryJournal(clock=clock)


def begun(journal: Journal, *streams: str) -> Worker:
    worker = Worker(journal)
    for stream in streams:
        worker.began(stream, {"n": 0})
    return worker


class Kept:
    """Counts how often it was swept."""

    def __init__(self, journal: Journal, every: float = 60.0) -> None:
        self.times, self.done = 0, threading.Event()
        self.upkeep = Upkeep(Replica(journal), self.sweep, every=every)

    def sweep(self) -> None:
        self.times += 1
        self.done.set()


def test_the_process_with_the_lease_does_it(journal: MemoryJournal, clock: Clock) -> None:
    one, other = Kept(journal), Kept(journal)

    assert one.upkeep.run()
    assert not other.upkeep.run()
    assert one.upkeep.run()  # it is its own
    assert (one.times, other.times) == (2, 0)

    clock.now += 1000  # the first one died
    assert other.upkeep.run()
    assert not one.upkeep.run()


def test_who_has_the_lease_compacts(journal: MemoryJournal, clock: Clock) -> None:
    worker = begun(journal, "s")
    worker.append(step("s", put("n", 1)), s=1)
    clock.now += 100_000

    Kept(journal).upkeep.run()

    assert journal.describe().oldest == journal.describe().n


def test_it_begins_when_it_is_due_and_not_before(journal: MemoryJournal) -> None:
    kept = Kept(journal)

    kept.upkeep.tick()
    assert kept.done.wait(20)
    for _ in range(10):
        kept.upkeep.tick()

    assert kept.times == 1


def test_a_journal_that_does_not_answer_is_kept_up_later(
    journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept, told = Kept(journal), threading.Event()

    def unreachable() -> None:
        told.set()
        raise JournalUnreachable("no connection")

    monkeypatch.setattr(journal, "describe", unreachable)
    kept.upkeep.tick()
    assert told.wait(20)
    for thread in threading.enumerate():
        if thread.name == "htealeaf-upkeep":
            thread.join(20)

    assert "upkeep of the journal is put off: no connection" in caplog.text
    assert kept.times == 0


def test_documents_that_nobody_used_are_dropped(journal: MemoryJournal, clock: Clock) -> None:
    begun(journal, "rooms@old", "rooms@used", "other@old")
    clock.now += 100
    journal.seen(["rooms@used"])

    assert swept(journal, "rooms", 50) == 1

    assert list(journal.scan("rooms")) == ["rooms@used"]
    assert list(journal.scan("other")) == ["other@old"]


def test_no_more_than_the_limit(journal: MemoryJournal, clock: Clock) -> None:
    begun(journal, *(f"rooms@{n:03}" for n in range(230)))
    clock.now += 100

    assert swept(journal, "rooms", 50, 205) == 205
    assert swept(journal, "rooms", 50) == 25


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_one_that_is_written_meanwhile_stays_and_the_others_go(
    journal: MemoryJournal, clock: Clock, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """Whenever it is: after the first look, or before or behind any other step."""
    worker = begun(journal, "rooms@a", "rooms@b")
    clock.now += 100
    steps = 0

    def writing_first(work: Any) -> Any:
        def step_(*given: Any, **named: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == at + 1:
                monkeypatch.undo()
                n = journal.load("rooms@b").n
                worker.append(step("rooms@b", put("n", 1)), **{"rooms@b": n})
            return work(*given, **named)

        return step_

    for name in ("scan", "load", "append"):
        monkeypatch.setattr(journal, name, writing_first(getattr(journal, name)))

    assert swept(journal, "rooms", 50) == 1
    assert list(journal.scan("rooms")) == ["rooms@b"]
