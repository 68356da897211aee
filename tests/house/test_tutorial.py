"""The tutorial, as somebody follows it: its program in one file, its test in another."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.house.test_docs import samples_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guide" / "tutorial.md"


def test_the_program_works_and_its_test_leaves_its_file_alone(tmp_path: Path) -> None:
    samples = [one for one in samples_of(PAGE.read_text(encoding="utf-8")) if one.info[:2] != "sh"]
    program = "\n".join(sample.code for sample in samples if sample.runs)
    (tmp_path / "holidays.py").write_text(program, encoding="utf-8")
    (test,) = [sample.code for sample in samples if not sample.runs]
    (tmp_path / "test_holidays.py").write_text(test, encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_holidays.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )

    assert "1 passed" in run.stdout, run.stdout
    info = subprocess.run(
        [sys.executable, "-m", "htealeaf", "journal", "info", "sqlite:///holidays.db"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"^documents +0$", info.stdout, re.M), info.stdout
