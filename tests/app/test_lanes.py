"""Who begins first, and who waits, where more is to be worked out than there are threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from htealeaf.app import lanes
from htealeaf.app.lanes import SHARE, Crowded, Lanes
from htealeaf.web.ranks import KNOWN, SIGNED_IN, STRANGER


class Made:
    """Lanes in which work goes on until it is let go, and the order in which it began."""

    def __init__(self, threads: int, **options: Any) -> None:
        self.lanes = Lanes(threads, **options)
        self.lanes.lane(SIGNED_IN).submit(int).result()  # somebody is there
        self.order: list[str] = []
        self._begun = threading.Condition()
        self._held: list[threading.Event] = []

    def put(self, rank: int, name: str, *, hold: bool = False) -> Callable[[], Any]:
        """Put work into a lane; return what lets it go and waits for it."""
        go = threading.Event()
        if not hold:
            go.set()
        self._held.append(go)

        def work() -> None:
            with self._begun:
                self.order.append(name)
                self._begun.notify_all()
            go.wait()

        future = self.lanes.lane(rank).submit(work)

        def end() -> None:
            go.set()
            future.result()

        return end

    def until(self, count: int) -> list[str]:
        with self._begun:
            self._begun.wait_for(lambda: len(self.order) >= count)
            return self.order

    def end(self) -> None:
        for go in self._held:
            go.set()
        self.lanes.shutdown()


@pytest.fixture
def make() -> Iterator[Callable[..., Made]]:
    made: list[Made] = []

    def one(threads: int, **options: Any) -> Made:
        made.append(Made(threads, **options))
        return made[-1]

    yield one
    for found in made:
        found.end()


@pytest.fixture(params=[0.0, 1000.0], ids=["at once", "never"])
def patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """After how many seconds another one may begin beside one that is at work."""
    monkeypatch.setattr(lanes, "PATIENCE", request.param)
    return float(request.param)


def test_whoever_is_signed_in_goes_before_those_who_came_first(make: Callable[..., Made]) -> None:
    made = make(1)
    end = made.put(STRANGER, "at work", hold=True)
    made.until(1)
    for rank, name in ((STRANGER, "c"), (KNOWN, "b"), (STRANGER, "d"), (SIGNED_IN, "a")):
        made.put(rank, name)

    end()

    assert made.until(5) == ["at work", "a", "b", "c", "d"]


def test_strangers_begin_one_after_the_other(make: Callable[..., Made], patience: float) -> None:
    """As long as one is at work no other one begins, unless it goes on for long."""
    made = make(4)
    end = made.put(STRANGER, "one", hold=True)
    made.until(1)
    made.put(STRANGER, "two")
    made.put(SIGNED_IN, "user")

    assert set(made.until(2 if patience else 3)) == {"one", "user", *([] if patience else ["two"])}
    end()
    assert made.until(3)[0] == "one"


def test_strangers_leave_threads_alone(make: Callable[..., Made], patience: float) -> None:
    made = make(4)
    ends = [made.put(STRANGER, "stranger", hold=True) for _ in range(6)]
    made.until(1 if patience else 3)
    made.put(SIGNED_IN, "user")

    began = made.until(2 if patience else 4)

    assert began.count("user") == 1
    assert began.count("stranger") == (1 if patience else 3)
    for end in ends:
        end()


def test_where_nobody_is_signed_in_all_begin_at_once(
    make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "PATIENCE", 1000.0)
    monkeypatch.setattr(lanes, "LONG", 0.0)
    made = make(4)
    for _ in range(5):
        made.put(STRANGER, "stranger", hold=True)

    assert made.until(4) == ["stranger"] * 4


def test_strangers_get_a_turn_however_many_are_signed_in(make: Callable[..., Made]) -> None:
    made = make(1)
    end = made.put(STRANGER, "at work", hold=True)
    made.until(1)
    for number in range(3 * SHARE):
        made.put(SIGNED_IN, str(number))
    made.put(STRANGER, "x")
    made.put(STRANGER, "y")

    end()

    began = made.until(3 * SHARE + 3)[1:]
    assert (began.index("x"), began.index("y")) == (SHARE, 2 * SHARE + 1)


def test_a_lane_has_an_end_but_the_first(make: Callable[..., Made]) -> None:
    made = make(1, waiting=2)
    end = made.put(STRANGER, "at work", hold=True)
    made.until(1)
    made.put(STRANGER, "one")
    made.put(STRANGER, "two")

    with pytest.raises(Crowded):
        made.put(STRANGER, "three")
    made.put(KNOWN, "known")
    for _ in range(5):
        made.put(SIGNED_IN, "user")

    end()
    assert len(made.until(9)) == 9


def test_what_work_gives_and_raises_is_handed_on(make: Callable[..., Made]) -> None:
    made = make(2)

    assert made.lanes.submit(int, "7").result() == 7
    failed: Future[Any] = made.lanes.lane(KNOWN).submit(int, "seven")
    assert isinstance(failed.exception(), ValueError)


def test_work_that_is_called_off_is_left_out(make: Callable[..., Made]) -> None:
    made = make(1)
    end = made.put(STRANGER, "at work", hold=True)
    made.until(1)
    done: list[int] = []
    assert made.lanes.submit(done.append, 1).cancel()

    end()

    assert made.lanes.submit(len, done).result() == 0
