"""The active search in a real browser: one request a pause, and what is late never wins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.demos.serving import Server, both


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    server = Server("demos.search", tmp_path)
    yield server
    server.stop()


def test_one_request_a_pause(page: Page, mortal: Server) -> None:
    page.goto(mortal.url)
    expect(page.get_by_role("status")).to_contain_text("10,000 people")
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.url) if "/api/" in r.url else None)
    page.get_by_role("searchbox").press_sequentially("ada abb", delay=20)
    expect(page.get_by_role("status")).to_contain_text("1 person")
    assert len(sent) == 1
    expect(page.get_by_role("listitem")).to_have_text(["Ada AbbasAccra"])
    expect(page).to_have_url(f"{mortal.url}/?q=ada+abb")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_an_answer_that_is_late_never_wins(page: Page, mortal: Server) -> None:
    page.goto(mortal.url)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route("**/api/**", hold_the_first)
    field = page.get_by_role("searchbox")
    with page.expect_request("**/api/**"):
        field.press_sequentially("ada")
    field.press_sequentially(" zhang")
    page.wait_for_timeout(400)  # longer than the pause of the field
    held[0].continue_()
    expect(page.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("listitem")).to_contain_text("Ada Zhang")
    expect(field).to_have_value("ada zhang")


@both
def test_what_is_looked_for_stands_in_the_address(tab: Page, mortal: Server) -> None:
    tab.goto(f"{mortal.url}/?q=ada+zhang")
    expect(tab.get_by_role("searchbox")).to_have_value("ada zhang")
    expect(tab.get_by_role("listitem")).to_have_count(1)
    tab.get_by_role("searchbox").fill("<b>")
    tab.get_by_role("button", name="Search").click()
    expect(tab.get_by_role("status")).to_contain_text("Nobody")
    expect(tab.get_by_role("searchbox")).to_have_value("<b>")


def test_what_was_hit_is_marked(page: Page, mortal: Server) -> None:
    page.goto(f"{mortal.url}/?q=jon+wei")
    expect(page.get_by_role("listitem").first.locator("mark")).to_have_text(["Jon", "Wei"])
