"""The fixtures stand in `tests/conftest.py`: one Chromium serves all folders."""

from tests.conftest import ContextFactory, chromium_path

__all__ = ["ContextFactory", "chromium_path"]
