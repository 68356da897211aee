"""Whose address a request has, whatever it says of its way."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf.errors import HtealeafError
from htealeaf.web.proxies import Proxies, network_of
from tests.web.requests import request

WAY = "203.0.113.9, 198.51.100.1, 192.0.2.8"


@pytest.mark.parametrize(
    ("trusted", "remote", "way", "client"),
    [
        (None, "192.0.2.1", WAY, "192.0.2.1"),
        (None, "192.0.2.1", "", "192.0.2.1"),
        (1, "192.0.2.1", WAY, "192.0.2.8"),
        (2, "192.0.2.1", WAY, "198.51.100.1"),
        (9, "192.0.2.1", WAY, "203.0.113.9"),
        (1, "192.0.2.1", "", "192.0.2.1"),
        (["192.0.2.0/24"], "192.0.2.1", WAY, "198.51.100.1"),
        (["192.0.2.1"], "192.0.2.1", WAY, "192.0.2.8"),
        (["192.0.2.0/24"], "203.0.113.1", WAY, "203.0.113.1"),
        ("192.0.2.0/24, 198.51.100.1", "192.0.2.1", WAY, "203.0.113.9"),
        (["unix"], "", WAY, "192.0.2.8"),
        (["unix"], "192.0.2.1", WAY, "192.0.2.1"),
        (["192.0.2.0/24"], "192.0.2.1", "203.0.113.9:4711", "203.0.113.9"),
        (["2001:db8::/32"], "2001:db8::1", "[2001:db9::7]:4711", "2001:db9::7"),
        (["192.0.2.0/24"], "::ffff:192.0.2.1", "203.0.113.9", "203.0.113.9"),
        (["192.0.2.0/24"], "192.0.2.1", "nonsense", "nonsense"),
    ],
)
def test_the_client_is_whom_the_last_trusted_proxy_names(
    trusted: Any, remote: str, way: str, client: str
) -> None:
    headers = {"X-Forwarded-For": way} if way else {}

    assert Proxies(trusted).client(request(remote=remote, headers=headers)) == client


@pytest.mark.parametrize("trusted", [-1, True, 1.5, ["nonsense"], "a b", [""]])
def test_what_is_no_proxy_is_refused_in_words(trusted: Any) -> None:
    with pytest.raises(HtealeafError, match="trusted_proxies="):
        Proxies(trusted)


def test_ipv6_counts_by_the_64_that_one_person_has() -> None:
    same = {network_of(f"2001:db8:0:1:{n:x}::5") for n in range(1, 50)}

    assert same == {"2001:db8:0:1::/64"}
    assert network_of("2001:db8:0:2::5") != network_of("2001:db8:0:1::5")
    assert network_of("fe80::1%eth0") == "fe80::/64"


def test_an_endless_way_costs_nothing_more() -> None:
    way = "203.0.113.9, " * 100_000 + "192.0.2.8"

    found = Proxies(["192.0.2.0/24"]).client(
        request(remote="192.0.2.1", headers={"X-Forwarded-For": way})
    )

    assert found == "203.0.113.9"
