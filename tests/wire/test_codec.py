"""JSON comes in checked and goes out compact; URLs keep what they were given."""

from __future__ import annotations

import json as python_json
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.errors import BadRequest, InvalidValue, RefusedValue
from htealeaf.wire.codec import (
    MAX_DEPTH,
    TooMuch,
    dumps,
    encode,
    encode_place,
    integer,
    loads,
    refuse_inexact,
    utf8,
)

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


# -- counted before it is parsed ---------------------------------------------------------------


def _values(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_values, inner))


def _deep(value: Any) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    return 1 + max(map(_deep, value.values() if isinstance(value, dict) else value), default=0)


_JSON = st.recursive(
    st.none() | st.integers() | st.text('ab"\\[]{},:é', max_size=8),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('"\\[,a', max_size=4), inner),
    max_leaves=40,
)


@given(_JSON, st.booleans())
def test_values_are_counted_as_they_are(value: Any, spaced: bool) -> None:
    text = python_json.dumps(value, ensure_ascii=False, indent=1 if spaced else None)
    values, depth = _values(value), max(_deep(value), 1)

    assert loads(text, nodes=values, depth=depth) == value
    if values > 1:
        with pytest.raises(TooMuch):
            loads(text, nodes=values - 1, depth=depth)
    if depth > 1 and text.count("[") + text.count("{") > 8:
        with pytest.raises(BadRequest):
            loads(text, nodes=values, depth=depth - 1)


def test_values_at_the_limit_and_one_over() -> None:
    assert len(loads("[" + "0," * 9_998 + "0]")) == 9_999
    with pytest.raises(TooMuch):
        loads("[" + "0," * 9_999 + "0]")
    assert loads('"' + "[,{" * 100_000 + '"') == "[,{" * 100_000


@pytest.mark.parametrize(
    "text", ["9007199254740992", "[-9007199254740992]", '{"a":[1,99999999999999999]}']
)
def test_an_integer_that_a_browser_would_change_is_refused(text: str) -> None:
    for sent in (text, text.encode()):
        with pytest.raises(InvalidValue):
            refuse_inexact(sent, loads(text))


@pytest.mark.parametrize(
    "text", ["9007199254740991", '"9007199254740992"', "0.1234567890123456789"]
)
def test_what_a_browser_keeps_is_taken(text: str) -> None:
    refuse_inexact(text, loads(text))


@pytest.mark.parametrize(
    "value", [float("nan"), [float("inf")], 10**5000], ids=["nan", "inf", "big"]
)
def test_what_json_has_not_is_refused_in_words(value: Any) -> None:
    with pytest.raises(RefusedValue, match="it can't be written as JSON"):
        dumps(value)


def test_half_a_character_is_sent_as_none_and_two_halves_as_one() -> None:
    assert utf8("\u20ac\ud800") == "\u20ac\ufffd".encode()
    assert utf8("\ud83d\ude00\udc00") == "\U0001f600\ufffd".encode()
    with pytest.raises(RefusedValue, match="half a character"):
        encode("\udfff")
