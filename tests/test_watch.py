"""The door `htealeaf.watch`: the command that makes the table of one-time ids."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from htealeaf import watch as door
from htealeaf.state import watch
from htealeaf.watch import main


def test_the_door_gives_what_the_room_has() -> None:
    assert [getattr(door, name) is getattr(watch, name) for name in door.__all__] == [True] * 3


def test_the_command_makes_the_table_and_leaves_it_where_it_is(tmp_path: Path) -> None:
    file = tmp_path / "app.db"

    for _ in range(2):
        assert main([f"sqlite:///{file}"]) == 0

    with sqlite3.connect(file) as db:
        tables = [
            name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
    assert len(tables) == 1


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_without_one_url_it_says_how(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == "python -m htealeaf.watch DATABASE_URL\n"


def test_it_is_a_module_that_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "htealeaf.watch"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (2, "")
