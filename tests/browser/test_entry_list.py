"""Chromium sends the fields that HTML says, through the shim and by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conformance.entry_lists import (
    CASES,
    assert_read,
    assert_sent,
    each_case,
    each_value,
    entry_lists,
)
from tests.serving import serving


@pytest.fixture(scope="module")
def site() -> Iterator[Any]:
    with entry_lists() as (app, sent), serving(app) as url:
        yield url, app, sent


@pytest.fixture(scope="module", params=[True, False], ids=["scripts", "plain"])
def tab(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=request.param)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


@each_case
def test_chromium_sends_the_entry_list(tab: Page, site: Any, n: int) -> None:
    url, _, sent = site
    sent.clear()

    _do(tab, f"{url}/{n}", CASES[n]["steps"])

    assert_sent(sent, n)


@each_value
def test_chromium_reads_a_value(tab: Page, site: Any, n: int, name: str) -> None:
    url, app, _ = site

    _do(tab, f"{url}/{n}/{name}", CASES[n]["steps"])

    assert_read(app, n, name)


def _do(tab: Page, url: str, steps: list[list[str]]) -> None:
    tab.goto(url)
    times = int(tab.locator("#times").inner_text())
    for step, *given in steps:
        if step == "select":
            tab.select_option(given[0], given[1:])
        else:
            getattr(tab, step)(*given)
    expect(tab.locator("#times")).to_have_text(str(times + 1))
