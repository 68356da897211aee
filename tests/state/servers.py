"""Servers of journals for tests: each on a free port, in a folder of its own, and ended with it.

Debian's packages are enough: postgresql and redis-server. PostgreSQL runs as its own user, since
root may not run it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path as File


class Server:
    """One server process, its folder, and its port.

    Args:
        command: What runs it.
        ready: What it says when it takes connections.
        folder: Its data.
        port: On 127.0.0.1.
        user: Who runs it; None for whoever runs the test.
    """

    def __init__(
        self, command: list[str], ready: bytes, folder: File, port: int, user: str | None = None
    ) -> None:
        self.command, self.ready, self.folder = command, ready, folder
        self.port, self.user = port, user

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            user=self.user,
            start_new_session=True,  # a Ctrl-C is ours to handle
        )
        said = b""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said += line
            if self.ready in line:
                break
        else:
            raise AssertionError(f"the server ended: {said.decode(errors='replace')}")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def signal(self, number: int) -> None:
        """Send a signal to the server and all its processes."""
        # PostgreSQL's processes are in groups of their own; the first one makes the others.
        first = self.process.pid
        children = File(f"/proc/{first}/task/{first}/children").read_text().split()
        for pid in [first, *map(int, children)]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """End it as a power switch would: nothing is said, nothing is written."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            while self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)  # PostgreSQL: fast; Redis: as SIGTERM
                with suppress(subprocess.TimeoutExpired):  # Redis does not, while it writes its AOF
                    self.process.wait(timeout=5)


@contextmanager
def redis_server(*options: str) -> Iterator[Server]:
    """Run a Redis that keeps what it acknowledged when it is killed."""
    with _folder(None) as folder:
        port = _free_port()
        command = [_redis(), "--port", f"{port}", "--bind", "127.0.0.1", "--dir", f"{folder}"]
        command += ["--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
        yield from _run(Server([*command, *options], b"Ready to accept", folder, port))


@contextmanager
def postgresql_server(*options: str) -> Iterator[Server]:
    """Run a PostgreSQL that lets everybody on this machine in."""
    user = "postgres" if os.geteuid() == 0 else None
    with _folder(user) as folder:
        data, port = folder / "data", _free_port()
        make = f"{program('initdb')} -D {data} -U tester -A trust -E SQL_ASCII"
        make += " --locale=C --no-sync"
        quiet = subprocess.DEVNULL
        subprocess.run(make.split(), user=user, cwd=folder, check=True, stdout=quiet)
        command = [program("postgres"), "-D", f"{data}", "-p", f"{port}", "-h", "127.0.0.1"]
        command += ["-c", "unix_socket_directories=", "-c", "fsync=off"]
        for option in options:
            command += ["-c", option]
        yield from _run(Server(command, b"ready to accept connections", folder, port, user))


def _run(server: Server) -> Iterator[Server]:
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _folder(user: str | None) -> Iterator[File]:
    folder = tempfile.mkdtemp(prefix="htealeaf-", dir="/tmp")
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        yield File(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _redis() -> str:
    path = shutil.which("redis-server") or shutil.which("valkey-server")
    assert path, "install redis-server or valkey"
    return path


def program(name: str) -> str:
    """Return where a program of PostgreSQL is."""
    # Debian keeps each version's programs beside the PATH; the newest is last.
    found = sorted(File("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    assert path, "install postgresql"
    return path
