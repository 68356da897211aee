"""Traffic: how many requests were answered, how, and how long that took.

Rule: it is counted in memory, by endpoint and status, of which there are few. No URL, no visitor.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping

from htealeaf.state.histogram import Counted, Histogram


class Traffic:
    """The requests that one app has answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, int], int] = defaultdict(int)
        self._seconds: dict[str, Histogram] = {}

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one request; of an answer that goes on, *seconds* are those until it began."""
        with self._lock:
            self._requests[endpoint, status] += 1
            took = self._seconds.get(endpoint)
            if took is None:
                took = self._seconds[endpoint] = Histogram()
        took.add(seconds)

    def requests(self) -> Mapping[tuple[str, int], int]:
        """Return how many there were, by endpoint and status."""
        with self._lock:
            return dict(self._requests)

    def seconds(self) -> Mapping[str, Counted]:
        """Return how long they took, by endpoint."""
        with self._lock:
            found = dict(self._seconds)
        return {endpoint: took.counted() for endpoint, took in found.items()}
