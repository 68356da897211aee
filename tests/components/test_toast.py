"""Toasts: read out where they come, and gone by a button or by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf.components import (
    toast,
    toasts,
)
from tests.components.shown import one, soup


def test_messages_come_into_a_live_region() -> None:
    place = one(toasts(toast("Saved", kind="success")), "section")

    assert (place["aria-live"], place["aria-label"]) == ("polite", "Messages")


@pytest.mark.parametrize(
    ("kind", "role"),
    [("info", None), ("success", None), ("warning", "alert"), ("error", "alert")],
)
def test_only_what_is_wrong_interrupts(kind: Any, role: str | None) -> None:
    made = one(toast("x", kind=kind), ".ht-toast")

    assert made.get("role") == role
    assert made["data-kind"] == kind


def test_a_message_goes_by_a_button_or_by_itself() -> None:
    made = toast("x", on_close="/away", close="Away", fades=True)

    assert one(made, ".ht-fades a")["aria-label"] == "Away"
    assert not soup(toast("x")).select("button, a, .ht-fades")
