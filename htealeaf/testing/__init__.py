"""Tests without a browser: a client that clicks, and HTML snapshots.

    page = Client(app).open("/")
    page.click("button", text="+")
    page.assert_consistent()

Needs BeautifulSoup, lxml and syrupy: `pip install htealeaf[testing]`.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "Client",
    "Exchange",
    "File",
    "Page",
    "PageFailure",
    "Patch",
    "Report",
    "Request",
    "assert_same_html",
    "assert_well_formed",
    "canonical",
    "hold_clock",
]

_missing: ImportError | None = None
try:
    from htealeaf.testing.canonical import assert_same_html, canonical
    from htealeaf.testing.client import Client
    from htealeaf.testing.clock import hold_clock
    from htealeaf.testing.controls import File
    from htealeaf.testing.exchange import Exchange, Patch, Request
    from htealeaf.testing.failures import PageFailure
    from htealeaf.testing.page import Page
    from htealeaf.testing.report import Report
    from htealeaf.testing.well_formed import assert_well_formed
except ImportError as error:
    if (error.name or "").partition(".")[0] not in ("bs4", "lxml", "soupsieve"):
        raise
    _missing = error


def __getattr__(name: str) -> Any:
    if _missing is not None and name in __all__:
        package = (_missing.name or "").partition(".")[0]
        raise ImportError(
            f"htealeaf.testing needs {package}: pip install htealeaf[testing]"
        ) from _missing
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
