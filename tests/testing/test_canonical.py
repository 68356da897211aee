"""The one form of HTML: what counts is in it, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf.testing import Client, PageFailure, assert_same_html, canonical
from tests.testing.apps import todo_app

SAME = {
    "order of attributes": ('<p id="a" title="b">x</p>', '<p title="b" id="a">x</p>'),
    "quotes": ("<p id='a'>x</p>", "<p id=a>x</p>"),
    "white space": ("<div> <p>a\n  b</p>\n</div>", "<div><p>a b</p></div>"),
    "characters": ("<p>&eacute;&#38;</p>", "<p>é&amp;</p>"),
    "names": ("<P>x</P>", "<p>x</p>"),
}
OTHER = {
    "text": ("<p>x</p>", "<p>y</p>"),
    "an attribute": ("<p>x</p>", '<p title="">x</p>'),
    "a value": ('<p title="a">x</p>', '<p title="b">x</p>'),
    "order": ("<b>x</b><i>y</i>", "<i>y</i><b>x</b>"),
    "depth": ("<div><p>x</p></div>", "<p>x</p>"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_what_does_not_count_is_not_in_it(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)
    assert_same_html(one, other)


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER)
def test_what_counts_is_told_with_a_diff(one: str, other: str) -> None:
    with pytest.raises(PageFailure) as caught:
        assert_same_html(one, other)

    lines = str(caught.value).splitlines()
    assert lines[:3] == ["this is not the same HTML:", "--- expected", "+++ actual"]
    assert any(line[:1] == "+" for line in lines[3:]) or any(line[:1] == "-" for line in lines[3:])


def test_two_runs_of_an_app_have_the_same_form() -> None:
    """Page ids, cursors and signatures are new in each run."""
    one, other = (Client(todo_app()).open("/") for _ in range(2))

    assert str(one.soup) != str(other.soup)
    assert_same_html(one, other)


@pytest.mark.parametrize("shown", [3, None, ["<p>"]])
def test_what_is_no_html_is_refused(shown: Any) -> None:
    with pytest.raises(PageFailure, match="is no HTML"):
        canonical(shown)
