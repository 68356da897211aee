"""Errors as answers: a sentence in a patch, as JSON, or on a page."""

from __future__ import annotations

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.backends.sqlite_file import JournalFull
from htealeaf.state.journal import JournalUnreachable
from htealeaf.testing import Client, PageFailure
from tests.endpoints.shop import Shop, refused
from tests.http import Answer, Browser


def test_a_page_for_a_browser_without_scripts_has_the_headers_of_any_page(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    asked = browser.submit(page.offer("#sure"), page)
    failed = browser.submit(page.offer("#plus") + "x", page)

    assert (asked.status, failed.status) == (200, 403)
    for name in ("Referrer-Policy", "Cache-Control", "X-Content-Type-Options"):
        assert asked.headers[name] == failed.headers[name] == page.answer.headers[name]


def test_signed_out_is_401_and_creates_nothing(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    refused(shop, 401, lambda: browser.send(page, "/api/_store/todos/n?increment&o=abc"))
    assert browser.get("/user").status == 401
    assert shop.registry.journal.streams("todos") == []


@pytest.mark.parametrize(
    ("status", "url"),
    [
        (404, "/api/_store/nope/counter"),
        (404, "/api/_store/"),
        (404, "/api/_store"),
        (404, "/api/_storex/shared/counter"),
        (404, "/api/_nope"),
        (404, "/api/_store/__class__"),
        (404, "/api/_store/~session/user"),
        (404, "/api/_store/shared@x/counter"),
        (404, "/api/_store/rooms/n"),
        (400, "/api/_store/rooms@/n"),
        (403, "/api/_store/shared/nope"),
        (403, "/api/_store/shared/__class__"),
        (403, "/api/_store/shared/../other/counter"),
        (403, "/api/_store/shared/todo/-1"),
        (403, "/api/_store/shared/todo/99999999999999999999"),
        (403, "/api/_store/shared/todo%2F0%2Fdone"),
        (403, "/api/_store/shared//counter"),
        (403, "/api/_store/shared/counter/"),
        (400, "/api/_store/shared" + "/a" * 17),
        (414, "/api/_store/shared/" + "a/" * 10_000),
        (400, "/api/_store/shared/~"),
        (400, "/api/_store/shared/~2a"),
        (400, "/api/_store/shared/%ff%fe"),
        (400, "/api/_store/%ff/x"),
        (403, "/api/_store/shared/%00"),
    ],
)
@pytest.mark.parametrize("with_page", [False, True])
def test_a_bad_address(shop: Shop, status: int, url: str, with_page: bool) -> None:
    browser = shop.browser()
    page = browser.open("/")

    def ask() -> Answer:
        return browser.post(url, 1, **(page.headers if with_page else {}))

    answer = refused(shop, status, ask)

    kind = "text/html" if with_page else "application/problem+json"
    assert answer.headers["Content-Type"].startswith(kind)


def test_a_journal_that_is_away_is_no_answer_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a cursor the page says that it goes on trying, and does; a full disk is told once."""
    shop = Shop()
    browser = shop.browser()
    page = browser.open("/")
    for error, told in ((JournalUnreachable("gone"), False), (JournalFull("no room"), True)):

        def fails(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(MemoryJournal, "append", fails)
            answer = browser.send(page, page.offer("#plus"), 1)
        assert answer.status == 503
        assert answer.sentence == type(error).public
        assert ("HT-Cursor" in answer.headers) is told


def test_without_a_browser_it_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Client(Shop().app).open("/")

    def fails(*_: object, **__: object) -> None:
        raise JournalUnreachable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(MemoryJournal, "append", fails)
        with pytest.raises(PageFailure, match="503"):
            page.click("#plus")
    page.click("#plus")
    page.assert_consistent()


@pytest.mark.parametrize("debug", [True, False])
def test_what_would_permit_it_is_told_to_whoever_writes_the_app(
    debug: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with Registry():
        app = WSGI(secret="a secret for tests only", debug=debug)
        Store({"n": 1}, name="closed")
        Store({"n": 1}, name="ruled", writable=["n"], allow=lambda session: False)
        SuperStore(app)
    browser = Browser(app)
    for url in ("closed/n", "ruled/n"):
        assert browser.post(f"/api/_store/{url}", 5).status == 403
    assert browser.get("/api/_store/closed/n").status == 403

    for words in ("writable= does not name it", "allow=", "is not readable="):
        assert (words in caplog.text) is debug, words
