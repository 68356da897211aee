"""Computed values: run again when what they read changed, and equal results stop there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    Action,
    Element,
    HtealeafError,
    Registry,
    SessionStore,
    Store,
    SuperStore,
    Topic,
    fragment,
)
from htealeaf.components import button, div, li, p, ul
from htealeaf.reactive.scope import Scope
from htealeaf.state.computed import REMEMBERED
from htealeaf.testing import Client, Page


class Counted:
    """A store with a computed value, and how often that ran."""

    def __init__(self) -> None:
        self.runs = 0
        self.store = Store({"rows": [3, 1], "other": 0, "kind": "all"}, name="shared")

        @self.store.computed
        def total(place: Any) -> int:
            self.runs += 1
            return sum(place.read("rows"))

        self.total = total


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as registry:
        yield registry


@pytest.fixture
def counted(registry: Registry) -> Counted:
    return Counted()


def test_it_runs_when_it_is_asked_for_and_what_it_read_has_changed(counted: Counted) -> None:
    assert counted.runs == 0
    assert [counted.total.read(), counted.total.read()] == [4, 4]
    assert counted.runs == 1

    counted.store.set("other", 1)
    assert (counted.total.read(), counted.runs) == (4, 1)

    counted.store.append("rows", 2)
    assert (counted.total.read(), counted.runs) == (6, 2)


def test_an_equal_result_is_the_object_that_it_was(registry: Registry) -> None:
    store = Store({"n": 1}, name="shared")

    @store.computed
    def parity(place: Any) -> dict[str, bool]:
        return {"odd": bool(place.read("n") % 2)}

    before = parity.read()
    store.set("n", 3)

    assert parity.read() is before


def test_a_number_that_turns_into_a_truth_is_another_result(registry: Registry) -> None:
    store = Store({"n": 1}, name="shared")

    @store.computed
    def it(place: Any) -> Any:
        return True if place.read("n") > 1 else 1

    assert type(it.read()) is int
    store.replace("n", 2)
    assert it.read() is True


def test_what_shows_it_is_sent_only_when_its_result_differs(registry: Registry) -> None:
    app = WSGI(secret="a secret of the tests")
    SuperStore(app, registry)
    counted = Counted()
    add = button("+", onclick=counted.store.do.increment("other"))  # so that it is remembered
    app.route("/")(lambda: div(p(counted.total.react()), add))
    page = Client(app, check=True).open("/")

    counted.store.replace("rows", [1, 3])
    page.look()
    assert not page.patch

    counted.store.replace("rows", [1])
    page.look()
    assert page.text("p") == "1"


def test_it_may_read_other_computed_values(registry: Registry, counted: Counted) -> None:
    @counted.store.computed
    def doubled() -> int:
        return int(counted.total.read()) * 2

    assert doubled.read() == 8
    counted.store.append("rows", 1)
    assert doubled.read() == 10


def test_what_shows_an_equal_result_follows_what_is_read_now(registry: Registry) -> None:
    """The result stays, but from now on it depends on something else as well."""
    store = Store({"strict": False, "n": 1}, name="shared")

    @store.computed
    def fine() -> bool:
        return not store["strict"] or store["n"] > 0

    page = shown(lambda: p("fine" if fine.read() else "wrong"), store.do.set("strict", True))
    page.click("button")
    store.set("n", -1)
    page.look()

    assert page.text("p") == "wrong"


def test_an_inner_value_that_was_known_before_the_page_is_followed(registry: Registry) -> None:
    """Nothing runs while the page is rendered, and it follows nevertheless."""
    store = Store({"n": 1}, name="shared")

    @store.computed
    def double() -> int:
        return 2 * int(store["n"])

    @store.computed
    def text() -> str:
        return f"twice: {double.read()}"

    assert text.read() == "twice: 2"
    page = shown(lambda: p(text.react()), store.do.increment("n"))
    page.click("button")
    assert page.text("p") == "twice: 4"
    page.click("button")
    assert page.text("p") == "twice: 6"


def test_an_inner_value_that_is_read_later_is_followed(registry: Registry) -> None:
    store = Store({"on": False, "n": 1}, name="shared")

    @store.computed
    def odd() -> bool:
        return bool(store["n"] % 2)

    @store.computed
    def shines() -> bool:
        return not store["on"] or odd.read()

    page = shown(lambda: p(shines.react()), store.do.set("on", True))
    page.click("button")
    assert page.text("p") == "true"
    store.set("n", 2)
    page.look()
    assert page.text("p") == "false"


def shown(content: Callable[[], Element], action: Action) -> Page:
    """Return a page with some content, and a button."""
    app = WSGI(secret="a secret of the tests")
    SuperStore(app)

    @app.route("/")
    def home() -> Element:
        return div(fragment(content)(), button("Do", onclick=action))

    return Client(app, check=True).open("/")


def test_what_a_topic_is_about_may_change_without_a_trace(registry: Registry) -> None:
    orders, held = Topic("orders"), [1]
    store = Store({}, name="shared")

    @store.computed
    def first() -> int:
        orders.depend()
        return held[0]

    assert first.read() == 1
    held[0] = 2
    assert first.read() == 2


def test_each_document_has_its_own(registry: Registry) -> None:
    rooms = Store({"n": 1}, name="rooms", keyed=True)
    app = WSGI(secret="a secret of the tests")
    SuperStore(app, registry)
    mine = SessionStore({"n": 1}, name="mine")

    @mine.computed
    def doubled(place: Any) -> int:
        return int(place.read("n")) * 2

    app.route("/")(lambda: div(p(doubled.react()), ul(li(rooms.of("a").react("n")))))
    app.route("/add")(lambda: div())
    one, other = Client(app).open("/"), Client(app).open("/")

    assert (one.text("p"), other.text("p")) == ("2", "2")


def test_an_error_is_raised_each_time_and_nothing_is_remembered(registry: Registry) -> None:
    store = Store({"n": 0}, name="shared")

    @store.computed
    def inverse(place: Any) -> float:
        return float(1 / place.read("n"))

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            inverse.read()
    store.set("n", 2)
    assert inverse.read() == 0.5


def test_results_are_bounded(registry: Registry) -> None:
    store = Store({"n": 1}, name="rooms", keyed=True)
    runs: list[int] = []

    @store.computed
    def it(place: Any) -> int:
        runs.append(1)
        return int(place.read("n"))

    for key in [*range(REMEMBERED + 1), 0]:
        it.result(Scope(registry.journal), f"rooms@{key}")

    assert len(runs) == REMEMBERED + 2  # the first one went, and was worked out again


def test_each_needs_a_list(registry: Registry, counted: Counted) -> None:
    rows = counted.total.each(lambda n: li(n), key=str)

    with pytest.raises(HtealeafError, match=r"computed 'total' is a int; each\(\) needs a list"):
        rows.for_one().keys()
