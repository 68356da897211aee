"""Requests a second over real sockets, on gunicorn with threads.

One gunicorn process serves ours and one serves a bare callable; each is loaded in turns by a few
connections that are kept open, from this process.
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
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from benchmarks.report import Row, Table
from benchmarks.timing import Effort

CONNECTIONS = 8
THREADS = 4

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_CURSOR = re.compile(rb"\r\nht-cursor: (\S+)", re.IGNORECASE)


class Connection:
    """One browser's connection: a page of ours is opened, and then the same is asked again."""

    def __init__(self, port: int, *, click: bool) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._host = f"127.0.0.1:{port}"
        head, body = self.ask(self._request("GET", "/", b""))
        cookie = re.search(rb"\r\nset-cookie: ([^;\r]+)", head, re.IGNORECASE)
        self._cookie = cookie[1].decode() if cookie else ""
        self._cursor = b"none.0"
        self._request_head, self._body = self._request("GET", "/", b""), b""
        if click and cookie:
            self._request_head = self._click(body.decode())
        elif click:
            self._request_head = self._request("POST", "/", b"1")
        self._count = 0

    def fileno(self) -> int:
        """Return the socket's number, for selectors."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _request(self, method: str, path: str, body: bytes, **headers: str) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", "Accept: text/html"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if getattr(self, "_cookie", ""):
            lines.append(f"Cookie: {self._cookie}")
        if method == "POST":
            lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
            lines += ["Sec-Fetch-Site: same-origin"]
        self._body = body
        return "\r\n".join(lines).encode()

    def _click(self, html: str) -> bytes:
        offer = unescape(re.findall(r'formaction="([^"]+)"', html)[-1])
        path, _, query = offer.partition("?")
        page = re.search(r'name="ht-page" value="([^"]+)"', html)
        cursor = re.search(r'ht-cursor="([^"]+)"', html)
        assert page is not None
        assert cursor is not None
        self._cursor = cursor[1].encode()
        value = unquote(query.partition("&")[0].partition("=")[2]).encode()
        return self._request("POST", path, value, HT_Page=page[1], HT_Url="/", HT_Offer=query)

    def send(self) -> None:
        """Send the next request."""
        self._count += 1
        tail = b"\r\nHT-Cursor: %s\r\nHT-Id: %d\r\n\r\n" % (self._cursor, self._count)
        self._socket.sendall(self._request_head + tail + self._body)

    def answered(self) -> bool:
        """Read what is there; tell whether the answer is complete."""
        self._received += self._socket.recv(65536)
        found = self._complete()
        if found is None:
            return False
        head, _ = found
        if not head.startswith((b"HTTP/1.1 20", b"HTTP/1.1 304")):
            raise RuntimeError(f"the server answered {head[:200]!r}")
        cursor = _CURSOR.search(head)
        if cursor:
            self._cursor = cursor[1]
        return True

    def ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Send *request* and wait for head and body of its answer."""
        self._socket.sendall(request + b"\r\n\r\n" + self._body)
        while (found := self._complete()) is None:
            more = self._socket.recv(65536)
            if not more:
                raise RuntimeError("the server hung up")
            self._received += more
        return found

    def _complete(self) -> tuple[bytes, bytes] | None:
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return None
        self._received = rest[size:]
        return head, rest[:size]


def load(port: int, seconds: float, *, click: bool) -> float:
    """Return the requests a second that a server answers to a few connections."""
    connections = [Connection(port, click=click) for _ in range(CONNECTIONS)]
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for connection in connections:
            stack.callback(connection.close)
            selector.register(connection, selectors.EVENT_READ)
            connection.send()
        answers = 0
        begin = time.perf_counter()
        while (now := time.perf_counter()) < begin + seconds:
            for key, _ in selector.select(timeout=5):
                connection = key.fileobj  # type: ignore[assignment]
                if connection.answered():
                    answers += 1
                    connection.send()
        return answers / (now - begin)


@contextlib.contextmanager
def served(name: str) -> Iterator[int]:
    """Serve `benchmarks.servers:name` on gunicorn; give its port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    fd, port = listener.fileno(), listener.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        f"benchmarks.servers:{name}",
        "--bind",
        f"fd://{fd}",
    ]
    command += ["--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS)]
    command += ["--log-level", "error", "--keep-alive", "30", "--graceful-timeout", "1"]
    root = Path(__file__).parents[1]
    with listener:
        process = subprocess.Popen(command, pass_fds=[fd], cwd=root)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int) -> None:
    # The listener accepts at once; an answer comes when the worker is up.
    connection = Connection(port, click=False)
    connection.close()


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure requests a second."""
    rounds, seconds = (2, 0.7) if effort.quick else (6, 1.0)
    with served("ours") as ours, served("bare") as bare:
        for what, click in (("clicks", True), ("GETs of the counter page", False)):
            best = {ours: 0.0, bare: 0.0}
            for _ in range(rounds):
                for port in best:
                    best[port] = max(best[port], load(port, seconds, click=click))
            yield Row(
                f"{what} a second on gunicorn gthread",
                f"{best[ours]:,.0f}/s",
                f"{best[bare]:,.0f}/s bare callable",
                best[ours] / best[bare],
                0.85,
                least=True,
            )
