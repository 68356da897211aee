"""The place in which components are tried with actions and bindings."""

from __future__ import annotations

import pytest

from tests.components.shown import Place


@pytest.fixture
def place() -> Place:
    return Place()
