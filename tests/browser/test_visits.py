"""Visits in a real browser: the page under another query, its address, back and forward."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from htealeaf import WSGI, Store, fragment, this, value_of, visit
from htealeaf.components import a, button, div, form, li, p, textInput, ul
from tests.browser.conftest import ContextFactory
from tests.browser.test_framework import Serve, Site, app_of, assert_fresh, registry, serve

__all__ = ["registry", "serve"]

NAMES = ["green tea", "black tea", "coffee", "milk", "cocoa", "water", "mate", "chai"]
VISIT = "POST /api/_visit"
#: Go back or forward, and wait until the browser is there, whatever the page shows.
MOVE = """(how) => new Promise((done) => {
  addEventListener("popstate", () => done(), { once: true });
  history[how]();
})"""


class Gate:
    """Holds up clicks at the server, until it is opened."""

    def __init__(self, app: WSGI) -> None:
        self.app, self.open, self.came = app.wsgi_app, threading.Event(), threading.Semaphore(0)
        self.open.set()
        app.wsgi_app = self

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] == "POST":
            self.came.release()
            self.open.wait()
        return self.app(environ, start_response)


@pytest.fixture
def gate() -> Iterator[list[Gate]]:
    gates: list[Gate] = []
    yield gates
    for one in gates:
        one.open.set()


def drinks(*, replace: bool = False, debounce: int = 0, shown: bool = False) -> WSGI:
    @fragment
    def found(args: Any) -> Any:
        names = [name for name in NAMES if args["q"] in name]
        return ul(id="found")(li(name) for name in names)

    @fragment
    def pages(args: Any) -> Any:
        n = args.get("page", 1, type=int)
        return p(id="pages")(f"Page {n} ", a("Next", id="next", onclick=visit(page=n + 1)))

    search = visit(q=this.value, page=None, replace=replace)
    app = app_of()

    @app.route("/drinks", title=lambda args: f"Drinks with {args['q'] or 'anything'}")
    def home(args: Any) -> Any:
        return div(
            form(onsubmit=visit(q=value_of("q"), page=None))(
                textInput(
                    name="q",
                    value=args["q"] if shown else None,
                    oninput=search.debounce(debounce) if debounce else search,
                ),
                button("Search"),
            ),
            found(args),
            pages(args),
            button("Tea", id="tea", onclick=visit(q="tea")),
            a("Down", id="down", href="#bottom"),
            div(id="bottom")("bottom").style(margin_top="3000px"),
        )

    return app


def visits(site: Site) -> int:
    return site.requests.count(VISIT)


def settled(page: Page) -> None:
    expect(page.locator(".ht-busy")).to_have_count(0)
    page.wait_for_function("() => htealeaf.catchUp()")
    assert_fresh(page)


def shows(page: Page, url: str, *names: str) -> None:
    expect(page.locator("#found li")).to_have_text([*names])
    page.wait_for_url(url)
    settled(page)


def test_a_click_changes_the_address_and_what_depends_on_it(page: Page, serve: Serve) -> None:
    site = serve(drinks())
    page.goto(f"{site.url}/drinks?sort=up")
    page.evaluate("window.same = true")
    ids: Any = page.evaluate("""() => {
      window.ids = [];
      document.addEventListener("htealeaf:after-patch", (event) => ids.push(...event.detail.ids));
    }""")
    page.click("#tea")
    shows(page, f"{site.url}/drinks?sort=up&q=tea", "green tea", "black tea")
    ids = page.evaluate("ids")
    assert "found" in ids
    page.click("#next")
    expect(page.locator("#pages")).to_have_text("Page 2 Next")
    page.click("#next")
    expect(page.locator("#pages")).to_have_text("Page 3 Next")
    assert page.url == f"{site.url}/drinks?sort=up&q=tea&page=3"
    assert page.title() == "Drinks with tea"
    settled(page)

    page.go_back()
    expect(page.locator("#pages")).to_have_text("Page 2 Next")
    settled(page)
    page.go_back()
    page.go_back()
    expect(page.locator("#found li")).to_have_count(len(NAMES))
    assert page.url == f"{site.url}/drinks?sort=up"
    assert page.title() == "Drinks with anything"
    settled(page)
    page.go_forward()
    shows(page, f"{site.url}/drinks?sort=up&q=tea", "green tea", "black tea")
    assert page.evaluate("window.same")
    assert site.requests.count("GET /drinks") < 20  # each is one of the comparisons'


def test_back_several_times_at_once(page: Page, serve: Serve) -> None:
    """The answer to the first finds the browser further, and leaves its history alone."""
    site = serve(drinks())
    page.goto(f"{site.url}/drinks")
    for n in (2, 3, 4):
        page.click("#next")
        expect(page.locator("#pages")).to_have_text(f"Page {n} Next")
    for _ in range(3):
        page.evaluate(MOVE, "back")
    expect(page.locator("#pages")).to_have_text("Page 1 Next")
    page.wait_for_url(f"{site.url}/drinks")
    settled(page)
    for _ in range(3):
        page.evaluate(
            "history.forward(); new Promise((done) => addEventListener('popstate', done))"
        )
    expect(page.locator("#pages")).to_have_text("Page 4 Next")
    page.wait_for_url(f"{site.url}/drinks?page=4")
    settled(page)


def test_back_from_another_page(page: Page, serve: Serve) -> None:
    """What was visited is loaded, and what lies before it is patched."""
    app = drinks()
    app.route("/other")(lambda: p("other", id="other"))
    site = serve(app)
    page.goto(f"{site.url}/drinks")
    page.click("#tea")
    shows(page, f"{site.url}/drinks?q=tea", "green tea", "black tea")
    page.goto(f"{site.url}/other")
    page.go_back()
    shows(page, f"{site.url}/drinks?q=tea", "green tea", "black tea")
    page.go_back()
    shows(page, f"{site.url}/drinks", *NAMES)
    page.reload()
    shows(page, f"{site.url}/drinks", *NAMES)


def test_one_request_a_pause_and_focus_stays(page: Page, serve: Serve) -> None:
    site = serve(drinks(replace=True, debounce=300))
    page.clock.install(time=0)
    page.goto(f"{site.url}/drinks?page=2")
    page.clock.pause_at(3_600_000)
    length = page.evaluate("history.length")
    page.locator("[name=q]").focus()
    page.keyboard.type("tea")
    page.clock.run_for(299)
    assert visits(site) == 0
    page.clock.run_for(1)
    expect(page.locator("#found li")).to_have_text(["green tea", "black tea"])
    assert visits(site) == 1
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("r")
    page.keyboard.press("Backspace")
    page.clock.run_for(300)
    expect(page.locator(".ht-busy")).to_have_count(0)
    expect(page.locator("[name=q]")).to_be_focused()
    assert page.locator("[name=q]").evaluate("field => field.selectionStart") == 2
    expect(page.locator("[name=q]")).to_have_value("tea")
    assert page.url == f"{site.url}/drinks?q=tea"
    assert page.evaluate("history.length") == length
    # Whoever leaves the field does not wait.
    page.keyboard.type("x")
    before = visits(site)
    page.keyboard.press("Tab")
    expect(page.locator("#found li")).to_have_count(0)
    assert visits(site) == before + 1


def test_back_from_within_the_field(page: Page, serve: Serve) -> None:
    """It shows what is searched for, though somebody is still in it."""
    site = serve(drinks(shown=True))
    page.goto(f"{site.url}/drinks")
    field = page.locator("[name=q]")
    field.fill("tea")
    shows(page, f"{site.url}/drinks?q=tea", "green tea", "black tea")

    page.go_back()
    shows(page, f"{site.url}/drinks", *NAMES)
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    page.go_forward()
    shows(page, f"{site.url}/drinks?q=tea", "green tea", "black tea")
    expect(field).to_have_value("tea")


def test_an_old_answer_never_wins(page: Page, serve: Serve, gate: list[Gate]) -> None:
    """However late answers come, they are applied in the order of what was typed."""
    app = drinks()
    gate.append(Gate(app))
    site = serve(app)
    page.goto(f"{site.url}/drinks")
    gate[0].open.clear()
    page.locator("[name=q]").focus()
    page.keyboard.type("c")
    gate[0].came.acquire()
    page.keyboard.type("oco")
    gate[0].open.set()
    shows(page, f"{site.url}/drinks?q=coco", "cocoa")
    assert visits(site) == 4
    page.go_back()
    shows(page, f"{site.url}/drinks?q=coc", "cocoa")
    expect(page.locator("[name=q]")).to_have_value("coco")  # typed, and nobody else's


def test_back_while_something_is_under_way(page: Page, serve: Serve, gate: list[Gate]) -> None:
    """Whatever comes in which order: the page and its address are of one mind."""
    app = drinks()
    shared = Store({"n": 0}, name="shared")
    app.route("/n")(
        lambda args: div(
            p(args["q"], id="q"),
            p(shared.react("n"), id="n"),
            button("+", id="plus", onclick=shared.do.increment("n")),
            button("Visit", id="visit", onclick=visit(q="a")),
            button("Visit", id="other", onclick=visit(q="b")),
        )
    )
    gate.append(Gate(app))
    site = serve(app)
    page.goto(f"{site.url}/n")
    page.click("#visit")
    expect(page.locator("#q")).to_have_text("a")
    gate[0].came.acquire()
    gate[0].open.clear()
    page.click("#plus")
    gate[0].came.acquire()
    page.evaluate("history.back()")
    page.wait_for_url(f"{site.url}/n")
    gate[0].open.set()
    expect(page.locator("#n")).to_have_text("1")
    expect(page.locator("#q")).to_have_text("")
    settled(page)

    page.click("#visit")
    expect(page.locator("#q")).to_have_text("a")
    gate[0].came.acquire()
    gate[0].open.clear()
    page.click("#other")
    gate[0].came.acquire()
    page.evaluate("history.back()")
    page.wait_for_url(f"{site.url}/n")
    gate[0].open.set()
    page.wait_for_url(f"{site.url}/n?q=b")  # a visit that was under way wins over back
    expect(page.locator("#q")).to_have_text("b")
    settled(page)


def test_where_the_page_was_scrolled(page: Page, serve: Serve) -> None:
    site = serve(drinks())
    page.goto(f"{site.url}/drinks")
    page.evaluate("scrollTo(0, 40)")
    page.click("#tea")
    expect(page.locator("#found li")).to_have_count(2)
    assert page.evaluate("scrollY") == 40  # what a person looks at stays
    page.evaluate("scrollTo(0, 700)")
    page.go_back()
    expect(page.locator("#found li")).to_have_count(len(NAMES))
    assert page.evaluate("scrollY") == 40


def test_a_place_of_the_page_asks_for_nothing(page: Page, serve: Serve) -> None:
    site = serve(drinks())
    page.goto(f"{site.url}/drinks?q=tea")
    page.click("#down")
    page.wait_for_url("**#bottom")
    page.go_back()
    page.wait_for_function("() => !location.hash")
    assert visits(site) == 0
    page.click("#down")
    page.click("#next")
    expect(page.locator("#pages")).to_have_text("Page 2 Next")
    settled(page)


def test_a_link_opens_in_a_window_of_its_own(page: Page, serve: Serve) -> None:
    site = serve(drinks())
    page.goto(f"{site.url}/drinks?q=tea")
    with page.context.expect_page() as opened:
        page.click("#next", modifiers=["ControlOrMeta"])
    other = opened.value
    expect(other.locator("#pages")).to_have_text("Page 2 Next")
    expect(other.locator("#found li")).to_have_text(["green tea", "black tea"])
    assert visits(site) == 0
    assert page.url == f"{site.url}/drinks?q=tea"


def test_scripts_are_off(context_factory: ContextFactory, serve: Serve) -> None:
    site = serve(drinks())
    page = context_factory(java_script_enabled=False).new_page()
    page.goto(f"{site.url}/drinks?sort=up")
    page.click("#next")
    expect(page.locator("#pages")).to_have_text("Page 2 Next")
    assert page.url == f"{site.url}/drinks?sort=up&page=2"
    page.fill("[name=q]", "tea")
    page.keyboard.press("Enter")
    expect(page.locator("#found li")).to_have_text(["green tea", "black tea"])
    assert page.url == f"{site.url}/drinks?q=tea"


def test_an_action_function_visits_at_once(page: Page, serve: Serve) -> None:
    """The answer to its click brings the page of the new address."""
    shared = Store({"rows": []}, name="shared")
    app = app_of()

    @app.action
    def add(name: str) -> Any:
        shared.append("rows", name)
        return visit(last=name)

    @app.route("/")
    def home(args: Any) -> Any:
        return div(
            p(args["last"], id="last"),
            ul(li(row) for row in shared.read("rows")),
            form(onsubmit=add)(textInput(name="name"), button("Add")),
        )

    site = serve(app)
    page.goto(f"{site.url}/")
    page.evaluate("window.same = true")
    for name in ("a", "ß&"):
        page.fill("[name=name]", name)
        page.keyboard.press("Enter")
        expect(page.locator("#last")).to_have_text(name)
        settled(page)
    assert page.url == f"{site.url}/?last=%C3%9F%26"
    page.go_back()
    expect(page.locator("#last")).to_have_text("a")
    expect(page.locator("li")).to_have_text(["a", "ß&"])
    settled(page)
    assert page.evaluate("window.same")
