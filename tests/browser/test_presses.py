"""Presses in Chromium, of an app's own controls: those of a form or an insert count once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from htealeaf import WSGI, Element, Invalid, Registry, SuperStore
from htealeaf.components import button, form, input_, option, select, textInput
from tests.conformance.presses import KINDS, app_of_presses, each_kind
from tests.serving import serving


@pytest.fixture
def site() -> Iterator[str]:
    with Registry():
        app = app_of_presses()
    with serving(app) as url:
        yield url


# Both presses in one go of the script: nothing is answered in between.
_TWICE: dict[str, str] = {
    "click": "for (const _ of [1, 2]) el.click()",
    "submit": "for (const _ of [1, 2]) el.requestSubmit()",
    "press": "for (const type of ['keydown', 'keyup', 'keydown', 'keyup'])"
    " el.dispatchEvent(new KeyboardEvent(type, {key: 'Enter', bubbles: true}))",
    "select": "for (const _ of [1, 2]) el.dispatchEvent(new Event('change', {bubbles: true}))",
}


@each_kind
def test_a_second_press_while_the_first_is_under_way(page: Page, site: Any, name: str) -> None:
    (step, selector, *_), sent = KINDS[name]
    posts: list[str] = []
    page.on("request", lambda one: posts.append(one.method) if one.method == "POST" else None)
    page.goto(site)

    page.evaluate(f"el = document.querySelector('{selector}'); {_TWICE[step]}")
    page.wait_for_function("() => !document.querySelector('[aria-busy]')")

    assert len(posts) == sent


def test_what_was_refused_comes_back_whole(page: Page) -> None:
    """A form of which each press counts is empty for the next at once."""
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)

    @app.action
    def refuse(text: str, which: list[str], one: str) -> None:
        raise Invalid("No.")

    @app.route("/")
    def asks() -> Element:
        return form(onsubmit=refuse().repeat())(
            textInput(name="text"),
            select(option(name, value=name) for name in "abc").attr(name="which", multiple=True),
            [input_(type="radio", name="one", value=value) for value in "xy"],
            button("Send"),
        )

    with serving(app) as url:
        page.goto(url)
        page.fill("[name=text]", "mine")
        page.select_option("[name=which]", ["a", "c"])
        page.check("[value=y]")
        page.click("text=Send")
        page.wait_for_selector("[role=alert]")
        page.wait_for_function("() => !htealeaf.queue.length")
        fields = page.evaluate("[...new FormData(document.forms[1])].map(String)")
        assert fields == ["text,mine", "which,a", "which,c", "one,y"]
