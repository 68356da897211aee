"""Request limits: the size of a body and of what is in it, and how often somebody may ask.

Rule 1: a body is never read beyond its limit, whatever its headers say.

Rule 2: text is UTF-8. Who says another charset is told so, since what he means can't be known.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Any, Final, NamedTuple

from htealeaf.data.paths import Path, parse
from htealeaf.errors import BadRequest, HtealeafError, InvalidPath
from htealeaf.state.timekeeper import clock
from htealeaf.web.request import Request
from htealeaf.wire.codec import MAX_DEPTH, MAX_NODES, loads, refuse_inexact

MAX_BODY: Final = 1024 * 1024
MAX_FIELDS: Final = 1000
MAX_PATH: Final = 2048  #: bytes of a URL's path, decoded
MAX_SEGMENTS: Final = 16  #: of a place in a store that no offer names
UTF_8: Final = ("", "utf-8", "utf8", "us-ascii", "ascii")  #: charsets that are UTF-8


class RequestLimits(NamedTuple):
    """What one request may bring.

    Attributes:
        body: Bytes of its body.
        fields: Fields and files of a form.
        depth: How deeply JSON may be nested.
        nodes: Values that JSON may have.
        path: Bytes of the path of its URL, without the query.
        segments: How deep a place in a store lies that a script names on its own.
    """

    body: int = MAX_BODY
    fields: int = MAX_FIELDS
    depth: int = MAX_DEPTH
    nodes: int = MAX_NODES
    path: int = MAX_PATH
    segments: int = MAX_SEGMENTS

    def refuse_long(self, path: str) -> None:
        """Refuse the path of a URL that is too long.

        Raises:
            TooLong: It is.
        """
        if len(path) > self.path or (
            4 * len(path) > self.path
            and not path.isascii()
            and len(path.encode("utf-8", "surrogateescape")) > self.path
        ):
            raise TooLong(f"the path of a URL has at most {self.path} bytes, see WSGI(max_path=)")

    def place(self, text: str) -> Path:
        """Return the place that a script names by *text*.

        Raises:
            InvalidPath: It is no path, or lies too deep.
        """
        if text.count("/") >= self.segments and text:
            raise InvalidPath(
                f"a place has at most {self.segments} segments, see WSGI(max_segments=)"
            )
        return parse(text)

    def json(self, body: bytes | str) -> Any:
        """Return the JSON value of *body*; see `codec.loads`.

        Raises:
            InvalidValue: An integer in it is one that a browser does not keep.
        """
        value = loads(body, depth=self.depth, nodes=self.nodes)
        # A click without values is a list with its offer, which is text.
        if type(value) is not list or len(value) != 1 or type(value[0]) is not str:
            refuse_inexact(body, value)
        return value


class WrongMedia(HtealeafError):
    """A content type that nothing here reads."""

    status_hint = 415
    public = "That kind of content is not understood here."


class TooLarge(HtealeafError):
    """A body over the limit."""

    status_hint = 413
    public = "That is too much at once."


class TooLong(HtealeafError):
    """A URL over the limit."""

    status_hint = 414
    public = "This address is too long."


class TooMany(HtealeafError):
    """More actions than the rate allows."""

    status_hint = 429
    public = "That was too much at once. Please wait a moment."

    def __init__(self, words: str, *, after: float = 1.0) -> None:
        super().__init__(words)
        self.after = max(1, ceil(after))  #: seconds after which one more is taken

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self),)


def refuse_charset(request: Request) -> None:
    """Refuse a body that is written in another charset than UTF-8.

    Raises:
        WrongMedia: It is.
    """
    said = request.headers.get("Content-Type")
    if "charset" not in said.lower():  # as nearly always
        return
    for part in said.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset" and value.strip(' \t"').lower() not in UTF_8:
            raise WrongMedia("a body is UTF-8; this one says another charset")


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
    while left > 0 and (part := read_some(request, left)):
        if len(part) == length:  # all of it, as nearly always
            return part
        parts.append(part)  # one read may give less than what is there
        left -= len(part)
    if length is None and left == 0:
        raise TooLarge(f"the body has more than {limit} bytes")
    if length is not None and left > 0:
        raise BadRequest("the body was cut off on its way")
    return b"".join(parts)


def read_some(request: Request, size: int) -> bytes:
    """Return the next bytes of the body, *size* at most; b"" at its end.

    Raises:
        BadRequest: It was cut off, or its chunks are malformed: each server says so in its own way.
    """
    try:
        return request.read(size)
    except Exception as error:
        raise BadRequest(f"the body was cut off on its way: {error!r}") from error


class Rate:
    """How often somebody may do something: a bucket of tokens for each.

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

    @property
    def seconds(self) -> float:
        """Return after how many seconds a token comes back."""
        return 1 / self._per_second

    def among(self, workers: int) -> None:
        """Let through the part of one of so many *workers*; at least one action at once."""
        self._per_second /= workers
        self._burst = max(1.0, self._burst / workers) + 1e-6

    def allows(self, who: str, at: float | None = None) -> bool:
        """Take a token from the bucket of *who*; False if it is empty.

        Args:
            at: What the clock says, where whoever asks knows that.
        """
        now = (self._clock() if at is None else at) * self._per_second
        buckets = self._buckets
        with self._lock:
            full = buckets.pop(who, now)
            full = (full if full > now else now) + 1
            allowed = full - now <= self._burst
            buckets[who] = full if allowed else full - 1
            if len(buckets) > self._limit:
                buckets.popitem(last=False)
        return allowed

    def __len__(self) -> int:
        return len(self._buckets)
