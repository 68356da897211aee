"""The recipes run: tasks and scripts write, and a page that somebody looks at shows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers import ROOT, Server, event
from tests.state.servers import redis_server

pytestmark = pytest.mark.server

PAGE = (ROOT / "docs" / "guide" / "recipes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\S+) ?([^\n]*)\n(.*?)^```", PAGE, re.M | re.S)
PROGRAM, TASKS, CELERY, CRON = (code for kind, _, code in BLOCKS if kind == "python")
BIN = Path(sys.executable).parent


def command(name: str) -> str:
    (found,) = [code for kind, label, code in BLOCKS if (kind, label) == ("sh", name)]
    return found


class Place:
    """A folder with the program, a Redis for its journal and its queue, and a server."""

    def __init__(self, folder: Path, port: int, program: str, tasks: str) -> None:
        self.folder = folder
        self.variables = {
            **os.environ,
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PYTHONPATH": f"{folder}:{ROOT}",
            "HTEALEAF_JOURNAL": f"redis://127.0.0.1:{port}/0",
            "HTEALEAF_SECRET": "a secret for tests only",
            "QUEUE": f"redis://127.0.0.1:{port}/1",
        }
        (folder / "shop.py").write_text(program)
        (folder / "tasks.py").write_text(tasks)
        (folder / "weather.py").write_text(CRON)
        words = "-m gunicorn -b 127.0.0.1:{port} --workers 2 --threads 8 shop:app".split()
        self.server = Server([sys.executable, *words], folder, **self.variables)

    def run(self, shell: str) -> str:
        return subprocess.run(
            ["bash", "-e", "-c", shell],
            cwd=self.folder,
            env=self.variables,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


@contextmanager
def at(folder: Path, program: str = PROGRAM, tasks: str = TASKS) -> Iterator[Place]:
    with redis_server() as redis:
        made = Place(folder, redis.port, program, tasks)
        try:
            yield made
        finally:
            made.server.kill()


def shown(place: Place, words: str) -> list[str]:
    """Press the button, and return the events until *words* are shown."""
    browser = place.server.browser()
    with browser.live() as stream:
        browser.click()
        found = [event(stream)]
        while words not in found[-1]:
            found.append(event(stream))
            assert found[-1], "the stream has ended"
    return found


@contextmanager
def working(place: Place, name: str) -> Iterator[None]:
    words = ["bash", "-c", f"exec {command(name)}"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        words, cwd=place.folder, env=place.variables, stdout=quiet, stderr=quiet
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def test_a_task_of_rq_is_followed_while_it_works(tmp_path: Path) -> None:
    with at(tmp_path) as place, working(place, "rq"):
        events = shown(place, "is ready")
        assert sum("<progress" in one for one in events) > 3, "it is seen at work"
        assert "'done': 20" in place.run(command("shell"))


def test_a_task_of_celery_is_followed_while_it_works(tmp_path: Path) -> None:
    pytest.importorskip("celery", reason="it is larger than all that the other tests need")
    said = 'app.background(write_report.delay, "june")'
    assert f"`{said}`" in PAGE
    program = PROGRAM.replace('app.background(queue.enqueue, "tasks.write_report", "june")', said)
    assert program != PROGRAM
    program = program.replace("from rq import Queue\n", "from tasks import write_report\n")
    program = re.sub("queue = .*", "", program)
    with at(tmp_path, program, CELERY) as place, working(place, "celery"):
        events = shown(place, "is ready")
        assert sum("<progress" in one for one in events) > 3


def test_a_script_of_cron_is_seen(tmp_path: Path) -> None:
    with at(tmp_path) as place, place.server.browser().live() as stream:
        place.run("python weather.py")
        assert "21" in event(stream)
