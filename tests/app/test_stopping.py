"""Stopping: whoever goes on is told when the worker, or the program, comes to its end."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from htealeaf import WSGI, Registry, SuperStore
from htealeaf.app.background import Background, WorkerStops
from htealeaf.app.stopping import Watch

ROOT = Path(__file__).parents[2]


class App:
    def __init__(self) -> None:
        self.told = threading.Event()
        self.times = 0

    def stop(self) -> None:
        self.times += 1
        self.told.set()


def test_an_app_is_told_once_when_its_worker_ends() -> None:
    goes_on, app, other = [True], App(), App()
    watch = Watch(look=0.001)
    watch.add(app, lambda: goes_on[0])
    watch.add(other)
    assert not app.told.is_set()
    goes_on[0] = False
    app.told.wait()
    other.told.wait()
    assert (app.times, other.times) == (1, 1)


def test_who_comes_when_the_worker_ends_is_told_too() -> None:
    watch, first, late = Watch(look=0.001), App(), App()
    watch.add(first, lambda: False)
    first.told.wait()
    watch.add(late, lambda: False)
    late.told.wait()


def test_an_app_that_is_gone_is_not_kept() -> None:
    watch, app = Watch(look=0.001), App()
    watch.add(app)
    del app
    assert len(watch._apps) == 0


def test_what_waits_does_not_begin_and_what_runs_may_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pool, registry = Background(threads=1), Registry()
    began, go = threading.Event(), threading.Event()
    done: list[int] = []

    def work() -> None:
        began.set()
        go.wait()

    running = pool.run(registry, work, (), {})
    began.wait()
    waiting = [pool.run(registry, done.append, (n,), {}) for n in range(2)]
    pool.stop()
    with pytest.raises(WorkerStops):
        pool.run(registry, done.append, (3,), {})
    go.set()
    running.result()
    assert all(job.cancelled() for job in waiting)
    assert done == []
    assert "2 jobs in the background had not begun" in caplog.text
    assert len(pool) == 0


def test_a_stopped_app_lets_no_page_in_and_answers_clicks() -> None:
    with Registry():
        app = WSGI(secret="a secret for tests only", live=True)
        SuperStore(app)
    app.stop()
    assert app.stopping.is_set()
    assert app.pages.live.stopped


PROGRAM = """
import threading
from htealeaf import WSGI, SuperStore
from htealeaf.testing import Client

app = WSGI(secret="a secret for tests only")
SuperStore(app)
began = threading.Event()

def work():
    began.set()
    app.stopping.wait()
    print("told", flush=True)

@app.route("/", methods=["POST"])
def begin():
    app.background(work)
    return "begun"

print(Client(app).post("/").text, flush=True)
began.wait()
"""


def test_a_program_that_ends_tells_its_jobs() -> None:
    """Else it would wait for them, and they for nobody knows what."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["begun", "told"]
