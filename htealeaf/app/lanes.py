"""Lanes: threads that answer requests, whoever is signed in first.

A pool of threads answers in the order that requests came in. So whoever sends many at once makes
everybody else wait for all of them. Here each rank has a lane of its own, and a thread takes from
the first lane that has something in it.

Rule 1: others than the first lane begin one after the other: when nothing else is being worked
out, or what is has gone on for `PATIENCE` seconds, since then it mostly waits for something. Who
comes in the first lane finds at most one at work that he competes with.

Rule 2: they leave a quarter of the threads alone: the others may all wait, for slow bodies, say.

Rule 3: they get a turn after every `SHARE` of the first lane, however many those are.

Rule 4: the first two are for somebody: where nobody of the first lane came for `LONG` seconds, as
in an app without users, the others take every thread at once.

Rule 5: who finds too many waiting before him in his lane is told so, at once.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any, Final, NamedTuple

from htealeaf.web.ranks import RANKS

PATIENCE: Final = 0.005  #: seconds
SHARE: Final = 4
LONG: Final = 900.0  #: seconds
WAITING: Final = 1000  #: requests in each lane but the first


class Crowded(Exception):
    """Too many wait in a lane."""


class _Job(NamedTuple):
    future: Future[Any]
    work: Callable[[], Any]


class Lanes(Executor):
    """Threads, with a lane for each rank: `lane(rank)` is an executor.

    Args:
        threads: How many.
        waiting: How many requests wait in each lane but the first at most; None for any number.
    """

    def __init__(self, threads: int, *, waiting: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="htealeaf")
        self._threads, self._most = threads, threads - threads // 4
        self._limit = waiting
        self._lanes: tuple[deque[_Job], ...] = tuple(deque() for _ in RANKS)
        self._changed = threading.Condition()
        self._usher = False  # a thread waits for what may begin next, or is about to
        self._began: dict[int, float] = {}  # by thread: when what is at work has begun
        self._others = 0  # of these, not of the first lane
        self._first = 0  # of the first lane that have begun since one of the others did
        self._came = -inf  # when somebody of the first lane did
        self._executors = tuple(_Lane(self, rank) for rank in RANKS)

    def lane(self, rank: int) -> Executor:
        """Return what takes the work of browsers of *rank*."""
        return self._executors[rank]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Let *fn* wait in the last lane."""
        return self._executors[-1].submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads, as those of any executor."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def put(self, rank: int, work: Callable[[], Any]) -> Future[Any]:
        """Let *work* wait in the lane of *rank*.

        Raises:
            Crowded: Too many wait there.
        """
        future: Future[Any] = Future()
        with self._changed:
            lane = self._lanes[rank]
            if rank and self._limit is not None and len(lane) >= self._limit:
                raise Crowded
            if not rank:
                self._came = time.monotonic()
            lane.append(_Job(future, work))
            if self._usher:
                self._changed.notify()
            else:
                self._pool.submit(self._serve)
                self._usher = True
        return future

    def _serve(self) -> None:
        me = threading.get_ident()
        with self._changed:
            while not isinstance(found := self._next(), tuple):
                self._changed.wait(found)
            rank, job = found
            self._began[me] = time.monotonic()
            self._others += rank > 0
            self._usher = False
            if any(self._lanes):
                with suppress(RuntimeError):  # the interpreter ends
                    self._pool.submit(self._serve)
                    self._usher = True
        try:
            _run(job)
        finally:
            with self._changed:
                del self._began[me]
                self._others -= rank > 0
                if self._usher:
                    self._changed.notify()

    def _next(self) -> tuple[int, _Job] | float | None:
        # What may begin; or for how many seconds nothing may, None for until something changes.
        first, *others = self._lanes
        waits = next((lane for lane in others if lane), None)
        now = time.monotonic()
        minds = now - self._came < LONG
        if self._others >= (self._most if minds else self._threads):
            waits = None
        if first and (waits is None or self._first < SHARE):
            self._first += 1
            return 0, first.popleft()
        if waits is None:
            return None
        if minds and not first and self._began:
            left = max(self._began.values()) + PATIENCE - now
            if left > 0:
                return left
        self._first = 0
        return 1, waits.popleft()


class _Lane(Executor):
    def __init__(self, lanes: Lanes, rank: int) -> None:
        self._lanes, self._rank = lanes, rank

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._lanes.put(self._rank, partial(fn, *args, **kwargs))


def _run(job: _Job) -> None:
    future, work = job
    if not future.set_running_or_notify_cancel():
        return
    try:
        found = work()
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(found)
