"""Sixteen threads at once: nothing is lost, nothing is done twice.

Each thread is a browser of its own and speaks WSGI in process, as under a threaded server. Every
fourth click is sent again with the same one-time id, as after a lost answer; some of these by a
second thread at the same moment.
"""

from __future__ import annotations

import os
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from benchmarks.browser import Click, OpenPage
from htealeaf import WSGI, Ref, Registry, SessionStore, Store, SuperStore
from htealeaf.components import button, div, h3, li, ul

THREADS = 16
MUTATIONS = int(os.environ.get("LOAD_MUTATIONS", "250"))  # of each thread
_SHOWN = re.compile(r'<h3 id="([^"]+)">(\d+)</h3>')


class House:
    """An app with places that everybody writes, and places that one thread writes."""

    def __init__(self) -> None:
        with Registry() as self.registry:
            self.shared = Store(
                {"all": 0, "each": {f"t{i}": 0 for i in range(THREADS)}}, name="shared"
            )
            self.log = Store({"lines": []}, name="log")
            self.rooms = Store({"n": 0}, name="rooms", keyed=True)
            self.mine = SessionStore({"n": 0}, name="mine")
            self.app = WSGI(secret="a secret for tests only", rate=None)
            SuperStore(self.app)
        self.app.route("/{number:int}")(self.page)

    def page(self, number: int) -> Any:
        own = self.shared.at("each", f"t{number}")
        room = self.rooms.of(number % 4)
        return div(
            h3(self.shared.react("all")),
            h3(own.react()),
            h3(room.react("n")),
            h3(self.mine.react("n")),
            ul(self.log.each("lines", self.line)),
            button("everybody", onclick=self.shared.do.update("all", 1)),
            button("thread", onclick=own.do.increment()),
            button("room", onclick=room.do.increment("n")),
            button("browser", onclick=self.mine.do.increment("n")),
            button("line", onclick=self.log.do.append("lines", number, keep=5)),
        )

    def line(self, line: Ref) -> Any:
        return li(line)


class Person:
    """One browser; `press` is one click, which may be sent again."""

    def __init__(self, app: WSGI, number: int) -> None:
        self.app, self.number = app, number
        self.page = OpenPage(app, f"/{number}")
        self.clicks = [self.page.click(offer) for offer in self.page.offers]
        self.pressed = [0] * len(self.clicks)
        self.random = random.Random(number)

    def run(self, mutations: int) -> None:
        repeated = set(self.random.sample(range(mutations), mutations // 4))
        for at in range(mutations):
            kind = at % len(self.clicks)
            click = self.clicks[kind]
            self.pressed[kind] += 1
            click()
            if at in repeated:
                click._count -= 1  # the same one-time id
                click()
            for other in self.clicks:
                other.cursor = click.cursor


@pytest.fixture(autouse=True)
def many_switches() -> Iterator[None]:
    """Threads take turns often, so that what is no single step comes apart."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def together(jobs: list[Callable[[], None]]) -> None:
    """Run *jobs*, each in a thread of its own; raise what one of them raised."""
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], None]) -> None:
        barrier.wait()
        try:
            job()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_doubled() -> None:
    """Each place holds the number of clicks on it, and each page shows it in the end."""
    house = House()
    people = [Person(house.app, number) for number in range(THREADS)]

    together([lambda person=person: person.run(MUTATIONS) for person in people])  # type: ignore[misc]

    pressed = [sum(counts) for counts in zip(*(p.pressed for p in people), strict=True)]
    assert sum(pressed) == THREADS * MUTATIONS
    shared = house.shared.read()
    assert shared["all"] == pressed[0]
    assert shared["each"] == {f"t{p.number}": p.pressed[1] for p in people}
    assert sum(house.rooms.of(i).read("n") for i in range(4)) == pressed[2]
    assert len(house.log.read("lines")) == 5
    for person in people:
        shown = [int(n) for _, n in _SHOWN.findall(person.page.get().decode())]
        room = sum(p.pressed[2] for p in people if p.number % 4 == person.number % 4)
        assert shown == [pressed[0], person.pressed[1], room, person.pressed[3]]
    streams = 1 + 4 + THREADS + 1  # shared, rooms, browsers, log
    assert house.app.stats()["streams"] == streams


def test_the_journal_holds_every_change_once_and_in_order() -> None:
    """As many entries as clicks, with rising numbers, each made from what the one before left."""
    house = House()
    people = [Person(house.app, number) for number in range(THREADS)]
    clicks = 25  # of each: all of them are in the history

    together([lambda person=person: person.run(clicks) for person in people])  # type: ignore[misc]

    journal = house.registry.journal
    assert journal.cursor.n == THREADS * clicks
    entries = journal.since(["shared"], 0, journal.cursor.n)
    assert entries is not None
    numbers = [entry.n for entry in entries]
    assert numbers == sorted(set(numbers))
    for one, other in pairwise(entries):
        assert other.before is one.after


def test_a_click_that_comes_twice_at_once_counts_once() -> None:
    """The second copy arrives while the first is under way, in another thread."""
    house = House()
    page = OpenPage(house.app, "/0")
    copies = [page.click(page.offers[0]) for _ in range(8)]

    together([lambda copy=copy: _press(copy, 100) for copy in copies])  # type: ignore[misc]

    assert house.shared.read("all") == 100


def _press(click: Click, times: int) -> None:
    for _ in range(times):
        click()  # each copy counts its ids alike


def test_batches_and_transforms_are_single_steps() -> None:
    """Python code beside the clicks: two places always move together."""
    with Registry():
        store = Store({"a": 0, "b": 0}, name="pair")
    torn: list[Any] = []

    def move() -> None:
        for _ in range(100):
            with store.batch():
                store.increment("a", 1)
                store.increment("b", -1)
            store.transform("a", lambda a: a + 1)
            store.increment("b", -1)

    def look() -> None:
        for _ in range(500):
            seen = store.read()
            if seen["a"] + seen["b"] not in range(9):
                torn.append(seen)

    together([move] * 8 + [look] * 2)

    assert store.read() == {"a": 1600, "b": -1600}
    assert not torn
