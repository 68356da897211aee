"""The file of an SQLite journal: its tables, its epoch, and how its locks are waited for.

| table | a row for | holds |
|---|---|---|
| `line` | the journal | epoch, oldest number that is kept, how many documents, what is filed |
| `entry` | each stream of each commit | its effects, and a one-time id |
| `head` | each document | the number of its last entry, since when, and when it was last used |
| `history` | each stream and number | that there is an entry |
| `snapshot` | some numbers of a stream | the whole document there |
| `once` | each one-time id | what has become of it |

A click writes its entry and nothing else: each table is one more page in a commit. What `head`,
`history` and `once` are to know of it is *filed* later, up to the number that `line` says.

Rule 1: a transaction that writes begins with the lock (`BEGIN IMMEDIATE`). One that reads first and
wants to write then would fail at once, whatever time it has.

Rule 2: a file that may have lost the end of its line has a new epoch: after another start of the
machine, where commits do not wait for the disk; in a copy; behind a worker that had seen more; and
where an older one was copied onto it. For the last, a note beside it (`-line`) says how far it has
been. It is written when the file is opened, kept up and closed; only a restored one is behind it.
"""

from __future__ import annotations

import contextlib
import random
import secrets
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any, Final

from htealeaf.state.backends.opening import JournalNotOpened
from htealeaf.state.journal import JournalUnreachable

SCHEMA: Final = 2  #: what stands in the file's `user_version`
APPLICATION: Final = 0x4854454C  #: its `application_id`: "HTEL"
PATIENCE: Final = 10.0  #: seconds to wait for other processes that write

PAGE: Final = 2048  #: bytes of a page: a click writes one, or two

COMMIT: Final = "commit"  #: durability: a commit survives its process
DISK: Final = "disk"  #: durability: a commit survives a loss of power

_TABLES: Final = """
CREATE TABLE line (
  id INTEGER PRIMARY KEY CHECK (id = 1), journal TEXT NOT NULL, epoch TEXT NOT NULL,
  oldest INTEGER NOT NULL, streams INTEGER NOT NULL,
  boot TEXT NOT NULL, file INTEGER NOT NULL, hasty INTEGER NOT NULL,
  filed INTEGER NOT NULL DEFAULT 0);
CREATE TABLE head (
  stream BLOB PRIMARY KEY, n INTEGER NOT NULL, began INTEGER NOT NULL, size INTEGER NOT NULL,
  chain INTEGER NOT NULL, chain_bytes INTEGER NOT NULL, seen REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE snapshot (
  stream BLOB NOT NULL, n INTEGER NOT NULL, document BLOB NOT NULL, PRIMARY KEY (stream, n));
CREATE TABLE once (
  id BLOB PRIMARY KEY, state TEXT NOT NULL, holder BLOB NOT NULL, until REAL NOT NULL,
  outcome BLOB NOT NULL, n INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
"""
# What is looked for stands before what may be long.
_ENTRIES: Final = """
CREATE TABLE entry (
  n INTEGER NOT NULL, place INTEGER NOT NULL, stream BLOB NOT NULL, id BLOB, at REAL NOT NULL,
  until REAL, holder BLOB, effects BLOB NOT NULL, outcome BLOB, PRIMARY KEY (n, place))
  WITHOUT ROWID;
CREATE TABLE history (
  stream BLOB NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (stream, n)) WITHOUT ROWID;
"""
# Schema 1 had an index in place of `history`, and filed at each commit.
_FROM_FIRST: Final = f"""
DROP INDEX entry_of_stream;
ALTER TABLE entry RENAME TO entry_before;
{_ENTRIES}
INSERT INTO entry (n, place, stream, effects, at)
  SELECT n, place, stream, effects, at FROM entry_before ORDER BY n, place;
INSERT INTO history SELECT stream, n FROM entry ORDER BY stream, n;
DROP TABLE entry_before;
ALTER TABLE line ADD COLUMN filed INTEGER NOT NULL DEFAULT 0;
UPDATE line SET filed = max(oldest, coalesce((SELECT max(n) FROM entry), 0));
PRAGMA user_version = 2;
"""


class JournalFull(JournalUnreachable):
    """There is no room left on the disk; nothing was written, and reading goes on."""

    soon = False  # somebody has to make room
    public = "There is no room left to save this. Nothing was changed; please try again later."


