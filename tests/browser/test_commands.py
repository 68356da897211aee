"""Browser commands in Chromium: what they do, what survives a patch, what is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from htealeaf import Store
from tests.conformance.commands import app_of_commands
from tests.serving import serving


@pytest.fixture
def site() -> Iterator[tuple[str, Store]]:
    app, store = app_of_commands()
    with serving(app) as url:
        yield url, store


def _attribute(page: Page, selector: str, name: str) -> Any:
    return page.get_attribute(selector, name)


def _settle(page: Page) -> None:
    page.wait_for_function("() => !htealeaf.queue.length")


def test_commands(page: Page, site: tuple[str, Store], page_errors: list[str]) -> None:
    """Each does what it says, without a request; and stays until the server changes that thing."""
    url, store = site
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.url) if one.method == "POST" else None)
    page.goto(f"{url}/commands")

    page.click("#toggle")
    expect(page.locator("#panel")).to_be_hidden()
    assert _attribute(page, "#toggle", "aria-expanded") == "true"
    page.click("#classes")
    page.click("#deep")
    expect(page.locator("#row")).to_be_hidden()
    assert _attribute(page, "#box", "class") == "calm wide"
    assert posts == []

    # What the server changes beside it leaves it alone; of the classes, it changes its own.
    page.click("#add")
    page.click("#loud")
    expect(page.locator("#n")).to_have_text("1")
    expect(page.locator("#box")).to_have_class("loud wide")
    expect(page.locator("#panel")).to_be_hidden()
    assert _attribute(page, "#toggle", "aria-expanded") == "true"
    # The very thing follows the server again.
    page.click("#server")
    _settle(page)
    expect(page.locator("#panel")).to_be_hidden()
    page.click("#server")
    expect(page.locator("#panel")).to_be_visible()

    # Steps before an action at once, those after on success only.
    page.click("#both")
    expect(page.locator("#both")).to_have_class("before after")
    expect(page.locator("#field")).to_be_focused()
    page.click("#refused")
    _settle(page)
    expect(page.locator("#refused")).to_have_class("before")
    # Who is not there does not keep others from being shown.
    page.click("#gone")
    expect(page.locator("#row")).to_be_visible()

    page.click("#select")
    assert page.evaluate("getSelection().toString()") == "loud"
    # Of an element without an id, too: its text, and not the value that an item of a list has.
    page.evaluate("navigator.clipboard.writeText = (text) => (window.copied = text)")
    page.click(".pick")
    assert page.evaluate("[getSelection().toString(), copied]") == ["picked", "picked"]
    page.click("#whole")
    assert page.evaluate("getSelection().toString().trim()") == "send"
    asked = len(posts)
    page.click("#alone")  # in no form
    _settle(page)
    assert len(posts) == asked
    page.click("#clear")
    expect(page.locator("#field")).to_have_value("")
    _settle(page)
    assert store.read("tone") == ""
    page.click("#clear-all")
    fields = "[...filled.elements].map((el) => el.type === 'checkbox' ? el.checked : el.value)"
    assert page.evaluate(fields) == ["", False, "c", "d", "e", "", "g"]
    # Who listens to a change hears of it; what is empty already does not change.
    page.click("#agree")
    page.click("#disagree")
    _settle(page)
    assert store.read("agree") is False
    asked = len(posts)
    page.click("#disagree")
    page.click("#clear")
    _settle(page)
    assert len(posts) == asked
    # Who acted is gone when what follows is done: what stood around it is there.
    page.click(".gone >> nth=0")
    expect(page.locator("#rows")).to_have_class("after")
    page.click("#set")
    expect(page.locator("#field")).to_have_value("word")
    assert _attribute(page, "#field", "title") == "given"

    page.click("#open")
    assert page.evaluate("document.getElementById('dialog').matches(':modal')")
    page.click("#close")
    expect(page.locator("#dialog")).to_be_hidden()
    page.click("#front")
    assert page.evaluate("document.getElementById('beside').matches(':modal')")
    page.keyboard.press("Escape")
    page.click("#within")
    page.click("#tell")
    _settle(page)
    assert (store.read("said"), store.read("x")) == (["hello"], 7)

    page.evaluate("""() => {
      const real = Document.prototype.startViewTransition;
      Document.prototype.startViewTransition = function (...given) {
        window.slid = (window.slid || 0) + 1;
        return real.apply(this, given);
      };
    }""")
    page.click("#slide")
    expect(page.locator("#n")).to_have_text("3")
    expect(page.locator("#box")).to_have_class("wide slid")
    assert page.evaluate("slid") == 2  # the commands, and the patch
    # One overtakes the other before it was seen, and that is no error.
    page.evaluate("slide.click(), slide.click()")
    _settle(page)
    expect(page.locator("#n")).to_have_text("5")
    page.click("#scroll")
    page.wait_for_function("() => scrollY > 0")
    assert page_errors == []


def test_what_is_shown_until_the_answer_comes(page: Page, site: tuple[str, Store]) -> None:
    """It is shown at once, together with what was pressed later; and the answer decides."""
    url, store = site
    held: list[Route] = []
    page.route("**/api/_store/**", lambda route: held.append(route))
    page.route("**/api/_action/**", lambda route: held.append(route))
    page.goto(f"{url}/optimistic")

    page.click("#ok")
    expect(page.locator("#box")).to_be_hidden()
    expect(page.locator("#ok")).to_have_class("ht-busy on")
    page.click("#no")
    held.pop(0).continue_()
    # The first answer came: the server has hidden it, too. The second still hides it.
    page.wait_for_function("() => htealeaf.queue.length === 1")
    expect(page.locator("#box")).to_be_hidden()
    assert _attribute(page, "#ok", "class") is None
    while not held:
        page.wait_for_timeout(5)
    held.pop(0).continue_()
    _settle(page)
    expect(page.locator("#box")).to_be_hidden()
    expect(page.locator("#ht-error")).to_be_visible()

    # Another one has changed it back meanwhile: what is turned is turned once.
    store.set("open", False)
    page.click("#no")
    while not held:
        page.wait_for_timeout(5)
    expect(page.locator("#box")).to_be_hidden()
    held.pop(0).continue_()
    expect(page.locator("#box")).to_be_visible()
    store.set("open", True)
    page.click("#ok")
    while not held:
        page.wait_for_timeout(5)
    held.pop(0).continue_()
    _settle(page)
    expect(page.locator("#box")).to_be_visible()
    assert store.read("open") is False

    # A form is empty once it was taken, also where it was shown so before.
    page.fill("#line", "said")
    page.press("#line", "Enter")
    expect(page.locator("#line")).to_have_value("")
    while not held:
        page.wait_for_timeout(5)
    held.pop(0).continue_()
    _settle(page)
    expect(page.locator("#line")).to_have_value("")
    assert store.read("said") == ["said"]

    # What a person does meanwhile is theirs, whatever comes.
    page.fill("#text", "first")
    page.click("#send")
    page.click("#send")
    expect(page.locator("#text")).to_have_value("")
    page.fill("#text", "next")
    page.click("#mine")
    for left in (1, 0):
        while not held:
            page.wait_for_timeout(5)
        held.pop(0).continue_()
        page.wait_for_function("(left) => htealeaf.queue.length === left", arg=left)
        expect(page.locator("#text")).to_have_value("next")
        assert (_attribute(page, "#box", "title"), _attribute(page, "#box", "class")) == (
            "mine",
            "box",
        )


def test_what_was_set_is_sent_with_the_next_request(page: Page, site: tuple[str, Store]) -> None:
    """Until an answer has brought it; what was set meanwhile is sent with the next one."""
    url, _ = site
    said: list[str | None] = []
    held: list[Route] = []

    def hold(route: Route) -> None:
        said.append(route.request.headers.get("ht-local"))
        held.append(route)

    def go_on() -> None:
        while not held:
            page.wait_for_timeout(5)
        held.pop().continue_()
        _settle(page)

    page.route("**/api/_store/**", hold)
    page.goto(f"{url}/local")
    page.click("#b")
    page.click("#add")
    go_on()
    expect(page.locator("#tab")).to_have_text("b")
    page.click("#add")
    go_on()
    page.click("#b")
    page.click("#c")
    page.click("#add")
    page.click("#b")
    go_on()
    expect(page.locator("#tab")).to_have_text("c")
    page.click("#add")
    go_on()
    expect(page.locator("#tab")).to_have_text("b")

    b, c = ("%7B%22view%2Ftab%22%3A%22" + tab + "%22%7D" for tab in "bc")
    assert said == [b, None, c, b]
