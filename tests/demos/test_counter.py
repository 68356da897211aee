"""The counter in a real browser: clicks count once, also where the server or the line fails."""

from __future__ import annotations

import json

from playwright.sync_api import Locator, Page, Route, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, Traffic, both, second_tab


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
    traffic = Traffic(page, "/counter")
    with page.expect_response("**/api/**") as answer:
        more(page).click()

    expect(number(page)).to_have_text("1")
    assert traffic.lines == ["POST /api/_store/shared/counter"]
    assert json.loads(str(traffic.seen[0].post_data)) == [offer]
    assert answer.value.text() == '<template ht><h3 id="shared-counter">1</h3></template>'
    assert len(answer.value.body()) < 80


def test_a_second_tab_follows_by_itself(page: Page, demos: Server) -> None:
    open_counter(page, demos)
    second = second_tab(page)
    more(page).click()
    expect(number(page)).to_have_text("1")
    expect(number(second)).to_have_text("1")
    second.bring_to_front()
    more(second).click()
    expect(number(second)).to_have_text("2")


def test_twenty_fast_clicks_count_twenty(page: Page, demos: Server) -> None:
    open_counter(page, demos)
    traffic = Traffic(page, "/counter")
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
