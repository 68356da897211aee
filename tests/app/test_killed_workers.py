"""Workers that are killed in the middle of clicks: each click counts once, whoever answers it."""

from __future__ import annotations

import http.client
import os
import queue
import signal
import sys
import threading
from pathlib import Path

import pytest

from tests.servers import ROOT, Browser, Server

pytestmark = pytest.mark.server

CLICKS, BROWSERS, KILLS = 25, 4, 3


def workers_of(server: Server) -> list[int]:
    first = server.process.pid
    return [*map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]


def clicked(browser: Browser) -> None:
    """Click once, and go on trying with the same one-time id, as the shim does."""
    number = browser.clicks
    while True:
        browser.clicks = number
        try:
            browser.click()
        except (OSError, http.client.HTTPException):  # nobody answers, or did not to the end
            continue
        except AssertionError as error:
            (status, _), *_ = error.args
            if status not in (429, 503):
                raise
            continue
        return


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """gunicorn with threads and an SQLite journal; a worker is killed while people click."""
    options = "-m gunicorn -b 127.0.0.1:{port} -w 4 --threads 4 tests.app.live_site:app"
    server = Server(
        [sys.executable, *options.split()],
        ROOT,
        FOLDER=str(tmp_path),
        HTEALEAF_JOURNAL=f"sqlite:///{tmp_path / 'shop.db'}",
        HTEALEAF_RATE="none",
    )
    done: queue.Queue[int] = queue.Queue()

    def clicks() -> None:
        browser = server.browser()
        for number in range(CLICKS):
            clicked(browser)
            done.put(number)

    try:
        people = [threading.Thread(target=clicks) for _ in range(BROWSERS)]
        for person in people:
            person.start()
        for kill in range(KILLS):
            for _ in range(CLICKS * BROWSERS // (KILLS + 1)):
                done.get()
            workers = workers_of(server)
            os.kill(workers[kill % len(workers)], signal.SIGKILL)
        for person in people:
            person.join()

        assert f">{CLICKS * BROWSERS}</h3>" in server.browser().html
    finally:
        server.kill()
