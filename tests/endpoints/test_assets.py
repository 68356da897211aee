"""The shim and the style sheet, as a browser gets them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from htealeaf import WSGI, Element, JSCode, Registry, Store, SuperStore
from htealeaf.components import button, div, form, input_, p, textInput
from htealeaf.testing import Client
from tests.endpoints.shop import Shop, refused


def test_assets_are_immutable_and_compressed(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")
    for url in (page.tag("script[src]")["src"], page.tag("link[rel=stylesheet]")["href"]):
        plain = browser.get(str(url))
        assert plain.status == 200
        assert "immutable" in plain.headers["Cache-Control"]
        zipped = browser.get(str(url), Accept_Encoding="br, gzip")
        assert zipped.headers["Content-Encoding"] == "gzip"
        assert len(zipped.content) < len(plain.content)
        assert browser.request("HEAD", str(url)).content == b""
    for bad in (
        "/_htealeaf/nope.js",
        "/_htealeaf/",
        "/_htealeaf/../app.py",
        "/_htealeaf/htealeaf.js",
    ):
        assert browser.get(bad).status == 404


def test_a_file_of_another_release_is_served_as_it_is_here(shop: Shop) -> None:
    """While old and new workers run side by side, a page would have no script else."""
    browser = shop.browser()
    page = browser.open("/")
    for url in (page.tag("script[src]")["src"], page.tag("link[rel=stylesheet]")["href"]):
        there = browser.get(str(url))
        other = browser.get(re.sub("-[0-9a-f]{10}", "-0123456789", str(url)))
        assert (other.status, other.content) == (200, there.content)
        assert other.headers["Cache-Control"] == "no-store"
    for sheet in ("", ".components", ".page"):
        assert browser.get(f"/_htealeaf/htealeaf{sheet}-0123456789.css").status == 200
    for bad in ("htealeaf.nope-0123456789.js", "htealeaf.fields-0123456789.css", "x-0123456789.js"):
        assert browser.get(f"/_htealeaf/{bad}").status == 404


def test_an_asset_is_not_written_to(shop: Shop) -> None:
    url = str(shop.browser().open("/").tag("script[src]")["src"])

    answer = refused(shop, 405, lambda: shop.browser().request("POST", url))

    assert answer.headers["Allow"] == "GET, HEAD"


def _todo() -> Any:
    """Return an app whose page shows, by its store, one thing that needs a part, or nothing."""
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        shared = Store({"what": "nothing", "n": 0}, name="shared")

    @app.action
    def rename(name: str) -> None:
        shared.do.set("what", name)

    shown = {
        "nothing": lambda: p("nothing"),
        "fields": lambda: textInput(id="name"),
        "forms": lambda: form(onsubmit=rename)(input_(name="name")),
        "events": lambda: div("later", onclick=shared.do.increment("n", 1).debounce(300)),
        "keys": lambda: div("keys", onkeydown=shared.do.increment("n", 1)),
        "code": lambda: div("code", onclick=JSCode("alert(1)")),
    }

    @app.route("/")
    def page() -> Element:
        name = shared.react("what", lambda what: div(shown[what](), id="shown"))
        return div(name, *(button(what, onclick=shared.do.set("what", what)) for what in shown))

    return app


@pytest.mark.parametrize(
    ("what", "parts"),
    [
        ("nothing", []),
        ("fields", ["fields"]),
        ("forms", ["fields", "forms"]),
        ("events", ["events"]),
        ("keys", ["events"]),
        ("code", ["code"]),
    ],
)
def test_a_page_has_the_parts_that_it_needs_and_a_patch_brings_them(
    what: str, parts: list[str]
) -> None:
    app = _todo()
    page = Client(app).open("/")
    assert _parts(page) == []

    patch = page.click("button", text=what)

    assert _parts(page) == parts
    brought = [op for op, _ in patch.ops]
    assert brought == ([] if what == "nothing" else ["script", "morph"])
    page.assert_consistent()
    assert _parts(Client(app).open("/")) == parts


def test_a_part_that_is_there_is_not_brought_again() -> None:
    page = Client(_todo()).open("/")
    page.click("button", text="fields")
    page.click("button", text="nothing")

    assert [op for op, _ in page.click("button", text="fields").ops] == ["morph"]


def test_a_live_page_has_the_part_that_follows() -> None:
    app = _todo()
    app.live = True
    assert _parts(Client(app).open("/")) == ["live"]


def _parts(page: Any) -> list[str]:
    script = re.search(r'<script[^>]* src="([^"]*)"', page.html)
    assert script
    name = script[1].rpartition("/")[2]
    return name.partition("-")[0].split(".")[1:]
