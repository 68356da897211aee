"""What is typed into controls: what fits, what nobody expects, and who typed it."""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import Any
from uuid import UUID

import pytest
from bs4 import Tag

from htealeaf.testing import controls
from htealeaf.testing.generating import HOSTILE, Values, mark_of
from htealeaf.testing.trees import parse


class Colour(Enum):
    RED = "r"
    BLUE = "b"


def control(html: str) -> Tag:
    (found,) = parse(html).select("input, select, textarea")
    return found


def values(seed: int = 0, **annotations: Any) -> Values:
    return Values("ann", Random(seed), annotations)


@pytest.mark.parametrize(
    ("html", "annotation", "all_of"),
    [
        ('<input name="a" type="number" min="3" max="5">', int, {"3", "4", "5"}),
        ('<input name="a">', Colour, {"r", "b"}),
        ('<input name="a">', Colour | None, {"r", "b"}),
        ('<input name="a">', bool, {"on"}),
    ],
)
def test_each_value_that_fits_comes_and_no_other(
    html: str, annotation: Any, all_of: set[str]
) -> None:
    made = {values(seed, a=annotation).fitting(control(html)) for seed in range(60)}

    assert made == all_of


def test_a_uuid_is_one() -> None:
    assert UUID(values(a=UUID).fitting(control('<input name="a">'))).version == 4


def test_text_says_who_typed_it() -> None:
    field = control('<textarea name="a"></textarea>')
    values().fill(field, hostile=False)

    assert controls.value_of(field) == mark_of("ann") != mark_of("bob")


def test_the_same_seed_types_the_same() -> None:
    field = control('<input name="a" type="number" min="0" max="1000000">')
    made = [[values(seed).fitting(field) for seed in (1, 2, 3)] for _ in range(2)]

    assert made[0] == made[1]
    assert len({*made[0]}) == 3


def test_what_nobody_expects_is_typed_too() -> None:
    seen = set()
    for seed in range(300):
        field = control('<textarea name="a"></textarea>')
        values(seed).fill(field, hostile=True)
        seen.add(controls.value_of(field))

    assert len(seen) > len(HOSTILE) // 2
    assert any("<b" in text for text in seen)


@pytest.mark.parametrize("state", ["disabled", "readonly"])
def test_what_nobody_can_fill_is_left_alone(state: str) -> None:
    field = control(f'<input name="a" value="as it was" {state}>')
    values().fill(field, hostile=False)

    assert controls.value_of(field) == "as it was"


def test_an_option_that_can_be_chosen_is_chosen() -> None:
    html = (
        '<select name="a"><option value="">none</option><option>x</option>'
        "<option disabled>y</option><option>z</option></select>"
    )
    chosen = set()
    for seed in range(60):
        field = control(html)
        values(seed).fill(field, hostile=False)
        chosen.add(controls.value_of(field))

    assert chosen == {"x", "z"}
