"""Cursors: points in a journal, as text and as a value."""

from __future__ import annotations

from typing import NamedTuple

from htealeaf.data.values import quick
from htealeaf.errors import BadRequest


class Cursor(NamedTuple):
    """A point in a journal: `epoch.n`. Two cursors compare only within one epoch."""

    epoch: str
    n: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.n}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Return the cursor written as *text*.

        Raises:
            BadRequest: It is not `epoch.n`.

        >>> Cursor.parse("k3v.12")
        Cursor(epoch='k3v', n=12)
        """
        epoch, dot, n = text.partition(".")
        if not dot or not epoch.isalnum() or not (n.isascii() and n.isdigit()) or len(n) > 18:
            raise BadRequest(f"{text[:40]!r} is no cursor; a cursor is 'epoch.number'")
        return quick(cls, (epoch, int(n)))
