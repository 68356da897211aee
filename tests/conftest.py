"""What tests need, as marks; a real Chromium, a fresh context for every test, no unseen error."""

from __future__ import annotations

import gc
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

# Firefox's protocol has no drop, no double click, and no bodies of intercepted requests.
not_in_firefox = pytest.mark.skipif("FIREFOX" in os.environ, reason="its protocol has not that")

ContextFactory = Callable[..., BrowserContext]


# Which fixture needs what. A test that starts a server by itself marks itself.
_NEEDS = {
    "chromium": pytest.mark.browser,
    "demos": pytest.mark.server,
    "mortal": pytest.mark.server,
    "serve": pytest.mark.server,
}
# The files that take longest, the longest first: each is one process's (--dist=loadfile), and none
# of them is to be alone at the end.
_LONG = """
laws/test_laws demos/test_looks browser/test_outage laws/test_journals laws/test_laws_far
house/test_deploy demos/test_keyboard browser/test_framework browser/test_shim_wire
browser/test_entry_list laws/test_journals_on_servers house/test_wheel laws/test_promises
laws/test_faults demos/test_rows laws/test_journal_faults browser/test_shim_morph
components/test_components_browser state/test_postgresql load/test_threads demos/test_expenses
demos/test_todomvc demos/test_contacts demos/test_counter browser/test_shim_clicks
browser/test_shim_answers state/test_server_processes demos/test_gallery
endpoints/test_exactly_once demos/test_policy browser/test_shim_patches state/test_redis
demos/test_job demos/test_todo browser/test_navigation reactive/test_graph demos/test_chat
testing/test_plugin browser/test_live data/test_verbs attacks/test_pages
""".split()
_RANKS = {f"tests/{name}.py": rank for rank, name in enumerate(_LONG)}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    # What is imported and collected stays to the end: no need to look through it again and again.
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _RANKS.get(item.nodeid.partition("::")[0], len(_RANKS)))
    for item in items:
        asked = getattr(item, "fixturenames", ())
        for fixture, mark in _NEEDS.items():
            if fixture in asked:
                item.add_marker(mark)


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
    """The system's Chromium, headless; without one, Playwright's own.

    `FIREFOX=/usr/bin/firefox-esr make test ARGS=tests/browser` takes that one in its place.
    """
    with sync_playwright() as playwright:
        if firefox := os.environ.get("FIREFOX"):
            browser = playwright.firefox.launch(channel="moz-firefox", executable_path=firefox)
        else:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=_ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def whole_chromium(chromium: Browser) -> Iterator[Browser]:
    """The one with windows, for what the shell has not: their focus, choosers, rules of cookies."""
    if "FIREFOX" in os.environ:
        yield chromium
        return
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
        # Firefox throws what a page's policy forbids, and the icon that it asks for by itself.
        if "settings blocked" not in str(error.error):
            page_errors.append(str(error.error))

    def make(**options) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(20_000)
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
    context.set_default_timeout(20_000)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert not errors, "a script threw and nobody caught it"


@pytest.fixture
def page(context_factory: ContextFactory) -> Page:
    """One tab of a new browser."""
    return context_factory().new_page()
