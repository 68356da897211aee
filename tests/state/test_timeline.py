"""What is folded is seen by all at once; what is forgotten is known to be."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import htealeaf.state.timeline
from htealeaf.data.documents import freeze
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import TargetGone
from htealeaf.state.drafts import Write
from htealeaf.state.replica import Replica
from tests.state.replicas import ROWS, Watched, replica, write


def test_edits_that_are_forgotten_do_not_make_a_row_unreachable() -> None:
    """Only what reshapes a list changes what an index means."""
    one = replica(history=3)
    for _ in range(9):
        one.commit([write("toggle", "t/0/done", shape="0")])

    assert one.root("s")["t"][0]["done"] is True


def test_a_reshaping_that_is_forgotten_does() -> None:
    one = replica(history=3)
    one.commit([write("insert", "t/0", {"id": 3, "done": False})])
    for _ in range(9):
        one.commit([write("increment", "n", 1)])

    with pytest.raises(TargetGone):
        one.commit([write("toggle", "t/0/done", shape="0")])


def test_what_is_forgotten_is_not_guessed() -> None:
    one = replica(history=3)
    for _ in range(9):
        one.commit([write("increment", "n", 1)])

    assert one.since(["s"], 0, one.cursor.n) is None
    entries = one.since(["s"], 7, one.cursor.n)
    assert entries is not None
    assert [entry.n for entry in entries] == [8, 9]


def test_a_dropped_stream_is_at_its_default_and_says_so() -> None:
    one = replica()
    one.commit([write("increment", "n", 1)])

    one.drop("s")

    assert one.root("s") == ROWS
    assert one.since(["s"], 1, one.cursor.n) is None


def test_that_a_stream_was_dropped_is_known_after_it_began_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also when so many were dropped since that nobody knows which."""
    monkeypatch.setattr(htealeaf.state.timeline, "FORGOTTEN", 1)
    one = replica()
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
    one = replica()
    one.commit([write("increment", "n", 1)])
    one.drop("s")
    one.commit([write("delete", "t/0", shape="0")])

    one.commit([write("delete", "t/1", shape="0")])

    assert one.root("s")["t"] == []


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
