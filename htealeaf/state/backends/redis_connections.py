"""Connections to Redis: commands go out, answers come back, and nothing is done in between.

redis-py opens each connection and knows what a URL means. What its client does around a command
(looking whether it can read, counting, wrapping it in retries) takes longer than the command.

Rule 1: a connection that failed is closed, and those that are idle with it: they will be as dead.

Rule 2: a connection is never used in another process than the one that opened it.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
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
        self._room = threading.BoundedSemaphore(self._most)

    def ask(self, *commands: Sequence[Any], fresh: bool = False) -> list[Any]:
        """Send *commands* at one go; return what each is answered, an error as a value.

        Args:
            fresh: One that the server has closed meanwhile is noticed before anything is sent.

        Raises:
            ConnectionError: A connection was lost, or none is free.
            TimeoutError: The server does not answer.
        """
        if self._process != os.getpid():
            self._left = self._idle  # the parent's: not ours to close
            self._begin()
        if not self._room.acquire(timeout=self._patience):
            raise ConnectionError("all connections of this worker are busy")
        try:
            connection = self._taken(fresh)
            try:
                connection.send_packed_command(_packed(connection, commands), check_health=False)
                answers = [_answer(connection) for _ in commands]
            except BaseException:
                connection.disconnect()
                self.close()
                raise
            self._idle.append(connection)
            return answers
        finally:
            self._room.release()

    def _taken(self, fresh: bool) -> Any:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._made()
            if not fresh or _lives(connection):
                return connection
            connection.disconnect()

    def _made(self) -> Any:
        connection = self._pool.connection_class(**self._pool.connection_kwargs)
        connection.connect()
        return connection

    def close(self) -> None:
        """Close those that are idle."""
        while self._idle:
            self._idle.pop().disconnect()


def _packed(connection: Any, commands: Sequence[Sequence[Any]]) -> Any:
    if len(commands) == 1:
        return connection.pack_command(*commands[0])
    return connection.pack_commands(commands)


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
