"""Planted faults, one after the other, each with the test that is to notice it.

    python -m tests.laws.planting [NAME...]

prints the name of each, and what pytest says: 1 is that the test has failed.
"""

from __future__ import annotations

import contextlib
import io
import sys

import pytest

from tests.laws.promises import BROKEN, NOTICED


def noticed(name: str) -> tuple[int, str]:
    """Run the test that is to notice the fault *name*; return pytest's code, and what it said."""
    file, _, test = NOTICED[name].partition("::")
    said = io.StringIO()
    command = ["-q", "-x", "-p", "no:cacheprovider", f"tests/{file}", "-k", test]
    with BROKEN[name](), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main(command)
    return int(code), said.getvalue()


if __name__ == "__main__":
    wrong = 0
    for fault in sys.argv[1:] or BROKEN:
        code, told = noticed(fault)
        sys.stdout.write(f"{fault} {code}\n")
        sys.stdout.flush()
        if code != pytest.ExitCode.TESTS_FAILED:
            wrong += 1
            sys.stdout.write(f"{told[-2000:]}\n")
    sys.exit(wrong)
