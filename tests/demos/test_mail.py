"""The mailbox: panes that keep their place, addresses, and what it is without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from demos import load
from htealeaf.testing import Client
from tests.conftest import ContextFactory
from tests.demos.serving import Server


@pytest.mark.browser
@pytest.mark.server
def test_nothing_is_loaded_anew(page: Page, demos: Server) -> None:
    page.set_viewport_size({"width": 1100, "height": 560})
    page.goto(f"{demos.url}/mail/")
    page.evaluate("window.same = document.querySelector('.list')")
    unread = page.locator(".folders .count")
    expect(unread).to_contain_text("4")
    page.locator(".list").evaluate("list => list.scrollTop = 120")
    page.get_by_role("link", name="Photos from the lake").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Photos from the lake")
    expect(unread).to_contain_text("3")
    assert page.url.endswith("/mail/inbox?m=6")
    assert page.evaluate("same.isConnected && same.scrollTop") >= 120
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Appointment moved to 14:20")
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Choir: seats for the winter concert")
    page.get_by_role("link", name="Archive", exact=True).click()
    expect(page).to_have_title("Archive – Mail")
    page.get_by_role("link", name="Appointment moved to 14:20").click()
    page.get_by_role("button", name="Back to inbox").click()
    expect(page.get_by_role("heading", level=2)).not_to_have_text("Appointment moved to 14:20")
    page.get_by_label("Search in Archive").fill("lentils")
    page.keyboard.press("Enter")
    expect(page.locator(".list li")).to_have_count(1)
    page.go_back()
    page.go_back()
    page.go_back()
    expect(page).to_have_title("Archive – Mail")
    assert page.evaluate("!!window.same")


@pytest.mark.browser
@pytest.mark.server
def test_shortcuts(page: Page, demos: Server) -> None:
    page.goto(f"{demos.url}/mail/")
    heading = page.locator(".open h2")
    page.keyboard.press("j")
    expect(heading).to_have_text("Proofs of the tea book")
    page.keyboard.press("j")
    expect(heading).to_have_text("Train on Thursday")
    page.keyboard.press("k")
    expect(heading).to_have_text("Proofs of the tea book")
    page.keyboard.press("e")
    expect(heading).to_have_text("Train on Thursday")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Shortcuts")).to_be_hidden()
    expect(heading).to_have_text("Train on Thursday")
    page.keyboard.press("Escape")
    expect(heading).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_label("Search in Inbox")).to_be_focused()
    page.keyboard.type("jek?")  # letters, while somebody types
    expect(page.get_by_label("Search in Inbox")).to_have_value("jek?")
    expect(page).to_have_url(f"{demos.url}/mail/inbox")


@pytest.mark.browser
@pytest.mark.server
def test_without_scripts_it_is_pages(context_factory: ContextFactory, demos: Server) -> None:
    page = context_factory(java_script_enabled=False).new_page()
    page.goto(f"{demos.url}/mail/")
    page.get_by_role("link", name="Train on Thursday").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Train on Thursday")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_role("link", name="Train on Thursday")).to_be_visible()


def test_each_visitor_has_mails_of_their_own() -> None:
    app = load("mail").app
    page = Client(app).open("/")
    page.click("#mail-inbox-2 a")
    page.click("button", text="Delete")
    page.click(".folders a", text="Trash")
    assert page.text(".list li strong") == "Tomas Lind"
    other = Client(app).open("/trash")
    assert other.text(".list .empty p") == "Nothing in Trash."
    other.click(".folders a", text="Starred")
    assert len(other.soup.select(".list li")) == 3
    assert Client(app).get("/nowhere").status_code == 404
