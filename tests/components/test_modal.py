"""Dialogs: named, opened by a button or by the server, and closed."""

from __future__ import annotations

import htealeaf.components as components
from htealeaf.components import (
    closes,
    modal,
    opens,
)
from tests.components.shown import Place, one


def test_a_dialog_is_named_by_its_title_and_closed_by_a_button() -> None:
    made = modal("Really?", id="sure", title="Delete", close="No")

    dialog = one(made, "dialog")
    assert dialog["aria-labelledby"] == one(made, "h2")["id"]
    assert not dialog.has_attr("open")
    leave = one(made, "footer button")
    assert (leave.get_text(), leave["type"]) == ("No", "button")
    assert (leave["command"], leave["commandfor"]) == ("close", "sure")


def test_a_button_names_the_dialog_that_it_opens() -> None:
    assert opens("sure") == {"command": "show-modal", "commandfor": "sure"}
    assert closes("sure") == {"command": "close", "commandfor": "sure"}


def test_a_dialog_that_the_server_opens_is_closed_by_an_action() -> None:
    made = modal("x", id="d", title="T", open=True, on_close="/", class_="mine")

    assert one(made, "dialog[open]")["class"] == ["mine", "ht-modal"]
    assert one(made, "footer a")["href"] == "/"


def test_a_button_that_acts_and_closes_is_sent(place: Place) -> None:
    """A button with a command sends nothing unless its type says so."""
    clear = components.button("Clear", onclick=place.drinks.do.clear("list"), **closes("sure"))

    [shown] = place.show(modal(id="sure", title="?", actions=clear)).select("[formaction]")

    assert (shown["type"], shown["command"], shown["commandfor"]) == ("submit", "close", "sure")
