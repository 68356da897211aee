"""The TodoMVC contract: the sentences that the field's own suite asks for, and what is stricter."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from demos import load
from htealeaf.testing import Client
from tests.conftest import ContextFactory
from tests.demos.serving import Server, Traffic, both

# Keys right behind the load, into a window that has the focus.
pytestmark = pytest.mark.whole


def opened(page: Page, server: Server, *titles: str) -> Page:
    page.goto(f"{server.url}/todomvc/")
    expect(page.get_by_label("New todo")).to_be_focused()
    for title in titles:
        page.keyboard.type(title, delay=4)
        page.keyboard.press("Enter")
    expect(items(page)).to_have_count(len(titles))
    return page


def items(page: Page) -> Locator:
    return page.locator("ul.todo-list > li")


def shown(page: Page) -> Locator:
    return page.locator("ul.todo-list > li label")


class Held:
    """The requests of actions, which wait until they are let go."""

    def __init__(self, page: Page) -> None:
        self._routes: list[Route] = []
        self._open = False
        page.route("**/api/**", self._take)

    def _take(self, route: Route) -> None:
        if self._open:
            route.continue_()
        else:
            self._routes.append(route)

    def let_go(self) -> None:
        self._open = True
        for route in self._routes:
            route.continue_()


def edit(page: Page, at: int) -> Locator:
    shown(page).nth(at).dblclick()
    field = items(page).nth(at).locator("input.edit")
    expect(field).to_be_focused()
    return field


def looked_up(locator: Locator) -> None:
    """Mark elements, so that it can be told later whether they are these."""
    locator.evaluate_all("all => all.forEach((el, at) => { el.mark = at; })")


def marks(locator: Locator) -> list[int | None]:
    return list(locator.evaluate_all("all => all.map((el) => el.mark ?? null)"))


def test_an_empty_list_hides_what_it_has_nothing_for(page: Page, demos: Server) -> None:
    """Looked up first, then found to be hidden: leaving them out fails."""
    opened(page, demos)
    expect(page.locator("h1")).to_have_text("Todos")
    expect(page.locator("input.new-todo")).to_be_focused()
    for part in (".main", ".footer", ".clear-completed"):
        expect(page.locator(part)).to_have_count(1)
        expect(page.locator(part)).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.type("   \n")
    page.keyboard.type("one\n")
    expect(items(page)).to_have_count(1)
    expect(page.locator(".main")).to_be_visible()
    expect(page.locator(".footer")).to_be_visible()
    expect(page.locator(".clear-completed")).to_be_hidden()
    page.locator("li .toggle").check()
    expect(page.locator(".clear-completed")).to_have_text("Clear completed")


def test_todos_come_in_order_trimmed_and_as_text(page: Page, demos: Server) -> None:
    opened(page, demos, "  first  ", "<b>bold</b> & 'quoted'", "third")
    expect(shown(page)).to_have_text(["first", "<b>bold</b> & 'quoted'", "third"])
    assert shown(page).first.text_content() == "first"
    expect(page.locator("input.new-todo")).to_have_value("")
    expect(page.locator("input.new-todo")).to_be_focused()
    expect(page.locator("li").filter(has=page.locator(".toggle:checked"))).to_have_count(0)


def test_keys_right_behind_the_load_event_count(page: Page, demos: Server) -> None:
    page.goto(f"{demos.url}/todomvc/", wait_until="load")
    page.keyboard.type("at once\n")
    expect(shown(page)).to_have_text(["at once"])


def test_the_next_todo_is_typed_while_the_answer_is_on_its_way(page: Page, demos: Server) -> None:
    """No key is lost, and no press; the field is empty at once."""
    opened(page, demos)
    held = Held(page)
    page.keyboard.type("one\ntwo\nthr", delay=4)
    expect(page.locator("input.new-todo")).to_have_value("thr")
    held.let_go()
    expect(shown(page)).to_have_text(["one", "two"])
    expect(page.locator("input.new-todo")).to_have_value("thr")
    page.keyboard.type("ee\n", delay=4)
    expect(shown(page)).to_have_text(["one", "two", "three"])


def test_what_is_refused_comes_back_into_the_field(page: Page, demos: Server) -> None:
    opened(page, demos)
    field = page.locator("input.new-todo")
    field.evaluate("el => el.removeAttribute('maxlength')")
    field.fill("x" * 600)
    field.press("Enter")
    expect(field).to_have_value("x" * 600)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(items(page)).to_have_count(0)


@pytest.mark.parametrize("leave", ["Enter", "blur"])
def test_an_edit_is_taken_by_enter_and_by_leaving(page: Page, demos: Server, leave: str) -> None:
    opened(page, demos, "one", "two", "three")
    field = edit(page, 1)
    expect(field).to_have_value("two")
    expect(items(page).nth(1)).to_have_class("editing")
    for part in (".toggle", "label"):
        expect(items(page).nth(1).locator(part)).to_have_count(1)
        expect(items(page).nth(1).locator(part)).to_be_hidden()
    expect(page.locator(".edit:visible")).to_have_count(1)
    field.fill("  two, later ")
    if leave == "Enter":
        field.press("Enter")
    else:
        page.locator("h1").click()
    expect(shown(page)).to_have_text(["one", "two, later", "three"])
    expect(page.locator(".edit:visible")).to_have_count(0)
    expect(items(page).nth(1)).not_to_have_class("editing")


def test_an_edit_to_nothing_deletes(page: Page, demos: Server) -> None:
    opened(page, demos, "one", "two")
    field = edit(page, 0)
    field.fill("   ")
    field.press("Enter")
    expect(shown(page)).to_have_text(["two"])


def test_escape_leaves_without_a_change(page: Page, demos: Server) -> None:
    """The blur that follows saves nothing, also where the answer is slow."""
    opened(page, demos, "one", "two")
    field = edit(page, 0)
    field.fill("changed")
    held = Held(page)
    field.press("Escape")
    page.locator("h1").click()
    held.let_go()
    expect(page.locator(".edit")).to_have_count(0)
    page.locator("li .toggle").nth(1).check()  # behind all that was sent
    expect(items(page).nth(1)).to_have_class("completed")
    expect(shown(page)).to_have_text(["one", "two"])


def test_a_field_that_a_patch_takes_away_was_not_left_by_the_person(
    page: Page, demos: Server
) -> None:
    opened(page, demos, "one")
    field = edit(page, 0)
    traffic = Traffic(page, "/api/")
    field.press("Escape")
    expect(page.locator(".edit")).to_have_count(0)
    expect(page.locator("input.new-todo")).to_be_focused()
    posts = [line for line in traffic.lines if line.startswith("POST")]
    assert len(posts) == 1, posts


def test_toggle_all_follows_and_leads(page: Page, demos: Server) -> None:
    opened(page, demos, "one", "two")
    box = page.locator(".main input.toggle-all")
    expect(box).not_to_be_checked()
    box.check()
    for at in range(2):
        expect(items(page).nth(at)).to_have_class("completed")
        expect(items(page).nth(at).locator(".toggle")).to_be_checked()
    expect(box).to_be_checked()
    page.locator("li .toggle").first.uncheck()
    expect(box).not_to_be_checked()
    expect(items(page).first).not_to_have_class("completed")
    page.locator("li .toggle").first.check()
    expect(box).to_be_checked()
    page.locator(".clear-completed").click()
    expect(items(page)).to_have_count(0)
    expect(box).not_to_be_checked()
    opened(page, demos)
    page.keyboard.type("another\n")
    expect(items(page)).to_have_count(1)
    expect(box).not_to_be_checked()


def test_the_count_in_words(page: Page, demos: Server) -> None:
    opened(page, demos, "one", "two")
    count = page.locator("span.todo-count")
    expect(count).to_have_text("2 items left")
    expect(count.locator("strong")).to_have_text("2")
    page.locator("li .toggle").first.check()
    expect(count).to_have_text("1 item left")
    page.locator("li .toggle").last.check()
    expect(count).to_have_text("0 items left")
    items(page).last.hover()
    page.locator("li .destroy").last.click()
    expect(items(page)).to_have_count(1)


def test_filters_stand_in_the_address(page: Page, demos: Server) -> None:
    opened(page, demos, "one", "two", "three")
    page.locator("li .toggle").nth(1).check()
    links = page.locator("ul.filters li a")
    expect(links).to_have_text(["All", "Active", "Completed"])
    urls = [page.url]
    for name, expected in (("Active", ["one", "three"]), ("Completed", ["two"])):
        links.filter(has_text=name).click()
        expect(shown(page)).to_have_text(expected)
        expect(page.locator("a.selected")).to_have_text(name)
        urls.append(page.url)
    assert len(set(urls)) == 3
    page.reload()
    expect(shown(page)).to_have_text(["two"])
    page.go_back()
    expect(shown(page)).to_have_text(["one", "three"])
    expect(page.locator("a.selected")).to_have_text("Active")
    # A click, as check() looks whether it is checked, and would check what came into its place.
    page.locator("li .toggle").first.click()
    expect(shown(page)).to_have_text(["three"])  # what matches no more is gone
    page.go_back()
    expect(shown(page)).to_have_text(["one", "two", "three"])


def test_visitors_and_tabs(page: Page, demos: Server, context_factory: ContextFactory) -> None:
    """Another visitor sees nothing of it; a second tab the todos, and nothing of the view."""
    opened(page, demos, "one", "two")
    page.locator("li .toggle").last.check()
    expect(items(page).last).to_have_class("completed")
    other = opened(context_factory().new_page(), demos, "theirs")
    field = edit(page, 0)
    field.fill("half typed")
    second = page.context.new_page()
    opened_second = second.goto(page.url)
    assert opened_second is not None
    expect(shown(second)).to_have_text(["one", "two"])
    expect(second.locator(".edit")).to_have_count(0)
    second.locator("ul.filters a", has_text="Completed").click()
    expect(shown(second)).to_have_text(["two"])
    page.bring_to_front()
    expect(page.locator("a.selected")).to_have_text("All")
    expect(field).to_have_value("half typed")
    field.press("Enter")
    expect(shown(page)).to_have_text(["half typed", "two"])
    expect(shown(other)).to_have_text(["theirs"])


def test_it_is_there_after_a_reload_and_in_another_browser_with_the_cookie(
    page: Page, demos: Server, context_factory: ContextFactory
) -> None:
    opened(page, demos, "one", "two")
    with page.expect_response("**/api/**"):
        page.locator("li .toggle").first.check()
    page.reload()
    expect(items(page).first).to_have_class("completed")
    expect(items(page).first.locator(".toggle")).to_be_checked()
    context = context_factory()
    context.add_cookies([{**cookie} for cookie in page.context.cookies()])  # type: ignore[typeddict-item]
    other = context.new_page()
    other.goto(page.url)
    expect(shown(other)).to_have_text(["one", "two"])


def test_items_keep_their_elements(page: Page, demos: Server) -> None:
    """Looked up once, an item is the same node through whatever happens to it and beside it."""
    opened(page, demos, "one", "two", "three", "four")
    looked_up(items(page))
    page.locator("li .toggle").nth(1).check()
    expect(items(page).nth(1)).to_have_class("completed")
    edit(page, 2).fill("three, later")
    page.keyboard.press("Enter")
    expect(shown(page).nth(2)).to_have_text("three, later")
    assert marks(items(page)) == [0, 1, 2, 3]
    items(page).first.hover()
    page.locator("li .destroy").first.click()
    expect(items(page)).to_have_count(3)
    page.keyboard.press("Tab")
    page.locator(".toggle-all").check()
    expect(items(page).last).to_have_class("completed")
    page.locator("input.new-todo").fill("five")
    page.keyboard.press("Enter")
    expect(items(page)).to_have_count(4)
    assert marks(items(page)) == [1, 2, 3, None]


def test_nothing_of_another_origin_is_asked(page: Page, demos: Server) -> None:
    traffic = Traffic(page, "")
    opened(page, demos, "one")
    assert all(request.url.startswith(demos.url) for request in traffic.seen)
    loads = [request for request in traffic.seen if request.is_navigation_request()]
    assert len(loads) == 1


@both
def test_with_scripts_and_without(tab: Page, demos: Server, scripts: bool) -> None:
    """Where scripts are off each todo has buttons for what a box and a double click do."""
    tab.goto(f"{demos.url}/todomvc/")
    for title in ("one", "two"):
        tab.locator("input.new-todo").fill(title)
        tab.keyboard.press("Enter")
        expect(shown(tab).last).to_have_text(title)
    if scripts:
        expect(tab.get_by_role("button", name="Edit")).to_have_count(0)
        return
    tab.get_by_role("button", name="Done", exact=True).first.click()
    expect(items(tab).first).to_have_class("completed")
    tab.get_by_role("button", name="Edit").last.click()
    tab.locator("input.edit").fill("later")
    tab.get_by_role("button", name="Save").click()
    expect(shown(tab)).to_have_text(["one", "later"])
    expect(tab.locator(".edit")).to_have_count(0)
    tab.get_by_role("link", name="Active").click()
    expect(shown(tab)).to_have_text(["later"])
    tab.get_by_role("link", name="All").click()
    tab.get_by_role("button", name="Mark all").click()
    expect(tab.locator("li.completed")).to_have_count(2)
    tab.get_by_role("button", name="Clear completed").click()
    expect(items(tab)).to_have_count(0)


@pytest.fixture
def client() -> Client:
    app: Any = load("todomvc").app
    return Client(app)


def test_each_step_leaves_the_page_as_a_fresh_one(client: Client) -> None:
    """The law of the house, browserless."""
    page = client.open("/")
    for title in ("one", "two", "three"):
        page.fill(".new-todo", title)
        page.press(".new-todo", "Enter")
        page.assert_consistent()
    page.check("li:nth-of-type(2) .toggle")
    page.assert_consistent()
    page.trigger("dblclick", "li:nth-of-type(1) label")
    page.assert_consistent()
    page.fill("input.edit", "first")
    page.press("input.edit", "Enter")
    assert [tag.text for tag in page.soup.select("li label")] == ["first", "two", "three"]
    page.assert_consistent()
    page.click(".filters a", text="Active")
    assert [tag.text for tag in page.soup.select("li label")] == ["first", "three"]
    page.click(".clear-completed")
    page.assert_consistent()


def test_a_toggle_sends_its_own_row_and_the_counts(client: Client) -> None:
    page = client.open("/")
    for title in ("alpha", "beta", "gamma"):
        page.fill(".new-todo", title)
        page.press(".new-todo", "Enter")
    patch = page.check("li:nth-of-type(2) .toggle")
    assert "beta" in patch.html
    assert "alpha" not in patch.html
    assert "gamma" not in patch.html
