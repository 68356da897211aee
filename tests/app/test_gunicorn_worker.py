"""gunicorn's worker: in which lane a connection waits. Real ones are in `test_live_servers`."""

from __future__ import annotations

import socket
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("gunicorn")

from htealeaf.gunicorn import Worker
from htealeaf.web.ranks import KNOWN, SIGNED_IN, STRANGER
from tests.app.made import made


class Queued(Worker):
    """Notes where it puts what has come."""

    def __init__(self, app: Any) -> None:
        self.lanes: list[int] = []
        self.wsgi, self.cfg = app, SimpleNamespace(keepalive=2)
        self.tpool: Any = SimpleNamespace(lane=self._lane)
        self.pending_conns: list[Any] = []
        self.poller = SimpleNamespace(register=lambda *told: None)

    def _lane(self, rank: int) -> Any:
        self.lanes.append(rank)
        return SimpleNamespace(submit=lambda *work: Future())


def lane_of(head: bytes, app: Any, **state: bool) -> list[int]:
    server, browser = socket.socketpair()
    with server, browser:
        browser.sendall(head)
        worker = Queued(app)
        known = {"initialized": False, "data_ready": False, **state}
        worker.enqueue_req(SimpleNamespace(sock=server, **known))
        assert len(worker.pending_conns) == (not worker.lanes)
        if head:
            assert server.recv(9000) == head  # it is still there to be read
        return worker.lanes


def test_a_request_waits_in_the_lane_of_its_browser() -> None:
    app = made()
    cookie = app.dispatch.keys.cookie("0" * 32).encode()
    heads = {
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n": STRANGER,
        b"GET / HTTP/1.1\r\ncookie:a=b;ht=" + cookie + b"\r\n\r\n": KNOWN,
        b"GET /?\r\nHost: ht=" + cookie + b"\r\n\r\n": STRANGER,
        b"GE": STRANGER,
        b"GET / HTTP/1.1\r\nX: " + b"x" * 9000 + b"\r\nCookie: ht=" + cookie: STRANGER,
    }
    for head, rank in heads.items():
        assert lane_of(head[:8000], app) == [rank]
    app.dispatch.ranks._noted["0" * 32] = True, 0.0
    assert lane_of([*heads][1], app) == [SIGNED_IN]


def test_a_new_connection_on_which_nothing_has_come_holds_no_thread() -> None:
    assert lane_of(b"", made()) == []


def test_whoever_signs_in_at_their_first_request_is_known_at_the_next() -> None:
    app = made()

    assert lane_of(b"POST /in HTTP/1.1\r\nHost: x\r\n\r\n", app) == [STRANGER]
    assert app.dispatch.ranks.asked


@pytest.mark.parametrize("state", ["initialized", "data_ready"])
def test_what_was_read_before_its_time_is_not_waited_for(state: str) -> None:
    """A request that came together with the one before has been read from the socket."""
    assert lane_of(b"", made(), **{state: True}) == [STRANGER]


def test_another_app_has_no_ranks() -> None:
    assert lane_of(b"GET / HTTP/1.1\r\nCookie: ht=1\r\n\r\n", lambda *told: []) == [STRANGER]
