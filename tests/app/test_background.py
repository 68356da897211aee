"""Jobs in the background: as whom they act, when they begin, how many there may be."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from htealeaf import WSGI, AuthStore, Registry, Session, SessionStore, Store, SuperStore
from htealeaf.app.background import Background, TooManyJobs
from htealeaf.components import button, div, h3
from htealeaf.errors import HtealeafError, Invalid, WriteWhileRendering
from htealeaf.testing import Client


class Works:
    """An app with an action that starts a job, which waits until the test lets it go."""

    def __init__(self) -> None:
        with Registry() as registry:
            self.shared = Store({"n": 0, "done": 0}, name="shared")
            self.todos = AuthStore(lambda s: s.get("user"), {"done": 0}, name="todos")
            self.mine = SessionStore({"done": 0}, name="mine")
            self.app = WSGI(secret="a secret for tests only", live=True)
            SuperStore(self.app, registry)
        self.go = threading.Event()
        self.jobs: list[Future[Any]] = []
        self.refuses = False
        self.app.pages.live.together = 0.0

        @self.app.action
        def start(session: Session) -> None:
            self.shared.update("n", 1)
            self.jobs.append(self.app.background(self.work, 2, more=3))
            if self.refuses:
                raise Invalid("no")

        @self.app.route("/")
        def home() -> Any:
            return div(
                h3(self.todos.react("done")),
                button("start", onclick=start),
            )

    def work(self, one: int, more: int) -> int:
        self.go.wait()
        self.todos.update("done", one * more)
        self.mine.update("done", 1)
        return self.shared["n"]


@pytest.fixture
def works() -> Iterator[Works]:
    made = Works()
    yield made
    made.go.set()


def test_a_job_acts_as_who_started_it(works: Works) -> None:
    """Also if they sign out while it runs; and their open page shows what it did."""
    client = Client(works.app).signed_in("ann")
    page = client.open("/")
    with page.live() as stream:
        page.click("button", "start")
        works.go.set()
        assert works.jobs[0].result() == 1, "it sees what its action has written"
        stream.receive()
        assert page.soup.select_one("h3").text == "6"  # type: ignore[union-attr]
    assert works.todos.of("ann")["done"] == 6


def test_a_job_outlives_a_sign_out(works: Works) -> None:
    client = Client(works.app).signed_in("ann")
    client.open("/").click("button", "start")
    client.signed_out()
    works.go.set()
    works.jobs[0].result()
    assert works.todos.of("ann")["done"] == 6


def test_a_refused_action_starts_nothing(works: Works) -> None:
    works.refuses = True
    works.go.set()
    page = Client(works.app).signed_in("ann").open("/")
    page.click("button", "start")
    works.refuses = False
    page.click("button", "start")
    works.jobs[1].result()
    assert not works.jobs[0].done()
    assert works.todos.of("ann")["done"] == 6


def test_a_repeated_click_starts_one_job(works: Works) -> None:
    works.go.set()
    page = Client(works.app).signed_in("ann").open("/")
    request = page.action("button", "start")
    page.send(request, apply=False)
    page.send(request)
    works.jobs[0].result()
    assert len(works.jobs) == 1
    assert works.todos.of("ann")["done"] == 6


def test_what_a_job_raises_is_logged(works: Works, caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise RuntimeError("on purpose")

    with caplog.at_level(logging.ERROR, "htealeaf"), pytest.raises(RuntimeError):
        works.app.background(fails).result()
    assert "a job in the background failed" in caplog.text


def test_a_job_without_a_visitor_is_nobody(works: Works) -> None:
    job = works.app.background(lambda: works.todos.update("done", 1))
    with pytest.raises(HtealeafError, match=r"todos\.of\('alice'\)"):
        job.result()


def test_there_may_be_so_many() -> None:
    pool, registry, go = Background(threads=1, waiting=2), Registry(), threading.Event()
    jobs = [pool.run(registry, go.wait, (), {}) for _ in range(2)]
    with pytest.raises(TooManyJobs, match="2 jobs"):
        pool.run(registry, go.wait, (), {})
    go.set()
    for job in jobs:
        job.result()
    pool.run(registry, go.wait, (), {}).result()


def test_no_page_starts_a_job(works: Works, caplog: pytest.LogCaptureFixture) -> None:
    works.app.route("/bad")(lambda: works.app.background(print))
    with caplog.at_level(logging.CRITICAL, "htealeaf"):
        assert Client(works.app).get("/bad").status_code == WriteWhileRendering.status_hint
