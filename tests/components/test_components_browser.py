"""The ready-made pieces in Chromium: by keyboard, with axe-core, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from htealeaf import WSGI, Element, PageStore, Registry, SuperStore, unsafe_url
from htealeaf.components import body, button, head, html, link, main, modal, opens, p, style
from tests.axe import accuse
from tests.components.gallery import gallery
from tests.conftest import ContextFactory
from tests.serving import serving


@pytest.fixture
def url() -> Iterator[str]:
    with serving(gallery()) as url:
        yield url


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"color_scheme": "light", "contrast": "more"},
        {"color_scheme": "dark", "contrast": "more"},
        {"forced_colors": "active"},
        {"viewport": {"width": 360, "height": 700}},
    ],
    ids=str,
)
def test_axe_finds_nothing_wrong(
    options: dict[str, Any], context_factory: ContextFactory, url: str
) -> None:
    """Also not with a row chosen, messages shown, and a dialog open."""
    page = context_factory(reduced_motion="reduce", **options).new_page()
    page.goto(url)
    assert accuse(page) == []

    page.get_by_role("checkbox", name="Select Bob Marsh").check()
    page.get_by_role("button", name="Say success").click()
    page.get_by_role("button", name="Say error").click()
    page.get_by_role("tab", name="Open").click()
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("tabpanel")).to_contain_text("still to do")
    assert accuse(page) == []

    page.get_by_role("button", name="Options").click()
    expect(page.get_by_role("dialog", name="Options")).to_be_visible()
    assert accuse(page) == []

    page.get_by_role("button", name="Add a task").click()
    expect(page.get_by_role("dialog", name="A new task")).to_be_visible()
    assert accuse(page) == []


def test_axe_finds_a_planted_fault(page: Page, url: str) -> None:
    """What finds nothing must be able to find something."""
    page.goto(url)
    page.evaluate("document.querySelector('.ht-table input').removeAttribute('aria-label')")

    assert any(fault.startswith("label:") for fault in accuse(page))


@pytest.mark.parametrize("width", [320, 360, 1200])
def test_nothing_is_wider_than_the_window(
    width: int, context_factory: ContextFactory, url: str
) -> None:
    page = context_factory(viewport={"width": width, "height": 700}).new_page()
    page.goto(url)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_wide_table_is_scrolled_by_the_arrow_keys(
    context_factory: ContextFactory, url: str
) -> None:
    page = context_factory(
        viewport={"width": 320, "height": 700}, reduced_motion="reduce"
    ).new_page()
    page.goto(url)
    region = page.get_by_role("region", name="People")

    region.focus()
    page.keyboard.press("ArrowRight")

    page.wait_for_function("() => document.activeElement.scrollLeft > 0")


def test_a_head_sorts_by_keyboard_and_keeps_the_focus(page: Page, url: str) -> None:
    page.goto(url)
    head = page.get_by_role("columnheader", name="Days left")
    button = head.get_by_role("button")

    button.focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("rowheader").first).to_have_text("Dan Wu")
    expect(button).to_be_focused()
    page.keyboard.press("Space")

    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("rowheader").first).to_have_text("Cleo Ortiz")
    expect(button).to_be_focused()


def test_rows_are_chosen_one_by_one_or_all(page: Page, url: str) -> None:
    page.goto(url)
    table = page.get_by_role("table", name="People")
    all_ = table.get_by_role("checkbox", name="Select all rows")

    table.get_by_role("checkbox", name="Select Ann Lee").focus()
    page.keyboard.press("Space")
    expect(table.locator("tbody :checked")).to_have_count(1)
    expect(all_).not_to_be_checked()
    all_.press("Space")

    expect(table.locator("tbody :checked")).to_have_count(3)
    expect(all_).to_be_checked()
    all_.press("Space")
    expect(table.locator(":checked")).to_have_count(0)


def test_pages_keep_the_focus_till_the_last(page: Page, url: str) -> None:
    page.goto(url)
    pages = page.get_by_role("navigation", name="Pages of people")
    next_ = pages.get_by_role("button", name="Next")

    next_.focus()
    page.keyboard.press("Enter")

    expect(pages.locator("[aria-current=page]")).to_have_text("2")
    expect(page.get_by_role("rowheader").first).to_have_text("Dan Wu")
    expect(next_).to_have_attribute("aria-disabled", "true")
    expect(next_).to_be_focused()


def test_tabs_are_moved_in_by_the_arrow_keys_and_chosen_by_enter(page: Page, url: str) -> None:
    """As "Tabs with manual activation" says; APG, tabs pattern, "Keyboard interaction"."""
    page.goto(url)
    first, second, third = page.get_by_role("tab").all()
    page.get_by_role("region", name="Not yet").focus()

    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(second).to_be_focused()
    page.keyboard.press("End")
    expect(third).to_be_focused()
    page.keyboard.press("ArrowRight")  # and round
    expect(first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(first).to_have_attribute("aria-selected", "true")  # moving does not choose
    page.keyboard.press("Enter")

    expect(second).to_have_attribute("aria-selected", "true")
    expect(second).to_be_focused()
    expect(page.get_by_role("tabpanel", name="Open")).to_contain_text("still to do")
    page.keyboard.press("Tab")
    expect(page.get_by_role("tabpanel")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(second).to_be_focused()  # the one that is selected, and no other


def test_a_dialog_has_the_focus_and_gives_it_back(page: Page, url: str) -> None:
    page.goto(url)
    opener = page.get_by_role("button", name="Add a task")
    dialog = page.get_by_role("dialog", name="A new task")

    opener.focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("!document.activeElement.closest('main > :not(section)')")
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_form_in_a_dialog_closes_it_when_it_is_accepted(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Add a task").click()
    dialog = page.get_by_role("dialog", name="A new task")

    page.keyboard.press("Enter")  # nothing typed: the browser says so, and it stays open
    expect(dialog).to_be_visible()
    page.keyboard.type("Read")
    page.keyboard.press("Enter")

    expect(page.get_by_role("rowheader", name="Read")).to_be_visible()
    expect(dialog).to_be_hidden()


def test_a_button_in_a_dialog_acts_before_it_closes(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Clear …").click()
    dialog = page.get_by_role("dialog", name="Clear all tasks?")
    expect(dialog.get_by_role("button", name="Keep them")).to_be_focused()  # what harms least

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_text("All done.")).to_be_visible()
    expect(dialog).to_be_hidden()


def test_a_dialog_stays_open_when_its_action_is_refused(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Clear …").click()
    dialog = page.get_by_role("dialog", name="Clear all tasks?")
    page.route("**/tasks/list*", lambda route: route.fulfill(status=403, body="no"))

    with page.expect_response("**/tasks/list*"):
        dialog.get_by_role("button", name="Clear them").click()

    expect(dialog.get_by_role("alert")).to_be_visible()  # in it: all else is out of reach


def test_an_open_dialog_stays_open_while_the_page_changes(page: Page, url: str) -> None:
    page.goto(url)
    other = page.context.new_page()
    other.goto(url)
    page.get_by_role("button", name="Add a task").click()
    page.keyboard.type("Half a wo")

    other.get_by_role("button", name="Say success").click()
    expect(other.get_by_text("It is saved.")).to_be_visible()
    page.evaluate("htealeaf.catchUp()")

    expect(page.get_by_text("It is saved.")).to_be_visible()
    assert page.evaluate("document.querySelector('#add').matches(':modal')")
    expect(page.get_by_role("textbox")).to_have_value("Half a wo")
    expect(page.get_by_role("textbox")).to_be_focused()


def test_a_dialog_of_the_server_opens_and_closes_by_actions(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Options").click()
    dialog = page.get_by_role("dialog", name="Options")
    expect(dialog).to_be_visible()

    dialog.get_by_role("button", name="Close").press("Enter")

    expect(dialog).to_be_hidden()


def test_a_message_is_taken_away_by_keyboard(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Say error").click()

    page.get_by_role("button", name="Dismiss").press("Enter")

    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_label("Messages")).to_be_attached()


def test_all_of_it_works_without_scripts(context_factory: ContextFactory, url: str) -> None:
    page = context_factory(java_script_enabled=False).new_page()
    page.goto(url)

    page.get_by_role("columnheader", name="Days left").get_by_role("button").press("Enter")
    expect(page.get_by_role("rowheader").first).to_have_text("Dan Wu")
    page.get_by_role("button", name="Next").press("Enter")
    expect(page.get_by_role("rowheader").first).to_have_text("Eve Stone")
    page.get_by_role("tab", name="All").focus()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tabpanel")).to_contain_text("behind us")
    page.get_by_role("button", name="Clear …").press("Enter")
    page.get_by_role("button", name="Clear them").press("Enter")
    expect(page.get_by_text("All done.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Add a task").press("Enter")
    page.get_by_role("textbox").fill("Read")
    page.get_by_role("textbox").press("Enter")
    expect(page.get_by_role("rowheader", name="Read")).to_be_visible()
    page.get_by_role("button", name="Say error").press("Enter")
    page.get_by_role("button", name="Dismiss").press("Enter")
    expect(page.get_by_role("alert")).to_have_count(0)


# -- the style sheet -----------------------------------------------------------------------

#: What a framework and an author say, outside of layers and in Tailwind's.
SHEETS = {
    "unlayered": ".ht-badge { color: rgb(1, 2, 3) }",
    "element": "span { color: rgb(1, 2, 3) }",
    "utilities": "@layer theme, base, components, utilities;"
    "@layer utilities { .mine, .ht-badge { color: rgb(1, 2, 3) } }",
}


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=SHEETS)
def test_an_authors_rule_goes_over_ours(sheet: str, page: Page) -> None:
    def frame(content: Element) -> Element:
        return html(head(style(sheet)), body(content))

    with serving(gallery(frame=frame)) as url:
        page.goto(url)
        badge = page.locator(".ht-badge").first

        expect(badge).to_have_css("color", "rgb(1, 2, 3)")
        expect(badge).to_have_css("display", "inline-block")  # ours where theirs says nothing


def test_a_reset_of_a_base_layer_goes_under_ours(page: Page) -> None:
    reset = "@layer theme, base, components, utilities; @layer base { * { margin: 0; padding: 0 } }"

    with serving(gallery(frame=lambda content: html(head(style(reset)), body(content)))) as url:
        page.goto(url)

        assert (
            page.locator(".ht-badge").first.evaluate("e => getComputedStyle(e).paddingLeft")
            != "0px"
        )


@pytest.mark.parametrize(
    ("scheme", "wanted"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(27, 30, 36)")]
)
def test_colours_follow_the_person_or_the_author(
    scheme: Any, wanted: str, context_factory: ContextFactory
) -> None:
    with serving(gallery()) as url:
        page = context_factory(color_scheme=scheme).new_page()
        page.goto(url)
        region = page.get_by_role("region", name="People")
        expect(region).to_have_css("background-color", wanted)

        page.evaluate("document.documentElement.style.colorScheme = 'light'")
        expect(region).to_have_css("background-color", "rgb(255, 255, 255)")


def test_nothing_moves_for_who_wants_no_motion(context_factory: ContextFactory, url: str) -> None:
    page = context_factory(reduced_motion="reduce").new_page()
    page.goto(url)
    page.get_by_role("button", name="Say success").click()

    expect(page.locator(".ht-toast")).to_have_css("animation-duration", "0s")


def test_only_who_asks_for_the_style_sheet_gets_it(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for css in (True, False):
        with serving(gallery(css=css)) as url:
            asked.clear()
            page.goto(url)
            assert sum(".css" in each for each in asked) == (2 if css else 1)


def test_it_stands_before_the_authors_sheets(page: Page) -> None:
    def frame(content: Element) -> Element:
        return html(head(link(rel="stylesheet", href=unsafe_url("data:text/css,"))), body(content))

    with serving(gallery(frame=frame)) as url:
        page.goto(url)
        found = page.evaluate("[...document.querySelectorAll('link')].map(e => e.href.slice(0, 5))")

    assert found == ["http:", "data:", "http:"]


def test_a_frameworks_buttons_hide_no_state(page: Page) -> None:
    """The selected one is told from others, and the focus is seen, whatever buttons look like."""
    sheet = """
        button, [type=submit], [role=button] {
            background: rgb(1, 2, 3); color: white; border: 9px solid; width: 100%; outline: none;
        }
        button:focus { outline: none; box-shadow: none }
        td, th { text-align: left }
    """
    with serving(gallery(frame=lambda content: html(head(style(sheet)), body(content)))) as url:
        page.goto(url)
        first, second, _ = page.get_by_role("tab").all()
        looks = "e => JSON.stringify([getComputedStyle(e).borderBottomColor, e.offsetWidth])"
        current = page.locator(".ht-pages [aria-current]")
        other = page.locator(".ht-pages button:not([aria-current], [aria-disabled])").first

        assert first.evaluate(looks) != second.evaluate(looks)
        expect(first).not_to_have_css("background-color", "rgb(1, 2, 3)")
        back = "e => getComputedStyle(e).backgroundColor"
        assert current.evaluate(back) != other.evaluate(back)
        expect(page.locator("tbody .ht-number").first).to_have_css("text-align", "end")
        other.focus()
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_css("outline-style", "solid")
        expect(page.locator(":focus")).to_have_css("outline-width", "2px")


def test_a_button_brings_what_a_dialog_shows_before_it_opens_it(page: Page) -> None:
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        view = PageStore({"who": "nobody"}, name="view")

        @app.route("/")
        def home() -> Element:
            edit = button("Edit Ann", onclick=view.do.set("who", "Ann"), **opens("edit"))
            return main(edit, modal(p(view.react("who")), id="edit", title="Edit"))

    with serving(app) as url:
        page.goto(url)
        page.get_by_role("button", name="Edit Ann").click()

        expect(page.get_by_role("dialog", name="Edit").get_by_role("paragraph")).to_have_text("Ann")
        assert page.evaluate("document.querySelector('#edit').matches(':modal')")
