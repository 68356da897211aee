"""A journal in an SQLite file: for the processes of one machine, `sqlite:///shop.db`.

| table | a row for | holds |
|---|---|---|
| `line` | the journal | epoch, oldest number that is kept for readers, how many documents |
| `head` | each document | the number of its last entry, since when, and when it was last used |
| `entry` | each stream of each commit | its effects |
| `snapshot` | some numbers of a stream | the whole document there |
| `once` | each one-time id | what has become of it |

A document is its last snapshot and the entries since, or all entries since it began. A snapshot is
written when the entries since the last one have grown as large as it, or many: so a click on a
large document writes little.

Rule 1: a transaction that writes begins with the lock (`BEGIN IMMEDIATE`). One that reads first and
wants to write then would fail at once, whatever time it has.

Rule 2: what others wrote is noticed by `PRAGMA data_version` of a connection that never writes,
outside of transactions. That is a look into shared memory.

Rule 3: a connection is never used in another process than the one that opened it, nor closed there.

Rule 4: a file that may have lost the end of its line has a new epoch: after another start of the
machine, where commits do not wait for the disk; in a copy; behind a worker that had seen more.
"""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path as File
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

from htealeaf.data.effects import (
    BEGIN,
    DROP,
    Document,
    Effect,
    fold,
    pack,
    pack_document,
    unpack,
    unpack_document,
)
from htealeaf.data.streams import join
from htealeaf.state.backends.opening import JournalNotOpened
from htealeaf.state.backends.remote import changed, damaged, decoded, encoded, unbegun
from htealeaf.state.journal import (
    DONE,
    FREE,
    KEPT,
    ONCE,
    ONCE_LIFETIME,
    PENDING,
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

SCHEMA: Final = 1  #: what stands in the file's `user_version`
APPLICATION: Final = 0x4854454C  #: its `application_id`: "HTEL"
PATIENCE: Final = 10.0  #: seconds to wait for other processes that write
CHAIN: Final = 256  #: entries at most that a document is folded from
CHAIN_BYTES: Final = 16 * 1024  #: bytes of entries that call for no snapshot, however small it is
FAR: Final = 10_000  #: numbers; whoever is further behind loads documents instead
LOOK: Final = 0.01  #: seconds between two looks of whoever waits for other processes
STEP: Final = 500  #: numbers that are compacted in one transaction

COMMIT: Final = "commit"  #: durability: a commit survives its process
DISK: Final = "disk"  #: durability: a commit survives a loss of power

_LASTING: Final = {
    COMMIT: "the process that it is in; the last moments before a loss of power may be lost",
    DISK: "a loss of power",
}
_TABLES: Final = """
CREATE TABLE line (
  id INTEGER PRIMARY KEY CHECK (id = 1), journal TEXT NOT NULL, epoch TEXT NOT NULL,
  oldest INTEGER NOT NULL, streams INTEGER NOT NULL,
  boot TEXT NOT NULL, file INTEGER NOT NULL, hasty INTEGER NOT NULL);
CREATE TABLE head (
  stream BLOB PRIMARY KEY, n INTEGER NOT NULL, began INTEGER NOT NULL, size INTEGER NOT NULL,
  chain INTEGER NOT NULL, chain_bytes INTEGER NOT NULL, seen REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE entry (
  n INTEGER NOT NULL, place INTEGER NOT NULL, stream BLOB NOT NULL, effects BLOB NOT NULL,
  at REAL NOT NULL, PRIMARY KEY (n, place)) WITHOUT ROWID;
CREATE INDEX entry_of_stream ON entry (stream, n);
CREATE TABLE snapshot (
  stream BLOB NOT NULL, n INTEGER NOT NULL, document BLOB NOT NULL, PRIMARY KEY (stream, n));
CREATE TABLE once (
  id BLOB PRIMARY KEY, state TEXT NOT NULL, holder BLOB NOT NULL, until REAL NOT NULL,
  outcome BLOB NOT NULL, n INTEGER NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
"""


class JournalFull(JournalUnreachable):
    """There is no room left on the disk; nothing was written, and reading goes on."""

    public = "There is no room left to save this. Nothing was changed; please try again later."


class _Line(NamedTuple):
    epoch: str
    n: int
    oldest: int
    streams: int


class _Head(NamedTuple):
    # The row of a document; `size` is that of its last snapshot, or of what it began with.
    n: int
    began: int
    size: int
    chain: int
    chain_bytes: int


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
        self._line = _Line("", -1, 0, 0)
        self._inode = 0
        self._commits = 0
        self._more = threading.Condition()

    def describe(self) -> Description:
        now = time.time()
        with self._reading() as db:
            line = _line_of(db)
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
            line = _line_of(db)
            if at is None:
                at = line.n
            else:
                _check(line, epoch)
                if not line.oldest <= at <= line.n:
                    raise JournalTrimmed(f"number {at} of the journal is not kept any more")
            n, document = _document(db, stream, at, line.n)
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
            line = _line_of(db)
            if n >= line.n and epoch == line.epoch:
                self._version, self._line = version, line
                return ()
            with _snapshot_of(db):
                self._line = line = _line_of(db)
                self._version = version
                _check(line, epoch)
                if n < line.oldest:
                    raise JournalTrimmed(f"what happened after number {n} is not all kept")
                rows = _rows(db, n, limit)
        except sqlite3.OperationalError as error:
            raise _unreachable(self._file, error) from error
        finally:
            self._watch_lock.release()
        return _entries(rows)

    def _watching(self) -> sqlite3.Connection:
        db = self._watcher = self._connected(reads=True)
        return db

    def claimed(self, id: str) -> Once | None:
        with _as_unreachable(self._file), self._read_lock:
            db = self._reader = self._reader or self._connected(reads=True)
            return _claim(db, id, time.time())

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
            line = _line_of(db)
            _check(line, epoch)
            if seen > line.n:
                forked = True
                _fork(db)
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
        line: _Line,
        seen: int,
        expected: Mapping[str, int],
    ) -> Appended | Refused:
        now = time.time()
        heads = {stream: _head(db, stream) for stream in expected}
        taken = _taken(db, commits, now)
        moved = any((0 if head is None else head.n) != expected[s] for s, head in heads.items())
        others: list[Entry] | None = None
        if line.oldest <= seen and line.n - seen <= FAR:
            others = _entries(_rows(db, seen, -1)) if seen < line.n else []
        if taken or moved:
            return Refused(others, taken)
        numbers, own = self._store(db, commits, line, heads, now)
        return Appended(numbers, None if others is None else others + own)

    def _store(
        self,
        db: sqlite3.Connection,
        commits: Sequence[Commit],
        line: _Line,
        heads: dict[str, _Head | None],
        now: float,
    ) -> tuple[tuple[int, ...], list[Entry]]:
        # One function: the statements of one transaction, in their order.
        n, streams = line.n, line.streams
        numbers: list[int] = []
        own: list[Entry] = []
        rows: list[tuple[Any, ...]] = []
        before: dict[str, _Head | None] = {}
        for commit in commits:
            n += bool(commit.effects)
            numbers.append(n)
            for place, (stream, effects) in enumerate(commit.effects.items()):
                if stream not in heads:
                    heads[stream] = _head(db, stream)
                packed = encoded(pack(effects))
                before.setdefault(stream, heads[stream])
                heads[stream] = _next(stream, heads[stream], effects, n, len(packed))
                rows.append((n, place, encoded(stream), packed, now))
                own.append(Entry(n, stream, effects))
            if commit.once is not None:
                _remember(db, commit.once, n, now)
        db.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?)", rows)
        for stream, known in before.items():
            head = heads[stream]
            streams += (head is not None) - (known is not None)
            if head is None:
                db.execute("DELETE FROM head WHERE stream = ?", (encoded(stream),))
                continue
            if head.chain >= CHAIN or head.chain_bytes >= max(CHAIN_BYTES, head.size):
                head = _with_snapshot(db, stream, head)
            db.execute(
                "INSERT OR REPLACE INTO head VALUES (?, ?, ?, ?, ?, ?, ?)",
                (encoded(stream), *head, now),
            )
        if streams != line.streams:
            db.execute("UPDATE line SET streams = ?", (streams,))
        self._commits += len(commits)
        if self._commits >= self._once_limit // 100:
            self._commits = 0
            _bound_once(db, self._once_limit)
        return tuple(numbers), own

    def compact(self) -> None:
        now = time.time()
        more = True
        while more:  # in steps, so that nobody waits long
            with self._writing() as db:
                more = _compact(db, now - KEPT)
        with self._writing() as db:
            db.execute("DELETE FROM once WHERE at < ?", (now - ONCE_LIFETIME,))
            _bound_once(db, self._once_limit)

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
        with _as_unreachable(self._file), self._write_lock:
            self._same_file()
            db = self._writer = self._writer or self._connected()
            _begin(db)
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
        with _as_unreachable(self._file), self._read_lock:
            db = self._reader = self._reader or self._connected(reads=True)
            with _snapshot_of(db):
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
        _patiently(lambda: db.execute(f"PRAGMA synchronous = {wanted}"))
        db.execute("PRAGMA cache_size = -8192")
        if reads:
            db.execute("PRAGMA query_only = ON")
        return db

    # -- opening ---------------------------------------------------------------------------

    def _opened(self) -> None:
        name = _url(self._file)
        try:
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
            db = self._connected()
            self._inode = os.stat(self._file).st_ino
            _patiently(lambda: self._prepare(db, name))
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

    def _prepare(self, db: sqlite3.Connection, name: str) -> None:
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
        _patiently(lambda: _into_wal(db, name))
        _begin(db)
        try:
            (schema,) = db.execute("PRAGMA user_version").fetchone()
            if not schema:
                self._make(db)
            self._arrive(db)
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise

    def _make(self, db: sqlite3.Connection) -> None:
        for statement in _TABLES.split(";"):
            db.execute(statement)
        journal = _random(6)
        db.execute(
            "INSERT INTO line VALUES (1, ?, ?, 0, 0, ?, ?, 0)",
            (journal, journal + _random(4), _boot(), self._inode),
        )
        db.execute(f"PRAGMA user_version = {SCHEMA}")
        db.execute(f"PRAGMA application_id = {APPLICATION}")

    def _arrive(self, db: sqlite3.Connection) -> None:
        boot, file, hasty = db.execute("SELECT boot, file, hasty FROM line").fetchone()
        if file != self._inode or (hasty and boot != _boot()):
            _fork(db)
        still_hasty = self._durability == COMMIT or (hasty and boot == _boot())
        row = (_boot(), self._inode, int(still_hasty))
        if row != (boot, file, hasty):
            db.execute("UPDATE line SET boot = ?, file = ?, hasty = ?", row)


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


