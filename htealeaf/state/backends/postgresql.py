"""A journal in PostgreSQL: `postgresql://user@host:5432/database?schema=htealeaf`.

Everything is asked by one statement, one function of `postgresql.sql`, and no transaction is ever
open between two. Which columns hold what is said there.

Rule 1: a connection that is lost is replaced, and what was asked is asked once more where that can
do no harm: reads, and appends in which every commit has a one-time id.

Rule 2: NOTIFY is a hint. Whoever waits asks after LISTEN, and each second. Where commits come fast,
only some are told of, so whoever was told asks for a while by themselves.

Rule 3: nothing waits for a server for longer than some `ANSWER` seconds.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path as File
from typing import Any, Final, NoReturn, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import namedtuple_row

from htealeaf.data.packing import pack_document
from htealeaf.state.backends.opening import JournalNotOpened, shown, taken_apart
from htealeaf.state.backends.pool import Busy, Pool
from htealeaf.state.backends.postgresql_append import appended
from htealeaf.state.backends.remote import (
    FAR,
    Chain,
    Line,
    changed,
    damaged,
    decoded,
    encoded,
    entries_of,
    laid,
    laid_out,
    own_entries,
    unbegun,
)
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
    JournalTrimmed,
    JournalUnreachable,
    Loaded,
    Once,
    Refused,
)

FORMAT: Final = 1  #: of the tables and functions
ANSWER: Final = 6.0  #: seconds that the server may take for an answer
CONNECTIONS: Final = 8  #: of one worker at a time, beside those that wait
LISTENING: Final = 64  #: connections of one worker that wait
BUSY: Final = 0.15  #: seconds after something new in which more of it is asked for
BETWEEN: Final = 0.01  #: seconds between two of these questions

_SQL: Final = File(__file__).with_suffix(".sql")
# The server ends what a client has given up. Who waits for the lock waits for others' commits.
# A plan is made when the tables are nearly empty and kept as they grow: each has to use the index.
_SETTINGS: Final = (
    "SET default_transaction_isolation = 'read committed'; SET lock_timeout = '4s'; "
    "SET statement_timeout = '5s'; SET jit = off; SET enable_seqscan = off; "
    "SET enable_hashjoin = off; SET enable_mergejoin = off"
)
#: What says that the server can't do it now: connection, resources, shutdown, read-only, locks.
_NOT_NOW: Final = ("08", "53", "57", "25006", "55P03", "58")
#: What says that our tables or functions are not there.
_NOT_THERE: Final = ("3F000", "42P01", "42883")

_T = TypeVar("_T")
_shapes: dict[str, Any] = {}  # by what is asked: what makes a row of its values
_Arg = Any


class PostgresqlJournal:
    """A journal in one schema of a PostgreSQL database.

    Args:
        url: Where the server is, for libpq.
        schema: Of its tables and functions; made where it is not there.
        once: How many one-time ids are remembered.

    Raises:
        JournalNotOpened: The database holds a newer format, or may not be used.
        JournalUnreachable: The server does not answer.
    """

    def __init__(self, url: str, *, schema: str = "htealeaf", once: int = ONCE) -> None:
        self._url, self._schema, self._once_limit = url, schema, once
        self._line = Line()
        self._busy_until = 0.0
        self._connections = _Connections(url, schema)
        self._calls = {name: f'SELECT * FROM "{schema}".{call}' for name, call in _CALLS.items()}
        self._calls["append"] = f'SELECT "{schema}".{_CALLS["append"]}'  # one record
        with self._connections.one() as connection:
            row = connection.execute(
                "SELECT current_setting('synchronous_commit'), current_setting('fsync'),"
                " current_setting('synchronous_standby_names')"
            ).fetchone()
        assert row is not None
        self._lasting = _lasting(*row)

    def describe(self) -> Description:
        row = self._ask("describe")
        return Description(
            kind="postgresql",
            epoch=row.epoch,
            n=row.n,
            oldest=row.oldest,
            near=False,
            lasting=self._lasting,
            streams=row.streams,
            once=row.once,
            max_once=self._once_limit,
        )

    # -- reading ---------------------------------------------------------------------------

    def load(self, stream: str, at: int | None = None, *, epoch: str | None = None) -> Loaded:
        row, chain = self._chain(stream, at)
        if at is None:
            n, document = chain.folded(stream)
            if n != (row.head or 0):
                damaged(stream, f"it is at number {row.head}, and what is stored leads to {n}")
            return Loaded(n, document, row.n)
        if epoch != row.epoch:
            changed()
        if not row.oldest <= at <= row.n:
            raise JournalTrimmed(f"number {at} of the journal is not kept any more")
        return Loaded(*chain.folded(stream), at)

    def _chain(self, stream: str, at: int | None) -> tuple[Any, Chain]:
        row = self._ask("load", encoded(stream), at)
        links = zip(row.numbers or (), row.befores or (), row.effects or (), strict=True)
        return row, Chain(row.base or 0, row.document or b"", list(links))

    def after(
        self, n: int, *, epoch: str, limit: int = 1000, timeout: float = 0.0
    ) -> Sequence[Entry]:
        if not timeout:
            return self._behind(self._ask("behind", n, limit), n, epoch)
        until = time.monotonic() + timeout
        entries: Sequence[Entry] = self._connections.call(
            lambda connection: self._awaited(connection, n, epoch, limit, until), listens=True
        )
        return entries

    def _awaited(
        self, connection: _Connection, n: int, epoch: str, limit: int, until: float
    ) -> Sequence[Entry]:
        while True:
            entries = self._behind(self._asked(connection, "behind", n, limit), n, epoch)
            now = time.monotonic()
            left = until - now
            if entries:
                self._busy_until = now + BUSY
            if entries or left <= 0:
                return entries
            longest = BETWEEN if now < self._busy_until else 1.0
            for _ in connection.notifies(timeout=min(longest, left), stop_after=1):
                self._busy_until = time.monotonic() + BUSY

    def _behind(self, row: Any, n: int, epoch: str) -> Sequence[Entry]:
        if row.epoch != epoch:
            changed()
        if n < row.oldest:
            raise JournalTrimmed(f"what happened after number {n} is not all kept any more")
        if n >= row.n:
            return ()
        entries = entries_of(n, _rows(row))
        if not entries:
            raise JournalTrimmed(f"what happened after number {n} is lost")
        return entries

    def claimed(self, id: str) -> Once | None:
        row = self._ask("claimed", encoded(id), float(ONCE_LIFETIME))
        return None if row.state is None else _once(id, row)

    def scan(
        self, store: str, *, after: str = "", limit: int = 1000, unseen: float = 0.0
    ) -> Sequence[str]:
        first = encoded(store)
        # Those of all stores: no name in UTF-8 begins with 255.
        span = (first + b"@", first + b"A") if store else (b"", b"\xff")
        row = self._ask("scan", first, *span, encoded(after), float(unseen), limit)
        return [decoded(stream) for stream in row.streams or ()]

    def seen(self, streams: Iterable[str]) -> None:
        self._ask("seen", [encoded(stream) for stream in streams])

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
        batch = laid_out(commits)
        numbers, texts = laid(batch, expected)
        high = max(seen, self._line.high(epoch))
        head = (high, seen, FAR, batch.size, int(ONCE_LIFETIME * 1000), self._once_limit)
        row = self._ask(
            "append",
            epoch,
            [*head, *numbers],
            texts,
            again=all(commit.once is not None for commit in commits),
        )
        if row.verdict == "epoch":
            changed()
        if row.verdict == "unbegun":
            unbegun(decoded(row.t_id[0]))
        others = _others(row, seen) if row.kept else None
        if row.verdict == "refused":
            return Refused(others, _taken(row))
        given = tuple(row.n + number for number in batch.numbers)
        self._line.note(epoch, row.n + batch.size)
        if others is not None:
            others += own_entries(commits, given)
        return Appended(given, others)

    def compact(self) -> None:
        row = self._ask("trim", float(KEPT), float(ONCE_LIFETIME))
        last = b""
        while found := self._ask("foldable", row.oldest, last, 100).streams:
            for stream in found:
                self._fold(stream, row.epoch, row.oldest)
            last = found[-1]

    def _fold(self, stream: bytes, epoch: str, at: int) -> None:
        name = decoded(stream)
        row, chain = self._chain(name, at)
        if row.epoch != epoch or row.oldest > at or not chain.links:
            return  # another worker goes on from here
        _, document = chain.folded(name)
        stored = None if document is None else encoded(pack_document(document))
        self._ask("fold", epoch, stream, chain.last, stored)

    def close(self) -> None:
        self._connections.close()

    # -- asking ----------------------------------------------------------------------------

    def _ask(self, name: str, *args: _Arg, again: bool = True) -> Any:
        return self._connections.call(
            lambda connection: self._asked(connection, name, *args), again=again
        )

    def _asked(self, connection: _Connection, name: str, *args: _Arg) -> Any:
        known, high = self._line.seen()
        row = self._answer(connection, name, args)
        if not hasattr(row, "epoch"):
            return row
        if row.epoch is None:  # the counter's row was lost, or is a copy of another journal's
            connection.execute(f'SELECT "{self._schema}".greet()')
            row = self._answer(connection, name, args)
        elif row.epoch == known and row.n < high:
            connection.execute(self._calls["cut"], (known, high))
            row = self._answer(connection, name, args)
        self._line.note(row.epoch, row.n)
        return row

    def _answer(self, connection: _Connection, name: str, args: Sequence[_Arg]) -> Any:
        if name == "append":
            return appended(connection, self._calls[name], args)
        with connection.cursor(row_factory=_named(name), binary=True) as cursor:
            return cursor.execute(self._calls[name], args).fetchone()


#: What is asked, and with which arguments.
_CALLS: Final = {
    "describe": "describe()",
    "load": "load(%s, %s::bigint)",
    "behind": "behind(%s::bigint, %s::bigint)",
    "claimed": "claimed(%s, %s::float8)",
    "scan": "scan(%s, %s, %s, %s, %s::float8, %s::bigint)",
    "seen": "seen(%s::bytea[])",
    "append": "add(%s::text, %s, %s)",
    "cut": "cut(%s::text, %s::bigint)",
    "trim": "trim(%s::float8, %s::float8)",
    "foldable": "foldable(%s::bigint, %s, %s::bigint)",
    "fold": "fold(%s::text, %s, %s::bigint, %s::bytea)",
}


def open_url(url: str) -> PostgresqlJournal:
    """Return the journal in the database that *url* names."""
    rest, options = taken_apart(url, ["schema"])
    schema = options.get("schema", "htealeaf")
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,39}", schema):
        raise JournalNotOpened(
            url, "the schema's name is up to 40 of a to z, digits and _; write ?schema=htealeaf"
        )
    return PostgresqlJournal(rest, schema=schema)


def _lasting(synchronous: str, fsync: str, standbys: str) -> str:
    if fsync == "off":
        return "a killed server, not a machine that loses power: fsync is off"
    if synchronous == "off":
        return "a killed server, but for its last moments: synchronous_commit is off"
    if standbys and synchronous != "local":
        return f"the loss of the server's machine: {standbys} has it too"
    return "a killed server and a machine that loses power"


def _named(name: str) -> Any:
    # What the columns of an answer are called is asked once.
    def factory(cursor: Any) -> Any:
        made = _shapes.get(name)
        if made is None:
            made = namedtuple_row(cursor)
            if cursor.description:
                _shapes[name] = made
        return made

    return factory


def _rows(row: Any) -> Iterable[tuple[int, bytes, bytes]]:
    return zip(row.numbers or (), row.streams or (), row.effects or (), strict=True)


def _others(row: Any, seen: int) -> list[Entry] | None:
    try:
        entries = entries_of(seen, _rows(row))
    except JournalTrimmed:
        return None
    return entries if (entries[-1].n if entries else seen) == row.n else None


def _taken(row: Any) -> dict[str, Once]:
    if row.t_id is None:
        return {}
    columns = zip(
        row.t_id, row.t_state, row.t_holder, row.t_seconds, row.t_outcome, row.t_n, strict=True
    )
    return {
        decoded(id): _known(decoded(id), state, holder, seconds, outcome, n)
        for id, state, holder, seconds, outcome, n in columns
    }


def _once(id: str, row: Any) -> Once:
    return _known(id, row.state, row.holder, row.seconds, row.outcome, row.at_n)


def _known(id: str, state: str, holder: bytes, seconds: float, outcome: bytes, n: int) -> Once:
    left = max(0.0, seconds) if state == DONE else seconds
    return Once(id, state, decoded(holder), left, decoded(outcome), n)


# -- connections -----------------------------------------------------------------------------


class _Connection(psycopg.Connection[tuple[Any, ...]]):
    # A connection whose server has `ANSWER` seconds for everything: one that is stopped, or behind
    # a network that drops what is sent, says nothing for hours.

    is_prepared = False  #: `add` is

    def wait(self, gen: Generator[Any, Any, _T], *args: Any, **options: Any) -> _T:
        return super().wait(_bounded(gen, time.monotonic() + ANSWER), *args, **options)


def _bounded(gen: Generator[Any, Any, _T], until: float) -> Generator[Any, Any, _T]:
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > until:
                raise psycopg.OperationalError(f"no answer within {ANSWER:g} seconds")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: _T = end.value
        return result


class _Connections:
    # Those of one process: a child that was forked makes its own.

    def __init__(self, url: str, schema: str) -> None:
        self._url, self._schema = url, schema
        # The function that older functions come without; their tables are the same.
        self._newest = f'"{schema}".add(text, bigint[], bytea[])'
        self._options = self._read()
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._closed = False
        # Those that ask, and those that listen: one for each thread that does.
        self._pools: dict[bool, Pool[_Connection]] = {
            False: Pool(CONNECTIONS, ANSWER),
            True: Pool(LISTENING, ANSWER),
        }

    def _read(self) -> dict[str, Any]:
        try:
            options = conninfo_to_dict(self._url)
        except psycopg.Error:
            fix = "write postgresql://user@host:5432/database"
            raise JournalNotOpened(self._url, f"libpq can't read this; {fix}") from None
        options["client_encoding"] = "utf8"
        options.setdefault("connect_timeout", 3)
        options.setdefault("application_name", "htealeaf")
        options.setdefault("target_session_attrs", "read-write")
        return options

    def call(self, ask: Any, *, again: bool = True, listens: bool = False) -> Any:
        """Return what *ask* returns for a connection; once more where one was lost."""
        if self._process != os.getpid():
            self._left = self._pools  # the parent's: not ours to close
            self._begin()
        for tries in (1, 2):
            connection, fresh = self._taken(listens)
            try:
                answer = ask(connection)
            except psycopg.Error as error:
                self._drop(connection, listens)
                made = self._made_again(error)
                if tries == 2 or not (made or (again and not fresh)):
                    self._fail(_line(error), error)
            except BaseException:
                self._back(connection, listens)
                raise
            else:
                self._back(connection, listens)
                return answer
        raise AssertionError("two tries end above")

    def _made_again(self, error: psycopg.Error) -> bool:
        # Tells whether the function was not there, so that nothing was done.
        state = error.sqlstate or ""
        if state in _NOT_THERE:
            self._drop_idle()
            return True
        if state and not state.startswith(_NOT_NOW):
            raise error
        if not state.startswith(("53", "55P03")) and state != "57014":
            # Others will be as dead as this one.
            self._drop_idle()
        return False

    def _taken(self, listens: bool) -> tuple[_Connection, bool]:
        while True:
            try:
                connection, fresh = self._pools[listens].take(partial(self._made, listens))
            except Busy as error:
                self._fail(str(error))
            if not connection.closed:
                return connection, fresh
            self._pools[listens].lose()

    def _back(self, connection: _Connection, listens: bool) -> None:
        idle = connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if self._closed or not idle:
            self._drop(connection, listens)
        else:
            self._pools[listens].give(connection)

    def _drop(self, connection: _Connection, listens: bool) -> None:
        _end(connection)
        self._pools[listens].lose()

    def _drop_idle(self) -> None:
        for listens, pool in self._pools.items():
            while (connection := pool.idle()) is not None:
                self._drop(connection, listens)

    def one(self) -> _Connection:
        """Return a connection of the caller's own."""
        return self._made(False)

    def _made(self, listens: bool) -> _Connection:
        try:
            connection = _Connection.connect(autocommit=True, **self._options)
        except psycopg.Error as error:
            self._fail(_line(error), error)
        try:
            for statement in _SETTINGS.split("; "):
                connection.execute(statement)
            self._greet(connection)
            if listens:
                connection.execute(f'LISTEN "journal_{self._schema}"')
        except psycopg.Error as error:
            _end(connection)
            if (error.sqlstate or "08").startswith(_NOT_NOW):
                self._fail(_line(error), error)
            raise JournalNotOpened(self._url, _line(error)) from error
        except BaseException:
            _end(connection)
            raise
        return connection

    def _greet(self, connection: _Connection) -> None:
        schema = self._schema
        try:
            row = connection.execute(
                f'SELECT "{schema}".format(), to_regprocedure(%s)', (self._newest,)
            ).fetchone()
        except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
            self._make(connection)
        else:
            if row is not None and row[0] != FORMAT:
                raise JournalNotOpened(
                    self._url,
                    f"schema {schema} has format {row[0]}, and this htealeaf reads {FORMAT}; "
                    "install the htealeaf that wrote it, or a newer one",
                )
            if row is not None and row[1] is None:
                self._make(connection)
        connection.execute(f'SELECT "{schema}".greet()')

    def _make(self, connection: _Connection) -> None:
        schema = self._schema
        if connection.info.server_version < 130000:
            raise JournalNotOpened(self._url, "the server is too old; PostgreSQL 13 will do")
        text = _SQL.read_text(encoding="utf-8")
        text = text.replace("SCHEMA", f'"{schema}"').replace("CHANNEL", f"journal_{schema}")
        with connection.transaction():
            # One worker makes it; the others find it made.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"make {schema}",))
            there = "SELECT to_regprocedure(%s), to_regnamespace(%s)"
            row = connection.execute(there, (self._newest, f'"{schema}"')).fetchone()
            if row is None or row[0] is not None:
                return
            if row[1] is None:
                connection.execute(f'CREATE SCHEMA "{schema}"')
            connection.execute(text.encode())

    def _fail(self, why: str, error: Exception | None = None) -> NoReturn:
        raise JournalUnreachable(
            f"journal {shown(self._url)} does not answer: {why}; is its server running there?"
        ) from error

    def close(self) -> None:
        """Close those that are idle now, and the others as they come back."""
        self._closed = True
        self._drop_idle()


def _end(connection: _Connection) -> None:
    with suppress(psycopg.Error):  # it may be lost already
        connection.close()


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
