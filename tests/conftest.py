"""What tests need, as marks; a real Chromium, a fresh context for every test, no unseen error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, BrowserContext, Page, WebError, expect, sync_playwright

# What is waited for comes when it can: a busy machine fails no test.
expect.set_options(timeout=20_000)

# It talks to nobody but the test's own server.
_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# No time limit in a test: the machine may be busy.
settings.register_profile("htealeaf", deadline=None)
settings.load_profile("htealeaf")

ContextFactory = Callable[..., BrowserContext]


# Which fixture needs what. A test that starts a server by itself marks itself.
_NEEDS = {
    "chromium": pytest.mark.browser,
    "demos": pytest.mark.server,
    "mortal": pytest.mark.server,
    "serve": pytest.mark.server,
}
# What is made once for many tests: those of a file go to one process (--dist=loadgroup).
_SHARED = frozenset({"demos", "shared_page"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        asked = getattr(item, "fixturenames", ())
        for fixture, mark in _NEEDS.items():
            if fixture in asked:
                item.add_marker(mark)
        if not _SHARED.isdisjoint(asked):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))


def chromium_path(*, whole: bool = False) -> str | None:
    """Return where the system's Chromium is; None where there is none.

    Debian builds it twice of one source: its shell without windows draws the same pages at a third
    of the cost. `CHROMIUM=/usr/bin/chromium make test` takes the other one for all.

    Args:
        whole: Not the shell.
    """
    shell = () if whole else ("chromium-headless-shell",)
    names = (*shell, "chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless; without one, Playwright's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def whole_chromium(chromium: Browser) -> Iterator[Browser]:
    """The one with windows, for what the shell has not: their focus, choosers, rules of cookies."""
    path = chromium_path(whole=True)
    browser = chromium.browser_type.launch(executable_path=path, args=_ARGS)
    yield browser
    browser.close()


@pytest.fixture
def page_errors() -> list[str]:
    """What scripts threw and nobody caught. A test that wants an error takes it out."""
    return []


@pytest.fixture
def context_factory(
    request: pytest.FixtureRequest, chromium: Browser, page_errors: list[str]
) -> Iterator[ContextFactory]:
    """Make browsers: each call is a person of their own, with cookies of their own.

    Options are those of `Browser.new_context`, for example `java_script_enabled=False`. A second
    tab of the same person is `page.context.new_page()`.
    """
    contexts: list[BrowserContext] = []
    whole = request.node.get_closest_marker("whole")
    browser = request.getfixturevalue("whole_chromium") if whole else chromium

    def keep(error: WebError) -> None:
        page_errors.append(str(error.error))

    def make(**options) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(5_000)
        context.on("weberror", keep)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert not page_errors, "a script threw and nobody caught it"


@pytest.fixture(scope="module")
def shared_page(chromium: Browser) -> Iterator[Page]:
    """One tab for a whole module, for many small cases that leave nothing behind."""
    errors: list[str] = []
    context = chromium.new_context()
    context.set_default_timeout(5_000)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert not errors, "a script threw and nobody caught it"


@pytest.fixture
def page(context_factory: ContextFactory) -> Page:
    """One tab of a new browser."""
    return context_factory().new_page()
