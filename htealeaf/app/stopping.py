"""Stopping: how a worker hears that it is to end, so that what goes on in it ends too.

ASGI servers say so (`app/asgi.py`). gunicorn only notes it in its worker, so there a thread looks.
And a program that comes to its end waits for threads that know nothing of it.

Rule: only apps that have answered something in this process are told.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol
from weakref import WeakSet

LOOK: Final = 0.25  #: seconds after which it is looked again

GoesOn = Callable[[], bool]


class Stopped(Protocol):
    """Who is told."""

    def stop(self) -> None:
        """End what goes on."""


class Watch:
    """Tells apps when their process is about to end.

    Args:
        look: Seconds.
    """

    def __init__(self, look: float = LOOK) -> None:
        self._look = look
        self._apps: WeakSet[Stopped] = WeakSet()
        self._workers: list[GoesOn] = []
        self._lock = threading.Lock()
        self._process = 0  # that the thread runs in
        self._registered = False

    def add(self, app: Stopped, goes_on: GoesOn | None = None) -> None:
        """Tell *app* when the program ends, or when *goes_on* says no before."""
        with self._lock:
            self._apps.add(app)
            self._register()
            if goes_on is None:
                return
            self._workers.append(goes_on)
            if self._process != os.getpid():
                self._process = os.getpid()
                threading.Thread(target=self._wait, name="htealeaf-stop", daemon=True).start()

    def tell(self) -> None:
        """Tell all of them now."""
        with self._lock:
            apps = list(self._apps)
        for app in apps:
            app.stop()

    def _register(self) -> None:
        # Called before the threads of pools are waited for, if it is registered after theirs;
        # `atexit` comes too late. It is no promise of Python's: without it jobs are waited for,
        # and not told.
        register: Any = getattr(threading, "_register_atexit", None)
        if register is not None and not self._registered:
            self._registered = True
            register(self.tell)

    def _wait(self) -> None:
        while all(goes_on() for goes_on in self._workers):
            time.sleep(self._look)
        self._process = 0  # who comes now is told at once
        self.tell()


_watch = Watch()
#: `watch(app, goes_on)`: see `Watch.add`.
watch = _watch.add
