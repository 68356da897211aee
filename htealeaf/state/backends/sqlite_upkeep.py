"""Forgetting in an SQLite journal: entries and snapshots that nobody needs any more.

Rule: all of it is called inside of a transaction, in steps, so that nobody waits long.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from htealeaf.state.backends.sqlite_filing import file_behind
from htealeaf.state.backends.sqlite_rows import line_of

STEP: Final = 500  #: numbers that are compacted in one transaction


def compact_step(db: sqlite3.Connection, before: float) -> bool:
    """Forget what is older than *before*, as far as one step goes; tell whether more is left."""
    line = line_of(db)
    file_behind(db, line.filed)
    last = min(line.n, line.oldest + STEP)  # not all that are older are looked at in each step
    row = db.execute(
        "SELECT n FROM entry WHERE n > ? AND n <= ? AND at >= ? ORDER BY n LIMIT 1",
        (line.oldest, last, before),
    ).fetchone()
    oldest = last if row is None else row[0] - 1
    if oldest == line.oldest:
        return False
    streams = db.execute(
        "SELECT DISTINCT stream FROM entry WHERE n > ? AND n <= ?", (line.oldest, oldest)
    ).fetchall()
    for (stream,) in streams:
        floor = _floor(db, stream, oldest)
        db.execute(
            "DELETE FROM entry WHERE stream = ?1 AND n IN"
            " (SELECT n FROM history WHERE stream = ?1 AND n <= ?2)",
            (stream, floor),
        )
        db.execute("DELETE FROM history WHERE stream = ? AND n <= ?", (stream, floor))
        db.execute("DELETE FROM snapshot WHERE stream = ? AND n < ?", (stream, floor))
    db.execute("UPDATE line SET oldest = ?", (oldest,))
    return oldest == last < line.n


def _floor(db: sqlite3.Connection, stream: bytes, oldest: int) -> int:
    # Up to which number nobody needs its entries any more, to load it at *oldest* or later.
    (snapshot,) = db.execute(
        "SELECT max(n) FROM snapshot WHERE stream = ? AND n <= ?", (stream, oldest)
    ).fetchone()
    floor: int = snapshot or 0
    head = db.execute("SELECT began FROM head WHERE stream = ?", (stream,)).fetchone()
    if head is not None:
        return max(floor, head[0] - 1) if head[0] <= oldest else floor
    (last,) = db.execute("SELECT max(n) FROM history WHERE stream = ?", (stream,)).fetchone()
    return last + 1 if last is not None and last <= oldest else floor
