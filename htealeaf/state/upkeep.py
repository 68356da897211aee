"""Upkeep of a journal that processes share: what is old goes, and one of them sees to it.

Whoever answers a request looks whether it is time, and a thread of its own does the work: a process
that is idle has nothing to keep up, and one that was forked has no thread to miss.

Rule 1: the process that has the lease does it. A dead one's lease is taken over when it runs out.

Rule 2: a journal that does not answer now is kept up later.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import Final

from htealeaf.data.effects import DROP, Effect
from htealeaf.errors import HtealeafError
from htealeaf.state.journal import PENDING, Appended, Commit, Journal, Once
from htealeaf.state.replica import Replica
from htealeaf.state.timekeeper import clock

EVERY: Final = 60.0  #: seconds between two times
LEASE: Final = "htealeaf upkeep"  #: the one-time id that stands for the lease
_TOGETHER = 100  # documents that are dropped in one step


class Upkeep:
    """Sees that a journal is compacted.

    Args:
        replica: Whose journal.
        sweep: What else is done by whoever has the lease.
        every: Seconds.
    """

    def __init__(
        self, replica: Replica, sweep: Callable[[], object], *, every: float = EVERY
    ) -> None:
        self._replica, self._sweep, self._every = replica, sweep, every
        self._holder = secrets.token_hex(8)
        self._due = 0.0

    def tick(self) -> None:
        """Begin with it if it is time."""
        now = clock.monotonic()
        if now >= self._due:
            self._due = now + self._every
            threading.Thread(target=self._quietly, name="htealeaf-upkeep", daemon=True).start()

    def _quietly(self) -> None:
        try:
            self.run()
        except HtealeafError as error:
            logging.getLogger("htealeaf").warning("upkeep of the journal is put off: %s", error)

    def run(self) -> bool:
        """Do it now, and tell whether it was this process that had to."""
        replica = self._replica
        lease = Once(LEASE, PENDING, self._holder, 2.5 * self._every, takes_over=True)
        told = replica.journal.describe()
        answer = replica.journal.append(
            [Commit({}, lease)], epoch=told.epoch, seen=told.n, expected={}
        )
        if not isinstance(answer, Appended):
            return False
        self._sweep()
        replica.journal.compact()
        return True


def swept(
    journal: Journal,
    store: str,
    unseen: float,
    limit: int | None = None,
    *,
    spared: Callable[[str], bool] = lambda stream: False,
) -> int:
    """Drop the documents of *store* that nobody has used for *unseen* seconds.

    One that is written meanwhile stays.

    Args:
        limit: How many at most.
        spared: Tells that a document stays nevertheless.

    Returns:
        How many were dropped.
    """
    after, dropped = "", 0
    while limit is None or dropped < limit:
        left = _TOGETHER if limit is None else min(_TOGETHER, limit - dropped)
        names = journal.scan(store, after=after, limit=left, unseen=unseen)
        if not names:
            break
        numbers = {name: journal.load(name).n for name in names}
        # What was written since they were found has another number, or is not found again.
        again = journal.scan(store, after=after, limit=left, unseen=unseen)
        after = names[-1]
        unused = {name: numbers[name] for name in again if numbers.get(name) and not spared(name)}
        if not unused:
            continue
        if _dropped(journal, unused):
            dropped += len(unused)
        else:
            dropped += sum(_dropped(journal, {name: n}) for name, n in unused.items())
    return dropped


def _dropped(journal: Journal, numbers: Mapping[str, int]) -> bool:
    told = journal.describe()
    gone = {name: (Effect(DROP),) for name in numbers}
    once = Once(secrets.token_hex(8))  # so that it may be sent again
    answer = journal.append([Commit(gone, once)], epoch=told.epoch, seen=told.n, expected=numbers)
    return isinstance(answer, Appended)
