"""Live pages: one ASGI worker keeps many open, all of which show one counter.

uvicorn serves in a process of its own, and every page is a browser of its own with a connection of
its own, read by this process. Measured is from the commit, by the clock that both processes share,
to the moment when the last page has its event.
"""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.report import Row, Table
from benchmarks.timing import Effort
from htealeaf import WSGI, Store, SuperStore
from htealeaf.components import button as a_button
from htealeaf.components import div, h1, h3

PAGES = 1000
COMMITS = 40
_HOST = "Host: counter.example\r\n"


def counter_app() -> WSGI:
    """Return an app with a counter, which `GET /more` counts on; that is answered with the time."""
    app = WSGI(secret="a secret for benchmarks", live=True, rate=None)
    SuperStore(app)
    shared = Store({"counter": 0}, name="shared")

    @app.route("/")
    def home() -> object:
        plus = a_button("+", onclick=shared.do.update("counter", 1))
        return div(h1("Counter"), h3(shared.react("counter")), plus)

    @app.route("/more", page=False)
    def more() -> str:
        shared.update("counter", 1)
        return repr(time.monotonic())

    return app


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure the budgets of live pages."""
    pages, commits = (200, 10) if effort.quick else (PAGES, COMMITS)
    with _served() as (port, process):
        before = _memory_of(process)
        with contextlib.ExitStack() as stack:
            readers = [stack.enter_context(contextlib.closing(_Reader(port))) for _ in range(pages)]
            taken = sorted(_until_the_last(port, readers) for _ in range(commits))
            each = (_memory_of(process) - before) / pages
    p50, p99 = taken[len(taken) // 2], taken[int(len(taken) * 0.99)]
    what = f"{pages} live pages, from the commit to the last, p99"
    yield Row(what, f"p50 {p50 * 1000:.0f} ms", "", p99 * 1000, 250, "ms")
    yield Row("a live page on the server", f"{pages} pages", "", each / 1024, 24, "KiB")


class _Reader:
    # One browser with one page, which follows.
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        html = self._ask(f"GET / HTTP/1.1\r\n{_HOST}Accept: text/html\r\n\r\n")
        cookie = re.search(r"set-cookie: ([^;\r]+)", html, re.IGNORECASE)
        page = re.search(r'name="ht-page" value="([^"]+)"', html)
        cursor = re.search(r'ht-cursor="([^"]+)"', html)
        if cookie is None or page is None or cursor is None:
            raise RuntimeError(f"that is no page: {html[:500]}")
        head = f"GET /api/_live HTTP/1.1\r\n{_HOST}Accept: text/event-stream\r\n"
        head += f"Cookie: {cookie[1]}\r\nHT-Page: {page[1]}\r\nHT-Url: /\r\n"
        self._socket.sendall(f"{head}HT-Cursor: {cursor[1]}\r\n\r\n".encode())
        while b":\n\n" not in self._socket.recv(65536):
            pass

    def _ask(self, request: str) -> str:
        self._socket.sendall(request.encode())
        received = b""
        while b"</html>" not in received:
            received += self._socket.recv(65536)
        return received.decode()

    def fileno(self) -> int:
        return self._socket.fileno()

    def has_event(self) -> bool:
        return b"id: " in self._socket.recv(65536)

    def close(self) -> None:
        self._socket.close()


def _until_the_last(port: int, readers: list[_Reader]) -> float:
    # Seconds from a commit until every page has its event.
    with selectors.DefaultSelector() as waiting:
        for reader in readers:
            waiting.register(reader, selectors.EVENT_READ)
        at = _commit(port)
        left = len(readers)
        while left:
            for key, _ in waiting.select(30):
                if key.fileobj.has_event():  # type: ignore[union-attr]
                    waiting.unregister(key.fileobj)
                    left -= 1
        return time.monotonic() - at


def _commit(port: int) -> float:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"GET /more HTTP/1.1\r\n{_HOST}Connection: close\r\n\r\n".encode())
        received = b""
        while part := connection.recv(4096):
            received += part
    return float(received.rpartition(b"\r\n\r\n")[2])


@contextlib.contextmanager
def _served() -> Iterator[tuple[int, int]]:
    # The port and the process.
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        port = listening.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", "benchmarks.live_server:application"]
        command += ["--fd", str(listening.fileno()), "--log-level", "error", "--no-access-log"]
        process = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], pass_fds=[listening.fileno()]
        )
        try:
            _commit(port)  # it is there when it answers
            yield port, process.pid
        finally:
            process.terminate()
            process.wait()


def _memory_of(process: int) -> int:
    text = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found[1]) * 1024 if found else 0
