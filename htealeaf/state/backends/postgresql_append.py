"""Arguments of `append` in a PostgreSQL journal: two arrays, of numbers and of texts.

What stands where, behind what is about all of it, is said in `remote.laid`.

Rule: psycopg asks each element of a list what it is, and makes a cursor for each statement, which
takes longer than all the rest of a click. Here each is known: the arrays are packed as the server
reads them, and go to a statement that was prepared once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from psycopg.adapt import Transformer
from psycopg.errors import OperationalError, error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

_NAME: Final = b"htealeaf_append"


class Answer(NamedTuple):
    """What `append` answers, column by column: see there."""

    verdict: str | None
    epoch: str | None
    n: int
    oldest: int
    kept: bool
    numbers: list[int] | None
    streams: list[bytes] | None
    effects: list[bytes] | None
    t_id: list[bytes] | None
    t_state: list[str] | None
    t_holder: list[bytes] | None
    t_seconds: list[float] | None
    t_outcome: list[bytes] | None
    t_n: list[int] | None


def appended(connection: Any, call: str, args: Sequence[Any]) -> Any:
    """Return what the function answers.

    Args:
        connection: Of psycopg; nobody else uses it now.
        call: The statement, with `%s` for each argument.
        args: The epoch, the numbers, the texts.
    """
    pgconn = connection.pgconn
    if not connection.is_prepared:
        statement = call % ("$1", "$2", "$3")
        pgconn.send_prepare(_NAME, statement.encode(), [25, 1016, 1001])  # text, bigint[], bytea[]
        _result(connection)
        connection.is_prepared = True
    epoch, numbers, texts = args
    sent = [epoch.encode(), packed_numbers(numbers), packed_texts(texts)]
    pgconn.send_query_prepared(_NAME, sent, [Format.TEXT, Format.BINARY, Format.BINARY], 1)
    found = Transformer.from_context(connection)
    found.set_pgresult(_result(connection))
    return found.load_row(0, Answer._make)


def _result(connection: Any) -> PGresult:
    results: list[PGresult] = connection.wait(execute(connection.pgconn))
    if not results:
        raise OperationalError("the connection is lost")
    result = results[-1]
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise error_from_result(result, "utf-8")
    return result


def packed_numbers(numbers: Sequence[int]) -> bytes:
    """Return *numbers* as `bigint[]`."""
    row = [part for number in numbers for part in (8, number)]
    return struct.pack(f"!5i{'iq' * len(numbers)}", 1, 0, 20, len(numbers), 1, *row)


def packed_texts(texts: Sequence[bytes]) -> bytes:
    """Return *texts* as `bytea[]`."""
    if not texts:
        return struct.pack("!3i", 0, 0, 17)
    size = struct.Struct("!i").pack
    row = [part for text in texts for part in (size(len(text)), text)]
    return struct.pack("!5i", 1, 0, 17, len(texts), 1) + b"".join(row)
