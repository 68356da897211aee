"""Documents: what is put around the content of a page."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf import WSGI
from htealeaf.components import (
    body,
    div,
    h1,
    head,
    html,
    link,
    main,
    meta,
    p,
    title,
)
from tests.app.made import made
from tests.http import Browser


@pytest.fixture
def app() -> WSGI:
    return made()


@pytest.mark.parametrize(
    "result", [div("x"), [div("x")], [p("y"), "x", None], (201, div("x")), ["x"], (p("x"), p("y"))]
)
def test_a_tree_becomes_a_document(app: WSGI, result: Any) -> None:
    app.route("/")(lambda: result)

    answer = Browser(app).get("/")

    assert answer.status == (201 if isinstance(result, tuple) and result[0] == 201 else 200)
    assert answer.text.startswith('<!doctype html><html lang="en"><head><meta charset="utf-8">')
    assert answer.soup.find("meta", attrs={"name": "viewport"})
    assert answer.soup.title is not None
    assert answer.soup.find("script", src=True)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_an_author_s_own_document_is_completed(app: WSGI) -> None:
    app.route("/")(
        lambda: html(
            head(title("Mine"), meta(charset="utf-8"), link(rel="icon", href="/i.png")),
            body(p("x"), class_="b"),
            lang="de",
        )
    )

    found = Browser(app).get("/").soup
    assert found.html is not None
    assert found.html["lang"] == "de"
    assert [t.get_text() for t in found.select("title")] == ["Mine"]
    assert len(found.select("meta[charset]")) == 1
    assert found.select("link[rel=icon]")
    assert found.body is not None
    assert found.body["class"] == ["b"]
    assert found.select("body > form#ht")


def test_a_title_comes_from_the_route_the_app_or_the_function() -> None:
    named, unnamed = made(title="Shop"), made()
    for app in (named, unnamed):

        @app.route("/a", title="<Own>")
        def about_us() -> Any:
            return p()

        app.route("/b")(about_us)

    def title_of(app: WSGI, url: str) -> str:
        tag = Browser(app).get(url).soup.title
        assert tag is not None
        return tag.get_text()

    assert title_of(named, "/a") == "<Own>"
    assert title_of(named, "/b") == "Shop"
    assert title_of(unnamed, "/b") == "About us"


def test_a_layout_frames_the_content() -> None:
    app = made(layout=lambda content: main(content, id="frame"))
    app.route("/a")(lambda: p("a"))
    app.route("/b", layout=lambda content: [h1("b"), content])(lambda: p("b"))
    app.route("/c")(lambda: "text")

    assert '<main id="frame"><p>a</p></main>' in Browser(app).get("/a").text
    assert "<h1>b</h1><p>b</p>" in Browser(app).get("/b").text
    assert Browser(app).get("/c").text == "text"


def test_generated_rules_stand_once_in_the_one_style() -> None:
    app = made(csp="default-src 'self'; style-src 'nonce-{nonce}'")
    card = div("x").style(margin_top="1px")
    app.route("/")(lambda: [card, card, div().style(color="red"), card.id("y")])

    found = Browser(app).get("/").soup
    styles = found.select("style")
    assert len(styles) == 1
    assert styles[0]["nonce"]
    assert styles[0].get_text().count("margin-top:1px") == 1
    assert styles[0].get_text().count("color:red") == 1
