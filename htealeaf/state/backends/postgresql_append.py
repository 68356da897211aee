"""The call of `add` in a PostgreSQL journal: two arrays, of numbers and of texts, and a record.

What stands where, behind what is about all of it, is said in `remote.laid`.

Rule: psycopg asks each element of a list what it is, makes a cursor for each statement and looks
for a reader of each column, which takes longer than all the rest of a click. Here each is known:
the arrays are packed as the server reads them, and go to a statement that was prepared once; its
answer is one column, and read by hand.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from psycopg.errors import OperationalError, error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

_NAME: Final = b"htealeaf_append"
_FORMATS: Final = (Format.TEXT, Format.BINARY, Format.BINARY)
_LENGTHS: Final = struct.Struct("!ii")  # of a column: its type, and how many bytes; -1 for NULL
_ITEM: Final = struct.Struct("!i")
_LONG: Final = struct.Struct("!q")
_DOUBLE: Final = struct.Struct("!d")
#: The columns behind the first five, where nobody else has written and no id is taken.
_NOTHING: Final = b"".join(
    _LENGTHS.pack(kind, -1) for kind in (1016, 1001, 1001, 1001, 1009, 1001, 1022, 1001, 1016)
)


class Answer(NamedTuple):
    """What `add` answers, column by column: see there."""

    verdict: str | None
    epoch: str | None
    n: int
    oldest: int
    kept: bool
    numbers: list[int] | None = None
    streams: list[bytes] | None = None
    effects: list[bytes] | None = None
    t_id: list[bytes] | None = None
    t_state: list[str] | None = None
    t_holder: list[bytes] | None = None
    t_seconds: list[float] | None = None
    t_outcome: list[bytes] | None = None
    t_n: list[int] | None = None


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
    pgconn.send_query_prepared(_NAME, sent, _FORMATS, 1)
    record = _result(connection).get_value(0, 0)
    assert record is not None
    return unpacked(record)


def _result(connection: Any) -> PGresult:
    results: list[PGresult] = connection.wait(execute(connection.pgconn))
    if not results:
        raise OperationalError("the connection is lost")
    result = results[-1]
    if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise error_from_result(result, "utf-8")
    return result


def unpacked(record: bytes) -> Answer:
    """Return what the columns of *record* hold; it is in PostgreSQL's binary form."""
    values: list[Any] = []
    at, end = 4, len(record)  # how many there are comes first
    if record.endswith(_NOTHING):  # as mostly
        end -= len(_NOTHING)
    while at < end:
        kind, length = _LENGTHS.unpack_from(record, at)
        at += 8
        if length < 0:
            values.append(None)
        else:
            values.append(_LOADED[kind](record[at : at + length]))
            at += length
    return Answer(*values)


def _items(kind: int) -> Callable[[bytes], list[Any]]:
    load = _LOADED[kind]

    def loaded(array: bytes) -> list[Any]:
        at, found = 20, []  # behind dimensions, type, size, first index; nothing where it is empty
        while at < len(array):
            (length,) = _ITEM.unpack_from(array, at)
            found.append(load(array[at + 4 : at + 4 + length]))
            at += 4 + length
        return found

    return loaded


#: By type of a column: what makes a value of its bytes.
_LOADED: Final[dict[int, Callable[[bytes], Any]]] = {
    16: lambda stored: stored == b"\1",
    17: bytes,
    20: lambda stored: _LONG.unpack(stored)[0],
    25: bytes.decode,
    701: lambda stored: _DOUBLE.unpack(stored)[0],
}
_LOADED.update({1001: _items(17), 1016: _items(20), 1009: _items(25), 1022: _items(701)})


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
