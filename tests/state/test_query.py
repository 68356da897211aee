"""The query of a page's URL: read key by key, and changed by a visit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf import HtealeafError
from htealeaf.errors import BadRequest
from htealeaf.state.query import MAX_KEYS, changed, entries, parsed, query_of

VALUES = st.dictionaries(
    st.text(min_size=1, max_size=3), st.text(min_size=1, max_size=5), max_size=4
)


@given(VALUES)
def test_what_is_written_into_a_query_is_read_from_it(values: dict[str, str]) -> None:
    url = changed("/list?old=1#end", values)

    found = parsed(query_of(url))
    assert {key: texts[-1] for key, texts in found.items()} == {"old": "1", **values}


@pytest.mark.parametrize("gone", [None, "", [], [None], [""]])
def test_what_is_nothing_takes_its_key_out(gone: Any) -> None:
    assert changed("/list?a=1&b=2", {"a": gone}) == "/list?b=2"
    assert changed("/list?a=1", {"a": gone}) == "/list"


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (2.0, "2"), (2.5, "2.5"), (7, "7"), (["a", 1], "a&x=1")]
)
def test_values_are_written_as_the_shim_writes_them(value: Any, text: str) -> None:
    assert changed("/", {"x": value}) == f"/?x={text}"


def test_what_has_no_text_is_refused() -> None:
    with pytest.raises(HtealeafError, match="a dict"):
        changed("/", {"x": {"a": 1}})


def test_only_the_keys_that_differ_have_changed() -> None:
    [found] = entries("/?a=1&b=2&c=3", "/?b=2&c=4&d=5")

    assert sorted(str(change.path) for change in found.changes) == ["a", "c", "d"]
    assert entries("/?a=1&b=2", "/other?b=2&a=1") == []


def test_a_query_is_bounded() -> None:
    assert len(parsed("&".join(f"k{n}=1" for n in range(MAX_KEYS)))) == MAX_KEYS
    with pytest.raises(BadRequest):
        parsed("&".join(f"k{n}=1" for n in range(MAX_KEYS + 1)))
