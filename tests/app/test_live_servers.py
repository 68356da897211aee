"""Live pages on real servers: events come, gone browsers make room, and a stop is a stop."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers import ROOT, Server, event

pytestmark = pytest.mark.server

#: How each server is started; `{port}` is where it listens.
SERVERS = {
    "uvicorn": "-m uvicorn --port {port} --log-level warning tests.app.live_site:application",
    # Streams have to end long before it cuts them.
    "hypercorn": "-m hypercorn -b 127.0.0.1:{port} --graceful-timeout 600"
    " tests.app.live_site:application",
    "granian": "-m granian --interface asgi --port {port} tests.app.live_site:application",
    "gthread": "-m gunicorn -b 127.0.0.1:{port} -k htealeaf.gunicorn.Worker --threads 8"
    " tests.app.live_site:app",
    "gevent": "-m gunicorn -b 127.0.0.1:{port} -k gevent tests.app.live_site:app",
}


def started(name: str, **variables: str) -> Server:
    return Server([sys.executable, *SERVERS[name].split()], ROOT, **variables)


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    made = started(request.param, FOLDER=str(tmp_path))
    yield made
    made.kill()


def test_a_live_page_follows_and_ends_with_its_server(server: Server, tmp_path: Path) -> None:
    """What others click comes. Told to stop, a server ends its streams and finishes its clicks.

    What runs in the background is told, and the server waits for it.
    """
    assert server.ask("POST", "/job", "").read() == b"begun"
    with server.browser().live() as one, server.browser().live() as other:
        assert one.getheader("Content-Type", "").startswith("text/event-stream")
        assert ">1</h3>" in server.browser().click()
        for answer in (one, other):
            assert ">1</h3>" in event(answer)
        said: list[tuple[int, bytes]] = []

        def click() -> None:
            answer = server.ask("POST", "/slow", "")
            said.append((answer.status, answer.read()))

        clicking = threading.Thread(target=click)
        clicking.start()
        assert ">2</h3>" in event(one)  # so the click is under way
        server.process.send_signal(signal.SIGTERM)
        while event(one):
            pass
        clicking.join()
        assert said == [(200, b"done")]
    server.ended()
    assert {file.name for file in tmp_path.iterdir()} == {"began", "told"}


def test_browsers_that_have_gone_make_room() -> None:
    """Half of gunicorn's threads are for live pages: clicks always find one."""
    server = started("gthread")
    try:
        for _ in range(3):
            with ExitStack() as held:
                for _ in range(4):
                    held.enter_context(admitted(server))
                with server.browser().live() as more:
                    assert more.status == 304, "there is no room, so it is told what is new"
                assert "</h3>" in server.browser().click()
        server.stop()
    finally:
        server.kill()


def test_connections_on_which_nothing_comes_hold_no_thread() -> None:
    """Browsers open some in advance; and one on which half of a request has come holds one."""
    server = started("gthread")
    try:
        with ExitStack() as held:
            for sent in (b"",) * 20 + (b"GET / HT",) * 5:
                idle = socket.create_connection(("127.0.0.1", server.port))
                held.enter_context(idle)
                idle.sendall(sent)
            assert "</h3>" in server.browser().click()
            idle.sendall(b"TP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert idle.recv(100).startswith(b"HTTP/1.1 200")
        server.stop()
    finally:
        server.kill()


def admitted(server: Server) -> ExitStack:
    """Return a live page that is open, once there is room for it.

    The threads of those that have gone see within a second that nobody reads them.
    """
    while True:
        with ExitStack() as tried:
            if tried.enter_context(server.browser().live()).status == 200:
                return tried.pop_all()
        time.sleep(0.1)  # whoever asks all the time is told that it is too often
