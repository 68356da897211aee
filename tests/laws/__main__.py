"""Many examples of the laws, split over processes; each few hundred have a seed of their own.

Run: python -m tests.laws --examples 20000 --jobs 2
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from multiprocessing import get_context

from tests.laws.search import AT_ONCE, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.laws", description=__doc__)
    examples = int(os.environ.get("LAWS_EXAMPLES", "20000"))
    parser.add_argument("--examples", type=int, default=examples, help="how many in all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes")
    parser.add_argument("--seed", type=int, default=None, help="of the first few; else random")
    given = parser.parse_args()
    first = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    began = time.monotonic()
    work = [
        (first + at, min(AT_ONCE, given.examples - at)) for at in range(0, given.examples, AT_ONCE)
    ]
    tried, spent = 0, 0.0
    with get_context("spawn").Pool(given.jobs) as pool:
        for seed, examples, wrong, seconds in pool.imap_unordered(run, work):
            if wrong:
                _say(f"a law is broken: --seed {seed} --examples {examples}\n{wrong}")
                return 1
            tried, spent = tried + examples, spent + seconds
            took = f"{spent:.0f} s CPU, {time.monotonic() - began:.0f} s"
            _say(f"{tried} of {given.examples} examples passed, {took}")
    _say("the laws hold")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
