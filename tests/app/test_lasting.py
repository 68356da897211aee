"""An app whose journal lasts: what is there after a restart, and what another worker sees."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path as File
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    Element,
    HtealeafError,
    Registry,
    SessionStore,
    Store,
    SuperStore,
    connect,
)
from htealeaf.components import button, div, h3, p
from htealeaf.state import replica
from htealeaf.state.backends.opening import JournalNotOpened
from tests.http import Browser

SECRET = "a secret that all workers share"


class Shop:
    """One worker: an app of its own, on a journal that others have, too."""

    def __init__(self, url: str) -> None:
        self.registry = Registry()
        with self.registry:
            self.app = WSGI(secret=SECRET, rate=None)  # as every worker is started
            SuperStore(self.app, journal=url)
            self.counter = counter = Store({"n": 0}, name="counter")
            self.mine = mine = SessionStore({"n": 0}, name="mine")

        @self.app.route("/")
        def home(session: object) -> Element:
            return div(
                button("+", onclick=counter.do.update("n", 1)).id("plus"),
                button("mine", onclick=mine.do.update("n", 1)).id("my"),
                h3(counter.react("n")).id("n"),
                p(mine.react("n")).id("m"),
                p(str(session.get("user"))).id("user"),  # type: ignore[attr-defined]
            )

        @self.app.route("/in", methods=["POST"])
        def sign_in(session: object) -> Element:
            session.sign_in("ann")  # type: ignore[attr-defined]
            return p("in")

    def close(self) -> None:
        self.registry.journal.close()


Open = Callable[[], Shop]


@pytest.fixture
def url(tmp_path: File) -> str:
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def shop(url: str) -> Iterator[Open]:
    with ExitStack() as opened:

        def open_one() -> Shop:
            made = Shop(url)
            opened.callback(made.close)
            return made

        yield open_one


def browser_at(one: Shop, like: Browser | None = None) -> Browser:
    made = Browser(one.app)
    if like is not None:
        made.cookie, made.others = like.cookie, like.others
    return made


def test_a_restart_keeps_documents_sessions_and_offers(shop: Open) -> None:
    before = shop()
    browser = browser_at(before)
    browser.post("/in")
    page = browser.open("/")
    browser.send(page, page.offer("#plus"))
    browser.send(page, page.offer("#my"))
    before.close()

    after = browser_at(shop(), browser)
    answer = after.send(page, page.offer("#plus"))

    assert answer.status == 200
    shown = after.open("/")
    assert [shown.tag(f"#{id}").text for id in ("n", "m", "user")] == ["2", "1", "ann"]


def test_a_worker_sees_at_once_what_another_has_written(shop: Open) -> None:
    one, other = browser_at(shop()), browser_at(shop())
    first, second = one.open("/"), other.open("/")

    for _ in range(3):
        one.send(first, first.offer("#plus"))
        other.send(second, second.offer("#plus"))

    assert one.open("/").tag("#n").text == other.open("/").tag("#n").text == "6"


def test_a_request_asks_once_what_others_have_written(
    shop: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who its browser is and what the page shows are of one moment; the next request asks again."""
    monkeypatch.setattr(replica, "RECENT", 60.0)  # as long as a slow machine may take for it
    made = shop()
    browser, other = browser_at(made), browser_at(shop())
    browser.post("/in")
    page, another = browser.open("/"), other.open("/")
    asked: list[int] = []
    follow = made.registry.journal.follow

    def counts(timeout: float = 0.0) -> int:
        asked.append(1)
        return follow(timeout)

    monkeypatch.setattr(made.registry.journal, "follow", counts)
    for _ in range(2):
        other.send(another, another.offer("#plus"))
    assert browser.open("/").tag("#n").text == "2"
    assert len(asked) == 1

    browser.send(page, page.offer("#plus"))
    assert len(asked) == 2
    assert made.counter.read("n") == 3
    assert len(asked) == 3  # no request: it is asked each time
    assert made.counter.read("n") == 3
    assert len(asked) == 4


def test_a_click_that_is_sent_again_to_another_worker_counts_once(shop: Open) -> None:
    one = browser_at(shop())
    page = one.open("/")
    other = browser_at(shop(), one)

    for browser in (one, other, one):
        browser.send(page, page.offer("#plus"), HT_Id="the-same")

    assert other.open("/").tag("#n").text == "1"


