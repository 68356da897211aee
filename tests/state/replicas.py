"""A replica of rows, for tests, and one that others look at while it writes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from htealeaf.data.documents import Json, freeze
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.drafts import OFFERED, Write
from htealeaf.state.replica import Replica

ROWS = {"t": [{"id": 1, "done": False}, {"id": 2, "done": False}], "n": 0}


def replica(history: int = 512) -> Replica:
    made = Replica(history=history)
    made.define("s", freeze(ROWS))
    return made


def write(verb: str, path: str, value: Json = None, shape: str | None = None) -> Write:
    return Write("s", Mutation(verb, parse(path), value, None), shape)


def offered(verb: str, path: str) -> Write:
    return Write("s", Mutation(verb, parse(path), None, None), fit=OFFERED)


LOCKING = (
    "htealeaf.state.committer",
    "htealeaf.state.replica",
    "htealeaf.state.timeline",
    "htealeaf.state.backends.memory",
    "htealeaf.data.effects",
)


def locked(one: Replica) -> bool:
    journal = one.journal
    assert isinstance(journal, MemoryJournal)
    return one.committer._turn.locked() or one.timeline.lock.locked() or journal._lock.locked()


class Watched(Replica):
    """A journal that looks what others would see, at each step of what it does under its lock."""

    def __init__(self, look: Callable[[Watched], None]) -> None:
        super().__init__(history=2)
        self.define("s", freeze(ROWS))
        self.look = look

    def watch(self, do: Callable[[], Any]) -> None:
        def step(frame: Any, event: str, _: Any) -> Any:
            frame.f_trace_opcodes = True
            if frame.f_globals["__name__"] in LOCKING and self.committer._turn.locked():
                sys.settrace(None)
                self.look(self)
                sys.settrace(step)
            return step

        old = sys.gettrace()
        sys.settrace(step)
        try:
            do()
        finally:
            sys.settrace(old)
