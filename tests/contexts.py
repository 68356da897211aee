"""Contexts of a browser that serve one test after the other, each time as new.

To make a context, and the first tab of it with a renderer process of its own, costs more than most
tests do there. So a context that a test has used is emptied and kept for the next one that asks for
the same options; behind the tabs of tests one more stays open, which keeps the process.

Rule: what can't be taken back, such as a clock or a script for all tabs, ends the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

_LASTING = (
    "add_init_script",
    "expose_binding",
    "expose_function",
    "grant_permissions",
    "set_extra_http_headers",
    "set_geolocation",
)
_LASTING_CLOCK = ("install", "set_fixed_time", "set_system_time")


class Contexts:
    """Those of one browser.

    Args:
        browser: Where they are made.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[_Context]] = {}

    @contextmanager
    def lend(self) -> Iterator[Callable[..., BrowserContext]]:
        """Yield a function that gives contexts to one test; take them back after it.

        Its options are those of `Browser.new_context`.
        """
        taken: list[tuple[list[_Context], _Context]] = []

        def take(**options: Any) -> BrowserContext:
            free = self._free.setdefault(repr(sorted(options.items())), [])
            found = free.pop() if free else _Context(self._browser, options)
            taken.append((free, found))
            return found.context

        yield take
        for free, found in taken:
            if found.is_lasting:
                found.context.close()
            else:
                found.empty()
                free.append(found)


class _Context:
    def __init__(self, browser: Browser, options: dict[str, Any]) -> None:
        self.context = browser.new_context(**options)
        self.is_lasting = False
        for owner, names in ((self.context, _LASTING), (self.context.clock, _LASTING_CLOCK)):
            for name in names:
                setattr(owner, name, self._noting(getattr(owner, name)))
        self._keeper: Page = self.context.new_page()
        self._devtools: CDPSession = self.context.new_cdp_session(self._keeper)

    def _noting(self, right: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **options: Any) -> Any:
            self.is_lasting = True
            self._keeper.close()  # a clock would wait for it
            return right(*arguments, **options)

        return called

    def empty(self) -> None:
        origins = set()
        for page in self.context.pages:
            if page is not self._keeper:
                url = urlsplit(page.url)
                origins.add(f"{url.scheme}://{url.netloc}")
                page.unroute_all(behavior="ignoreErrors")
                page.close()
        self.context.unroute_all()
        self.context.set_offline(False)
        self.context.clear_cookies()
        self._devtools.send("Network.clearBrowserCache")
        for origin in origins:
            whole = {"origin": origin, "storageTypes": "all"}
            self._devtools.send("Storage.clearDataForOrigin", whole)
