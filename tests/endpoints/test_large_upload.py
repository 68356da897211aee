"""An upload of a gibibyte takes disk and hardly any memory; measured at a process of its own."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

GiB = 2**30
MOST = 64 * 2**20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.server,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc"),
]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """The port and the id of the process."""
    command = [sys.executable, "-m", "tests.endpoints.large", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        yield int(running.stdout.readline()), running.pid
        running.terminate()


def memory(pid: int) -> int:
    """Return the most bytes that the process ever had in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def asked(port: int, head: str, size: int = 0, first: bytes = b"", last: bytes = b"") -> str:
    """Send a request whose body has *size* zeros between *first* and *last*."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(head.encode() + b"\r\n\r\n" + first)
        zeros = bytes(2**20)
        for _ in range(size // len(zeros)):
            line.sendall(zeros)
        line.sendall(last)
        parts = []
        while part := line.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


def test_a_gibibyte_takes_no_memory(process: tuple[int, int], tmp_path: Path) -> None:
    port, pid = process
    page = asked(port, f"GET / HTTP/1.0\r\nHost: 127.0.0.1:{port}")
    cookie = re.search(r"Set-Cookie: (ht=[^;]+)", page)
    action = re.search(r'action="([^"]+)"', page)
    assert cookie is not None
    assert action is not None
    first = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    last = b"\r\n--b--\r\n"
    before = memory(pid)

    answer = asked(
        port,
        f"POST {unescape(action[1])} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie[1]}\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(first) + GiB + len(last)}",
        GiB,
        first,
        last,
    )

    assert " 303 " in answer.splitlines()[0]
    path = tmp_path / "large.bin"
    assert path.stat().st_size == GiB
    path.unlink()
    assert memory(pid) < MOST
    assert memory(pid) - before < MOST / 8
