"""Request limits: the size of a body, and how many actions a browser may send.

Rule: a body is never read beyond its limit, whatever its headers say.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.state.timekeeper import clock
from htealeaf.web.request import Request


class TooLarge(HtealeafError):
    """A body over the limit."""

    status_hint = 413
    public = "That is too much at once."


class TooMany(HtealeafError):
    """More actions than the rate allows."""

    status_hint = 429
    public = "That was too much at once. Please wait a moment."


def body_length(request: Request, limit: int) -> int | None:
    """Return how many bytes the body of *request* has; None if it comes in chunks.

    Raises:
        BadRequest: Its length is no number, or nothing tells where it ends.
        TooLarge: It is more than *limit*.
    """
    text = request.headers.get("Content-Length")
    if text:
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadRequest("Content-Length is no number")
        length = int(text)
        if length > limit:
            raise TooLarge(f"the body has {text} bytes; at most {limit} are read")
        return length
    if not request.headers.get("Transfer-Encoding"):
        return 0
    if not request.ends:
        raise BadRequest("this server can't tell where the body ends; send a Content-Length")
    return None


def read_body(request: Request, limit: int) -> bytes:
    """Return the body of *request*, of which no more than *limit* bytes are taken.

    Raises:
        BadRequest: As `body_length`, or it ends too early: half of a number is a number, too.
        TooLarge: It is more than *limit*.
    """
    length = body_length(request, limit)
    left = limit + 1 if length is None else length
    parts: list[bytes] = []
    while left > 0 and (part := request.read(left)):
        parts.append(part)  # one read may give less than what is there
        left -= len(part)
    if length is None and left == 0:
        raise TooLarge(f"the body has more than {limit} bytes")
    if length is not None and left > 0:
        raise BadRequest("the body was cut off on its way")
    return b"".join(parts)


class Rate:
    """How many actions a browser may send: a bucket of tokens for each.

    Each worker has buckets of its own, and no journal is asked: where a worker knows how many there
    are (`among`), it lets its part through, so all together let no more through than was said.

    Args:
        per_second: How many tokens come back each second.
        burst: How many there are at most, and at first.
        limit: How many buckets are remembered; the longest unused go first, and were full again.
        clock: Gives seconds.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        *,
        limit: int = 10_000,
        clock: Callable[[], float] = clock.monotonic,
    ) -> None:
        if per_second <= 0 or burst < 1:
            raise HtealeafError("a rate is a number above 0, and a burst at least 1")
        self._per_second: float = per_second
        self._burst = burst + 1e-6  # adding up is not exact
        self._limit, self._clock = limit, clock
        #: When each is full again, in the time that a token takes.
        self._buckets: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def among(self, workers: int) -> None:
        """Let through the part of one of so many *workers*; at least one action at once."""
        self._per_second /= workers
        self._burst = max(1.0, self._burst / workers) + 1e-6

    def allows(self, who: str) -> bool:
        """Take a token from the bucket of *who*; False if it is empty."""
        now = self._clock() * self._per_second
        with self._lock:
            full = self._buckets.pop(who, now)
            full = (full if full > now else now) + 1
            allowed = full - now <= self._burst
            self._buckets[who] = full if allowed else full - 1
            if len(self._buckets) > self._limit:
                self._buckets.popitem(last=False)
        return allowed

    def __len__(self) -> int:
        return len(self._buckets)
