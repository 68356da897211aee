"""A unit of work: one moment and its own writes, committed as one step or not at all."""

from __future__ import annotations

import pytest

from htealeaf import Registry, Store
from htealeaf.data.documents import freeze
from htealeaf.data.paths import ROOT, Path, parse
from htealeaf.data.streams import PAGE, join
from htealeaf.data.verbs import VERBS, Mutation
from htealeaf.errors import Conflict, InvalidValue, PathNotFound
from htealeaf.reactive.graph import VALUE
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state.drafts import FITS, OFFERED, SCRIPTED, Write
from htealeaf.state.journal import DONE, PENDING
from htealeaf.state.page_state import PageState
from htealeaf.state.replica import Replica
from htealeaf.state.unit import Unit
from htealeaf.wire.slots import template_of, value_of


def replica() -> Replica:
    made = Replica()
    made.define("s", freeze({"n": 0, "t": ["a", "b"]}))
    made.define("view", freeze({"tab": 1, "rows": ["a", "b", "c"]}))
    return made


def write(verb: str, path: str, value: object = None, shape: str | None = None) -> Write:
    return Write("s", Mutation(verb, parse(path), value), shape)  # type: ignore[arg-type]


def test_a_unit_sees_its_own_writes_and_nobody_elses() -> None:
    one = replica()
    with one.moment() as moment:
        unit = Unit(one, moment)
        unit.write(write("increment", "n", 1))
        one.commit([write("increment", "n", 10)])

        assert unit.root("s")["n"] == 1
        assert one.root("s")["n"] == 10
        unit.commit()

    assert one.root("s")["n"] == 11
    assert one.n == 2


def test_what_was_read_has_to_be_there_still() -> None:
    one = replica()
    with one.moment() as moment:
        unit = Unit(one, moment)
        unit.write(write("increment", "n", 1))
        one.commit([write("append", "t", "c")])

        unit.commit([("s", parse("n"), VALUE)])
        with pytest.raises(Conflict):
            unit.commit([("s", parse("t"), VALUE)])

    assert one.root("s")["n"] == 1


def test_a_write_that_can_not_be_says_so_at_once() -> None:
    one = replica()
    with one.moment() as moment:
        unit = Unit(one, moment)
        with pytest.raises(PathNotFound):
            unit.write(write("delete", "t/9"))
        unit.commit()

    assert one.n == 0


def test_a_batch_with_a_one_time_id_counts_once() -> None:
    with Registry():
        store = Store({"n": 0}, name="s")
        for _ in range(3):
            with store.batch(once="x"):
                store.increment("n")

    assert store["n"] == 1


def test_a_claim_is_done_with_its_commit_and_tells_its_outcome() -> None:
    one = replica()
    with one.moment() as moment:
        first, second = Unit(one, moment, once="x"), Unit(one, moment, once="x")
        assert first.claim("me", 60) is None
        waiting = second.claim("you", 60)
        first.write(write("increment", "n", 1))
        first.commit(outcome="/next")
        done = second.claim("you", 60)

    assert waiting is not None
    assert (waiting.state, waiting.holder) == (PENDING, "me")
    assert done is not None
    assert (done.state, done.outcome, done.n) == (DONE, "/next", 1)
    assert one.root("s")["n"] == 1


def test_a_claim_that_is_let_go_may_be_tried_again() -> None:
    one = replica()
    with one.moment() as moment:
        first = Unit(one, moment, once="x")
        first.claim("me", 60)
        first.release()

        assert Unit(one, moment, once="x").claim("you", 60) is None


def test_a_claim_without_a_write_is_done_too() -> None:
    one = replica()
    with one.moment() as moment:
        unit = Unit(one, moment, once="x")
        unit.claim("me", 60)
        unit.commit(outcome="nothing to do")

    known = one.journal.claimed("x")
    assert known is not None
    assert (known.state, known.outcome) == (DONE, "nothing to do")


def test_page_stores_go_through_the_same_gate() -> None:
    """Steps of a chain mean what was shown, although the first of them moved it."""
    one, stream = replica(), join("view", PAGE)
    with one.moment() as moment:
        unit = Unit(one, moment, state=PageState({}))
        unit.send(
            [
                Write(stream, Mutation("delete", parse("rows/0")), "0"),
                Write(stream, Mutation("delete", parse("rows/1")), "0"),
            ]
        )
        unit.write(Write(stream, Mutation("replace", parse("tab"), 2)))
        assert unit.root(stream) == {"tab": 2, "rows": ["c"]}
        unit.commit()

    assert unit.state.now == {stream: {"tab": 2, "rows": ["c"]}}
    assert one.n == 0


@pytest.mark.parametrize("stream", ["s", join("view", PAGE)])
def test_values_from_outside_are_fitted_wherever_they_go(stream: str) -> None:
    one = replica()
    place = "n" if stream == "s" else "tab"
    with one.moment() as moment:
        unit = Unit(one, moment)
        template = template_of(value_of("count"))
        unit.write(Write(stream, Mutation("set", parse(place), ["7"]), None, OFFERED, template))
        assert unit.root(stream)[place] == 7
        with pytest.raises(InvalidValue):
            unit.write(Write(stream, Mutation("set", parse(place), "x"), fit=SCRIPTED))


def test_a_write_is_data() -> None:
    """It is made of JSON and text, so it can be stored or sent; what it says is in a table."""
    made = Write("s", Mutation("set", parse("n"), 1), "0", OFFERED, {"$": ["now"]})

    assert set(FITS) == {OFFERED, SCRIPTED}
    assert made.mutation.verb in VERBS
    plain = (made.stream, made.shape, made.fit, made.template)
    assert eval(repr(plain)) == plain


def test_a_list_that_a_unit_wrote_is_never_taken_for_a_stored_one() -> None:
    """What is computed from it inside of the unit is not what it is afterwards."""
    with Registry() as registry:
        store = Store({"t": [1, 2]}, name="s")

        @store.computed
        def total(place: Store) -> int:
            return sum(place.read("t"))

        with store.batch():
            store.insert("t/0", 5)
            assert total.read() == 8
            store.delete("t/0")
            store.insert("t/0", 7)
            assert total.read() == 10
        store.delete("t/0")
        store.insert("t/0", 1)

        assert total.read() == 4
        assert registry.journal.n == 3


def test_an_inner_batch_belongs_to_the_outer_one() -> None:
    with Registry() as registry:
        store = Store({"n": 0}, name="s")
        with entered(Scope(registry.journal)), store.batch():
            store.increment("n")
            with store.batch():
                store.increment("n")
            assert store.read("n") == 2

    assert registry.journal.n == 1
    assert registry.journal.root("s") == {"n": 2}
    assert Path() == ROOT
