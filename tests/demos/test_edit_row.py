"""Rows that are edited in their place, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, both


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    server = Server("demos.edit_row", tmp_path)
    yield server
    server.stop()


def edit(page: Page, name: str) -> None:
    page.get_by_role("link", name=f"Edit {name}").click()
    expect(page.get_by_label("Name")).to_have_value(name)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


@both
def test_a_row_turns_into_a_form_and_back(tab: Page, mortal: Server, scripts: bool) -> None:
    tab.goto(mortal.url)
    edit(tab, "Chen Wei")
    tab.get_by_label("E-mail").fill("ada@example.org")
    save(tab)
    expect(tab.get_by_text("Somebody else has this address.")).to_be_visible()
    expect(tab.get_by_label("E-mail")).to_have_value("ada@example.org")

    tab.get_by_label("E-mail").fill("chen.wei@example.org")
    tab.get_by_label("Role").select_option("Sales")
    save(tab)
    row = tab.get_by_role("row").filter(has_text="Chen Wei")
    expect(row).to_contain_text("chen.wei@example.org")
    expect(row).to_contain_text("Sales")
    expect(tab.get_by_text("Chen Wei is saved.")).to_be_visible()

    edit(tab, "Ada Oduya")
    tab.get_by_label("Name").fill("Nobody")
    tab.get_by_role("link", name="Cancel").click()
    expect(tab.get_by_role("link", name="Edit Ada Oduya")).to_be_visible()


def test_by_keyboard_alone(page: Page, mortal: Server) -> None:
    """The focus goes into the row, and at Escape back to where it was."""
    page.goto(mortal.url)
    button = page.get_by_role("link", name="Edit Emeka Obi")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Emeka O.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Edit Emeka O.")).to_be_focused()


def test_two_people_edit_the_same_row(
    page: Page, mortal: Server, context_factory: ContextFactory
) -> None:
    """Who saves second is told, sees what the other one wrote, and keeps what was typed."""
    other = context_factory().new_page()
    for tab in (page, other):
        tab.goto(mortal.url)
        edit(tab, "Dolores Prado")
    other.get_by_label("Name").fill("Dolores Prado Ruiz")
    save(other)
    expect(other.get_by_text("is saved.")).to_be_visible()

    page.get_by_label("E-mail").fill("prado@example.org")
    save(page)
    expect(page.get_by_text("Somebody has saved this row meanwhile").first).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("prado@example.org")
    expect(page.get_by_text("Dolores Prado Ruiz, dolores@example.org, Sales")).to_be_visible()
    page.get_by_role("link", name="Keep what I typed").click()
    expect(page.get_by_role("link", name="Keep what I typed")).to_have_count(0)
    save(page)
    expect(page.get_by_role("link", name="prado@example.org")).to_be_visible()
