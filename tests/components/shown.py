"""What a component is in HTML, and an app with one page that shows what a test makes."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag

import htealeaf.components as components
from htealeaf import WSGI, PageStore, Registry, Store, SuperStore
from htealeaf.html.nesting import check
from htealeaf.testing import Client

ROWS = [
    {"id": 1, "name": "Tea", "price": 3, "ready": True},
    {"id": 2, "name": "<Milk>", "price": 4.5, "ready": False},
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
