"""Pages of a list: links or buttons, the current one, and the ends."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf import WSGI, Registry, SuperStore, visit
from htealeaf.components import (
    pagination,
)
from htealeaf.testing import Client
from tests.components.shown import Place, one, soup, texts


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


def test_pages_in_the_address_are_links() -> None:
    """So they work where scripts are off, and open in windows of their own."""
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)

        @app.route("/")
        def home(args: Any) -> Any:
            return pagination(args.get("page", 1, type=int), 9, lambda n: visit(page=n))

    for scripts in (True, False):
        page = Client(app, scripts=scripts).open("/?sort=up")
        page.click("#pages-next")
        page.click("a", text="3")
        assert page.url == "/?sort=up&page=3"
        assert page.text("[aria-current]") == "3"
