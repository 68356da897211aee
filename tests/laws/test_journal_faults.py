"""The laws of journals notice each planted fault, and nothing where there is none."""

from __future__ import annotations

import pytest

from tests.laws.journal_faults import JOURNAL_FAULTS
from tests.laws.test_journals import JournalLaws, search

pytestmark = pytest.mark.slow

#: How many examples may pass before a fault is noticed.
AT_MOST = 250


@pytest.mark.parametrize("name", JOURNAL_FAULTS)
def test_the_laws_of_journals_notice(name: str) -> None:
    """With one thing wrong, some example fails."""
    with JOURNAL_FAULTS[name](), pytest.raises(Exception) as caught:
        search(JournalLaws, AT_MOST)
    assert type(caught.value).__module__ != "hypothesis.errors" or "Flaky" in repr(caught.value)


def test_the_laws_of_journals_hold_without_a_fault() -> None:
    """The same search finds nothing where nothing is wrong."""
    search(JournalLaws, 60)


def test_enough_is_planted_between_workers_and_journal() -> None:
    assert len(JOURNAL_FAULTS) >= 25
    assert all(fault.__doc__ for fault in JOURNAL_FAULTS.values())
