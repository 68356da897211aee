"""Cursors are written and read in one way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.data.cursor import Cursor
from htealeaf.errors import BadRequest


@given(st.from_regex(r"[0-9a-z]{1,12}", fullmatch=True), st.integers(0, 10**18 - 1))
def test_a_cursor_is_read_as_it_was_written(epoch: str, n: int) -> None:
    assert Cursor.parse(str(Cursor(epoch, n))) == (epoch, n)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "k3v",
        ".1",
        "k3v.",
        "k3v.-1",
        "k3v.+1",
        "k3v.1.2",
        "k-v.1",
        "k3v.\u0661",
        "k." + "9" * 19,
    ],
)
def test_anything_else_is_no_cursor(text: str) -> None:
    with pytest.raises(BadRequest, match="is no cursor"):
        Cursor.parse(text)
