"""The checks find what is planted; if not, they would not find it by accident either."""

from __future__ import annotations

import logging

import pytest

from tests.attacks.checks import CHECKS
from tests.attacks.faults import FAULTS


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "htealeaf")


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_flaw_is_found(name: str) -> None:
    with FAULTS[name]():
        found = _first()

    assert found, f"nothing notices that {name.replace('_', ' ')}"


def test_there_are_enough() -> None:
    assert len(FAULTS) >= 40


def _first() -> str:
    # The cheap checks first; one that breaks has noticed too.
    for check in sorted(CHECKS.values(), key=lambda one: one.__name__ in _SLOW):
        try:
            found = next(check(), "")
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        if found:
            return found
    return ""


_SLOW = {"elements_hold_what_they_are_given", "pages_and_patches_run_nothing"}
