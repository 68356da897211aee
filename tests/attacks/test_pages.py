"""Hostile texts in every place of a page: read by html5lib, and opened in Chromium."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from htealeaf import WSGI, JSCode, Registry, Store, SuperStore
from htealeaf.components import button, div, p
from tests.attacks.checks import CHECKS, SHOWN, Site, cases
from tests.attacks.payloads import ALL, CONTEXTS, NAMES, TEXTS, URLS
from tests.serving import serving

_CANARY = """
window.ran = [];
for (const name of ["alert", "prompt", "confirm", "print"])
  window[name] = (...given) => ran.push(name + given);
"""
#: Does what a person might: points at everything, focuses it, presses it.
_TOUCH = """() => {
  for (const el of document.querySelectorAll("*:not(#go)")) {
    for (const type of ["mouseover", "mouseenter", "focus", "error", "load", "toggle", "begin"])
      el.dispatchEvent(new Event(type));
    const href = el.getAttribute("href") ?? el.getAttribute("xlink:href");
    if (href && !/^http/.test(new URL(href, location.href).protocol))
      el.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "htealeaf")  # what is refused is logged, each time


def test_there_are_enough() -> None:
    assert len(TEXTS) + len(URLS) + len(NAMES) > 100
    assert len(set(cases())) > 1500
    assert len({name for name, _ in cases()}) == len(CONTEXTS)


@pytest.mark.parametrize("name", CHECKS)
def test_nothing_runs_that_nobody_meant(name: str) -> None:
    assert [*CHECKS[name]()] == []


def _opened(page: Page, url: str) -> None:
    page.add_init_script(_CANARY)
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(url)


@pytest.mark.browser
@pytest.mark.server
def test_no_canary_runs_in_chromium(page: Page) -> None:
    """Without the policy, which would stop what gets through: in pages, and in patches."""
    site = Site(SHOWN, csp=None, rate=None)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    with serving(site.app) as url:
        _opened(page, url)
        for number, payload in enumerate(ALL):
            site.put(payload)
            page.click("#go")
            expect(page.locator("#n")).to_have_text(str(number + 1))
            page.evaluate(_TOUCH)
            assert page.evaluate("ran") == [], f"a patch: {payload!r}"
            if number % 8 == 0:
                page.goto(url)
                page.evaluate(_TOUCH)
                assert page.evaluate("ran") == [], f"a page: {payload!r}"
            assert page.url == f"{url}/", f"it left: {payload!r}"


@pytest.mark.browser
@pytest.mark.server
def test_the_canary_would_be_heard(page: Page) -> None:
    """In the same page, what is let in on purpose runs: so the test above can fail."""
    from markupsafe import Markup  # noqa: PLC0415 - the way around, on purpose

    site = Site(SHOWN, csp=None)
    hostile: Any = Markup("<img src=x onerror=alert(1)>")
    site.app.route("/open")(lambda: hostile)
    with serving(site.app) as url:
        _opened(page, f"{url}/open")
        page.wait_for_function("() => ran.length > 0")


@pytest.mark.browser
@pytest.mark.server
def test_the_policy_stops_what_gets_in_all_the_same(page: Page) -> None:
    """An author's own markup with a handler, a script, a style: nothing of it runs."""
    from markupsafe import Markup  # noqa: PLC0415 - the way around, on purpose

    site = Site(SHOWN)
    hostile: Any = Markup(
        "<img src=x onerror=alert(1)><script>alert(1)</script><a id=a href='javascript:alert(1)'>x"
        "</a><p id=s style='margin-top:77px'>x</p>"
    )
    site.app.route("/open")(lambda: hostile)
    with serving(site.app) as url:
        page.add_init_script(
            "window.stopped = [];"
            "document.addEventListener('securitypolicyviolation', e => stopped.push(e.sample))"
        )
        _opened(page, f"{url}/open")
        page.click("#a")
        page.wait_for_function("() => stopped.length >= 4")
        assert page.evaluate("ran") == []
        assert page.locator("#s").evaluate("el => getComputedStyle(el).marginTop") != "77px"


@pytest.mark.browser
@pytest.mark.server
def test_a_patch_brings_styles_and_code_under_the_default_policy(page: Page) -> None:
    """Also to a page that had none: its nonce is there before anything needs it."""
    with Registry():
        app = WSGI(secret="a secret for tests only")
        shared = Store({"n": 0}, name="shared")
        SuperStore(app)

    def shown(n: int) -> Any:
        if not n:
            return p("nothing yet")
        code = button("code", id="code", onclick=JSCode("window.done = true"))
        return div(p("styled", id="s").style(margin_top="77px"), code)

    app.route("/")(
        lambda: div(
            div(shared.react("n", shown)),
            button("+", id="go", onclick=shared.do.increment("n")),
        )
    )
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    with serving(app) as url:
        page.goto(url)
        page.click("#go")
        expect(page.locator("#s")).to_have_css("margin-top", "77px")
        page.click("#code")
        page.wait_for_function("() => window.done")
    assert said == []
