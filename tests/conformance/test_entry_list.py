"""The browserless client sends the fields that HTML says, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf.testing import Client
from tests.conformance.entry_lists import (
    CASES,
    assert_read,
    assert_sent,
    each_case,
    each_value,
    entry_lists,
)


@pytest.fixture(scope="module")
def lists() -> Iterator[Any]:
    with entry_lists() as found:
        yield found


@each_case
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_the_browserless_client_sends_the_entry_list(lists: Any, n: int, scripts: bool) -> None:
    app, sent = lists
    page = Client(app, scripts=scripts).open(f"/{n}")
    sent.clear()

    for step, *given in CASES[n]["steps"]:
        getattr(page, step)(*given)

    assert_sent(sent, n)


@each_value
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_the_browserless_client_reads_a_value(lists: Any, n: int, name: str, scripts: bool) -> None:
    app, _ = lists
    page = Client(app, scripts=scripts).open(f"/{n}/{name}")

    for step, *given in CASES[n]["steps"]:
        getattr(page, step)(*given)

    assert_read(app, n, name)


def test_every_kind_of_control_has_a_case() -> None:
    """Each row of the standard's algorithm, and each type of an input."""
    html = "".join(case["fields"] for case in CASES)
    kinds = "checkbox radio file image hidden submit reset button number date range color password"

    assert [kind for kind in kinds.split() if f'type="{kind}"' not in html] == []
