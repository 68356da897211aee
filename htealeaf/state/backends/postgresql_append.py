"""Arguments of `append` in a PostgreSQL journal: two arrays, of numbers and of texts.

How many there are of each kind comes first, and then of each

- a stream that is expected: its number; its name
- a stream that is written: its last number, begins (1) and ends (2), the number that is expected;
  its name
- an entry: twice its number, and 1 where the stream ends, which of those streams, the number
  before; its effects
- a one-time id: its number, state (0 free, 1 pending, 2 done) and takes over (4), milliseconds; id,
  holder, outcome

A stream's number is -1 where only the server knows it.

Rule: psycopg asks each element of a list what it is, which takes longer than all the rest of a
click. Here each is known, and the arrays are packed as the server reads them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Final

from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.pq import Format

from htealeaf.state.backends.remote import Batch, encoded
from htealeaf.state.journal import DONE, FREE, PENDING

_STATES: Final = {FREE: 0, PENDING: 1, DONE: 2}


class Numbers(tuple[int, ...]):
    """What is sent as `bigint[]`."""

    __slots__ = ()


class Texts(list[bytes]):
    """What is sent as `bytea[]`."""

    __slots__ = ()


def laid(batch: Batch, expected: Mapping[str, int]) -> tuple[list[int], list[bytes]]:
    """Return the numbers and the texts of an append, behind those that are about all of it."""
    steps, once = batch.steps, batch.once
    names = [encoded(stream) for stream in expected]
    before = dict(zip(names, expected.values(), strict=True))
    numbers = [len(names), len(batch.streams), len(steps), len(once), *expected.values()]
    texts = [*names, *batch.streams]
    places: dict[bytes, int] = {}
    for name, last in batch.streams.items():
        places[name] = len(places) + 1
        numbers += (last.number, last.begins + 2 * last.ends, before.get(name, -1))
    for step in steps:
        known = -1 if step.before is None else step.before
        numbers += (2 * step.number + step.ends, places[step.stream], known)
        texts.append(step.effects)
    for number, one in once:
        numbers += (number, _STATES[one.state] + 4 * one.takes_over, int(one.seconds * 1000))
        texts += (encoded(one.id), encoded(one.holder), encoded(one.outcome))
    return numbers, texts


def register(connection: AdaptContext) -> None:
    """Let *connection* know how both are packed."""
    for kind, dumper in ((Numbers, _NumbersDumper), (Texts, _TextsDumper)):
        connection.adapters.register_dumper(kind, dumper)


class _NumbersDumper(Dumper):
    oid, format = 1016, Format.BINARY  # bigint[]

    def dump(self, obj: Any) -> bytes:
        row = [part for number in obj for part in (8, number)]
        return struct.pack(f"!5i{'iq' * len(obj)}", 1, 0, 20, len(obj), 1, *row)


class _TextsDumper(Dumper):
    oid, format = 1001, Format.BINARY  # bytea[]

    def dump(self, obj: Any) -> bytes:
        if not obj:
            return struct.pack("!3i", 0, 0, 17)
        size = struct.Struct("!i").pack
        row = [part for text in obj for part in (size(len(text)), text)]
        return struct.pack("!5i", 1, 0, 17, len(obj), 1) + b"".join(row)
