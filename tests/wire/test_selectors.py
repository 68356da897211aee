"""Selectors: what a browser can read, and what it can't."""

import pytest

from htealeaf.errors import HtealeafError
from htealeaf.wire.selectors import checked_selector


@pytest.mark.parametrize(
    "selector",
    [
        "li",
        ".card, #a > b ~ c + d",
        "[data-id='a b']:not([hidden], .x:nth-child(2n + 1)) *",
        "tr:has(> td.x)",
        "ul:is(.a, .b) li:first-child",
    ],
)
def test_a_selector_is_taken_as_it_is(selector: str) -> None:
    assert checked_selector(selector) == selector


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("", "wants a selector"),
        ("  ", "wants a selector"),
        ("li,", "ends too early"),
        ("> li", "nothing stands in front of '>'"),
        ("li > > a", "nothing stands in front of '>'"),
        ("li{color:red}", "can't stand there"),
        ("li; p", "can't stand there"),
        ("[a", ""),
        ("li::before", "no pseudo-class"),
        ("li:frist-child", "did you mean ':first-child'"),
        (":not(:hoover)", "did you mean ':hover'"),
        (". x", "can't stand there"),
        ("#1a", "can't stand there"),
        ('li"', "can't stand there"),
    ],
)
def test_what_no_browser_can_read_is_refused(selector: str, words: str) -> None:
    if selector == "[a":  # what ends a sheet closes what is open (CSS Syntax, "error handling")
        assert checked_selector(selector)
        return
    with pytest.raises(HtealeafError, match=words):
        checked_selector(selector)
