"""Slots are found wherever they stand, data never acts as one, and unknown kinds are refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf import event, new_id, now, this, value_of
from htealeaf.errors import BadRequest
from htealeaf.state import drafts
from htealeaf.testing import events
from htealeaf.wire.slots import KINDS, key_of, slot, slots_of, template_of

keys = st.sampled_from(["$", "$$", "$a", "a", "b", ""])
texts = st.sampled_from(["$", "value", "const", "now", "x"])
data = st.recursive(
    texts | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)


def unwrapped(body: Any) -> Any:
    # What the other side makes of a template without slots.
    if isinstance(body, dict):
        return {key_of(key): unwrapped(inner) for key, inner in body.items()}
    return [unwrapped(inner) for inner in body] if isinstance(body, list) else body


@given(data)
def test_data_is_data_whatever_it_looks_like(value: Any) -> None:
    template = template_of(value)

    assert list(slots_of(template)) == []
    assert unwrapped(template) == value


def test_slots_are_found_in_order() -> None:
    value = [value_of("a", int), {"x": this.checked, "$": event.key}, now, {"id": new_id}]

    found = [(each.kind.name, each.name, each.type) for each in slots_of(template_of(value))]

    assert found == [
        ("value", "a", "int"),
        ("this", "checked", ""),
        ("event", "key", ""),
        ("now", "", ""),
        ("id", "", ""),
    ]


@pytest.mark.parametrize(
    "written",
    [
        {"$": ["cookie", "key"]},
        {"$": []},
        {"$": "value"},
        {"$": ["value", 1]},
        {"$": [["value"]]},
        {"$": ["value", "a"], "b": 1},
        {"$": ["const", {}]},
    ],
)
def test_what_is_no_slot_of_ours_is_refused(written: Any) -> None:
    with pytest.raises(BadRequest):
        slot(written)
    with pytest.raises(BadRequest):
        list(slots_of([{"in": written}]))


def test_every_kind_has_somebody_who_fills_it() -> None:
    """The browser's are filled by the client without a browser, the server's by the server."""
    by = {filler: {k for k, kind in KINDS.items() if kind.filler == filler} for filler in FILLERS}

    assert set(events._FILLED) == by["browser"]
    assert set(drafts.SERVED) == by["server"]
    assert all(kind.filler in FILLERS for kind in KINDS.values())


FILLERS = ("browser", "server")
