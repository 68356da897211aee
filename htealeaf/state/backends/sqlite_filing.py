"""Filing in an SQLite journal: what is found by stream or by one-time id, written for many commits.

A click that changes a document that is there, under an id that nobody has, is one row of `entry`.
Its head, its place in the history of its stream and its id are filed with those of the next ones,
some `BATCH` of them at one go. Until then they are read from the rows behind `line.filed`.

Rule 1: whatever else a commit does (a document begins, ends or gets a snapshot, an id is claimed,
let go or had before) it does in the tables themselves, once all behind it is filed. So what the
last entries say of a stream or an id goes before what the tables say.

Rule 2: all of it is called inside of a transaction.
"""

from __future__ import annotations

import sqlite3
from typing import Final

BATCH: Final = 64  #: numbers that are filed at one go


def file_behind(db: sqlite3.Connection, filed: int) -> None:
    """File all entries behind the number *filed*."""
    heads = db.execute(
        "SELECT max(n), count(*), sum(length(effects)), max(at), stream FROM entry WHERE n > ?"
        " GROUP BY stream",
        (filed,),
    ).fetchall()
    if not heads:
        return
    db.executemany(
        "UPDATE head SET n = ?, chain = chain + ?, chain_bytes = chain_bytes + ?,"
        " seen = max(seen, ?) WHERE stream = ?",
        heads,
    )
    db.execute("INSERT INTO history SELECT stream, n FROM entry WHERE n > ?", (filed,))
    db.execute(
        "INSERT OR REPLACE INTO once SELECT id, 'done', holder, until, outcome, n, at FROM entry"
        " WHERE n > ? AND id IS NOT NULL ORDER BY n",
        (filed,),
    )
    db.execute("UPDATE line SET filed = ?", (max(row[0] for row in heads),))


def ids_behind(db: sqlite3.Connection, filed: int) -> set[bytes]:
    """Return the one-time ids of the entries behind the number *filed*."""
    rows = db.execute("SELECT id FROM entry WHERE n > ? AND id IS NOT NULL", (filed,))
    return {id for (id,) in rows}
