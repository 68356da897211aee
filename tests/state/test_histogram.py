"""Histograms: a bucket counts what is at most its bound, as Prometheus wants it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from htealeaf.state.histogram import Histogram


def test_each_bucket_counts_what_is_at_most_its_bound() -> None:
    took = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 3.0):
        took.add(seconds)

    counted = took.counted()

    assert counted.buckets == [(0.1, 2), (1.0, 3)]
    assert (counted.number, round(counted.sum, 2)) == (4, 3.65)


def test_an_empty_one_has_counted_nothing() -> None:
    assert Histogram((0.1,)).counted() == ([(0.1, 0)], 0.0, 0)


def test_threads_lose_nothing() -> None:
    took = Histogram()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(took.add, [0.002] * 4000))
    assert took.counted().number == 4000
