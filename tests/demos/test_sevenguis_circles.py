"""The contract of the 7GUIs: circles, in Chromium."""

from __future__ import annotations

from typing import Literal

from playwright.sync_api import Locator, Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, second_tab
from tests.demos.test_sevenguis_fields import opened, part, stayed


def circles(page: Page) -> Locator:
    return page.locator("[data-testid=circles-canvas] > circle")


class Canvas:
    """The canvas, by the mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate("window.scrollTo(0, 50)")
        box = part(page, "circles-canvas").bounding_box()
        assert box is not None
        assert box["width"] >= 400
        assert box["height"] >= 300
        self.left, self.top = box["x"], box["y"]

    def move(self, x: float, y: float) -> None:
        self.page.mouse.move(self.left + x, self.top + y)

    def click(self, x: float, y: float, button: Literal["left", "right"] = "left") -> None:
        self.page.mouse.click(self.left + x, self.top + y, button=button)

    def grey(self, *which: int) -> None:
        """See that just these are filled grey, and the others not at all."""
        for at in range(circles(self.page).count()):
            fill = "rgb(184, 184, 184)" if at in which else "none"
            expect(circles(self.page).nth(at)).to_have_css("fill", fill)

    def adjust(self, x: float, y: float) -> Locator:
        """Open the dialog of the circle there, and return its slider."""
        self.move(x, y)
        self.click(x, y, "right")
        expect(part(self.page, "circles-menu")).to_be_visible()
        part(self.page, "circles-menu-adjust").click()
        expect(part(self.page, "circles-dialog")).to_be_visible()
        expect(part(self.page, "circles-menu")).to_be_hidden()
        return part(self.page, "circles-diameter")


def test_circles_are_drawn_and_the_one_under_the_pointer_is_grey(
    page: Page, context_factory: ContextFactory, demos: Server
) -> None:
    opened(page, demos, "circles")
    canvas = Canvas(page)
    for x, y in ((100, 100), (200, 120), (130, 100)):
        canvas.click(x, y)
    expect(circles(page)).to_have_count(3)
    assert circles(page).evaluate_all(
        "all => all.map((one) => ['cx', 'cy', 'r'].map((name) => +one.getAttribute(name)))"
    ) == [[100, 100, 25], [200, 120, 25], [130, 100, 25]]
    assert canvas.left % 1 == canvas.top % 1 == 0
    canvas.grey(2)  # where the pointer still is
    canvas.click(120, 100)  # inside two of them
    canvas.move(112, 100)
    canvas.grey(0)
    canvas.move(118, 100)
    canvas.grey(2)
    canvas.move(100, 280)
    canvas.grey()
    canvas.move(200, 130)
    canvas.grey(1)
    page.mouse.move(5, 5)
    canvas.grey()
    expect(circles(page)).to_have_count(3)
    for at in range(6):  # fast ones all count
        canvas.click(320 + 50 * at, 280)
    expect(circles(page)).to_have_count(9)
    stayed(page)
    other = opened(context_factory().new_page(), demos, "circles")
    expect(circles(other)).to_have_count(0)


def diameters(page: Page, *wanted: int) -> None:
    expect(circles(page)).to_have_count(len(wanted))
    for at, diameter in enumerate(wanted):
        expect(circles(page).nth(at)).to_have_attribute("r", f"{diameter / 2:g}")


def test_an_adjustment_is_one_step(page: Page, demos: Server) -> None:
    opened(page, demos, "circles")
    canvas = Canvas(page)
    undo, redo = part(page, "circles-undo"), part(page, "circles-redo")
    dialog = part(page, "circles-dialog")
    expect(undo).to_be_disabled()
    expect(redo).to_be_disabled()
    expect(part(page, "circles-menu")).to_be_hidden()
    expect(dialog).to_be_hidden()

    canvas.click(100, 100)
    canvas.click(300, 100)
    expect(circles(page)).to_have_count(2)
    slider = canvas.adjust(100, 100)
    expect(slider).to_have_value("50")
    expect(slider).to_be_focused()
    for diameter in ("20", "61", "100"):
        slider.fill(diameter)
        diameters(page, int(diameter), 50)
    part(page, "circles-dialog-close").click()
    expect(dialog).to_be_hidden()
    canvas.adjust(300, 100)
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    diameters(page, 100, 60)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    for left in ([100, 50], [50, 50], [50], []):
        undo.click()
        diameters(page, *left)
    expect(undo).to_be_disabled()
    for _ in range(3):
        redo.click()
    diameters(page, 100, 50)
    slider = canvas.adjust(100, 100)
    expect(slider).to_have_value("100")
    part(page, "circles-dialog-close").click()  # nothing was adjusted: no step
    expect(dialog).to_be_hidden()
    redo.click()
    diameters(page, 100, 60)
    undo.click()
    diameters(page, 100, 50)
    canvas.click(500, 280)
    expect(circles(page)).to_have_count(3)
    expect(redo).to_be_disabled()
    undo.click()
    diameters(page, 100, 50)
    stayed(page)


def test_the_menu_goes_where_one_clicks_elsewhere(page: Page, demos: Server) -> None:
    opened(page, demos, "circles")
    canvas = Canvas(page)
    canvas.click(100, 100)
    canvas.move(100, 100)
    canvas.click(100, 100, "right")
    menu = part(page, "circles-menu")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    canvas.click(101, 100, "right")
    expect(menu).to_be_visible()
    canvas.click(400, 280)
    expect(menu).to_be_hidden()
    canvas.click(500, 100, "right")
    canvas.grey()
    expect(menu).to_be_hidden()
    second = second_tab(page)
    canvas.click(100, 100, "right")
    expect(menu).to_be_visible()
    expect(circles(second)).to_have_count(2)
    expect(part(second, "circles-menu")).to_be_hidden()
    part(second, "circles-undo").click()
    part(second, "circles-undo").click()
    expect(circles(page)).to_have_count(0)
    expect(menu).to_be_hidden()
