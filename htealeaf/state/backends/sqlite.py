"""A journal in an SQLite file: for the processes of one machine, `sqlite:///shop.db`.

What stands in the file is said in `sqlite_file`, and read and written in `sqlite_rows`,
`sqlite_once` and `sqlite_filing`; `sqlite_upkeep` forgets.

Rule 1: what others wrote is noticed by `PRAGMA data_version`, outside of transactions, at each
request. That is a look into shared memory. A connection that never writes is asked, to which the
commits of its own process are news as well. So the one that writes is asked first, while nobody
uses it: to that only those of other processes are, and a worker that is alone reads nothing.

Rule 2: whoever writes has the lock of the file from the beginning (`BEGIN IMMEDIATE`). Where others
were faster, their entries are folded, and the commits applied again, while it is held: so nobody is
overtaken twice. No code of an author's runs there; where a store has any, it is tried again without
the lock, as with other backends.

Rule 3: a connection is never used in another process than the one that opened it, nor closed there.
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
from typing import Final
from urllib.parse import parse_qsl, unquote

from htealeaf.data.effects import Document, Effects, Folded, Resolved, fold
from htealeaf.data.packing import pack
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
    note,
    patiently,
    prepare,
    snapshot_of,
    unreachable,
    url_of,
)
from htealeaf.state.backends.sqlite_filing import BATCH, file_behind, ids_behind
from htealeaf.state.backends.sqlite_once import (
    bound_once,
    claim_of,
    count_once,
    remember_once,
    taken_ids,
)
from htealeaf.state.backends.sqlite_rows import (
    Head,
    Line,
    check_epoch,
    document_of,
    document_to,
    entries_of,
    head_of,
    line_of,
    next_head,
    rows_behind,
    with_snapshot,
    write_head,
)
from htealeaf.state.backends.sqlite_upkeep import compact_step
from htealeaf.state.journal import (
    DONE,
    KEPT,
    ONCE,
    ONCE_LIFETIME,
    Again,
    Appended,
    Commit,
    Description,
    Entry,
    EpochChanged,
    JournalTrimmed,
    JournalUnreachable,
    Loaded,
    Once,
    Proposal,
    Refused,
)

FAR: Final = 10_000  #: numbers; whoever is further behind loads documents instead
CHECKPOINT: Final = 8000  #: pages of the log that call for a checkpoint, which waits for the disk
HEADS: Final = 1000  #: documents whose heads a process remembers
LOOK: Final = 0.01  #: seconds between two looks of whoever waits for other processes


_LASTING: Final = {
    COMMIT: "the process that it is in; the last moments before a loss of power may be lost",
    DISK: "a loss of power",
}


class _Known:
    # What a process knows of the file until another one commits: `version` tells whether one has.
    __slots__ = ("documents", "heads", "ids", "line", "version")

    def __init__(self, version: int, line: Line, ids: set[bytes]) -> None:
        self.version, self.line = version, line
        self.ids = ids  # those that are not filed yet
        self.heads: dict[str, Head | None] = {}
        #: Those that had a snapshot, so that the next one need not be folded from its entries.
        self.documents: dict[str, Document] = {}

    def head(self, db: sqlite3.Connection, stream: str) -> Head | None:
        heads = self.heads
        if stream in heads:
            return heads[stream]
        if len(heads) >= HEADS:
            heads.clear()
            self.documents.clear()
        found = heads[stream] = head_of(db, stream, self.line.filed)
        return found

    def moved(self, db: sqlite3.Connection, expected: Mapping[str, int]) -> bool:
        heads = self.heads
        for stream, n in expected.items():
            head = heads[stream] if stream in heads else self.head(db, stream)
            if (0 if head is None else head.n) != n:
                return True
        return False


class _Written:
    # The entries of an append, which are written, and what has to be filed of them.
    __slots__ = ("after", "before", "documents", "ids", "known", "n", "now", "numbers", "own")

    def __init__(self, known: _Known, now: float) -> None:
        self.known, self.now, self.n = known, now, known.line.n
        self.numbers: list[int] = []
        self.own: list[Entry] = []
        self.before: dict[str, Head | None] = {}
        self.after: dict[str, Head | None] = {}
        self.documents: dict[str, Document | None] = {}
        self.ids: list[bytes] = []

    def add(self, db: sqlite3.Connection, commit: Commit) -> bool:
        """Write the entries of *commit*; tell whether it may be filed later."""
        effects_of, once, now, after = commit.effects, commit.once, self.now, self.after
        later = bool(effects_of)
        n = self.n = self.n + later
        self.numbers.append(n)
        id = holder = until = outcome = None
        if once is not None:
            later = later and once.state == DONE
            id, until = encoded(once.id), now + once.seconds
            holder = encoded(once.holder) if once.holder else b""
            outcome = encoded(once.outcome) if once.outcome else b""
            self.ids.append(id)
        for place, (stream, effects) in enumerate(effects_of.items()):
            if stream not in after:
                self.before[stream] = after[stream] = self.known.head(db, stream)
            packed = encoded(pack(effects))
            head = after[stream] = next_head(stream, after[stream], effects, n, len(packed))
            later = later and head is not None and head.began != n and not head.is_long
            row = (n, place, encoded(stream), id, now, until, holder, packed, outcome)
            db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            folded = self._folded(stream, effects, n) if stream in self.known.documents else None
            self.own.append(Entry(n, stream, effects, folded))
            id = until = holder = outcome = None  # once is enough
        return later

    def _folded(self, stream: str, effects: Effects, n: int) -> Folded | None:
        # Of a document that had a snapshot, and what it comes to is known: it need not be found out
        # again, neither for the next snapshot nor by the replica.
        before = self.documents.get(stream, self.known.documents[stream])
        if type(effects) is not Resolved or effects.n != n or before is None:
            self.documents[stream] = None
            return None
        # The same document, as the replica holds it: it was expected where it is.
        before = Document(effects.before, before.gone, before.layout)
        folded = fold(stream, before, effects, n)
        self.documents[stream] = folded.document
        return folded

    def file_later(self) -> None:
        """Know what is written, and leave the rest to a later append."""
        known = self.known
        epoch, _, oldest, streams, filed = known.line
        known.line = Line(epoch, self.n, oldest, streams, filed)
        known.ids.update(self.ids)
        self._know()

    def _know(self) -> None:
        known = self.known
        known.heads.update(self.after)
        for stream, document in self.documents.items():
            if document is None:
                known.documents.pop(stream, None)
            else:
                known.documents[stream] = document

    def file_now(self, db: sqlite3.Connection, commits: Sequence[Commit], new: bool) -> None:
        """File what is written, and what is behind it.

        Args:
            new: It is nothing but changes of documents, under ids that nobody had.
        """
        known, n = self.known, self.n
        epoch, _, oldest, streams, filed = known.line
        file_behind(db, filed)
        if not new:
            for commit, number in zip(commits, self.numbers, strict=True):
                if commit.once is not None:
                    remember_once(db, commit.once, number, self.now)
            for stream, head in self.after.items():
                was = self.before[stream]
                streams += (head is not None) - (was is not None)
                if head is not None and head.is_long:
                    document = self.documents.get(stream) or document_to(db, stream, head.n)
                    self.documents[stream] = document
                    head = self.after[stream] = with_snapshot(db, stream, head, document)
                write_head(db, stream, was, head, self.now)
            if streams != known.line.streams:
                db.execute("UPDATE line SET streams = ?", (streams,))
        known.line = Line(epoch, n, oldest, streams, n)
        known.ids.clear()
        self._know()


class _Writing:
    # A transaction with the lock of the file. A class, since a generator takes longer than a row.
    __slots__ = ("_journal", "known", "knows")

    def __init__(self, journal: SqliteJournal) -> None:
        self._journal = journal
        self.known: _Known | None = None  # before it
        self.knows: _Known | None = None  # once it is committed

    def __enter__(self) -> sqlite3.Connection:
        journal = self._journal
        journal._write_lock.acquire()
        try:
            db = journal._to_write()
            self.known, journal._known = journal._known, None
            begin(db)
        except BaseException as error:
            journal._write_lock.release()
            if isinstance(error, sqlite3.OperationalError):
                raise unreachable(journal._file, error) from error
            raise
        return db

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        journal = self._journal
        db = journal._writer
        assert db is not None
        try:
            if error is None:
                try:
                    db.execute("COMMIT")
                except BaseException as lost:
                    error = lost
                else:
                    journal._known = self.knows
                    return
            journal._undo(db)
        finally:
            journal._write_lock.release()
        if isinstance(error, sqlite3.OperationalError):
            raise unreachable(journal._file, error) from error
        raise error


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
        self._name = str(self._file)  # asked for at each commit
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
        self._version = -1  # the `data_version` of the watcher that the next one is of
        self._line = Line("", -1, 0, 0, 0)
        self._known: _Known | None = None  # what the writer knows, while nobody commits
        self._inode = 0
        self._commits = 0
        self._more, self._waiters = threading.Condition(), 0

    def describe(self) -> Description:
        now = time.time()
        with self._reading() as db:
            line = line_of(db)
            once = count_once(db, now - ONCE_LIFETIME)
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
            n, document = document_of(db, stream, at, line)
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
                self._waiters += 1
                self._more.wait(min(left, LOOK))
                self._waiters -= 1
            found = self._behind(n, epoch, limit)
        return found

    def _behind(self, n: int, epoch: str, limit: int) -> Sequence[Entry]:
        if self._is_newest(n, epoch):
            return ()
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

    def _is_newest(self, n: int, epoch: str) -> bool:
        # Whether nobody has committed since this process has; False also where telling would wait.
        known = self._known
        if known is None or n < known.line.n or not self._write_lock.acquire(blocking=False):
            return False
        try:
            known, db = self._known, self._writer
            if known is None or db is None or n < known.line.n or epoch != known.line.epoch:
                return False
            (version,) = db.execute("PRAGMA data_version").fetchone()
            return bool(version == known.version)
        except sqlite3.OperationalError as error:
            raise unreachable(self._file, error) from error
        finally:
            self._write_lock.release()

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
                    f" stream {'<=' if only else '<'} ? AND seen <= ? AND stream NOT IN"
                    " (SELECT stream FROM entry WHERE n > (SELECT filed FROM line) AND at > ?)"
                    " ORDER BY stream LIMIT ?",
                    (first, encoded(after), last, before, before, limit - len(found)),
                )
                found += [decoded(stream) for (stream,) in rows]
        return found

    def seen(self, streams: Iterable[str]) -> None:
        now = time.time()
        rows = [(now, encoded(stream)) for stream in streams]
        with _Writing(self) as db:
            db.executemany("UPDATE head SET seen = ? WHERE stream = ?", rows)

    # -- writing ---------------------------------------------------------------------------

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
        again: Again | None = None,
    ) -> Appended | Refused:
        forked = False
        writing = _Writing(self)
        with writing as db:
            (version,) = db.execute("PRAGMA data_version").fetchone()
            known = writing.known
            if known is None or known.version != version:
                line = line_of(db)
                known = _Known(version, line, ids_behind(db, line.filed))
            line = known.line
            check_epoch(line, epoch)
            if seen > line.n:
                forked = True
                fork(db)
                note(db, self._file)
            else:
                answer = self._append(db, Proposal(commits, expected), known, seen, again)
                writing.knows = known
        if forked:
            raise EpochChanged(f"number {seen} was seen, and the file ends at {line.n}")
        if self._waiters:
            with self._more:
                self._more.notify_all()
        return answer

    def _append(
        self,
        db: sqlite3.Connection,
        proposal: Proposal,
        known: _Known,
        seen: int,
        again: Again | None,
    ) -> Appended | Refused:
        now, line = time.time(), known.line
        commits, expected = proposal
        moved = known.moved(db, expected)
        taken, new = taken_ids(db, commits, known.ids, now)
        others: list[Entry] | None = None
        if line.oldest <= seen and line.n - seen <= FAR:
            others = entries_of(rows_behind(db, seen, -1)) if seen < line.n else []
        if moved and not taken and others is not None and again is not None:
            anew = again(others)  # everybody else waits, so it is in time
            if anew is not None:
                commits, expected = anew
                moved = known.moved(db, expected)
        if taken or moved:
            return Refused(others, taken)
        written = _Written(known, now)
        for commit in commits:
            new = written.add(db, commit) and new
        if new and written.n - line.filed < BATCH:
            written.file_later()
        else:
            written.file_now(db, commits, new)
            self._commits += written.n - line.filed + len(commits)
            if self._commits >= self._once_limit // 100:
                self._commits = 0
                bound_once(db, self._once_limit)
        return Appended(tuple(written.numbers), None if others is None else others + written.own)

    def compact(self) -> None:
        now = time.time()
        more = True
        while more:  # in steps, so that nobody waits long
            with _Writing(self) as db:
                more = compact_step(db, now - KEPT)
        with _Writing(self) as db:
            db.execute("DELETE FROM once WHERE at < ?", (now - ONCE_LIFETIME,))
            bound_once(db, self._once_limit)
        with as_unreachable(self._file), self._read_lock:  # so that no click has to, mostly
            db = self._reader = self._reader or self._connected(reads=True)
            db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            note(db, self._file)

    def close(self) -> None:
        for lock in (self._write_lock, self._watch_lock, self._read_lock):
            lock.acquire()
        try:
            with contextlib.suppress(sqlite3.Error, JournalUnreachable):
                if self._writer is not None:
                    self._same_file()
                    note(self._writer, self._file)
            self._let_go()
        finally:
            for lock in (self._write_lock, self._watch_lock, self._read_lock):
                lock.release()

    def _let_go(self) -> None:
        for db in (self._writer, self._watcher, self._reader):
            if db is not None:
                with contextlib.suppress(sqlite3.Error):
                    db.close()
        self._writer = self._watcher = self._reader = self._known = None
        self._version = -1

    # -- connections -----------------------------------------------------------------------

    def _to_write(self) -> sqlite3.Connection:
        self._same_file()
        db = self._writer = self._writer or self._connected()
        return db

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
            inode = os.stat(self._name).st_ino
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
        db.execute("PRAGMA temp_store = MEMORY")  # a statement of many rows opens a file otherwise
        db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
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
            patiently(lambda: prepare(db, self._file, name, self._inode, self._durability))
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
