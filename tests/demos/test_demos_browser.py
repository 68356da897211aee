"""The demos in a real browser, with scripts and without."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.conftest import ContextFactory

ROOT = Path(__file__).parents[2]


both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


class Server:
    """A process that serves demos; it can be killed and started again on the same port."""

    def __init__(self, module: str) -> None:
        self.module, self.port = module, 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", self.module, "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        found = re.match(r"http://127\.0\.0\.1:(\d+)/", self.process.stdout.readline())
        assert found, "the server says where it is"
        self.port = int(found[1])

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def demos() -> Iterator[Server]:
    server = Server("demos")
    yield server
    server.stop()


@pytest.fixture
def mortal() -> Iterator[Server]:
    """A server for one test, which may kill it."""
    server = Server("demos.counter")
    yield server
    server.stop()


@pytest.fixture
def tab(context_factory: ContextFactory, scripts: bool) -> Page:
    return context_factory(java_script_enabled=scripts).new_page()


def card(page: Page, name: str = "Everybody’s") -> Locator:
    return page.get_by_role("region", name=name)


def more(page: Page, name: str = "Everybody’s") -> Locator:
    return card(page, name).get_by_role("button", name="One more")


def number(page: Page, name: str = "Everybody’s") -> Locator:
    return card(page, name).locator("h3")


def open_counter(page: Page, server: Server) -> None:
    """Open the counter, everybody's at 0."""
    page.goto(f"{server.url}/counter/")
    card(page).get_by_role("button", name="Reset").click()
    expect(number(page)).to_have_text("0")


def sign_in(page: Page, server: Server, name: str) -> None:
    page.goto(f"{server.url}/todo/")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def tasks(page: Page) -> Locator:
    return page.get_by_role("checkbox")


def add(page: Page, *names: str) -> None:
    field = page.get_by_label("New task")
    for name in names:
        expect(field).to_be_focused()
        expect(field).to_have_value("")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(page.get_by_role("checkbox", name=name, exact=True)).to_be_visible()
    expect(field).to_be_focused()  # without scripts, only when the page is there as a whole


def second_tab(page: Page) -> Page:
    """Open the page again, in a tab behind it; of the two, only the one in front has the focus."""
    second = page.context.new_page()
    second.goto(page.url)
    for tab in (page, second):
        # Playwright tells every tab that it has the focus.
        session = page.context.new_cdp_session(tab)
        session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    page.bring_to_front()
    return second


class Traffic:
    """The requests of a tab, from now on."""

    def __init__(self, page: Page) -> None:
        self.seen: list[Request] = []
        page.on("request", lambda request: self.seen.append(request))

    @property
    def lines(self) -> list[str]:
        return [f"{r.method} {r.url.partition('/counter')[2]}" for r in self.seen]


# -- the index -----------------------------------------------------------------------------


@both
def test_the_index_says_what_each_demo_shows_and_leads_there(tab: Page, demos: Server) -> None:
    """Each card is a link; the demo's header leads back."""
    tab.goto(demos.url)
    expect(tab.get_by_role("listitem")).to_have_count(2)
    for name in ("Counter", "To-do"):
        entry = tab.get_by_role("listitem").filter(has=tab.get_by_role("link", name=name))
        expect(entry).to_contain_text("Shows:")
        expect(entry).to_contain_text("python -m demos.")

        tab.get_by_role("link", name=name).click()
        expect(tab).to_have_title(name)
        tab.get_by_role("link", name="htealeaf demos").click()
        expect(tab).to_have_title("htealeaf demos")


@pytest.mark.parametrize("module", ["demos.counter", "demos.todo"])
def test_a_demo_runs_alone(page: Page, module: str) -> None:
    """At the root of a server it looks the same as below a path."""
    server = Server(module)
    try:
        page.goto(server.url)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert (
            page.evaluate("getComputedStyle(document.querySelector('.card')).borderRadius")
            == "16px"
        )
    finally:
        server.stop()


# -- the counter ---------------------------------------------------------------------------


