"""The report of an exploration: faults, the steps that lead to each, and what was not tried."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from htealeaf.testing.failures import PageFailure

#: What can be wrong, and what is said of it.
KINDS: Final[dict[str, str]] = {
    "error": "the app failed",
    "differs": "a page differs from a fresh page",
    "lost id": "an element is named that is not there",
    "foreign action": "what was offered to one user was taken from another",
    "foreign stream": "a page shows what belongs to another user",
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: One of `KINDS`.
        user: Whose page it is, or who did it.
        steps: What leads there, from fresh stores.
        detail: What is wrong.
        cause: What was raised, if something was.
    """

    kind: str
    user: str
    steps: tuple[str, ...]
    detail: str
    cause: BaseException | None = field(default=None, compare=False)

    def __str__(self) -> str:
        steps = "".join(f"\n    {n}. {step}" for n, step in enumerate(self.steps, 1))
        detail = self.detail.replace("\n", "\n    ")
        return f"{self.kind}: {KINDS[self.kind]} ({self.user})\n  Steps:{steps}\n  {detail}"


@dataclass
class Report:
    """What an exploration found.

    Attributes:
        seed: What the choices were made with; the same seed finds the same.
        faults: What is wrong; each fault of an app once, with the shortest way to it.
        tried: How many steps were tried.
        left: How many were known and not tried, because the limit was reached.
        urls: The pages that were seen, and by how many users.
        untried: What can't be tried here, and why: code of the browser, links that lead away.
    """

    seed: int
    faults: list[Fault] = field(default_factory=list)
    tried: int = 0
    left: int = 0
    urls: dict[str, set[str]] = field(default_factory=dict)
    untried: Counter[str] = field(default_factory=Counter)

    def assert_clean(self) -> None:
        """Check that nothing is wrong.

        Raises:
            PageFailure: With the report; its cause is what was raised first.
        """
        if self.faults:
            causes = (fault.cause for fault in self.faults if fault.cause is not None)
            raise PageFailure(str(self)) from next(causes, None)

    def __str__(self) -> str:
        counted = ", ".join(
            f"{count} × {kind}" for kind, count in Counter(f.kind for f in self.faults).items()
        )
        lines = [
            f"{self.tried} steps on {len(self.urls)} pages, seed {self.seed}: "
            + (counted or "nothing wrong"),
            *(f"\n{fault}" for fault in self.faults),
        ]
        if self.left:
            lines.append(f"\nNot tried: {self.left} steps, since the limit was reached.")
        lines += [f"Can't be tried: {what} ({n} ×)" for what, n in sorted(self.untried.items())]
        return "\n".join(lines)
