"""The contract of the 7GUIs: cells, in Chromium."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, second_tab
from tests.demos.test_sevenguis_fields import opened, part, stayed


def cell(page: Page, name: str) -> Locator:
    return part(page, f"cell-{name}")


def enter(page: Page, name: str, text: str) -> None:
    cell(page, name).dblclick()
    field = part(page, "cell-input")
    expect(field).to_be_focused()
    field.fill(text)
    page.keyboard.press("Enter")
    expect(field).to_have_count(0)


def shows(page: Page, **values: str) -> None:
    for name, text in values.items():
        expect(cell(page, name)).to_have_text(text)


WATCH = """
() => {
  window.touched = new Set();
  for (const one of document.querySelectorAll("td[data-testid]")) one.mine = true;
  const observer = new MutationObserver((all) => {
    for (const { target } of all) {
      const one = (target.closest ? target : target.parentNode)?.closest("td[data-testid]");
      if (one) touched.add(one.id);
    }
  });
  observer.observe(document.querySelector("tbody"),
    { subtree: true, childList: true, attributes: true, characterData: true });
}
"""


def test_a_sheet(page: Page, context_factory: ContextFactory, demos: Server) -> None:
    opened(page, demos, "cells")
    sheet = part(page, "cells-table")
    heads = sheet.locator("th").all_text_contents()
    assert heads == [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", *map(str, range(100))]
    expect(sheet.locator("td[data-testid]")).to_have_count(2600)

    enter(page, "A1", "5")
    enter(page, "A2", "=add(A1, 2)")
    enter(page, "A3", "= Mul( a2 , sum(A1:A2, C9) ) ")
    shows(page, A1="5", A2="7", A3="84")
    enter(page, "C9", "1")  # filled later
    shows(page, A3="91")
    page.evaluate(WATCH)
    enter(page, "A1", "6")
    shows(page, A1="6", A2="8", A3="120")
    assert sorted(page.evaluate("[...touched]")) == ["A1", "A2", "A3"]
    assert page.evaluate(
        "[...document.querySelectorAll('td[data-testid]')].every((one) => one.mine)"
    )

    enter(page, "A2", "=C9")  # its old references are forgotten
    shows(page, A2="1", A3="8")
    enter(page, "A1", "=A3")
    for name in ("A1", "A3"):
        expect(cell(page, name)).to_contain_text("#")
    enter(page, "A1", "2")
    shows(page, A1="2", A2="1", A3="4")
    enter(page, "B1", "=add(1")
    expect(cell(page, "B1")).to_contain_text("#")
    enter(page, "B1", "<b>tea</b>")
    shows(page, B1="<b>tea</b>")
    cell(page, "Z99").scroll_into_view_if_needed()
    enter(page, "Z99", "=sum(A0:Y99)")
    shows(page, Z99="8")
    enter(page, "C9", "")
    shows(page, A2="0", C9="", Z99="2")
    stayed(page)
    other = opened(context_factory().new_page(), demos, "cells")
    shows(other, A1="", Z99="")


def test_the_editor(page: Page, demos: Server) -> None:
    """One at a time; it is left by Enter, by leaving it, and by Escape without taking anything."""
    opened(page, demos, "cells")
    field = part(page, "cell-input")
    cell(page, "B2").dblclick()
    expect(cell(page, "B2").locator("input")).to_be_focused()
    page.keyboard.type("=add(1, 2)", delay=0)
    cell(page, "C3").dblclick()
    shows(page, B2="3")
    expect(cell(page, "C3").locator("input")).to_be_focused()
    expect(field).to_have_count(1)
    page.keyboard.type("7")
    page.get_by_role("heading", level=1).click()
    expect(field).to_have_count(0)
    shows(page, C3="7")
    cell(page, "B2").dblclick()
    expect(field).to_have_value("=add(1, 2)")
    field.fill("9")
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)
    shows(page, B2="3")
    second = second_tab(page)
    cell(page, "B2").dblclick()
    expect(field).to_be_focused()
    expect(part(second, "cell-input")).to_have_count(0)
    field.fill("4")
    page.keyboard.press("Enter")
    shows(second, B2="4")
    second.close()
    page.get_by_label("Cell", exact=True).fill("d4")
    page.get_by_label("Entry").fill("=add(B2, C3)")
    page.keyboard.press("Enter")
    shows(page, D4="11")
