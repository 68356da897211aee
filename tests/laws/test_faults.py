"""The laws notice each planted fault, and nothing where there is none."""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Iterator

import pytest

from tests.laws.faults import FAULTS, PLACES
from tests.laws.witnesses import AT_MOST, look, witnesses

KEPT = {} if os.environ.get("LAWS_SEARCH") else witnesses()


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
    """With one thing wrong a history breaks a law, and the same one breaks none without it.

    The history is the one that was found before; where it has lost its effect, or with
    `LAWS_SEARCH=1` as in `make laws`, some example fails.
    """
    kept = KEPT.get(name)
    if kept is not None:
        kept.replay()
    with FAULTS[name]():
        assert (kept is not None and kept.breaks()) or look(AT_MOST) is not None


def test_enough_is_planted() -> None:
    assert len(FAULTS) >= 22
    assert all(fault.__doc__ for fault in FAULTS.values())
