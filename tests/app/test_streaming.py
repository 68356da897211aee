"""Streamed bodies in a process of their own: a million rows of a database, at flat memory."""

from __future__ import annotations

import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

ROWS = 1_000_000
ROOM = 4096  #: KiB that the process may grow by, where the answer has some 30,000

PROGRAM = """
import sqlite3
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from htealeaf import WSGI

app = WSGI()
closed = []


@app.provide
def db():
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        yield connection
    finally:
        connection.close()
        closed.append(1)


@app.route("/export/{rows:int}", page=False)
def export(rows, db):
    # Rows come as they are read; none of them is stored anywhere.
    found = db.execute(
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?)"
        " SELECT n, 'Item ' || n, n % 100 FROM c", (rows,)
    )

    def lines():
        yield "id,name,price\\r\\n"
        for row in found:
            yield "%d,%s,%d\\r\\n" % row

    return 200, {"Content-Type": "text/csv"}, lines()


@app.route("/closed", page=False)
def how_many():
    return str(len(closed))


class Handler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


server = make_server("127.0.0.1", 0, app, Server, Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.mark.server
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_a_million_rows_of_a_database_take_flat_memory() -> None:
    """A browser that goes away in the middle leaves nothing open."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert _lines(port, "/export/100000") == 100_001
        before = _peak(process.pid)

        assert _lines(port, f"/export/{ROWS}") == ROWS + 1

        assert _peak(process.pid) - before < ROOM
        connection = HTTPConnection("127.0.0.1", port)
        connection.request("GET", f"/export/{ROWS}")
        connection.getresponse().read(100_000)
        connection.close()
        while _get(port, "/closed") != b"3":  # noticed at the next block
            pass
    finally:
        process.kill()
        process.wait()


def _lines(port: int, url: str) -> int:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", url)
    answer = connection.getresponse()
    assert answer.status == 200
    found = 0
    while block := answer.read(65536):
        found += block.count(b"\n")
    return found


def _get(port: int, url: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", url)
    return connection.getresponse().read()


def _peak(pid: int) -> int:
    # The most memory that the process has had, in KiB.
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
