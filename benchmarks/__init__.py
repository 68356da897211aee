"""Budgets as ratios: what htealeaf costs beside what others cost, in one run on one machine.

    python -m benchmarks            everything, below four minutes
    python -m benchmarks --quick    everything once over, below forty seconds
    python -m benchmarks clicks     one subject
    python -m benchmarks workers streams    what takes minutes, and only who names it has it

Rule 1: nothing is compared with a number from another run. Ours and the other take turns, and the
quickest turn of each counts, since noise only ever adds.

Rule 2: both sides do the same work. Where both give HTML it is compared first, byte for byte.

Rule 3: no test depends on a figure from here; machines differ, and a slow day is no bug.
"""
