"""The journal in PostgreSQL keeps what every journal promises, through failures of its server."""

from __future__ import annotations

import itertools
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import psycopg
import pytest

from htealeaf.state.backends import postgresql
from htealeaf.state.backends.opening import JournalNotOpened
from htealeaf.state.backends.postgresql import PostgresqlJournal, open_url
from htealeaf.state.journal import Journal, JournalUnreachable
from tests.state.journal_contract import Opener, Worker, put, step
from tests.state.server_contract import ServerContract
from tests.state.servers import Server, postgresql_server, program

pytestmark = pytest.mark.server

_names = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql_server() as found:
        yield found


def url_of(server: Server, database: str = "postgres") -> str:
    return f"postgresql://tester@127.0.0.1:{server.port}/{database}"


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def aged(url: str, seconds: float, schema: str = "htealeaf") -> None:
    """Make everything older that is stored in a schema."""
    for table, columns in AGING.items():
        sets = ", ".join(f"{c} = {c} - interval '{seconds} seconds'" for c in columns)
        run(url, f"UPDATE {schema}.{table} SET {sets}")


@pytest.fixture
def url(server: Server) -> str:
    """A new, empty database."""
    name = f"test{next(_names)}"
    run(url_of(server), f"CREATE DATABASE {name}")
    return url_of(server, name)


class TestPostgresql(ServerContract):
    keeps_epoch = True

    @pytest.fixture(autouse=True)
    def _database(self, server: Server, url: str) -> None:
        self.server, self.url = server, url

    def open_journals(self, place: File) -> Opener:
        return lambda: open_url(self.url)

    def open_small(self, place: File, most: int) -> Journal:
        return PostgresqlJournal(self.url, schema="small", once=most)

    def age(self, journal: Journal, seconds: float) -> None:
        aged(self.url, seconds)

    def wipe(self) -> None:
        tables = ", ".join(f"htealeaf.{table}" for table in TABLES)
        run(self.url, f"TRUNCATE {tables}")

    def copy(self) -> object:
        pg_dump = [program("pg_dump"), "--inserts", "--clean", "-d", self.url]
        return subprocess.run(pg_dump, check=True, capture_output=True).stdout

    def restore(self, copy: object) -> None:
        assert isinstance(copy, bytes)
        # What psql's own commands are is no SQL.
        lines = [line for line in copy.splitlines() if not line.startswith(b"\\")]
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(b"\n".join(lines))

    def lose(self, stream: str) -> None:
        run(self.url, "DELETE FROM htealeaf.entries")

    def lose_entries(self, n: int) -> None:
        run(self.url, f"DELETE FROM htealeaf.entries WHERE n = {n}")

    def lose_answer(self, journal: Journal, patch: pytest.MonkeyPatch) -> None:
        answered = PostgresqlJournal._answer
        lost: list[object] = []

        def once(self: PostgresqlJournal, connection: Any, name: str, args: Any) -> Any:
            found = answered(self, connection, name, args)
            if name == "append" and not lost:
                lost.append(found)
                raise psycopg.OperationalError("the connection broke")
            return found

        patch.setattr(PostgresqlJournal, "_answer", once)

    def hurry(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(postgresql, "ANSWER", 0.5)


def test_a_schema_of_a_newer_htealeaf_is_refused_in_words(url: str) -> None:
    open_url(url).close()
    run(url, "CREATE OR REPLACE FUNCTION htealeaf.format() RETURNS int LANGUAGE sql AS 'SELECT 9'")

    with pytest.raises(JournalNotOpened, match="format 9, and this htealeaf reads 1; install"):
        open_url(url)


def test_functions_of_an_older_htealeaf_are_replaced(url: str) -> None:
    """Their tables are the same, so what is stored stays; both may run side by side."""
    before = Worker(open_url(url))
    before.began("s", {"n": 1})
    run(url, "DROP FUNCTION htealeaf.add(text, bigint[], bytea[])")
    run(url, "ALTER TABLE htealeaf.journal DROP COLUMN told")

    after = Worker(open_url(url))

    assert after.journal.describe().epoch == before.journal.describe().epoch
    assert after.append(step("s", put("n", 2)), seen=1, s=1).numbers == (2,)
    for worker in (before, after):
        worker.journal.close()


def test_who_waits_is_not_told_of_each_of_many_commits_and_sees_them_all(url: str) -> None:
    """After a hint they ask by themselves: 50 ms later another one is sent."""
    journal = open_url(url)
    one = Worker(journal)
    one.began("s", {})
    with psycopg.connect(url, autocommit=True) as other:
        told: list[psycopg.Notify] = []
        other.add_notify_handler(told.append)
        other.execute("LISTEN journal_htealeaf")

        def hints() -> int:
            for _ in range(2):  # what it was told is said behind an answer
                other.execute("SELECT 1")
            return len(told)

        run(url, "UPDATE htealeaf.journal SET told = now() + interval '1 hour'")
        one.append(step("s", put("n", 1)), seen=1, s=1)
        assert hints() == 0
        run(url, "UPDATE htealeaf.journal SET told = now() - interval '1 hour'")
        one.append(step("s", put("n", 2)), seen=2, s=2)
        assert hints() == 1

    found = journal.after(1, epoch=one.epoch, timeout=20)
    assert [entry.n for entry in found] == [2, 3]
    journal.close()


def test_a_server_that_is_not_there_is_told_in_one_sentence() -> None:
    with pytest.raises(JournalUnreachable, match="is its server running there") as found:
        open_url("postgresql://tester:hunter2@127.0.0.1:1/db")

    assert "hunter2" not in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize("bad", ["Shop", "a;b", "", "x" * 60])
def test_a_schema_has_a_plain_name(bad: str) -> None:
    with pytest.raises(JournalNotOpened, match="schema"):
        open_url(f"postgresql://h/db?schema={bad}")


def test_a_lock_that_is_held_is_not_waited_for_without_end(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some other client has the counter's row: nothing is written, and this is told."""
    monkeypatch.setattr(postgresql, "_SETTINGS", "SET lock_timeout = '50ms'")
    one = Worker(open_url(url))
    one.began("s", {"n": 0})
    with psycopg.connect(url) as other:
        other.execute("SELECT * FROM htealeaf.journal FOR UPDATE")
        with pytest.raises(JournalUnreachable):
            one.tried(step("s", put("n", 1)), seen=1, s=1)

    assert one.append(step("s", put("n", 1)), s=1).numbers == (2,)
    one.journal.close()


def test_a_number_is_seen_after_all_numbers_before_it(url: str) -> None:
    """An append that is held up just before its commit: the next ones wait, and show nothing."""
    journal = open_url(url)
    one = Worker(journal)
    one.began("a", {})
    one.began("b", {})
    run(
        url,
        "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$;"
        "CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON htealeaf.entries"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        " WHEN (NEW.stream = convert_to('a', 'UTF8')) EXECUTE FUNCTION hold()",
    )
    works = [
        threading.Thread(target=one.append, args=[step(s, put("n", 1))], kwargs={"seen": 2, s: n})
        for s, n in (("a", 1), ("b", 2))
    ]
    with psycopg.connect(url) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(7)")
        for count, work in enumerate(works, 1):
            work.start()
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
            while holder.execute(waiting).fetchone() != (count,):
                pass
        assert one.numbers(2) == []
    for work in works:
        work.join()

    assert one.numbers(2) == [3, 4]
    journal.close()


TABLES = ["journal", "entries", "streams", "documents", "seen", "once"]
AGING = {"entries": ["at"], "streams": ["at"], "seen": ["at"], "once": ["at", "until"]}
