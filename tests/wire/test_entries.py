"""Entries of forms: put together by the brackets of their names, and bounded first."""

from __future__ import annotations

import pytest

from htealeaf.errors import BadRequest
from htealeaf.wire.entries import MAX_ENTRIES, MAX_NESTED, as_sent, nested


def test_a_form_is_bounded_in_number_and_depth() -> None:
    nested([("a", "x")] * MAX_ENTRIES)
    with pytest.raises(BadRequest):
        nested([("a", "x")] * (MAX_ENTRIES + 1))
    with pytest.raises(BadRequest):
        nested([("a" + "[0]" * (MAX_NESTED + 1), "x")])


def test_rows_are_put_in_order_once_and_have_short_numbers() -> None:
    """However many of them are refused, and whatever stands in the brackets."""
    # The shim adds a row under the time in milliseconds.
    numbers = (3, 1, 1795816214090, "9" * 5000, "x", "\u0663")
    found = nested([(f"a[{n}]", "x") for n in numbers])["a"]

    assert [key for key, _ in found.rows] == ["1", "3", "1795816214090"]
    assert found.rows is found.rows


def test_a_number_that_no_row_has_is_left_as_it_is() -> None:
    sent = as_sent({f"numbers[{'9' * 5000}]": "No."}, [("numbers[0]", "x")])

    assert [*sent] == [f"numbers[{'9' * 5000}]"]
