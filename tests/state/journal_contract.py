"""What every journal promises, as tests. A backend names itself, and they run:

    class TestMemory(JournalContract):
        def open_journals(self, place: Path) -> Opener: ...

Rule 1: only what the Protocol says is asked. Nothing here knows a backend.

Rule 2: nothing waits for a clock. `age` makes what is stored older.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path as File
from typing import Any

import pytest

from htealeaf.data.documents import FrozenList, Json, find, freeze, shape
from htealeaf.data.effects import BEGIN, DROP, TOUCH, Document, Effect, fold, same_document
from htealeaf.data.layouts import layout_of
from htealeaf.data.packing import pack, pack_document, unpack, unpack_document
from htealeaf.data.paths import Path, parse
from htealeaf.errors import HtealeafError
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.journal import (
    DONE,
    FREE,
    KEPT,
    ONCE_LIFETIME,
    PENDING,
    Appended,
    Commit,
    EpochChanged,
    Journal,
    JournalTrimmed,
    Once,
    Refused,
)
from htealeaf.state.transfer import Export, Source, Target, exported, imported

#: Opens one more worker's end of the one journal that a test is about.
Opener = Callable[[], Journal]


def versions(value: Any) -> list[int]:
    """Return the shape versions of all lists in *value*."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value.version] if isinstance(value, FrozenList) else []
    return own + [version for item in inner for version in versions(item)]


def _nothing(done: int) -> None:
    pass


