"""JSON comes in checked and goes out compact; URLs keep what they were given."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.errors import BadRequest
from htealeaf.wire.codec import MAX_DEPTH, dumps, encode, encode_place, integer, loads

json: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(json)
def test_what_is_written_is_read(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert loads(dumps(value).encode()) == value


@pytest.mark.parametrize(
    "body",
    ["", "{", "NaN", "[Infinity]", '{"a":1,"a":2}', "1 2", b"\xff", "'a'", "[" * 33 + "]" * 33],
)
def test_what_is_no_json_is_refused(body: str | bytes) -> None:
    with pytest.raises(BadRequest):
        loads(body)


def test_depth_counts_brackets_and_not_text() -> None:
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert loads(dumps("[" * 99)) == "[" * 99


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_in_a_url_comes_back(text: str) -> None:
    for encoded in (encode(text), encode_place(text)):
        assert unquote(encoded) == text
        assert not set(encoded) & set(" \"'<>&#?")


@pytest.mark.parametrize("text", ["-1", "+1", "1.0", "x", "", "\u0661", "1" * 10])
def test_a_whole_number_is_digits(text: str) -> None:
    with pytest.raises(BadRequest, match="keep wants a whole number"):
        integer(text, "keep")


def test_no_text_is_no_number() -> None:
    assert integer(None, "keep") is None
    assert integer("7", "keep") == 7
