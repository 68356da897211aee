"""The journal keeps order, forgets old changes, and never guesses."""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import htealeaf.state.replica
from htealeaf.data.cursor import Cursor
from htealeaf.data.documents import Json, freeze
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import Conflict, PathNotFound, TargetGone
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.drafts import OFFERED, Write
from htealeaf.state.replica import Moment, Replica
from tests.laws.simulated import End, Worker

ROWS = {"t": [{"id": 1, "done": False}, {"id": 2, "done": False}], "n": 0}


def journal(history: int = 512) -> Replica:
    made = Replica(history=history)
    made.define("s", freeze(ROWS))
    return made


def write(verb: str, path: str, value: Json = None, shape: str | None = None) -> Write:
    return Write("s", Mutation(verb, parse(path), value, None), shape)


def offered(verb: str, path: str) -> Write:
    return Write("s", Mutation(verb, parse(path), None, None), fit=OFFERED)


def test_a_commit_is_all_or_nothing() -> None:
    one = journal()

    with pytest.raises(PathNotFound):
        one.commit([write("increment", "n", 1), write("delete", "t/9")])

    assert one.root("s") == ROWS
    assert one.cursor.n == 0


def test_a_moment_stays_as_it_was() -> None:
    """What was committed later is not in it, in no stream."""
    one = journal(history=2)

    with one.moment() as moment:
        for _ in range(9):
            one.commit([write("increment", "n", 1)])
        assert moment.root("s")["n"] == 0
    assert one.root("s")["n"] == 9


def test_an_index_is_carried_over_what_happened_since() -> None:
    """The row that was second when it was seen is deleted, wherever it is now."""
    one = journal()
    one.commit([write("insert", "t/0", {"id": 3, "done": False})])

    one.commit([write("delete", "t/1", shape="0")])

    assert [row["id"] for row in one.root("s")["t"]] == [3, 1]


def test_a_row_that_is_gone_is_gone() -> None:
    one = journal()
    one.commit([write("delete", "t/1")])

    with pytest.raises(TargetGone):
        one.commit([write("toggle", "t/1/done", shape="0")])


def test_edits_that_are_forgotten_do_not_make_a_row_unreachable() -> None:
    """Only what reshapes a list changes what an index means."""
    one = journal(history=3)
    for _ in range(9):
        one.commit([write("toggle", "t/0/done", shape="0")])

    assert one.root("s")["t"][0]["done"] is True


def test_a_reshaping_that_is_forgotten_does() -> None:
    one = journal(history=3)
    one.commit([write("insert", "t/0", {"id": 3, "done": False})])
    for _ in range(9):
        one.commit([write("increment", "n", 1)])

    with pytest.raises(TargetGone):
        one.commit([write("toggle", "t/0/done", shape="0")])


def test_an_offer_on_a_key_that_is_gone_finds_its_target_gone() -> None:
    """Python code, which names a place by itself, is told that there is none."""
    one = journal()

    with pytest.raises(TargetGone):
        one.commit([offered("delete", "t/id=9")])
    with pytest.raises(PathNotFound):
        one.commit([write("delete", "t/id=9")])


def test_a_one_time_id_counts_once() -> None:
    one = journal()

    for _ in range(3):
        one.commit([write("increment", "n", 1)], once="a")

    assert one.root("s")["n"] == 1


def test_a_refused_commit_claims_no_one_time_id() -> None:
    one = journal()

    with pytest.raises(PathNotFound):
        one.commit([write("delete", "t/9")], once="a")

    assert not one.claimed("a")


def test_what_was_read_has_to_be_there_still() -> None:
    one = journal()
    one.commit([write("increment", "n", 1)])

    with pytest.raises(Conflict):
        one.commit([write("increment", "n", 1)], expect=[("s", parse("n"), 0)])


def test_what_is_forgotten_is_not_guessed() -> None:
    one = journal(history=3)
    for _ in range(9):
        one.commit([write("increment", "n", 1)])

    assert one.since(["s"], 0, one.cursor.n) is None
    entries = one.since(["s"], 7, one.cursor.n)
    assert entries is not None
    assert [entry.n for entry in entries] == [8, 9]


def test_a_dropped_stream_is_at_its_default_and_says_so() -> None:
    one = journal()
    one.commit([write("increment", "n", 1)])

    one.drop("s")

    assert one.root("s") == ROWS
    assert one.since(["s"], 1, one.cursor.n) is None


