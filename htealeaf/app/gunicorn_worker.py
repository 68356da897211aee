"""A worker for gunicorn with threads, which answers whoever is signed in first: see `lanes`.

    gunicorn --worker-class htealeaf.gunicorn.Worker --threads 16 module:app

Beside that it is gunicorn's own, `gthread`, but for one thing: a connection on which nothing has
come yet holds no thread. Browsers open some in advance, and some people open many to do harm.

Who asks is seen in what has come of a request, without taking it. Over TLS nothing is seen, so
that belongs to a proxy.
"""

from __future__ import annotations

import re
import selectors
import socket
import time
from functools import partial
from typing import Any, Final

from htealeaf.app.lanes import Lanes
from htealeaf.errors import HtealeafError
from htealeaf.web.ranks import STRANGER

try:
    from gunicorn.workers.gthread import ThreadWorker
except ImportError as error:
    raise HtealeafError("htealeaf.gunicorn needs gunicorn: pip install gunicorn") from error

if not hasattr(ThreadWorker, "on_pending_socket_readable"):
    raise HtealeafError(
        "htealeaf.gunicorn needs gunicorn 25 or later, which looks after idle connections"
    )

_PEEKED: Final = 8192  # bytes; a cookie further behind is that of a stranger
_COOKIES = re.compile(rb"\r\ncookie:([^\r]*)", re.IGNORECASE)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's worker with threads, whose threads take from lanes."""

    def get_thread_pool(self) -> Lanes:
        """Return what gives a request to a thread."""
        return Lanes(self.cfg.threads)

    def enqueue_req(self, conn: Any) -> None:
        """Give *conn*, on which a request has come, to a thread."""
        head = _come(conn.sock)
        if head is None and self._waits_for(conn):
            return
        lane = self.tpool.lane(self._rank(head or b""))
        lane.submit(self.handle, conn).add_done_callback(
            lambda done: self.method_queue.defer(self.finish_request, conn, done)
        )

    def _waits_for(self, conn: Any) -> bool:
        # Nothing has come on a new connection: the loop looks after it, as after any idle one.
        if conn.initialized or conn.data_ready:
            return False
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)
        return True

    def _rank(self, head: bytes) -> int:
        dispatch = getattr(self.wsgi, "dispatch", None)  # another app has none
        if dispatch is None:
            return STRANGER
        found = _COOKIES.search(head)
        return int(dispatch.ranks.of(found[1].decode("latin-1") if found is not None else ""))


def _come(connection: Any) -> bytes | None:
    # What has come and was not taken; b"" where nobody may look, None where nothing has come.
    try:
        return bytes(connection.recv(_PEEKED, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except (BlockingIOError, InterruptedError):
        return None
    except (ValueError, OSError):  # TLS; or it has gone, which its thread is told
        return b""
