"""The wizard in a real browser: nothing is lost on the way, and nothing wrong gets through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.demos.serving import Server, both


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    journal = f"sqlite:///{tmp_path / 'wizard.db'}"
    server = Server("demos.wizard", tmp_path, HTEALEAF_JOURNAL=journal)
    yield server
    server.stop()


def step(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", level=2)).to_have_text(name)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def about_you(page: Page) -> None:
    page.get_by_label("Name").fill("Ada Oduya")
    page.get_by_label("E-mail").fill("ada@example.org")
    press(page, "Next")
    step(page, "Your tasting")


@both
def test_three_steps_and_back_without_loss(tab: Page, mortal: Server, scripts: bool) -> None:
    tab.goto(mortal.url)
    step(tab, "About you")
    about_you(tab)

    tab.get_by_label("Guests").fill("3")
    tab.get_by_label("Anything").fill("No sugar,\nplease")
    press(tab, "Back")
    step(tab, "About you")
    expect(tab.get_by_label("E-mail")).to_have_value("ada@example.org")
    press(tab, "Next")
    step(tab, "Your tasting")
    expect(tab.get_by_label("Guests")).to_have_value("3")
    expect(tab.get_by_label("Anything")).to_have_value("No sugar,\nplease")

    tab.get_by_label("Oolongs").check()
    tab.get_by_label("Day").fill("2001-01-01")
    press(tab, "Next")
    expect(tab.get_by_text("We pour from")).to_be_visible()
    expect(tab.get_by_label("Guests")).to_have_value("3")
    expect(tab.get_by_label("Oolongs")).to_be_checked()
    tab.get_by_label("Day").fill((date.today() + timedelta(days=5)).isoformat())
    press(tab, "Next")
    step(tab, "Look it over")
    expect(tab.get_by_text("54 €")).to_be_visible()

    press(tab, "Book")
    step(tab, "See you at the table")
    expect(tab.get_by_text("T0001")).to_be_visible()
    press(tab, "Book another one")
    step(tab, "About you")
    expect(tab.get_by_label("Name")).to_have_value("")


def test_it_goes_on_after_a_restart(page: Page, mortal: Server) -> None:
    page.goto(mortal.url)
    about_you(page)
    mortal.stop()
    mortal.start()
    page.reload()
    step(page, "Your tasting")
    press(page, "Back")
    expect(page.get_by_label("Name")).to_have_value("Ada Oduya")


def test_by_keyboard_alone(page: Page, mortal: Server) -> None:
    """A step begins in its first field, and Enter leads on."""
    page.goto(mortal.url)
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Ada")
    page.keyboard.press("Tab")
    page.keyboard.type("ada@example.org")
    page.keyboard.press("Enter")
    step(page, "Your tasting")
    page.get_by_label("Green teas").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Oolongs")).to_be_checked()
