"""The steps of an event are read as they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.wire.steps import Steps, parse_steps

OWN = "/api/_store/shared/counter?update=1&o=x"
codes = st.lists(st.text(max_size=8), max_size=2).map(tuple)
offers = st.sampled_from([None, "shared/counter?update=1&o=x"])


@given(codes, offers, codes)
def test_what_was_written_is_read(
    before: tuple[str, ...], offer: str | None, after: tuple[str, ...]
) -> None:
    steps = Steps(before, offer, after if offer else ())

    assert parse_steps(str(steps)) == steps


def test_one_step_stands_alone() -> None:
    assert str(Steps(offer="shared/a?toggle&o=x")) == "shared/a?toggle&o=x"
    assert str(Steps(before=("go()",))) == "js:go()"


def test_an_empty_step_is_the_element_s_own_offer() -> None:
    text = str(Steps(("a()",), "", ("b()",)))

    assert text == '["js:a()","","js:b()"]'
    assert parse_steps(text, OWN) == (("a()",), OWN, ("b()",))


@pytest.mark.parametrize("text", ['["a?set&o=x","b?set&o=y"]', "[1]", "[null]"])
def test_what_nobody_writes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="steps of"):
        parse_steps(text)
