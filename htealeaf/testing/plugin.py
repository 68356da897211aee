"""Pytest plugin: the fixtures `client`, `clock` and `html_snapshot`, fresh stores for each test.

A test file needs one fixture of its own, `app`:

    @pytest.fixture
    def app():
        return counter.app

It is loaded in every run of pytest where htealeaf is installed, so it must load without the extra
`testing`, and does nothing for tests that don't ask for its fixtures.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf.app.app import WSGI

_missing: ImportError | None = None
try:
    from htealeaf.testing.client import Client
    from htealeaf.testing.clock import hold_clock
    from htealeaf.testing.snapshot import HtmlSnapshot
except ImportError as error:
    _missing = error


def _need_extra() -> None:
    if _missing is not None:
        package = (_missing.name or "").partition(".")[0]
        needed = f"htealeaf.testing needs {package}: pip install htealeaf[testing]"
        pytest.fail(needed, pytrace=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that shows our own frames in the traces of tests that fail."""
    words = "Show the frames of htealeaf in the traces of failing tests."
    parser.addini("htealeaf_frames", words, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Leave our frames out of traces, so that they end at the author's line."""
    hidden = not config.getini("htealeaf_frames")
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "htealeaf" and module is not None:
            module.__tracebackhide__ = hidden  # type: ignore[attr-defined]


@pytest.fixture
def app() -> WSGI:
    """Return the app under test. Define this fixture in a test file or in `conftest.py`."""
    pytest.fail(
        "the fixture 'client' needs to know the app:\n\n"
        "    @pytest.fixture\n    def app():\n        return my_module.app\n",
        pytrace=False,
    )


@pytest.fixture
def fresh_stores(app: WSGI) -> Iterator[WSGI]:
    """Return the app with every store at its default, no session and no page open.

    They are in memory as long as the test runs, whatever their journal is.
    """
    with app.registry.journal.in_memory():
        app.pages.forget()
        yield app
    app.pages.forget()


@pytest.fixture
def client(fresh_stores: WSGI) -> Any:
    """Return a browser for the fixture `app`, its stores at their defaults.

    Each step is checked: the page has to be what a fresh page would be.
    """
    _need_extra()
    return Client(fresh_stores, check=True)


@pytest.fixture
def clock() -> Iterator[Any]:
    """Return the clock of the process, which stands still from now on, to be set."""
    _need_extra()
    with hold_clock() as held:
        yield held


@pytest.fixture
def html_snapshot(request: pytest.FixtureRequest) -> Any:
    """Return what a page is compared with: `assert page == html_snapshot`.

    `pytest --snapshot-update` writes the file, `__snapshots__/<test file>/<test>.html`.
    """
    _need_extra()
    return request.getfixturevalue("snapshot").use_extension(HtmlSnapshot)
