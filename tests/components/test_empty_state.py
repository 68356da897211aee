"""Empty states: what is missing, and what to do about it."""

from __future__ import annotations

import htealeaf.components as components
from htealeaf.components import (
    empty_state,
)
from tests.components.shown import one, texts


def test_an_empty_state_says_what_to_do() -> None:
    made = empty_state("No invoices", "Send one.", icon="!", actions=components.a("New", href="/"))

    assert texts(made, "p") == ["No invoices", "Send one."]
    assert one(made, "span[aria-hidden=true]").get_text() == "!"
    assert one(made, "div > div > a").get_text() == "New"
    assert texts(empty_state("Nothing"), ".ht-empty > *") == ["Nothing"]
