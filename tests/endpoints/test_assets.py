"""The shim and the style sheet, as a browser gets them."""

from __future__ import annotations

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


def test_an_asset_is_not_written_to(shop: Shop) -> None:
    url = str(shop.browser().open("/").tag("script[src]")["src"])

    answer = refused(shop, 405, lambda: shop.browser().request("POST", url))

    assert answer.headers["Allow"] == "GET, HEAD"
