"""Connections to Redis: commands go out, answers come back, and nothing is done in between.

redis-py opens each connection and knows what a URL means. What its client does around a command
(looking whether it can read, counting, wrapping it in retries) takes longer than the command.

Rule 1: a connection that failed is closed, and those that are idle with it: they will be as dead.

Rule 2: a connection is never used in another process than the one that opened it.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis.exceptions import ConnectionError, ResponseError


class Connections:
    """Those of one process: a child that was forked makes its own.

    Args:
        pool: Of redis-py; what it would open is opened here.
        most: At one time.
        patience: Seconds to wait for one that is free.
    """

    def __init__(self, pool: Any, most: int, patience: float) -> None:
        self._pool, self._most, self._patience = pool, most, patience
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._idle: deque[Any] = deque()
        self._room = threading.Semaphore(self._most)  # for those that are not made yet
        self._back, self._waiting = threading.Condition(), 0

    def ask(self, *commands: bytes, fresh: bool = False) -> list[Any]:
        """Send *commands* at one go; return what each is answered, an error as a value.

        Args:
            commands: Each `packed`.
            fresh: One that the server has closed meanwhile is noticed before anything is sent.

        Raises:
            ConnectionError: A connection was lost, or none is free.
            TimeoutError: The server does not answer.
        """
        if self._process != os.getpid():
            self._left = self._idle  # the parent's: not ours to close
            self._begin()
        connection = self._taken(fresh)
        try:
            connection.send_packed_command([b"".join(commands)], check_health=False)
            answers = [_answer(connection) for _ in commands]
        except BaseException:
            self._close(connection)
            self.close()
            raise
        self._idle.append(connection)
        self._ring()
        return answers

    def _taken(self, fresh: bool) -> Any:
        while True:
            try:
                connection = self._idle.pop()  # as mostly
            except IndexError:
                connection = self._made() or self._awaited()
                if connection is None:
                    continue
            if not fresh or _lives(connection):
                return connection
            self._close(connection)

    def _made(self) -> Any:
        if not self._room.acquire(blocking=False):
            return None
        try:
            connection = self._pool.connection_class(**self._pool.connection_kwargs)
            connection.connect()
        except BaseException:
            self._room.release()
            self._ring()
            raise
        return connection

    def _awaited(self) -> Any:
        # None: there is room for another one.
        ends = time.monotonic() + self._patience
        with self._back:
            self._waiting += 1  # first: whoever gives one back from now on rings
            try:
                while True:
                    with suppress(IndexError):
                        return self._idle.pop()
                    if self._room.acquire(blocking=False):
                        self._room.release()
                        return None
                    left = ends - time.monotonic()
                    if left <= 0:
                        raise ConnectionError("all connections of this worker are busy")
                    self._back.wait(left)
            finally:
                self._waiting -= 1

    def _ring(self) -> None:
        if self._waiting:
            with self._back:
                self._back.notify()

    def _close(self, connection: Any) -> None:
        connection.disconnect()
        self._room.release()
        self._ring()

    def close(self) -> None:
        """Close those that are idle."""
        with suppress(IndexError):
            while True:
                self._close(self._idle.pop())


def packed(parts: Sequence[str | int | bytes]) -> bytes:
    r"""Return *parts* as a command has them; what a whole one begins with is not among them.

    >>> packed(["GET", b"a"])
    b'$3\r\nGET\r\n$1\r\na\r\n'
    """
    made = []
    for part in parts:
        if type(part) is not bytes:
            part = str(part).encode()
        made.append(b"$%d\r\n%b\r\n" % (len(part), part))
    return b"".join(made)


def _answer(connection: Any) -> Any:
    try:
        return connection.read_response(disable_decoding=True)
    except ResponseError as error:  # the connection is none the worse for it
        return error


def _lives(connection: Any) -> bool:
    try:
        return not connection.can_read(timeout=0)
    except (ConnectionError, OSError):
        return False
