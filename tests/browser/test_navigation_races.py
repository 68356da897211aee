"""Boosted links where something else happens at the same time, or goes wrong.

No page is live here: what is shown comes by what the person did.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from htealeaf import WSGI, Element, PageStore, Store, browser, event, redirect
from htealeaf.components import (
    a,
    body,
    button,
    details,
    div,
    h1,
    head,
    html,
    li,
    link,
    main,
    nav,
    p,
    script,
    summary,
    textInput,
    ul,
)
from tests.browser.test_framework import Serve, app_of, registry, serve
from tests.browser.test_navigation import Gates

__all__ = ["registry", "serve"]

#: The links of each page, by their ids.
LINKS = {
    "a": "/",
    "b": "/b",
    "c": "/c",
    "sheet": "/sheet",
    "disabled": "/disabled",
    "broken": "/broken",
    "hash": "/b#100%",
    "text": "/text",
    "query": "/c?x=1",
}


class Shop:
    def __init__(self, page: Page, serve: Serve, **options: Any) -> None:
        self.page, self.moved = page, False
        app = app_of(**options)
        self._build(app)
        self.answers = Gates(app)
        self.site = serve(app)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.site.url + path)
        self.page.evaluate("window.same = true")

    def press(self, id: str) -> None:
        # The pointer stays where it is: nothing is fetched ahead.
        self.page.evaluate("(id) => document.getElementById(id).click()", id)

    def at(self, title: str, same: bool | None = True) -> None:
        expect(self.page.locator("h1")).to_have_text(title)
        assert self.page.evaluate("window.same") == same

    def _build(self, app: WSGI) -> None:
        shared = Store({"n": 0, "open": False, "rows": [{"id": 1}, {"id": 2}]}, name="shared")
        view = PageStore({"tab": "one"}, name="view", local=["tab"])
        do = shared.do

        @app.action
        def go() -> Any:
            return redirect("/c")

        @app.layout(boost=True)
        def frame(content: Any) -> Element:
            typed = textInput(onkeydown=do.set("n", 50).key("Enter"))
            return div(
                nav(a(id, href=to, id=id) for id, to in LINKS.items()),
                div(id="kept").keep()(details(summary("more"), "kept")),
                p(shared.react("n"), id="n"),
                p(view.react("tab"), id="tab"),
                button("+", id="plus", onclick=do.increment("n")),
                button("two", id="two", onclick=browser.set(view.at("tab"), "two")),
                button("more", id="more", onclick=do.set("open", True)),
                button("go", id="go", onclick=go()),
                div(shared.react("open", lambda on: typed if on else p("closed"))),
                ul(id="rows")(
                    shared.each(
                        "rows",
                        lambda row: li(f"row {row['id']}", onmove=row.do.move("", event.index)),
                        key="id",
                    )
                ),
                script("window.inline = (window.inline ?? 0) + 1"),
                main(content),
            )

        def headed(title: str, **said: Any) -> Element:
            return html(head(link(**said)), body(boost=True)(frame(h1(title))))

        css = {"rel": "stylesheet", "href": "/x.css"}
        app.route("/", title="A")(lambda: redirect("/c") if self.moved else h1("A"))
        app.route("/b", title="B")(lambda: h1("B"))
        app.route("/c", title="C")(lambda args: [h1("C"), p(f"x is {args['x']}", id="x")])
        for path, title, said in (
            ("/sheet", "Sheet", css),
            ("/disabled", "Disabled", css | {"disabled": True}),
            ("/broken", "Broken", {"rel": "preconnect", "href": "https://["}),
        ):
            app.route(path, title=title, layout=False)(
                lambda title=title, said=said: headed(title, **said)
            )
        app.route("/text", title="Text", layout=False)(
            lambda: html(body(boost=True)("only text", a("a", href="/", id="a")))
        )
        app.route("/x.css", page=False)(lambda: (200, {"Content-Type": "text/css"}, "p {}"))


@pytest.fixture
def shop(page: Page, serve: Serve) -> Shop:
    shop = Shop(page, serve)
    shop.open()
    return shop


def test_what_is_done_while_a_page_is_on_its_way_is_shown(page: Page, shop: Shop) -> None:
    """Also where that page was made before: ahead, or behind a request that was slow."""
    let = shop.answers.hold("/b")
    with page.expect_request("**/b"):
        page.hover("#b")
    page.click("#b")
    shop.press("plus")
    expect(page.locator("#n")).to_have_text("1")
    let()
    shop.at("B")
    expect(page.locator("#n")).to_have_text("1")

    let, let_first = shop.answers.hold("/c"), shop.answers.hold("/api/_action/go")
    let_plus = shop.answers.hold("/api/_store/shared/n")
    shop.press("two")
    shop.press("go")
    shop.press("c")
    with page.expect_request("**/api/_store/**"):
        shop.press("plus")
        with page.expect_request("**/c"):
            let_first()
    let()
    let_plus()
    shop.at("C")
    expect(page.locator("#n")).to_have_text("2")


def test_the_last_page_that_was_asked_for_wins(page: Page, shop: Shop) -> None:
    # Over where an action leads that was done before.
    let = shop.answers.hold("/api/_action/go")
    shop.press("go")
    shop.press("b")
    let()
    shop.at("B")
    page.evaluate("htealeaf.catchUp()")
    shop.at("B")
    # Over a page whose style sheet is slow; one that is not to be loaded holds nobody up.
    let = shop.answers.hold("/x.css")
    with page.expect_request("**/x.css"):
        shop.press("sheet")
    shop.press("a")
    shop.at("A")
    let()
    shop.press("disabled")
    shop.at("Disabled")


def test_a_script_with_more_parts_takes_over_meanwhile(page: Page, shop: Shop) -> None:
    """The page that is on its way then is the browser's to show."""
    let, let_click = shop.answers.hold("/b"), shop.answers.hold("/api/_store/shared/open")
    shop.press("more")
    shop.press("b")
    with page.expect_request("**/b"):
        let_click()
    page.wait_for_function("() => htealeaf.touched")
    let()
    shop.at("B", None)
    shop.press("a")
    shop.at("A", None)
    assert page.url == f"{shop.site.url}/"


