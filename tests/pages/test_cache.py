"""Page cache: bounded in number and bytes, and nobody finds a page of another browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    Registry,
    Store,
    SuperStore,
)
from htealeaf.components import button, div, li, p, ul
from htealeaf.testing import Client

Make = Callable[[Callable[[], Any]], Client]


@pytest.fixture
def shared() -> Iterator[Store]:
    with Registry():
        yield Store({"n": 0, "bad": False, "dark": False, "rows": ["a", "b"]}, name="shared")


@pytest.fixture
def client_of(shared: Store) -> Make:
    def make(show: Callable[[], Any]) -> Client:
        app = WSGI(secret="a secret of the tests")
        SuperStore(app, shared.registry)
        app.route("/")(show)
        return Client(app)

    return make


@pytest.mark.parametrize("whole", [True, False])
def test_the_memory_counts_what_a_page_takes_now(
    shared: Store, client_of: Make, whole: bool
) -> None:
    """A page that grew or shrank in patches leaves nothing behind in the sum."""

    def show() -> Any:
        return div(p(shared.react("n")), ul(shared.each("rows", lambda row: li(row.react("")))))

    client = client_of(lambda: div(button("+", onclick=shared.do.increment("n")), show()))
    page = client.open("/")

    def taken() -> int:
        return int(client.app.pages.stats()["page_bytes"])

    few = taken()
    shared.replace("rows", list("abcdefghij"))
    if whole:
        client.app.pages.forget()
    page.look()
    assert taken() > few
    shared.replace("rows", list("ab"))
    page.look()
    assert taken() == few
    client.app.pages.forget()
    assert taken() == 0
