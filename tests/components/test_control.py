"""Controls in components: a link, a button, or one that can't be pressed now."""

from __future__ import annotations

import pytest

from htealeaf import HtealeafError
from htealeaf.components.control import control
from tests.components.shown import Place, one


def test_a_url_is_a_link() -> None:
    made = one(control("Next", "/?page=2&x=1", class_="wide"), "a")

    assert (made["href"], made["class"], made.get_text()) == ("/?page=2&x=1", ["wide"], "Next")


def test_an_action_is_a_button(place: Place) -> None:
    [button] = place.show(control("+", place.view.do.increment("page"))).select("[formaction]")

    assert (button.name, button.get_text()) == ("button", "+")


def test_what_does_nothing_now_stays_where_it_can_be_focused() -> None:
    made = one(control("Next", None), "button")

    assert made["aria-disabled"] == "true"
    assert "disabled" not in made.attrs


def test_a_script_url_is_refused_as_in_any_link() -> None:
    with pytest.raises(HtealeafError, match="script URL"):
        control("x", "javascript:alert(1)")
