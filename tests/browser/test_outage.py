"""The journal's server is lost while people click: they are told, and each click counts once.

Two browsers at two worker processes, over PostgreSQL and Redis.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import ContextFactory
from tests.servers import ROOT, Server
from tests.state.servers import Server as JournalServer
from tests.state.servers import postgresql_server, redis_server

pytestmark = [pytest.mark.server, pytest.mark.slow]

TRYING = "Not saved yet, trying again"
SOON = 60_000  #: milliseconds in which everything is there at the latest


class People(NamedTuple):
    """Two people, each at a worker of their own, and the server of the journal."""

    one: Page
    two: Page
    journal: JournalServer

    def shows(self, number: int) -> None:
        for page in (self.one, self.two):
            expect(page.locator("h3")).to_have_text(f"{number}", timeout=SOON)


@pytest.fixture(scope="module", params=["postgresql", "redis"])
def journal(request: pytest.FixtureRequest) -> Iterator[tuple[str, JournalServer]]:
    if request.param == "postgresql":
        with postgresql_server() as server:
            yield f"postgresql://tester@127.0.0.1:{server.port}/postgres?schema=", server
    else:
        with redis_server() as server:
            yield f"redis://127.0.0.1:{server.port}/0?journal=", server


@pytest.fixture
def people(
    journal: tuple[str, JournalServer],
    context_factory: ContextFactory,
    request: pytest.FixtureRequest,
) -> Iterator[People]:
    url, server = journal
    name = f"j{abs(hash(request.node.name)) % 10**9}"
    command = "-m gunicorn -b 127.0.0.1:{port} --threads 8 tests.app.live_site:app"
    with ExitStack() as workers:
        pages: list[Page] = []
        for _ in range(2):
            worker = Server([sys.executable, *command.split()], ROOT, HTEALEAF_JOURNAL=url + name)
            workers.callback(worker.kill)
            page = context_factory().new_page()
            page.goto(f"http://127.0.0.1:{worker.port}/", timeout=SOON)
            pages.append(page)
        made = People(pages[0], pages[1], server)
        made.shows(0)
        yield made
        for page in pages:
            page.close()


def restarted(people: People) -> None:
    """It is killed, and started again when both have been told."""
    people.journal.kill()


def stopped(people: People) -> None:
    """It is stopped in order, as for an upgrade."""
    people.journal.stop()


def silent(people: People) -> None:
    """It takes connections, and says nothing."""
    people.journal.signal(signal.SIGSTOP)


@pytest.mark.parametrize("lose", [restarted, stopped, silent])
def test_nothing_is_lost_or_doubled_while_the_journal_is_away(
    people: People, lose: Callable[[People], None]
) -> None:
    """For ten seconds; what was clicked then is there afterwards, in both browsers."""
    one, two, server = people
    one.get_by_role("button", name="+").click()
    people.shows(1)  # they follow each other
    two.get_by_role("button", name="+").click()
    people.shows(2)

    lose(people)
    for page in (one, two):
        page.get_by_role("button", name="+").click()
    for page in (one, two):
        expect(page.get_by_text(TRYING)).to_be_visible(timeout=SOON)
    for page in (one, two):
        page.get_by_role("button", name="+").click()
    one.wait_for_timeout(10_000)
    if lose is silent:
        server.signal(signal.SIGCONT)
    else:
        server.start()

    people.shows(6)
    for page in (one, two):
        expect(page.get_by_text(TRYING)).to_be_hidden(timeout=SOON)
        page.get_by_role("button", name="+").click()
    people.shows(8)
    for page in (one, two):
        page.reload()
    people.shows(8)
