"""Progress bars: what goes on, and how far it is."""

from __future__ import annotations

from htealeaf.components import (
    progress_bar,
)
from tests.components.shown import one, texts


def test_a_progress_bar_says_what_goes_on_and_how_far() -> None:
    made = progress_bar(1, 3, label="Upload", id="bar")

    assert one(made, "label > progress#bar")["value"] == "1"
    assert one(made, "label > [aria-hidden]").get_text() == "33 %"
    assert texts(progress_bar(1, 3, label="Upload", text="1 of 3"), "[aria-hidden]") == ["1 of 3"]


def test_a_progress_bar_may_not_know_how_far() -> None:
    made = one(progress_bar(label="Looking"), "progress")

    assert not made.has_attr("value")
