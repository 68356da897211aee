"""The browserless client follows boosted links as the shim does."""

from __future__ import annotations

from itertools import combinations
from typing import Any
from uuid import uuid4

import pytest

from htealeaf import (
    WSGI,
    Element,
    JSCode,
    PageStore,
    Registry,
    Session,
    Store,
    SuperStore,
    browser,
    fragment,
    redirect,
    this,
)
from htealeaf.components import (
    a,
    body,
    button,
    div,
    form,
    h1,
    head,
    html,
    li,
    main,
    meta,
    p,
    textInput,
    ul,
)
from htealeaf.testing import Client, Page
from htealeaf.wire.names import Header


@pytest.fixture
def app() -> WSGI:
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        shared = Store({"n": 0, "rows": ["tea", "milk"]}, name="shared")

    @app.layout(boost=True)
    def frame(content: Any) -> Element:
        links = [a(name, href=f"/{name}", id=name) for name in ("one", "two", "list", "away", "no")]
        return div(*links, a("plain", href="/two", id="plain", boost=False), main(content))

    @fragment
    def found(args: Any) -> Any:
        return ul(id="found")(li(row) for row in shared["rows"] if args["q"] in row)

    def page(name: str) -> Any:
        return [
            h1(name),
            p(shared.react("n"), id="n"),
            button("+", id="plus", onclick=shared.do.increment("n")),
            button("go", id="go", onclick=go()),
            form(method="post")(textInput(name="title", value=name)),
        ]

    @app.action
    def go() -> Any:
        shared.increment("n")
        return redirect("/two")

    app.route("/one")(lambda: page("one"))
    app.route("/two")(lambda: page("two"))
    app.route("/away")(lambda: redirect("/two"))

    @app.route("/list")
    def listed(args: Any) -> Any:
        search = form(action="/list")(textInput(name="q"))
        return [search, found(args), button("+", onclick=shared.do.increment("n"))]

    return app


def _sent(page: Page) -> list[str]:
    return [f"{one.request.method} {one.request.url}" for one in page.requests]


def test_a_boosted_link_is_morphed_in(app: WSGI) -> None:
    page = Client(app).open("/one")
    first = page.soup
    page.fill("[name=title]", "mine")
    page.requests.clear()

    page.click("#two")

    assert page.soup is first
    assert (page.url, _sent(page)) == ("/two", ["GET /two"])
    assert page.requests[0].answer.request.headers["Accept"] == "text/html"
    assert page.value("[name=title]") == "two"  # what was typed is no part of another page
    page.click("#plus")
    assert page.patch.ids == ["n"]
    page.click("#away")
    assert page.url == "/two"
    page.back()
    page.back()
    assert page.url == "/one"
    assert page.soup is first
    assert page.text("#n") == "1"


_STRICT = "default-src 'self'; script-src 'self' 'nonce-{}'"
_SAID: dict[str, tuple[dict[str, str], list[Any]]] = {
    "policy": ({"Content-Security-Policy": _STRICT.format("a")}, []),
    "same": ({"content-security-policy": _STRICT.format("b")}, []),
    "reported": ({"Content-Security-Policy-Report-Only": "default-src 'self'"}, []),
    "permissions": ({"Permissions-Policy": "camera=()"}, []),
    "referrer": ({"Referrer-Policy": "no-referrer"}, []),
    "head": ({}, [meta(http_equiv="Content-Security-Policy", content="img-src 'none'")]),
    "kept": ({"Cache-Control": "no-store", "X-Mine": "1"}, [meta(name="a", content="b")]),
    "plain": ({}, []),
}


def test_what_a_document_is_held_to_is_loaded(app: WSGI) -> None:
    """A policy is the document's as long as it is there, so a page of another one is loaded."""

    def named(name: str) -> Any:
        headers, metas = _SAID[name]
        links = [a(other, href=f"/said/{other}", id=other) for other in _SAID]
        return 200, headers, html(head(metas), body(boost=True)(h1(name), links))

    app.route("/said/{name}", layout=False)(named)

    def is_loaded(one: str, other: str) -> bool:
        page = Client(app).open(f"/said/{one}")
        first = page.soup
        page.click(f"#{other}")
        assert (page.url, page.text("h1")) == (f"/said/{other}", other)
        return page.soup is not first

    alike = {("policy", "same"), ("plain", "kept")}
    for one, other in [*combinations(_SAID, 2), ("plain", "policy"), ("head", "policy")]:
        assert is_loaded(one, other) is ({(one, other), (other, one)}.isdisjoint(alike))


def test_a_page_whose_policy_changes_is_loaded(app: WSGI) -> None:
    """No patch brings it. That each answer has another nonce changes nothing."""
    with app.registry:
        strict = Store({"on": False, "n": 0}, name="strict")

    @app.route("/turned", layout=False)
    def turned() -> Any:
        said = {"Content-Security-Policy": _STRICT.format(uuid4().hex)} if strict["on"] else {}
        turn = button("turn", id="turn", onclick=strict.do.toggle("on"))
        more = button("more", id="more", onclick=strict.do.increment("n"))
        return 200, said, [p(strict["on"]), p(strict["n"], id="n"), turn, more]

    page = Client(app).open("/turned")
    for pressed, loaded in (("#more", False), ("#turn", True), ("#more", False), ("#turn", True)):
        first = page.soup
        page.click(pressed)
        assert (page.soup is not first) is loaded
    assert page.text("#n") == "2"


