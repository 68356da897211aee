"""Follower: one thread asks for what is new, as long as there is a replica to tell."""

from __future__ import annotations

import gc
import logging
import threading
import weakref
from typing import Any

import pytest

from htealeaf.state import follower
from htealeaf.state.follower import Follower
from htealeaf.state.journal import JournalUnreachable


class Replica:
    """Is followed; each step does what the test said, then waits for the next one."""

    near = False

    def __init__(self, *steps: Any) -> None:
        self.steps, self.calls, self.commits = [*steps], 0, 0
        self.idle, self.goes_on = threading.Event(), threading.Event()

    def follow(self, timeout: float = 0.0) -> int:
        self.calls += 1
        if not self.steps:
            self.idle.set()
            self.goes_on.wait(20)
            return 0
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return 0


_others: set[threading.Thread] = set()


def threads() -> list[threading.Thread]:
    """Return the followers of this test: other tests may have left some, which wait."""
    running = {one for one in threading.enumerate() if one.name == "htealeaf-follower"}
    return [*running - _others]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "PAUSE", 0.001)
    _others.update(threading.enumerate())


def ended(replica: Replica, following: Follower) -> None:
    following.stop()
    replica.goes_on.set()
    for thread in threads():
        thread.join(20)
    assert not threads()


def test_one_thread_follows_however_often_it_is_asked_for() -> None:
    replica = Replica("new", "new")
    following = Follower(replica)
    assert not threads()

    for _ in range(5):
        following.run()
    assert replica.idle.wait(20)

    assert len(threads()) == 1
    assert replica.calls == 3
    ended(replica, following)


def test_a_journal_that_does_not_answer_is_asked_again_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "htealeaf")
    lost = JournalUnreachable("no connection")
    replica = Replica(lost, lost, lost, "new")
    following = Follower(replica)

    following.run()
    assert replica.idle.wait(20)

    words = [record.getMessage() for record in caplog.records]
    assert words == [
        "the journal can't be followed: no connection",
        "the journal is followed again",
    ]
    ended(replica, following)


def test_stopped_it_does_not_begin_again() -> None:
    replica = Replica()
    following = Follower(replica)
    following.stop()
    following.run()

    assert not threads()
    assert replica.calls == 0


def test_nobody_is_kept_alive_by_being_followed() -> None:
    replica = Replica("new")
    following = Follower(replica)
    following.run()
    assert replica.idle.wait(20)
    goes_on, gone = replica.goes_on, weakref.ref(replica)

    del replica
    goes_on.set()
    for thread in threads():
        thread.join(20)
    gc.collect()

    assert gone() is None
    assert not threads()


def test_a_worker_that_commits_all_the_time_does_not_ask_besides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of its commits brings what others wrote; when it makes none, it asks."""
    monkeypatch.setattr(follower, "PACE", 0.001)
    replica = Replica(None)
    pauses = iter(range(5))

    class Commits:
        def __get__(self, *_: object) -> int:
            asked.append(replica.calls)
            return next(pauses, 5)

    asked: list[int] = []
    monkeypatch.setattr(Replica, "commits", Commits(), raising=False)
    del replica.__dict__["commits"]
    following = Follower(replica)

    following.run()
    assert replica.idle.wait(20)

    assert replica.calls == 2
    assert asked == [1] * 8  # before and behind each pause; the last two are the same
    ended(replica, following)
