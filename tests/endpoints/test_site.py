"""What every endpoint that writes asks first: where a request comes from, and how often."""

from __future__ import annotations

import pytest

from tests.endpoints.shop import Shop, refused


def test_more_than_the_rate_is_429() -> None:
    shop = Shop(rate=1.0, burst=5)
    one, two = shop.browser(), shop.browser()
    page, other = one.open("/"), two.open("/")
    elsewhere = {"REMOTE_ADDR": "192.0.2.2"}

    for _ in range(5):
        assert one.send(page, page.offer("#plus"), 1).status == 200
    answer = refused(shop, 429, lambda: one.send(page, page.offer("#plus"), 1))
    assert answer.headers["Retry-After"] == "1"
    refused(shop, 429, lambda: one.submit(page.offer("#plus"), page))
    assert two.send(other, other.offer("#plus"), 1, elsewhere).status == 200, "another's is its own"


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


# -- by network address -----------------------------------------------------------------------


def test_a_fresh_cookie_each_time_has_nothing_of_it() -> None:
    shop = Shop(rate=0.001)
    statuses = []

    for _ in range(120):
        browser = shop.browser()
        page = browser.open("/")
        statuses.append(browser.send(page, page.offer("#plus"), 1).status)

    assert statuses == [200] * 100 + [429] * 20


def test_an_address_of_many_people_may_have_a_rate_of_its_own() -> None:
    shop = Shop(rate=0.001, burst=1, address_burst=10)
    browsers = [shop.browser() for _ in range(11)]

    statuses = []
    for browser in browsers:
        page = browser.open("/")
        statuses.append(browser.send(page, page.offer("#plus"), 1).status)

    assert statuses == [200] * 10 + [429]


def test_catch_ups_and_live_pages_are_counted_apart_from_clicks() -> None:
    shop = Shop(rate=0.001, burst=3, live=True)
    browser = shop.browser()
    page = browser.open("/")
    asked = [browser.request("GET", "/api/_live", headers=page.headers).status for _ in range(5)]

    assert asked == [304, 304, 304, 429, 429]
    assert browser.send(page, page.offer("#plus"), 1).status == 200


def test_bad_offers_of_one_address_end_in_429_and_good_ones_go_on() -> None:
    shop = Shop(burst=1000)
    browser = shop.browser()
    page = browser.open("/")
    bad = page.offer("#plus").replace("update=1", "update=2")
    assert bad != page.offer("#plus")

    for _ in range(20):
        refused(shop, 403, lambda: browser.send(page, bad, []))
    answer = refused(shop, 429, lambda: browser.send(page, bad, []))
    refused(shop, 429, lambda: browser.submit(bad, page))

    assert answer.headers["Retry-After"] == "3"
    assert "shared-counter" not in answer.text, "the page is not rendered for it"
    assert browser.send(page, page.offer("#plus"), 1).status == 200
    other = {"REMOTE_ADDR": "192.0.2.2"}
    refused(shop, 403, lambda: browser.send(page, bad, [], other))


def test_nothing_is_counted_where_any_number_is_allowed() -> None:
    shop = Shop(rate=None)
    browser = shop.browser()
    page = browser.open("/")
    bad = page.offer("#plus").replace("update=1", "update=2")

    for _ in range(30):
        refused(shop, 403, lambda: browser.send(page, bad, []))


# -- before anything is made of a body ----------------------------------------------------------


def test_a_form_that_was_not_offered_shows_no_page_and_asks_nothing() -> None:
    shop = Shop()
    browser = shop.browser()
    page = browser.open("/")
    bad = page.offer("#sure").replace("update=1", "update=2")

    answer = refused(shop, 403, lambda: browser.submit(bad, page))

    assert "Really" not in answer.text


@pytest.mark.parametrize("said", ["application/json; charset=latin-1", "text/plain; charset=utf-7"])
def test_another_charset_is_415(said: str) -> None:
    shop = Shop()
    browser = shop.browser()
    page = browser.open("/")

    refused(shop, 415, lambda: browser.send(page, page.offer("#plus"), 1, Content_Type=said))


def test_a_body_that_its_server_can_t_read_to_the_end_is_400() -> None:
    class Broken:
        def read(self, size: int) -> bytes:
            raise OSError("Missing chunk terminator")

    shop = Shop()
    browser = shop.browser()
    page = browser.open("/")
    sent = {"wsgi.input": Broken(), "HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    environ = sent | {"wsgi.input_terminated": True}

    refused(shop, 400, lambda: browser.send(page, page.offer("#plus"), 1, environ))
