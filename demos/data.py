"""Where the demos keep what must last: a folder of the user's, or the one that DEMOS_DATA names."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from platformdirs import user_data_path


def folder() -> Path:
    """Return the folder; it is there afterwards."""
    chosen = os.environ.get("DEMOS_DATA")
    path = Path(chosen) if chosen else user_data_path("htealeaf-demos", appauthor=False)
    path.mkdir(parents=True, exist_ok=True)
    return path


def kept(name: str) -> str:
    """Return the journal of a demo whose stores last: the one that the gallery gives it."""
    return f"sqlite:///{folder() / name}.db"


def reset() -> None:
    """Throw away all that the demos have kept."""
    shutil.rmtree(folder())


if __name__ == "__main__":
    if sys.argv[1:] != ["reset"]:
        sys.exit("python -m demos.data reset")
    print(f"Throwing away {folder()}")
    reset()
