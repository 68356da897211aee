"""Lag: how far a replica is behind, since when, and how often the journal is asked."""

from __future__ import annotations

import threading

import pytest

from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.journal import Description, Journal, JournalUnreachable
from htealeaf.state.lag import FRESH, Lag


class Behind:
    """A replica, a journal and a clock, as a test sets them."""

    def __init__(self) -> None:
        self.journal: Journal = self  # type: ignore[assignment]
        self.epoch, self.n, self.newest = "e", 5, 5
        self.now, self.asked, self.reached = 100.0, 0, True
        self.lag = Lag(self, lambda: self.now)

    def catch_up(self) -> None:
        pass

    def describe(self) -> Description:
        self.asked += 1
        if not self.reached:
            raise JournalUnreachable("it is gone")
        return MemoryJournal().describe()._replace(n=self.newest, epoch="e")

    def look(self, later: float = 0.0) -> tuple[int, float]:
        self.now += later
        found = self.lag.look(fresh=True)
        return found.entries, found.seconds


def test_who_has_folded_all_is_not_behind() -> None:
    assert Behind().look() == (0, 0.0)


def test_it_counts_from_when_it_was_first_seen() -> None:
    made = Behind()
    made.newest = 8
    assert made.look() == (3, 0.0)
    assert made.look(4.0) == (3, 4.0)
    made.newest = 20  # it goes on, and what was missing then still is
    assert made.look(4.0) == (15, 8.0)


def test_who_comes_after_is_not_late() -> None:
    """A journal that is always a little ahead is a busy one."""
    made = Behind()
    made.newest = 8
    made.look()
    made.n, made.newest = 8, 11
    assert made.look(30.0) == (3, 0.0)
    made.n = 11
    assert made.look(1.0) == (0, 0.0)


def test_it_is_asked_once_for_all_who_ask_in_a_second() -> None:
    made = Behind()
    for _ in range(5):
        made.lag.look()
    assert made.asked == 1
    made.now += FRESH
    made.lag.look()
    assert made.asked == 2


def test_nobody_waits_for_who_asks_already() -> None:
    made = Behind()
    first = made.lag.look()
    made.now += FRESH
    asked, answer = threading.Event(), threading.Event()
    before = made.describe

    def slow() -> Description:
        asked.set()
        answer.wait()
        return before()

    made.describe = slow  # type: ignore[method-assign]
    asking = threading.Thread(target=made.lag.look)
    asking.start()
    asked.wait()
    assert made.lag.look() is first
    answer.set()
    asking.join()


def test_a_journal_that_does_not_answer_is_told() -> None:
    made = Behind()
    made.lag.look()
    made.reached = False
    made.now += FRESH
    assert made.lag.look().reached is False
    made.reached = True
    assert made.lag.look().reached is False, "it was asked a moment ago"
    made.now += FRESH
    assert made.lag.look().reached is True


def test_one_that_never_answered_is_an_error() -> None:
    made = Behind()
    made.reached = False
    with pytest.raises(JournalUnreachable):
        made.lag.look()
