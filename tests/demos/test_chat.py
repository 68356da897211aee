"""The chat in real browsers: what one says, all read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, both


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    journal = f"sqlite:///{tmp_path / 'chat.db'}"
    server = Server("demos.chat", tmp_path, HTEALEAF_JOURNAL=journal)
    yield server
    server.stop()


def join(page: Page, server: Server, name: str) -> None:
    page.goto(server.url)
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your name").press("Enter")
    expect(page.get_by_label("Message", exact=True)).to_be_visible()


def say(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.get_by_role("log")).to_contain_text(text)


@both
def test_joining_saying_something_and_leaving(tab: Page, mortal: Server) -> None:
    tab.goto(mortal.url)
    expect(tab.get_by_text("Nobody has said anything yet.")).to_be_visible()
    join(tab, mortal, "Ada")
    say(tab, "Is there <b>tea</b>?")
    say(tab, "Milk?")
    expect(tab.get_by_role("log").get_by_role("listitem")).to_have_count(2)
    expect(tab.get_by_label("Message", exact=True)).to_have_value("")
    tab.get_by_role("button", name="Leave").click()
    expect(tab.get_by_label("Your name")).to_be_visible()


def test_two_windows_follow_each_other(
    page: Page, mortal: Server, context_factory: ContextFactory
) -> None:
    other = context_factory().new_page()
    join(page, mortal, "Ada")
    join(other, mortal, "Ben")
    say(page, "Hello Ben")
    expect(other.get_by_role("log")).to_contain_text("Hello Ben")
    other.get_by_label("Message", exact=True).fill("half a sent")
    say(page, "Are you there?")
    expect(other.get_by_role("log")).to_contain_text("Are you there?")
    expect(other.get_by_label("Message", exact=True)).to_have_value("half a sent")


def test_what_is_unread_stands_in_the_title_until_it_is_looked_at(
    page: Page, mortal: Server, context_factory: ContextFactory
) -> None:
    other = context_factory().new_page()
    join(page, mortal, "Ada")
    join(other, mortal, "Ben")
    page.get_by_role("link", name="Kitchen").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Kitchen")
    say(other, "In the lobby")
    expect(page).to_have_title("(1) Chat")
    expect(page.get_by_role("link", name="Lobby")).to_contain_text("1")
    page.get_by_role("link", name="Lobby").click()
    page.get_by_role("log").hover()
    expect(page).to_have_title("Chat")


def test_a_room_is_a_room(page: Page, mortal: Server) -> None:
    join(page, mortal, "Ada")
    say(page, "Only here")
    page.get_by_role("link", name="Garden").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Garden")
    expect(page.get_by_text("Only here")).to_have_count(0)


def test_it_is_all_there_after_a_restart(page: Page, mortal: Server) -> None:
    join(page, mortal, "Ada")
    say(page, "Before")
    mortal.stop()
    mortal.start()
    say(page, "After")
    expect(page.get_by_role("log").get_by_role("listitem")).to_have_count(2)


def test_who_is_here(page: Page, mortal: Server, context_factory: ContextFactory) -> None:
    join(page, mortal, "Ada")
    expect(page.get_by_text("1 window open here")).to_be_visible()
    other = context_factory().new_page()
    other.goto(mortal.url)
    expect(page.get_by_text("2 windows open here")).to_be_visible()
    other.close()
    expect(page.get_by_text("1 window open here")).to_be_visible(timeout=30_000)
