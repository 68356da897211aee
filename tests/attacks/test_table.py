"""The table of advisories in the docs: each row has its test, and each test its row."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
DOC = HERE.parents[1] / "docs" / "security.md"


def test_each_advisory_has_a_test_of_its_name() -> None:
    rows = re.findall(r"^\| .* \| `(test_\w+)` \|$", DOC.read_text(encoding="utf-8"), re.M)
    tests = [
        name
        for file in HERE.glob("test_advisories*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text(encoding="utf-8"), re.M)
    ]

    assert sorted(rows) == sorted(tests)
    assert len(rows) == len(set(rows))