def test_where_the_address_and_the_page_would_differ(page: Page, shop: Shop) -> None:
    # Back leads to what has moved.
    shop.press("b")
    shop.at("B")
    shop.moved = True
    page.go_back()
    shop.at("C")
    assert page.url == f"{shop.site.url}/c"
    # A fragment that is no encoded text.
    shop.press("hash")
    shop.at("B")
    expect(page.locator("h1")).to_be_focused()
    # A page with text of its own does not take away what tells its title.
    shop.press("text")
    expect(page.locator("body")).to_contain_text("only text")
    expect(page.locator("#ht-title")).to_have_text("Text")
    shop.press("a")
    shop.at("C")
    # Another query of this page, and by an action back to it.
    shop.press("query")
    expect(page.locator("#x")).to_have_text("x is 1")
    shop.press("go")
    expect(page.locator("#x")).to_have_text("x is ")
    assert page.locator("[name=ht-url]").get_attribute("value") == "/c"
    # A query that nobody answers is asked for by the browser.
    page.route("**/api/_live*", lambda route: route.abort())
    shop.press("query")
    expect(page.locator("#x")).to_have_text("x is 1")
    assert page.evaluate("window.same") is None


def test_what_fails_halfway_is_left_to_the_browser(
    page: Page, shop: Shop, page_errors: list[str]
) -> None:
    shop.press("broken")
    expect(page.locator("h1")).to_have_text("Broken")
    page.wait_for_function("() => !window.same")
    expect(page.locator("html.ht-busy")).to_have_count(0)
    assert page_errors.pop()


def test_what_is_left_behind_and_what_is_kept(page: Page, serve: Serve) -> None:
    shop = Shop(page, serve, csp=None)
    shop.open()
    # The shim has the part of fields by then.
    shop.press("more")
    page.wait_for_function("() => htealeaf.touched")
    page.evaluate("""() => {
      const kept = document.querySelector("#kept");
      kept.insertAdjacentHTML("beforeend", "<input id=own>");
      kept.querySelector("details").open = true;
    }""")
    page.fill("#own", "mine")
    shop.press("two")
    # An item is in somebody's hand.
    page.focus("#rows li")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#rows li")).to_have_text(["row 2", "row 1"])
    shop.press("b")
    shop.at("B")
    expect(page.locator("#own")).to_have_value("mine")
    assert page.evaluate("document.querySelector('#kept details').open")
    expect(page.locator("[ht-held]")).to_have_count(0)
    expect(page.locator("#rows li")).to_have_text(["row 1", "row 2"])
    shop.press("plus")
    expect(page.locator("#n")).to_have_text("1")
    expect(page.locator("#tab")).to_have_text("one")
    assert page.evaluate("window.inline") == 1
