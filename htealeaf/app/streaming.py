"""Bodies that are made while they are sent: generators of an author's function.

Rule 1: memory is flat. Small pieces are joined to blocks, since each would travel alone; an empty
piece sends what there is.

Rule 2: an error in the middle can't become an error page. It is logged, and the connection is cut,
so that nobody takes a part for the whole.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextvars import Context, copy_context
from typing import Any

from htealeaf.errors import HtealeafError
from htealeaf.reactive.scope import Scope, entered
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import utf8

log = logging.getLogger("htealeaf")

BLOCK = 16 * 1024  #: bytes that are joined before they are sent


class Stream:
    """A generator's text or bytes as blocks of bytes.

    Args:
        source: The generator, or any other iterator.
        joined: False sends each piece as it comes: for events.
    """

    def __init__(self, source: Iterator[Any], *, joined: bool = True) -> None:
        self._source, self._block = source, BLOCK if joined else 1
        self._context: Context = copy_context()
        self._over = False
        self.scope: Scope | None = None  #: what it may read while it is sent
        self.path = ""

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> bytes:
        if self._over:
            raise StopIteration
        try:
            return self._context.run(self._next)
        except StopIteration:
            raise
        except Exception:
            self._over = True
            log.exception("%r failed while it was sent; the connection is cut", self.path)
            raise

    def _next(self) -> bytes:
        pieces: list[bytes] = []
        size = 0
        with entered(self.scope):
            for piece in self._source:
                data = utf8(piece) if isinstance(piece, str) else piece
                if not isinstance(data, bytes):
                    raise HtealeafError(
                        f"a streamed body yields text or bytes, not a {type(piece).__name__}"
                    )
                pieces.append(data)
                size += len(data)
                if size >= self._block or not data:
                    break
            else:
                self._over = True
        if self._over and not pieces:
            raise StopIteration
        return b"".join(pieces)

    def close(self) -> None:
        """Close the generator: the browser has gone, or wants no body."""
        self._over = True
        close = getattr(self._source, "close", None)
        if close is not None:
            self._context.run(self._close, close)

    def _close(self, close: Any) -> None:
        with entered(self.scope):
            close()


class Held:
    """A body that is sent before what was provided for its request is closed."""

    def __init__(self, body: Iterable[bytes], visitor: Visitor) -> None:
        self._body, self._parts, self._visitor = body, iter(body), visitor

    def __iter__(self) -> Held:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._parts)
        except StopIteration:
            self._visitor.release()
            raise
        except BaseException as error:
            self._visitor.release(error)
            raise

    def close(self) -> None:
        """Close the body, and what was provided: it is rolled back if not all was sent."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._visitor.release(GeneratorExit())
