"""Live pages in a real browser: what others do comes by itself, and not to who does not look."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Response, expect

from htealeaf import (
    WSGI,
    PageStore,
    Registry,
    Session,
    Store,
    SuperStore,
    every,
    fragment,
    value_of,
)
from htealeaf.components import button, div, form, h1, h3, li, p, textInput, ul
from htealeaf.pages.live import Live
from tests.browser.conftest import ContextFactory
from tests.browser.test_framework import SECRET, Site, assert_fresh

HIDE = """hidden => {
  Object.defineProperty(Document.prototype, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""


class Board:
    """A counter, a list, a field, the page's own state, who is signed in, who is online; served."""

    def __init__(self, **options: Any) -> None:
        self.registry = Registry()
        with self.registry:
            self.shared = Store({"counter": 0, "items": []}, name="shared")
            self.own = PageStore({"open": False}, name="own")
        self.sites: list[Site] = []
        self.serve(**options)

    def serve(self, **options: Any) -> None:
        """Serve it, also again as after a restart: on another port, by a process that is new."""
        self.app = WSGI(secret=SECRET, **{"live": True, **options})
        SuperStore(self.app, self.registry)
        self.app.route("/favicon.ico", page=False)(lambda: "")
        self.app.route("/")(self.home)
        self.app.route("/in", methods=["POST"])(enter)
        self.app.route("/out", methods=["POST"])(leave)
        self.sites.append(Site(self.app))
        self.url = self.sites[-1].url

    def home(self, session: Session) -> Any:
        shared, own, app = self.shared, self.own, self.app

        @fragment
        def online() -> Any:
            return p(id="online")(app.online(shared))

        @fragment
        def user() -> Any:
            return p(id="user")(session.get("user") or "nobody")

        return div(
            h1("Board"),
            h3(id="n")(shared.react("counter")),
            button("+", id="plus", onclick=shared.do.update("counter", 1)),
            button("open", id="open", onclick=own.do.toggle("open")),
            own.react("open", lambda on: p(id="state")("open ", shared["counter"]) if on else p()),
            form(id="add", onsubmit=shared.do.append("items", value_of("item")))(
                textInput(name="item", id="item"), button("Add", id="send")
            ),
            ul(shared.each("items", lambda item: li(item.read()))),
            user(),
            online(),
        )

    def live(self, count: int, page: Page | None = None) -> None:
        """Wait until so many pages are live; *page* as for `wait_for`."""
        wait_for(lambda: len(self.app.pages.live) == count, page)


def enter(session: Session) -> str:
    session.sign_in("ann")
    return "in"


def leave(session: Session) -> str:
    session.sign_out()
    return "out"


def wait_for(is_so: Callable[[], bool], page: Page | None = None) -> None:
    """Wait for what no browser tells. It has no end of its own: the suite has one.

    Args:
        page: Playwright has to go on meanwhile, and tell of it.
    """
    while not is_so():
        if page is None:
            time.sleep(0.01)
        else:
            page.wait_for_function("true")


def is_live(answer: Request | Response) -> bool:
    return answer.url.endswith("/api/_live")


@pytest.fixture
def boards() -> Iterator[Callable[..., Board]]:
    made: list[Board] = []

    def make(**options: Any) -> Board:
        made.append(Board(**options))
        return made[-1]

    yield make
    for board in made:
        board.app.pages.live.stop()
        for site in board.sites:
            site.stop()


Boards = Callable[..., Board]
pytestmark = [pytest.mark.server, pytest.mark.browser]


def test_two_browsers_follow_each_other(
    page: Page, boards: Boards, context_factory: ContextFactory
) -> None:
    """What one does the other one shows, without doing anything; and both are what is fresh."""
    board = boards()
    other = context_factory().new_page()
    for tab in (page, other):
        tab.goto(board.url)
    board.live(2)

    page.locator("#plus").click()
    expect(other.locator("#n")).to_have_text("1")
    other.locator("#item").fill("milk")
    other.locator("#send").click()
    expect(page.locator("li")).to_have_text(["milk"])
    board.shared.update("counter", 10)
    for tab in (page, other):
        expect(tab.locator("#n")).to_have_text("11")
        expect(tab.locator("#online")).to_have_text("2")
        assert_fresh(tab)
    other.close()
    expect(page.locator("#online")).to_have_text("1")


def test_typing_goes_on_while_others_write(page: Page, boards: Boards) -> None:
    board = boards()
    page.goto(board.url)
    board.live(1)
    field = page.locator("#item")
    field.focus()
    for at, key in enumerate("bread", 1):
        page.keyboard.type(key)
        board.shared.append("items", key)
        expect(page.locator("li")).to_have_count(at)
        expect(field).to_be_focused()
        assert field.evaluate("field => field.selectionStart") == at
    expect(field).to_have_value("bread")


def test_who_does_not_look_has_no_stream(page: Page, boards: Boards) -> None:
    """A hidden tab ends its stream, and catches up when it is looked at again."""
    board = boards()
    page.goto(board.url)
    board.live(1)
    page.evaluate(HIDE, True)
    board.live(0)
    board.shared.update("counter", 5)
    assert page.locator("#n").text_content() == "0"
    page.evaluate(HIDE, False)
    expect(page.locator("#n")).to_have_text("5")
    board.live(1)
    board.shared.update("counter", 1)
    expect(page.locator("#n")).to_have_text("6")


def test_other_tabs_follow_when_the_key_changes(page: Page, boards: Boards) -> None:
    """Who signs in or out in one tab ends the streams of the others, which come back as they are.

    Their offers are of the new key: they work at once.
    """
    board = boards()
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(board.url)
    board.live(2)
    for path, who in (("/in", "ann"), ("/out", "nobody")):
        page.evaluate(f"fetch('{path}', {{ method: 'POST' }})")
        for tab in (page, other):
            expect(tab.locator("#user")).to_have_text(who)
        board.live(2)
        before = int(other.locator("#n").text_content() or "")
        other.locator("#plus").click()
        expect(page.locator("#n")).to_have_text(str(before + 1))
        expect(other.locator("#ht-error")).to_have_count(0)


def test_a_page_s_own_state_is_what_it_follows_with(
    page: Page, boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was switched in the page stays so in what comes from others.

    The worker that it follows at hears of it, and goes on. What another worker was told makes the
    page follow anew, once nobody clicks, and nothing comes that is of the state of before.
    """
    board = boards()
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if is_live(sent) else None)
    page.goto(board.url)
    board.live(1)
    for n in range(1, 8):
        if n == 5:
            assert len(asked) == 1
            monkeypatch.setattr(Live, "restate", lambda *_: None)
        page.locator("#open").click()
        expect(page.locator("#state")).to_have_count(n % 2)
        board.shared.update("counter", 1)
        expect(page.locator("#n")).to_have_text(str(n))
        if n % 2:
            expect(page.locator("#state")).to_have_text(f"open {n}")
    wait_for(lambda: len(asked) >= 2, page)
    board.live(1)
    board.shared.update("counter", 1)
    expect(page.locator("#state")).to_have_text("open 8")
    assert len(asked) < 6


def test_a_restarted_server_is_found_again(page: Page, boards: Boards) -> None:
    """The stream breaks, and goes on from the cursor that the page shows."""
    board = boards()
    page.goto(board.url)
    board.live(1)
    first = board.sites[0]
    target: list[str] = [board.url]

    def to_the_new_one(route: Any) -> None:
        route.continue_(url=route.request.url.replace(first.url, target[0]))

    page.route("**/*", to_the_new_one)
    board.app.pages.live.stop()
    first.stop()
    board.sites.remove(first)
    board.shared.update("counter", 3)
    board.serve()
    target[0] = board.url
    expect(page.locator("#n")).to_have_text("3", timeout=20_000)
    board.live(1, page)


def test_where_there_is_no_room_the_page_asks_now_and_then(page: Page, boards: Boards) -> None:
    """It asks ever more seldom, is told 304 while nothing happens, and follows all the same."""
    board = boards(max_live=0)
    said: list[int] = []
    page.on("response", lambda answer: said.append(answer.status) if is_live(answer) else None)
    page.clock.install()
    page.goto(board.url)

    def is_asked(times: int) -> bool:
        return len(said) >= times

    # Up to half as long again, so that not all pages ask at once.
    for asked, (least, most) in enumerate([(1_900, 3_100), (2_900, 4_600), (4_400, 6_800)], 1):
        wait_for(partial(is_asked, asked), page)
        page.clock.run_for(least)
        assert len(said) == asked
        page.clock.run_for(most - least)
    wait_for(partial(is_asked, 4), page)
    assert said == [304] * 4
    board.shared.update("counter", 1)
    page.clock.run_for(10_200)
    expect(page.locator("#n")).to_have_text("1")


def test_a_page_that_is_not_live_asks_for_nothing(page: Page, boards: Boards) -> None:
    board = boards(live=False)
    accepted: list[str] = []
    page.on("request", lambda asked: accepted.append(asked.headers.get("accept", "")))
    page.goto(board.url)
    board.shared.update("counter", 1)
    page.evaluate("htealeaf.catchUp()")
    expect(page.locator("#n")).to_have_text("1")
    assert "text/event-stream" not in accepted


def test_a_clock_ticks_while_it_is_looked_at(page: Page, boards: Boards) -> None:
    board = boards()
    ticks: list[float] = []

    @fragment
    def clock() -> Any:
        every(0.2)
        ticks.append(time.time())
        return p(id="clock")(f"{time.time():.1f}")

    board.app.route("/clock")(lambda: div(h1("Clock"), clock()))
    page.goto(f"{board.url}/clock")
    first = page.locator("#clock").text_content() or ""
    expect(page.locator("#clock")).not_to_have_text(first)
    board.live(1)
    page.evaluate(HIDE, True)
    board.live(0)
    time.sleep(0.3)  # one may be under way
    seen = len(ticks)
    time.sleep(0.5)  # what is not looked at is not rendered: there is nothing to wait for
    assert len(ticks) == seen
