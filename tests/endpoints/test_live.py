"""A catch-up brings a page from what it shows to now."""

from __future__ import annotations

import pytest

from tests.endpoints.shop import Shop, refused
from tests.http import Answer


def test_a_catch_up_needs_its_headers(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    refused(shop, 400, lambda: browser.get("/api/_live"))
    refused(shop, 400, lambda: browser.get("/api/_live", HT_Page="x"))
    assert browser.get("/api/_live", **page.headers).status == 304
    shop.shared.update("counter", 1)
    answer = browser.get("/api/_live", **page.headers)
    assert answer.status == 200
    assert answer.soup.get_text() == "2"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_a_catch_up_is_a_get(shop: Shop, method: str) -> None:
    answer = refused_or_empty(shop, method)

    assert answer.headers["Allow"] == "GET"


def refused_or_empty(shop: Shop, method: str) -> Answer:
    # An answer to HEAD has no sentence.
    def ask() -> Answer:
        return shop.browser().request(method, "/api/_live")

    if method != "HEAD":
        return refused(shop, 405, ask)
    answer = ask()
    assert answer.status == 405
    return answer
