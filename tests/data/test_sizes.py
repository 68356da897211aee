"""Sizes: what bounds count grows with what a document holds, and shared parts count once."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from htealeaf.data.documents import freeze
from htealeaf.data.paths import parse
from htealeaf.data.sizes import ENTRY, size_of, weight_of
from htealeaf.data.verbs import Change, Mutation, apply
from tests.data.made import documents


@given(documents)
def test_a_document_is_larger_than_each_of_its_parts(document: Any) -> None:
    whole = freeze(document)
    parts = whole.values() if isinstance(whole, dict) else whole if isinstance(whole, list) else ()

    assert all(size_of(part) < size_of(whole) for part in parts)


def test_a_long_text_counts_as_long() -> None:
    assert size_of(freeze({"a": "x" * 10_000})) > 10_000 > size_of(freeze({"a": "x"}))


def test_depth_is_no_trouble() -> None:
    deep: Any = 0
    for _ in range(5000):
        deep = [deep]

    assert size_of(deep) > 5000 * 56


def weighed(root: Any, *mutations: Mutation) -> int:
    before = freeze(root)
    after, changes = before, list[Change]()
    for mutation in mutations:
        after, more = apply(after, mutation, 2)
        changes += more
    return weight_of(tuple(changes), before, after)


def test_an_entry_keeps_what_it_replaced() -> None:
    """Documents share what did not change: only what went is kept by the history alone."""
    root = {"text": "x" * 5000, "n": 1, "other": "y" * 50_000}

    replaced = weighed(root, Mutation("replace", parse("text"), "z"))
    counted = weighed(root, Mutation("increment", parse("n"), 1))

    assert 5000 < replaced < 50_000
    assert counted < 5000


def test_an_insertion_keeps_nothing_that_was_there() -> None:
    root = {"rows": ["x" * 1000] * 10}

    assert weighed(root, Mutation("append", parse("rows"), "y")) < 2000
    assert weighed(root, Mutation("delete", parse("rows/0"))) > 1000


def test_containers_on_the_way_of_several_changes_count_once() -> None:
    root = {"a": dict.fromkeys(map(str, range(1000)), 0)}
    one = weighed(root, Mutation("increment", parse("a/1"), 1))
    two = weighed(root, Mutation("increment", parse("a/1"), 1), Mutation("set", parse("a/2"), 5))

    assert two - one < one - ENTRY


def test_what_changed_nothing_weighs_as_an_entry() -> None:
    root = freeze({"a": 1})

    assert weight_of((Change("replace", parse("a")),), root, root) == ENTRY
