"""Follower: one thread of a worker that waits for the new entries of a journal.

Where asking the journal is free, each request asks, and it is followed only while pages are live.

Rule 1: the thread begins at the first request of a process, since a fork has none.

Rule 2: a journal that does not answer is asked again, and meanwhile what is known is shown.

Rule 3: what comes after a silence is folded at once; what comes fast, some milliseconds together.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from typing import Protocol

from htealeaf.errors import HtealeafError

WAIT = 5.0  #: seconds that the journal is asked to wait for something new
PAUSE = 0.5  #: seconds until a journal that does not answer is asked again
#: Seconds until a journal in memory is asked again: whoever commits has folded it all already,
#: unless two replicas share the journal.
NEAR = 0.02
#: Seconds until another journal is asked again. Whoever commits has folded it already, so a worker
#: that commits all the time neither is woken for each of its own commits nor asks besides.
PACE = 0.01

log = logging.getLogger("htealeaf")


class Following(Protocol):
    """What is kept up to date."""

    near: bool

    @property
    def commits(self) -> int:
        """Return how many commits it has made itself; each has brought what was new."""

    def follow(self, timeout: float = 0.0) -> int:
        """Wait for what is new, and fold it."""


class Follower:
    """Keeps one replica up to date, as long as it is there.

    Args:
        replica: It.
    """

    def __init__(self, replica: Following) -> None:
        self._replica = weakref.ref(replica)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._process = 0  # that the thread runs in

    def run(self) -> None:
        """See that the thread runs in this process."""
        if self._process == os.getpid() or self._stopped.is_set():
            return
        if self._process:  # of the process that this one was forked from, which may have held it
            self._lock = threading.Lock()
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                name = "htealeaf-follower"
                threading.Thread(target=self._follow, name=name, daemon=True).start()

    def stop(self) -> None:
        """End the thread, at the latest when the journal has answered it."""
        self._stopped.set()

    def _follow(self) -> None:
        lost = False
        while not self._stopped.is_set():
            replica = self._replica()
            if replica is None:
                return
            try:
                replica.follow(WAIT)
            except HtealeafError as error:
                if not lost and not self._stopped.is_set():
                    log.error("the journal can't be followed: %s", error)
                lost = True
                self._stopped.wait(PAUSE)
            except Exception:
                if self._stopped.is_set():  # its connection was closed under it
                    return
                raise
            else:
                if lost:
                    log.warning("the journal is followed again")
                lost = False
                self._pause(replica)
            del replica  # or it would live as long as the journal waits

    def _pause(self, replica: Following) -> None:
        if replica.near:
            self._stopped.wait(NEAR)
            return
        while not self._stopped.is_set():
            before = replica.commits
            self._stopped.wait(PACE)
            if replica.commits == before:
                return
