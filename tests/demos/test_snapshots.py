"""The first page of every demo, compared with the one that was looked at."""

from __future__ import annotations

from typing import Any

import pytest

from demos import NAMES, load
from htealeaf import WSGI
from htealeaf.testing import Client


@pytest.fixture(params=NAMES)
def app(request: pytest.FixtureRequest) -> WSGI:
    found: WSGI = load(request.param).app
    return found


def test_the_first_page(client: Client, html_snapshot: Any) -> None:
    assert client.open("/") == html_snapshot
