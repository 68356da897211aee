"""Data tables: heads that sort, boxes that choose, rows that are bindings, and no rows."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest

from htealeaf import (
    Element,
    Ref,
    Registry,
    Store,
)
from htealeaf.components import (
    Column,
    Selection,
    badge,
    data_table,
    table_note,
    table_row,
)
from tests.components.shown import ROWS, Place, one, soup, texts

COLUMNS: list[Column | str] = [
    Column("name", heads_row=True),
    Column("price", number=True),
    "ready",
]


def test_a_table_says_what_it_holds_and_which_cells_are_heads() -> None:
    made = data_table(ROWS, COLUMNS, caption="Drinks")

    assert one(made, "caption").get_text() == "Drinks"
    assert texts(made, "thead th[scope=col]") == ["Name", "Price", "Ready"]
    assert texts(made, "tbody th[scope=row]") == ["Tea", "<Milk>"]
    assert texts(made, "tbody td") == ["3", "true", "4.5", "false"]


def test_a_wide_table_is_scrolled_by_keyboard_and_has_a_name() -> None:
    region = one(data_table(ROWS, COLUMNS, caption="Drinks"), ".ht-table > [role=region]")

    assert (region["tabindex"], region["aria-label"]) == ("0", "Drinks")


@dataclass
class Drink:
    name: str
    price: int


Pair = namedtuple("Pair", "name price")


@pytest.mark.parametrize("row", [{"name": "Tea", "price": 3}, Drink("Tea", 3), Pair("Tea", 3)])
def test_a_row_is_a_mapping_or_an_object(row: Any) -> None:
    assert texts(data_table([row], ["name", "price"], caption="x"), "td") == ["Tea", "3"]


def test_a_row_may_be_a_place_in_a_store() -> None:
    with Registry():
        store = Store({"list": ROWS}, name="drinks")

    made = data_table(store.at("list"), ["name"], caption="x")

    assert texts(made, "td") == ["Tea", "<Milk>"]


def test_a_column_may_draw_its_cells() -> None:
    column = Column("price", "Cost", render=lambda row: badge(f"{row['price']} €"))

    made = data_table(ROWS, [column], caption="x")

    assert texts(made, "th") == ["Cost"]
    assert texts(made, "td .ht-badge") == ["3 €", "4.5 €"]


@pytest.mark.parametrize(
    ("sort", "order", "wanted"),
    [("", None, "name"), ("name", "ascending", "-name"), ("-name", "descending", "name")],
)
def test_a_head_says_how_the_table_is_sorted_and_turns_it(
    sort: str, order: str | None, wanted: str
) -> None:
    columns = [Column("name", sortable=True), Column("price")]

    made = data_table(ROWS, columns, caption="x", sort=sort, on_sort=lambda to: f"/?sort={to}")

    head = one(made, "th:has(.ht-sort)")
    assert head.get("aria-sort") == order
    assert head.a is not None
    assert head.a["href"] == f"/?sort={wanted}"
    assert not soup(made).select("th:not(:has(.ht-sort))[aria-sort]")


def test_only_one_head_is_the_one_that_sorts() -> None:
    columns = [Column("name", sortable=True), Column("price", sortable=True)]

    made = data_table(ROWS, columns, caption="x", sort="-price", on_sort=lambda to: f"?{to}")

    assert texts(made, "[aria-sort]") == ["Price"]


def test_boxes_are_named_after_their_rows(place: Place) -> None:
    view = place.view
    selection = Selection(
        chosen={2},
        on_change=lambda key: view.do.toggle(f"chosen/{key}"),
        on_all=lambda on: view.do.set("chosen", {}),
        label=lambda row: str(row["name"]),
    )

    shown = place.show(data_table(ROWS, ["name"], caption="x", selection=selection))

    boxes = shown.select("table input")
    assert [box["aria-label"] for box in boxes] == [
        "Select all rows",
        "Select Tea",
        "Select <Milk>",
    ]
    assert [box.has_attr("checked") for box in boxes] == [False, False, True]


@pytest.mark.parametrize(("chosen", "wanted"), [({1}, True), ({1, 2}, False), ((), True)])
def test_the_box_in_the_head_ticks_all_or_none(chosen: Any, wanted: bool) -> None:
    asked: list[bool] = []
    selection = Selection(chosen=chosen, on_all=asked.append)

    made = data_table(ROWS, ["name"], caption="x", selection=selection)

    assert asked == [wanted]
    assert one(made, "thead input").has_attr("checked") == (not wanted)


def test_boxes_without_an_action_are_fields_of_a_form() -> None:
    selection = Selection(name="ids", chosen=[1])

    boxes = soup(data_table(ROWS, ["name"], caption="x", selection=selection)).select("input")

    assert [(box["name"], box["value"]) for box in boxes] == [("ids", "1"), ("ids", "2")]


def test_an_empty_table_says_so_over_its_whole_width() -> None:
    made = data_table([], COLUMNS, caption="x", selection=Selection(), empty="No drinks.")

    note = one(made, "tbody td")
    assert (note.get_text(), note["colspan"]) == ("No drinks.", "4")


def test_a_table_on_its_way_is_busy() -> None:
    made = data_table([], COLUMNS, caption="x", loading=True)

    assert one(made, "[role=region]")["aria-busy"] == "true"
    assert one(made, "tbody progress")
    assert texts(data_table(ROWS, ["name"], caption="x", loading=True), "td") == ["Tea", "<Milk>"]
    assert not soup(data_table(ROWS, ["name"], caption="x")).select("[aria-busy]")


def test_rows_may_be_bindings(place: Place) -> None:
    def row(drink: Ref) -> Element:
        return table_row(drink, COLUMNS)

    rows = place.drinks.each("list", row, key="id", empty=table_note("None.", COLUMNS))

    shown = place.show(data_table(rows, COLUMNS, caption="x"))

    [body] = shown.select("tbody")
    assert body["id"] == "drinks-list"  # so rows come and go by themselves
    assert [head.get_text() for head in body.select("tr[id] > th")] == ["Tea", "<Milk>"]


def test_a_binding_without_rows_says_so(place: Place) -> None:
    place.drinks.clear("list")
    note = table_note("None.", COLUMNS)
    rows = place.drinks.each("list", lambda row: table_row(row, COLUMNS), key="id", empty=note)

    shown = place.show(data_table(rows, COLUMNS, caption="x"))

    [cell] = shown.select("tbody td")
    assert (cell.get_text(), cell["colspan"]) == ("None.", "3")


def test_what_stands_below_and_around_is_the_authors() -> None:
    made = data_table(ROWS, ["name"], caption="x", pages="below", id="t", class_="mine")

    root = one(made, "#t")
    assert root["class"] == ["mine", "ht-table"]
    assert root.get_text().endswith("below")
