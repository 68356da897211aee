"""An offer is read as it was made, its MAC covers one text, and what we do not write is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.data.verbs import VERBS
from htealeaf.errors import BadRequest
from htealeaf.wire.offers import (
    Modifiers,
    Step,
    parse_offer,
    query_of,
    query_of_steps,
    signed_head,
)

values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
steps = st.builds(
    Step,
    st.sampled_from(["shared", "rooms@lobby"]),
    st.sampled_from(["counter", "todo/3", ""]),
    st.sampled_from([*VERBS]),
    values,
    st.none() | st.integers(1, 99),
    st.none() | st.sampled_from(["0", "k3v.12"]),
)
modifiers = st.lists(
    st.sampled_from([("confirm", "Sure & certain?"), ("once", None), ("key", "Enter")]),
    unique=True,
    max_size=3,
).map(tuple)


@given(steps, modifiers)
def test_an_offer_is_read_as_it_was_made(step: Step, said: Modifiers) -> None:
    query = query_of(step.verb, step.template, step.keep, step.shape, said)

    offer = parse_offer(step.target, step.path, f"{query}&o=MAC")

    assert offer is not None
    assert (offer.signed, offer.mac, offer.steps, offer.chained) == (query, "MAC", (step,), False)
    assert {name: offer.fields[name] for name, _ in said} == {k: v or "" for k, v in said}


@given(st.lists(steps, min_size=1, max_size=3), modifiers)
def test_so_is_a_chain(made: list[Step], said: Modifiers) -> None:
    query = query_of_steps(made, said)

    offer = parse_offer("", "", f"{query}&o=MAC")

    assert offer is not None
    assert (offer.signed, offer.steps, offer.chained) == (query, tuple(made), True)


@pytest.mark.parametrize(
    "query",
    [
        "upsert=1",
        "steps=" + quote('[["shared/counter","upsert",1,null,null]]'),
        "steps=" + quote('[["shared/counter","set",1]]'),
        "steps=1",
        "set=1&retry",
        "set=1&keep=many",
        "set=1&steps=[]",
        "set={",
    ],
)
def test_what_we_do_not_write_is_refused(query: str) -> None:
    with pytest.raises(BadRequest):
        parse_offer("shared", "counter", f"{query}&o=MAC")


def test_a_query_without_a_mac_is_no_offer() -> None:
    assert parse_offer("shared", "counter", "update=1") is None


names = st.text("a1 \n", max_size=6)
paths = st.text("a1/ ", max_size=6)


@given(
    st.lists(names, min_size=1, max_size=3), paths, st.lists(names, min_size=1, max_size=3), paths
)
def test_the_signed_text_can_be_read_in_one_way_only(
    streams: list[str], path: str, others: list[str], other_path: str
) -> None:
    same = (streams, path) == (others, other_path)

    assert (signed_head(path, *streams) == signed_head(other_path, *others)) == same
