"""The journal in memory keeps what every journal promises, and a few things of its own."""

from __future__ import annotations

import os
from pathlib import Path as File

import pytest

from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.journal import ONCE_OF_ONE, Commit, EpochChanged, Journal, Once
from tests.state.journal_contract import JournalContract, Opener, Worker, put, step


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestMemory(JournalContract):
    def open_journals(self, place: File) -> Opener:
        self.clock = Clock()
        one = MemoryJournal(clock=self.clock)
        return lambda: one

    def open_small(self, place: File, most: int) -> Journal:
        return MemoryJournal(once=most)

    def age(self, journal: Journal, seconds: float) -> None:
        self.clock.now += seconds


def test_what_is_kept_for_readers_is_bounded_in_number_and_bytes() -> None:
    few, light = Worker(MemoryJournal(entries=3)), Worker(MemoryJournal(entry_bytes=10_000))
    for worker in (few, light):
        worker.began("s", {"text": ""})
        for n in range(1, 30):
            worker.append(step("s", put("text", f"{n}" * 1000)), s=n)

    assert few.journal.describe().oldest == 27
    assert 15 < light.journal.describe().oldest < 30
    assert few.root("s", 27) == {"text": "26" * 1000}


def test_one_time_ids_are_bounded_in_number() -> None:
    one = Worker(MemoryJournal(once=3))

    for n in range(9):
        one.append(Commit({}, Once(f"{n}")))

    assert one.journal.describe().once == 3
    assert one.journal.claimed("5") is None
    assert one.journal.claimed("6") is not None


def test_a_journal_that_begins_anew_is_another_epoch() -> None:
    journal = MemoryJournal()
    one = Worker(journal)
    one.began("s", {})

    journal.reset()

    with pytest.raises(EpochChanged):
        one.numbers()
    again = Worker(journal)
    assert (again.n, again.root("s")) == (0, None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_fork_is_another_epoch() -> None:
    """Two processes that both count on from the same number are not one journal."""
    journal = MemoryJournal()
    one = Worker(journal)
    one.began("s", {"n": 0})
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        mine = Worker(journal)
        told = f"{mine.epoch} {mine.n} {mine.root('s')['n']}"
        os.write(writes, told.encode())
        os._exit(0)
    os.waitpid(child, 0)

    epoch, n, value = os.read(reads, 100).decode().split()

    os.close(reads)
    os.close(writes)
    assert epoch != one.epoch
    assert (int(n), int(value)) == (1, 0)
    assert journal.epoch == one.epoch


def test_one_browser_s_clicks_push_out_nobody_else_s_ids() -> None:
    """However many it sends: its own oldest are forgotten before the journal is full."""
    journal = MemoryJournal(once=ONCE_OF_ONE + 10)

    def click(id: str) -> None:
        told = journal.describe()
        journal.append([Commit({}, Once(id))], epoch=told.epoch, seen=told.n, expected={})

    click("ann.1")
    click("of the program")
    for n in range(3 * ONCE_OF_ONE):
        click(f"eve.{n}")

    assert journal.claimed("ann.1") is not None
    assert journal.claimed("of the program") is not None
    assert journal.claimed("eve.0") is None
    assert journal.claimed(f"eve.{3 * ONCE_OF_ONE - 1}") is not None
    assert journal.describe().once == ONCE_OF_ONE + 2
