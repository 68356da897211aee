"""Lag: how far a worker's replica is behind its journal, and whether that answers at all.

Rule 1: whoever asks again within `FRESH` seconds gets the same answer. Anybody may ask for the
health of a worker, and must not make its journal work.

Rule 2: to be behind is no fault, since entries take a moment to come. It counts from when the
journal was first seen at a number that the replica has not come to.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from htealeaf.errors import HtealeafError
from htealeaf.state.journal import Description, Journal

FRESH: Final = 1.0  #: seconds for which an answer is good


class Look(NamedTuple):
    """How a replica is doing.

    Attributes:
        reached: The journal answers.
        told: What it said of itself when it last did.
        number: The number that the replica is at.
        entries: How many numbers of the journal it has not come to.
        seconds: Since when it has not.
    """

    reached: bool
    told: Description
    number: int
    entries: int
    seconds: float


class Followed(Protocol):
    """What is looked at: a replica."""

    journal: Journal

    @property
    def n(self) -> int:
        """Return the number that it is at."""

    @property
    def epoch(self) -> str:
        """Return the epoch of that number."""

    def catch_up(self) -> None:
        """Fold what is new, where asking for it is free; else see that it is followed."""


class Lag:
    """Looks how a replica is doing.

    Args:
        replica: It.
        now: Seconds that never go back.
    """

    def __init__(self, replica: Followed, now: Callable[[], float] = time.monotonic) -> None:
        self._replica, self._now = replica, now
        self._turn = threading.Lock()
        self._last: Look | None = None
        self._at = 0.0
        #: A number that the replica has not come to, and since when that is known.
        self._wanted: tuple[str, int, float] | None = None

    def look(self, *, fresh: bool = False) -> Look:
        """Return how it is doing now.

        Args:
            fresh: Ask the journal in any case.

        Raises:
            HtealeafError: The journal does not answer, and never has.
        """
        last = self._last
        if last is not None and not fresh:
            if self._now() - self._at < FRESH or not self._turn.acquire(blocking=False):
                return last
            try:
                return self._looked()
            finally:
                self._turn.release()
        with self._turn:
            return self._looked()

    def _looked(self) -> Look:
        replica = self._replica
        try:
            replica.catch_up()
            told = replica.journal.describe()
        except HtealeafError:
            if self._last is None:
                raise
            look = self._last._replace(reached=False, number=replica.n)
            look = look._replace(seconds=self._since(look.told, replica.n))
        else:
            n = replica.n
            entries = max(0, told.n - n) if told.epoch == replica.epoch else told.n
            look = Look(True, told, n, entries, self._since(told, n))
        self._at, self._last = self._now(), look
        return look

    def _since(self, told: Description, n: int) -> float:
        epoch, now = self._replica.epoch, self._now()
        if told.epoch == epoch and told.n <= n:
            self._wanted = None
            return 0.0
        wanted = self._wanted
        if wanted is None or (wanted[0] == epoch and wanted[1] <= n):
            wanted = self._wanted = told.epoch, told.n, now
        return now - wanted[2]
