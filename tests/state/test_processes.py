"""A process that was killed is known to be gone; one that can't be told is taken to live."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as File

import pytest

from htealeaf.state import processes

_WAITS = "from htealeaf.state.processes import name; print(name(), flush=True); input()"
_FORKS = """
import os
from htealeaf.state.processes import is_gone, name
before = name()
child = os.fork()
if not child:
    print(name() != before, is_gone(before), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print(name() == before, flush=True)
child = os.fork()
if child:
    os.kill(os.getpid(), 9)
import time
while os.getppid() != 1 and not is_gone(before):
    time.sleep(0.01)
print(is_gone(before), flush=True)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: File, monkeypatch: pytest.MonkeyPatch) -> Iterator[File]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    processes._forked()
    yield tmp_path / f"htealeaf-{os.getuid()}"
    processes._forked()


@contextmanager
def another() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run another process, which has a name."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", _WAITS], stdin=pipe, stdout=pipe, text=True) as it:
        assert it.stdout is not None
        try:
            yield it, it.stdout.readline().strip()
        finally:
            it.kill()


def test_a_process_that_was_killed_is_gone() -> None:
    with another() as (process, name):
        assert not processes.is_gone(name)
        assert not processes.is_gone(processes.name())

        process.kill()
        process.wait()

        assert processes.is_gone(name)
        assert not processes.is_gone(processes.name())


def test_a_child_has_a_name_of_its_own_and_does_not_keep_its_parent_alive() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _FORKS], capture_output=True, text=True, check=False
    )

    assert ran.stdout.split() == ["True", "False", "True", "True"]


@pytest.mark.parametrize("name", ["", "0" * 24, "../" * 8, "f" * 23])
def test_one_that_nobody_knows_is_taken_to_live(name: str) -> None:
    processes.name()

    assert not processes.is_gone(name)


def test_a_folder_that_others_can_write_to_says_nothing(folder: File) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    (folder / ("0" * 24)).touch()

    assert processes.name() == processes.name()
    assert not processes.is_gone("0" * 24)
    assert [file.name for file in folder.iterdir()] == ["0" * 24]


def test_what_is_known_to_be_gone_for_long_is_put_away(folder: File) -> None:
    """One that had run for long, and was killed just now, is not."""
    folder.mkdir(0o700)
    long_ago = time.time() - processes.KEPT - 1
    for name, mode in (("0" * 24, 0o600), ("1" * 24, 0o400)):
        (folder / name).touch(mode)
        os.utime(folder / name, (long_ago, long_ago))

    mine = processes.name()

    assert {file.name for file in folder.iterdir()} == {mine, "0" * 24}
    assert processes.is_gone("0" * 24)
    processes._forked()
    assert processes.name() != mine
    assert (folder / ("0" * 24)).exists()
