"""A search for what breaks a law: one process of `python -m tests.laws`, and its settings.

It can be imported, so that processes can be spawned.
"""

from __future__ import annotations

import time
import traceback
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.laws.test_laws import STEPS, Laws

#: Examples that one search tries: what Hypothesis remembers of them is dropped after it.
AT_ONCE = 250


def run(work: tuple[int, int]) -> tuple[int, int, str, float]:
    """Try the laws in this process.

    Args:
        work: A seed, how many examples.

    Returns:
        Both, what is wrong if anything, seconds of CPU.
    """
    start, examples = work
    began = time.process_time()
    wrong = ""
    try:
        _search(start, examples)
    except Exception as error:
        notes = "\n".join(getattr(error, "__notes__", []))
        wrong = f"{notes}\n{traceback.format_exc(limit=-6)}"
    return start, examples, wrong, time.process_time() - began


def _search(start: int, examples: int) -> None:
    class Seeded(Laws):
        pass

    wanted = searching(examples, STEPS, phases=[Phase.generate, Phase.shrink])
    run_state_machine_as_test(seed(start)(Seeded), settings=wanted)


def searching(examples: int, steps: int, **options: Any) -> settings:
    """Return settings under which laws are tried until one does not hold, without a word.

    Args:
        examples: How many histories are tried at most.
        steps: How many steps each has at most.
        options: Of `settings`, in the place of ours; `derandomize=True` for the same each time.
    """
    own: dict[str, Any] = {
        "max_examples": examples,
        "stateful_step_count": steps,
        "deadline": None,
        "database": None,
        "phases": [Phase.generate],
        "print_blob": False,
        "report_multiple_bugs": False,
        "suppress_health_check": list(HealthCheck),
        "verbosity": Verbosity.quiet,
    }
    return settings(**{**own, **options})
