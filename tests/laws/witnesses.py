"""Witnesses: short histories of the laws, each of which notices one planted fault.

A search meets a fault by luck, after up to hundreds of examples. What it has met once, made short,
is kept in `witnesses.json` as plain data, the page and what happens, and tests replay it.

Run: python -m tests.laws.witnesses [NAME...]

searches for the faults that no witness notices, or for those that are named, and writes the file.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis.stateful import run_state_machine_as_test

from tests.laws.faults import FAULTS, Fault
from tests.laws.search import searching
from tests.laws.test_laws import STEPS, Laws

FILE = Path(__file__).with_suffix(".json")
#: How many examples may pass before a fault is noticed.
AT_MOST = 250
#: How often a history is tried with something left out.
TRIES = 80


class Witness(NamedTuple):
    """What `Laws.begin` and, one after the other, `Laws.step` are called with."""

    began: dict[str, Any]
    steps: list[list[Any]]

    def replay(self) -> None:
        """Let it happen; raises when a law is broken."""
        laws = Laws()
        laws.begin(**self.began)
        for step in self.steps:
            laws.step(*step)

    def breaks(self) -> bool:
        """Tell whether a law is broken in it."""
        try:
            self.replay()
        except Exception:
            return True
        return False

    def notices(self, fault: Fault) -> bool:
        """Tell whether a law is broken in it with *fault*, and none without."""
        with fault():
            broken = self.breaks()
        return broken and not self.breaks()

    def shorter(self) -> Iterator[Witness]:
        """Yield it with something left out: much at first."""
        steps, size = self.steps, len(self.steps)
        while size:
            for at in range(len(steps) - size, -1, -size):
                yield Witness(self.began, steps[:at] + steps[at + size :])
            size //= 2
        name, shown = self.began["page"]
        for at in range(len(shown) - 1, 0, -1):  # each page has its first button
            page = [name, [*shown[:at], *shown[at + 1 :]]]
            yield Witness({**self.began, "page": page}, steps)


def witnesses() -> dict[str, Witness]:
    """Return those that are kept, by the fault that each notices."""
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    return {name: Witness(*witness) for name, witness in kept.items()}


def look(examples: int) -> Witness | None:
    """Try the laws on so many examples, the same ones each time, and do not shrink.

    Returns:
        The history in which one was broken; None when they hold.
    """
    tried: list[Laws] = []

    class Counted(Laws):
        def __init__(self) -> None:
            super().__init__()
            tried.append(self)

    try:
        run_state_machine_as_test(
            Counted,
            settings=searching(examples, STEPS, derandomize=True),
        )
    except Exception as error:
        # What Hypothesis says of itself is no law, except that an example fails only sometimes.
        if type(error).__module__ == "hypothesis.errors" and "Flaky" not in repr(error):
            raise
        return Witness(tried[-1].began, tried[-1].steps)
    return None


def shortened(witness: Witness, fault: Fault) -> Witness:
    """Return what is left of *witness* when whatever can be left out is."""
    tries = TRIES
    while tries:
        for one in witness.shorter():
            tries -= 1
            if one.notices(fault):
                witness = one
                break
            if not tries:
                return witness
        else:
            break
    return witness


def main(names: list[str]) -> int:
    """Search, shorten and write; return how many faults nothing notices."""
    logging.disable(logging.CRITICAL)
    kept, missing = witnesses(), 0
    for name in names or FAULTS:
        fault = FAULTS[name]
        if not names and name in kept and kept[name].notices(fault):
            continue
        with fault():
            found = look(AT_MOST)
        kept.pop(name, None)
        missing += found is None
        if found is not None and found.notices(fault):
            kept[name] = shortened(found, fault)
        length = len(kept[name].steps) if name in kept else None
        sys.stdout.write(f"{name}: {length} steps\n")
        sys.stdout.flush()
        lines = [f"  {json.dumps(one)}: {json.dumps(kept[one])}" for one in FAULTS if one in kept]
        FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return missing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
