"""Traffic: each answer is counted once, by endpoint and status."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from htealeaf.web.traffic import Traffic


def test_requests_are_counted_by_endpoint_and_status() -> None:
    traffic = Traffic()
    for status, seconds in ((200, 0.1), (200, 0.2), (404, 0.0)):
        traffic.answered("page", status, seconds)

    assert traffic.requests() == {("page", 200): 2, ("page", 404): 1}
    assert traffic.seconds()["page"].number == 3
    assert round(traffic.seconds()["page"].sum, 3) == 0.3


def test_threads_lose_nothing() -> None:
    traffic = Traffic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: traffic.answered("store", 200, 0.001), range(4000)))
    assert traffic.requests() == {("store", 200): 4000}
    assert traffic.seconds()["store"].number == 4000
