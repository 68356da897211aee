"""How many live pages a server has room for, and whether who reads one is still there."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from htealeaf.app.rooms import LIVE, SLOW, room, watch

THREADED = {"wsgi.multithread": True}
GUNICORN = {**THREADED, "SERVER_SOFTWARE": "gunicorn/23.0"}


class Worker:
    """Calls us as a worker of gunicorn does."""

    __module__ = "gunicorn.workers.gthread"

    def __init__(self, **settings: int) -> None:
        self.cfg, self.alive = SimpleNamespace(**settings), True

    def room(self) -> int:
        return room(GUNICORN)

    def watch(self, environ: dict[str, Any]) -> Any:
        return watch(environ)


class Threaded(Worker):
    __module__ = "gunicorn.workers.gthread"
    tpool = None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, 0),
        ({"wsgi.multithread": False, "SERVER_SOFTWARE": "Werkzeug/3.1"}, 0),
        ({**THREADED, "SERVER_SOFTWARE": "Werkzeug/3.1"}, 200),
        ({**THREADED, "SERVER_SOFTWARE": "waitress"}, 3),
        (THREADED, 3),
        (GUNICORN, 3),  # nobody of its workers calls
        ({LIVE: 7}, 7),
        ({LIVE: 0, **THREADED}, 0),
    ],
)
def test_each_server_is_asked_in_its_way(environ: dict[str, Any], expected: int) -> None:
    assert room(environ) == expected


def test_a_worker_of_gunicorn_keeps_half_for_clicks() -> None:
    assert Threaded(threads=9, worker_connections=1000).room() == 4
    assert Worker(threads=1, worker_connections=1000).room() == 500


@pytest.mark.parametrize(("threads", "expected"), [(b"8", 4), ("x", 3), (None, 3)])
def test_uwsgi_says_how_many_threads_it_has(
    monkeypatch: pytest.MonkeyPatch, threads: object, expected: int
) -> None:
    monkeypatch.setitem(sys.modules, "uwsgi", SimpleNamespace(opt={"threads": threads}))

    assert room(THREADED) == expected


def test_who_has_gone_is_noticed_and_who_is_slow_is_dropped() -> None:
    ours, browser = socket.socketpair()
    with ours, browser:
        is_there = watch({"werkzeug.socket": ours})

        assert ours.gettimeout() == SLOW
        assert is_there()
        browser.sendall(b"x")  # what it sends is no end, and stays to be read
        assert is_there()
        assert (ours.gettimeout(), ours.recv(9)) == (SLOW, b"x")
        browser.close()
        assert not is_there()


def test_a_socket_that_is_closed_has_nobody() -> None:
    ours, browser = socket.socketpair()
    with browser:
        is_there = watch({"werkzeug.socket": ours})
        ours.close()

        assert not is_there()


def test_a_worker_that_stops_ends_its_pages() -> None:
    ours, browser = socket.socketpair()
    with ours, browser:
        worker = Worker()
        is_there = worker.watch({"gunicorn.socket": ours})

        assert is_there()
        worker.alive = False
        assert not is_there()


def test_a_server_that_shows_no_socket_is_believed() -> None:
    assert watch({})()
