"""Outlines: what is around nested nodes, and which rows two lists share at their ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from htealeaf.reactive.outline import Framed, Staying, common_ends, outline, trimmed

KEYS = st.lists(st.sampled_from("abcd"), max_size=12).map(tuple)


def test_the_html_of_a_node_is_no_part_of_what_is_around_it() -> None:
    """So a change inside of it leaves the digest of what encloses it alone."""
    one = ["<p>", Framed("<b>1</b>", "n"), "</p>"]
    other = ["<p>", Framed("<b>2</b>", "n"), "</p>"]

    assert outline(one) == outline(other)
    assert outline(one)[0] == ("n",)


def test_where_a_node_stands_counts_outside_of_lists_only() -> None:
    one, other = Framed("x", "n"), Framed("y", "m")

    assert outline([one, "-", other])[1] != outline([other, "-", one])[1]
    assert outline([one, other], ordered=False)[1] == outline([other, one], ordered=False)[1]


def test_text_of_a_page_is_no_node() -> None:
    assert outline(["\0n\0"])[0] == ()


def test_rows_that_were_not_rendered_stand_as_their_ids() -> None:
    kids, around = outline([Staying(("a", "b")), Framed("x", "c"), Staying(())], ordered=False)

    assert kids == ("a", "b", "c")
    assert around == ""


def test_a_place_without_an_id_has_no_kid() -> None:
    assert outline([Framed("<i>", "")]) == ((), "\0\0")


@given(KEYS, KEYS)
def test_ends_are_the_same_and_as_long_as_they_can_be(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    head, tail = common_ends(one, other)
    middle, middle_ = trimmed(one, other)

    assert one[:head] == other[:head]
    assert one[len(one) - tail :] == other[len(other) - tail :]
    assert one == one[:head] + middle + one[len(one) - tail :]
    if middle and middle_:
        assert middle[0] != middle_[0]
        assert middle[-1] != middle_[-1]
