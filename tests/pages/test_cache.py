"""Page cache: bounded in number and bytes, and nobody finds a page of another browser."""

from __future__ import annotations

import random
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
from htealeaf.pages.cache import PageCache
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


# -- whose pages go ---------------------------------------------------------------------------


class Sized:
    """A page of the cache, which is all that it looks at."""

    counted = 0

    def __init__(self, id: str, size: int = 1) -> None:
        self.id, self.size = id, size


def cache_of(**options: Any) -> Any:
    cache: Any = PageCache(**options)
    return cache


def test_who_only_comes_by_pushes_no_page_out_that_somebody_uses() -> None:
    cache = cache_of(limit=10)
    cache.keep("ann", Sized("home"))
    assert cache.find("ann", "home") is not None

    for number in range(100):
        cache.keep(f"stranger {number}", Sized("home"))

    assert cache.find("ann", "home") is not None
    assert len(cache) == 10


def test_of_one_visitor_only_so_many_are_remembered() -> None:
    cache = cache_of(limit=100, of_one=5)
    cache.keep("ann", Sized("home"))
    for number in range(50):
        cache.keep("eve", Sized(str(number)))
        assert cache.find("eve", str(number)) is not None

    assert cache.find("ann", "home") is not None
    assert [page.id for page in cache] == ["45", "46", "47", "48", "49", "home"]


def test_pages_that_are_used_do_not_take_all_the_room() -> None:
    cache = cache_of(limit=10)
    for number in range(10):
        cache.keep(str(number), Sized("home"))
        cache.find(str(number), "home")

    cache.keep("new", Sized("home"))

    assert cache.find("new", "home") is not None
    assert cache.find("0", "home") is None


def test_bytes_are_counted_through_every_change() -> None:
    chance = random.Random(3)
    cache = cache_of(limit=20, max_bytes=100, of_one=4)
    for _ in range(5000):
        who, id = str(chance.randrange(12)), str(chance.randrange(8))
        if chance.random() < 0.5:
            cache.keep(who, Sized(id, chance.randrange(1, 20)))
        elif chance.random() < 0.8:
            cache.find(who, id)
        else:
            cache.drop(who, id)
        stats = cache.stats()
        assert stats["page_bytes"] == sum(page.counted for page in cache) <= 100
        assert stats["pages"] == len([*cache]) <= 20
