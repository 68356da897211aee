"""Who is online at other workers is told by claims in the journal, which run out."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import pytest

from htealeaf.data.paths import ROOT, parse
from htealeaf.pages import online
from htealeaf.pages.online import LEASE, Online, Place
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.journal import FREE, JournalUnreachable, Once
from htealeaf.state.replica import Replica
from tests.laws.simulated import End, Worker

SHARED = "shared", ROOT
POLL = "shared", parse("poll")


class Counted:
    """The live pages of one worker, as the test says."""

    def __init__(self) -> None:
        self.shown: dict[Place, int] = {}
        self.heard: list[set[str]] = []

    def counts(self, places: Iterable[Place]) -> dict[Place, int]:
        wanted = set(places)
        return {p: n for p, n in self.shown.items() if not p[1] or p in wanted}

    def recounted(self, documents: Iterable[str]) -> None:
        self.heard.append(set(documents))

    def __len__(self) -> int:
        return sum(self.shown.values())


class Workers:
    """Workers over one journal, and its clock. Each looks when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.base = MemoryJournal(clock=lambda: self.now)
        self.ends: list[End] = []
        self.live: list[Counted] = []
        self.all: list[Online] = []

    def add(self, shared: int = 0) -> Online:
        self.ends.append(End(self.base))
        self.live.append(Counted())
        self.live[-1].shown = {SHARED: shared}
        self.all.append(Online(Worker(self.ends[-1]), self.live[-1]))
        return self.all[-1]

    def look(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            for one in self.all:
                one.refresh()

    def claims(self) -> int:
        return sum(self.base.claimed(f"{online.CLAIM}{n}") is not None for n in range(20))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    monkeypatch.setattr(Online, "run", lambda self: None)  # no thread: in order
    return Workers()


def test_each_counts_what_the_others_have(workers: Workers) -> None:
    for shared in (1, 2, 4):
        workers.add(shared)
    workers.look(2)

    assert [one.others(*SHARED) for one in workers.all] == [6, 5, 3]
    workers.live[0].shown[SHARED] = 8
    workers.look(2)
    assert [one.others(*SHARED) for one in workers.all] == [6, 12, 10]
    assert workers.base.n == 0, "it takes no number"
    assert workers.claims() == 3


def test_whoever_is_asked_first_has_looked(workers: Workers) -> None:
    """A page without live ones around it is drawn once, and shows how many there are."""
    workers.add(3)
    workers.look()

    assert workers.add().others(*SHARED) == 3


def test_a_place_is_counted_where_somebody_asks_for_it(workers: Workers) -> None:
    one, two = workers.add(1), workers.add(2)
    workers.live[1].shown[POLL] = 2
    assert one.others(*POLL) == 0
    workers.look(2)

    assert one.others(*POLL) == 2
    assert two.others(*POLL) == 0


def test_a_change_is_told_once(workers: Workers) -> None:
    workers.add(1)
    workers.add(1)
    workers.look(2)
    for live in workers.live:
        live.heard.clear()

    workers.look(3)
    assert [live.heard for live in workers.live] == [[], []]
    workers.live[0].shown[SHARED] = 2
    workers.look()
    assert [live.heard for live in workers.live] == [[], [{"shared"}]]


def test_who_died_is_counted_no_longer(workers: Workers) -> None:
    """Its claim runs out by the journal's clock, and the next worker takes its place."""
    workers.add(1)
    two = workers.add(2)
    workers.look(2)
    del workers.all[0]
    workers.now += LEASE + 1
    two._renewed = 0.0  # as it does by itself meanwhile

    workers.look()
    assert two.others(*SHARED) == 0
    workers.add(5)
    workers.look(2)
    assert two.others(*SHARED) == 5
    assert workers.claims() <= 3


def test_who_leaves_is_counted_no_longer_at_once(workers: Workers) -> None:
    one, two = workers.add(1), workers.add(2)
    workers.look(2)
    one.leave()

    two.refresh()

    assert two.others(*SHARED) == 0


def test_claims_close_up_where_many_workers_come_and_go(workers: Workers) -> None:
    """Reading finds each of them, though what stood before it is gone."""
    for _ in range(6):
        workers.add(1)
    workers.look(2)
    for one in workers.all[:5]:
        one.leave()
    del workers.all[:5]
    late = workers.add(10)
    for one in (late, *workers.all):
        one.refresh()
    workers.look(3)

    assert [one.others(*SHARED) for one in workers.all] == [10, 1]
    assert workers.claims() == 2


def test_two_that_begin_at_once_have_a_claim_each(workers: Workers) -> None:
    one, two = workers.add(1), workers.add(2)
    workers.ends[0].meanwhile = two.refresh
    one.refresh()
    workers.look(2)

    assert (one.others(*SHARED), two.others(*SHARED)) == (2, 1)


def test_a_journal_that_does_not_answer_leaves_it_as_it_was(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the others' claims must have run out."""
    workers.add(3)
    two = workers.add(1)
    workers.look(2)

    def lost(*_: Any) -> None:
        raise JournalUnreachable("no connection")

    monkeypatch.setattr(workers.ends[1], "claimed", lost)
    two._quietly(two.refresh)
    assert two.others(*SHARED) == 3
    assert two._looked is not None
    two._looked -= LEASE + 1
    two._quietly(two.refresh)
    assert two.others(*SHARED) == 0


def test_in_memory_there_are_no_others() -> None:
    journal = MemoryJournal()
    one = Online(Replica(journal), Counted())

    assert one.others(*SHARED) == 0
    one.run()
    assert one._thread is None
    assert journal.describe().once == 0


def test_its_thread_tells_and_leaves_when_it_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(online, "EVERY", 0.001)
    base, live = MemoryJournal(), Counted()
    live.shown = {SHARED: 1}
    told, left = threading.Event(), threading.Event()
    one = Online(Worker(End(base)), live)
    appended = one._append

    def noted(once: Once) -> bool:
        done = appended(once)
        (left if once.state == FREE else told).set()
        return done

    monkeypatch.setattr(one, "_append", noted)
    one.run()
    assert told.wait(20)
    one.stop()

    assert left.wait(20)
    assert base.claimed(f"{online.CLAIM}0") is None
    one.run()
    assert len([t for t in threading.enumerate() if t.name == "htealeaf-online"]) <= 1
