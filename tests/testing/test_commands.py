"""Browser commands in the browserless client: what the tests of the browser see, seen here."""

from __future__ import annotations

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore, browser, this
from htealeaf.components import checkbox
from htealeaf.testing import Client
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.page import Page
from htealeaf.testing.trees import attribute
from tests.conformance.commands import app_of_commands


@pytest.fixture
def app() -> tuple[Client, Store]:
    made, store = app_of_commands()
    return Client(made), store


def _class(page: Page, selector: str) -> str | None:
    found = page.soup.select_one(selector)
    return None if found is None else attribute(found, "class")


def test_commands(app: tuple[Client, Store]) -> None:
    """They change the tree, ask nobody, and stay until the server changes that very thing."""
    client, store = app
    page = client.open("/commands")
    asked = len(page.requests)

    page.click("#toggle")
    assert page.has("#panel[hidden]")
    assert page.has("#toggle[aria-expanded=true]")
    page.click("#classes")
    page.click("#deep")
    page.click(".pick")
    page.click("#alone")
    assert page.clipboard == "picked"
    assert page.has("#row[hidden]")
    assert _class(page, "#box") == "calm wide"
    assert len(page.requests) == asked
    page.assert_consistent()

    page.click("#add")
    page.click("#loud")
    assert _class(page, "#box") == "loud wide"
    assert page.has("#panel[hidden]")
    assert page.has("#toggle[aria-expanded=true]")
    page.click("#server")
    assert page.has("#panel[hidden]")
    page.click("#server")
    assert not page.has("#panel[hidden]")

    page.click("#both")
    assert _class(page, "#both") == "before after"
    assert page.focused is page.soup.select_one("#field")
    page.click("#refused")
    assert _class(page, "#refused") == "before"
    page.click("#gone")
    assert not page.has("#row[hidden]")
    page.click("#clear")
    assert (page.value("#field"), store.read("tone")) == ("", "")
    page.click("#clear-all")
    left = [page.value(f"#filled [name={name}]") for name in "abcdef"]
    assert left == ["", False, "c", "d", "e", ""]
    page.click("#set")
    assert page.value("#field") == "word"
    assert page.has("#field[title=given]")
    page.click("#open")
    assert page.has("#dialog[open]")
    page.click("#close")
    assert not page.has("#dialog[open]")
    page.click("#front")
    page.check("#agree")
    page.click("#disagree")
    assert store.read("agree") is False
    page.click("li:nth-child(2) > .gone")
    assert _class(page, "#rows") == "after"
    page.click("#within")
    page.click("#tell")
    assert (store.read("said"), store.read("x")) == (["hello"], 7)
    page.click("#slide")
    assert _class(page, "#box") == "wide slid"
    assert page.text("#n") == "3"


def test_what_a_slot_gives_is_written_as_a_browser_writes_it() -> None:
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
    app.route("/")(
        lambda: checkbox(id="box", onchange=browser.set_attribute(this, "data-on", this.checked))
    )
    page = Client(app).open("/")
    page.check("#box")

    assert page.has("#box[data-on=true]")


def test_what_is_shown_until_the_answer_comes(app: tuple[Client, Store]) -> None:
    client, store = app
    page = client.open("/optimistic")

    with page.slow():
        page.click("#ok")
        assert page.has("#box[hidden]")
        assert _class(page, "#ok") == "on"
        page.click("#no")
        assert page.has("#box[hidden]")
    assert page.has("#box[hidden]")  # the server has hidden it, too
    assert _class(page, "#ok") is None
    assert page.error == "No."

    store.set("open", False)
    page.look()
    page.click("#no")
    assert not page.has("#box[hidden]")

    # What a person does meanwhile is theirs.
    with page.slow():
        page.fill("#text", "first")
        page.click("#send")
        page.click("#send")
        page.fill("#text", "next")
        page.click("#mine")
    assert page.value("#text") == "next"
    assert page.has("#box[title=mine]:not(.wait)")


def test_events(app: tuple[Client, Store]) -> None:
    client, store = app

    def said() -> list[str]:
        found: list[str] = [*store.read("said")]
        store.set("said", [])
        return found

    page = client.open("/events")
    assert said() == ["load"]
    page.tick("#ticks")
    assert page.text("#n") == "1"

    page.press("#field", "Enter")
    with pytest.raises(PageFailure, match=r"no action on the key 'Shift\+Enter'"):
        page.press("#field", "Shift+Enter")
    for typed in ("#field", "#range", "#edit"):
        with pytest.raises(PageFailure, match="no action on the key 'e'"):
            page.press(typed, "e")
    page.press("#field", "Ctrl+k")
    page.press("#field", "Ctrl+Shift+Space")
    page.press("#box", "e")
    with pytest.raises(PageFailure, match="no action on the key 'q'"):
        page.press("body", "q")
    assert said() == ["Enter", "k", "s", "e"]
    page.press("#field", "Escape")
    assert page.has("#menu[hidden]")
    page.click("#ask")
    for place in ("#close", "body"):
        with pytest.raises(PageFailure, match="no action on the key 'e'"):
            page.press(place, "e")
    page.click("#more")
    with pytest.raises(PageFailure, match="no action"):
        page.click("#in")  # which is outside of the menu, but in front
    page.click("#close")
    page.press("body", "e")
    assert said() == ["e"]

    page.click("#open")
    with pytest.raises(PageFailure, match="no action"):
        page.click("#inside")
    assert not page.has("#menu[hidden]")
    page.click("#n")
    assert page.has("#menu[hidden]")
    with pytest.raises(PageFailure, match="no action"):
        page.click("#child")
    page.click("#outer")
    page.trigger("dblclick", "#twice")
    page.trigger("contextmenu", "#context")
    page.trigger("resize", "body")
    page.click("#circle", offsetX=101, offsetY=52)
    assert page.text("#at") == "101,52"
    page.click("#come")
    assert said() == ["self", "twice", "context", "resize", "late"]


def test_a_list_goes_on_where_its_end_comes_into_view(app: tuple[Client, Store]) -> None:
    client, _ = app
    page = client.open("/scroll")

    while page.has("#more"):
        page.scroll_to("#more")

    assert page.has("p", "row 7")
    assert page.has("#end")
