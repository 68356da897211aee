"""The laws of journals on the real backends: fewer examples, and everything that can happen there.

The same workers, faults and model as in `test_journals`; what they append is stored in SQLite,
PostgreSQL and Redis. Time passes there by making what is stored older.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from htealeaf.state.backends.opening import open_journal
from htealeaf.state.journal import Entry, Journal
from tests.laws.journal_faults import JOURNAL_FAULTS
from tests.laws.test_journals import KINDS, JournalLaws, search
from tests.state import test_postgresql, test_redis, test_sqlite
from tests.state.servers import postgresql_server, redis_server

pytestmark = [pytest.mark.server, pytest.mark.slow]

EXAMPLES = max(int(os.environ.get("LAWS_EXAMPLES", "200")) // 20, 2)

#: A journal that lasts does not begin anew while workers run but by an accident of its server,
#: which the contract of servers is about.
LASTING = [kind for kind in KINDS if kind != "reset"]

#: Gives the URL of a new journal, and what makes it older.
Fresh = Callable[[], tuple[str, Callable[[float], object]]]


class LawsOnServers(JournalLaws):
    """Workers over one real journal. Each has an end of its own."""

    fresh_one: Fresh
    ends: list[Journal]

    def opened(self) -> Any:
        self.url, self.aged = type(self).fresh_one()
        self.ends = []
        return self.end()

    def end(self) -> Journal:
        self.ends.append(open_journal(self.url))
        return self.ends[-1]

    def newest(self) -> tuple[str, int]:
        told = self.base.describe()
        return told.epoch, told.n

    def entries(self) -> list[Entry]:
        return list(self.base.after(self.n, epoch=self.epoch, limit=1_000_000))

    def passes(self, seconds: float) -> None:
        super().passes(seconds)
        self.aged(seconds)

    @rule(
        kind=st.sampled_from(LASTING),
        worker=st.integers(0, 2),
        other=st.integers(0, 2),
        pick=st.integers(0, 59),
    )
    def step(self, kind: str, worker: int, other: int, pick: int) -> None:
        """Let one thing happen."""
        self.happens(kind, worker, other, pick)

    def teardown(self) -> None:
        for journal in self.ends:
            journal.close()


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def fresh(request: pytest.FixtureRequest, tmp_path: File) -> Iterator[Fresh]:
    numbers = itertools.count()
    if request.param == "sqlite":

        def in_a_file() -> tuple[str, Callable[[float], object]]:
            file = tmp_path / f"{next(numbers)}.db"
            return f"sqlite:///{file}", partial(test_sqlite.aged, file)

        yield in_a_file
    elif request.param == "postgresql":
        with postgresql_server() as server:
            url = test_postgresql.url_of(server)

            def in_a_schema() -> tuple[str, Callable[[float], object]]:
                schema = f"laws{next(numbers)}"
                return f"{url}?schema={schema}", partial(test_postgresql.aged, url, schema=schema)

            yield in_a_schema
    else:
        with redis_server() as server:
            client = test_redis.client_of(server)

            def in_keys() -> tuple[str, Callable[[float], object]]:
                name = f"laws{next(numbers)}"
                url = f"redis://127.0.0.1:{server.port}/0?journal={name}"
                return url, partial(test_redis.aged, client, f"{{{name}}}:")

            yield in_keys


def test_the_laws_of_journals_hold(fresh: Fresh) -> None:
    """What was acknowledged is there once, and what is shown is what is stored."""
    search(type("Laws", (LawsOnServers,), {"fresh_one": staticmethod(fresh)}), EXAMPLES)


@pytest.mark.parametrize(
    "fault",
    [
        "what_was_read_is_not_expected",
        "an_append_is_sent_again_without_its_ids",
        "a_gap_is_folded_over",
    ],
)
def test_they_notice_what_is_wrong(fresh: Fresh, fault: str) -> None:
    """Each is one of the planted faults; the others are searched for over a simulated journal."""
    laws = type("Laws", (LawsOnServers,), {"fresh_one": staticmethod(fresh)})
    with JOURNAL_FAULTS[fault](), pytest.raises(Exception) as caught:
        search(laws, 100)
    assert type(caught.value).__module__ != "hypothesis.errors" or "Flaky" in repr(caught.value)
