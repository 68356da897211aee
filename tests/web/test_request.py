"""The request as a value: its URL, its cookies, and the GET that the same browser would send."""

from __future__ import annotations

import pytest

from htealeaf.errors import BadRequest
from tests.web.requests import request


@pytest.mark.parametrize(
    ("path", "query", "base", "url"),
    [
        ("/", "", "", "/"),
        ("", "", "", "/"),
        ("", "", "/apps/a", "/apps/a"),
        ("/a b/é", "q=%20", "/apps/a", "/apps/a/a%20b/%C3%A9?q=%20"),
        ("/x=1/(y)", "", "", "/x=1/(y)"),
        ("/\udcff", "", "", "/%FF"),
    ],
)
def test_the_url_is_what_a_link_has(path: str, query: str, base: str, url: str) -> None:
    asked = request(path=path, query=query, base=base)

    assert asked.url == url
    if path:
        assert (asked.as_get(url).path, asked.as_get(url).query) == (path, query)


def test_a_path_that_is_not_utf_8_is_refused() -> None:
    assert request(path="/é").checked_path() == "/é"
    with pytest.raises(BadRequest):
        request(path="/\udcff").checked_path()


def test_a_cookie_is_found_among_others() -> None:
    sent = request(headers={"Cookie": "a=1; ht=key.mac ;xht=2; ht=other; flag"})

    assert [sent.cookie(name) for name in ("ht", "a", "xht", "flag", "t")] == [
        "key.mac", "1", "2", "", "",
    ]  # fmt: skip
    assert request().cookie("ht") == ""


def test_the_media_type_has_no_parameters() -> None:
    sent = request(headers={"Content-Type": "Application/JSON; charset=utf-8"})

    assert sent.media == "application/json"
    assert request().media == ""


def test_the_get_of_a_page_has_nothing_of_the_click() -> None:
    headers = {
        "HT-Page": "p",
        "HT-Offer": "update=1",
        "Content-Type": "application/json",
        "Content-Length": "1",
        "Accept-Language": "de",
        "Cookie": "ht=key",
    }
    click = request("POST", headers=headers, path="/api/_store/s/n", query="o", base="/shop")

    get = click.as_get("/shop/items/a%20b?page=2")

    assert (get.method, get.path, get.query, get.body) == ("GET", "/items/a b", "page=2", b"")
    assert get.url == "/shop/items/a%20b?page=2"
    assert [get.headers.get(name) for name in headers] == ["", "", "", "", "de", "ht=key"]


def test_the_get_of_a_page_of_another_app_keeps_its_path() -> None:
    assert request(base="/shop").as_get("/shopping").path == "/shopping"
    assert request(base="/shop").as_get("/shop").path == ""
