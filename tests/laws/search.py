"""One process of `python -m tests.laws`. It can be imported, so that processes can be spawned."""

from __future__ import annotations

import time
import traceback

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

    run_state_machine_as_test(
        seed(start)(Seeded),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        ),
    )
