"""Fields of a request: verb, page, cursor and one-time id, in the form that they should have."""

from __future__ import annotations

import pytest

from tests.endpoints.shop import Shop, refused


def test_methods_are_verbs(open_shop: Shop) -> None:
    browser, kind = open_shop.browser(), {"Content-Type": "application/json"}
    n = "/api/_store/free/n"
    store = open_shop.registry.stores["free"]

    assert browser.request("PUT", n, b"5", kind).status == 204
    assert browser.request("PATCH", n, b"5", kind).status == 204
    assert store.read("n") == 10
    assert browser.request("DELETE", "/api/_store/free/l/0").status == 204
    assert store.read("l") == []


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_is_told_by_its_media_type(shop: Shop, kind: str) -> None:
    browser = shop.browser()
    page = browser.open("/")

    assert browser.send(page, page.offer("#plus"), 1, Content_Type=kind).status == 200


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("HT-Cursor", "x"),
        ("HT-Cursor", "a.b"),
        ("HT-Cursor", "a.-1"),
        ("HT-Cursor", "a." + "9" * 50),
        ("HT-Cursor", ".1"),
        ("HT-Cursor", "a.²"),
        ("HT-Url", "https://evil.example/"),
        ("HT-Url", "//evil.example/"),
        ("HT-Url", "x"),
        ("HT-Url", "/" + "a" * 5000),
        ("HT-Id", "x" * 100),
        ("HT-Page", "x" * 100),
    ],
)
def test_a_bad_header_changes_nothing(shop: Shop, header: str, value: str) -> None:
    browser = shop.browser()
    page = browser.open("/")
    offer = page.offer("#plus")

    answer = refused(
        shop,
        400,
        lambda: browser.send(page, offer, 1, **{header: value.encode().decode("latin-1")}),
    )

    assert "HT-Cursor" in answer.headers
    assert 'ht-op="error"' in answer.text


@pytest.mark.parametrize("page_id", ["x", "u", "\xe4", "0" * 64, "<b>", '"'])
def test_an_unknown_page_is_rendered_again(shop: Shop, page_id: str) -> None:
    browser = shop.browser()
    page = browser.open("/")

    answer = browser.send(page, page.offer("#plus"), 1, **{"HT-Page": page_id})

    assert answer.status == 200
    assert shop.shared.read("counter") == 2
    assert page_id in ('"', "x", "u") or page_id not in answer.text


@pytest.mark.parametrize("url", ["/nope", "/in/bob", "/?x=1", "/%ff", "/api/_live", "/ä?ö=ü"])
def test_any_url_of_this_site_may_be_shown(shop: Shop, url: str) -> None:
    """The page of a URL that has none is left; nothing of it is run that could write."""
    browser = shop.browser()
    page = browser.open("/")

    latin = url.encode().decode("latin-1")
    answer = browser.send(page, page.offer("#plus"), 1, **{"HT-Url": latin, "HT-Page": "x"})

    assert answer.status in (200, 204)
    assert shop.shared.read("counter") == 2
