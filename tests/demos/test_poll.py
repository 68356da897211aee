"""The poll in a real browser: one vote each, and a chart for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, both


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    server = Server("demos.poll", tmp_path)
    yield server
    server.stop()


def answer(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def chosen(page: Page) -> Locator:
    return page.locator("button[aria-pressed=true]")


def chart(page: Page, *said: str) -> None:
    expect(page.locator("svg")).to_have_accessible_name(f"Votes: {', '.join(said)}")


@both
def test_one_vote_each_which_can_be_moved_and_taken_back(
    tab: Page, mortal: Server, context_factory: ContextFactory
) -> None:
    tab.goto(mortal.url)
    answer(tab, "Tea").click()
    expect(chosen(tab)).to_have_text("Tea")
    chart(tab, "Tea 1", "Coffee 0", "Mate 0", "Just water 0")
    answer(tab, "Tea").click()
    answer(tab, "Mate").click()
    expect(chosen(tab)).to_have_text("Mate")
    chart(tab, "Tea 0", "Coffee 0", "Mate 1", "Just water 0")

    other = context_factory().new_page()
    other.goto(mortal.url)
    expect(chosen(other)).to_have_count(0)
    answer(other, "Mate").click()
    chart(other, "Tea 0", "Coffee 0", "Mate 2", "Just water 0")
    answer(tab, "Take my vote back").click()
    expect(chosen(tab)).to_have_count(0)
    chart(tab, "Tea 0", "Coffee 0", "Mate 1", "Just water 0")


def test_an_impatient_finger_votes_once(page: Page, mortal: Server) -> None:
    page.goto(mortal.url)
    answer(page, "Coffee").dblclick()
    answer(page, "Coffee").evaluate("button => { for (let i = 0; i < 5; i++) button.click(); }")
    expect(page.get_by_role("status")).to_have_text("1 vote")
    page.reload()
    chart(page, "Tea 0", "Coffee 1", "Mate 0", "Just water 0")


def test_a_second_window_of_the_browser_has_the_same_vote(page: Page, mortal: Server) -> None:
    page.goto(mortal.url)
    answer(page, "Tea").click()
    expect(chosen(page)).to_have_text("Tea")
    second = page.context.new_page()
    second.goto(mortal.url)
    expect(chosen(second)).to_have_text("Tea")
    answer(second, "Coffee").click()
    chart(second, "Tea 0", "Coffee 1", "Mate 0", "Just water 0")
