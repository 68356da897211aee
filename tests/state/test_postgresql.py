"""The journal in PostgreSQL keeps what every journal promises, through failures of its server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path as File

import psycopg
import pytest

from htealeaf.state.backends.postgresql import open_url
from htealeaf.state.journal import Journal
from tests.state.journal_contract import JournalContract, Opener
from tests.state.servers import Server, postgresql_server

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("postgresql")]

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


@pytest.fixture
def url(server: Server) -> str:
    """A new, empty database."""
    name = f"test{next(_names)}"
    run(url_of(server), f"CREATE DATABASE {name}")
    return url_of(server, name)


class TestPostgresql(JournalContract):
    @pytest.fixture(autouse=True)
    def _database(self, url: str) -> None:
        self.url = url

    def open_journals(self, place: File) -> Opener:
        return lambda: open_url(self.url)

    def age(self, journal: Journal, seconds: float) -> None:
        for table, columns in AGING.items():
            sets = ", ".join(f"{c} = {c} - interval '{seconds} seconds'" for c in columns)
            run(self.url, f"UPDATE htealeaf.{table} SET {sets}")


AGING = {"entries": ["at"], "streams": ["at"], "seen": ["at"], "once": ["at", "until"]}
