"""Visits: the page under another query, patched and in the history."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    HtealeafError,
    PageStore,
    Registry,
    Session,
    Store,
    SuperStore,
    flash,
    flashes,
    fragment,
    redirect,
    this,
    value_of,
    visit,
)
from htealeaf.components import a, button, checkbox, div, form, li, option, p, select, textInput, ul
from htealeaf.testing import Client, Page
from tests.http import Browser

NAMES = ["green tea", "black tea", "coffee", "milk", "cocoa", "water", "mate", "chai"]
SIZE = 3


@pytest.fixture
def app() -> Iterator[WSGI]:
    with Registry():
        made = WSGI(secret="a secret of the tests")
        SuperStore(made)
        yield made


@pytest.fixture
def rendered() -> list[str]:
    return []


@pytest.fixture
def drinks(app: WSGI, rendered: list[str]) -> WSGI:
    """A list with a search, an order and pages; each part notes when it is rendered."""

    @fragment
    def found(args: Any) -> Any:
        rendered.append("found")
        names = [name for name in NAMES if args["q"] in name]
        names.sort(reverse=args["sort"] == "down")
        start = (args.get("page", 1, type=int) - 1) * SIZE
        return ul(id="found")(li(name) for name in names[start : start + SIZE])

    @fragment
    def order(args: Any) -> Any:
        rendered.append("order")
        return select(name="sort", onchange=visit(sort=this.value, page=1))(
            option(name, value=value, selected=args["sort"] == value)
            for value, name in (("up", "A to Z"), ("down", "Z to A"))
        )

    @fragment
    def pages(args: Any) -> Any:
        rendered.append("pages")
        page = args.get("page", 1, type=int)
        return p(id="pages")(
            a("Before", onclick=visit(page=page - 1)) if page > 1 else None,
            f"Page {page}",
            a("Next", onclick=visit(page=page + 1)),
        )

    @app.route("/drinks", title=lambda args: f"Drinks with {args['q'] or 'anything'}")
    def home(args: Any) -> Any:
        rendered.append("page")
        return div(
            form(onsubmit=visit(q=value_of("q"), page=None))(
                textInput(name="q", oninput=visit(q=this.value, page=None, replace=True)),
                button("Search"),
            ),
            order(args),
            found(args),
            pages(args),
            button("Tea", onclick=visit(q="tea")),
        )

    return app


def names(page: Page) -> list[str]:
    return [li.text for li in page.soup.select("#found li")]


def test_a_visit_patches_what_depends_on_what_changed(drinks: WSGI, rendered: list[str]) -> None:
    page = Client(drinks, check=True).open("/drinks?sort=down")
    assert names(page) == ["water", "milk", "mate"]
    rendered.clear()

    page.select("[name=sort]", "up")
    assert page.url == "/drinks?sort=up&page=1"
    assert names(page) == ["black tea", "chai", "cocoa"]

    rendered.clear()
    page.click("#pages a", text="Next")
    assert page.url == "/drinks?sort=up&page=2"
    assert names(page) == ["coffee", "green tea", "mate"]
    assert sorted(page.patch.ids) == ["found", "pages"]
    assert page.patch.ops[-1] == ("history", "")
    assert "order" not in rendered[: rendered.index("found")]
    assert (page.requests[-1].method, page.requests[-1].url) == ("POST", "/api/_visit")


def test_back_and_forward_patch_the_page(drinks: WSGI) -> None:
    client = Client(drinks, check=True)
    page = client.open("/drinks")
    page.click("button", text="Tea")
    page.click("#pages a", text="Next")
    assert page.url == "/drinks?q=tea&page=2"
    before = len(page.requests)

    page.back()
    assert (page.url, names(page)) == ("/drinks?q=tea", ["black tea", "green tea"])
    assert page.title == "Drinks with tea"
    page.back()
    assert (page.url, len(names(page))) == ("/drinks", 3)
    page.forward()
    page.forward()
    assert (page.url, names(page)) == ("/drinks?q=tea&page=2", [])
    page.back()
    page.click("button", text="Tea")  # and what was ahead is gone
    with pytest.raises(Exception, match="nothing to go forward to"):
        page.forward()
    urls = {exchange.url for exchange in page.requests[before:]}
    assert urls == {"/api/_live", "/api/_visit"}


def test_back_over_a_page_that_was_loaded(drinks: WSGI) -> None:
    drinks.route("/other")(lambda: p("other"))
    page = Client(drinks, check=True).open("/drinks")
    page.click("button", text="Tea")
    page.visit("/other")
    page.back()
    assert (page.url, page.requests[-1].url) == ("/drinks?q=tea", "/drinks?q=tea")
    page.back()
    assert (page.url, page.requests[-1].url) == ("/drinks", "/api/_live")


def test_a_search_replaces_what_was_shown(drinks: WSGI) -> None:
    page = Client(drinks, check=True).open("/drinks")
    page.click("button", text="Tea")
    for typed in ("c", "co", "coc"):
        page.fill("[name=q]", typed)
    assert (page.url, names(page)) == ("/drinks?q=coc", ["cocoa"])
    page.back()
    assert page.url == "/drinks"


@pytest.mark.parametrize("scripts", [True, False])
def test_what_works_where_scripts_are_off(drinks: WSGI, scripts: bool) -> None:
    page = Client(drinks, scripts=scripts).open("/drinks?sort=down")
    page.click("#pages a", text="Next")
    assert page.url == "/drinks?sort=down&page=2"
    assert names(page) == ["green tea", "coffee", "cocoa"]
    page.back()
    assert page.url == "/drinks?sort=down"
    page = Client(drinks, scripts=scripts).open("/drinks")
    page.fill("[name=q]", "tea")
    page.submit("form:not(#ht)")
    assert (page.url, names(page)) == ("/drinks?q=tea", ["black tea", "green tea"])


@pytest.mark.parametrize("scripts", [True, False])
def test_an_action_function_visits(app: WSGI, scripts: bool) -> None:
    shared = Store({"rows": []}, name="shared")

    @app.action
    def add(name: str) -> Any:
        shared.append("rows", name)
        flash("Added")
        return visit(page=len(shared.read("rows")), q=None)

    @app.action
    def quietly() -> Any:
        return visit(page=1, replace=True)

    @app.route("/list")
    def home(args: Any) -> Any:
        return div(
            flashes(),
            p(args["q"], args["page"], id="at"),
            ul(li(row) for row in shared.read("rows")),
            form(onsubmit=add)(textInput(name="name"), button("Add")),
            button("Quietly", onclick=quietly),
        )

    page = Client(app, check=True, scripts=scripts).open("/list?q=x")
    page.fill("[name=name]", "a")
    page.submit("form:not(#ht)")
    assert (page.url, page.text("#at")) == ("/list?page=1", "1")
    assert "Added" in page.html
    page.fill("[name=name]", "b")
    page.submit("form:not(#ht)")
    assert (page.url, page.text("#at")) == ("/list?page=2", "2")
    page.click("button", text="Quietly")
    assert page.url == "/list?page=1"
    if scripts:  # without them, a redirect leaves each page in the history
        page.back()
        assert page.url == "/list?page=1"
        assert all(exchange.url.startswith("/api/") for exchange in page.requests[1:])


def test_a_visit_to_what_can_t_be_shown_loads_it(app: WSGI) -> None:
    @app.route("/list")
    def home(args: Any) -> Any:
        if args["page"] == "3":
            return redirect("/other?from=3")
        if args["page"] == "4":
            return 404, p("no such page")
        return div(p(args["page"], id="at"), *(a(str(n), onclick=visit(page=n)) for n in (2, 3, 4)))

    app.route("/other")(lambda: p("other"))
    page = Client(app, check=True).open("/list")
    page.click("a", text="2")
    page.click("a", text="3")
    assert (page.url, page.status) == ("/other?from=3", 200)
    page.back()
    assert (page.url, page.text("#at")) == ("/list?page=2", "2")
    page.click("a", text="4")
    assert (page.url, page.status) == ("/list?page=4", 404)


def test_rules_are_asked_of_where_a_visit_leads(app: WSGI) -> None:
    app.route("/list", allow=lambda args: args["secret"] == "", otherwise="/login")(
        lambda args: div(p(args["secret"], id="at"), a("x", onclick=visit(secret="yes")))
    )
    app.route("/login")(lambda: p("log in"))
    page = Client(app).open("/list")
    page.click("a")
    assert page.url == "/login"


def test_a_browser_without_cookies_can_visit(app: WSGI) -> None:
    """The page is rendered again then, since nobody remembers it."""
    app.route("/list")(lambda args: div(p(args["n"], id="at"), a("x", onclick=visit(n=1))))
    browser = Browser(app)
    page = browser.open("/list")
    browser.cookie = None
    answer = browser.post("/api/_visit", ["push=%7B%22n%22:1%7D"], HT_Verb="offer", **page.headers)
    assert '<template ht-op="history" id="push">/list?n=1</template>' in answer.text
    assert 'id="at">1<' in answer.text


def test_a_pages_own_state_stays(app: WSGI) -> None:
    own = PageStore({"n": 0}, name="own")
    app.route("/list")(
        lambda args: div(
            p(own.react("n"), id="n"),
            p(args["q"], id="q"),
            button("+", onclick=own.do.increment("n")),
            a("x", onclick=visit(q="a")),
        )
    )
    page = Client(app, check=True).open("/list")
    page.click("button")
    page.click("a")
    page.click("button")
    assert (page.text("#n"), page.text("#q"), page.url) == ("2", "a", "/list?q=a")


def test_a_visit_brings_what_others_did_meanwhile(app: WSGI) -> None:
    shared = Store({"n": 0}, name="shared")
    app.route("/list")(
        lambda args: div(
            fragment(lambda: p(shared.read("n"), id="n"))(),
            fragment(lambda args: p(args["q"], id="q"))(args),
            button("+", onclick=shared.do.increment("n")),
            a("x", onclick=visit(q="a")),
        )
    )
    page = Client(app, check=True).open("/list")
    shared.increment("n")
    page.click("a")
    assert (page.text("#n"), page.text("#q")) == ("1", "a")
    app.pages.forget()
    shared.increment("n")
    page.back()
    assert (page.text("#n"), page.text("#q")) == ("2", "")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (["push=%7B%22a%22:%221%22%7D"], 200),
        (["push=%7B%7D"], 200),
        (["push=%5B1%5D"], 400),
        (["push=%7B%22a%22:%7B%22b%22:1%7D%7D"], 400),
        (["push=%7B%22a%22:%7B%22$%22:%5B%22value%22,%22q%22%5D%7D%7D"], 400),
        (["push=%7B%22a%22:%7B%22$%22:%5B%22value%22,%22q%22%5D%7D%7D", {"x": 1}], 422),
        (["back=1"], 400),
        (["delete"], 400),
        (["push=%7B%22a%22:%22" + "x" * 5000 + "%22%7D"], 400),
        ("push", 400),
    ],
)
def test_what_a_browser_may_ask_for(app: WSGI, body: Any, status: int, caplog: Any) -> None:
    caplog.set_level(logging.CRITICAL)
    app.route("/list")(lambda args: p(args["a"], id="a", onclick=visit(a=2)))
    browser = Browser(app)
    page = browser.open("/list")
    answer = browser.post("/api/_visit", body, HT_Verb="offer", **page.headers)
    assert answer.status == status


def test_what_can_not_be_said() -> None:
    with pytest.raises(HtealeafError, match="not a dict"):
        visit(q={"a": 1})
    with pytest.raises(HtealeafError, match="has a slot"):
        visit(q=value_of("q")).of("/")
    assert str(visit(q="a", replace=True)) == "visit(q=['a'], replace=True)"
    assert visit({"sort-by": "name"}).of("/?page=1") == "/?page=1&sort-by=name"


def test_an_action_function_can_t_return_slots(app: WSGI) -> None:
    @app.action
    def go(session: Session) -> Any:
        return visit(q=value_of("q"))

    app.route("/")(lambda: button("Go", onclick=go))
    page = Client(app).open("/")
    with pytest.raises(Exception, match="failed"):
        page.click("button")


def test_a_checkbox_takes_its_key_out(app: WSGI) -> None:
    app.route("/")(
        lambda args: div(
            checkbox(name="done", checked="done" in args, onchange=visit(done=this.checked)),
            p(args["done"], id="at"),
        )
    )
    page = Client(app, check=True).open("/")
    page.check("[name=done]")
    assert (page.url, page.text("#at")) == ("/?done=true", "true")
    page.uncheck("[name=done]")
    assert page.url == "/"


def test_an_author_says_where_a_link_leads_without_scripts(app: WSGI) -> None:
    app.route("/")(lambda args: a("x", href="#top", onclick=visit(q=1).confirm("Sure?")))
    html = Browser(app).get("/").text
    assert 'href="#top"' in html
    assert "prevent" in html
    page = Client(app, check=True).open("/")
    page.click("a", confirm=False)
    assert page.url == "/"
    page.click("a", confirm=True)
    assert page.url == "/?q=1"


def test_a_visit_is_a_step_of_its_own(app: WSGI) -> None:
    shared = Store({"n": 0}, name="shared")
    app.route("/")(lambda: button("x", onclick=shared.do.increment("n").then(visit(q=1))))
    with pytest.raises(Exception, match="step of its own"):
        Client(app).open("/")


def test_any_request_says_where_the_browser_is(app: WSGI) -> None:
    """A click that comes after back, and before its answer, brings both."""
    shared = Store({"n": 0}, name="shared")
    app.route("/list")(
        lambda args: div(
            p(shared.react("n"), id="n"),
            p(args["q"], id="q"),
            button("+", onclick=shared.do.increment("n")),
            a("x", onclick=visit(q="a")),
        )
    )
    page = Client(app, check=True).open("/list")
    page.click("a")
    page.url = "/list"
    page.click("button")
    assert (page.url, page.text("#n"), page.text("#q")) == ("/list", "1", "")


@pytest.mark.parametrize("query", ["?a=1?", "?", "", "nothing", "?" + "x" * 5000])
def test_an_address_that_is_said(app: WSGI, query: str, caplog: Any) -> None:
    caplog.set_level(logging.CRITICAL)
    app.route("/list")(lambda args: p(args["a"], id="a", onclick=visit(a=2)))
    browser = Browser(app)
    page = browser.open("/list?a=0")
    answer = browser.get("/api/_live", HT_Query=query, **page.headers)
    told = {"?a=1?": "/list?a=1?", "?": "/list"}.get(query)
    if told is not None:
        assert f'<template ht-op="history">{told}</template>' in answer.text
    else:
        assert answer.status == (400 if len(query) > 4096 else 304)


@pytest.mark.parametrize(
    ("method", "headers", "body", "status"),
    [
        ("GET", {}, b"", 405),
        ("POST", {"Content-Type": "text/plain"}, b"x", 415),
        ("POST", {}, b'["replace=%7B%7D"]', 400),
        ("POST", {"HT-Page": "u1", "HT-Url": "/"}, b'["replace=%7B%7D"]', 400),
    ],
)
def test_what_is_no_visit_is_refused(
    drinks: WSGI, method: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    told = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", **headers}

    assert Browser(drinks).request(method, "/api/_visit", body, told).status == status
