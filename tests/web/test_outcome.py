"""Outcomes: what an action function may end with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import (
    redirect,
    visit,
)
from htealeaf.components import button, div, form, textInput
from htealeaf.testing import PageFailure
from tests.calling import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with shop.registry:
        yield shop


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_it_leads_elsewhere(shop: Shop, scripts: bool) -> None:
    """After its writes."""

    @shop.app.action
    def go() -> Any:
        shop.store.increment("n")
        return redirect("/other")

    page = shop.open(button("go", onclick=go), scripts=scripts)

    page.click("button", text="go")

    assert page.url == "/other"
    assert shop.n == 1


def test_it_changes_the_query(shop: Shop, scripts: bool) -> None:
    @shop.app.action
    def search(q: str) -> Any:
        return visit(q=q, page=1)

    page = shop.open(form(onsubmit=search)(textInput(name="q", value="a b")), scripts=scripts)

    page.submit("form[action]")

    assert page.url == "/?q=a+b&page=1"


@pytest.mark.parametrize("returned", [3, "text", div(), True, ["a"]])
def test_what_else_is_returned_is_an_error(shop: Shop, returned: object) -> None:
    @shop.app.action
    def wrong() -> Any:
        shop.store.increment("n")
        return returned

    page = shop.open(button("x", onclick=wrong))

    with pytest.raises(PageFailure, match=r"wrong\(\) returned a \w+; an action function returns"):
        page.click("button", text="x")
    assert shop.n == 0
