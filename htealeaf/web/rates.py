"""Rates: how many actions a browser and a network address may send, and how many bad offers.

Each action takes a token of its browser key and one of its network address, so that who comes with
a fresh cookie each time has nothing of it. What only reads, a catch-up or a live page, has buckets
of its own: nobody's clicks wait for it.

A bad offer, one that this server never signed for this browser, takes one of its address. When
these are used up, bad ones are refused without bringing the page up to date. Good ones go on.

Rule: a worker counts for itself, its part where it knows how many there are.
"""

from __future__ import annotations

from typing import Final

from htealeaf.state.timekeeper import clock
from htealeaf.web.limits import Rate, TooMany
from htealeaf.web.proxies import Proxies, network_of
from htealeaf.web.request import Request

MINUTE: Final = 60.0

_ACTION = "more actions than WSGI(rate=, burst=) allows"
_BAD = "more bad offers than WSGI(bad_offers=) allows one network address in a minute"


class Rates:
    """What one app lets browsers send.

    Args:
        rate: Actions a second of one browser key, and of one network address; None for any number.
        burst: How many at once.
        address_rate: Of one address, where that is another number; 0 for the same.
        address_burst: The same of *burst*.
        bad_offers: Bad offers a minute of one address; None for any number.
        proxies: Tell the address.
    """

    def __init__(
        self,
        rate: float | None,
        burst: int,
        *,
        address_rate: float | None = 0,
        address_burst: int = 0,
        bad_offers: int | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        of_address = rate if address_rate == 0 else address_rate
        self._keys = _pair(rate, burst)
        self._addresses = _pair(of_address, address_burst or burst)
        self._bad = Rate(bad_offers / MINUTE, bad_offers) if bad_offers else None
        self._proxies = proxies or Proxies()

    def among(self, workers: int) -> None:
        """Let through the part of one of so many *workers*."""
        for rate in (*(self._keys or ()), *(self._addresses or ()), self._bad):
            if rate is not None:
                rate.among(workers)

    def count(self, request: Request, key: str | None, *, reads: bool = False) -> None:
        """Count a request.

        Args:
            key: The id of its browser; None if that has no key of ours.
            reads: It writes nothing.

        Raises:
            TooMany: The browser, or its address, has sent too many.
        """
        if not request.counted:
            return
        keys, addresses, now = self._keys, self._addresses, clock.monotonic()
        if keys is not None and key is not None and not keys[reads].allows(key, now):
            raise TooMany(f"{_ACTION} one browser")
        if addresses is None:
            return
        address = self._proxies.client(request)
        if address and not addresses[reads].allows(network_of(address), now):
            raise TooMany(f"{_ACTION} one network address, {network_of(address)}")

    def bad_offer(self, request: Request) -> None:
        """Count a bad offer.

        Raises:
            TooMany: There were too many from its address.
        """
        if self._bad is None or not request.counted:
            return
        who = network_of(self._proxies.client(request))
        if not self._bad.allows(who):
            raise TooMany(_BAD, after=self._bad.seconds)


def _pair(rate: float | None, burst: int) -> tuple[Rate, Rate] | None:
    # For what writes, and for what only reads.
    return None if rate is None else (Rate(rate, burst), Rate(rate, burst))
