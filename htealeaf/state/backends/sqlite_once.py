"""One-time ids in an SQLite journal.

Rule: all of it is called inside of a transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Sequence
from typing import Final

from htealeaf.state.backends.remote import decoded, encoded
from htealeaf.state.journal import DONE, FREE, ONCE_LIFETIME, PENDING, Commit, Once


def taken_ids(
    db: sqlite3.Connection, commits: Sequence[Commit], waiting: Container[bytes], now: float
) -> tuple[dict[str, Once], bool]:
    """Look for the one-time ids of *commits*.

    Args:
        waiting: The ids that are not filed yet.

    Returns:
        Those that can not be had, as they are; and whether all are new, so that nothing is known
        of any of them.
    """
    taken: dict[str, Once] = {}
    new = True
    for commit in commits:
        wanted = commit.once
        if wanted is None:
            continue
        id = encoded(wanted.id)
        row = db.execute(_FIND if id in waiting else _FIND_FILED, (id,)).fetchone()
        if row is None:
            continue
        new = False
        known = _once(wanted.id, row, now)
        if known is None:
            continue
        own = known.state == PENDING and known.holder == wanted.holder
        late = wanted.takes_over and known.state == PENDING and known.seconds <= 0
        if not own and not late:
            taken[wanted.id] = known
    return taken, new


def claim_of(db: sqlite3.Connection, id: str, now: float) -> Once | None:
    """Return what has become of a one-time id; None when nobody has it."""
    row = db.execute(_FIND, (encoded(id),)).fetchone()
    return None if row is None else _once(id, row, now)


def _once(id: str, row: tuple[str, bytes, float, bytes, int, float], now: float) -> Once | None:
    state, holder, until, outcome, n, at = row
    if at < now - ONCE_LIFETIME:
        return None
    seconds = max(0.0, until - now) if state == DONE else until - now
    return Once(id, state, decoded(holder), seconds, decoded(outcome), n)


_FIND_FILED: Final = "SELECT state, holder, until, outcome, n, at FROM once WHERE id = ?1"
# Those of the last entries are newer.
_FIND: Final = (
    f"{_FIND_FILED} UNION ALL SELECT 'done', holder, until, outcome, n, at FROM entry"
    " WHERE n > (SELECT filed FROM line) AND id = ?1 ORDER BY n DESC LIMIT 1"
)


def remember_once(db: sqlite3.Connection, once: Once, n: int, now: float) -> None:
    """Write what becomes of a one-time id."""
    if once.state == FREE:
        db.execute("DELETE FROM once WHERE id = ?", (encoded(once.id),))
        return
    holder, outcome = encoded(once.holder), encoded(once.outcome)
    row = (encoded(once.id), once.state, holder, now + once.seconds, outcome, n, now)
    db.execute("INSERT OR REPLACE INTO once VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def count_once(db: sqlite3.Connection, since: float) -> int:
    """Return how many one-time ids there are that were last written after *since*."""
    (count,) = db.execute(
        "SELECT count(*) FROM (SELECT id FROM once WHERE at >= ?1 UNION SELECT id FROM entry"
        " WHERE n > (SELECT filed FROM line) AND id IS NOT NULL AND at >= ?1)",
        (since,),
    ).fetchone()
    return int(count)


def bound_once(db: sqlite3.Connection, limit: int) -> None:
    """Forget the oldest one-time ids beyond *limit*."""
    (count,) = db.execute("SELECT count(*) FROM once").fetchone()
    if count > limit:
        db.execute(
            "DELETE FROM once WHERE id IN (SELECT id FROM once ORDER BY at LIMIT ?)",
            (count - limit,),
        )
