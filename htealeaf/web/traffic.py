"""Traffic: how many requests were answered, how, and how long that took.

Rule: it is counted in memory, by endpoint and status, of which there are few. No URL, no visitor.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping

from htealeaf.state.histogram import Counted, Histogram


class _Answers:
    # The answers of one endpoint.
    __slots__ = ("seconds", "statuses")

    def __init__(self) -> None:
        self.seconds = Histogram()
        self.statuses: dict[int, int] = defaultdict(int)


class Traffic:
    """The requests that one app has answered."""

    def __init__(self) -> None:
        self._answers: dict[str, _Answers] = {}

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one request; of an answer that goes on, *seconds* are those until it began."""
        found = self._answers.get(endpoint)
        if found is None:
            found = self._answers.setdefault(endpoint, _Answers())
        took = found.seconds
        with took.lock:  # one for both: a lock is most of what it takes
            took.counts[bisect_left(took.bounds, seconds)] += 1
            took.sum += seconds
            found.statuses[status] += 1

    def requests(self) -> Mapping[tuple[str, int], int]:
        """Return how many there were, by endpoint and status."""
        counted: dict[tuple[str, int], int] = {}
        for endpoint, found in self._answers.copy().items():
            with found.seconds.lock:
                counted |= {(endpoint, status): n for status, n in found.statuses.items()}
        return counted

    def seconds(self) -> Mapping[str, Counted]:
        """Return how long they took, by endpoint."""
        return {name: found.seconds.counted() for name, found in self._answers.copy().items()}
