"""Connections to a server: those of a process that are idle, and room for some more.

Rule: whoever finds one that is idle takes it without a lock; only who finds none waits in turn. A
semaphore in front of all takes longer than what else Python does around a question.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from htealeaf.errors import HtealeafError

C = TypeVar("C")


class Busy(HtealeafError):
    """All connections are in use, and none came back in time."""

    def __init__(self) -> None:
        super().__init__("all connections of this worker are busy")


class Pool(Generic[C]):
    """Connections of one kind.

    Args:
        most: At one time, idle or not.
        patience: Seconds to wait for one.
    """

    def __init__(self, most: int, patience: float) -> None:
        self._idle: deque[C] = deque()
        self._room = threading.Semaphore(most)  # for those that are not made yet
        self._patience = patience
        self._back, self._waiting = threading.Condition(), 0

    def take(self, make: Callable[[], C]) -> tuple[C, bool]:
        """Return a connection that nobody else has until it is given back, and whether it is new.

        Args:
            make: Opens one.

        Raises:
            Busy: There is none.
        """
        while True:
            with suppress(IndexError):
                return self._idle.pop(), False  # as mostly
            if self._room.acquire(blocking=False):
                try:
                    return make(), True
                except BaseException:
                    self.lose()
                    raise
            self._await()

    def give(self, connection: C) -> None:
        """Let the next one have *connection*."""
        self._idle.append(connection)
        self._ring()

    def lose(self) -> None:
        """Make room for another one: a connection that was taken is closed."""
        self._room.release()
        self._ring()

    def idle(self) -> C | None:
        """Return one that is idle, which is taken; None for none."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _await(self) -> None:
        # Until one is back, or there is room for another one.
        ends = time.monotonic() + self._patience
        with self._back:
            self._waiting += 1  # first: whoever gives one back from now on rings
            try:
                while not self._idle:
                    if self._room.acquire(blocking=False):
                        self._room.release()
                        return
                    left = ends - time.monotonic()
                    if left <= 0:
                        raise Busy
                    self._back.wait(left)
            finally:
                self._waiting -= 1

    def _ring(self) -> None:
        if self._waiting:
            with self._back:
                self._back.notify()
