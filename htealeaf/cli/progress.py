"""A progress bar for long work: one line on a terminal, and nothing anywhere else."""

from __future__ import annotations

import time
from typing import TextIO

_WIDTH = 30
_EVERY = 0.1  # seconds between two drawings


class Progress:
    """Shows how far some work is; leaving the `with` block takes the line away.

    Args:
        what: What is done, as a word: `copying`.
        total: How much there is, as far as is known.
        out: Nothing is written to it unless it is a terminal.
    """

    def __init__(self, what: str, total: int, out: TextIO) -> None:
        self._what, self._total, self._out = what, total, out
        self._shows = out.isatty()
        self._drawn = 0.0

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if self._shows and now - self._drawn >= _EVERY:
            self._drawn = now
            self._out.write(f"\r{self.line(done)}\x1b[K")
            self._out.flush()

    def line(self, done: int) -> str:
        """Return how it looks with *done* done."""
        total = max(self._total, done)
        full = _WIDTH * done // total if total else 0
        return f"{self._what} [{'#' * full}{' ' * (_WIDTH - full)}] {done:,}/{total:,}"

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        if self._shows and self._drawn:
            self._out.write("\r\x1b[K")
            self._out.flush()
