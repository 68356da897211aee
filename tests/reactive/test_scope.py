"""Dependency tracking: reads are noted where the code that reads belongs."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from htealeaf.data.paths import ROOT, parse
from htealeaf.reactive.scope import Scope, current, entered

SIGHT: Any = SimpleNamespace(epoch="e", root=lambda stream: {})


def test_a_read_is_noted_in_the_set_that_is_open() -> None:
    scope = Scope(SIGHT)
    scope.note("s", parse("a"), 0)  # nobody asks
    outer = scope.deps = set[Any]()
    scope.note("s", parse("a"), 0)
    inner = scope.deps = set[Any]()
    scope.note("s", parse("b"), 1)

    assert outer == {("s", ("a",), 0)}
    assert inner == {("s", ("b",), 1)}


def test_a_scope_is_current_inside_of_its_block_only() -> None:
    one, other = Scope(SIGHT), Scope(SIGHT)
    assert current() is None
    with entered(one):
        with entered(other):
            assert current() is other
        assert current() is one
        with pytest.raises(ZeroDivisionError), entered(other):
            _ = 1 / 0
        assert current() is one
    assert current() is None


def test_another_thread_has_none() -> None:
    seen: list[Any] = []
    with entered(Scope(SIGHT)):
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()

    assert seen == [None]


def asked(scope: Scope, name: str, answers: list[str]) -> str | None:
    def ask() -> str:
        scope.note("~session@k", ROOT, 0)
        return answers.pop(0)

    return scope.settled(name, ask)


def test_whose_a_store_is_is_asked_once_for_a_rendering() -> None:
    """What was read to know it is noted for each binding that asks."""
    scope = Scope(SIGHT, rendering="the page /")
    one = scope.deps = set[Any]()
    assert asked(scope, "todos", ["ann"]) == "ann"
    other = scope.deps = set[Any]()
    assert asked(scope, "todos", []) == "ann"

    assert one == other == {("~session@k", ROOT, 0)}


def test_where_writing_is_fine_it_is_asked_each_time() -> None:
    scope = Scope(SIGHT)
    scope.deps = set()

    assert [asked(scope, "todos", [who]) for who in ("ann", "bob")] == ["ann", "bob"]


def test_an_answer_that_raises_is_asked_again() -> None:
    scope = Scope(SIGHT, rendering="the page /")
    deps = scope.deps = set[Any]()

    with pytest.raises(IndexError):
        asked(scope, "todos", [])

    assert asked(scope, "todos", ["ann"]) == "ann"
    assert scope.deps is deps
    assert deps == {("~session@k", ROOT, 0)}
