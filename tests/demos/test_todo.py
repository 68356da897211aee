"""The to-do list in a real browser, with scripts and without."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, both, second_tab


def sign_in(page: Page, server: Server, name: str) -> None:
    page.goto(f"{server.url}/todo/")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def tasks(page: Page) -> Locator:
    return page.get_by_role("checkbox")


def add(page: Page, *names: str) -> None:
    field = page.get_by_label("New task")
    for name in names:
        expect(field).to_be_focused()
        expect(field).to_have_value("")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        expect(page.get_by_role("checkbox", name=name, exact=True)).to_be_visible()
    expect(field).to_be_focused()  # without scripts, only when the page is there as a whole


@both
def test_a_list_from_the_first_task_to_signing_out(tab: Page, demos: Server, scripts: bool) -> None:
    sign_in(tab, demos, f"Ada {scripts}")
    expect(tab.get_by_text("Nothing here yet.")).to_be_visible()
    expect(tab.get_by_text("left")).to_be_hidden()

    add(tab, "Water the fern", "Buy oolong", "<b>Escape</b> & 'quote'")
    expect(tab.get_by_text("3 things left")).to_be_visible()
    tab.get_by_role("checkbox", name="Buy oolong").click()
    expect(tab.get_by_role("checkbox", name="Buy oolong")).to_be_checked()
    expect(tab.get_by_text("2 things left")).to_be_visible()

    tab.get_by_role("button", name="Delete Water the fern").click()
    expect(tasks(tab)).to_have_text(["Buy oolong", "<b>Escape</b> & 'quote'"])
    expect(tab.get_by_text("1 thing left")).to_be_visible()
    tasks(tab).last.click()
    expect(tab.get_by_text("All done")).to_be_visible()
    expect(tab).to_have_url(f"{demos.url}/todo/")

    tab.get_by_role("button", name="Sign out").click()
    expect(tab).to_have_url(f"{demos.url}/todo/login")
    sign_in(tab, demos, f"Ada {scripts}")
    expect(tasks(tab)).to_have_count(2)
    tab.get_by_role("button", name="Delete").first.click()
    expect(tasks(tab)).to_have_count(1)
    tab.get_by_role("button", name="Delete").first.click()
    expect(tab.get_by_text("Nothing here yet.")).to_be_visible()


@both
def test_enter_in_the_field_adds_and_presses_nothing_else(
    tab: Page, demos: Server, scripts: bool
) -> None:
    """No task is ticked or deleted, and nobody is signed out."""
    sign_in(tab, demos, f"Bo {scripts}")
    add(tab, "one", "two", "three")

    expect(tasks(tab)).to_have_text(["one", "two", "three"])
    expect(tab.get_by_role("checkbox", checked=True)).to_have_count(0)
    tab.get_by_label("New task").press("Enter")  # with nothing in it, nothing happens
    tab.get_by_label("New task").fill("   ")
    tab.get_by_label("New task").press("Enter")
    tab.reload()
    expect(tasks(tab)).to_have_text(["one", "two", "three"])


@both
def test_the_whole_list_by_keyboard(tab: Page, demos: Server, scripts: bool) -> None:
    """Tab reaches everything in reading order; Space and Enter press it; the focus shows."""
    sign_in(tab, demos, f"Cy {scripts}")
    add(tab, "one", "two")
    for name in ("Add", "one", "Delete one", "two"):
        tab.keyboard.press("Tab")
        focused = tab.locator(":focus-visible")
        expect(focused).to_have_accessible_name(name)
        if scripts:
            assert focused.evaluate("el => getComputedStyle(el).outlineStyle") == "solid"

    tab.keyboard.press("Space")
    expect(tab.get_by_role("checkbox", name="two")).to_be_checked()
    tab.get_by_role("button", name="Delete one").press("Enter")
    expect(tasks(tab)).to_have_text(["two"])


def test_a_change_keeps_the_focus_where_it_was(page: Page, demos: Server) -> None:
    sign_in(page, demos, "Di")
    add(page, "one", "two")
    page.get_by_role("checkbox", name="two").press("Space")
    expect(page.get_by_role("checkbox", name="two")).to_be_checked()
    expect(page.get_by_role("checkbox", name="two")).to_be_focused()


def test_a_list_belongs_to_its_user(
    page: Page, demos: Server, context_factory: ContextFactory
) -> None:
    """Another name has another list; the same name in another browser has the same one."""
    sign_in(page, demos, "Eve")
    add(page, "Eve's task")

    other = context_factory().new_page()
    sign_in(other, demos, "Finn")
    expect(other.get_by_text("Nothing here yet.")).to_be_visible()
    same = context_factory().new_page()
    sign_in(same, demos, "Eve")
    expect(tasks(same)).to_have_text(["Eve's task"])


def test_two_tabs_on_one_list(page: Page, demos: Server) -> None:
    sign_in(page, demos, "Gil")
    second = second_tab(page)
    page.get_by_label("New task").focus()
    add(page, "one", "two")
    page.get_by_role("button", name="Delete one").click()
    expect(tasks(page)).to_have_text(["two"])

    second.bring_to_front()
    expect(tasks(second)).to_have_text(["two"])
    second.get_by_role("button", name="Sign out").click()
    page.bring_to_front()
    expect(page).to_have_url(f"{demos.url}/todo/login")


def test_a_click_on_an_old_page_meets_the_row_that_was_shown(page: Page, demos: Server) -> None:
    """Deleting the second row deletes it, though it is the first one by now."""
    sign_in(page, demos, "Hal")
    add(page, "one", "two", "three")
    second = second_tab(page)
    page.get_by_role("button", name="Delete one").click()
    expect(tasks(page)).to_have_text(["two", "three"])

    # Without looking at the tab before; at one go: it is live, so it may follow meanwhile.
    second.evaluate("document.querySelector('[aria-label=\"Delete two\"]').click()")
    expect(tasks(second)).to_have_text(["three"])
