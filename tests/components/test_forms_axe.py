"""Drawn forms held against axe-core: with messages and rows, on small and dark screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from htealeaf import WSGI, Element
from htealeaf.components import h1, main
from tests.axe import accuse
from tests.components import invoice, order
from tests.components.gallery import plain
from tests.conftest import ContextFactory
from tests.serving import serving


def framed(app: WSGI) -> WSGI:
    for route in app._router.routes:
        route.layout = page
    app.components_css = True
    return app


def page(content: Element) -> Element:
    return plain(main(h1("A form"), content))


@pytest.fixture
def urls() -> Iterator[tuple[str, str]]:
    with serving(framed(order.made([]))) as one, serving(framed(invoice.made([]))) as other:
        yield one, other


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"forced_colors": "active"},
        {"viewport": {"width": 360, "height": 700}},
    ],
    ids=str,
)
def test_axe_finds_nothing_wrong(
    options: dict[str, Any], context_factory: ContextFactory, urls: tuple[str, str]
) -> None:
    # The one rule of the plain page stands in it, which the policy forbids.
    page = context_factory(**options | {"bypass_csp": True}).new_page()
    page.goto(urls[0])
    for label, value in (("Name", "Ann"), ("Amount", "2"), ("Day", "2026-11-27"), ("Note", "both")):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Category").select_option("food")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Who?")).to_be_visible()
    if page.viewport_size:
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.viewport_size["width"]
    assert accuse(page) == []

    page.goto(urls[0] + "/own")
    assert accuse(page) == []
    page.goto(urls[1])
    page.locator("[value='+lines']").click()
    expect(page.get_by_label("What")).to_have_count(2)
    assert accuse(page) == []
    page.goto(urls[1] + "/files")
    assert accuse(page) == []
