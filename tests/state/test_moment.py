"""A moment shows all documents at one number, whatever happens meanwhile."""

from __future__ import annotations

import gc
from typing import Any

from htealeaf.state.moment import Moment
from tests.state.replicas import locked, replica, write


def test_a_moment_stays_as_it_was() -> None:
    """What was committed later is not in it, in no stream."""
    one = replica(history=2)

    with one.moment() as moment:
        for _ in range(9):
            one.commit([write("increment", "n", 1)])
        assert moment.root("s")["n"] == 0
    assert one.root("s")["n"] == 9


def test_the_collector_of_garbage_may_run_anything_in_between() -> None:
    """It comes whenever something is made, and lets other threads, or finalizers, go on."""
    one = replica(history=1)
    opened: list[Moment] = []

    def between(phase: str, _: dict[str, int]) -> None:
        if phase == "start" and not locked(one):
            one.commit([write("increment", "n", 1)])
        elif phase == "start" and len(opened) < 300:
            opened.append(one.moment())
            opened[-1].__enter__()

    old = gc.get_threshold()
    with one.moment() as moment:
        one.commit([write("increment", "n", 1)])
        gc.callbacks.append(between)
        gc.set_threshold(1)
        try:
            kept: list[Any] = []  # so that it comes elsewhere each time
            seen = set()
            for at in range(300):
                kept.append([[] for _ in range(at % 5)])
                seen.add(moment.root("s")["n"])
                one.commit([write("increment", "n", 1)])
        finally:
            gc.set_threshold(*old)
            gc.callbacks.remove(between)
    for each in opened:
        each.__exit__()

    assert seen == {0}
    assert one.root("s")["n"] == one.cursor.n
