"""The three laws over a simulated journal: workers lag, answers are lost, clicks come again."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule

from htealeaf.data.documents import freeze
from htealeaf.errors import Conflict
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.replica import Replica
from htealeaf.state.upkeep import Upkeep
from tests.laws.simulated import End, Worker
from tests.laws.test_laws import EXAMPLES, KINDS, Laws
from tests.laws.world import MINE, PREFS, SHARED

FAR_KINDS = [*KINDS, "lag", "lag", "lag", "lose", "lose", "lose", "overtake", "overtake", "again"]


class FarLaws(Laws):
    """The same browsers and pages, over a simulated journal."""

    def replicas(self, history: int) -> list[Replica]:
        self.journal = Replica(MemoryJournal(), history=history)  # sees all there is
        rooms = {"text": "", "n": 0}
        for store, default in (
            ("shared", SHARED),
            ("mine", MINE),
            ("prefs", PREFS),
            ("rooms", rooms),
        ):
            self.journal.define(store, freeze(default))
        base = self.journal.journal
        assert isinstance(base, MemoryJournal)
        self.far = [Worker(End(base), history=history) for _ in range(2)]
        return [*self.far]

    def check(self, index: int, worker: int = 0) -> None:
        """Check a tab when everything has arrived, and it has caught up."""
        for one in self.far:
            one.lags = False
        self.catch_up(index, worker)
        super().check(index, worker)

    @rule(
        kind=st.sampled_from(FAR_KINDS),
        tab=st.integers(0, 3),
        worker=st.integers(0, 1),
        pick=st.integers(0, 59),
    )
    def step(self, kind: str, tab: int, worker: int, pick: int) -> None:
        """Let one thing happen."""
        for one in self.far:
            one.end.fate, one.end.meanwhile = "", None
        getattr(self, kind)(tab, worker, pick)

    def lag(self, tab: int, worker: int, pick: int) -> None:
        """A worker does not hear of what is new for a while."""
        self.far[worker].lags = True

    def lose(self, tab: int, worker: int, pick: int) -> None:
        """The journal's answer to a click is lost; what is asked again happens once."""
        self.far[worker].end.fate = ("answer lost", "lost on the way")[pick // 4 % 2]
        self.click(tab, worker, pick)

    def overtake(self, tab: int, worker: int, pick: int) -> None:
        """Another worker writes between what a click has read and what it writes."""
        shared = self.workers[1 - worker].shared
        self.far[worker].end.meanwhile = lambda: shared.increment("deep/a/b")
        self.mutate(tab, worker, pick)

    def batch(self, tab: int, worker: int, pick: int) -> None:
        """Who is refused, since another worker was faster, has heard of it and tries again."""
        try:
            super().batch(tab, worker, pick)
        except Conflict:
            super().batch(tab, worker, pick)

    def again(self, tab: int, worker: int, pick: int) -> None:
        """A worker hears again what it has heard."""
        self.far[worker].end.repeats = True
        self.look(tab, worker, pick)


@pytest.fixture(autouse=True)
def _without_upkeep() -> Iterator[None]:
    # It has a thread, and what happens here happens in order.
    with mock.patch.object(Upkeep, "tick"):
        yield


FarLaws.TestCase.settings = settings(Laws.TestCase.settings, max_examples=max(EXAMPLES // 2, 1))


test_far_laws = pytest.mark.slow(FarLaws.TestCase)
