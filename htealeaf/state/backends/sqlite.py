"""A journal in an SQLite file: for the processes of one machine, `sqlite:///shop.db`.

What stands in the file is said in `sqlite_file`, and read and written in `sqlite_rows` and
`sqlite_once`; `sqlite_upkeep` forgets.

Rule 1: what others wrote is noticed by `PRAGMA data_version` of a connection that never writes,
outside of transactions. That is a look into shared memory.

Rule 2: a connection is never used in another process than the one that opened it, nor closed there.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from htealeaf.data.effects import pack
from htealeaf.data.streams import join
from htealeaf.state.backends.opening import JournalNotOpened
from htealeaf.state.backends.remote import decoded, encoded
from htealeaf.state.backends.sqlite_file import (
    COMMIT,
    DISK,
    PATIENCE,
    as_unreachable,
    begin,
    fork,
    patiently,
    prepare,
    snapshot_of,
    unreachable,
    url_of,
)
from htealeaf.state.backends.sqlite_once import bound_once, claim_of, remember_once, taken_ids
from htealeaf.state.backends.sqlite_rows import (
    Head,
    Line,
    check_epoch,
    document_of,
    entries_of,
    head_of,
    line_of,
    next_head,
    rows_behind,
    with_snapshot,
)
from htealeaf.state.backends.sqlite_upkeep import compact_step
from htealeaf.state.journal import (
    KEPT,
    ONCE,
    ONCE_LIFETIME,
    Appended,
    Commit,
    Description,
    Entry,
    EpochChanged,
    JournalTrimmed,
    JournalUnreachable,
    Loaded,
    Once,
    Refused,
)

CHAIN: Final = 256  #: entries at most that a document is folded from
CHAIN_BYTES: Final = 16 * 1024  #: bytes of entries that call for no snapshot, however small it is
FAR: Final = 10_000  #: numbers; whoever is further behind loads documents instead
LOOK: Final = 0.01  #: seconds between two looks of whoever waits for other processes


_LASTING: Final = {
    COMMIT: "the process that it is in; the last moments before a loss of power may be lost",
    DISK: "a loss of power",
}


class SqliteJournal:
    """A journal in a file.

    Args:
        file: Made if it is not there; its folder has to be.
        durability: `COMMIT` or `DISK`.
        once: How many one-time ids are remembered.

    Raises:
        JournalNotOpened: The file can't be one; the message says what would work.
    """

    def __init__(self, file: File, *, durability: str = COMMIT, once: int = ONCE) -> None:
        self._file = file.absolute()
        self._durability, self._once_limit = durability, once
        self._loose()
        self._opened()
        _journals.add(self)

    def _loose(self) -> None:
        # Without connections; each is opened when it is needed.
        self._write_lock, self._watch_lock, self._read_lock = (threading.Lock() for _ in range(3))
        self._writer: sqlite3.Connection | None = None
        self._watcher: sqlite3.Connection | None = None  # `data_version`, entries
        self._reader: sqlite3.Connection | None = None  # what may take longer
        self._version = -1  # the `data_version` that the next two are of
        self._line = Line("", -1, 0, 0)
        self._inode = 0
        self._commits = 0
        self._more = threading.Condition()

    def describe(self) -> Description:
        now = time.time()
        with self._reading() as db:
            line = line_of(db)
            (once,) = db.execute(
                "SELECT count(*) FROM once WHERE at >= ?", (now - ONCE_LIFETIME,)
            ).fetchone()
        return Description(
            kind="sqlite",
            epoch=line.epoch,
            n=line.n,
            oldest=line.oldest,
            near=True,
            lasting=_LASTING[self._durability],
            streams=line.streams,
            once=once,
            max_once=self._once_limit,
        )

    # -- reading ---------------------------------------------------------------------------

    def load(self, stream: str, at: int | None = None, *, epoch: str | None = None) -> Loaded:
        with self._reading() as db:
            line = line_of(db)
            if at is None:
                at = line.n
            else:
                check_epoch(line, epoch)
                if not line.oldest <= at <= line.n:
                    raise JournalTrimmed(f"number {at} of the journal is not kept any more")
            n, document = document_of(db, stream, at, line.n)
        return Loaded(n, document, at)

    def after(
        self, n: int, *, epoch: str, limit: int = 1000, timeout: float = 0.0
    ) -> Sequence[Entry]:
        found = self._behind(n, epoch, limit)
        if found or not timeout:
            return found
        ends = time.monotonic() + timeout
        while not found and (left := ends - time.monotonic()) > 0:
            with self._more:  # another process is noticed by looking again
                self._more.wait(min(left, LOOK))
            found = self._behind(n, epoch, limit)
        return found

    def _behind(self, n: int, epoch: str, limit: int) -> Sequence[Entry]:
        self._watch_lock.acquire()  # by hand: nothing is asked more often
        try:
            db = self._watcher or self._watching()
            (version,) = db.execute("PRAGMA data_version").fetchone()
            line = self._line
            if version == self._version and n >= line.n and epoch == line.epoch:
                return ()
            line = line_of(db)
            if n >= line.n and epoch == line.epoch:
                self._version, self._line = version, line
                return ()
            with snapshot_of(db):
                self._line = line = line_of(db)
                self._version = version
                check_epoch(line, epoch)
                if n < line.oldest:
                    raise JournalTrimmed(f"what happened after number {n} is not all kept")
                rows = rows_behind(db, n, limit)
        except sqlite3.OperationalError as error:
            raise unreachable(self._file, error) from error
        finally:
            self._watch_lock.release()
        return entries_of(rows)

    def _watching(self) -> sqlite3.Connection:
        db = self._watcher = self._connected(reads=True)
        return db

    def claimed(self, id: str) -> Once | None:
        with as_unreachable(self._file), self._read_lock:
            db = self._reader = self._reader or self._connected(reads=True)
            return claim_of(db, id, time.time())

    def scan(
        self, store: str, *, after: str = "", limit: int = 1000, unseen: float = 0.0
    ) -> Sequence[str]:
        before = time.time() - unseen if unseen else float("inf")
        found: list[str] = []
        # `room`, and then what begins with `room@`: all else that begins with it lies beyond.
        owned = encoded(join(store, ""))
        beyond = owned[:-1] + bytes([owned[-1] + 1])
        spans = [(encoded(store), encoded(store), True), (owned, beyond, False)]
        if not store:  # all there are: no name in UTF-8 begins with 255
            spans = [(b"", b"\xff", False)]
        with self._reading() as db:
            for first, last, only in spans:
                rows = db.execute(
                    "SELECT stream FROM head WHERE stream >= ? AND stream > ? AND"
                    f" stream {'<=' if only else '<'} ? AND seen <= ? ORDER BY stream LIMIT ?",
                    (first, encoded(after), last, before, limit - len(found)),
                )
                found += [decoded(stream) for (stream,) in rows]
        return found

    def seen(self, streams: Iterable[str]) -> None:
        now = time.time()
        rows = [(now, encoded(stream)) for stream in streams]
        with self._writing() as db:
            db.executemany("UPDATE head SET seen = ? WHERE stream = ?", rows)

    # -- writing ---------------------------------------------------------------------------

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
    ) -> Appended | Refused:
        forked = False
        with self._writing() as db:
            line = line_of(db)
            check_epoch(line, epoch)
            if seen > line.n:
                forked = True
                fork(db)
            else:
                answer = self._append(db, commits, line, seen, expected)
        if forked:
            raise EpochChanged(f"number {seen} was seen, and the file ends at {line.n}")
        with self._more:
            self._more.notify_all()
        return answer

    def _append(
        self,
        db: sqlite3.Connection,
        commits: Sequence[Commit],
        line: Line,
        seen: int,
        expected: Mapping[str, int],
    ) -> Appended | Refused:
        now = time.time()
        heads = {stream: head_of(db, stream) for stream in expected}
        taken = taken_ids(db, commits, now)
        moved = any((0 if head is None else head.n) != expected[s] for s, head in heads.items())
        others: list[Entry] | None = None
        if line.oldest <= seen and line.n - seen <= FAR:
            others = entries_of(rows_behind(db, seen, -1)) if seen < line.n else []
        if taken or moved:
            return Refused(others, taken)
        numbers, own = self._store(db, commits, line, heads, now)
        return Appended(numbers, None if others is None else others + own)

    def _store(
        self,
        db: sqlite3.Connection,
        commits: Sequence[Commit],
        line: Line,
        heads: dict[str, Head | None],
        now: float,
    ) -> tuple[tuple[int, ...], list[Entry]]:
        # One function: the statements of one transaction, in their order.
        n, streams = line.n, line.streams
        numbers: list[int] = []
        own: list[Entry] = []
        rows: list[tuple[Any, ...]] = []
        before: dict[str, Head | None] = {}
        for commit in commits:
            n += bool(commit.effects)
            numbers.append(n)
            for place, (stream, effects) in enumerate(commit.effects.items()):
                if stream not in heads:
                    heads[stream] = head_of(db, stream)
                packed = encoded(pack(effects))
                before.setdefault(stream, heads[stream])
                heads[stream] = next_head(stream, heads[stream], effects, n, len(packed))
                rows.append((n, place, encoded(stream), packed, now))
                own.append(Entry(n, stream, effects))
            if commit.once is not None:
                remember_once(db, commit.once, n, now)
        db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", rows)
        for stream, known in before.items():
            head = heads[stream]
            streams += (head is not None) - (known is not None)
            if head is None:
                db.execute("DELETE FROM head WHERE stream = ?", (encoded(stream),))
                continue
            if head.chain >= CHAIN or head.chain_bytes >= max(CHAIN_BYTES, head.size):
                head = with_snapshot(db, stream, head)
            db.execute(
                "INSERT OR REPLACE INTO head VALUES (?, ?, ?, ?, ?, ?, ?)",
                (encoded(stream), *head, now),
            )
        if streams != line.streams:
            db.execute("UPDATE line SET streams = ?", (streams,))
        self._commits += len(commits)
        if self._commits >= self._once_limit // 100:
            self._commits = 0
            bound_once(db, self._once_limit)
        return tuple(numbers), own

    def compact(self) -> None:
        now = time.time()
        more = True
        while more:  # in steps, so that nobody waits long
            with self._writing() as db:
                more = compact_step(db, now - KEPT)
        with self._writing() as db:
            db.execute("DELETE FROM once WHERE at < ?", (now - ONCE_LIFETIME,))
            bound_once(db, self._once_limit)

    def close(self) -> None:
        for lock in (self._write_lock, self._watch_lock, self._read_lock):
            lock.acquire()
        try:
            self._let_go()
        finally:
            for lock in (self._write_lock, self._watch_lock, self._read_lock):
                lock.release()

    def _let_go(self) -> None:
        for db in (self._writer, self._watcher, self._reader):
            if db is not None:
                with contextlib.suppress(sqlite3.Error):
                    db.close()
        self._writer = self._watcher = self._reader = None
        self._version = -1

    # -- connections -----------------------------------------------------------------------

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with as_unreachable(self._file), self._write_lock:
            self._same_file()
            db = self._writer = self._writer or self._connected()
            begin(db)
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                self._undo(db)
                raise

    def _undo(self, db: sqlite3.Connection) -> None:
        try:
            if db.in_transaction:
                db.execute("ROLLBACK")
        except sqlite3.Error:  # such a connection is good for nothing more
            self._writer = None
            with contextlib.suppress(sqlite3.Error):
                db.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with as_unreachable(self._file), self._read_lock:
            db = self._reader = self._reader or self._connected(reads=True)
            with snapshot_of(db):
                yield db

    def _same_file(self) -> None:
        # What is written into a file that lost its name is gone with the program. One that came
        # into its place can't be opened: SQLite would take the log beside it for that one's.
        try:
            inode = os.stat(self._file).st_ino
        except OSError as error:
            raise JournalUnreachable(f"the journal's file {self._file} is gone: {error}") from error
        if inode != self._inode:
            raise JournalUnreachable(
                f"another file is at {self._file} now: stop every program that uses it, remove what"
                " ends in -wal and -shm beside it, put the file there again, and start"
            )

    def _connected(self, *, reads: bool = False) -> sqlite3.Connection:
        db = sqlite3.connect(
            f"{self._file.as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=PATIENCE if reads else 0.0,
        )
        wanted = "FULL" if self._durability == DISK else "NORMAL"
        # It reads the file, which another process may be turning into one with a write-ahead log.
        patiently(lambda: db.execute(f"PRAGMA synchronous = {wanted}"))
        db.execute("PRAGMA cache_size = -8192")
        if reads:
            db.execute("PRAGMA query_only = ON")
        return db

    # -- opening ---------------------------------------------------------------------------

    def _opened(self) -> None:
        name = url_of(self._file)
        try:
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
            db = self._connected()
            self._inode = os.stat(self._file).st_ino
            patiently(lambda: prepare(db, name, self._inode, self._durability))
        except OSError as error:
            why = f"{error.strerror or error}; name a file in a folder that this user can write to"
            raise JournalNotOpened(name, why) from error
        except sqlite3.OperationalError as error:
            why = f"{error}; see that this user can write to the file and to its folder"
            raise JournalNotOpened(name, why) from error
        except sqlite3.DatabaseError as error:
            why = f"{error}; name a file of htealeaf's own"
            raise JournalNotOpened(name, why) from error
        self._writer = db


def open_url(url: str) -> SqliteJournal:
    """Return the journal in the file that *url* names.

    Raises:
        JournalNotOpened: It can't be; the message says what would work.
    """
    rest, _, query = url.partition(":")[2].partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    durability = options.pop("durability", COMMIT)
    if durability not in _LASTING:
        raise JournalNotOpened(url, f"durability is {COMMIT} or {DISK}, not '{durability}'")
    if options:
        raise JournalNotOpened(url, f"no option '{next(iter(options))}' is known; durability is")
    name = unquote(rest[3:]) if rest.startswith("///") else ""
    if not name or name.endswith("/"):
        raise JournalNotOpened(
            url, "it names no file; write sqlite:///shop.db, or sqlite:////var/lib/shop/shop.db"
        )
    if name == ":memory:":
        raise JournalNotOpened(url, "a journal in memory is written memory:")
    return SqliteJournal(File(name), durability=durability)


_journals: weakref.WeakSet[SqliteJournal] = weakref.WeakSet()
_left: list[object] = []  # connections of the process that this one was forked from


def _forked() -> None:
    # To close them here would end the locks and the log of the process that they belong to.
    for journal in _journals:
        _left.append((journal._writer, journal._watcher, journal._reader))
        inode = journal._inode
        journal._loose()
        journal._inode = inode


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
