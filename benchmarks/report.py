"""Rows and how they are printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One budget and what was measured.

    Attributes:
        what: The subject, in the words of the budget.
        ours: What htealeaf takes, as text with its unit.
        peer: What the other takes, and who it is.
        value: The ratio or the number that the budget is about.
        budget: Its limit.
        unit: Behind both: "×", "bytes", "µs".
        least: The value must not be below the budget, instead of not above.
    """

    what: str
    ours: str
    peer: str
    value: float
    budget: float
    unit: str = "×"
    least: bool = False

    @property
    def kept(self) -> bool:
        """Tell whether the budget is kept."""
        return self.value >= self.budget if self.least else self.value <= self.budget

    def cells(self) -> tuple[str, ...]:
        """Return the row as texts."""
        limit = f"{'≥' if self.least else '≤'} {_number(self.budget, self.unit)}"
        verdict = "ok" if self.kept else "OVER"
        return self.what, self.ours, self.peer, _number(self.value, self.unit), limit, verdict


HEADER = ("what", "ours", "against", "value", "budget", "")


@dataclass(frozen=True)
class Table:
    """Figures without a budget: how several compare, or how cost grows."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        return f"\n{self.title}\n\n{aligned([self.header, *self.rows])}"


def _number(value: float, unit: str) -> str:
    text = f"{value:,.2f}" if unit in ("×", "µs") else f"{value:,.0f}"
    return f"{text} {unit}"


def µs(seconds: float) -> str:
    """Return a time as text.

    >>> µs(0.0000123), µs(0.0123)
    ('12.3 µs', '12.30 ms')
    """
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} µs"
    return f"{seconds * 1e3:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def aligned(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of texts as columns; the first is set left, the others right."""
    lines = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruled = [lines[0], tuple("-" * width for width in widths), *lines[1:]]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in ruled
    )
