"""Each promise has tests that exist, and each planted fault is noticed by the one it names."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laws.journal_faults import JOURNAL_FAULTS
from tests.laws.promises import BROKEN, NOTICED, PROMISES

TESTS = Path(__file__).parents[1]


def named() -> Iterator[str]:
    for promises in PROMISES.values():
        for promise in promises:
            yield from promise.tests
    yield from NOTICED.values()


@pytest.mark.parametrize("test", sorted({*named()}))
def test_who_would_notice_exists(test: str) -> None:
    file, _, name = test.partition("::")
    tree = ast.parse((TESTS / file).read_text())
    functions = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]

    assert any(one.startswith(name or "test_") for one in functions)


def test_each_fault_of_journals_is_of_some_promise() -> None:
    used = {name for all_of in PROMISES.values() for one in all_of for name in one.faults}

    assert used <= {*JOURNAL_FAULTS}
    assert all(one.tests for all_of in PROMISES.values() for one in all_of)


@pytest.mark.slow
def test_each_planted_fault_is_noticed() -> None:
    """With one thing wrong, the test that is named fails."""
    command = [sys.executable, "-m", "tests.laws.planting"]
    ran = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
    assert len(ran.stdout.splitlines()) == len(BROKEN)


def test_enough_is_planted() -> None:
    assert len(BROKEN) >= 15
    assert all(fault.__doc__ for fault in BROKEN.values())
