"""A database action is done exactly once, also if its process is killed on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from bs4 import BeautifulSoup
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session, sessionmaker

from htealeaf import WSGI, Registry, SuperStore
from htealeaf.components import button, div
from htealeaf.testing import Client, PageFailure
from htealeaf.watch import main as command
from htealeaf.watch import make_once_table, once_table, watch
from tests.endpoints.ledger import Base, Payment


@contextmanager
def process(*where: str, dies: str = "") -> Iterator[int]:
    """Run the app as a process of its own; gives its port."""
    environ = os.environ | {"DIES": dies, "HTEALEAF_SECRET": "a secret of these tests"}
    command = [sys.executable, "-m", "tests.endpoints.ledger", *where]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.kill()


def request(port: int, method: str, url: str, body: Any, headers: dict[str, str]) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    origin = {"Origin": f"http://127.0.0.1:{port}", "Sec-Fetch-Site": "same-origin"}
    connection.request(method, url, body, headers | origin)
    answer: HTTPResponse = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read().decode()
    connection.close()
    return found


def pressed(port: int) -> tuple[str, str, dict[str, str]]:
    """Return what pressing the button of a fresh page sends."""
    _, headers, html = request(port, "GET", "/", None, {})
    page = BeautifulSoup(html, "html.parser")
    fields = {str(tag["name"]): str(tag["value"]) for tag in page.select("#ht input[value]")}
    [button] = page.select("button[formaction]")
    offer = urlsplit(str(button["formaction"]))
    sent = {
        "Cookie": headers["Set-Cookie"].partition(";")[0],
        "Content-Type": "application/json",
        "HT-Verb": "offer",
        "HT-Id": "the-one-press",
        "HT-Cursor": str(page.select_one("#ht")["ht-cursor"]),  # type: ignore[index]
        **fields,
    }
    return offer.path, json.dumps([offer.query]), sent


def paid(database: str) -> list[int]:
    engine = create_engine(database)
    with Session(engine) as session:
        found = [*session.scalars(select(Payment.amount))]
    engine.dispose()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dies", ["claimed", "committed", "answered"])
@pytest.mark.parametrize("lasting", [False, True], ids=["memory", "sqlite"])
def test_a_payment_is_made_once_over_a_kill(tmp_path: Path, dies: str, lasting: bool) -> None:
    """Killed after the claim, the commit, the answer: who tries again pays once, and sees it."""
    database = f"sqlite:///{tmp_path / 'app.db'}"
    where = [database, f"sqlite:///{tmp_path / 'journal.db'}"] if lasting else [database]
    with process(*where, dies=dies) as port:
        url, body, headers = pressed(port)
        with pytest.raises((HTTPException, OSError)):
            request(port, "POST", url, body, headers)

    for _ in range(2):
        with process(*where) as port:
            status, _, html = request(port, "POST", url, body, headers)

            assert status == 200, html
            assert '<p id="total">5</p>' in html
            assert paid(database) == [5]


# -- in one process ------------------------------------------------------------------------


class Bank:
    def __init__(self, folder: Path) -> None:
        self.database = f"sqlite:///{folder / 'app.db'}"
        self.engine = create_engine(self.database)
        Base.metadata.create_all(self.engine)
        self.sessions = sessionmaker(self.engine)
        self.registry = Registry()
        with self.registry:
            self.app = WSGI()
            SuperStore(self.app)
            watch(self.sessions, once=True)

    def open(self, function: Any) -> Any:
        self.app.route("/")(lambda: div(button("x", onclick=function)))
        return Client(self.app).open("/")

    @property
    def ids(self) -> int:
        with self.engine.connect() as connection:
            count = select(func.count()).select_from(once_table())
            return connection.execute(count).scalar_one()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    bank = Bank(tmp_path)
    yield bank
    bank.engine.dispose()


def test_the_id_stands_in_the_transaction_of_the_rows(bank: Bank) -> None:
    """What is rolled back takes the id with it, and what only reads leaves none."""

    @bank.app.action(database=True)
    def pay() -> None:
        with bank.sessions() as session:
            session.add(Payment(amount=1))
            session.flush()
            session.rollback()
        with bank.sessions.begin() as session:
            session.add(Payment(amount=2))

    page = bank.open(pay)
    page.click("button", text="x")
    page.click("button", text="x")

    assert paid(bank.database) == [2, 2]
    assert bank.ids == 2


def test_other_functions_leave_no_id(bank: Bank) -> None:
    @bank.app.action
    def pay() -> None:
        with bank.sessions.begin() as session:
            session.add(Payment(amount=1))

    bank.open(pay).click("button", text="x")

    assert paid(bank.database) == [1]
    assert bank.ids == 0


def test_a_second_transaction_is_refused(bank: Bank) -> None:
    """What is in it could be lost between the two."""

    @bank.app.action(database=True)
    def pay() -> None:
        for amount in (1, 2):
            with bank.sessions.begin() as session:
                session.add(Payment(amount=amount))

    page = bank.open(pay)

    with pytest.raises(PageFailure, match="commits once"):
        page.click("button", text="x")
    assert paid(bank.database) == [1]


def test_two_that_run_at_once_are_one(bank: Bank) -> None:
    """One that was thought lost still runs: the database takes one of the two."""
    inside: list[Any] = []
    runs: list[int] = []

    @bank.app.action(database=True, within=0.01)
    def pay() -> None:
        runs.append(1)
        if len(runs) == 1:
            inside.append(page.send(request, apply=False))
        with bank.sessions.begin() as session:
            session.add(Payment(amount=1))

    page = bank.open(pay)
    request = page.action("button", text="x")

    answer = page.send(request, apply=False)

    assert [inside[0].status, answer.status] == [204, 204]
    assert paid(bank.database) == [1]


def test_it_needs_a_database_that_notes_ids() -> None:
    with Registry():
        app = WSGI()
        SuperStore(app)

    @app.action(database=True)
    def pay() -> None: ...

    app.route("/")(lambda: div(button("x", onclick=pay)))

    with pytest.raises(PageFailure, match=r"watch\(Sessions, once=True\)"):
        Client(app).open("/").click("button", text="x")


def test_the_table_is_made_by_a_command(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"

    assert command([url]) == 0
    assert command([url]) == 0  # it is there
    assert command([]) == 2

    engine = create_engine(url)
    make_once_table(engine)
    with engine.connect() as connection:
        assert connection.execute(once_table().select()).all() == []
    engine.dispose()


def test_alembic_finds_the_table(tmp_path: Path) -> None:
    """With `once_table(Base.metadata)` a migration that is made by itself has it."""
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()

    assert "htealeaf_once" in {one[1].name for one in found if one[0] == "add_table"}
