"""Many examples of the laws, split over processes, each with seeds of its own.

Run: python -m tests.laws --examples 20000 --jobs 2
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from multiprocessing import get_context

from tests.laws.search import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.laws", description=__doc__)
    examples = int(os.environ.get("LAWS_EXAMPLES", "20000"))
    parser.add_argument("--examples", type=int, default=examples, help="how many in all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes")
    parser.add_argument("--seed", type=int, default=None, help="of the first process; else random")
    given = parser.parse_args()
    first = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    began = time.monotonic()
    share, rest = divmod(given.examples, given.jobs)
    work = [(job, first + job * 2**32, share + (job < rest)) for job in range(given.jobs)]
    tried, failed, spent = 0, 0, 0.0
    with get_context("spawn").Pool(given.jobs) as pool:
        for job, start, examples, wrong, seconds in pool.imap_unordered(run, work):
            tried, failed, spent = tried + examples, failed + bool(wrong), spent + seconds
            told = "failed" if wrong else "passed"
            _say(f"process {job}, seed {start}: {told}, {examples} examples, {seconds:.0f} s CPU")
            if wrong:
                _say(wrong)
    told = f"{failed} of {given.jobs} processes failed" if failed else "the laws hold"
    _say(f"{told}: {tried} examples, {spent:.0f} s CPU, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
