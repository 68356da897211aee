"""What every endpoint that writes asks first: where a request comes from, and how often."""

from __future__ import annotations

import pytest

from tests.endpoints.shop import Shop, refused


def test_more_than_the_rate_is_429() -> None:
    shop = Shop(rate=1.0, burst=5)
    one, two = shop.browser(), shop.browser()
    page, other = one.open("/"), two.open("/")

    for _ in range(5):
        assert one.send(page, page.offer("#plus"), 1).status == 200
    answer = refused(shop, 429, lambda: one.send(page, page.offer("#plus"), 1))
    assert answer.headers["Retry-After"] == "1"
    refused(shop, 429, lambda: one.submit(page.offer("#plus"), page))
    assert two.send(other, other.offer("#plus"), 1).status == 200, "another browser's is its own"


def test_fast_clicks_are_far_below_the_rate(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    for _ in range(100):
        assert browser.send(page, page.offer("#plus"), 1).status == 200
    assert shop.shared.read("counter") == 101


def test_the_rate_can_be_switched_off() -> None:
    shop = Shop(rate=None)
    browser = shop.browser()
    page = browser.open("/")

    for _ in range(300):
        assert browser.send(page, page.offer("#plus"), 1).status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_another_site_s_requests_take_nothing_of_the_rate(origin: str) -> None:
    shop = Shop(rate=0.001, burst=1)
    browser = shop.browser()
    page = browser.open("/")

    for _ in range(3):
        refused(shop, 403, lambda: browser.send(page, page.offer("#plus"), 1, None, Origin=origin))
    assert browser.send(page, page.offer("#plus"), 1).status == 200