def test_that_a_stream_was_dropped_is_known_after_it_began_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when so many were dropped since that nobody knows which."""
    monkeypatch.setattr(htealeaf.state.replica, "FORGOTTEN", 1)
    one = journal()
    one.define("other", freeze({"n": 0}))
    one.commit([write("increment", "n", 1)])
    seen = one.cursor.n
    one.drop("s")
    one.commit([Write("other", Mutation("increment", parse("n"), 1))])
    one.drop("other")
    one.commit([write("increment", "n", 1)])

    assert one.since(["s"], seen, one.cursor.n) is None
    assert one.since(["s"], one.cursor.n - 1, one.cursor.n)


def test_rows_of_the_default_are_followed_after_a_stream_began_again() -> None:
    """It began with the default, and what happened to that is all remembered."""
    one = journal()
    one.commit([write("increment", "n", 1)])
    one.drop("s")
    one.commit([write("delete", "t/0", shape="0")])

    one.commit([write("delete", "t/1", shape="0")])

    assert one.root("s")["t"] == []


_LOCKING = (
    "htealeaf.state.committer",
    "htealeaf.state.replica",
    "htealeaf.state.backends.memory",
    "htealeaf.data.effects",
)


def locked(one: Replica) -> bool:
    journal = one.journal
    assert isinstance(journal, MemoryJournal)
    return one.committer._turn.locked() or one._lock.locked() or journal._lock.locked()


class Watched(Replica):
    """A journal that looks what others would see, at each step of what it does under its lock."""

    def __init__(self, look: Callable[[Watched], None]) -> None:
        super().__init__(history=2)
        self.define("s", freeze(ROWS))
        self.look = look

    def watch(self, do: Callable[[], Any]) -> None:
        def step(frame: Any, event: str, _: Any) -> Any:
            frame.f_trace_opcodes = True
            if frame.f_globals["__name__"] in _LOCKING and self.committer._turn.locked():
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


def test_who_looks_while_a_stream_is_dropped_or_begins_again_learns_of_it() -> None:
    """A page that has seen what was dropped is told at one time or another, and never missed."""
    missed = []

    def look(one: Watched) -> None:
        with one.moment() as moment:
            found = one.since(["s"], 1, moment.n)
        if found == [] and moment.n > 1:
            missed.append(moment.n)  # the page would go on from there

    one = Watched(look)
    one.commit([write("increment", "n", 1)])

    one.watch(lambda: one.drop("s"))
    one.watch(lambda: one.commit([write("increment", "n", 1)]))

    assert one.since(["s"], 1, one.cursor.n) is None
    assert not missed


def test_a_one_time_id_counts_from_when_its_commit_can_be_seen() -> None:
    """So the answer to a retry that comes meanwhile never lacks what the click did."""
    early = []
    one = Watched(lambda one: early.append(one.claimed("a") and one.cursor.n == 0))

    one.watch(lambda: one.commit([write("increment", "n", 1)], once="a"))

    assert one.claimed("a")
    assert early
    assert not any(early)


def test_the_collector_of_garbage_may_run_anything_in_between() -> None:
    """It comes whenever something is made, and lets other threads, or finalizers, go on."""
    one = journal(history=1)
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


def test_many_threads_see_one_history() -> None:
    """No half of a commit, nothing that moves, nothing left out, whatever is forgotten."""
    one = Replica(history=3, max_bytes=4000)
    pairs = (("a", "b"), ("c", "d"))
    streams = [stream for pair in pairs for stream in pair]
    for stream in streams:
        one.define(stream, freeze({"n": 0}))
    until = time.monotonic() + 0.7
    wrong: list[Any] = []

    def committing(pair: tuple[str, str]) -> None:
        while time.monotonic() < until:
            one.commit([Write(s, Mutation("increment", parse("n"), 1)) for s in pair])

    def looking() -> None:
        n, before = 0, dict.fromkeys(streams, 0)
        while time.monotonic() < until:
            with one.moment() as moment:
                now, again = ({s: moment.root(s)["n"] for s in streams} for _ in range(2))
                entries = one.since(streams, n, moment.n)
            for entry in entries or ():
                before[entry.stream] += 1
            whole = now["a"] == now["b"] and now["c"] == now["d"]
            if now != again or not whole or now["a"] + now["c"] != moment.n:
                wrong.append((moment.n, now, again))
            if entries is not None and before != now:
                wrong.append((n, before, now))
            n, before = moment.n, now

    def caught(do: Callable[..., None], *given: Any) -> None:
        try:
            do(*given)
        except Exception as error:
            wrong.append(error)

    works = [(committing, pair) for pair in pairs * 2] + [(looking,)] * 12
    threads = [threading.Thread(target=caught, args=work) for work in works]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert not wrong
    assert one.cursor.n == one.root("a")["n"] + one.root("c")["n"]


def test_who_has_seen_more_is_waited_for() -> None:
    """A browser comes with what it has written at another worker, and this one has not heard."""
    base = MemoryJournal()
    here, there = Worker(End(base)), Worker(End(base))
    here.root("shared")
    here.lags = True
    there.commit([Write("shared", Mutation("replace", parse("x"), 1))])
    assert here.n == 0

    here.reach(there.cursor)

    assert (here.n, here.head("shared")[1]) == (1, {"x": 1})
    here.reach(Cursor(here.epoch, 1000))  # what has not happened is not waited for
    here.reach(Cursor("another", 5))


def test_one_user_s_writes_push_out_nobody_else_s_history() -> None:
    """Large values, one after the other: what others' offers are carried over stays known."""
    one = Replica(max_bytes=64 * 20_000)
    for store in ("shared", "notes"):
        one.define(store, freeze({"t": "", "n": 0}))
    for stream in ("shared", "notes@ann"):
        one.commit([Write(stream, Mutation("increment", parse("n"), 1))])
    first = one.cursor.n

    for n in range(200):
        one.commit([Write("notes@eve", Mutation("replace", parse("t"), str(n) + "x" * 10_000))])

    assert len(one.since(["shared", "notes@ann"], 0, one.cursor.n) or ()) == 2
    assert one.since(["notes@eve"], first, one.cursor.n) is None
    assert one.stats()["entry_bytes"] < 25_000
