"""`react`, `each` and `fragment`: what they show, what they depend on, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import WSGI, Element, HtealeafError, Registry, Store, SuperStore, each, fragment
from htealeaf.components import button, div, h3, li, p, ul
from htealeaf.state.reactions import in_order
from htealeaf.testing import Client, PageFailure


class Place:
    """An app whose one page shows what a test says, remembered by the server."""

    def __init__(self) -> None:
        self.registry = Registry()
        with self.registry:
            self.app = WSGI(secret="a secret of the tests")
            SuperStore(self.app)
            self.store = Store(
                {
                    "n": 1,
                    "t": "x",
                    "yes": True,
                    "rows": [
                        {"id": "a", "n": 1, "on": True},
                        {"id": "b", "n": 3, "on": False},
                        {"id": "c", "n": 2, "on": True},
                    ],
                },
                name="shared",
            )
        self.ran: list[Any] = []

    def open(self, content: Any) -> Any:
        seen = button("+", onclick=self.store.do.increment("n"))
        self.app.route("/")(lambda: [seen, div(content())])
        return Client(self.app).open("/")

    def row(self, item: Any) -> Element:
        self.ran.append(item.key)
        return li(item["n"])


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    with place.registry:
        yield place


def texts(page: Any) -> list[str]:
    page.assert_consistent()
    return [tag.get_text() for tag in page.soup.select("li")]


@pytest.mark.parametrize(("path", "shown"), [("n", "1"), ("t", "x"), ("yes", "true")])
def test_without_a_function_a_value_is_its_text(place: Place, path: str, shown: str) -> None:
    assert place.open(lambda: h3(place.store.react(path))).text("h3") == shown


def test_a_list_has_no_text(place: Place) -> None:
    place.app.debug = True
    with pytest.raises(HtealeafError, match="each"):
        str(h3(place.store.react("rows")).parts[0].sole.content())  # type: ignore[union-attr]


def test_only_what_shows_the_place_runs_again(place: Place) -> None:
    def shown(name: str) -> Any:
        def render(value: Any) -> Element:
            place.ran.append(name)
            return p(value)

        return render

    page = place.open(
        lambda: [place.store.react("n", shown("n")), place.store.react("t", shown("t"))]
    )
    place.ran.clear()

    place.store.set("t", "y")
    page.look()

    assert place.ran == ["t"]


def test_a_row_that_is_edited_runs_alone(place: Place) -> None:
    page = place.open(lambda: ul(place.store.each("rows", place.row, key="id")))
    place.ran.clear()

    place.store.set("rows/id=b/n", 9)
    page.look()

    assert place.ran == ["b"]
    assert texts(page) == ["1", "9", "2"]


def test_rows_are_chosen_and_sorted(place: Place) -> None:
    page = place.open(
        lambda: ul(
            place.store.each(
                "rows", place.row, key="id", where=lambda r: r["on"], order=lambda r: -r["n"]
            )
        )
    )
    assert texts(page) == ["2", "1"]

    place.store.set("rows/id=b/on", True)
    page.look()
    assert texts(page) == ["3", "2", "1"]

    place.store.set("rows/id=a/n", 9)
    page.look()
    assert texts(page) == ["9", "3", "2"]


def test_where_there_is_no_row_something_else_may_stand(place: Place) -> None:
    page = place.open(lambda: ul(place.store.each("rows", place.row, key="id", empty=li("none"))))

    place.store.replace("rows", [])
    page.look()
    assert texts(page) == ["none"]

    place.store.append("rows", {"id": "z", "n": 5})
    page.look()
    assert texts(page) == ["5"]


def test_keys_that_data_has_twice_get_an_ordinal(place: Place) -> None:
    page = place.open(lambda: ul(place.store.each("rows", place.row, key="id")))

    place.store.append("rows", {"id": "a", "n": 7})
    page.look()

    assert texts(page) == ["1", "3", "2", "7"]


def test_any_list_has_rows(place: Place) -> None:
    held = [3, 1]
    page = place.open(lambda: ul(each(lambda: [*held, place.store.read("n")], li, key=str)))
    assert texts(page) == ["3", "1", "1"]

    place.store.set("n", 8)
    page.look()
    assert texts(page) == ["3", "1", "8"]


def test_a_fragment_is_a_binding_over_what_it_reads(place: Place) -> None:
    @fragment
    def badge(name: str) -> Element:
        place.ran.append(name)
        return p(name, place.store.read("n"))

    page = place.open(lambda: [badge("a"), badge("b"), p(place.store.read("t"), id="t")])
    place.ran.clear()

    place.store.set("n", 2)
    page.look()
    assert place.ran == ["a", "b"]

    place.ran.clear()
    place.store.set("t", "z")
    page.look()
    assert page.text("#t") == "z"


def test_what_is_shared_renders_once_for_all_pages(place: Place) -> None:
    def shown(value: Any) -> Element:
        place.ran.append(value)
        return p(value)

    place.app.route("/")(lambda: div(place.store.react("t", shown, share=True)))
    pages = [Client(place.app).open("/") for _ in range(3)]
    place.store.set("t", "y")
    for page in pages:
        page.look()

    assert place.ran == ["x", "y"]


def test_what_is_one_visitor_s_can_not_be_shared(place: Place) -> None:
    def own(value: Any) -> Element:
        return button("+", onclick=place.store.do.increment("n"))

    place.app.debug = True
    place.app.route("/")(lambda: div(place.store.react("t", own, share=True)))

    with pytest.raises(PageFailure, match="neither actions nor bindings"):
        Client(place.app).open("/")


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ({"a": 2, "b": 1}, "ba"),
        ({"a": "y", "b": 1, "c": "x", "d": 0.5}, "cadb"),
        ({"a": None, "b": 1}, "ba"),
        ({"a": {}, "b": {}}, "ab"),
    ],
)
def test_what_has_no_order_stands_behind_the_others(values: dict[str, Any], keys: str) -> None:
    assert "".join(in_order([*values], values)) == keys
