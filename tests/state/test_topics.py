"""Topics: a page depends on data that lives elsewhere, as fine as its keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore, Topic, each, fragment
from htealeaf.components import button, div, p
from htealeaf.errors import HtealeafError, WriteWhileRendering
from htealeaf.testing import Client


class Orders:
    """Data that htealeaf does not hold, and a page of it."""

    def __init__(self, registry: Registry) -> None:
        self.data = {1: "tea", 2: "milk"}
        self.topic = Topic("orders")
        self.app = WSGI(secret="a secret of the tests")
        SuperStore(self.app, registry)
        seen = Store({"n": 0}, name="seen").do.increment("n")  # so that the page is remembered
        self.app.route("/")(
            lambda: [button("+", onclick=seen), div(each([1, 2], self.row, key=str))]
        )

    def row(self, id: Any) -> Any:
        @fragment
        def shown(id: int) -> Any:
            self.topic.depend(id)
            return p(self.data[id], id=f"order-{id}")

        return shown(int(id))


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as registry:
        yield registry


@pytest.fixture
def orders(registry: Registry) -> Orders:
    return Orders(registry)


def test_nothing_is_sent_until_it_is_touched(orders: Orders) -> None:
    page = Client(orders.app, check=False).open("/")
    orders.data[1] = "coffee"

    page.look()
    assert not page.patch

    orders.topic.touch(1)
    page.look()
    assert page.text("#order-1") == "coffee"


@pytest.mark.parametrize(("key", "sent"), [(1, True), (2, False), ("1", True), (None, True)])
def test_a_key_touches_who_shows_it(orders: Orders, key: Any, sent: bool) -> None:
    page = Client(orders.app).open("/")
    orders.data[1] = "coffee"

    orders.topic.touch(key)
    page.look()

    assert (page.text("#order-1") == "coffee") is sent


def test_equal_names_are_one_topic(orders: Orders) -> None:
    page = Client(orders.app).open("/")
    orders.data[2] = "cream"

    Topic("orders").touch(2)
    page.look()

    assert page.text("#order-2") == "cream"


def test_a_topic_has_the_journal_of_its_registry(orders: Orders, registry: Registry) -> None:
    before = registry.journal.n
    with Registry() as other:
        Topic("orders").touch()
        Topic("orders", registry).touch()

    assert (registry.journal.n, other.journal.n) == (before + 1, 1)


def test_rendering_touches_nothing(registry: Registry) -> None:
    topic, caught = Topic("orders"), []
    app = WSGI(secret="a secret of the tests")
    SuperStore(app, registry)

    @app.route("/")
    def page() -> Any:
        try:
            topic.touch()
        except WriteWhileRendering as error:
            caught.append(str(error))
        return p("x")

    Client(app).open("/")

    assert "topic 'orders' is touched" in caught[0]


def test_outside_of_a_rendering_nobody_depends(registry: Registry) -> None:
    Topic("orders").depend(1)  # raises nothing


def test_what_was_touched_before_the_journal_is_named_holds_nothing(tmp_path: Path) -> None:
    """Rows of a database that is watched may be written first; those of a store may not."""
    with Registry() as registry:
        topic, shared = Topic("guests"), Store({"n": 0}, name="shared")
        topic.touch("1")
        SuperStore(WSGI(secret="a secret of the tests"), journal=f"sqlite:///{tmp_path}/a.db")
        shared.increment("n")
        assert registry.journal.kind == "sqlite"
        registry.journal.close()

    with Registry():
        Topic("guests").touch()
        Store({"n": 0}, name="shared").increment("n")
        with pytest.raises(HtealeafError, match="above what writes to them"):
            SuperStore(WSGI(secret="a secret of the tests"), journal=f"sqlite:///{tmp_path}/b.db")
