"""The clock: what shows the time is rendered again while somebody looks at it.

    def age(seen):
        every(60)
        return f"{int(clock.time() - seen) // 60} minutes ago"

    p("Seen ", shared.react("seen", age))

Rule: a clock ticks for who looks. No entry says so, and an answer to a click does not bring it.
"""

from __future__ import annotations

from typing import Final

from htealeaf.data import streams
from htealeaf.errors import HtealeafError
from htealeaf.reactive.scope import current
from htealeaf.state.timekeeper import clock

SHORTEST: Final = 0.1  #: seconds; more often a page can't be brought up to date


def every(seconds: float) -> None:
    """Let what is rendered now be rendered again each time that *seconds* are over.

    Called in the function of a binding it means that binding, else the whole page. It happens at
    full seconds of the clock, on all pages at once, and only while the page is looked at.

    Raises:
        HtealeafError: Less than a tenth of a second.
    """
    if not seconds >= SHORTEST:
        raise HtealeafError(
            f"every({seconds!r}): a page follows the clock every {SHORTEST} s at most"
        )
    scope = current()
    if scope is not None:
        stream = streams.clock(seconds)
        scope.passes(stream, ticks(stream))


def ticks(stream: str) -> int:
    """Return how often a clock has ticked."""
    return int(clock.time() // streams.seconds_of(stream))


def until_tick(stream: str) -> float:
    """Return the seconds until a clock ticks again."""
    seconds = streams.seconds_of(stream)
    return seconds - clock.time() % seconds
