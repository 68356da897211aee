"""Cookies that browsers keep or block: in a frame of another site, and switched off."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import button, div, h3
from tests.browser.conftest import ContextFactory
from tests.serving import serving

# The shell keeps fewer rules about cookies.
pytestmark = pytest.mark.whole

TOLD = "Your browser did not send the cookie of this site"


def _app(**options: Any) -> WSGI:
    with Registry():
        app = WSGI(secret="a secret of these tests", **options)
        SuperStore(app)
        store = Store({"n": 0}, name="store")
        app.route("/")(
            lambda: div(h3(store.react("n")), button("+", onclick=store.do.increment("n")))
        )
    return app


def _outer(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/html")])
    return [b"<!doctype html><iframe src='%s'></iframe>" % environ["QUERY_STRING"].encode()]


@pytest.mark.parametrize(
    ("cookie", "works"),
    [
        (None, False),
        ({"samesite": "Strict"}, False),
        # The browser of a test is a private window: it blocks what is not partitioned.
        ({"samesite": "None"}, False),
        ({"samesite": "None", "partitioned": True}, True),
        ({"samesite": "None", "partitioned": True, "name": "__Host-shop"}, True),
    ],
)
def test_a_frame_in_a_page_of_another_site(page: Page, cookie: Any, works: bool) -> None:
    """It works where the cookie is meant for it; else it says why not."""
    framed = {"frame-ancestors": None} if (cookie or {}).get("samesite") != "None" else {}
    with serving(_app(cookie=cookie, csp=framed)) as inner, serving(_outer) as outer:
        # Two sites for a browser, and both of this machine, where Secure needs no https.
        page.goto(f"{outer}/?{inner.replace('127.0.0.1', 'localhost')}/")
        frame = page.frame_locator("iframe")

        frame.get_by_text("+").click()

        if works:
            expect(frame.locator("h3")).to_have_text("1")
        else:
            expect(frame.locator("#ht-error")).to_contain_text(TOLD)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_browser_that_blocks_cookies(context_factory: ContextFactory, scripts: bool) -> None:
    context = context_factory(java_script_enabled=scripts)
    page = context.new_page()
    with serving(_app()) as url:
        page.goto(url)
        context.clear_cookies()

        page.click("text=+")

        expect(page.locator("body")).to_contain_text(TOLD)
