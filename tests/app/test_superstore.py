"""A SuperStore finds the stores of its registry, and answers for one app."""

from __future__ import annotations

import pytest

from htealeaf import WSGI, HtealeafError, Registry, Store, SuperStore
from htealeaf.components import p
from tests.http import Browser

SECRET = "a secret for tests only"


def test_iterating_a_superstore_lists_its_stores() -> None:
    with Registry():
        before = Store({}, name="before")
        superstore = SuperStore(WSGI(secret=SECRET))
        after = Store({}, name="after")

    assert list(superstore) == [before, after]


def test_a_superstore_of_another_registry_shows_its_stores() -> None:
    """The app is made where another registry is the current one."""
    with Registry():
        app = WSGI(secret=SECRET)
    registry = Registry()
    store = Store({"n": 7}, name="s", registry=registry, readable=["n"])
    SuperStore(app, registry)
    app.route("/")(lambda: p(store.react("n"), id="n"))
    browser = Browser(app)

    assert browser.open("/").tag("#n").get_text() == "7"
    assert browser.get("/api/_store/s/n").json == 7
    assert app.registry is registry


def test_debug_mode_may_be_switched_on_before() -> None:
    app, registry = WSGI(secret=SECRET), Registry()
    app.debug = True
    SuperStore(app, registry)
    app.route("/")(lambda: p("hello"))

    assert "HT-Debug" in Browser(app).get("/").headers
    app.debug = False
    assert "HT-Debug" not in Browser(app).get("/").headers


def test_our_own_urls_are_nobody_else_s() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        app.route("/{rest:path}")(lambda rest: f"mine: {rest}")
        browser = Browser(app)
        assert browser.get("/api/_other").text == "mine: api/_other"
        SuperStore(app)

    for url in ("/api/_other", "/api/_storex", "/api/_live/", "/_htealeaf/x"):
        assert browser.get(url).status == 404
    assert browser.get("/api/other").text == "mine: api/other"
    with pytest.raises(HtealeafError, match="already"):
        SuperStore(app)
