"""Live pages on real servers: events come, gone browsers make room, and a stop is a stop."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from html import unescape
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
SITE = "tests.app.live_site"
#: How each server is started; `{port}` is where it listens.
SERVERS = {
    "uvicorn": f"-m uvicorn --port {{port}} --log-level warning {SITE}:application",
    "hypercorn": f"-m hypercorn -b 127.0.0.1:{{port}} {SITE}:application",
    "granian": f"-m granian --interface asgi --port {{port}} {SITE}:application",
    "gthread": f"-m gunicorn -b 127.0.0.1:{{port}} --threads 8 {SITE}:app",
    "gevent": f"-m gunicorn -b 127.0.0.1:{{port}} -k gevent {SITE}:app",
}
#: Seconds after which a server is killed, whatever a test waits for then; each takes some seconds.
MOST = 120.0


class Server:
    """One server, and the browsers that ask it.

    It is killed after `MOST` seconds with all of its workers: then whatever a test reads from it
    is over, and nothing waits for ever.
    """

    def __init__(self, command: str, **variables: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        words = command.format(port=self.port).split()
        self.process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._most = threading.Timer(MOST, self.kill)
        self._most.daemon = True
        self._most.start()
        while True:  # it is there when it answers
            with suppress(OSError):
                self.ask("GET", "/")
                return
            assert self.process.poll() is None, f"it did not start: {command}"

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Any:
        return self.send(method, path, body, **headers)[0]

    def send(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Sec-Fetch-Site": "same-origin", **named})
        return connection.getresponse(), connection

    def browser(self) -> Browser:
        return Browser(self)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.ended()

    def ended(self) -> None:
        """Wait until it has stopped by itself."""
        assert self.process.wait() != -signal.SIGKILL, "it was told to stop, and did not"

    def kill(self) -> None:
        """End what is left of it, its workers too."""
        self._most.cancel()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Browser:
    """A browser that has opened the page."""

    def __init__(self, server: Server) -> None:
        self.server = server
        answer = server.ask("GET", "/")
        self.html = answer.read().decode()
        self.headers = {
            "HT_Page": self._found('name="ht-page" value="([^"]+)"'),
            "HT_Cursor": self._found('ht-cursor="([^"]+)"'),
            "HT_Url": "/",
            "Cookie": answer.getheader("Set-Cookie").partition(";")[0],
        }

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.html)
        assert found is not None
        return unescape(found[1])

    def click(self) -> str:
        path, _, offer = self._found('formaction="([^"]+)"').partition("?")
        told = {"HT_Verb": "offer", "HT_Id": "1", "Content_Type": "application/json"}
        answer = self.server.ask("POST", path, json.dumps([offer]), **told, **self.headers)
        assert answer.status == 200
        return str(answer.read().decode())

    @contextmanager
    def live(self) -> Iterator[http.client.HTTPResponse]:
        """Follow the page; what does not go on is one answer."""
        asked = {"Accept": "text/event-stream", **self.headers}
        answer, connection = self.server.send("GET", "/api/_live", **asked)
        try:
            yield answer
        finally:
            answer.close()
            connection.close()


def event(answer: http.client.HTTPResponse) -> str:
    """Return the next event; "" at the end."""
    found = b""
    while not found.endswith(b"\n\n") or found == b":\n\n":
        found = b"" if found == b":\n\n" else found
        line = answer.readline()
        if not line:
            return ""
        found += line
    return found.decode()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    made = Server(SERVERS[request.param], FOLDER=str(tmp_path))
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
    server = Server(SERVERS["gthread"])
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


def admitted(server: Server) -> ExitStack:
    """Return a live page that is open, once there is room for it.

    The threads of those that have gone see within a second that nobody reads them.
    """
    while True:
        with ExitStack() as tried:
            if tried.enter_context(server.browser().live()).status == 200:
                return tried.pop_all()