def test_another_query_is_a_visit(app: WSGI) -> None:
    page = Client(app).open("/one")
    page.click("#list")
    page.requests.clear()
    page.fill("[name=q]", "te")
    page.submit("form[action]")

    assert page.patch.ids == ["found"]
    assert (page.url, _sent(page)) == ("/list?q=te", ["GET /api/_live"])
    page.back()
    assert page.url == "/list"
    page.assert_consistent()


def test_what_comes_with_a_boosted_page_acts(app: WSGI) -> None:
    """What only a browser can run then is left out, as the scripts of a page are."""
    app.route("/from")(lambda: a("on", href="/seen", id="on"))

    @app.route("/seen")
    def seen() -> Any:
        code = p("code", onload=JSCode("draw()"))
        return [p("seen", id="seen", onload=browser.add_class(this, "seen")), code]

    page = Client(app).open("/from")
    page.click("#on")

    assert page.has("#seen.seen")
    assert Client(app).open("/seen").has("#seen.seen")


def test_what_commands_have_set_is_of_the_page_that_is_left() -> None:
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        view = PageStore({"tab": "a", "n": 0}, name="view", local=["tab"])

    @app.route("/one")
    def one() -> Any:
        return button("b", id="b", onclick=browser.set(view.at("tab"), "b")), a("two", href="/two")

    @app.route("/two")
    def two() -> Any:
        return p(view.react("tab"), id="tab"), button("+", onclick=view.do.increment("n"))

    app.layout(boost=True)(lambda content: main(content))
    page = Client(app).open("/one")
    page.click("#b")
    page.click("a")
    page.click("button", text="+")

    assert page.text("#tab") == "a"


def test_what_is_no_page_of_ours_is_loaded(app: WSGI) -> None:
    page = Client(app).open("/one")
    first = page.soup
    page.click("#plain")
    assert page.soup is not first
    page.requests.clear()
    page.click("#no")
    assert page.status == 404
    assert _sent(page) == ["GET /no", "GET /no"]


def test_a_redirect_of_a_click_is_boosted(app: WSGI) -> None:
    page = Client(app).open("/one")
    first = page.soup
    page.click("#go")
    assert page.soup is first
    assert page.url == "/two"
    assert page.text("#n") == "1"


def test_without_scripts_a_link_is_a_link(app: WSGI) -> None:
    page = Client(app, scripts=False).open("/one")
    first = page.soup
    page.click("#two")
    assert page.soup is not first
    assert page.url == "/two"


def test_a_page_that_is_fetched_ahead_tells_nothing(app: WSGI) -> None:
    """A flash message is for who sees it, so such a page is not given ahead."""

    @app.route("/told")
    def told(session: Any) -> Any:
        return [p(flash.text, class_="told") for flash in session.flashes()]

    client = Client(app)
    with client.session() as session:
        session.flash("Saved")
    for header in (Header.PREFETCH, "Sec-Purpose"):
        answer = client.get("/told", headers={header: "prefetch"})
        assert (answer.status_code, answer.text) == (204, "")
    assert client.open("/told").text(".told") == "Saved"
    assert client.get("/told", headers={Header.PREFETCH: "1"}).status_code == 200


def test_what_is_no_page_is_not_fetched_ahead(app: WSGI) -> None:
    """It may write: who only points at a link to it has not asked for that."""
    asked = []

    @app.route("/leave", page=False)
    def leave(session: Session) -> Any:
        asked.append(session.get("user"))
        return redirect("/two")

    client = Client(app)
    answer = client.get("/leave", headers={Header.PREFETCH: "1"})
    assert (answer.status_code, answer.text, asked) == (204, "", [])
    assert client.get("/leave").status_code == 303
    assert asked == [None]


def test_what_is_typed_in_a_kept_element_stays(app: WSGI) -> None:
    def kept() -> Any:
        return [div(textInput(name="mine"), id="kept").keep(), textInput(name="other")]

    app.route("/kept")(kept)
    app.route("/kept2")(kept)
    page = Client(app).open("/kept")
    page.fill("[name=mine]", "typed")
    page.fill("[name=other]", "typed")
    page.soup.select("#two")[0].attrs["href"] = "/kept2"
    page.click("#two")
    assert page.url == "/kept2"
    assert page.value("[name=mine]") == "typed"
    assert page.value("[name=other]") == ""


def test_boost_says_yes_or_no() -> None:
    assert str(a("x", href="/", boost=True, prefetch=False)) == (
        '<a href="/" ht-boost ht-prefetch="false">x</a>'
    )
    assert str(a("x", boost=None)) == "<a>x</a>"
    assert str(div(boost=False).attr(prefetch=True)) == '<div ht-boost="false" ht-prefetch></div>'
    wrong: Any
    for wrong in ("yes", 1, {}):
        with pytest.raises(Exception, match="boost= takes True or False"):
            a("x", boost=wrong)
