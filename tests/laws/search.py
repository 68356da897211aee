"""One process of `python -m tests.laws`. It can be imported, so that processes can be spawned."""

from __future__ import annotations

import time
import traceback

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.laws.test_laws import STEPS, Laws

#: Examples that one search tries: what Hypothesis remembers of them is dropped after it.
AT_ONCE = 500


def run(work: tuple[int, int, int]) -> tuple[int, int, int, str, float]:
    """Try the laws in this process.

    Args:
        work: The number of the process, its seed, how many examples.

    Returns:
        Number, seed, how many were tried, what is wrong if anything, seconds of CPU.
    """
    job, start, wanted = work
    tried, wrong = 0, ""
    for at in range(0, wanted, AT_ONCE):
        examples = min(AT_ONCE, wanted - at)
        try:
            _search(start + at, examples)
        except Exception as error:
            notes = "\n".join(getattr(error, "__notes__", []))
            wrong = f"seed {start + at}\n{notes}\n{traceback.format_exc(limit=-6)}"
            break
        tried += examples
    return job, start, tried, wrong, time.process_time()


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
