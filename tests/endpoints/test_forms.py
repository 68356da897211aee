"""Actions where scripts are off: a form does what it offers, and a page answers."""

from __future__ import annotations

import pytest

from tests.endpoints.shop import Shop, refused


def test_a_form_does_what_it_offers_and_goes_back(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/?x=1")

    answer = browser.submit(page.offer("#plus"), page)
    assert (answer.status, answer.headers["Location"]) == (303, "/?x=1")
    assert shop.shared.read("counter") == 2
    answer = browser.submit(page.offer("#add", "action"), page, task="Eggs")
    assert answer.status == 303
    assert shop.shared.read("todo")[-1] == {"done": False, "value": "Eggs"}
    url = f"/api/_store/{page.tag('#say')['ht-change']}"
    assert browser.submit(url, page, say="hi").status == 303
    assert shop.shared.read("text") == "hi"


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "/a\nX: y", "x", ""]
)
def test_a_form_never_goes_to_another_site(shop: Shop, back: str) -> None:
    browser = shop.browser()
    page = browser.open("/")

    answer = browser.submit(page.offer("#plus"), None, **{"ht-url": back})

    assert (answer.status, answer.headers["Location"]) == (303, "/")


def test_a_form_is_asked_on_a_page(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/?q=<b>")
    offer = page.offer("#sure")

    asked = browser.submit(offer, page, extra="<i>")
    assert asked.status == 200
    assert "Really?" in asked.text
    assert shop.shared.read("counter") == 1
    assert asked.soup.b is None
    assert asked.soup.i is None
    again = asked.soup.form
    assert again is not None
    fields = {str(i["name"]): str(i["value"]) for i in asked.soup.select("input")}
    assert fields["extra"] == "<i>"
    done = browser.submit(str(again["action"]), None, **fields)
    assert (done.status, done.headers["Location"]) == (303, page.headers["HT-Url"])
    assert shop.shared.read("counter") == 2


def test_a_form_that_is_refused_gets_a_page(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")
    moved = page.offer("#plus").replace("counter", "text")

    answer = refused(shop, 403, lambda: browser.submit(moved, page))

    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.soup.a is not None
    refused(shop, 400, lambda: browser.submit("/api/_store/shared/counter", page))
    refused(shop, 400, lambda: browser.submit("/api/_store/shared/%ff", page))
    refused(shop, 404, lambda: browser.submit("/api/_store/nope/x?update=1&o=x", page))
