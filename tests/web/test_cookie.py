"""The cookie is set as the author says, and what no browser would keep is refused in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import WSGI, Cookie, HtealeafError, Registry, Store, SuperStore
from htealeaf.components import button, div, h3
from htealeaf.testing import Client

_SAID: list[tuple[dict[str, Any], str, str]] = [
    ({}, "http", "ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=Lax"),
    ({}, "https", "ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=Lax; Secure"),
    ({"name": "shop"}, "http", "shop=1; Max-Age=60; Path=/app; HttpOnly; SameSite=Lax"),
    ({"samesite": "Strict"}, "http", "ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=Strict"),
    (
        {"samesite": "None"},
        "http",
        "ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=None; Secure",
    ),
    (
        {"samesite": "None", "partitioned": True},
        "https",
        "ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=None; Secure; Partitioned",
    ),
    ({"secure": True}, "http", "ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=Lax; Secure"),
    ({"secure": False}, "https", "ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=Lax"),
    (
        {"domain": "example.org"},
        "http",
        "ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=Lax; Domain=example.org",
    ),
    (
        {"name": "__Host-ht"},
        "http",
        "__Host-ht=1; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure",
    ),
    (
        {"name": "__Secure-ht", "domain": ".example.org"},
        "http",
        "__Secure-ht=1; Max-Age=60; Path=/app; HttpOnly; SameSite=Lax; Domain=.example.org; Secure",
    ),
]


@pytest.mark.parametrize(("said", "scheme", "header"), _SAID)
def test_a_cookie_says_to_browsers_what_the_author_said(
    said: dict[str, Any], scheme: str, header: str
) -> None:
    cookie = Cookie(**said)

    assert cookie.header(f"{cookie.name}=1", 60, "/app", scheme) == header


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"samesite": "none"}, "Lax, Strict, None"),
        ({"samesite": "Sometimes"}, "Lax, Strict, None"),
        ({"samesite": "None", "secure": False}, "not secure"),
        ({"partitioned": True}, "samesite='None'"),
        ({"partitioned": True, "samesite": "Strict"}, "samesite='None'"),
        ({"partitioned": True, "samesite": "None", "secure": False}, "partitioned"),
        ({"name": "__Host-ht", "secure": False}, "prefix of '__Host-ht'"),
        ({"name": "__secure-ht", "secure": False}, "prefix of '__secure-ht'"),
        ({"name": "__Host-ht", "domain": "example.org"}, "of one host"),
        ({"name": "a b"}, "no name of a cookie"),
        ({"name": ""}, "no name of a cookie"),
        ({"name": "a;b"}, "no name of a cookie"),
        ({"domain": "https://example.org"}, "without scheme"),
        ({"domain": "example.org:8000"}, "without scheme, port"),
        ({"domain": "203.0.113.7"}, "a name with a dot"),
        ({"domain": "localhost"}, "a name with a dot"),
        ({"same_site": "Lax"}, "no 'same_site'; it has: name, samesite"),
    ],
)
def test_what_no_browser_would_keep_is_refused(said: dict[str, Any], words: str) -> None:
    with Registry(), pytest.raises(HtealeafError, match=words):
        WSGI(secret="a secret of these tests", cookie=said)


@pytest.fixture
def framed() -> Iterator[WSGI]:
    with Registry():
        app = WSGI(
            secret="a secret of these tests",
            cookie={"name": "shop", "samesite": "None", "partitioned": True},
        )
        SuperStore(app)
        store = Store({"n": 0}, name="store")

        @app.action
        def call(n: int) -> None:
            store.increment("n", n)

        app.route("/")(
            lambda: div(
                h3(store.react("n")),
                button("+", onclick=store.do.increment("n")),
                button("call", onclick=call(n=2)),
            )
        )
        yield app


def test_an_app_has_the_cookie_that_it_says(framed: WSGI) -> None:
    """Clicks work with it, and one of the usual name is nobody's."""
    answer = Client(framed).get("/")
    [header] = answer.headers.getlist("Set-Cookie")

    assert header.startswith("shop=")
    assert header.endswith("; SameSite=None; Secure; Partitioned")
    page = Client(framed, base_url="https://localhost").open("/")
    page.click("button", text="+")
    assert page.text("h3") == "1"


def test_a_session_is_found_by_it(framed: WSGI) -> None:
    client = Client(framed, base_url="https://localhost").signed_in("ann")

    with client.session() as session:
        assert session.user == "ann"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("label", ["+", "call"])
def test_a_browser_that_keeps_no_cookie_is_told_what_is_wrong(
    framed: WSGI, label: str, scripts: bool
) -> None:
    """Every time: it is not the page that is out of date."""
    client = Client(framed, scripts=scripts)
    page = client.open("/")

    for _ in range(2):
        client._http._cookies.clear()  # type: ignore[union-attr]
        page.click("button", text=label)
        assert page.error is not None
        assert "did not send the cookie" in page.error
        if not scripts:
            page.visit("/")
