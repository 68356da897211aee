"""Connections to Redis: commands go out, answers come back, and nothing is done in between.

redis-py opens each connection and knows what a URL means. What its client does around a command
(looking whether it can read, counting, wrapping it in retries) takes longer than the command.

Rule 1: a connection that failed is closed, and those that are idle with it: they will be as dead.

Rule 2: a connection is never used in another process than the one that opened it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from redis.exceptions import ConnectionError, ResponseError

from htealeaf.state.backends.pool import Busy, Pool


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
        self._known: Pool[Any] = Pool(self._most, self._patience)

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
            self._left = self._known  # the parent's: not ours to close
            self._begin()
        connection = self._taken(fresh)
        try:
            connection.send_packed_command([b"".join(commands)], check_health=False)
            answers = [_answer(connection) for _ in commands]
        except BaseException:
            self._close(connection)
            self.close()
            raise
        self._known.give(connection)
        return answers

    def _taken(self, fresh: bool) -> Any:
        while True:
            try:
                connection, made = self._known.take(self._made)
            except Busy as error:
                raise ConnectionError(str(error)) from None
            if made or not fresh or _lives(connection):
                return connection
            self._close(connection)

    def _made(self) -> Any:
        connection = self._pool.connection_class(**self._pool.connection_kwargs)
        connection.connect()
        return connection

    def _close(self, connection: Any) -> None:
        connection.disconnect()
        self._known.lose()

    def close(self) -> None:
        """Close those that are idle."""
        while (connection := self._known.idle()) is not None:
            self._close(connection)


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