@both
def test_counting_up_down_and_back_to_nothing(tab: Page, demos: Server) -> None:
    open_counter(tab, demos)
    for name, shown in (
        ("One more", "1"), ("One more", "2"), ("One less", "1"),
        ("Reset", "0"), ("One less", "-1"),
    ):  # fmt: skip
        card(tab).get_by_role("button", name=name).click()
        expect(number(tab)).to_have_text(shown)
    expect(tab).to_have_url(f"{demos.url}/counter/")


@both
def test_one_counter_is_everybodys_and_one_this_browsers(
    tab: Page, demos: Server, context_factory: ContextFactory
) -> None:
    open_counter(tab, demos)
    more(tab).click()
    expect(number(tab)).to_have_text("1")
    more(tab, "This browser’s").click()
    expect(number(tab, "This browser’s")).to_have_text("1")

    stranger = context_factory().new_page()
    stranger.goto(f"{demos.url}/counter/")
    expect(number(stranger)).to_have_text("1")
    expect(number(stranger, "This browser’s")).to_have_text("0")
    second = tab.context.new_page()
    second.goto(f"{demos.url}/counter/")
    expect(number(second, "This browser’s")).to_have_text("1")


def test_a_click_is_one_small_post_and_no_get(page: Page, demos: Server) -> None:
    """The body is the offer as it was signed; the answer is the one element that shows the sum."""
    open_counter(page, demos)
    offer = str(more(page).get_attribute("formaction")).partition("?")[2]
    traffic = Traffic(page)
    with page.expect_response("**/api/**") as answer:
        more(page).click()

    expect(number(page)).to_have_text("1")
    assert traffic.lines == ["POST /api/_store/shared/counter"]
    assert json.loads(str(traffic.seen[0].post_data)) == [offer]
    assert answer.value.text() == '<template ht><h3 id="shared-counter">1</h3></template>'
    assert len(answer.value.body()) < 80


def test_a_second_tab_shows_it_when_it_is_looked_at(page: Page, demos: Server) -> None:
    open_counter(page, demos)
    second = second_tab(page)
    more(page).click()
    expect(number(page)).to_have_text("1")
    assert number(second).text_content() == "0"

    second.bring_to_front()
    expect(number(second)).to_have_text("1")
    more(second).click()
    expect(number(second)).to_have_text("2")


def test_twenty_fast_clicks_count_twenty(page: Page, demos: Server) -> None:
    open_counter(page, demos)
    traffic = Traffic(page)
    more(page).evaluate("button => { for (let i = 0; i < 20; i++) button.click(); }")

    expect(number(page)).to_have_text("20")
    assert traffic.lines == ["POST /api/_store/shared/counter"] * 20


@both
def test_twenty_clicks_of_a_hand_count_twenty(tab: Page, demos: Server, scripts: bool) -> None:
    """Without scripts each click is a page load."""
    open_counter(tab, demos)
    for count in range(20):
        more(tab).click()
        if not scripts:
            expect(number(tab)).to_have_text(str(count + 1))

    expect(number(tab)).to_have_text("20")


@both
def test_a_page_outlives_the_server(tab: Page, mortal: Server) -> None:
    """Killed and started again between two clicks: the second one works."""
    tab.goto(mortal.url)
    more(tab).click()
    expect(number(tab)).to_have_text("1")

    mortal.stop()
    mortal.start()
    more(tab).click()
    expect(number(tab)).to_have_text("1")  # the memory of the new process began at 0
    more(tab).click()
    expect(number(tab)).to_have_text("2")


def test_a_click_while_the_server_is_away_counts_when_it_is_back(
    page: Page, mortal: Server
) -> None:
    page.goto(mortal.url)
    mortal.stop()
    with page.expect_event("requestfailed"):
        more(page).click()

    mortal.start()
    expect(number(page)).to_have_text("1", timeout=15_000)


