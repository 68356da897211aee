"""Validity of controls: what a browser does not send, told by what stands in the way."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from htealeaf.testing.trees import state
from htealeaf.testing.validity import fault_of


def control(html: str) -> Tag:
    found = BeautifulSoup(html, "html.parser").find(True)
    assert isinstance(found, Tag)
    return found


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ('<input required value="">', "is required and empty"),
        ('<input required disabled value="">', None),
        ('<input type="checkbox" required>', "is required and empty"),
        ('<input type="radio" name="a" required>', "is required and empty"),
        ('<input type="file" required>', "is required and empty"),
        ('<input type="email" value="ann">', "is no email address"),
        ('<input type="email" value="ann@tea.example">', None),
        ('<input type="url" value="tea.example">', "is no URL"),
        ('<input type="url" value="https://tea.example">', None),
        ('<input pattern="[a-c]+" value="abd">', "does not match pattern=[a-c]+"),
        ('<input pattern="[a-c]+" value="abc">', None),
        ('<input type="number" value="many">', "is no number"),
        ('<input type="number" min="2" value="1">', "is less than min=2"),
        ('<input type="date" max="2026-01-01" value="2026-01-02">', "is more than max=2026-01-01"),
        ('<input type="number" min="1" step="0.5" value="1.7">', "is no step of step=0.5"),
        ('<input type="number" min="1" step="0.5" value="1.5">', None),
        ('<input type="number" step="any" value="1.7">', None),
    ],
)
def test_what_stands_in_the_page_is_held_against_its_constraints(
    html: str, fault: str | None
) -> None:
    assert fault_of(control(html)) == fault


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("a", "is shorter than minlength=2"),
        ("\U0001f375", None),  # two units of JavaScript's strings
        ("abcd", "is longer than maxlength=3"),
        ("", None),
    ],
)
def test_a_length_counts_for_what_was_typed(typed: str, fault: str | None) -> None:
    """What the server has put there may be of any length."""
    field = control('<input minlength="2" maxlength="3" value="abcdef">')

    assert fault_of(field) is None
    state(field)["value"] = typed
    assert fault_of(field) == fault
