"""Which pages follow: who gets in, who is woken, and who counts as online."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.data.paths import ROOT, Path, parse
from htealeaf.pages.live import OF_A_BROWSER, Live

PLACE = parse("n")


class Reader:
    """A live page that notes what it is told."""

    def __init__(self, browser: str, page_id: str, *places: Path) -> None:
        self.browser, self.page_id, self.places = browser, page_id, places
        self.shown: frozenset[str] = frozenset()
        self.woken = 0
        self.ended = False
        self.state = ""

    def wake(self) -> None:
        self.woken += 1

    def end(self) -> None:
        self.ended = True

    def restate(self, state: str) -> None:
        self.state = state

    def shows(self, stream: str, path: Path) -> bool:
        return path in self.places


class Site:
    def __init__(self) -> None:
        with Registry() as registry:
            self.one = Store({"n": 0}, name="one")
            self.two = Store({"n": 0}, name="two")
            app = WSGI(secret="a secret for tests only", live=True)
            SuperStore(app)
        self.live = Live(registry.journal, limit=6)
        self.live.together = 0.0

    def reader(
        self, browser: str, page_id: str, *shown: str, places: tuple[Path, ...] = ()
    ) -> Reader:
        made = Reader(browser, page_id, *places)
        assert self.live.enter(made)
        self.live.show(made, frozenset(shown))
        return made


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.live.stop()


def test_who_shows_it_is_woken_and_nobody_else(site: Site) -> None:
    first, second = site.reader("a", "1", "one"), site.reader("b", "2", "two")
    site.live.settle()
    before = first.woken, second.woken
    site.one.increment("n")
    site.live.settle()

    assert (first.woken > before[0], second.woken) == (True, before[1])


def test_who_shows_something_else_now_is_asked_for_that(site: Site) -> None:
    page = site.reader("a", "1", "one")
    site.live.show(page, frozenset({"two"}))
    site.live.settle()
    before = page.woken
    site.one.increment("n")
    site.live.settle()
    assert page.woken == before
    site.two.increment("n")
    site.live.settle()
    assert page.woken > before


def test_who_has_left_is_told_nothing(site: Site) -> None:
    gone, there = site.reader("a", "1", "one"), site.reader("b", "2", "one")
    site.live.leave(gone)
    site.live.settle()
    before = gone.woken
    site.one.increment("n")
    site.live.settle()

    assert (gone.woken, len(site.live)) == (before, 1)
    assert there.woken > 0


def test_one_browser_leaves_room_for_its_clicks(site: Site) -> None:
    for number in range(OF_A_BROWSER):
        site.reader("a", str(number))

    assert not site.live.enter(Reader("a", "one more"))
    assert site.live.enter(Reader("b", "one more"))


def test_there_is_room_for_some(site: Site) -> None:
    for number in range(6):
        site.reader(str(number), "1")

    assert not site.live.enter(Reader("more", "1"))
    assert site.live.enter(Reader("0", "1")), "it is in the place of the same page"
    assert len(site.live) == 6


def test_a_server_may_have_less(site: Site) -> None:
    site.reader("a", "1")

    assert not site.live.enter(Reader("b", "1"), limit=1)


def test_the_same_page_takes_its_own_place(site: Site) -> None:
    before, after = site.reader("a", "1", "one"), site.reader("a", "1", "one")

    assert (before.ended, after.ended, len(site.live)) == (True, False, 1)


def test_the_pages_of_one_browser_end_with_its_key(site: Site) -> None:
    mine, other = site.reader("a", "1"), site.reader("b", "1")
    site.live.void("a")

    assert (mine.ended, other.ended) == (True, False)


def test_who_stops_ends_all_and_lets_nobody_in(site: Site) -> None:
    page = site.reader("a", "1")
    site.live.stop()

    assert page.ended
    assert not site.live.enter(Reader("b", "1"))


def test_who_shows_a_place_is_online_there(site: Site) -> None:
    site.reader("a", "1", "one", places=(PLACE,))
    other = site.reader("b", "2", "one")

    assert (site.live.online("one", ROOT), site.live.online("one", PLACE)) == (2, 1)
    assert site.live.online("two", ROOT) == 0
    other.places = (PLACE,)
    site.live.show(other, frozenset({"one"}))
    assert site.live.online("one", PLACE) == 2
    site.live.leave(other)
    assert site.live.online("one", PLACE) == 1
