"""Parts of the shim: a patch that needs another one brings a script that takes over."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from htealeaf import WSGI, Element, JSCode, Registry, Store, SuperStore, value_of
from htealeaf.components import button, div, li, p, textInput, ul
from tests.serving import serving

POLICY = (
    "default-src 'none'; connect-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'"
)


def _app() -> WSGI:
    with Registry():
        app = WSGI(secret="a secret of the tests", csp=POLICY)
        SuperStore(app)
        shared = Store({"open": False, "ran": False, "n": 0, "said": []}, name="shared")

    def more() -> Element:
        return div(
            textInput(id="text", onkeydown=shared.do.append("said", value_of("text")).key("Enter")),
            run("run"),
        )

    def run(id: str) -> Element:
        return p("run", id=id, onclick=JSCode("document.title += '!'"))

    @app.route("/")
    def page() -> Element:
        return div(
            button("only run", onclick=shared.do.set("ran", True)),
            button("open", onclick=shared.do.set("open", True)),
            button("+", onclick=shared.do.increment("n", 1)),
            p(shared.react("n"), id="n"),
            div(shared.react("ran", lambda on: run("code") if on else p("closed")), id="less"),
            div(shared.react("open", lambda on: more() if on else p("closed")), id="more"),
            ul(shared.each("said", li), id="said"),
        )

    return app


def _parts(page: Page) -> list[str]:
    sources: list[str] = page.eval_on_selector_all("script[src]", "all => all.map((el) => el.src)")
    assert len(sources) == 1
    return sources[0].rpartition("/")[2].partition("-")[0].split(".")[1:]


def test_what_a_patch_brings_works_as_in_a_first_page(page: Page) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    with serving(_app()) as url:
        page.goto(url)
        assert _parts(page) == ["order"]

        page.click("text=open")
        expect(page.locator("script[src*=fields]")).to_have_count(1)
        page.evaluate("htealeaf.catchUp()")
        page.fill("#text", "milk")
        page.press("#text", "Enter")
        page.click("#run")

        expect(page.locator("#said")).to_have_text("milk")
        assert page.title().endswith("!")
        assert _parts(page) == ["order", "fields", "events", "code"]
        # One script is there: each press counts once.
        for _ in range(3):
            page.click("text=+")
        expect(page.locator("#n")).to_have_text("3")
        page.click("#run")
        assert page.title().endswith("!!")
        assert not page.title().endswith("!!!")
        # What is there is not loaded again.
        scripts = [url for url in loaded if "/_htealeaf/" in url and ".js" in url]
        assert len(scripts) == 2


def test_clicks_of_the_time_in_which_a_part_comes_are_done_in_order(page: Page) -> None:
    """They wait for it, and none is lost or done twice."""
    held: list[Any] = []
    page.route("**/_htealeaf/*fields*", lambda route: held.append(route))
    with serving(_app()) as url:
        page.goto(url)
        page.click("text=open")
        expect(page.locator("#text")).to_be_visible()
        for _ in range(3):
            page.click("text=+")
        expect(page.locator("#n")).to_have_text("0")

        held[0].continue_()

        expect(page.locator("#n")).to_have_text("3")
        page.click("text=+")
        expect(page.locator("#n")).to_have_text("4")


def test_what_needs_a_part_waits_for_it(page: Page) -> None:
    """A key that is meant is not any key, and nothing that was done meanwhile is lost."""
    held: list[Any] = []
    page.route("**/_htealeaf/*fields*", lambda route: held.append(route))
    with serving(_app()) as url:
        page.goto(url)
        page.click("text=open")
        page.click("#text")

        page.keyboard.type("tea")
        page.click("text=+")
        page.click("#run")
        page.press("#text", "Enter")
        page.click("text=+")
        held[0].continue_()

        expect(page.locator("#n")).to_have_text("2")
        expect(page.locator("#said li")).to_have_text(["tea"])
        assert page.title().endswith("!")
        assert not page.title().endswith("!!")


def test_two_parts_that_come_one_behind_the_other(page: Page) -> None:
    """The second is named while the first one is on its way."""
    with serving(_app()) as url:
        page.goto(url)
        page.evaluate("for (const el of document.querySelectorAll('button')) el.click()")

        page.fill("#text", "tea")
        page.press("#text", "Enter")
        page.click("#code")

        expect(page.locator("#said li")).to_have_text(["tea"])
        expect(page.locator("#n")).to_have_text("1")
        assert page.title().endswith("!")
        assert _parts(page) == ["order", "fields", "events", "code"]


def test_a_key_does_nothing_else_where_its_part_does_not_come(page: Page) -> None:
    page.route("**/_htealeaf/*fields*", lambda route: route.abort())
    with serving(_app()) as url:
        page.goto(url)
        page.click("text=open")
        page.click("#text")

        page.keyboard.type("tea")
        page.click("text=+")

        expect(page.locator("#n")).to_have_text("1")
        expect(page.locator("#said")).to_have_text("")


def test_a_part_that_does_not_come_stops_nothing(page: Page) -> None:
    page.route("**/_htealeaf/*fields*", lambda route: route.abort())
    with serving(_app()) as url:
        page.goto(url)
        page.click("text=open")
        expect(page.locator("#text")).to_be_visible()

        page.click("text=+")

        expect(page.locator("#n")).to_have_text("1")
