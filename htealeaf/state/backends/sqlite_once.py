"""One-time ids in an SQLite journal.

Rule: all of it is called inside of a transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from htealeaf.state.backends.remote import decoded, encoded
from htealeaf.state.journal import DONE, FREE, ONCE_LIFETIME, PENDING, Commit, Once


def taken_ids(db: sqlite3.Connection, commits: Sequence[Commit], now: float) -> dict[str, Once]:
    """Return the one-time ids of *commits* that can not be had, as they are."""
    taken: dict[str, Once] = {}
    for commit in commits:
        wanted = commit.once
        known = None if wanted is None else claim_of(db, wanted.id, now)
        if wanted is None or known is None:
            continue
        own = known.state == PENDING and known.holder == wanted.holder
        late = wanted.takes_over and known.state == PENDING and known.seconds <= 0
        if not own and not late:
            taken[wanted.id] = known
    return taken


def claim_of(db: sqlite3.Connection, id: str, now: float) -> Once | None:
    """Return what has become of a one-time id; None when nobody has it."""
    row = db.execute(
        "SELECT state, holder, until, outcome, n, at FROM once WHERE id = ?", (encoded(id),)
    ).fetchone()
    if row is None or row[5] < now - ONCE_LIFETIME:
        return None
    state, holder, until, outcome, n, _ = row
    seconds = max(0.0, until - now) if state == DONE else until - now
    return Once(id, state, decoded(holder), seconds, decoded(outcome), n)


def remember_once(db: sqlite3.Connection, once: Once, n: int, now: float) -> None:
    """Write what becomes of a one-time id."""
    if once.state == FREE:
        db.execute("DELETE FROM once WHERE id = ?", (encoded(once.id),))
        return
    holder, outcome = encoded(once.holder), encoded(once.outcome)
    row = (encoded(once.id), once.state, holder, now + once.seconds, outcome, n, now)
    db.execute("INSERT OR REPLACE INTO once VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def bound_once(db: sqlite3.Connection, limit: int) -> None:
    """Forget the oldest one-time ids beyond *limit*."""
    (count,) = db.execute("SELECT count(*) FROM once").fetchone()
    if count > limit:
        db.execute(
            "DELETE FROM once WHERE id IN (SELECT id FROM once ORDER BY at LIMIT ?)",
            (count - limit,),
        )
