"""How long calls take, measured in turns."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf

_TURN = 0.008  # seconds; long against the clock's grain, short against a scheduler's moods


@dataclass(frozen=True)
class Effort:
    """How much time may be spent.

    Attributes:
        seconds: For one race.
        quick: Leave out the largest sizes.
    """

    seconds: float
    quick: bool


def race(
    runners: Mapping[str, Callable[[], object]],
    seconds: float,
    *,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Return the seconds that one call of each runner takes.

    They take turns of some milliseconds; of each, the quickest turn counts. Time is that of this
    process on a processor, so what else the machine does counts less; or what *clock* says. The
    collector of garbage runs as it does in a server, over what a turn makes and not over what was
    there before.
    """
    gc.collect()
    gc.freeze()
    try:
        counts = {name: _calls_of_a_turn(run, clock) for name, run in runners.items()}
        best = dict.fromkeys(runners, inf)
        rounds, end = 0, time.perf_counter() + seconds
        while rounds < 3 or time.perf_counter() < end:
            for name, run in runners.items():
                best[name] = min(best[name], _turn(run, counts[name], clock))
            rounds += 1
        return best
    finally:
        gc.unfreeze()


def once(run: Callable[[], object]) -> float:
    """Return the seconds of one call, for what is too long to be repeated."""
    gc.collect()
    return _turn(run, 1, time.process_time)


def _turn(run: Callable[[], object], calls: int, clock: Callable[[], float]) -> float:
    repeat = [None] * calls
    begin = clock()
    for _ in repeat:
        run()
    return (clock() - begin) / calls


def _calls_of_a_turn(run: Callable[[], object], clock: Callable[[], float]) -> int:
    run()  # what is made once (compiled templates, caches) is made now
    calls = 1
    while (taken := _turn(run, calls, clock)) * calls < _TURN / 2:
        calls = min(calls * 10, max(calls + 1, int(_TURN / max(taken, 1e-8))))
    return calls
