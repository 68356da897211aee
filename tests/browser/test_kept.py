"""Kept elements: what the script of one hears, and what patches leave to it."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect

from htealeaf import WSGI, Element, Ref, Registry, Store, SuperStore
from htealeaf.components import a, button, div, input_, li, p, script, ul
from tests.serving import serving

EARLY = """
window.heard = [];
const hear = ({ type, target, detail }) => heard.push([type.slice(9), target.id, detail]);
document.addEventListener("htealeaf:mount", hear);
document.addEventListener("htealeaf:update", hear);
document.addEventListener("htealeaf:mount", ({ target }) =>
  target.addEventListener("htealeaf:unmount", () => heard.push(["unmount", target.id])));
"""
CHART = """
window.loaded = (window.loaded || 0) + 1;
document.addEventListener("htealeaf:mount", ({ target }) => {
  if (target.id === "chart") target.replaceChildren("drawn");
});
"""


def _app() -> WSGI:
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        shared = Store({"on": True, "points": [1], "n": 0, "pins": ["a", "b"]}, name="shared")

    def chart() -> Element:
        points = shared.react("points", json.dumps)
        return div("a table", id="chart", data_points=points, data_kind_of="line").keep(
            script="/chart.js"
        )

    def pin(name: Ref) -> Element:
        return li(div(id=f"pin-{name.read()}", data_n=shared["n"]).keep())

    @app.route("/chart.js")
    def source() -> Any:
        return 200, {"Content-Type": "text/javascript"}, CHART

    @app.route("/early.js")
    def early() -> Any:
        return 200, {"Content-Type": "text/javascript"}, EARLY

    @app.route("/other")
    def other() -> Element:
        return div(boost=True)(
            script(src="/early.js", defer=True),
            div(id="plain", data_n="9").keep(),
            div(id="chart", data_points="[7]").keep(script="/other.js"),
            a("back", href="/"),
        )

    @app.route("/other.js")
    def another() -> Any:
        return 200, {"Content-Type": "text/javascript"}, CHART.replace("drawn", "drawn by another")

    @app.route("/")
    def page() -> Element:
        n = shared["n"]
        return div(boost=True)(
            a("other", href="/other"),
            script(src="/early.js", defer=True),
            button("more", onclick=shared.do.append("points", 2)),
            button("turn", onclick=shared.do.toggle("on")),
            button("swap", onclick=shared.do.move("pins/0", 1)),
            button("count", onclick=shared.do.increment("n")),
            p(n, id="n"),
            chart() if shared["on"] else p("off"),
            div(id="plain", data_n=n, title=f"{n}")("mine").keep(),
            input_(id="typed") if n > 1 else None,
            ul(shared.each("pins", pin)),
        )

    return app


def _heard(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate("heard.splice(0)")
    return found


def _press(page: Page, name: str) -> list[Any]:
    """Press a button; return what is heard until its patch is in."""
    page.get_by_role("button", name=name, exact=True).click()
    page.evaluate("htealeaf.catchUp()")
    return _heard(page)


def test_a_script_hears_of_its_element_once_and_of_what_the_server_says_of_it(page: Page) -> None:
    with serving(_app()) as url:
        page.goto(url)
        expect(page.locator("#chart")).to_have_text("drawn")
        heard = sorted(_heard(page), key=str)
        assert heard == [
            ["mount", "chart", {"points": "[1]", "kindOf": "line"}],
            ["mount", "pin-a", {"n": "0"}],
            ["mount", "pin-b", {"n": "0"}],
            ["mount", "plain", {"n": "0"}],
        ]

        # Data is told, and what is drawn stays.
        assert _press(page, "more") == [["update", "chart", {"points": "[1, 2]"}]]
        expect(page.locator("#chart")).to_have_text("drawn")
        # What moves has not left.
        assert _press(page, "swap") == []
        expect(page.locator("li div").first).to_have_id("pin-b")
        # A patch of the whole page is one, too; of the element itself only its data follow.
        told = _press(page, "count")
        assert sorted(told) == [[*("update", id), {"n": "1"}] for id in ("pin-a", "pin-b", "plain")]
        expect(page.locator("#plain")).to_have_attribute("title", "0")
        expect(page.locator("#plain")).to_have_text("mine")
        # What a script has changed in its data is no word of the server.
        page.evaluate("chart.dataset.points = 'mine'; chart.dataset.zoom = '2'")
        assert len(_press(page, "count")) == 3
        # Now the page has a field, so it got a script with one more part: nobody came anew.
        expect(page.locator("script[src*=fields]")).to_have_count(1)
        page.evaluate("htealeaf.catchUp()")
        assert _heard(page) == []
        assert page.evaluate("[...htealeaf.mounted].length") == 4

        assert _press(page, "turn") == [["unmount", "chart"]]
        page.evaluate("document.querySelector('#plain').replaceChildren()")
        page.get_by_role("button", name="turn").click()
        expect(page.locator("#chart")).to_have_text("drawn")
        assert _heard(page) == [["mount", "chart", {"points": "[1, 2]", "kindOf": "line"}]]
        assert page.evaluate("loaded") == 1
        # What somebody else has emptied stays so.
        expect(page.locator("#plain")).to_have_text("")

        # Another page takes over what is the same, and its charts are of another script.
        page.get_by_role("link", name="other").click()
        expect(page.locator("#chart")).to_have_text("drawn by another")
        assert sorted(_heard(page), key=str) == [
            ["mount", "chart", {"points": "[7]"}],
            ["unmount", "chart"],
            ["unmount", "pin-a"],
            ["unmount", "pin-b"],
            ["update", "plain", {"n": "9"}],
        ]
