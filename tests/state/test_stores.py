"""Stores: one place for reading, writing and actions; nobody's write is lost."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.serving import make_server

from htealeaf import (
    WSGI,
    AuthStore,
    Conflict,
    NotAuthenticated,
    PathNotFound,
    Registry,
    Store,
    SuperStore,
    WrongType,
)
from htealeaf.components import button, div, h3
from htealeaf.errors import InvalidPath

SECRET = "a secret for tests only"


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as registry:
        yield registry


@pytest.fixture
def store(registry: Registry) -> Store:
    return Store(
        {"n": 1, "d": {"a/b": 1}, "todo": [{"id": "x", "done": False}, {"id": "y", "done": True}]},
        name="shared",
    )


# -- places -----------------------------------------------------------------------------------


def test_reading(store: Store) -> None:
    assert store.read("nope", default=5) == 5
    assert store.read("nope", default=None) is None
    with pytest.raises(PathNotFound, match="'nope' stops at ''"):
        store.read("nope")
    with pytest.raises(InvalidPath, match="counts from 0"):
        store.at("todo")[-1]


def test_the_default_is_copied_deeply(registry: Registry) -> None:
    default: dict[str, Any] = {"a": [1]}
    store = Store(default, name="copied")
    default["a"].append(2)

    assert store.read() == {"a": [1]}


def test_a_write_of_the_wrong_kind_changes_nothing(store: Store) -> None:
    before = store.read()

    for attempt in (
        lambda: store.toggle("n"),
        lambda: store.append("d", 1),
        lambda: store.increment("todo"),
        lambda: store.delete("nope"),
        lambda: store.replace("a/b/c", 1),
        lambda: store.replace("n", object()),
        lambda: store.replace("n", float("nan")),
    ):
        with pytest.raises((WrongType, PathNotFound, ValueError)):
            attempt()
    assert store.read() is before


# -- scopes -----------------------------------------------------------------------------------


def test_a_keyed_store_has_a_document_per_key(registry: Registry) -> None:
    rooms = Store({"n": 0}, name="rooms", keyed=True)
    rooms.of("lobby").increment("n")
    rooms.of(7).increment("n", 5)

    assert [rooms.of(key).read("n") for key in ("lobby", "7", "x")] == [1, 5, 0]
    assert sorted(registry.journal.streams("rooms")) == ["rooms@7", "rooms@lobby"]
    for key in ("", "x" * 201):
        with pytest.raises(InvalidPath):
            rooms.of(key)


def test_reading_creates_no_stream(registry: Registry, store: Store) -> None:
    todos = AuthStore(lambda s: s, {"n": 0}, name="todos")
    todos.of("ann").read()
    store.read()

    assert registry.journal.stats()["streams"] == 0


def test_nobody_signed_in(registry: Registry) -> None:
    todos = AuthStore(lambda s: s, {"n": 0}, name="todos")

    assert todos.auth("ann").read("n") == 0
    assert todos.auth(7).stream() == "todos@7"
    with pytest.raises(NotAuthenticated):
        todos.auth(None)


def test_a_nameless_store_is_named_after_its_module(registry: Registry) -> None:
    one, two = Store({}), Store({})

    assert one.name.endswith("test_stores_1")
    assert two.name.endswith("test_stores_2")


def test_a_store_joins_the_registry_that_is_current() -> None:
    with Registry() as outer:
        a = Store({}, name="a")
        with Registry() as inner:
            b = Store({}, name="a")
        c = Store({}, name="c")
        d = Store({}, name="d", registry=inner)

    assert (list(outer), list(inner)) == ([a, c], [b, d])


def test_registries_of_two_threads_do_not_meet() -> None:
    gate = threading.Barrier(2)

    def make(name: str) -> list[str]:
        with Registry() as registry:
            gate.wait()
            Store({}, name=name)
            gate.wait()
        return [store.name for store in registry]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(make, ["a", "b"])) == [["a"], ["b"]]


# -- batch and transform ----------------------------------------------------------------------


def test_a_batch_is_all_or_nothing(registry: Registry, store: Store) -> None:
    other = Store({"n": 0}, name="other")

    with pytest.raises(ZeroDivisionError), store.batch():  # noqa: PT012
        store.increment("n")
        other.increment("n")
        assert (store.read("n"), other.read("n")) == (2, 1), "own writes are seen"
        _ = 1 / 0
    assert (store.read("n"), other.read("n")) == (1, 0)

    before = registry.journal.cursor.n
    with store.batch():
        store.increment("n")
        with other.batch():
            other.increment("n")
        assert other.read("n") == 1
    assert (store.read("n"), other.read("n")) == (2, 1)
    assert registry.journal.cursor.n == before + 1, "it is one step"


def test_a_batch_sees_one_moment(store: Store) -> None:
    with pytest.raises(Conflict), store.batch():  # noqa: PT012
        assert store.read("n") == 1
        elsewhere(lambda: store.increment("n"))
        assert store.read("n") == 1
        store.replace("d/seen", store.read("n"))
    assert "seen" not in store.read("d")


def test_what_a_batch_did_not_read_may_change(store: Store) -> None:
    with store.batch():
        store.increment("n")
        elsewhere(lambda: store.increment("n", 10))
    assert store.read("n") == 12


# -- threads ----------------------------------------------------------------------------------


def elsewhere(work: Callable[[], Any]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def all_at_once(work: Callable[[int], Any], times: int = 1000, threads: int = 16) -> None:
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(times)))


def test_a_thousand_increments_are_a_thousand(store: Store) -> None:
    store.replace("n", 0)

    all_at_once(lambda _: store.increment("n"))

    assert store.read("n") == 1000


def test_a_thousand_transforms_are_a_thousand(store: Store) -> None:
    store.replace("n", 0)

    all_at_once(lambda _: store.transform("n", lambda n: n + 1))

    assert store.read("n") == 1000


def test_batches_of_many_threads_lose_nothing(registry: Registry, store: Store) -> None:
    """A batch that read what somebody else changed is refused, and tried again by who wants it."""
    other = Store({"n": 0}, name="other")
    store.replace("n", 0)

    def move(_: int) -> None:
        while True:
            try:
                with store.batch():
                    store.replace("n", store.read("n") - 1)
                    other.replace("n", other.read("n") + 1)
                return
            except Conflict:
                continue

    all_at_once(move, times=300, threads=8)

    assert (store.read("n"), other.read("n")) == (-300, 300)


def test_readers_never_see_half_of_a_batch(registry: Registry, store: Store) -> None:
    other = Store({"n": 0}, name="other")
    store.replace("n", 0)
    torn = []

    def work(number: int) -> None:
        if number % 2:
            with store.batch():
                store.increment("n")
                other.increment("n")
        else:
            with registry.journal.moment() as moment:
                a, b = moment.root("shared"), moment.root("other")
                if a["n"] != b["n"]:
                    torn.append((a, b))

    all_at_once(work, times=600)

    assert torn == []


def test_appends_of_many_threads_are_all_there(store: Store) -> None:
    store.replace("todo", [])

    all_at_once(lambda number: store.append("todo", number), times=500)

    assert sorted(store.read("todo")) == list(range(500))


@pytest.mark.server
def test_a_thousand_clicks_on_a_threaded_server_are_a_thousand(registry: Registry) -> None:
    shared = Store({"counter": 0}, name="clicks")
    app = WSGI(secret=SECRET, rate=None)
    SuperStore(app)
    app.route("/")(
        lambda: div(h3(shared.react("counter")), button(onclick=shared.do.update("counter", 1)))
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        with urllib.request.urlopen(f"{base}/") as answer:
            html, cookie = answer.read().decode(), answer.headers["Set-Cookie"].split(";")[0]
        page = html.partition('name="ht-page" value="')[2].partition('"')[0]
        cursor = html.partition('ht-cursor="')[2].partition('"')[0]
        offer = html.partition('formaction="')[2].partition('"')[0]
        url, _, query = offer.partition("?")

        def click(number: int) -> None:
            headers = {
                "Cookie": cookie,
                "Content-Type": "application/json",
                "HT-Verb": "offer",
                "HT-Page": page,
                "HT-Url": "/",
                "HT-Cursor": cursor,
                "HT-Id": f"click{number}",
            }
            request = urllib.request.Request(base + url, json.dumps([query]).encode(), headers)
            with urllib.request.urlopen(request) as answer:
                assert answer.status in (200, 204)

        all_at_once(click)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert shared.read("counter") == 1000
