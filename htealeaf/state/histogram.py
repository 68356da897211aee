"""Histogram: how long something took, counted in buckets, so that it takes no room to keep."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final, NamedTuple

#: Upper bounds of buckets, in seconds: what people do not notice, what they notice, what is broken.
SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Counted(NamedTuple):
    """What a histogram has counted.

    Attributes:
        buckets: For each bound, how many values were at most that.
        sum: Of all values.
        number: How many there were.
    """

    buckets: Sequence[tuple[float, int]]
    sum: float
    number: int


class Histogram:
    """Counts values by size.

        took = Histogram()
        took.add(0.003)

    Whoever counts something else in the same step does what `add` does, under the same lock.

    Args:
        bounds: Upper bounds of the buckets, ascending.
    """

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        self.lock = threading.Lock()

    def add(self, value: float) -> None:
        """Count *value*."""
        bucket = bisect_left(self.bounds, value)
        with self.lock:
            self.counts[bucket] += 1
            self.sum += value

    def counted(self) -> Counted:
        """Return what was counted by now."""
        with self.lock:
            counts, sum = list(self.counts), self.sum
        upto = list(accumulate(counts))
        return Counted(list(zip(self.bounds, upto, strict=False)), sum, upto[-1])
