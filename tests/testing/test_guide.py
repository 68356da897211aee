"""The tests that the guide page shows as functions pass, too."""

from __future__ import annotations

import re
from pathlib import Path

from tests.testing.test_plugin import run

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "testing.md"


def test_the_test_functions_of_the_guide_pass(tmp_path: Path) -> None:
    blocks = re.findall(r"^```python[^\n]*\n(.*?)^```$", GUIDE.read_text("utf-8"), re.M | re.S)
    (tmp_path / "conftest.py").write_text(next(b for b in blocks if b.startswith("# conftest.py")))
    tests = [block for block in blocks if block.startswith("def test_")]

    done = run(tmp_path, "\n".join(tests), "--snapshot-update", app=blocks[0])

    assert len(tests) == 2
    assert "2 passed" in done.stdout, done.stdout
