"""Badges: what is shown and what is read out."""

from __future__ import annotations

from htealeaf.components import (
    badge,
)
from tests.components.shown import one


def test_a_badge_may_be_read_out_otherwise() -> None:
    made = badge(3, kind="error", label="3 unread messages", id="b")

    assert one(made, "#b > [aria-hidden=true]").get_text() == "3"
    assert one(made, "#b > .ht-unseen").get_text() == "3 unread messages"
    assert str(badge("<New>")) == '<span data-kind="neutral" class="ht-badge">&lt;New&gt;</span>'
