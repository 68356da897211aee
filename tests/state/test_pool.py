"""Connections to a server: idle ones are used again, and there are never more than there may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from htealeaf.state.backends.pool import Busy, Pool


@pytest.fixture
def make() -> Callable[[], int]:
    numbers: Iterator[int] = iter(range(100))
    return lambda: next(numbers)


def test_who_was_used_last_is_used_again(make: Callable[[], int]) -> None:
    pool: Pool[int] = Pool(2, 0)
    assert pool.take(make) == (0, True)
    assert pool.take(make) == (1, True)

    pool.give(0)
    pool.give(1)

    assert pool.take(make) == (1, False)
    assert pool.take(make) == (0, False)
    with pytest.raises(Busy):
        pool.take(make)


def test_one_that_is_lost_or_never_came_makes_room(make: Callable[[], int]) -> None:
    pool: Pool[int] = Pool(1, 0)
    with pytest.raises(ZeroDivisionError):
        pool.take(lambda: 1 // 0)
    assert pool.take(make) == (0, True)

    pool.lose()

    assert pool.take(make) == (1, True)


def test_who_finds_none_waits_for_one(make: Callable[[], int]) -> None:
    """One that is given back, or one that there is room for again."""
    pool: Pool[int] = Pool(1, 60)
    pool.take(make)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(pool.take, make)
        pool.give(0)
        assert waiting.result() == (0, False)

        waiting = threads.submit(pool.take, make)
        pool.lose()
        assert waiting.result() == (1, True)


def test_many_threads_never_have_more_than_there_may_be(make: Callable[[], int]) -> None:
    pool: Pool[int] = Pool(3, 60)
    taken: set[int] = set()

    def use(_: int) -> int:
        one, _new = pool.take(make)
        assert one not in taken
        taken.add(one)
        most = len(taken)
        taken.discard(one)
        pool.give(one)
        return most

    with ThreadPoolExecutor(8) as threads:
        assert max(threads.map(use, range(500))) <= 3
    assert make() <= 3