def test_a_write_leaves_its_cursor_in_a_cookie_for_a_minute(shop: Open) -> None:
    """So that a redirect to another worker shows it."""
    browser = browser_at(shop())
    page = browser.open("/")
    assert not browser.others

    browser.send(page, page.offer("#plus"))

    assert list(browser.others) == ["ht_at"]
    assert re.fullmatch(
        r"ht_at=\w+\.\d+; Max-Age=60; Path=/; HttpOnly; SameSite=Lax", browser.others["ht_at"]
    )


def test_a_cursor_that_has_not_happened_is_not_waited_for(shop: Open) -> None:
    one = shop()
    epoch = one.registry.journal.epoch
    browser = browser_at(one)
    for made_up in (f"{epoch}.999999", "x.5", "nonsense", ""):
        browser.others["ht_at"] = f"ht_at={made_up}"
        assert browser.open("/").tag("#n").text == "0"


def test_another_program_writes_as_a_click_does(shop: Open, url: str) -> None:
    one = shop()
    browser = browser_at(one)
    page = browser.open("/")
    browser.send(page, page.offer("#plus"))

    with connect(url) as stores:
        stores["counter"].update("n", 10)
        with pytest.raises(HtealeafError, match=r"Store\(\{...\}, name='nothing'\)"):
            stores["nothing"]

    assert browser.open("/").tag("#n").text == "11"


def test_a_url_is_taken_from_the_environment(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: File
) -> None:
    monkeypatch.setenv("HTEALEAF_JOURNAL", url)
    with Registry() as registry:
        SuperStore(WSGI(secret=SECRET))
        assert registry.journal.kind == "sqlite"
        with connect() as stores:
            Store({"n": 1}, name="made")
            stores["made"].update("n", 1)
    registry.journal.close()
    with Registry() as registry:
        SuperStore(WSGI(secret=SECRET), journal="memory:")
        assert registry.journal.kind == "memory"


def test_a_journal_that_can_not_be_opened_is_said_at_start(tmp_path: File) -> None:
    with Registry(), pytest.raises(JournalNotOpened, match="write"):
        SuperStore(WSGI(secret=SECRET), journal="mysql://host/shop")


def test_what_was_written_before_its_journal_is_not_lost_silently(url: str) -> None:
    with Registry():
        Store({"n": 0}, name="early").update("n", 1)
        with pytest.raises(HtealeafError, match="above what writes"):
            SuperStore(WSGI(secret=SECRET), journal=url)


def test_stores_have_one_journal(url: str) -> None:
    with Registry() as registry:
        SuperStore(WSGI(secret=SECRET), journal=url)
        with pytest.raises(HtealeafError, match="in one place"):
            SuperStore(WSGI(secret=SECRET), journal=url)
    registry.journal.close()


def test_a_full_disk_is_told_in_words_and_pages_go_on(shop: Open) -> None:
    """A click is a 503 and half of nothing; when there is room again, it counts once."""
    one = shop()
    big = Store({"texts": [], "n": 0}, name="big", registry=one.registry)

    @one.app.action(retry=True)
    def write() -> None:
        big.append("texts", "x" * 50_000)
        big.increment("n")

    @one.app.route("/big")
    def home() -> Element:
        return div(button("+", onclick=write).id("both"), p(big.react("n")).id("n"))

    browser = browser_at(one)
    page = browser.open("/big")
    journal: Any = one.registry.journal.journal
    with journal._write_lock:
        db = journal._to_write()
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count = {pages + 3}")
    id, before = "0123456789abcdef", journal.describe().n

    for _ in range(2):
        answer = browser.send(page, page.offer("#both"), HT_Id=id)

        assert answer.status == 503
        assert answer.sentence.startswith("There is no room left to save this. Nothing was")
        assert browser.open("/big").tag("#n").text == "0"
        assert browser.open("/").tag("#n").text == "0", "other pages, too"
        assert journal.describe().n == before
        assert (big["n"], len(big["texts"])) == (0, 0)
    with journal._write_lock:
        journal._to_write().execute("PRAGMA max_page_count = 1000000")
    for _ in range(2):
        assert browser.send(page, page.offer("#both"), HT_Id=id).status in (200, 204)
    assert (big["n"], len(big["texts"])) == (1, 1)
