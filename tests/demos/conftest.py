"""Servers of the demos, and a tab with scripts or without."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from demos import load
from tests.conftest import ContextFactory
from tests.demos.serving import Server

# What is imported here keeps nothing in the folder of whoever runs the tests.
os.environ["DEMOS_DATA"] = tempfile.mkdtemp(prefix="demos-")

# Tests import modules of it, and its stores are not to join those of the process.
load("sevenguis")


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """All of them, as `make demo` serves them."""
    server = Server("demos", tmp_path_factory.mktemp("demos"))
    yield server
    server.stop()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    """A counter in memory for one test, which may kill its server."""
    server = Server("demos.counter", tmp_path)
    yield server
    server.stop()


@pytest.fixture
def tab(context_factory: ContextFactory, scripts: bool) -> Page:
    return context_factory(java_script_enabled=scripts).new_page()
