"""A token of the browser key and one of the network address, and bad offers apart."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf.web.limits import TooMany
from htealeaf.web.proxies import Proxies
from htealeaf.web.rates import Rates
from tests.web.requests import request

SLOW = 1e-6  # a token in days


def taken(rates: Rates, *, key: str | None, count: int, **fields: Any) -> int:
    # How many of *count* are let through.
    done = 0
    for _ in range(count):
        try:
            rates.count(request(**fields), key)
            done += 1
        except TooMany:
            pass
    return done


def test_a_key_is_counted_wherever_it_comes_from() -> None:
    rates = Rates(SLOW, 3)

    came = [taken(rates, key="ann", count=1, remote=f"192.0.2.{n}") for n in range(6)]

    assert came == [1, 1, 1, 0, 0, 0]


def test_an_address_is_counted_whatever_keys_it_brings() -> None:
    rates = Rates(SLOW, 3)

    came = [taken(rates, key=f"key {n}", count=1) for n in range(6)]

    assert came == [1, 1, 1, 0, 0, 0]
    assert taken(rates, key="another", count=5, remote="192.0.2.99") == 3


def test_addresses_of_one_64_are_one() -> None:
    rates = Rates(SLOW, 3)

    came = [taken(rates, key=None, count=1, remote=f"2001:db8::{n}") for n in range(1, 7)]

    assert sum(came) == 3


def test_where_no_address_is_known_the_key_counts_alone() -> None:
    rates = Rates(SLOW, 3)

    assert taken(rates, key="ann", count=5, remote="") == 3
    assert taken(rates, key="bob", count=5, remote="") == 3


def test_what_a_request_says_of_its_address_counts_from_trusted_proxies_only() -> None:
    def from_all(rates: Rates) -> int:
        done = 0
        for n in range(6):
            headers = {"X-Forwarded-For": f"203.0.113.{n}"}
            done += taken(rates, key=None, count=1, headers=headers)
        return done

    assert from_all(Rates(SLOW, 3)) == 3
    assert from_all(Rates(SLOW, 3, proxies=Proxies(["192.0.2.1"]))) == 6


def test_reading_and_writing_have_buckets_of_their_own() -> None:
    rates = Rates(SLOW, 1)
    rates.count(request(), "ann")

    rates.count(request(), "ann", reads=True)
    with pytest.raises(TooMany, match="one browser"):
        rates.count(request(), "ann")


def test_bad_offers_come_back_slowly() -> None:
    rates = Rates(None, 1, bad_offers=20)
    for _ in range(20):
        rates.bad_offer(request())

    with pytest.raises(TooMany) as raised:
        rates.bad_offer(request())

    assert raised.value.after == 3
    rates.bad_offer(request(remote="192.0.2.2"))
    rates.bad_offer(request(counted=False))
