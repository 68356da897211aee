"""Requests a second over real sockets, on gunicorn with threads.

One gunicorn process serves ours and one serves a bare callable; each is loaded in turns by a few
connections that are kept open, from this process. Both are sent the same bytes, those that a
browser with a page of ours sends, since reading the head of a request is a large part of what
gunicorn does and the same browser would send the same head to either.
"""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import Row, Table
from benchmarks.timing import Effort

CONNECTIONS = 8
THREADS = 4

_LENGTH, _CURSOR = b"\r\ncontent-length: ", b"\r\nht-cursor: "
#: What a browser says of itself with each request; the host is the same for either server.
_HEAD = """\
{method} {path} HTTP/1.1\r
Host: counter.example\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r
Accept: text/html\r
Accept-Language: en\r
Sec-Fetch-Site: same-origin\r
"""


class Asked(NamedTuple):
    """What one browser sends again and again."""

    head: bytes  #: without the empty line at its end
    body: bytes = b""
    cursor: bytes = b""  #: what its page shows at first, where the request is a click


def of_a_browser(port: int, *, click: bool, **headers: str) -> Asked:
    """Return what a new browser sends to ours at *port*, once it has opened the page."""
    get = head_of("GET", "/", **headers)
    with contextlib.closing(Connection(port, Asked(get))) as connection:
        head, body = connection.ask()
    cookie = headers.pop("Cookie", "") or cookie_in(head)
    if not click:
        return Asked(head_of("GET", "/", Cookie=cookie, **headers))
    html = body.decode()
    offer = unescape(re.findall(r'formaction="([^"]+)"', html)[-1])
    path, _, query = offer.partition("?")
    page = re.search(r'name="ht-page" value="([^"]+)"', html)
    cursor = re.search(r'ht-cursor="([^"]+)"', html)
    assert page is not None
    assert cursor is not None
    value = json.dumps([query]).encode()
    told = {"Content-Type": "application/json", "Content-Length": str(len(value))}
    told |= {"HT-Page": page[1], "HT-Url": "/", "HT-Verb": "offer"}
    told |= headers
    post = head_of("POST", path, Cookie=cookie, Origin="http://counter.example", **told)
    return Asked(post, value, cursor[1].encode())


def cookie_in(head: bytes) -> str:
    """Return the cookie that an answer sets."""
    found = re.search(r"\r\nset-cookie: ([^;\r]+)", head.decode(), re.IGNORECASE)
    assert found is not None
    return found[1]


def head_of(method: str, path: str, **headers: str) -> bytes:
    """Return the head of a request as a browser writes it, without the empty line at its end."""
    lines = (f"{name}: {value}\r\n" for name, value in headers.items())
    return (_HEAD.format(method=method, path=path) + "".join(lines)).encode()


class Connection:
    """A connection that is kept open, over which one request is sent again and again."""

    fine: tuple[bytes, ...] = (
        b"HTTP/1.1 20",
        b"HTTP/1.1 304",
    )  #: how answers begin that are expected

    def __init__(self, port: int, asked: Asked) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._asked, self._cursor = asked, asked.cursor
        self._received = b""
        self._count = 0

    def fileno(self) -> int:
        """Return the socket's number."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send(self) -> None:
        """Send the next request."""
        head, body, _ = self._asked
        self._count += 1
        if self._cursor:
            head += b"HT-Cursor: %s\r\nHT-Id: %d\r\n" % (self._cursor, self._count)
        self._socket.sendall(head + b"\r\n" + body)

    def answered(self) -> bool:
        """Read what is there; tell whether the answer is complete."""
        more = self._socket.recv(65536)
        if not more:
            raise RuntimeError("the server hung up")
        self._received += more
        found = self._complete()
        if found is None:
            return False
        head, _ = found
        if not head.startswith(self.fine):
            raise RuntimeError(f"the server answered {head[:200]!r}")
        if self._cursor:
            self._cursor = _value(head, _CURSOR) or self._cursor
        return True

    def ask(self) -> tuple[bytes, bytes]:
        """Send the request; return head and body of its answer."""
        self.send()
        while not self._received or (found := self._complete()) is None:
            self._received += self._socket.recv(65536)
        return found

    def _complete(self) -> tuple[bytes, bytes] | None:
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end:
            return None
        size = int(_value(head, _LENGTH) or 0)
        if len(rest) < size:
            return None
        self._received = rest[size:]
        return head, rest[:size]


def _value(head: bytes, name: bytes) -> bytes:
    at = head.lower().find(name)  # some servers write names in small letters
    return head[at + len(name) :].partition(b"\r")[0] if at >= 0 else b""


def load(port: int, seconds: float, browsers: list[Asked]) -> float:
    """Return the requests a second that a server answers to *browsers*."""
    with contextlib.ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        connections: dict[int, Connection] = {}
        for asked in browsers:
            connection = stack.enter_context(contextlib.closing(Connection(port, asked)))
            connections[connection.fileno()] = connection
            poll.register(connection, select.EPOLLIN)
            connection.send()
        answers = 0
        begin = time.perf_counter()
        while (now := time.perf_counter()) < begin + seconds:
            for number, _ in poll.poll(5):
                connection = connections[number]
                if connection.answered():
                    answers += 1
                    connection.send()
        return answers / (now - begin)


_GUNICORN = (
    f"-m gunicorn --bind fd://{{fd}} --workers 1 --threads {THREADS} --log-level error"
    " --keep-alive 30 --graceful-timeout 1 --worker-class"
)
#: How each server is started. uvicorn turns Nagle's algorithm off on sockets of its own only.
SERVERS = {
    "gthread": f"{_GUNICORN} gthread",
    "htealeaf.gunicorn.Worker": f"{_GUNICORN} htealeaf.gunicorn.Worker",
    "uvicorn": "-m uvicorn --port {port} --log-level error",
}


@contextlib.contextmanager
def served(name: str, server: str = "gthread") -> Iterator[int]:
    """Serve `benchmarks.servers:name`; give the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    fd, port = listener.fileno(), listener.getsockname()[1]
    options = SERVERS[server].format(fd=fd, port=port).split()
    command = [sys.executable, *options, f"benchmarks.servers:{name}"]
    root = Path(__file__).parents[1]
    inherited = [fd] if "{fd}" in SERVERS[server] else []
    if not inherited:
        listener.close()
    process = subprocess.Popen(command, pass_fds=inherited, cwd=root)
    listener.close()
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
    # A listener that a server is given accepts at once; an answer comes when its worker is up.
    for _ in range(100):
        try:
            with contextlib.closing(Connection(port, Asked(head_of("GET", "/")))) as connection:
                connection.ask()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise RuntimeError("the server does not start")


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure requests a second."""
    rounds, seconds = (2, 0.7) if effort.quick else (6, 1.0)
    with served("ours") as ours, served("bare") as bare:
        for what, click in (("clicks", True), ("GETs of the counter page", False)):
            best = {ours: 0.0, bare: 0.0}
            for _ in range(rounds):
                browsers = [of_a_browser(ours, click=click) for _ in range(CONNECTIONS)]
                for port in best:
                    best[port] = max(best[port], load(port, seconds, browsers))
            yield Row(
                f"{what} a second on gunicorn gthread",
                f"{best[ours]:,.0f}/s",
                f"{best[bare]:,.0f}/s bare callable",
                best[ours] / best[bare],
                0.85,
                least=True,
            )
