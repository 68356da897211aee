"""A page that was navigated to equals a fresh one, whichever way led there."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from htealeaf import WSGI, PageStore, Registry, Store, SuperStore, fragment
from htealeaf.components import a, body, button, div, form, head, html, meta, nav, textInput
from htealeaf.state.query import args
from htealeaf.testing import Client, Page, PageFailure, boost
from tests.browser.test_framework import COMPARE
from tests.serving import serving
from tests.testing.random_trees import random_trees, tangled_trees

STEPS = st.sampled_from(
    ["one", "two", "three", "one?q=a", "two?q=b&p=1", "back", "forward", "+", "view", "type", "get"]
)
PATHS = ("one", "two", "three")


def _app(trees: list[str]) -> WSGI:
    """Make a page of each tree, with a head, a language and a state of its own."""
    with Registry():
        app = WSGI(secret="a secret of the laws", live=True)
        SuperStore(app)
        shared = Store({"n": 0}, name="shared")
        view = PageStore({"n": 0}, name="view")

    @fragment
    def asked(args: Any) -> Any:
        return div(args["q"], id="asked")

    def page(at: int) -> Any:
        name = PATHS[at]
        links = [a(step, href=f"/{step}") for step in (*PATHS, "one?q=a", "two?q=b&p=1")]
        return html(lang=("en", "de", "ja")[at], class_=f"c{at}" if at else None)(
            head(meta(name="description", content=name)),
            body(boost=True, title=name if at else None)(
                nav(*links, id="links"),
                form(action=f"/{name}")(textInput(name="q", value=name)),
                asked(args),
                div(Markup(trees[at])).style(margin_top=f"{at}px"),
                shared.react("n", lambda n: div(n, class_=f"n{n}")),
                view.react("n", lambda n: div(n)),
                button("+", id="plus", onclick=shared.do.increment("n")),
                button("view", id="view", onclick=view.do.increment("n")),
            ),
        )

    for at, name in enumerate(PATHS):
        app.route(f"/{name}", title=name.title())(lambda at=at: page(at))
    return app


def _step(page: Page, step: str) -> None:
    if step in ("back", "forward"):
        with suppress(PageFailure):  # there is nothing to go to
            getattr(page, step)()
    elif step == "+":
        page.click("#plus")
    elif step == "view":
        page.click("#view")
    elif step == "type":
        page.fill("form [name=q]", "typed")
    elif step == "get":
        page.submit("form[action]")
    else:
        page.click(f"#links a[href='/{step}']")


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.one_of(random_trees(), tangled_trees()), min_size=3, max_size=3),
    st.lists(STEPS, min_size=4, max_size=10),
)
def test_a_page_that_was_navigated_to_equals_a_fresh_one(
    trees: list[str], steps: list[str]
) -> None:
    client = Client(_app(trees))
    page = client.open("/one")
    document = page.soup
    for step in steps:
        _step(page, step)
        assert page.soup is document
        page.assert_consistent()


@pytest.mark.parametrize("fault", ["renew", "renew_attributes", "restore"])
def test_the_law_notices_what_is_left_out(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children of head and body, their attributes, and what a person typed elsewhere."""
    monkeypatch.setattr(boost, fault, lambda *_: None)
    page = Client(_app(["<p>a</p>", "<p>b</p>", "<p>c</p>"])).open("/one")

    def visited() -> None:
        page.fill("form [name=q]", "typed")
        page.click("#links a[href='/two']")
        page.assert_consistent()
        assert page.value("form [name=q]") == "two"

    with pytest.raises((PageFailure, AssertionError)):
        visited()


TREES = [
    """<div id=r0><b id=r1>1</b> one</div><details><summary>s</summary>in</details>
    <ul><li>1<li>2</ul><table><tr><td id=r2>x</table>
    <svg><g id=r3><a href='/x'>x</a></g></svg>""",
    """<section><b id=r1>2</b></section> two <div id=r0><i><p id=r2>y</p></i></div>
    <input name=a value=1><details open><summary>s</summary>in</details>
    <template><p>t</p></template><select><option>1<option selected>2</select>""",
    """<i><i id=r2></i></i><svg viewBox='0 0 1 1'><g id=r3></g></svg>&lt;3
    <input name=a value=2><input type=checkbox checked>
    <ul><li id=r0>3</ul>""",
]
STEPPED = ("two", "three", "one", "three", "two?q=b&p=1", "two", "one?q=a", "back", "back")
#: What a person may do to a page before they leave it.
TOUCH = """() => {
  for (const el of document.querySelectorAll("details")) el.open = !el.open;
  for (const el of document.querySelectorAll("input:not([type=hidden])")) {
    if (el.type === "checkbox") el.click();
    else if (el.name) el.value += "x";
    el.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""
TYPED = """[...document.querySelectorAll("input")].filter((el) => {
  const box = el.type === "checkbox";
  return box ? el.checked !== el.defaultChecked : el.value !== el.defaultValue;
}).length"""


@pytest.mark.browser
def test_the_shim_keeps_the_law(page: Tab) -> None:
    with serving(_app(TREES)) as url:
        page.goto(f"{url}/one")
        page.evaluate("window.same = true")
        for step in STEPPED:
            page.evaluate(TOUCH)
            before = page.url
            if step == "back":
                page.go_back()
            else:
                link = f"#links [href='/{step}']"
                page.evaluate("(link) => document.querySelector(link).click()", link)
                page.wait_for_url(f"{url}/{step}")
            expect(page.locator(".ht-busy")).to_have_count(0)
            page.evaluate("htealeaf.catchUp().then(() => document.activeElement.blur())")
            if page.url.partition("?")[0] == before.partition("?")[0]:
                continue  # a visit: what was typed stays, and what was opened
            shown, fresh = page.evaluate(COMPARE)
            assert shown == fresh, step
            assert page.evaluate("window.same"), step
            assert page.evaluate(TYPED) == 0, step
