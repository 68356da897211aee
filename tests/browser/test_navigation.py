"""Boosted links in a real browser: pages that are fetched and morphed in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from playwright.sync_api import Page, expect

from htealeaf import WSGI, Element, Store, fragment, redirect
from htealeaf.components import (
    a,
    body,
    button,
    details,
    dialog,
    div,
    form,
    h1,
    h2,
    head,
    html,
    li,
    link,
    main,
    meta,
    nav,
    p,
    script,
    summary,
    textInput,
    ul,
)
from tests.browser.test_framework import Serve, Site, app_of, assert_fresh, registry, serve

__all__ = ["registry", "serve"]

SAME = "window.same = true"


class Gates:
    """Holds what is answered to some paths, once it is made."""

    def __init__(self, app: WSGI) -> None:
        self.app = app.wsgi_app
        self.shut: dict[str, threading.Event] = {}
        app.wsgi_app = self

    def hold(self, path: str) -> Callable[[], None]:
        gate = self.shut[path] = threading.Event()

        def let() -> None:
            self.shut.pop(path, None)
            gate.set()

        return let

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        made = list(self.app(environ, start_response))
        gate = self.shut.get(environ["PATH_INFO"])
        if gate is not None:
            gate.wait(10)
        return made


def shop() -> WSGI:
    app = app_of(live=True)
    shared = Store({"n": 0, "rows": ["tea", "milk"]}, name="shared")

    @app.layout(boost=True)
    def frame(content: Any) -> Element:
        return div(
            nav(
                a("Home", href="/", id="home"),
                a("Other", href="/other", id="other"),
                a("Form", href="/form", id="form-link"),
                a("Long", href="/long#deep", id="deep-link"),
                a("Drinks", href="/drinks", id="drinks"),
                a("Plain", href="/plain", id="plain"),
                a("Missing", href="/missing", id="missing"),
                a("File", href="/file", id="file"),
                a("Moved", href="/moved", id="moved"),
                a("Alone", href="/other", id="alone", boost=False),
                a("Tab", href="/other", id="tab", target="_blank"),
                a("External", href="/other", id="external", rel="external"),
                a("Quiet", href="/quiet", id="quiet", prefetch=False),
                a("Strict", href="/strict", id="strict"),
            ),
            div(id="map").keep(),
            dialog("hello", id="hello"),
            main(content),
        )

    @app.route("/", title="Home")
    def home() -> Any:
        return [
            h1("Home"),
            p(shared.react("n"), id="n"),
            button("+", id="plus", onclick=shared.do.increment("n")),
            button("Go", id="go", onclick=go()),
            details(summary("more"), p("inside")),
            div(id="tall").style(height="3000px"),
            a("Down", href="/other", id="down"),
        ]

    @app.action
    def go() -> Any:
        shared.increment("n")
        return redirect("/other")

    @app.route("/strict")
    def strict() -> Any:
        policy = "default-src 'self'; img-src 'none'; script-src 'self' 'nonce-abc'"
        return 200, {"Content-Security-Policy": policy}, [h1("Strict"), p("no pictures")]

    @app.route("/other", title="Other", layout=False)
    def other() -> Any:
        return html(lang="de", class_="other")(
            head(
                meta(name="description", content="another"),
                link(rel="stylesheet", href="/other.css"),
                script(src="/count.js", defer=True),
            ),
            body(class_="wide", boost=True)(
                frame(
                    [
                        h1("Other"),
                        p(shared.react("n"), id="n"),
                        button("+", id="plus", onclick=shared.do.increment("n")),
                        details(summary("more"), p("inside")),
                        p("coloured", id="coloured"),
                    ]
                )
            ),
        )

    @app.route("/form", title="Form")
    def asks() -> Any:
        return [
            h1("Form"),
            form(action="/drinks", id="search")(textInput(name="q"), button("Search")),
            form(id="edit", method="post")(textInput(name="title", value="one")),
        ]

    @app.route("/form2", title="Form 2")
    def asks_too() -> Any:
        return [
            h1("Form"),
            form(action="/drinks", id="search")(textInput(name="q"), button("Search")),
            form(id="edit", method="post")(textInput(name="title", value="two", autofocus=True)),
        ]

    @app.route("/long", title="Long")
    def long() -> Any:
        return [h1("Long"), div(id="tall").style(height="3000px"), h2("Deep", id="deep")]

    @app.route("/drinks", title=lambda args: f"Drinks {args['q']}")
    def drinks(args: Any) -> Any:
        @fragment
        def found(args: Any) -> Any:
            return ul(id="found")(li(row) for row in shared["rows"] if args["q"] in row)

        add = button("Add", onclick=shared.do.append("rows", "water"))
        return [h1("Drinks"), found(args), a("Tea", href="/drinks?q=tea", id="tea"), add]

    app.route("/quiet", title="Quiet")(lambda: h1("Quiet"))
    app.route("/moved")(lambda: redirect("/other"))
    app.route("/plain", page=False)(lambda: (200, {"Content-Type": "text/html"}, "<h1>Plain</h1>"))
    app.route("/file", page=False)(
        lambda: (200, {"Content-Type": "text/plain", "Content-Disposition": "attachment"}, "x")
    )
    css = "#coloured { color: rgb(1, 2, 3); }"
    app.route("/other.css", page=False)(lambda: (200, {"Content-Type": "text/css"}, css))
    code = "window.count = (window.count ?? 0) + 1"
    app.route("/count.js", page=False)(lambda: (200, {"Content-Type": "text/javascript"}, code))
    return app


def opened(page: Page, site: Site, path: str = "/") -> None:
    page.goto(site.url + path)
    page.evaluate(SAME)


def at(page: Page, title: str) -> None:
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator(".ht-busy")).to_have_count(0)
    assert page.evaluate("document.activeElement.blur(), window.same")
    assert_fresh(page)


def test_a_link_is_morphed_in(page: Page, serve: Serve) -> None:
    site = serve(shop())
    opened(page, site)
    page.evaluate("""() => {
      window.map = document.querySelector("#map");
      map.append("a map");
      document.querySelector("#hello").show();
      document.querySelector("details").open = true;
    }""")
    page.click("#other")
    expect(page.locator("h1")).to_have_text("Other")
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("#map")).to_have_text("a map")
    assert page.evaluate("map.isConnected && document.querySelector('#hello').open")
    page.evaluate("document.querySelector('#hello').close(); map.textContent = ''")
    at(page, "Other")
    assert page.url == f"{site.url}/other"
    assert page.title() == "Other"
    expect(page.locator("#ht-title")).to_have_text("Other")
    expect(page.locator("#coloured")).to_have_css("color", "rgb(1, 2, 3)")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("html")).to_have_class("other")
    expect(page.locator("body")).to_have_class("wide")
    assert not page.evaluate("document.querySelector('details').open")
    assert page.evaluate("window.count") == 1
    # Clicks are those of the new page, and so is what others do.
    page.click("#plus")
    expect(page.locator("#n")).to_have_text("1")
    at(page, "Other")
    page.click("#home")
    at(page, "Home")
    expect(page.locator("#n")).to_have_text("1")
    expect(page.locator("meta[name=description]")).to_have_count(0)
    page.click("#other")
    at(page, "Other")
    assert page.evaluate("window.count") == 1
    page.click("#moved")
    at(page, "Other")
    assert page.url == f"{site.url}/other"


def test_scroll_and_focus_as_a_browser_does_it(page: Page, serve: Serve) -> None:
    """And what a page's rules say counts, without a word of the policy's about their nonce."""
    site = serve(shop())
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    opened(page, site)
    page.evaluate("scrollTo(0, 900)")
    page.wait_for_function("() => scrollY === 900")
    page.evaluate("document.querySelector('#down').click()")
    at(page, "Other")
    assert page.evaluate("scrollY") == 0
    page.evaluate("document.querySelector('#deep-link').click()")
    expect(page.locator("#deep")).to_be_focused()
    assert page.url == f"{site.url}/long#deep"
    assert page.evaluate("scrollY") > 2000
    page.go_back()
    at(page, "Other")
    page.go_back()
    at(page, "Home")
    assert page.evaluate("scrollY") == 900
    assert page.url == f"{site.url}/"
    page.go_forward()
    at(page, "Other")
    page.go_forward()
    at(page, "Long")
    assert page.evaluate("scrollY") > 2000
    page.evaluate("scrollTo(0, 0)")
    page.evaluate("document.querySelector('#deep-link').click()")  # a place of this page
    page.wait_for_function("() => scrollY > 2000")
    assert site.requests.count("GET /long") == 3  # one of them is a comparison
    page.reload()
    expect(page.locator("h1")).to_have_text("Long")
    assert page.evaluate("window.same") is None
    page.wait_for_function("() => scrollY > 2000")  # by the browser
    page.go_back()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Home")
    page.wait_for_function("() => scrollY === 900")
    assert [text for text in said if "Content Security Policy" in text] == []


def test_what_is_no_page_of_ours_is_left_to_the_browser(page: Page, serve: Serve) -> None:
    site = serve(shop())

    def leaves(link: str, heading: str) -> None:
        opened(page, site)
        page.click(link)
        expect(page.locator("h1")).to_have_text(heading)
        assert page.evaluate("window.same") is None

    leaves("#plain", "Plain")
    leaves("#missing", "Not Found")
    leaves("#alone", "Other")
    leaves("#external", "Other")
    leaves("#strict", "Strict")  # another policy than this page's, which would stay
    opened(page, site)
    held: dict[str, Any] = {"#tab": [], "#other": ["ControlOrMeta"]}
    for target, keys in held.items():
        with page.context.expect_page() as other:
            page.click(target, modifiers=keys)
        expect(other.value.locator("h1")).to_have_text("Other")
        other.value.close()
    with page.expect_download() as download:
        page.click("#file")
    assert download.value.url == f"{site.url}/file"
    at(page, "Home")
    # Who prevents it decides.
    page.evaluate("""() => addEventListener("htealeaf:navigate", (event) => {
      window.asked = event.detail.url;
      event.preventDefault();
    }, { once: true, capture: true })""")
    page.click("#other")
    expect(page.locator("h1")).to_have_text("Other")
    assert page.evaluate("window.same") is None


def test_a_form_that_gets_and_a_query(page: Page, serve: Serve) -> None:
    """To another query of the same path leads a visit: only what reads it is rendered."""
    site = serve(shop())
    opened(page, site, "/form")
    page.fill("[name=title]", "mine")
    page.fill("[name=q]", "tea ü")
    page.evaluate("history.pushState(null, '', '/form')")
    # Lines, as a browser sends them.
    page.evaluate("""() => {
      const lines = document.createElement("textarea");
      document.getElementById("search").append(Object.assign(lines, { name: "l", value: "a\\nb" }));
    }""")
    page.press("[name=q]", "Enter")
    at(page, "Drinks")
    assert page.url == f"{site.url}/drinks?q=tea+%C3%BC&l=a%0D%0Ab"
    expect(page.locator("#found li")).to_have_count(0)
    before = site.requests.count("GET /drinks")
    page.evaluate("""() => {
      window.ids = [];
      document.addEventListener("htealeaf:after-patch", (event) => ids.push(...event.detail.ids));
    }""")
    page.click("#tea")
    expect(page.locator("#found li")).to_have_text(["tea"])
    assert page.evaluate("ids")[0] == "found"
    assert page.evaluate("ids.length") == 2  # and the title
    assert page.url == f"{site.url}/drinks?q=tea"
    expect(page.locator("#ht-title")).to_have_text("Drinks tea")
    assert site.requests.count("GET /drinks") == before
    at(page, "Drinks")
    page.go_back()
    expect(page.locator("#found li")).to_have_count(0)
    page.go_back()
    at(page, "Form")
    # What was typed belongs to the page that was left.
    page.fill("[name=title]", "mine")
    page.evaluate("document.querySelector('#home').href = '/form2'")
    page.click("#home")
    expect(page.locator("[name=title]")).to_have_value("two")
    expect(page.locator("[name=title]")).to_be_focused()  # before the heading above it
    assert not page.evaluate("document.querySelector('#ht-dirty')")


def test_the_newest_of_two_wins_and_clicks_go_first(page: Page, serve: Serve) -> None:
    app = shop()
    gates = Gates(app)
    site = serve(app)
    opened(page, site)
    let_other, let_click = gates.hold("/other"), gates.hold("/api/_store/shared/n")
    page.click("#plus")
    page.click("#quiet")
    assert "GET /quiet" not in site.requests
    let_click()
    at(page, "Quiet")
    page.click("#other")
    expect(page.locator("html")).to_have_class("ht-busy")
    page.click("#drinks")
    at(page, "Drinks")
    let_other()
    page.click("#home")
    at(page, "Home")
    expect(page.locator("#n")).to_have_text("1")
    # What is clicked while a page is on its way is shown by it.
    let_other = gates.hold("/other")
    page.click("#other")
    expect(page.locator("html")).to_have_class("ht-busy")
    page.click("#plus")
    expect(page.locator("#n")).to_have_text("2")
    # Where a click redirects to is gone to in the same way.
    let_other()
    at(page, "Other")
    expect(page.locator("#n")).to_have_text("2")
    page.go_back()
    at(page, "Home")
    page.click("#go")
    at(page, "Other")
    expect(page.locator("#n")).to_have_text("3")


def test_pages_are_fetched_ahead(page: Page, serve: Serve) -> None:
    app = shop()
    seen: list[str] = []
    inner = app.wsgi_app

    def noting(environ: dict[str, Any], start_response: Any) -> Any:
        if environ.get("HTTP_HT_PREFETCH"):
            seen.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    app.wsgi_app = noting
    site = serve(app)
    opened(page, site)
    with page.expect_request("**/other"):
        page.hover("#other")
    page.click("#other")
    at(page, "Other")
    assert site.requests.count("GET /other") == 2  # one is the comparison's
    assert seen == ["/other"]
    page.hover("#quiet")
    with page.expect_response("**/drinks"):
        page.focus("#drinks")
    assert seen == ["/other", "/drinks"]
    # What was done meanwhile is in it.
    page.click("#plus")
    expect(page.locator("#n")).to_have_text("1")
    with page.expect_request("**/"):
        page.hover("#home")
    page.click("#home")
    at(page, "Home")
    expect(page.locator("#n")).to_have_text("1")


def test_another_page_is_live_and_has_its_own_state(
    page: Page, serve: Serve, context_factory: Any
) -> None:
    app = shop()
    site = serve(app)
    opened(page, site)
    page.click("#other")
    at(page, "Other")
    other = page.context.new_page()
    other.goto(f"{site.url}/other")
    page.bring_to_front()
    other.evaluate("document.querySelector('#plus').click()")
    expect(page.locator("#n")).to_have_text("1")
    page.click("#form-link")  # it has another part of the shim
    at(page, "Form")
    expect(page.locator("script[src*=fields]")).to_have_count(1)
    page.fill("[name=q]", "milk")
    page.click("text=Search")
    at(page, "Drinks")
    expect(page.locator("#found li")).to_have_text(["milk"])
