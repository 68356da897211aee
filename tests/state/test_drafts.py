"""Drafts: writes applied in order, to documents that nobody else sees."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf.data.documents import freeze
from htealeaf.data.effects import DROP, TOUCH, Document, fold
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Change, Mutation, apply
from htealeaf.errors import HtealeafError, PathNotFound, TargetGone, WrongType
from htealeaf.state.drafts import (
    OFFERED,
    SCRIPTED,
    SERVED,
    Draft,
    Write,
    dropping,
    touching,
)
from htealeaf.wire.slots import KINDS, new_id, now, template_of, value_of

ROOT: Any = freeze({"n": 1, "rows": ["a", "b", "c"], "by": [{"id": "x"}]})


class Base:
    """Documents without the draft, and what happened since a shape version."""

    def __init__(self, *past: Change) -> None:
        self.changes = past

    def root(self, stream: str) -> Any:
        return ROOT

    def default(self, stream: str) -> Any:
        return freeze({"n": 0, "rows": []})

    def schema(self, stream: str) -> None:
        return None

    def past(self, write: Write, root: Any, alone: bool) -> Any:
        return self.changes


def draft(*past: Change) -> Draft:
    return Draft(Base(*past), 5)


def write(verb: str, path: str, value: Any = None, **more: Any) -> Write:
    return Write("s", Mutation(verb, parse(path), value), **more)


def test_a_write_sees_those_before_it_and_the_base_stays() -> None:
    made = draft()
    made.apply(write("increment", "n", 1))
    made.apply(write("increment", "n", 10))

    assert made.root("s")["n"] == 12
    assert made.before("s") is ROOT
    assert made.root("other") is ROOT


def test_its_effects_fold_to_what_it_shows() -> None:
    made = draft()
    for one in (write("append", "rows", "d"), write("delete", "rows/0"), write("set", "n", 7)):
        made.apply(one)
    drafted = made.changed["s"]

    folded = fold("s", Document(ROOT, frozenset()), drafted.effects, 6).document

    assert folded is not None
    assert folded.root == drafted.root == {**ROOT, "rows": ["b", "c", "d"], "n": 7}


def test_one_that_fails_leaves_the_draft_as_it_was() -> None:
    made = draft()
    made.apply(write("increment", "n", 1))
    before = made.changed["s"]

    with pytest.raises(WrongType):
        made.apply(write("increment", "rows", 1))

    assert made.changed["s"] is before


def test_an_index_is_carried_over_what_others_and_the_draft_did() -> None:
    seen = freeze({**ROOT, "rows": ["z", "a", "b", "c"]})
    made = draft(*apply(seen, Mutation("delete", parse("rows/0")), 4)[1])
    made.apply(write("delete", "rows/1", shape="e.1"))  # seen as row 1, it is row 0 now

    assert made.root("s")["rows"] == ["b", "c"]
    with pytest.raises(TargetGone):
        made.apply(write("delete", "rows/1", shape="e.1"))


def test_an_item_by_key_that_an_offer_named_is_gone_not_missing() -> None:
    with pytest.raises(TargetGone):
        draft().apply(write("set", "by/id=y/n", 1, fit=SCRIPTED))
    with pytest.raises(PathNotFound):
        draft().apply(write("set", "by/id=y/n", 1))


def test_a_script_s_value_has_to_fit() -> None:
    made = draft()
    made.apply(write("replace", "n", 5, fit=SCRIPTED))
    with pytest.raises(HtealeafError):
        made.apply(write("replace", "n", "five", fit=SCRIPTED))

    assert made.root("s")["n"] == 5


def test_slots_of_an_offer_get_the_type_of_the_place() -> None:
    made = draft()
    made.apply(write("set", "n", ["7"], fit=OFFERED, template=template_of(value_of("a"))))

    assert made.root("s")["n"] == 7


def test_the_server_fills_each_slot_that_is_its_own() -> None:
    """Two ids are two, and a kind without a function would be refused by nobody."""
    made = draft()
    for _ in range(2):
        made.apply(
            write(
                "append", "rows", [], fit=OFFERED, template=template_of({"id": new_id, "at": now})
            )
        )
    one, other = made.root("s")["rows"][-2:]

    assert one["id"] != other["id"]
    assert set(SERVED) == {kind.name for kind in KINDS.values() if kind.filler == "server"}


def test_a_touch_changes_nothing_and_is_told() -> None:
    made = draft()
    made.apply(touching("s", parse("k")))

    drafted = made.changed["s"]
    assert drafted.root is ROOT
    assert [effect.op for effect in drafted.effects] == [TOUCH]


def test_a_stream_that_ends_takes_no_more_writes() -> None:
    made = draft()
    made.apply(write("increment", "n", 1))
    made.apply(dropping("s"))

    assert [effect.op for effect in made.changed["s"].effects] == [DROP]
    assert made.root("s") == {"n": 0, "rows": []}
    with pytest.raises(HtealeafError, match="ends in this step"):
        made.apply(write("increment", "n", 1))


def test_what_changes_nothing_leaves_nothing() -> None:
    made = draft()
    made.apply(write("replace", "n", 1))

    assert "s" not in made.changed
