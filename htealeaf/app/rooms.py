"""For how many live pages a WSGI server has room, and whether who reads one is still there.

On WSGI an answer that goes on holds a thread, and clicks need threads too. How many there are, no
standard tells, so each server is asked in its own way; `WSGI(max_live=)` goes before it.

| server | room |
|---|---|
| one thread (`wsgi.multithread` is false) | none |
| Werkzeug's, behind `app.run()`: a thread for each connection | 200 |
| gunicorn with threads | half of them |
| gunicorn with greenlets | half of `worker_connections` |
| uWSGI | half of its threads |
| others | 3: the smallest default that is in use is 4 threads |

A thread that waits for news looks now and then whether its browser is still there, and whether the
worker goes on: nobody else would tell it, and clicks would wait for it.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

#: A key of the environ, so nothing that a browser can send: for how many live pages there is room.
LIVE: Final = "htealeaf.live"
SLOW: Final = 20.0  #: seconds in which a browser has to take what is sent, or it is dropped
_OF_WERKZEUG, _OF_OTHERS = 200, 3
_SOCKETS = ("gunicorn.socket", "werkzeug.socket")

Environ = dict[str, Any]


def room(environ: Environ) -> int:
    """Return for how many live pages the server of *environ* has threads."""
    if LIVE in environ:
        return int(environ[LIVE])
    if not environ.get("wsgi.multithread"):
        return 0
    software = environ.get("SERVER_SOFTWARE", "")
    if software.startswith("Werkzeug"):
        return _OF_WERKZEUG
    worker = _worker() if software.startswith("gunicorn") else None
    if worker is not None:
        settings = worker.cfg
        threads = settings.threads if _has_threads(worker) else settings.worker_connections
        return int(threads) // 2
    threads = _uwsgi_threads()
    return threads // 2 if threads else _OF_OTHERS


def watch(environ: Environ) -> Callable[[], bool]:
    """Return what tells whether the browser and the worker of a request are still there.

    From then on a browser that takes nothing for `SLOW` seconds is dropped.
    """
    connection = next((environ[key] for key in _SOCKETS if key in environ), None)
    worker = _worker() if "gunicorn.socket" in environ else None
    if connection is not None:
        connection.settimeout(SLOW)

    def is_there() -> bool:
        if worker is not None and not worker.alive:
            return False
        return connection is None or not _is_closed(connection)

    return is_there


def worker_goes_on() -> Callable[[], bool] | None:
    """Return what tells whether the worker that answers goes on; None if it does not say."""
    worker = _worker() if "gunicorn" in sys.modules else None
    return None if worker is None else lambda: bool(worker.alive)


def _is_closed(connection: Any) -> bool:
    # A browser sends nothing while it reads: what can be read is the end.
    try:
        left = connection.gettimeout()
        connection.setblocking(False)
        try:
            return bool(connection.recv(1, socket.MSG_PEEK) == b"")
        finally:
            connection.settimeout(left)
    except (BlockingIOError, InterruptedError):
        return False
    except (ValueError, NotImplementedError):  # over TLS nobody may peek
        return False
    except OSError:
        return True


def _has_threads(worker: Any) -> bool:
    return hasattr(worker, "tpool")


def _worker() -> Any:
    # The worker of gunicorn is `self` of who called us.
    return next((owner for owner in _owners() if hasattr(owner, "cfg") and _is_worker(owner)), None)


def _is_worker(owner: Any) -> bool:
    return any(one.__module__.startswith("gunicorn.workers.") for one in type(owner).__mro__)


def _owners() -> Iterator[Any]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame.f_locals.get("self")
        frame = frame.f_back


def _uwsgi_threads() -> int:
    options = getattr(sys.modules.get("uwsgi"), "opt", {})
    try:
        return int(options.get("threads", 0))
    except (TypeError, ValueError):
        return 0