def test_a_click_whose_answer_got_lost_counts_once(page: Page, demos: Server) -> None:
    """The server did it, the answer never came, the same click is sent again."""
    open_counter(page, demos)
    ids: list[str | None] = []

    def lose_the_first_answer(route: Route) -> None:
        ids.append(route.request.header_value("ht-id"))
        if len(ids) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/_store/**", lose_the_first_answer)
    more(page).click()
    expect(number(page)).to_have_text("1")
    assert len(ids) == 2
    assert ids[0] == ids[1]

    more(page).click()
    expect(number(page)).to_have_text("2")
    assert ids[2] != ids[0]


def test_a_click_without_network_counts_once_when_it_is_back(page: Page, demos: Server) -> None:
    open_counter(page, demos)
    page.context.set_offline(True)
    with page.expect_event("requestfailed"):
        more(page).click()
    expect(number(page)).to_have_text("0")

    page.context.set_offline(False)
    expect(number(page)).to_have_text("1")
    more(page).click()
    expect(number(page)).to_have_text("2")


# -- the to-do list ------------------------------------------------------------------------


@both
def test_a_list_from_the_first_task_to_signing_out(tab: Page, demos: Server, scripts: bool) -> None:
    sign_in(tab, demos, f"Ada {scripts}")
    expect(tab.get_by_text("Nothing here yet.")).to_be_visible()
    expect(tab.get_by_text("left")).to_be_hidden()

    add(tab, "Water the fern", "Buy oolong", "<b>Escape</b> & 'quote'")
    expect(tab.get_by_text("3 things left")).to_be_visible()
    tab.get_by_role("checkbox", name="Buy oolong").click()
    expect(tab.get_by_role("checkbox", name="Buy oolong")).to_be_checked()
    expect(tab.get_by_text("2 things left")).to_be_visible()

    tab.get_by_role("button", name="Delete Water the fern").click()
    expect(tasks(tab)).to_have_text(["Buy oolong", "<b>Escape</b> & 'quote'"])
    expect(tab.get_by_text("1 thing left")).to_be_visible()
    tasks(tab).last.click()
    expect(tab.get_by_text("All done")).to_be_visible()
    expect(tab).to_have_url(f"{demos.url}/todo/")

    tab.get_by_role("button", name="Sign out").click()
    expect(tab).to_have_url(f"{demos.url}/todo/login")
    sign_in(tab, demos, f"Ada {scripts}")
    expect(tasks(tab)).to_have_count(2)
    tab.get_by_role("button", name="Delete").first.click()
    expect(tasks(tab)).to_have_count(1)
    tab.get_by_role("button", name="Delete").first.click()
    expect(tab.get_by_text("Nothing here yet.")).to_be_visible()


@both
def test_enter_in_the_field_adds_and_presses_nothing_else(
    tab: Page, demos: Server, scripts: bool
) -> None:
    """No task is ticked or deleted, and nobody is signed out."""
    sign_in(tab, demos, f"Bo {scripts}")
    add(tab, "one", "two", "three")

    expect(tasks(tab)).to_have_text(["one", "two", "three"])
    expect(tab.get_by_role("checkbox", checked=True)).to_have_count(0)
    tab.get_by_label("New task").press("Enter")  # with nothing in it, nothing happens
    tab.get_by_label("New task").fill("   ")
    tab.get_by_label("New task").press("Enter")
    tab.reload()
    expect(tasks(tab)).to_have_text(["one", "two", "three"])


@both
def test_the_whole_list_by_keyboard(tab: Page, demos: Server, scripts: bool) -> None:
    """Tab reaches everything in reading order; Space and Enter press it; the focus shows."""
    sign_in(tab, demos, f"Cy {scripts}")
    add(tab, "one", "two")
    for name in ("Add", "one", "Delete one", "two"):
        tab.keyboard.press("Tab")
        focused = tab.locator(":focus-visible")
        expect(focused).to_have_accessible_name(name)
        if scripts:
            assert focused.evaluate("el => getComputedStyle(el).outlineStyle") == "solid"

    tab.keyboard.press("Space")
    expect(tab.get_by_role("checkbox", name="two")).to_be_checked()
    tab.get_by_role("button", name="Delete one").press("Enter")
    expect(tasks(tab)).to_have_text(["two"])


def test_a_change_keeps_the_focus_where_it_was(page: Page, demos: Server) -> None:
    sign_in(page, demos, "Di")
    add(page, "one", "two")
    page.get_by_role("checkbox", name="two").press("Space")
    expect(page.get_by_role("checkbox", name="two")).to_be_checked()
    expect(page.get_by_role("checkbox", name="two")).to_be_focused()


def test_a_list_belongs_to_its_user(
    page: Page, demos: Server, context_factory: ContextFactory
) -> None:
    """Another name has another list; the same name in another browser has the same one."""
    sign_in(page, demos, "Eve")
    add(page, "Eve's task")

    other = context_factory().new_page()
    sign_in(other, demos, "Finn")
    expect(other.get_by_text("Nothing here yet.")).to_be_visible()
    same = context_factory().new_page()
    sign_in(same, demos, "Eve")
    expect(tasks(same)).to_have_text(["Eve's task"])


def test_two_tabs_on_one_list(page: Page, demos: Server) -> None:
    sign_in(page, demos, "Gil")
    second = second_tab(page)
    page.get_by_label("New task").focus()
    add(page, "one", "two")
    page.get_by_role("button", name="Delete one").click()
    expect(tasks(page)).to_have_text(["two"])

    second.bring_to_front()
    expect(tasks(second)).to_have_text(["two"])
    second.get_by_role("button", name="Sign out").click()
    page.bring_to_front()
    expect(page).to_have_url(f"{demos.url}/todo/login")


def test_a_click_on_an_old_page_meets_the_row_that_was_shown(page: Page, demos: Server) -> None:
    """Deleting the second row deletes it, though it is the first one by now."""
    sign_in(page, demos, "Hal")
    add(page, "one", "two", "three")
    second = second_tab(page)
    delete_two = second.get_by_role("button", name="Delete two")
    page.get_by_role("button", name="Delete one").click()
    expect(tasks(page)).to_have_text(["two", "three"])

    delete_two.evaluate("button => button.click()")  # without looking at the tab before
    expect(tasks(second)).to_have_text(["three"])


# -- looks ---------------------------------------------------------------------------------


def every_page(page: Page, server: Server, name: str) -> Iterator[str]:
    for path in ("/", "/counter/", "/todo/login"):
        page.goto(server.url + path)
        yield path
    sign_in(page, server, name)
    yield "/todo/ empty"
    add(page, "Short", "A" * 120, "A letter to somebody who lives far away and waits for it " * 3)
    tasks(page).first.click()
    expect(tasks(page).first).to_be_checked()
    yield "/todo/ full"


def test_nothing_is_wider_than_a_small_phone(
    context_factory: ContextFactory, demos: Server
) -> None:
    page = context_factory(viewport={"width": 360, "height": 640}, has_touch=True).new_page()
    for path in every_page(page, demos, "Ida"):
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        for button in page.get_by_role("button").all():
            box = button.bounding_box()
            assert box is not None, path
            assert min(box["width"], box["height"]) >= 36, f"{path}: {button}"


# WCAG 2.2, "contrast ratio": of each text to the nearest background behind it.
CONTRASTS = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => {
    const [r, g, b] = channels(text).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (el) => {
    for (; el; el = el.parentElement) {
      const color = getComputedStyle(el).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
  };
  return [...document.querySelectorAll("body *")]
    .filter((el) => [...el.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((el) => el.checkVisibility())
    .map((el) => {
      const [a, b] = [light(getComputedStyle(el).color), light(behind(el))].sort((x, y) => y - x);
      return [el.outerHTML.slice(0, 80), (a + 0.05) / (b + 0.05)];
    });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_by_day_and_by_night(
    context_factory: ContextFactory, demos: Server, scheme: str
) -> None:
    page = context_factory(color_scheme=scheme).new_page()
    for path in every_page(page, demos, f"Jo {scheme}"):
        red, *_ = map(int, re.findall(r"\d+", page.locator("html").evaluate(
            "el => getComputedStyle(el).backgroundColor")))  # fmt: skip
        assert (red > 128) == (scheme == "light"), path
        for text, ratio in page.evaluate(CONTRASTS):
            assert ratio >= 4.5, f"{path}: {ratio:.1f} in {text}"


def test_the_pages_keep_their_strict_policy(page: Page, demos: Server) -> None:
    """`script-src 'self'` stands in the header, and the browser has nothing to say about it."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    policies = []
    page.on("response", lambda r: policies.append(r.headers.get("content-security-policy", "")))
    for _ in every_page(page, demos, "Kim"):
        pass
    open_counter(page, demos)
    assert sum("script-src 'self'" in policy for policy in policies) >= 5
    assert said == []
