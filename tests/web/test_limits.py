"""How much of a body is read, and how many actions a browser may send."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.web.limits import Rate, TooLarge, body_length, read_body
from tests.web.requests import request


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


# -- bodies -----------------------------------------------------------------------------------


class Slowly(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 2))


def test_a_body_may_come_in_small_parts() -> None:
    sent = request("POST", Slowly(b"12345678"), {"Content-Length": "5"})

    assert read_body(sent, 10) == b"12345"


def test_no_length_and_no_chunks_is_no_body() -> None:
    assert read_body(request("POST", io.BytesIO(b"next request")), 10) == b""
    assert body_length(request("POST", headers={"Content-Length": ""}), 10) == 0


@pytest.mark.parametrize("length", ["-1", "1e3", "٣", "1 ", "9" * 19])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    with pytest.raises(BadRequest):
        body_length(request("POST", headers={"Content-Length": length}), 10)


def test_a_body_over_the_limit_is_not_read() -> None:
    stream = io.BytesIO(b"12345678901")

    with pytest.raises(TooLarge):
        read_body(request("POST", stream, {"Content-Length": "11"}), 10)
    assert stream.tell() == 0


def test_a_body_that_ends_too_early_is_refused() -> None:
    """Half of a number is a number, too."""
    with pytest.raises(BadRequest, match="cut off"):
        read_body(request("POST", io.BytesIO(b"12"), {"Content-Length": "4"}), 10)


def test_chunks_of_exactly_the_limit_are_read() -> None:
    chunked = {"Transfer-Encoding": "chunked"}

    assert read_body(request("POST", Slowly(b"12345"), chunked, ends=True), 5) == b"12345"
    with pytest.raises(TooLarge):
        read_body(request("POST", Slowly(b"123456"), chunked, ends=True), 5)


def test_chunks_that_the_server_does_not_end_are_refused() -> None:
    with pytest.raises(BadRequest):
        read_body(request("POST", io.BytesIO(b"1"), {"Transfer-Encoding": "chunked"}), 5)


# -- the rate ---------------------------------------------------------------------------------


def test_a_bucket_fills_again() -> None:
    clock = Clock()
    rate = Rate(2.0, 3, clock=clock)

    assert [rate.allows("a") for _ in range(4)] == [True, True, True, False]
    clock.now += 0.4
    assert not rate.allows("a")
    clock.now += 0.2
    assert [rate.allows("a") for _ in range(2)] == [True, False]
    clock.now += 100
    assert [rate.allows("a") for _ in range(4)] == [True, True, True, False]


def test_each_has_a_bucket_of_its_own() -> None:
    rate = Rate(1.0, 1, clock=Clock())

    assert rate.allows("a")
    assert rate.allows("b")
    assert not rate.allows("a")


def test_buckets_are_bounded() -> None:
    rate = Rate(1.0, 1, limit=10, clock=Clock())

    for number in range(1000):
        rate.allows(str(number))
    assert len(rate) == 10


def test_threads_share_a_bucket() -> None:
    rate = Rate(1.0, 50, clock=Clock())

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: rate.allows("a"), range(500))) == 50


def test_workers_together_let_through_what_was_said() -> None:
    """Each has buckets of its own, and its part of the rate."""
    clock = Clock()
    rates = [Rate(8.0, 40, clock=clock) for _ in range(4)]
    for rate in rates:
        rate.among(4)

    assert sum(rate.allows("a") for rate in rates for _ in range(100)) == 40
    clock.now += 1
    assert sum(rate.allows("a") for rate in rates for _ in range(100)) == 8


def test_many_workers_let_one_action_through_each() -> None:
    rate = Rate(1.0, 2, clock=Clock())
    rate.among(8)

    assert [rate.allows("a"), rate.allows("a")] == [True, False]


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_rate_that_lets_nothing_through_is_refused(per_second: float, burst: int) -> None:
    with pytest.raises(HtealeafError, match="rate"):
        Rate(per_second, burst)
