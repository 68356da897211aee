"""Servers as processes of their own, and browsers that ask them over a socket."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from html import unescape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
#: Seconds after which a server is killed, whatever a test waits for then; each takes some seconds.
MOST = 120.0


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


class Address:
    """Where an app is found.

    Args:
        port: On 127.0.0.1.
        base: The path that it is below.
        tls: It speaks https.
        headers: What each request says.
    """

    def __init__(self, port: int, base: str = "", *, tls: bool = False, **headers: str) -> None:
        self.port, self.base, self.tls = port, base, tls
        self.headers = headers or {"Sec_Fetch_Site": "same-origin"}

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Any:
        return self.send(method, path, body, **headers)[0]

    def send(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
        connection = self._connection()
        named = {**self.headers, **headers}
        named = {name.replace("_", "-"): value for name, value in named.items()}
        connection.request(method, self.base + path, body, named)
        return connection.getresponse(), connection

    def _connection(self) -> http.client.HTTPConnection:
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=anybody)

    def browser(self) -> Browser:
        return Browser(self)


class Server(Address):
    """One server, and the browsers that ask it.

    It is killed after `MOST` seconds with all of its workers: then whatever a test reads from it
    is over, and nothing waits for ever.

    Args:
        command: What runs it; `{port}` is where it listens.
        folder: Where.
        variables: Of its environment.
    """

    def __init__(self, command: Sequence[str], folder: Path = ROOT, **variables: str) -> None:
        super().__init__(free_port())
        self.process = subprocess.Popen(
            [word.replace("{port}", str(self.port)) for word in command],
            cwd=folder,
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
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            assert self.process.poll() is None, f"it did not start: {command}"

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

    def __init__(self, address: Address) -> None:
        self.address = address
        answer = address.ask("GET", "/")
        assert answer.status == 200, answer.read()
        self.html = answer.read().decode()
        self.cookie: str = answer.getheader("Set-Cookie")
        self.clicks = 0
        self.headers = {
            "HT_Page": self._found('name="ht-page" value="([^"]+)"'),
            "HT_Cursor": self._found('ht-cursor="([^"]+)"'),
            "HT_Url": address.base + "/",
            "Cookie": self.cookie.partition(";")[0],
        }

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.html)
        assert found is not None
        return unescape(found[1])

    def click(self) -> str:
        self.clicks += 1
        path, _, offer = self._found('formaction="([^"]+)"').partition("?")
        told = {"HT_Verb": "offer", "HT_Id": str(self.clicks), "Content_Type": "application/json"}
        answer = self.address.ask(
            "POST",
            path.removeprefix(self.address.base),
            json.dumps([offer]),
            **told,
            **self.headers,
        )
        body = str(answer.read().decode())
        assert answer.status == 200, (answer.status, body)
        return body

    @contextmanager
    def live(self) -> Iterator[http.client.HTTPResponse]:
        """Follow the page; what does not go on is one answer."""
        asked = {"Accept": "text/event-stream", **self.headers}
        answer, connection = self.address.send("GET", "/api/_live", **asked)
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