# -- inside of a transaction ---------------------------------------------------------------


def _begin(db: sqlite3.Connection) -> None:
    _patiently(lambda: db.execute("BEGIN IMMEDIATE"))


def _patiently(work: Any) -> None:
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
def _snapshot_of(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")  # it has only read


@contextlib.contextmanager
def _as_unreachable(file: File) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _unreachable(file, error) from error


def _unreachable(file: File, error: Exception) -> JournalUnreachable:
    if "full" in str(error):
        return JournalFull(f"no room is left for {file}: make room on its disk")
    return JournalUnreachable(f"the journal in {file} can't be used: {error}")


def _into_wal(db: sqlite3.Connection, name: str) -> None:
    (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise JournalNotOpened(
            name, "its folder's file system can't share memory; name one on a disk of this machine"
        )


def _line_of(db: sqlite3.Connection) -> _Line:
    # What is deleted is never above the oldest number. A row that held the newest would be one more
    # page in every commit; so would an index of `once`.
    return _Line(
        *db.execute(
            "SELECT epoch, max(oldest, coalesce((SELECT max(n) FROM entry), 0)), oldest, streams"
            " FROM line"
        ).fetchone()
    )


def _check(line: _Line, epoch: str | None) -> None:
    if epoch != line.epoch:
        changed()


def _fork(db: sqlite3.Connection) -> None:
    db.execute("UPDATE line SET epoch = journal || ?", (_random(4),))


def _rows(db: sqlite3.Connection, n: int, limit: int) -> list[tuple[int, bytes, bytes]]:
    read = "SELECT n, stream, effects FROM entry WHERE n > ? AND n <= ? ORDER BY n, place LIMIT ?"
    rows = db.execute(read, (n, 1 << 62, limit)).fetchall()
    if len(rows) == limit:  # those of the last number are all there
        rows = db.execute(read, (n, rows[-1][0], -1)).fetchall()
    return rows


def _entries(rows: Iterable[tuple[int, bytes, bytes]]) -> list[Entry]:
    return [Entry(n, decoded(stream), unpack(decoded(effects))) for n, stream, effects in rows]


def _head(db: sqlite3.Connection, stream: str) -> _Head | None:
    row = db.execute(
        "SELECT n, began, size, chain, chain_bytes FROM head WHERE stream = ?", (encoded(stream),)
    ).fetchone()
    return None if row is None else _Head(*row)


def _next(
    stream: str, head: _Head | None, effects: Sequence[Effect], n: int, size: int
) -> _Head | None:
    # What the head is after an entry of so many bytes.
    there, begins = head is not None, False
    for effect in effects:
        if not there and effect.op != BEGIN:
            unbegun(stream)
        begins = begins or not there
        there = effect.op != DROP
    if not there:
        return None
    if head is None or begins:
        return _Head(n, n, size, 0, 0)
    return head._replace(n=n, chain=head.chain + 1, chain_bytes=head.chain_bytes + size)


def _document(
    db: sqlite3.Connection, stream: str, at: int, newest: int
) -> tuple[int, Document | None]:
    key = encoded(stream)
    n, document = 0, None
    found = db.execute(
        "SELECT n, document FROM snapshot WHERE stream = ? AND n <= ? ORDER BY n DESC LIMIT 1",
        (key, at),
    ).fetchone()
    if found is not None:
        n, document = found[0], unpack_document(decoded(found[1]))
    rows = db.execute(
        "SELECT n, effects FROM entry WHERE stream = ? AND n > ? AND n <= ? ORDER BY n",
        (key, n, at),
    ).fetchall()
    for n, effects in rows:
        document = fold(stream, document, unpack(decoded(effects)), n).document
    head = _head(db, stream)
    if head is not None and (head.n > newest or (head.n <= at and head.n != n)):
        damaged(stream, f"number {head.n} is missing")
    return (0, None) if document is None else (n, document)


def _with_snapshot(db: sqlite3.Connection, stream: str, head: _Head) -> _Head:
    document = _document_before(db, stream, head)
    packed = encoded(pack_document(document))
    db.execute("INSERT INTO snapshot VALUES (?, ?, ?)", (encoded(stream), head.n, packed))
    return head._replace(size=len(packed), chain=0, chain_bytes=0)


def _document_before(db: sqlite3.Connection, stream: str, head: _Head) -> Document:
    # Its row is not written yet: the entries are.
    db.execute("UPDATE head SET n = ? WHERE stream = ?", (head.n, encoded(stream)))
    _, document = _document(db, stream, head.n, head.n)
    if document is None:
        damaged(stream, "it has no document")
    return document


def _taken(db: sqlite3.Connection, commits: Sequence[Commit], now: float) -> dict[str, Once]:
    taken: dict[str, Once] = {}
    for commit in commits:
        wanted = commit.once
        known = None if wanted is None else _claim(db, wanted.id, now)
        if wanted is None or known is None:
            continue
        own = known.state == PENDING and known.holder == wanted.holder
        late = wanted.takes_over and known.state == PENDING and known.seconds <= 0
        if not own and not late:
            taken[wanted.id] = known
    return taken


def _claim(db: sqlite3.Connection, id: str, now: float) -> Once | None:
    row = db.execute(
        "SELECT state, holder, until, outcome, n, at FROM once WHERE id = ?", (encoded(id),)
    ).fetchone()
    if row is None or row[5] < now - ONCE_LIFETIME:
        return None
    state, holder, until, outcome, n, _ = row
    seconds = 0.0 if state == DONE else until - now
    return Once(id, state, decoded(holder), seconds, decoded(outcome), n)


def _remember(db: sqlite3.Connection, once: Once, n: int, now: float) -> None:
    if once.state == FREE:
        db.execute("DELETE FROM once WHERE id = ?", (encoded(once.id),))
        return
    holder, outcome = encoded(once.holder), encoded(once.outcome)
    row = (encoded(once.id), once.state, holder, now + once.seconds, outcome, n, now)
    db.execute("INSERT OR REPLACE INTO once VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def _bound_once(db: sqlite3.Connection, limit: int) -> None:
    (count,) = db.execute("SELECT count(*) FROM once").fetchone()
    if count > limit:
        db.execute(
            "DELETE FROM once WHERE id IN (SELECT id FROM once ORDER BY at LIMIT ?)",
            (count - limit,),
        )


def _compact(db: sqlite3.Connection, before: float) -> bool:
    # Forget what is older than *before*, as far as one step goes; tell whether more is left.
    line = _line_of(db)
    row = db.execute(
        "SELECT n FROM entry WHERE n > ? AND at >= ? ORDER BY n LIMIT 1", (line.oldest, before)
    ).fetchone()
    until = line.n if row is None else row[0] - 1
    oldest = min(until, line.oldest + STEP)
    if oldest == line.oldest:
        return False
    streams = db.execute(
        "SELECT DISTINCT stream FROM entry WHERE n > ? AND n <= ?", (line.oldest, oldest)
    ).fetchall()
    for (stream,) in streams:
        floor = _floor(db, stream, oldest)
        db.execute("DELETE FROM entry WHERE stream = ? AND n <= ?", (stream, floor))
        db.execute("DELETE FROM snapshot WHERE stream = ? AND n < ?", (stream, floor))
    db.execute("UPDATE line SET oldest = ?", (oldest,))
    return oldest < until


def _floor(db: sqlite3.Connection, stream: bytes, oldest: int) -> int:
    # Up to which number nobody needs its entries any more, to load it at *oldest* or later.
    (snapshot,) = db.execute(
        "SELECT max(n) FROM snapshot WHERE stream = ? AND n <= ?", (stream, oldest)
    ).fetchone()
    floor: int = snapshot or 0
    head = db.execute("SELECT began FROM head WHERE stream = ?", (stream,)).fetchone()
    if head is not None:
        return max(floor, head[0] - 1) if head[0] <= oldest else floor
    (last,) = db.execute("SELECT max(n) FROM entry WHERE stream = ?", (stream,)).fetchone()
    return last + 1 if last is not None and last <= oldest else floor


# -- small things --------------------------------------------------------------------------


def _url(file: File) -> str:
    return f"sqlite:///{file}"


def _random(length: int) -> str:
    return "".join(secrets.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(length))


def _boot() -> str:
    # Another one after each start of the machine.
    try:
        return File("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return f"{(time.time() - time.monotonic()) / 600:.0f}"


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
