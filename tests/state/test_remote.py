"""Shared parts of the lasting backends: appends as columns, chains, numbers that are missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.data.documents import freeze
from htealeaf.data.effects import BEGIN, DROP, Document, Effect
from htealeaf.data.packing import pack, pack_document
from htealeaf.errors import HtealeafError
from htealeaf.state.backends.remote import (
    Chain,
    Line,
    decoded,
    encoded,
    entries_of,
    laid_out,
    own_entries,
)
from htealeaf.state.journal import Commit, JournalDamaged, JournalTrimmed, Once
from tests.state.journal_contract import begin, put


def commit(*, once: str = "", **effects: Effect | tuple[Effect, ...]) -> Commit:
    said = {s: e if type(e) is tuple else (e,) for s, e in effects.items()}
    return Commit(said, Once(once) if once else None)  # type: ignore[arg-type]


def test_numbers_are_counted_from_the_first_commit_that_does_something() -> None:
    batch = laid_out(
        [commit(once="a"), commit(s=put("n", 1)), commit(once="b"), commit(s=put("n", 2))]
    )

    assert batch.numbers == (0, 1, 1, 2)
    assert batch.size == 2
    assert [(step.number, step.before) for step in batch.steps] == [(1, None), (2, 1)]
    assert [(n, once.id) for n, once in batch.once] == [(0, "a"), (1, "b")]


def test_the_last_word_on_a_one_time_id_counts() -> None:
    batch = laid_out([commit(once="a", s=put("n", 1)), commit(once="a", s=put("n", 2))])

    assert [n for n, _ in batch.once] == [2]


def test_a_stream_that_ended_begins_again_without_one_before() -> None:
    batch = laid_out([commit(s=Effect(DROP)), commit(s=begin({"n": 1}))])

    assert [(step.before, step.ends) for step in batch.steps] == [(None, True), (0, False)]
    [last] = batch.streams.values()
    assert last == (2, False, False)


@pytest.mark.parametrize("after", [put("n", 1), Effect(DROP)])
def test_after_its_end_a_stream_takes_nothing_but_a_beginning(after: Effect) -> None:
    with pytest.raises(HtealeafError, match="none is begun"):
        laid_out([commit(s=Effect(DROP)), commit(s=after)])
    with pytest.raises(HtealeafError, match="none is begun"):
        laid_out([commit(s=(Effect(DROP), after))])


def test_the_own_entries_are_those_that_were_sent() -> None:
    sent = [commit(s=put("n", 1), t=put("n", 2)), commit(once="a")]

    assert [(e.n, e.stream) for e in own_entries(sent, [7, 7])] == [(7, "s"), (7, "t")]


def row(n: int, stream: str = "s") -> tuple[int, bytes, bytes]:
    return n, encoded(stream), encoded(pack((put("n", n),)))


def test_entries_come_one_number_after_the_other() -> None:
    found = entries_of(4, [row(5, "s"), row(5, "t"), row(6)])

    assert [(entry.n, entry.stream) for entry in found] == [(5, "s"), (5, "t"), (6, "s")]


@pytest.mark.parametrize("rows", [[row(6)], [row(5), row(7)]])
def test_a_number_that_is_missing_is_noticed(rows: list[tuple[int, bytes, bytes]]) -> None:
    with pytest.raises(JournalTrimmed):
        entries_of(4, rows)


def chain(*links: tuple[int, int, Effect], base: int = 3) -> Chain:
    document = encoded(pack_document(Document(freeze({"n": 0}), frozenset()))) if base else b""
    return Chain(base, document, [(n, at, encoded(pack((e,)))) for n, at, e in links])


def test_a_chain_is_folded_to_its_document() -> None:
    at, document = chain((5, 3, put("n", 1)), (8, 5, put("n", 2))).folded("s")

    assert at == 8
    assert document is not None
    assert document.root == {"n": 2}
    assert chain((5, 3, Effect(DROP))).folded("s") == (0, None)


@pytest.mark.parametrize(
    "broken",
    [
        chain((5, 4, put("n", 1))),
        chain((5, 3, put("n", 1)), (8, 6, put("n", 2))),
        chain((5, 3, put("n", 1)), base=0),
    ],
)
def test_a_link_that_is_missing_is_damage_and_never_folded_over(broken: Chain) -> None:
    with pytest.raises(JournalDamaged, match="restore a backup"):
        broken.folded("s")


def test_a_line_knows_how_far_it_was_seen_in_its_epoch() -> None:
    line = Line()
    line.note("e", 5)
    line.note("e", 3)  # an answer that was overtaken

    assert line.seen() == ("e", 5)
    assert (line.high("e"), line.high("f")) == (5, 0)

    line.note("f", 2)
    assert line.seen() == ("f", 2)


@given(st.text(st.characters()))
def test_every_text_comes_back(text: str) -> None:
    assert decoded(encoded(text)) == text


def test_a_stream_that_begins_says_so() -> None:
    [last] = laid_out([commit(s=begin({"n": 1}))]).streams.values()

    assert (last.begins, last.ends) == (True, False)
    assert begin({"n": 1}).op == BEGIN
