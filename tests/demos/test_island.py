"""The chart and the map of the island: two libraries, told by the server and by nobody else."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.demos.serving import Server


def test_what_a_library_draws_follows_the_server(page: Page, tmp_path: Path) -> None:
    """A press on the map fills a form, a drag sends one; the drawings stay the same elements."""
    server = Server("demos.island", tmp_path)
    try:
        page.goto(server.url)
        chart, pins = page.locator("#chart canvas"), page.locator("#map .pin")
        expect(chart).to_be_visible()
        expect(pins).to_have_count(3)
        page.evaluate("window.drawn = [chart.querySelector('canvas'), map.querySelector('path')]")

        page.locator("#map").click(position={"x": 200, "y": 120})
        place = page.locator("#place")
        expect(place.get_by_label("Name")).to_be_focused()
        place.get_by_label("Name").fill("Beacon")
        place.get_by_role("button", name="Place").click()
        expect(pins).to_have_count(4)
        # A curve more is another chart, and the map is the same.
        expect(page.locator("#chart .u-legend")).to_contain_text("Beacon")
        assert page.evaluate("drawn[1].isConnected && !drawn[0].isConnected")

        page.evaluate("drawn[0] = chart.querySelector('canvas')")
        pin = page.locator("#map .pin[title=Ridge]")
        with page.expect_response("**/api/_action/move"):
            pin.drag_to(page.locator("#map"), target_position={"x": 400, "y": 200})
        page.evaluate("htealeaf.catchUp()")
        pinned = page.evaluate("JSON.parse(map.dataset.pins).find(([, name]) => name === 'Ridge')")
        with page.expect_response("**/api/_action/measure"):
            page.get_by_label("Degrees").fill("9.5")
            page.keyboard.press("Enter")
        page.evaluate("htealeaf.catchUp()")
        assert pinned[2:] != [36, 47]
        assert page.evaluate("JSON.parse(chart.dataset.curves)[0][1].at(-1)") == 9.5
        assert page.evaluate("drawn.every((el) => el.isConnected)")
    finally:
        server.stop()
