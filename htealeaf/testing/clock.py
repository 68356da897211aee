"""A clock that tests set: for what depends on the time, without waiting for it.

    with hold_clock(datetime(2026, 11, 27, tzinfo=timezone.utc)) as clock:
        clock.advance(hours=2)

It holds the one clock of the process (`htealeaf.clock`), for every app and thread in it. What a
journal on disk or on a server does by itself goes by the clock of its system.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

from htealeaf.errors import HtealeafError
from htealeaf.state.timekeeper import clock


class HeldClock:
    """The clock of the process while it stands still."""

    @property
    def now(self) -> datetime:
        """Return the time at which it stands, in UTC."""
        return clock.now()

    def set(self, at: datetime) -> None:
        """Stand at another time; a time without a zone is in UTC.

        A later one lets the time between pass. An earlier one is another date, and nothing becomes
        younger by it.
        """
        passed = _seconds(at) - clock.time()
        if passed > 0:
            clock.advance(passed)
        else:
            clock.hold(_seconds(at))

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Let time pass.

        Raises:
            HtealeafError: Time does not go back; say `set`.
        """
        passed = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if passed < timedelta():
            raise HtealeafError("time passes forward only; say set(...) for an earlier date")
        clock.advance(passed.total_seconds())


def _seconds(at: datetime) -> float:
    return (at if at.tzinfo is not None else at.replace(tzinfo=timezone.utc)).timestamp()


@contextmanager
def hold_clock(at: datetime | None = None) -> Iterator[HeldClock]:
    """Let the clock stand still until the block ends.

    Args:
        at: The time; the present without one.
    """
    clock.hold(clock.time() if at is None else _seconds(at))
    try:
        yield HeldClock()
    finally:
        clock.release()