ROWS: Json = {"t": [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": []}], "n": 0}


def begin(value: Json, version: int = 0) -> Effect:
    return Effect(BEGIN, value=Document(freeze(value, version)))


def put(path: str, value: Json) -> Effect:
    return Effect("put", parse(path), value)


def insert(path: str, value: Json) -> Effect:
    return Effect("insert", parse(path), value)


def delete(path: str) -> Effect:
    return Effect("delete", parse(path))


def step(stream: str, *effects: Effect, once: Once | None = None) -> Commit:
    return Commit({stream: effects}, once)


class Worker:
    """One worker's end of a journal: appends behind what it has seen itself."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.epoch = journal.describe().epoch

    @property
    def n(self) -> int:
        return self.journal.describe().n

    def tried(
        self, *commits: Commit, seen: int | None = None, **expected: int
    ) -> Appended | Refused:
        at = self.n if seen is None else seen
        return self.journal.append(commits, epoch=self.epoch, seen=at, expected=expected)

    def append(self, *commits: Commit, seen: int | None = None, **expected: int) -> Appended:
        answer = self.tried(*commits, seen=seen, **expected)
        assert isinstance(answer, Appended), answer
        return answer

    def refused(self, *commits: Commit, seen: int | None = None, **expected: int) -> Refused:
        answer = self.tried(*commits, seen=seen, **expected)
        assert isinstance(answer, Refused), answer
        return answer

    def began(self, stream: str, value: Json) -> int:
        return self.append(step(stream, begin(value)), **{stream: 0}).numbers[0]

    def root(self, stream: str, at: int | None = None) -> Any:
        document = self.journal.load(stream, at, epoch=self.epoch).document
        return None if document is None else document.root

    def numbers(self, n: int = 0, limit: int = 1000) -> list[int]:
        return [e.n for e in self.journal.after(n, epoch=self.epoch, limit=limit)]


class JournalContract(ABC):
    """Every promise that concerns a backend. Subclass it and say how one is opened."""

    @abstractmethod
    def open_journals(self, place: File) -> Opener:
        """Return what opens the ends of one new, empty journal.

        Args:
            place: A folder of the test's own.
        """

    @abstractmethod
    def age(self, journal: Journal, seconds: float) -> None:
        """Make everything that is stored, times included, older by *seconds*."""

    @abstractmethod
    def open_small(self, place: File, most: int) -> Journal:
        """Return a new journal that remembers *most* one-time ids, or some more for a while."""

    @pytest.fixture
    def opener(self, tmp_path: File) -> Iterator[Opener]:
        opened: list[Journal] = []
        open_one = self.open_journals(tmp_path)

        def opens() -> Journal:
            opened.append(open_one())
            return opened[-1]

        yield opens
        for journal in opened:
            journal.close()

    @pytest.fixture
    def one(self, opener: Opener) -> Worker:
        return Worker(opener())

    @pytest.fixture
    def other(self, opener: Opener, one: Worker) -> Worker:
        return Worker(opener())

    # -- one-time ids, bounded in number -----------------------------------------------------

    def test_the_oldest_one_time_ids_are_forgotten_where_there_are_too_many(
        self, tmp_path: File
    ) -> None:
        journal = self.open_small(tmp_path, 100)
        try:
            one = Worker(journal)
            at = one.began("s", {"n": 0})
            for many in range(8):
                ids = [f"{many}-{n}" for n in range(50)]
                commits = [step("s", put("n", at + n), once=Once(id)) for n, id in enumerate(ids)]
                at = one.append(*commits, s=at).numbers[-1]

            told = journal.describe()
            assert 100 <= told.once <= 200
            assert journal.claimed("0-0") is None
            assert journal.claimed("7-49") is not None
            one.append(step("s", put("n", 0), once=Once("0-0")), s=at)
            one.refused(step("s", put("n", 0), once=Once("7-49")), s=at + 1)
        finally:
            journal.close()

    # -- numbers and epochs ------------------------------------------------------------------

    def test_a_new_journal_has_nothing(self, one: Worker) -> None:
        told = one.journal.describe()

        assert (told.n, told.streams, told.once) == (0, 0, 0)
        assert told.epoch.isalnum()
        assert told.epoch.isascii()
        assert 0 < len(told.epoch) <= 32
        assert told.lasting
        assert one.numbers() == []
        loaded = one.journal.load("s")
        assert (loaded.n, loaded.document, loaded.at) == (0, None, 0)

    def test_numbers_go_up_by_one(self, one: Worker, other: Worker) -> None:
        given = [one.began("s", {"n": 0})]
        for at in range(1, 6):
            worker = other if at % 2 else one
            given += worker.append(step("s", put("n", at)), s=at).numbers

        assert given == [1, 2, 3, 4, 5, 6]
        assert one.numbers() == other.numbers() == given

    def test_commits_that_are_appended_together_have_a_number_each(self, one: Worker) -> None:
        first = step("a", begin({"n": 0}))
        answer = one.append(first, step("b", begin({})), step("a", put("n", 1)), a=0, b=0)

        assert answer.numbers == (1, 2, 3)
        assert answer.entries is not None
        assert [(e.n, e.stream) for e in answer.entries] == [(1, "a"), (2, "b"), (3, "a")]
        assert one.journal.load("a").n == 3

    def test_a_commit_without_effects_takes_no_number(self, one: Worker) -> None:
        one.began("s", {"n": 0})

        answer = one.append(
            Commit({}, Once("x")), step("s", put("n", 1)), Commit({}, Once("y")), s=1
        )

        assert answer.numbers == (1, 2, 2)
        assert one.n == 2
        assert one.numbers() == [1, 2]

    def test_workers_share_an_epoch_and_one_that_is_not_it_is_refused(
        self, one: Worker, other: Worker
    ) -> None:
        one.began("s", {})

        assert one.epoch == other.epoch
        other.epoch = "another"
        asks: list[Callable[[], object]] = [
            lambda: other.root("s", 1),
            other.numbers,
            lambda: other.tried(step("s", put("n", 1)), s=1),
        ]
        for ask in asks:
            with pytest.raises(EpochChanged):
                ask()
        assert one.n == 1

    def test_a_journal_that_is_opened_again_is_the_same(self, opener: Opener) -> None:
        """A clean restart, where anything outlives it, keeps epoch, numbers, documents and ids."""
        one, keeper = Worker(opener()), Worker(opener())
        one.began("s", ROWS)
        one.append(step("s", put("n", 5), once=Once("x", outcome="told")), s=1)
        one.journal.close()

        again = Worker(opener())

        assert (again.epoch, again.n) == (keeper.epoch, 2)
        assert again.root("s")["n"] == 5
        known = again.journal.claimed("x")
        assert known is not None
        assert (known.state, known.outcome, known.n) == (DONE, "told", 2)

    # -- entries and documents ---------------------------------------------------------------

    def test_what_is_stored_comes_back_as_it_was(self, one: Worker, other: Worker) -> None:
        """Numbers keep their kinds, dicts their order, text every character."""
        value: Json = {
            "z": 1, "a": 1.0, "yes": True, "none": None, "big": 2**1000, "small": 1e-300,
            "": "empty key", "tab\t\0é😀\u2028": "\"'\\/<>&\0", "lists": [[], [[1]], {}],
        }  # fmt: skip
        effects = (begin(value), put("a", -0.0), Effect("put", Path(("k/~=1",)), "é"))

        one.append(Commit({"rooms@a b/ü@'\"%_\\": effects}), **{"rooms@a b/ü@'\"%_\\": 0})

        (entry,) = other.journal.after(0, epoch=other.epoch)
        assert entry.stream == "rooms@a b/ü@'\"%_\\"
        assert pack(entry.effects) == pack(effects)
        assert unpack(pack(entry.effects)) == effects
        loaded = other.journal.load(entry.stream).document
        assert loaded is not None
        expected = fold("s", None, effects, 1).document
        assert expected is not None
        assert same_document(loaded, expected)

    def test_shape_versions_are_numbers_of_the_journal_and_last(
        self, one: Worker, other: Worker
    ) -> None:
        """Else a row that is named by its index would be another one after a restart."""
        one.began("s", ROWS)
        one.began("other", {})
        one.append(step("s", insert("t/0", {"id": 3, "tags": ["b"]})), s=1)
        one.append(step("s", put("n", 1)), s=3)
        one.append(step("s", insert("t/2/tags/0", "c")), s=4)

        root = other.root("s")

        assert shape(root, parse("t/0")) == 3
        assert find(root, parse("t/0/tags")).version == 3
        assert find(root, parse("t/1/tags")).version == 0
        assert find(root, parse("t/2/tags")).version == 5
        document = other.journal.load("s").document
        assert document is not None
        assert same_document(unpack_document(pack_document(document)), document)

    def test_folding_the_entries_gives_the_document(self, one: Worker, other: Worker) -> None:
        one.began("s", ROWS)
        one.append(step("s", insert("t/0", {"id": 3}), put("n", 1)), s=1)
        one.append(step("s", Effect("move", parse("t/0"), to=2), delete("t/0")), s=2)
        one.append(step("s", delete("n")), s=3)

        document = None
        for entry in other.journal.after(0, epoch=other.epoch):
            document = fold(entry.stream, document, entry.effects, entry.n).document
        loaded = other.journal.load("s").document

        assert document is not None
        assert loaded is not None
        assert same_document(document, loaded)
        assert document.root == {"t": [{"id": 2, "tags": []}, {"id": 3}]}
        assert document.had(parse("n"))
        assert not document.had(parse("m"))

    def test_a_stream_begins_with_its_whole_document(self, one: Worker) -> None:
        """No default of some program's has to be known to read it."""
        with pytest.raises(HtealeafError):
            one.tried(step("s", put("n", 1)), s=0)

        assert one.n == 0
        one.append(step("s", begin(ROWS), put("n", 1)), s=0)
        assert one.root("s") == {**ROWS, "n": 1}  # type: ignore[dict-item]

    def test_a_stream_may_begin_again_over_what_it_holds(self, one: Worker, other: Worker) -> None:
        """A migration is stored so: the whole document, and what was written with it."""
        one.began("s", {"n": 0, "t": []})
        one.append(step("s", insert("t/0", "a")), s=1)
        layout = layout_of({"m": 0, "deep": {"a/b": 1}}, 3)
        migrated = Document(freeze({"m": 1, "t": ["a"]}, 2), frozenset([parse("n")]), layout)

        one.append(step("s", Effect(BEGIN, value=migrated), put("m", 2)), s=2)
        one.append(step("s", insert("t/1", "b")), s=3)

        for worker in (one, other):
            loaded = worker.journal.load("s").document
            assert loaded is not None
            assert same_document(
                loaded, migrated._replace(root=freeze({"m": 2, "t": ["a", "b"]}, 4))
            )
            assert worker.root("s", 2) == {"n": 0, "t": ["a"]}
        assert one.journal.describe().streams == 1
        [entry] = other.journal.after(2, epoch=other.epoch, limit=1)
        assert same_document(entry.effects[0].value, migrated)

    def test_a_touch_changes_no_document_and_is_an_entry(self, one: Worker) -> None:
        one.append(step("~topic@t", begin({}), Effect(TOUCH, parse("7"))), **{"~topic@t": 0})
        one.append(step("~topic@t", Effect(TOUCH, parse(""))), **{"~topic@t": 1})

        entries = one.journal.after(0, epoch=one.epoch)

        assert [entry.effects[-1].path for entry in entries] == [parse("7"), parse("")]
        assert one.root("~topic@t") == {}
        assert one.journal.load("~topic@t").n == 2

    def test_what_is_written_over_is_not_what_was_read(self, one: Worker) -> None:
        """A document that was loaded stays as it is."""
        one.began("s", ROWS)
        before = one.root("s")

        one.append(step("s", insert("t/0", 1)), s=1)

        assert before == ROWS

    # -- one atomic step ---------------------------------------------------------------------

    def test_an_append_to_several_streams_is_one_step(self, one: Worker, other: Worker) -> None:
        one.append(Commit({"a": (begin({"n": 1}),), "b": (begin({"n": 2}),)}), a=0, b=0)

        answer = one.append(Commit({"a": (put("n", 3),), "b": (put("n", 4),)}), a=1, b=1)

        assert answer.numbers == (2,)
        entries = other.journal.after(1, epoch=other.epoch)
        assert sorted((e.n, e.stream) for e in entries) == [(2, "a"), (2, "b")]
        assert [other.journal.load(s).n for s in "ab"] == [2, 2]

    @pytest.mark.parametrize("wrong", [{"a": 1, "b": 0}, {"a": 1, "b": 2, "c": 1}])
    def test_an_append_that_is_refused_leaves_nothing(
        self, one: Worker, other: Worker, wrong: dict[str, int]
    ) -> None:
        one.began("a", {"n": 0})
        one.began("b", {"n": 0})
        commits = [
            step("a", put("n", 1), once=Once("x")),
            Commit({"b": (put("n", 1),), "c": (begin({}),)}, Once("y", PENDING, "me", 60)),
        ]

        answer = one.refused(*commits, **wrong)

        assert answer.taken == {}
        assert other.n == 2
        assert other.root("a") == other.root("b") == {"n": 0}
        assert other.root("c") is None
        assert other.journal.claimed("x") is other.journal.claimed("y") is None
        assert list(other.journal.scan("c")) == []

    def test_one_that_moved_leaves_all_others_as_they_were(self, one: Worker) -> None:
        """The last of several, which are changed at one go, together with a new id."""
        for stream in "abc":
            one.began(stream, {"n": 0})
        one.append(step("c", put("n", 1)), c=3)
        all_of_it = Commit({stream: (put("n", 9),) for stream in "abc"}, Once("x"))

        refused = one.refused(all_of_it, a=1, b=2, c=3)

        assert refused.taken == {}
        assert one.journal.claimed("x") is None
        assert one.journal.describe()[2:4] == (4, 0)
        assert [one.journal.load(stream).n for stream in "abc"] == [1, 2, 4]
        assert one.append(all_of_it, a=1, b=2, c=4).numbers == (5,)
        assert [one.root(stream)["n"] for stream in "abc"] == [9, 9, 9]

    def test_effects_that_can_not_be_folded_leave_nothing(self, one: Worker) -> None:
        """Whoever resolved them made a mistake, and it is found before anything is written."""
        one.began("a", {"n": 0})
        fine = step("a", put("n", 1), once=Once("x"))

        with pytest.raises(HtealeafError):
            one.tried(fine, step("b", put("n", 1)), a=1, b=0)

        assert one.n == 1
        assert one.root("a") == {"n": 0}
        assert one.journal.claimed("x") is None

    # -- what was expected -------------------------------------------------------------------

    def test_a_stream_has_to_be_where_it_was_expected(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 0})
        other.append(step("s", put("n", 1)), s=1)

        answer = one.refused(step("s", put("n", 2)), seen=1, s=1)

        assert answer.entries is not None
        assert [(e.n, e.effects) for e in answer.entries] == [(2, (put("n", 1),))]
        assert one.append(step("s", put("n", 2)), s=2).numbers == (3,)

    def test_streams_that_were_only_read_count(self, one: Worker, other: Worker) -> None:
        """Signing out on one worker beats a click on another."""
        one.began("~session@k", {"user": "ann"})
        one.began("s", {"n": 0})
        other.append(step("~session@k", delete("user")), **{"~session@k": 1})

        one.refused(step("s", put("n", 1)), **{"s": 2, "~session@k": 1})
        one.append(step("s", put("n", 1)), **{"s": 2, "~session@k": 3})

    def test_nothing_is_expected_of_a_stream_that_has_nothing_to_do_with_it(
        self, one: Worker, other: Worker
    ) -> None:
        one.began("a", {})
        other.began("b", {})

        answer = one.append(step("a", put("n", 1)), seen=1, a=1)

        assert answer.entries is not None
        assert [(e.n, e.stream) for e in answer.entries] == [(2, "b"), (3, "a")]

    def test_only_one_of_two_begins_a_stream(self, one: Worker, other: Worker) -> None:
        one.began("s", {"of": "one"})

        other.refused(step("s", begin({"of": "other"})), seen=0, s=0)

        assert other.root("s") == {"of": "one"}

    def test_many_workers_count_exactly(self, opener: Opener) -> None:
        """A number of the journal goes to one of them, and none is left out."""
        Worker(opener()).began("s", {"n": 0})
        workers = [Worker(opener()) for _ in range(4)]
        wrong: list[object] = []

        def counting(worker: Worker) -> None:
            try:
                for _ in range(25):
                    while True:
                        loaded = worker.journal.load("s")
                        assert loaded.document is not None
                        n = find(loaded.document.root, parse("n"))
                        if isinstance(
                            worker.tried(step("s", put("n", n + 1)), s=loaded.n), Appended
                        ):
                            break
            except BaseException as error:
                wrong.append(error)

        _all_at_once([partial(counting, worker) for worker in workers])

        assert not wrong
        last = Worker(opener())
        assert last.root("s") == {"n": 100}
        assert last.numbers() == list(range(1, 102))

    # -- one-time ids ------------------------------------------------------------------------

    def test_a_one_time_id_counts_once(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 0})
        one.append(step("s", put("n", 1), once=Once("x", outcome="first")), s=1)

        answer = other.refused(step("s", put("n", 2), once=Once("x")), s=2)

        assert answer.taken["x"].outcome == "first"
        assert answer.taken["x"].n == 2
        assert other.root("s") == {"n": 1}
        assert other.journal.claimed("x") == answer.taken["x"]
        assert other.journal.claimed("y") is None

    def test_one_id_that_is_taken_stops_all_that_is_appended_with_it(self, one: Worker) -> None:
        """The others were applied behind it, so they are applied again without it."""
        one.began("s", {"n": 0})
        one.append(Commit({}, Once("x")))

        answer = one.refused(
            step("s", put("n", 1), once=Once("x")), step("s", put("n", 2), once=Once("y")), s=1
        )

        assert list(answer.taken) == ["x"]
        assert one.journal.claimed("y") is None
        assert one.root("s") == {"n": 0}

    def test_an_answer_that_was_lost_is_asked_for_again(self, one: Worker, other: Worker) -> None:
        """The same append, sent twice, is written once, and says so."""
        one.began("s", {"n": 0})
        commit = step("s", put("n", 1), once=Once("x"))
        one.append(commit, seen=1, s=1)

        answer = one.refused(commit, seen=1, s=1)

        assert answer.taken["x"].n == 2
        assert answer.entries is not None
        assert [e.n for e in answer.entries] == [2]
        assert other.n == 2

    def test_a_claim_is_pending_until_its_holder_is_done(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 0})
        one.append(Commit({}, Once("x", PENDING, "me", 60)))

        taken = other.refused(Commit({}, Once("x", PENDING, "you", 60))).taken["x"]
        other.refused(step("s", put("n", 5), once=Once("x", DONE, "you")), s=1)
        one.append(step("s", put("n", 1), once=Once("x", DONE, "me", outcome="/next")), s=1)

        assert taken.state == PENDING
        assert 0 < taken.seconds <= 60
        done = other.journal.claimed("x")
        assert done is not None
        assert (done.state, done.outcome, done.n) == (DONE, "/next", 2)
        other.refused(Commit({}, Once("x", PENDING, "you", 60)))

    def test_a_claim_can_be_let_go(self, one: Worker, other: Worker) -> None:
        one.append(Commit({}, Once("x", PENDING, "me", 60)))

        other.refused(Commit({}, Once("x", FREE, "you")))
        one.append(Commit({}, Once("x", FREE, "me")))

        assert other.journal.claimed("x") is None
        other.append(Commit({}, Once("x", PENDING, "you", 60)))

    def test_a_claim_whose_holder_died_is_told_and_not_given_away(
        self, one: Worker, other: Worker
    ) -> None:
        """It may have done something elsewhere. A lease, which does nothing, is taken over."""
        one.append(Commit({}, Once("x", PENDING, "me", 10)))
        lease = Once("x", PENDING, "you", 10, takes_over=True)
        other.refused(Commit({}, lease))
        self.age(one.journal, 11)

        taken = other.refused(Commit({}, Once("x", PENDING, "you", 10))).taken["x"]
        assert taken.state == PENDING
        assert taken.seconds <= 0
        other.append(Commit({}, lease))

        known = one.journal.claimed("x")
        assert known is not None
        assert known.holder == "you"
        one.refused(Commit({}, Once("x", DONE, "me")))

    def test_a_holder_renews_its_claim(self, one: Worker) -> None:
        one.append(Commit({}, Once("x", PENDING, "me", 1000)))
        self.age(one.journal, 900)

        one.append(Commit({}, Once("x", PENDING, "me", 1000)))
        self.age(one.journal, 900)

        known = one.journal.claimed("x")
        assert known is not None
        assert known.seconds > 0

    def test_what_is_done_counts_as_fresh_for_as_long_as_was_said(
        self, one: Worker, other: Worker
    ) -> None:
        """By the journal's clock, whoever asks."""
        one.append(step("s", begin({}), once=Once("x", seconds=60, outcome="o")), s=0)
        one.append(Commit({}, Once("y")))

        known = other.journal.claimed("x")
        assert known is not None
        assert (known.state, known.outcome) == (DONE, "o")
        assert 0 < known.seconds <= 60
        plain = other.journal.claimed("y")
        assert plain is not None
        assert plain.seconds == 0
        self.age(one.journal, 61)
        known = other.journal.claimed("x")
        assert known is not None
        assert (known.state, known.seconds) == (DONE, 0)

    def test_one_time_ids_are_forgotten_after_an_hour(self, one: Worker) -> None:
        one.append(Commit({}, Once("x")))
        self.age(one.journal, ONCE_LIFETIME - 60)
        one.journal.compact()
        assert one.journal.claimed("x") is not None

        self.age(one.journal, 120)
        one.journal.compact()

        assert one.journal.claimed("x") is None
        assert one.journal.describe().once == 0
        one.append(Commit({}, Once("x")))

    def test_a_one_time_id_can_be_any_text(self, one: Worker) -> None:
        odd = "é'\";--%\n{x}"

        one.append(Commit({}, Once(odd, outcome=odd)))

        known = one.journal.claimed(odd)
        assert known is not None
        assert known.outcome == odd

    # -- a document at a number --------------------------------------------------------------

    def test_a_document_is_loaded_as_it_was(self, one: Worker, other: Worker) -> None:
        one.began("s", ROWS)
        one.began("other", {})
        one.append(step("s", insert("t/0", {"id": 3})), s=1)
        one.append(step("s", put("n", 7), delete("t/1")), s=3)

        loaded = [other.journal.load("s", at, epoch=other.epoch) for at in range(5)]

        assert [found.n for found in loaded] == [0, 1, 1, 3, 4]
        assert [found.at for found in loaded] == [0, 1, 2, 3, 4]
        assert loaded[0].document is None
        roots: list[Any] = [found.document.root for found in loaded if found.document]
        assert [[row["id"] for row in root["t"]] for root in roots] == [
            [1, 2], [1, 2], [3, 1, 2], [3, 2],
        ]  # fmt: skip
        assert [shape(root, parse("t/0")) for root in roots] == [0, 0, 3, 4]
        assert [root["n"] for root in roots] == [0, 0, 0, 7]

    def test_a_number_that_has_not_happened_is_no_document(self, one: Worker) -> None:
        one.began("s", {})

        with pytest.raises(JournalTrimmed):
            one.journal.load("s", 2, epoch=one.epoch)

    def test_what_happened_too_long_ago_is_not_guessed(self, one: Worker, other: Worker) -> None:
        """It says that it does not know; what is there now is there."""
        one.began("s", ROWS)
        one.append(step("s", insert("t/0", {"id": 3})), s=1)
        self.age(one.journal, KEPT + 1)
        one.append(step("s", put("n", 1)), s=2)

        one.journal.compact()

        with pytest.raises(JournalTrimmed):
            other.numbers(0)
        with pytest.raises(JournalTrimmed):
            other.root("s", 1)
        assert other.numbers(2) == [3]
        assert other.journal.describe().oldest == 2
        assert other.root("s", 2)["n"] == 0
        assert shape(other.root("s"), parse("t/0")) == 2
        assert other.refused(step("s", put("n", 2)), seen=0, s=2).entries is None
        assert other.append(step("s", put("n", 2)), seen=0, s=3).entries is None
        assert other.root("s")["n"] == 2

    def test_what_somebody_may_still_read_is_kept(self, one: Worker) -> None:
        one.began("s", {"n": 0})
        for n in range(1, 50):
            one.append(step("s", put("n", n)), s=n)
        self.age(one.journal, KEPT - 5)

        one.journal.compact()

        assert one.root("s", 1) == {"n": 0}
        assert one.numbers() == list(range(1, 51))

    # -- entries after a number --------------------------------------------------------------

    def test_entries_come_in_order_and_behind_a_number(self, one: Worker, other: Worker) -> None:
        one.began("a", {})
        one.began("b", {})
        one.append(step("a", put("n", 1)), a=1)

        assert other.numbers() == [1, 2, 3]
        assert other.numbers(1) == [2, 3]
        assert other.numbers(3) == []
        assert other.numbers(99) == []

    def test_the_entries_of_a_number_are_not_told_apart(self, one: Worker, other: Worker) -> None:
        one.append(Commit({name: (begin({}),) for name in "abc"}), a=0, b=0, c=0)
        one.append(Commit({name: (put("n", 1),) for name in "abc"}), a=1, b=1, c=1)

        assert other.numbers(limit=1) == [1, 1, 1]
        assert other.numbers(limit=4) == [1, 1, 1, 2, 2, 2]
        assert other.numbers(1, limit=2) == [2, 2, 2]

    def test_waiting_ends_when_something_happens(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 0})
        found: list[Sequence[Any]] = []
        waits = threading.Thread(
            target=lambda: found.append(other.journal.after(1, epoch=one.epoch, timeout=60))
        )
        waits.start()

        one.append(step("s", put("n", 1)), s=1)
        waits.join(30)

        assert not waits.is_alive()
        assert [entry.n for entry in found[0]] == [2]

    def test_waiting_ends_in_time(self, one: Worker) -> None:
        one.began("s", {})

        assert list(one.journal.after(1, epoch=one.epoch, timeout=0.01)) == []
        assert [e.n for e in one.journal.after(0, epoch=one.epoch, timeout=60)] == [1]

    def test_a_reader_sees_no_gap_and_no_half(self, opener: Opener) -> None:
        """Whatever is appended meanwhile: every number, with both of its streams."""
        first = Worker(opener())
        first.append(Commit({"a": (begin({"n": 0}),), "b": (begin({"n": 0}),)}), a=0, b=0)
        writers = [Worker(opener()) for _ in range(3)]
        reader = Worker(opener())
        wrong: list[object] = []
        left = 40

        def writing(worker: Worker) -> None:
            try:
                for _ in range(left):
                    while True:
                        n = worker.journal.load("a").n
                        both = Commit({"a": (put("n", n),), "b": (put("n", n),)})
                        if isinstance(worker.tried(both, a=n, b=n), Appended):
                            break
            except BaseException as error:
                wrong.append(error)

        def reading() -> None:
            try:
                n, last = 1, 1 + left * len(writers)
                while n < last and not wrong:
                    entries = reader.journal.after(n, epoch=reader.epoch, limit=7, timeout=5)
                    for pair in zip(entries[::2], entries[1::2], strict=True):
                        n += 1
                        if {(e.n, e.stream) for e in pair} != {(n, "a"), (n, "b")}:
                            wrong.append(pair)
            except BaseException as error:
                wrong.append(error)

        _all_at_once([reading, *(partial(writing, worker) for worker in writers)])

        assert not wrong
        assert first.n == 1 + left * len(writers)

    # -- drop and scan -----------------------------------------------------------------------

    def test_a_drop_is_an_entry_and_ends_a_document(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 1})

        one.append(step("s", Effect(DROP)), s=1)

        assert other.numbers(1) == [2]
        loaded = other.journal.load("s")
        assert (loaded.n, loaded.document) == (0, None)
        assert list(other.journal.scan("s")) == []
        assert other.journal.describe().streams == 0
        assert other.root("s", 1) == {"n": 1}

    def test_a_drop_is_refused_where_somebody_wrote_since(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 1})
        other.append(step("s", put("n", 2)), s=1)

        one.refused(step("s", Effect(DROP)), s=1)

        assert one.root("s") == {"n": 2}

    def test_a_stream_that_was_dropped_begins_again(self, one: Worker, other: Worker) -> None:
        one.began("s", {"n": 1})
        one.append(step("s", Effect(DROP)), s=1)
        other.refused(step("s", put("n", 5)), s=1)

        assert other.append(step("s", begin({"n": 9}), put("n", 10)), s=0).numbers == (3,)

        assert one.root("s") == {"n": 10}
        assert list(one.journal.scan("s")) == ["s"]

    def test_a_step_may_end_one_stream_and_begin_another(self, one: Worker) -> None:
        """A session goes to a new key: nobody ever sees both, or none."""
        one.began("~session@old", {"user": "ann"})

        one.append(
            Commit({"~session@new": (begin({"user": "ann"}),), "~session@old": (Effect(DROP),)}),
            **{"~session@new": 0, "~session@old": 1},
        )

        assert list(one.journal.scan("~session")) == ["~session@new"]
        assert one.n == 2

    def test_the_streams_of_a_store_are_listed(self, one: Worker, other: Worker) -> None:
        names = ["room", "room@a", "room@b", "room@b@c", "room@é", "rooms", "rooms@a", "roo@m"]
        for name in names:
            one.began(name, {})

        found = list(other.journal.scan("room"))

        assert found == sorted(names[:5])
        assert list(other.journal.scan("room", limit=2)) == found[:2]
        assert list(other.journal.scan("room", after=found[1])) == found[2:]
        assert list(other.journal.scan("r")) == []
        assert list(other.journal.scan("ro_m")) == list(other.journal.scan("%")) == []

    def test_the_streams_of_all_stores_are_listed(self, one: Worker, other: Worker) -> None:
        made = ["a", "b@x", "b@y", "~session@k", "~topic@t", "é"]
        for name in made:
            one.began(name, {})
        one.began("gone", {})
        one.append(step("gone", Effect(DROP)), gone=one.n)

        found: list[str] = []
        while more := other.journal.scan("", after=found[-1] if found else "", limit=4):
            found += more

        assert found == sorted(made)

    def test_documents_move_in_from_another_journal_and_out_again(self, one: Worker) -> None:
        """As text: from a journal in memory into this one, and into another."""
        layout = layout_of({"m": 0, "deep": {"a/b": 1}}, 3)
        root = freeze({"m": 1, "t": [[], ["é\u2028"]]}, 70)
        first = Worker(MemoryJournal())
        document = Document(root, frozenset([parse("n")]), layout)
        first.append(step("s@1", Effect(BEGIN, value=document)), step("s@2", begin(ROWS)))
        first.append(step("s@2", insert("t/0", "x")), step("~session@k", begin({"user": "ann"})))
        first.append(step("~session@k", Effect(DROP)), step("s@3", begin([1], 3)))

        def moved(source: Journal, target: Journal) -> None:
            out = BytesIO()
            exported(Source(source), out, _nothing)
            found = Export(BytesIO(out.getvalue()))
            imported(found, Target(target, found.name), _nothing)

        last = MemoryJournal()
        moved(first.journal, one.journal)
        moved(one.journal, last)

        for journal in (one.journal, last):
            assert journal.scan("") == ["s@1", "s@2", "s@3"]
            for name in journal.scan(""):
                was, now = first.journal.load(name).document, journal.load(name).document
                assert was is not None
                assert now is not None
                assert same_document(*(d._replace(root=freeze(d.root, 1)) for d in (was, now)))
                assert 1 <= min(versions(now.root)) <= max(versions(now.root))
                assert max(versions(now.root)) <= journal.describe().n

    def test_streams_that_nobody_uses_are_found(self, one: Worker, other: Worker) -> None:
        for name in ("s@idle", "s@seen", "s@written"):
            one.began(name, {})
        self.age(one.journal, 7200)
        n = one.n

        one.journal.seen(["s@seen", "s@nobody"])
        one.append(step("s@written", put("n", 1)), **{"s@written": 3})

        assert list(other.journal.scan("s", unseen=3600)) == ["s@idle"]
        assert list(other.journal.scan("s", unseen=7300)) == []
        assert other.n == n + 1, "being seen is no entry"
        assert other.root("s@nobody") is None

    # -- upkeep ------------------------------------------------------------------------------

    def test_compacting_changes_nothing_that_is_read(self, one: Worker, other: Worker) -> None:
        one.began("s", ROWS)
        for n in range(1, 20):
            one.append(step("s", insert("t/0", {"id": 10 + n, "tags": []})), s=n)
        one.append(step("s", delete("n")), s=20)
        before = other.journal.load("s")
        self.age(one.journal, KEPT + 1)

        one.journal.compact()
        other.journal.compact()

        after = other.journal.load("s")
        assert before.document is not None
        assert after.document is not None
        assert (after.n, after.at) == (before.n, before.at) == (21, 21)
        assert same_document(after.document, before.document)
        assert other.append(step("s", put("n", 1)), s=21).numbers == (22,)

    def test_a_description_counts(self, one: Worker, other: Worker) -> None:
        one.began("a", {})
        one.began("b", {})
        one.append(Commit({}, Once("x")))

        told = other.journal.describe()

        assert (told.n, told.streams, told.once) == (2, 2, 1)
        assert told.once <= told.max_once
        assert told.oldest == 0
        assert told.kind == told.kind.lower()


def _all_at_once(works: Sequence[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
