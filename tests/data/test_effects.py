"""Effects: what a mutation came to is folded to the very document that it gave."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.data.documents import Json, freeze
from htealeaf.data.effects import (
    MAX_GONE,
    Document,
    Effect,
    Folded,
    Resolved,
    effects_of,
    fold,
    same_document,
)
from htealeaf.data.packing import pack, pack_document, unpack, unpack_document
from htealeaf.data.paths import Path, parse
from htealeaf.data.verbs import VERBS, Change, Mutation, apply, undoing
from htealeaf.errors import HtealeafError

ROOT: Json = {"n": 1, "t": [{"id": 1, "d": {}}, {"id": 2, "d": {"x": [3]}}, 7], "e": {"k": {}}}

PLACES = "n t t/0 t/1 t/2 t/- t/id=2 t/id=2/d t/1/d/x t/1/d/x/0 t/0/d e e/k e/new"

paths = st.sampled_from(["", *PLACES.split()]).map(parse)
values = st.sampled_from(
    [None, 0, 1, 2.5, True, "a", "-", [], [1, [2]], {}, {"x": [4], "y": 1}, {"id": 2}]
)
mutations = st.builds(
    Mutation, st.sampled_from([*VERBS]), paths, values, st.sampled_from([None, None, 1, 2])
)


@given(st.lists(mutations, max_size=12))
def test_what_a_mutation_came_to_is_folded_to_what_it_gave(wishes: list[Mutation]) -> None:
    """The same document, shape versions and changes, also when it was stored between."""
    root = freeze(ROOT)
    document = Document(root)
    for n, wish in enumerate(wishes, 1):
        try:
            root, changes = apply(root, wish, n)
        except HtealeafError:
            continue
        if not changes:
            continue
        guessed, again = apply(document.root, wish, 99)
        effects = effects_of(again, guessed)
        assert unpack(pack(effects)) == effects
        folded = fold("s", document, unpack(pack(effects)), n)
        assert folded.document is not None
        assert folded.changes == changes
        assert same_document(folded.document._replace(gone=None), Document(root, None))
        document = unpack_document(pack_document(folded.document))
        assert same_document(document, folded.document)


@given(st.lists(st.tuples(st.integers(0, 4), values), min_size=1, max_size=8), st.booleans())
def test_items_that_come_one_behind_the_other_are_folded_as_each_by_itself(
    come: list[tuple[int, Any]], signed: bool
) -> None:
    """In one entry: the document, the changes, and what takes them back."""
    document = Document(freeze({"t": ["a", "b"], "u": []}))
    by = [Effect("by", parse(""), ["ada", "", 0])] if signed else []
    effects: list[Effect] = []
    changes: list[Change] = []
    undone: list[Mutation] = []
    root: Any = document.root
    for at, value in come:
        place = parse(f"t/{at}" if at < 4 else f"t/{len(root['t'])}")
        try:
            after, made = apply(root, Mutation("insert", place, value), 5)
        except HtealeafError:
            continue
        effects.append(Effect("insert", place, value))
        undone += undoing(root, made)
        root, changes = after, [*changes, *made]
    found = fold("s", document, [*effects, *by], 5)

    assert found.document is not None
    assert same_document(found.document, Document(root))
    assert found.changes == tuple(changes)
    assert found.undone == (tuple(undone) if signed else ())


@given(st.lists(mutations, max_size=12), st.integers(0, 1))
def test_effects_that_remember_what_they_came_to_are_folded_the_same(
    wishes: list[Mutation], off: int
) -> None:
    """And with another number than was guessed, as if they remembered nothing."""
    document = Document(freeze(ROOT))
    for n, wish in enumerate(wishes, 1):
        try:
            root, changes = apply(document.root, wish, n + off)
        except HtealeafError:
            continue
        if len(changes) != 1:
            continue
        resolved = Resolved(n + off, document.root, root, changes)
        assert resolved == effects_of(changes, root)
        quick, slow = (fold("s", document, e, n) for e in (resolved, tuple(resolved)))
        assert quick[:3] == slow[:3]
        assert quick.weight == slow.weight
        assert quick.document is not None
        assert slow.document is not None
        assert same_document(quick.document, slow.document)
        document = quick.document


@given(st.lists(mutations, max_size=12))
def test_a_place_that_was_there_once_is_known(wishes: list[Mutation]) -> None:
    """Of dicts, and as long as there are not too many."""
    document = Document(freeze({"a": {"b": {"c": 1}}, "e": {"k": {}}, "n": 1}))
    known = {parse(text) for text in ("a", "a/b", "a/b/c", "e", "e/k", "n")}
    for n, wish in enumerate(wishes, 1):
        try:
            root, changes = apply(document.root, wish, n)
        except HtealeafError:
            continue
        if changes:
            found = fold("s", document, effects_of(changes, root), n).document
            assert found is not None
            document = found
        for path in known:
            assert _there(document.root, path) or document.had(path)


def _there(root: Any, path: Path) -> bool:
    for segment in path:
        if not isinstance(root, dict) or segment not in root:
            return False
        root = root[segment]
    return True


def folded(document: Document | None, *effects: Effect, n: int = 5) -> Folded:
    return fold("s", document, effects, n)


def test_a_place_that_never_was_is_not_taken_for_one() -> None:
    document = Document(freeze(ROOT))

    after = folded(document, Effect("delete", parse("e/k"))).document

    assert after is not None
    assert after.had(parse("e/k/deeper"))
    assert not after.had(parse("e/typo"))
    assert not after.had(parse("e"))


def test_a_key_that_a_row_had_is_known_of_all_rows() -> None:
    """Rows move, so which index it was says nothing."""
    document = Document(freeze(ROOT))

    after = folded(document, Effect("delete", parse("t/1/d"))).document

    assert after is not None
    assert after.had(parse("t/id=2/d"))
    assert not after.had(parse("t/id=2/e"))


def test_too_many_places_that_went_are_not_told_apart() -> None:
    document = Document(freeze({f"k{i}": i for i in range(MAX_GONE + 1)}))

    after = folded(document, Effect("put", parse(""), {})).document

    assert after == Document({}, None)
    assert after.had(parse("whatever"))


def test_a_touch_names_a_place_and_changes_nothing() -> None:
    document = Document(freeze({}))

    found = folded(document, Effect("touch", parse("7")))

    assert found.before is found.after is document.root
    assert [(c.kind, c.path) for c in found.changes] == [("replace", parse("7"))]


def test_a_stream_ends_and_begins() -> None:
    document = Document(freeze({"n": 1}))

    ended = folded(document, Effect("drop"))
    begun = folded(None, Effect("begin", value=document), Effect("put", parse("n"), 2))

    assert (ended.after, ended.document) == (None, None)
    assert (begun.before, begun.after) == ({"n": 1}, {"n": 2})
    assert [change.kind for change in begun.changes] == ["set"]


@pytest.mark.parametrize(
    ("document", "effect"),
    [
        (None, Effect("put", parse("n"), 1)),
        (Document(freeze({"n": 1})), Effect("delete", parse("m"))),
        (Document(freeze({"n": 1})), Effect("increment", parse("n"), 1)),
    ],
)
def test_effects_of_another_document_are_not_folded(
    document: Document | None, effect: Effect
) -> None:
    with pytest.raises(HtealeafError):
        folded(document, effect)
