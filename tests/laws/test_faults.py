"""The laws notice each planted fault, and nothing where there is none."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.laws.faults import FAULTS, PLACES
from tests.laws.test_laws import STEPS, Laws

#: How many examples may pass before a fault is noticed.
AT_MOST = 250


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    # A fault may make bindings raise, again and again.
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_takes_what_the_right_function_takes(name: str) -> None:
    """Else the laws would notice no more than a call that can't be made."""
    right, wrong = PLACES[name]
    wanted = inspect.signature(right).parameters.values()
    given = [p.name for p in wanted if p.kind is p.POSITIONAL_OR_KEYWORD]
    named = {p.name: p for p in wanted if p.kind is p.KEYWORD_ONLY}

    assert inspect.signature(wrong).bind(right, *given, **named)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_the_laws_notice(name: str) -> None:
    """With one thing wrong, some example fails."""
    with FAULTS[name](), pytest.raises(Exception) as caught:
        look(AT_MOST)
    assert type(caught.value).__module__ != "hypothesis.errors" or "Flaky" in repr(caught.value)


@pytest.mark.slow
def test_the_laws_hold_without_a_fault() -> None:
    """The same search finds nothing where nothing is wrong."""
    look(60)


def test_enough_is_planted() -> None:
    assert len(FAULTS) >= 22
    assert all(fault.__doc__ for fault in FAULTS.values())


def look(examples: int) -> int:
    """Try the laws on so many examples, the same ones each time, and do not shrink.

    Returns:
        How many were tried.
    """
    tried: list[Laws] = []

    class Counted(Laws):
        def __init__(self) -> None:
            super().__init__()
            tried.append(self)

    run_state_machine_as_test(
        Counted,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        ),
    )
    return len(tried)
