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
        "tr:has(> td.x, b, + tr)",
        "[lang|='de'][title='x' i]:nth-child(even of .a, b) /* c */ > *.d",
        ":lang(de):nth-last-of-type(3)",
        "ul:is(.a, .b) li:first-child",
        "[a",  # what ends a sheet closes what is open (CSS Syntax, "error handling")
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
        ("li::before", "no pseudo-class"),
        ("li:frist-child", "did you mean ':first-child'"),
        (":not(:hoover)", "did you mean ':hover'"),
        (". x", "can't stand there"),
        ("#1a", "can't stand there"),
        ("[a]li", "'li' can't stand there"),
        (":is(a)*", "can't stand there"),
        ("[]", "can't stand there"),
        ("[a=]", "can't stand there"),
        ("[a=1]", "can't stand there"),
        ("[a b]", "can't stand there"),
        ("[a=b x]", "can't stand there"),
        ("[a=b 1]", "can't stand there"),
        (":nth-child", "wants parentheses"),
        (":not", "wants parentheses"),
        (":hover(a)", "takes no parentheses"),
        (":has(> > a)", "in front of '>'"),
        (":has(, a)", "in front of ','"),
        (":nth-child(second)", "wants a number"),
        (":nth-of-type(1 of a)", "wants a number"),
        (":nth-child(1 of )", "ends too early"),
        ('li"', "can't stand there"),
    ],
)
def test_what_no_browser_can_read_is_refused(selector: str, words: str) -> None:
    with pytest.raises(HtealeafError, match=words):
        checked_selector(selector)
