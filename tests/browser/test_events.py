"""Events in Chromium: keys, where, what comes into view, the clock, the pointer, items moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from htealeaf import WSGI, Element, Registry, Store, SuperStore
from htealeaf.components import div, input_, p
from tests.conformance.commands import app_of_commands
from tests.conftest import not_in_firefox
from tests.serving import serving


@pytest.fixture
def site() -> Iterator[tuple[str, Store]]:
    app, store = app_of_commands()
    with serving(app) as url:
        yield url, store


def _settle(page: Page) -> None:
    page.wait_for_function("() => !htealeaf.queue.length")


@not_in_firefox
def test_events(page: Page, site: tuple[str, Store], page_errors: list[str]) -> None:
    """Each modifier and event means what it says."""
    url, store = site

    def said() -> list[str]:
        _settle(page)
        found: list[str] = store.read("said")
        store.set("said", [])
        return list(found)

    page.goto(f"{url}/events")
    page.wait_for_function("() => document.getElementById('n').textContent > 2")  # by the clock
    page.evaluate("document.getElementById('ticks').remove()")
    assert said() == ["load"]

    # Keys: with what is held, and not while something is typed.
    page.press("#field", "Enter")
    page.press("#field", "Shift+Enter")
    for typed in ("#field", "#range", "[contenteditable]"):
        page.press(typed, "e")
    page.press("#field", "Control+k")
    page.press("#field", "q")
    page.press("#field", "Control+Space")
    page.press("#field", "Control+Shift+Space")
    assert said() == ["Enter", "k", "s"]
    page.press("#box", "e")
    page.press("body", "Control+e")
    page.press("body", "q")
    page.press("body", "i")
    assert said() == ["e"]
    expect(page.locator("#menu")).to_be_visible()
    page.press("#field", "Escape")
    expect(page.locator("#menu")).to_be_hidden()
    # On other keyboards: the key where that letter stands, whatever Caps Lock says; and the sign
    # that AltGr makes of it.
    ctrl, alt = {"ctrlKey": True}, {"altKey": True}
    _press(page, key="л", code="KeyK", **ctrl)
    _press(page, key="K", code="KeyK", **ctrl)
    _press(page, key="m", code="KeyM", shiftKey=True, **ctrl)
    _press(page, key="˚", code="KeyK", **alt)
    _press(page, key="Dead", code="KeyK", **alt)
    _press(page, key="@", code="KeyK", **alt)
    _press(page, key="ł", code="KeyK", modifierAltGraph=True, **ctrl, **alt)
    assert said() == ["k", "k", "Ctrl+Shift+m", "Alt+k", "Alt+k", "@", "ł"]
    page.locator("#shadow input").press("e")  # typed, in whatever tree
    # Nor behind a dialog.
    page.click("#ask")
    page.press("#close", "e")
    assert said() == []
    # What is behind the one in front is outside of it, and of no other.
    page.click("#more")
    page.click("#in")
    page.mouse.click(3, 3)
    expect(page.locator("#in")).to_be_hidden()
    page.click("#close", trial=True)
    page.mouse.click(3, 3)
    expect(page.locator("#close")).to_be_hidden()

    # Outside of it, while it is shown.
    page.click("#open")
    expect(page.locator("#menu")).to_be_visible()
    page.click("#inside")
    expect(page.locator("#menu")).to_be_visible()
    page.click("#n")
    expect(page.locator("#menu")).to_be_hidden()
    page.click("#child")
    page.click("#outer", position={"x": 9, "y": 9})
    page.dblclick("#twice")
    page.click("#context", button="right")
    page.set_viewport_size({"width": 800, "height": 700})
    expect(page.locator("#said")).to_contain_text("resize")
    assert said() == ["self", "twice", "context", "resize"]

    # The pointer, from the corner of the element that acts.
    page.click("#circle", position={"x": 21, "y": 22})
    expect(page.locator("#at")).to_have_text("101,52")

    # What comes by a patch is loaded, too.
    page.click("#come")
    page.wait_for_function("() => !!document.getElementById('late')")
    page.wait_for_function("() => !htealeaf.queue.length")
    assert said() == ["late"]
    assert page_errors == []


def _press(page: Page, **key: Any) -> None:
    _settle(page)
    given = {"bubbles": True, "composed": True, **key}
    page.evaluate("(key) => document.body.dispatchEvent(new KeyboardEvent('keydown', key))", given)


def test_a_list_goes_on_where_its_end_comes_into_view(page: Page, site: tuple[str, Store]) -> None:
    url, store = site
    page.goto(f"{url}/scroll")
    assert store.read("n") == 0

    for n in range(1, 4):
        page.evaluate("scrollTo(0, 1e6)")
        expect(page.locator(f"text=row {n * 2 + 1}")).to_have_count(1)
    expect(page.locator("#end")).to_have_count(1)
    assert store.read("n") == 3
    # Also where it ends in view still, by the same action.
    page.goto(f"{url}/short")
    expect(page.locator("text=row 14")).to_have_count(1)


@not_in_firefox
def test_items_are_moved(page: Page, site: tuple[str, Store], page_errors: list[str]) -> None:
    """By the mouse, and by keys; shown at once, and as the server says once it has answered."""
    url, store = site
    held: list[Route] = []
    page.goto(f"{url}/list")
    items = page.locator("#list li")

    items.nth(0).drag_to(items.nth(2), target_position={"x": 9, "y": 15})
    expect(items).to_have_text(["b", "c", "a"])
    _settle(page)
    assert [one["text"] for one in store.read("list")] == ["b", "c", "a"]

    # Keys: escape puts it back, space drops it.
    items.nth(2).focus()
    for key in ("Space", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    expect(items).to_have_text(["a", "b", "c"])
    expect(page.locator("[role=status]")).to_have_text("1 / 3")
    page.keyboard.press("Escape")
    expect(items).to_have_text(["b", "c", "a"])
    expect(page.locator("[role=status]")).to_have_text("Back")
    # While an item is held a patch comes: everything else is as the server says.
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    store.set("list/id=2/text", "B")
    page.evaluate("htealeaf.catchUp()")
    expect(items).to_have_text(["B", "a", "c"])
    page.route("**/api/_store/**", lambda route: held.append(route))
    page.keyboard.press("Space")
    expect(items.nth(1)).to_be_focused()
    while not held:
        page.wait_for_timeout(5)
    expect(items).to_have_text(["B", "a", "c"])
    held.pop().continue_()
    _settle(page)
    expect(items).to_have_text(["B", "a", "c"])
    assert [one["text"] for one in store.read("list")] == ["B", "a", "c"]
    # Refused, it goes back.
    page.unroute("**/api/_store/**")
    store.delete("list/id=3")
    items.nth(2).focus()
    for key in ("Space", "ArrowUp", "Space"):
        page.keyboard.press(key)
    _settle(page)
    expect(items).to_have_text(["B", "a"])

    page.goto(f"{url}/board")
    todo, done = page.locator("#todo li"), page.locator("#done li")
    page.locator("#card-1").drag_to(page.locator("#done"))
    expect(done).to_have_text(["one"])
    _settle(page)
    page.locator("#card-2").focus()
    for key in ("Space", "ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(done).to_have_text(["one", "two"])
    _settle(page)
    expect(todo).to_have_count(0)
    expect(page.locator("#card-2")).to_be_focused()  # another element, of another list
    assert [one["id"] for one in store.read("lists/done")] == [1, 2]
    page.locator("#card-1").focus()
    for key in ("Space", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator("[role=status]")).to_have_text("1 / 1, To do")

    # Lists in lists: the inner one takes it, and none takes what it stands in.
    page.goto(f"{url}/tree")
    page.locator("#node-3").drag_to(page.locator("#in-2"), source_position={"x": 30, "y": 9})
    _settle(page)
    assert store.read("said") == ["13 in-2 0"]
    page.locator("#node-1").focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    _settle(page)
    assert store.read("said/1") == "11 in-2 0"
    # Who lets go as soon as it has come to stand under the pointer has dropped it.
    for selector in ("#node-2", "#node-1"):
        box = page.locator(selector).bounding_box()
        assert box is not None
        x, y = box["x"] + 30, box["y"] + 3
        page.mouse.move(x, y, steps=2)
        page.mouse.down()
    page.mouse.move(x + 1, y + 1)
    page.mouse.up()
    _settle(page)
    assert store.read("said/2") == "12 tree 0"
    assert page_errors == []


def test_what_comes_into_view_says_it_once(page: Page, page_errors: list[str]) -> None:
    """Also once a script with more parts has taken over, and where a script has made copies."""
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        store = Store({"n": 1}, name="shared")

    @app.route("/")
    def rows() -> Element:
        n = store.read("n")
        more = p("more", id="more", onvisible=store.do.set("n", n + 1))
        field = input_(name="field") if n > 1 else None
        return div([p(f"row {i}").style(height="2000px") for i in range(n)], field, more)

    with serving(app) as url:
        page.goto(url)
        page.evaluate("""() => {
          const copy = document.getElementById("more").cloneNode();
          copy.hidden = true;
          document.body.append(copy);
          window.seen = 0;
          document.addEventListener("visible", () => seen++, true);
        }""")
        for n in range(1, 5):
            page.evaluate("scrollTo(0, 1e6)")
            expect(page.locator(f"text=row {n}")).to_have_count(1)
            page.wait_for_function("() => htealeaf.touched")  # the part that fields need
            _settle(page)
            page.evaluate("scrollTo(0, 0)")
            page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert page.evaluate("seen") == 4
    assert page_errors == []


def test_an_item_is_gone_before_its_move_is_answered(
    page: Page, site: tuple[str, Store], page_errors: list[str]
) -> None:
    url, store = site
    held: list[Route] = []
    page.goto(f"{url}/list")
    items = page.locator("#list li")
    page.route("**/api/_store/**", lambda route: held.append(route))

    def move(index: int, key: str) -> None:
        items.nth(index).focus()
        for pressed in ("Space", key, "Space"):
            page.keyboard.press(pressed)

    def answer() -> None:
        while not held:
            page.wait_for_timeout(5)
        held.pop().continue_()

    move(0, "ArrowDown")
    move(2, "ArrowUp")
    expect(items).to_have_text(["b", "c", "a"])
    store.delete("list/id=3")
    answer()
    expect(items).to_have_text(["b", "a"])
    answer()
    _settle(page)
    expect(items).to_have_text(["b", "a"])

    # Who holds one goes on where it stands, also when the next one leaves.
    store.extend("list", [{"id": 4, "text": "d"}, {"id": 5, "text": "e"}])
    page.evaluate("htealeaf.catchUp()")
    items.nth(3).focus()
    for key in ("Space", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
    expect(items).to_have_text(["b", "e", "a", "d"])
    store.delete("list/id=1")
    page.evaluate("htealeaf.catchUp()")
    expect(items).to_have_text(["b", "e", "d"])
    page.keyboard.press("Space")
    answer()
    _settle(page)
    assert [one["text"] for one in store.read("list")] == ["b", "e", "d"]
    assert page_errors == []
