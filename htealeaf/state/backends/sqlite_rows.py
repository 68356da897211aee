"""The rows of an SQLite journal: where its line is, entries, heads, and documents made of them.

A document is its last snapshot and the entries since, or all entries since it began. A snapshot is
written when the entries since the last one have grown as large as it, or many: so a click on a
large document writes little.

Rule: all of it is called inside of a transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from htealeaf.data.effects import BEGIN, DROP, Document, Effect, Resolved, fold
from htealeaf.data.packing import pack_document, unpack, unpack_document
from htealeaf.state.backends.remote import changed, damaged, decoded, encoded, unbegun
from htealeaf.state.journal import Entry

CHAIN: Final = 256  #: entries at most that a document is folded from
CHAIN_BYTES: Final = 16 * 1024  #: bytes of entries that call for no snapshot, however small it is


class Line(NamedTuple):
    """Where the journal is; up to the number `filed` all is filed, see `sqlite_filing`."""

    epoch: str
    n: int
    oldest: int
    streams: int
    filed: int


class Head(NamedTuple):
    """The row of a document; `size` is that of its last snapshot, or of what it began with."""

    n: int
    began: int
    size: int
    chain: int
    chain_bytes: int

    @property
    def is_long(self) -> bool:
        """Tell whether a snapshot is due: its entries outweigh the last one, or are many."""
        return self.chain >= CHAIN or self.chain_bytes >= max(CHAIN_BYTES, self.size)


def line_of(db: sqlite3.Connection) -> Line:
    """Return where the journal is."""
    # What is deleted is never above the oldest number. A row that held the newest would be one more
    # page in every commit.
    return Line(
        *db.execute(
            "SELECT epoch, max(oldest, coalesce((SELECT max(n) FROM entry), 0)), oldest, streams,"
            " filed FROM line"
        ).fetchone()
    )


def check_epoch(line: Line, epoch: str | None) -> None:
    """Raise `EpochChanged` if the journal has another one than *epoch*."""
    if epoch != line.epoch:
        changed()


def rows_behind(db: sqlite3.Connection, n: int, limit: int) -> list[tuple[int, bytes, bytes]]:
    """Return the rows of entries above *n*, about *limit* of them; those of one number together."""
    read = "SELECT n, stream, effects FROM entry WHERE n > ? AND n <= ? ORDER BY n, place LIMIT ?"
    rows = db.execute(read, (n, 1 << 62, limit)).fetchall()
    if len(rows) == limit:  # those of the last number are all there
        rows = db.execute(read, (n, rows[-1][0], -1)).fetchall()
    return rows


def entries_of(rows: Iterable[tuple[int, bytes, bytes]]) -> list[Entry]:
    """Return rows as entries."""
    return [Entry(n, decoded(stream), unpack(decoded(effects))) for n, stream, effects in rows]


def head_of(db: sqlite3.Connection, stream: str, filed: int) -> Head | None:
    """Return the head of *stream*; None where it has no document."""
    key = encoded(stream)
    row = db.execute(
        "SELECT n, began, size, chain, chain_bytes FROM head WHERE stream = ?", (key,)
    ).fetchone()
    if row is None:
        return None
    n, began, size, chain, chain_bytes = row
    last, more, more_bytes = db.execute(
        "SELECT max(n), count(*), total(length(effects)) FROM entry WHERE n > ? AND stream = ?",
        (filed, key),
    ).fetchone()
    return Head(max(n, last or 0), began, size, chain + more, chain_bytes + int(more_bytes))


def write_head(
    db: sqlite3.Connection, stream: str, before: Head | None, head: Head | None, now: float
) -> None:
    """Write what the head of *stream* is, which was *before*."""
    key = encoded(stream)
    if head is None:
        db.execute("DELETE FROM head WHERE stream = ?", (key,))
    elif before is None:
        db.execute("INSERT INTO head VALUES (?, ?, ?, ?, ?, ?, ?)", (key, *head, now))
    else:
        db.execute(
            "UPDATE head SET n = ?, began = ?, size = ?, chain = ?, chain_bytes = ?, seen = ?"
            " WHERE stream = ?",
            (*head, now, key),
        )


def next_head(
    stream: str, head: Head | None, effects: Sequence[Effect], n: int, size: int
) -> Head | None:
    """Return what a head is after an entry of *size* bytes; None where the stream ends with it."""
    if head is not None and type(effects) is Resolved:  # neither a beginning nor an end
        _, began, first, chain, chain_bytes = head
        return Head(n, began, first, chain + 1, chain_bytes + size)
    there, begins = head is not None, False
    for effect in effects:
        if not there and effect.op != BEGIN:
            unbegun(stream)
        begins = begins or not there
        there = effect.op != DROP
    if not there:
        return None
    if head is None or begins:
        return Head(n, n, size, 0, 0)
    return head._replace(n=n, chain=head.chain + 1, chain_bytes=head.chain_bytes + size)


def document_of(
    db: sqlite3.Connection, stream: str, at: int, line: Line
) -> tuple[int, Document | None]:
    """Return the number and the document of *stream* at *at*."""
    n, document = folded_to(db, stream, at, line.filed)
    head = head_of(db, stream, line.filed)
    if head is not None and (head.n > line.n or (head.n <= at and head.n != n)):
        damaged(stream, f"number {head.n} is missing")
    return (0, None) if document is None else (n, document)


def folded_to(
    db: sqlite3.Connection, stream: str, at: int, filed: int
) -> tuple[int, Document | None]:
    """Return the number of the last entry of *stream* up to *at*, and the document after it."""
    key = encoded(stream)
    n, document = 0, None
    found = db.execute(
        "SELECT n, document FROM snapshot WHERE stream = ? AND n <= ? ORDER BY n DESC LIMIT 1",
        (key, at),
    ).fetchone()
    if found is not None:
        n, document = found[0], unpack_document(decoded(found[1]))
    rows = db.execute(
        "SELECT h.n, e.effects FROM history AS h LEFT JOIN entry AS e"
        " ON e.n = h.n AND e.stream = h.stream WHERE h.stream = ? AND h.n > ? AND h.n <= ?"
        " ORDER BY h.n",
        (key, n, at),
    ).fetchall()
    if at > filed:
        rows += db.execute(
            "SELECT n, effects FROM entry WHERE n > ? AND n <= ? AND stream = ? ORDER BY n",
            (max(n, filed), at, key),
        ).fetchall()
    for n, effects in rows:
        if effects is None:
            damaged(stream, f"number {n} is missing")
        document = fold(stream, document, unpack(decoded(effects)), n).document
    return n, document


def document_to(db: sqlite3.Connection, stream: str, n: int) -> Document:
    """Return the newest document of *stream*, whose last entry is *n*, all of it being filed."""
    _, document = folded_to(db, stream, n, n)
    if document is None:
        damaged(stream, "it has no document")
    return document


def with_snapshot(db: sqlite3.Connection, stream: str, head: Head, document: Document) -> Head:
    """Write *document* as a snapshot; return its head then."""
    packed = encoded(pack_document(document))
    db.execute("INSERT INTO snapshot VALUES (?, ?, ?)", (encoded(stream), head.n, packed))
    return head._replace(size=len(packed), chain=0, chain_bytes=0)
