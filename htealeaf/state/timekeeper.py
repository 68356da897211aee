"""The clock: what time it is for stores, sessions and limits, and for the author's code.

    from htealeaf import clock

    clock.now()

One clock serves the whole process, so that a test can hold it: the slot `now`, `every`, how long
sessions live in memory, how many actions a browser may send, when upkeep is due, and whatever the
app asks it. See `htealeaf.testing.hold_clock`.

Rule: how long something waits for another thread or another process is real time, and asks the
system.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import Final


class Clock:
    """Tells the time of the system, or that at which it is held."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        #: While it is held: the time, and what `monotonic` says.
        self._held: tuple[float, float] | None = None

    def time(self) -> float:
        """Return seconds since 1970."""
        held = self._held
        return time.time() if held is None else held[0]

    def monotonic(self) -> float:
        """Return seconds that never go back, to measure how long something lasts."""
        held = self._held
        return time.monotonic() if held is None else held[1]

    def now(self) -> datetime:
        """Return the time, in UTC."""
        return datetime.fromtimestamp(self.time(), timezone.utc)

    def hold(self, at: float) -> None:
        """Stand still at *at*, in seconds since 1970."""
        with self._lock:
            self._held = (at, self.monotonic())

    def advance(self, seconds: float) -> None:
        """Let a held clock go on by *seconds*."""
        with self._lock:
            at, lasted = self._held or (time.time(), time.monotonic())
            self._held = (at + seconds, lasted + seconds)

    def release(self) -> None:
        """Tell the time of the system again."""
        self._held = None


#: The clock of this process.
clock: Final = Clock()
