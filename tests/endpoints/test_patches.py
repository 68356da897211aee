"""Patches as answers: what brings the page of a request up to date."""

from __future__ import annotations

from tests.endpoints.shop import Shop
from tests.http import Shown


def test_the_body_of_the_counter_s_answer_is_small(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    assert len(browser.send(page, page.offer("#plus"), 1).content) < 80


def test_a_refused_click_brings_the_page_as_it_is_now(shop: Shop) -> None:
    """And with the cookie that its offers are signed for, so the next click works."""
    browser = shop.browser()
    page = browser.open("/")
    browser.forget()
    shop.shared.update("counter", 40)

    answer = browser.send(page, page.offer("#plus"), 1)

    assert answer.status == 403
    assert "41" in answer.text
    page = Shown(answer, "/")
    assert browser.send(page, page.offer("#plus")).status == 200
    assert shop.shared.read("counter") == 42
