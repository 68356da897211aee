"""Worker check: several processes of one app with stores in memory are seen at start, and told.

Each process then has stores and sessions of its own, so people are logged in and out at random,
and nothing says why. How many processes there will be is what the server says: gunicorn in its
settings, while it loads the app; uWSGI and mod_wsgi in a module that only they have; any server in
the environ of a request (PEP 3333, `wsgi.multiprocess`). How many there are also divides what one
browser may send.
"""

from __future__ import annotations

import logging
import sys
from types import FrameType
from typing import Any

log = logging.getLogger("htealeaf")


def announced() -> int:
    """Return how many processes the server that loads the app will run; 1 if it does not say."""
    return max(_gunicorn(), _number("uwsgi", "numproc"), _number("mod_wsgi", "maximum_processes"))


def warned(count: int, kind: str) -> bool:
    """Say so if *count* processes can't share stores of the *kind* of journal that they have.

    Returns:
        Whether it was said.
    """
    if count < 2 or kind != "memory":
        return False
    several = f"{count} processes" if count < _MANY else "several processes"
    log.critical(
        "THIS APP RUNS IN %s, AND ITS STORES AND SESSIONS ARE IN THE MEMORY OF EACH: people will be"
        " signed out and see other data at random. Run one process with threads (gunicorn --workers"
        " 1 --threads 16), or keep the stores in a journal that processes share.",
        several.upper(),
    )
    return True


_MANY = 1_000_000
#: What is told where a server says that there are several, and not how many.
SEVERAL = _MANY


def _gunicorn() -> int:
    # A worker, or with `preload_app` the arbiter, calls `load_wsgi` or `setup` on the way to us.
    if "gunicorn" not in sys.modules:
        return 1
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith("gunicorn."):
            settings: Any = getattr(frame.f_locals.get("self"), "cfg", None)
            workers = getattr(settings, "workers", None)
            if isinstance(workers, int):
                return workers
        frame = frame.f_back
    return 1


def _number(module: str, name: str) -> int:
    found = getattr(sys.modules.get(module), name, 1)
    return found if isinstance(found, int) else 1
