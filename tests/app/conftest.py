"""The app that tests of this folder add routes to."""

from __future__ import annotations

import pytest

from htealeaf import WSGI
from tests.app.made import made


@pytest.fixture
def app() -> WSGI:
    return made()