def prepare(db: sqlite3.Connection, file: File, name: str, inode: int, durability: str) -> None:
    """Make the file a journal if it is new, or see that it is one.

    Args:
        db: A connection to it.
        file: Where it is.
        name: Its URL, for errors.
        inode: Its number in its file system; a copy has another.
        durability: `COMMIT` or `DISK`.

    Raises:
        JournalNotOpened: It is no journal, or one of a newer htealeaf.
    """
    (schema,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION:
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables:
            raise JournalNotOpened(
                name, "this database is another program's; name a file of htealeaf's own"
            )
    if schema > SCHEMA:
        raise JournalNotOpened(
            name,
            f"a newer htealeaf wrote it (schema {schema}; this one reads {SCHEMA}): update with"
            " pip install --upgrade htealeaf",
        )
    db.execute(f"PRAGMA page_size = {PAGE}")  # of a new file
    patiently(lambda: _into_wal(db, name))
    begin(db)
    try:
        (schema,) = db.execute("PRAGMA user_version").fetchone()
        if not schema:
            _make(db, inode)
        elif schema == 1:
            _run(db, _FROM_FIRST)
        _arrive(db, file, inode, durability)
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    note(db, file)


def note(db: sqlite3.Connection, file: File) -> None:
    """Note beside *file* how far its line has been."""
    beside = _note_of(file)
    with contextlib.suppress(OSError):  # then a restore is noticed by its place only
        said = " ".join(map(str, _reached(db)))
        if not beside.exists() or beside.read_text() != said:
            half = beside.with_name(f"{beside.name}.{random_text(8)}")
            half.touch(0o600)
            half.write_text(said)
            half.replace(beside)


def _note_of(file: File) -> File:
    return file.with_name(f"{file.name}-line")


def _reached(db: sqlite3.Connection) -> tuple[str, int]:
    # As `sqlite_rows.line_of`.
    epoch, n = db.execute(
        "SELECT epoch, max(oldest, coalesce((SELECT max(n) FROM entry), 0)) FROM line"
    ).fetchone()
    return epoch, n


def _is_older(db: sqlite3.Connection, file: File) -> bool:
    # Than what was here before.
    try:
        noted, number = _note_of(file).read_text().split()
        before = int(number)
    except (OSError, ValueError):
        return False  # nobody has said
    epoch, n = _reached(db)
    return noted != epoch or before > n


def _make(db: sqlite3.Connection, inode: int) -> None:
    _run(db, _TABLES + _ENTRIES)
    journal = random_text(6)
    db.execute(
        "INSERT INTO line VALUES (1, ?, ?, 0, 0, ?, ?, 0, 0)",
        (journal, journal + random_text(4), boot_of_machine(), inode),
    )
    db.execute(f"PRAGMA user_version = {SCHEMA}")
    db.execute(f"PRAGMA application_id = {APPLICATION}")


def _run(db: sqlite3.Connection, script: str) -> None:
    # Within the transaction, which `executescript` would end.
    for statement in script.split(";"):
        db.execute(statement)


def _arrive(db: sqlite3.Connection, at: File, inode: int, durability: str) -> None:
    boot, file, hasty = db.execute("SELECT boot, file, hasty FROM line").fetchone()
    if file != inode or (hasty and boot != boot_of_machine()) or _is_older(db, at):
        fork(db)
    still_hasty = durability == COMMIT or (hasty and boot == boot_of_machine())
    row = (boot_of_machine(), inode, int(still_hasty))
    if row != (boot, file, hasty):
        db.execute("UPDATE line SET boot = ?, file = ?, hasty = ?", row)


def _into_wal(db: sqlite3.Connection, name: str) -> None:
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalNotOpened(
            name, "its folder's file system can't share memory; name one on a disk of this machine"
        )


def begin(db: sqlite3.Connection) -> None:
    """Begin a transaction that writes, with the lock."""
    try:
        db.execute("BEGIN IMMEDIATE")  # nobody else writes, as mostly
    except sqlite3.OperationalError:
        patiently(lambda: db.execute("BEGIN IMMEDIATE"))


def patiently(work: Any) -> None:
    """Do *work* until no other process locks it out, for `PATIENCE` at most."""
    # SQLite's own way to wait sleeps up to 100 ms, and others are faster meanwhile.
    ends = time.monotonic() + PATIENCE
    while True:
        try:
            work()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > ends:
                raise
        time.sleep(random.uniform(0.0001, 0.001))


@contextlib.contextmanager
def snapshot_of(db: sqlite3.Connection) -> Iterator[None]:
    """Let what is read inside the block be of one moment."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")  # it has only read


@contextlib.contextmanager
def as_unreachable(file: File) -> Iterator[None]:
    """Raise what SQLite raises inside the block as `JournalUnreachable`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise unreachable(file, error) from error


def unreachable(file: File, error: Exception) -> JournalUnreachable:
    """Return *error* as it is told."""
    if "full" in str(error):
        return JournalFull(f"no room is left for {file}: make room on its disk")
    return JournalUnreachable(f"the journal in {file} can't be used: {error}")


def fork(db: sqlite3.Connection) -> None:
    """Begin a new epoch: the line may have been cut."""
    db.execute("UPDATE line SET epoch = journal || ?", (random_text(4),))


def random_text(length: int) -> str:
    """Return *length* random letters and digits."""
    return "".join(secrets.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(length))


def boot_of_machine() -> str:
    """Return what is another one after each start of the machine."""
    try:
        return File("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"{(time.time() - time.monotonic()) / 600:.0f}"


def url_of(file: File) -> str:
    """Return the URL of the journal in *file*."""
    return f"sqlite:///{file}"
