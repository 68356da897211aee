"""Network addresses: whose address a request has, also behind proxies, and as whom it counts.

Rule: what a request says of its way is believed as far as it comes from proxies that the author
trusts. Anybody can write the rest.

Source: `X-Forwarded-For` as proxies write it: each puts at the end whom it was asked by.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final, TypeAlias

from htealeaf.errors import HtealeafError
from htealeaf.web.request import Request

#: How many proxies there are, or their networks.
Trusted: TypeAlias = "int | str | Sequence[str] | None"

UNIX: Final = "unix"  #: stands for whoever asks through a socket that is a file
_LONGEST = 60  # characters of an address


class Proxies:
    """The proxies that stand before an app.

    Args:
        trusted: How many of them there are, 1 for one; or their addresses and networks, such as
            `["127.0.0.1", "192.0.2.0/24", "unix"]`, where "unix" is one that asks through a socket
            of the file system. None: there are none.

    Raises:
        HtealeafError: It is nothing of that.
    """

    def __init__(self, trusted: Trusted = None) -> None:
        self._count, self._unix = 0, False
        self._networks: list[Any] = []
        if isinstance(trusted, bool) or not isinstance(trusted, (int, str, Sequence, type(None))):
            raise HtealeafError(_words(trusted))
        if isinstance(trusted, int):
            if trusted < 0:
                raise HtealeafError(_words(trusted))
            self._count = trusted
            return
        said = trusted.replace(",", " ").split() if isinstance(trusted, str) else trusted or ()
        self._unix = UNIX in said
        try:
            self._networks = [ip_network(one) for one in said if one != UNIX]
        except ValueError as error:
            raise HtealeafError(f"{_words(trusted)}: {error}") from None

    def client(self, request: Request) -> str:
        """Return the address that a request comes from; "" if nothing tells."""
        remote = request.remote
        if not (self._count or self._networks or self._unix):
            return remote
        told = request.headers.get("X-Forwarded-For")[-1000:]
        way = [one.strip() for one in told.split(",")] if told else []
        if self._count:
            return way[-self._count] if len(way) >= self._count else way[0] if way else remote
        while way and self._trusts(remote):
            remote = _bare(way.pop())
        return remote

    def _trusts(self, address: str) -> bool:
        if not address:
            return self._unix
        found = _parsed(address)
        return found is not None and any(found in network for network in self._networks)


def _words(trusted: object) -> str:
    return f"trusted_proxies={trusted!r} is neither a number nor addresses and networks"


def _bare(address: str) -> str:
    # Some write a port behind it.
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address


def _parsed(address: str) -> Any:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return as whom an address counts: of IPv6 a whole /64, which one person usually has.

    >>> network_of("192.0.2.7"), network_of("2001:db8::1:2"), network_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::/64', '192.0.2.7')
    """
    found = _parsed(address[:_LONGEST].partition("%")[0])
    if found is None:
        return address[:_LONGEST]
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found) >> 64 << 64, 64)))
    return str(found)
