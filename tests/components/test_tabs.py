"""Tabs: the selected one and its panel name each other."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf import (
    HtealeafError,
)
from htealeaf.components import Tab as TabItem
from htealeaf.components import (
    tabs,
)
from tests.components.shown import one

ITEMS = [TabItem("a", "One", "first"), TabItem("b", "Two", lambda: "second")]


def shown_tabs(selected: str = "b") -> Any:
    return tabs(ITEMS, selected, id="t", label="Parts", on_select=lambda key: f"?tab={key}")


def test_the_selected_tab_and_its_panel_name_each_other() -> None:
    made = shown_tabs()

    tab = one(made, "[role=tablist] > [role=tab][aria-selected=true]")
    panel = one(made, "[role=tabpanel]")
    assert tab["aria-controls"] == panel["id"]
    assert panel["aria-labelledby"] == tab["id"]
    assert panel["tabindex"] == "0"
    assert (tab.get_text(), panel.get_text()) == ("Two", "second")
    assert one(made, "[role=tab][aria-selected=false]").get_text() == "One"
    assert one(made, "[role=tablist]")["aria-label"] == "Parts"


def test_only_the_panel_that_is_shown_is_made() -> None:
    def never() -> str:
        raise AssertionError

    items = [TabItem("a", "One", never), TabItem("b", "Two", "second")]

    tabs(items, "b", id="t", label="x", on_select=lambda key: "?")


def test_the_arrow_keys_begin_at_the_selected_tab() -> None:
    made = shown_tabs()

    assert one(made, "[role=tablist]")["focusgroup"] == "tablist nomemory"
    assert one(made, "[focusgroupstart]").get_text() == "Two"


def test_an_unknown_tab_is_the_first() -> None:
    assert one(shown_tabs("gone"), "[role=tabpanel]").get_text() == "first"


def test_tabs_without_a_tab_are_refused() -> None:
    with pytest.raises(HtealeafError, match="no tab"):
        tabs([], "", id="t", label="x", on_select=lambda key: "?")
