"""Background: functions that an answer does not wait for, in a bounded pool.

Rule 1: a job that an action starts begins when the action is committed, and not at all if it is
not, or was done before.

Rule 2: it acts as the visitor who started it. Whose documents these are is settled then.

Rule 3: there are so many threads, and so many jobs may wait. Who asks for more is told at once.

Rule 4: when the worker stops, what has not begun does not begin. What runs is told, and may end.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from htealeaf.errors import HtealeafError
from htealeaf.reactive.scope import Scope, current, entered
from htealeaf.state.stores import Registry
from htealeaf.state.unit import open_unit, refuse_while_rendering

THREADS: Final = 8  #: jobs that run at once
WAITING: Final = 1000  #: jobs that wait or run

log = logging.getLogger("htealeaf")


class TooManyJobs(HtealeafError):
    """So many jobs wait that one more would not be done in time."""

    status_hint = 503
    public = "There is too much to do just now. Please try again."


class WorkerStops(HtealeafError):
    """A worker that is told to stop begins no job."""

    status_hint = 503
    public = "This could not be begun just now. Please try again."


class Background:
    """A pool of threads for the jobs of one app.

    Args:
        threads: How many run at once.
        waiting: How many may wait or run.
    """

    def __init__(self, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="htealeaf-background")
        self.limit, self._jobs = waiting, set[Future[Any]]()
        self._lock = threading.Lock()
        self._stopped = False

    def __len__(self) -> int:
        return len(self._jobs)

    def stop(self) -> None:
        """Begin none of the jobs that wait, and take no other ones."""
        with self._lock:
            self._stopped = True
            jobs = list(self._jobs)
        dropped = sum(job.cancel() for job in jobs)
        if dropped:
            log.warning(
                "%d jobs in the background had not begun when the worker was told to stop, and are"
                " dropped",
                dropped,
            )

    def run(
        self,
        registry: Registry,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        keywords: Mapping[str, Any],
    ) -> Future[Any]:
        """Run *function* as whoever the running code acts for; see `WSGI.background`."""
        refuse_while_rendering("a job is started", ", so start it in an action")
        if self._stopped:
            raise WorkerStops("no job begins in a worker that was told to stop")
        if len(self._jobs) >= self.limit:
            raise TooManyJobs(f"{self.limit} jobs wait already")
        job: Future[Any] = Future()
        act = partial(function, *arguments, **keywords)
        begin = partial(self._begin, job, _acting(registry), act)
        unit = open_unit()
        if unit is None:
            begin()
        else:
            unit.later(begin)
        return job

    def _begin(self, job: Future[Any], scope: Scope, act: Callable[[], Any]) -> None:
        with self._lock:
            self._jobs.add(job)
        job.add_done_callback(self._ended)
        if self._stopped:  # meanwhile
            job.cancel()
        self._pool.submit(_done, job, scope, act)

    def _ended(self, job: Future[Any]) -> None:
        with self._lock:
            self._jobs.discard(job)


def _acting(registry: Registry) -> Scope:
    # A scope of its own, which goes on when the request is over.
    scope = current()
    session = None if scope is None else scope.session
    made = Scope(registry.journal, session)
    if session is not None:
        for store in registry:
            if store.scope.personal and not store.scope.of_session and not store.scope.on_page:
                made.owners[store.name] = (store.scope.identity(session), ())
    return made


def _done(job: Future[Any], scope: Scope, act: Callable[[], Any]) -> None:
    if not job.set_running_or_notify_cancel():
        return
    try:
        with entered(scope):
            result = act()
    except BaseException as error:
        log.exception("a job in the background failed")
        job.set_exception(error)
    else:
        job.set_result(result)
