"""The log of the lighthouse: its end comes into view, and the next nights are there."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from demos import load
from htealeaf.testing import Client
from tests.demos.serving import Server

BATCH, NIGHTS = 40, 1200


def test_who_scrolls_sees_more_and_finds_back(page: Page, demos: Server) -> None:
    """Only what comes is sent; the address knows how far one is, so back leads there."""
    page.goto(f"{demos.url}/infinite_scroll/")
    nights = page.get_by_role("listitem")
    expect(nights).to_have_count(BATCH)
    page.evaluate("window.first = document.querySelector('li')")
    bodies: list[str] = []
    page.on(
        "response", lambda answer: bodies.append(answer.text()) if "_visit" in answer.url else None
    )

    for shown in (2, 3):
        page.locator("#more").scroll_into_view_if_needed()
        expect(nights.nth(shown * BATCH - 1)).to_be_attached()
    assert page.evaluate("first.isConnected")
    assert all(body.count("<li") <= BATCH for body in bodies)

    page.locator(f"#night-{2 * BATCH + 5} a").click()
    expect(page.get_by_text("Sky:")).to_be_visible()
    page.go_back()
    expect(page.locator(f"#night-{2 * BATCH + 5}")).to_be_in_viewport()


def test_the_link_leads_on_to_the_end() -> None:
    """By keyboard, and where scripts are off: it has an address."""
    app = load("infinite_scroll").app
    page = Client(app).open(f"/?upto={NIGHTS // BATCH - 1}")

    page.click("#more")

    assert len(page.soup.select("li")) == NIGHTS
    assert page.text("[role=status]") == "That is all: 1,200 nights."
    assert Client(app).open("/?upto=junk").soup.select_one("#more[href$='?upto=2']") is not None
