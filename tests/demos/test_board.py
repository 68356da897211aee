"""The board: cards dragged within a column and between columns, in two windows."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from demos import load
from htealeaf.testing import Client
from tests.demos.serving import Server, second_tab


def texts(page: Page, column: str) -> list[str]:
    return page.locator(f"#cards-{column} .text").all_inner_texts()


def test_cards_are_dragged_and_taken_back_in_two_windows(page: Page, tmp_path: Path) -> None:
    """What one moves the other sees; each takes back what this browser did last."""
    server = Server("demos.board", tmp_path)
    try:
        page.goto(server.url)
        other = second_tab(page)
        printer = page.locator(".item", has_text="Write to the printer")
        printer.drag_to(
            page.locator("#cards-todo .item").nth(2), target_position={"x": 20, "y": 45}
        )
        cover = ["Choose a cover", "Ask Björn about the map", "Write to the printer"]
        expect(page.locator("#cards-todo .text")).to_have_text(cover)

        page.locator(".item", has_text="Choose a cover").drag_to(
            page.locator("#cards-doing .item").first, target_position={"x": 20, "y": 5}
        )
        expect(page.locator("#cards-doing .text")).to_have_text(
            ["Choose a cover", "Read the proofs"]
        )
        expect(page.locator("#title-doing")).to_have_text("Doing 2")
        other.bring_to_front()
        expect(other.locator("#cards-doing .text")).to_have_text(
            ["Choose a cover", "Read the proofs"]
        )

        other.get_by_role("button", name="Undo").click()
        expect(other.locator("#cards-todo .text")).to_have_text(cover)
        expect(other.locator("#cards-doing .text")).to_have_text(["Read the proofs"])
        other.get_by_role("button", name="Undo").click()
        expect(other.locator("#cards-todo .text").last).to_have_text("Ask Björn about the map")
        expect(other.get_by_role("button", name="Undo")).to_be_disabled()
        other.get_by_role("button", name="Redo").click()
        expect(other.locator("#cards-todo .text")).to_have_text(cover)
    finally:
        server.stop()


def test_a_card_that_is_gone_is_told_and_nothing_is_moved() -> None:
    """One deletes it while another still sees it."""
    app = load("board").app
    page, other = Client(app).open("/"), Client(app).open("/")
    other.click("button[aria-label='Delete Find a title']")

    page.drag("#cards-done li:first-child", to="#cards-doing", index=0)

    assert page.error == "Somebody has deleted this card."
    assert page.text("#title-done") == "Done 1"
