"""What each ready-made piece is in HTML."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

import htealeaf.components as components
from htealeaf import (
    WSGI,
    Element,
    HtealeafError,
    PageStore,
    Ref,
    Registry,
    Store,
    SuperStore,
)
from htealeaf.components import (
    Column,
    Selection,
    avatar,
    badge,
    closes,
    data_table,
    empty_state,
    modal,
    opens,
    pagination,
    progress_bar,
    table_note,
    table_row,
    tabs,
    toast,
    toasts,
)
from htealeaf.components import Tab as TabItem
from htealeaf.html.nesting import check
from htealeaf.testing import Client

ROWS = [
    {"id": 1, "name": "Tea", "price": 3, "ready": True},
    {"id": 2, "name": "<Milk>", "price": 4.5, "ready": False},
]
COLUMNS: list[Column | str] = [
    Column("name", heads_row=True),
    Column("price", number=True),
    "ready",
]


def soup(element: object) -> BeautifulSoup:
    html = str(element)
    assert not check(html, ["html", "body"]).faults, "a browser nests it otherwise"
    return BeautifulSoup(html, "html.parser")


def one(element: object, selector: str) -> Tag:
    [found] = soup(element).select(selector)
    return found


def texts(element: object, selector: str) -> list[str]:
    return [found.get_text() for found in soup(element).select(selector)]


class Place:
    """An app whose one page shows what a test makes, with stores for its actions."""

    def __init__(self) -> None:
        with Registry():
            self.app = WSGI(secret="a secret of the tests")
            SuperStore(self.app)
            self.view = PageStore({"page": 1, "chosen": {}}, name="view")
            self.drinks = Store({"list": ROWS}, name="drinks")

    def show(self, element: Any) -> BeautifulSoup:
        self.app.route("/")(lambda: components.main(element))
        page = Client(self.app).open("/")
        page.assert_consistent()
        return BeautifulSoup(page.html, "html.parser")


@pytest.fixture
def place() -> Place:
    return Place()


# -- data table ----------------------------------------------------------------------------


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


# -- pagination ----------------------------------------------------------------------------


def test_pages_are_links_or_buttons_and_one_is_current(place: Place) -> None:
    made = pagination(2, 3, lambda number: f"/?page={number}", label="Pages of drinks")

    assert one(made, "nav")["aria-label"] == "Pages of drinks"
    assert one(made, "[aria-current=page]").get_text() == "2"
    assert [link["href"] for link in soup(made).select("a")] == [
        "/?page=1",
        "/?page=1",
        "/?page=2",
        "/?page=3",
        "/?page=3",
    ]
    shown = place.show(pagination(2, 3, lambda number: place.view.do.set("page", number)))
    assert len(shown.select("nav button[formaction]")) == 5


@pytest.mark.parametrize(
    ("page", "off"),
    [(1, ["Previous"]), (2, []), (3, ["Next"]), (0, ["Previous"]), (9, ["Next"])],
)
def test_at_an_end_there_is_no_further(page: int, off: list[str]) -> None:
    """The button stays, so that who pressed it till the end keeps the focus."""
    made = pagination(page, 3, lambda number: f"?{number}")

    assert texts(made, "[aria-disabled=true]") == off


@pytest.mark.parametrize("pages", [0, 1])
def test_one_page_is_the_only_one(pages: int) -> None:
    made = pagination(1, pages, lambda number: f"?{number}")

    assert texts(made, "[aria-disabled=true]") == ["Previous", "Next"]
    assert texts(made, "[aria-current]") == ["1"]


def test_a_number_has_the_same_id_on_every_page() -> None:
    for page in (1, 5, 9):
        assert one(pagination(page, 9, lambda number: f"?{number}", id="p"), "#p-9")


def test_many_pages_are_left_out() -> None:
    made = pagination(50, 100, lambda number: f"?{number}", around=2)

    assert texts(made, "li")[1:-1] == ["1", "…", "48", "49", "50", "51", "52", "…", "100"]


# -- dialog --------------------------------------------------------------------------------


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


# -- toast ---------------------------------------------------------------------------------


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


# -- tabs ----------------------------------------------------------------------------------

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


# -- small ones ----------------------------------------------------------------------------


def test_a_badge_may_be_read_out_otherwise() -> None:
    made = badge(3, kind="error", label="3 unread messages", id="b")

    assert one(made, "#b > [aria-hidden=true]").get_text() == "3"
    assert one(made, "#b > .ht-unseen").get_text() == "3 unread messages"
    assert str(badge("<New>")) == '<span data-kind="neutral" class="ht-badge">&lt;New&gt;</span>'


def test_an_avatar_is_a_picture_of_somebody() -> None:
    letters = one(avatar("Ann Lee"), ".ht-avatar")
    assert (letters["role"], letters["aria-label"], letters.get_text()) == ("img", "Ann Lee", "AL")
    assert letters["data-tone"] == one(avatar("Ann Lee"), ".ht-avatar")["data-tone"]

    picture = one(avatar("Ann Lee", "/ann.png"), "img")
    assert (picture["src"], picture["alt"]) == ("/ann.png", "Ann Lee")


def test_an_avatar_beside_the_name_is_not_read_out() -> None:
    assert one(avatar("Ann", named=False), "[aria-hidden=true]").get_text() == "A"
    assert one(avatar("Ann", "/ann.png", named=False), "img")["alt"] == ""


def test_a_progress_bar_says_what_goes_on_and_how_far() -> None:
    made = progress_bar(1, 3, label="Upload", id="bar")

    assert one(made, "label > progress#bar")["value"] == "1"
    assert one(made, "label > [aria-hidden]").get_text() == "33 %"
    assert texts(progress_bar(1, 3, label="Upload", text="1 of 3"), "[aria-hidden]") == ["1 of 3"]


def test_a_progress_bar_may_not_know_how_far() -> None:
    made = one(progress_bar(label="Looking"), "progress")

    assert not made.has_attr("value")


def test_an_empty_state_says_what_to_do() -> None:
    made = empty_state("No invoices", "Send one.", icon="!", actions=components.a("New", href="/"))

    assert texts(made, "p") == ["No invoices", "Send one."]
    assert one(made, "span[aria-hidden=true]").get_text() == "!"
    assert one(made, "div > div > a").get_text() == "New"
    assert texts(empty_state("Nothing"), ".ht-empty > *") == ["Nothing"]


@pytest.mark.parametrize("name", components.__all__)
def test_every_name_of_the_components_is_a_function_or_a_class(name: str) -> None:
    """A file has the name of its piece, and importing it hides the piece nowhere."""
    assert callable(getattr(components, name))


def test_a_button_that_acts_and_closes_is_sent(place: Place) -> None:
    """A button with a command sends nothing unless its type says so."""
    clear = components.button("Clear", onclick=place.drinks.do.clear("list"), **closes("sure"))

    [shown] = place.show(modal(id="sure", title="?", actions=clear)).select("[formaction]")

    assert (shown["type"], shown["command"], shown["commandfor"]) == ("submit", "close", "sure")
