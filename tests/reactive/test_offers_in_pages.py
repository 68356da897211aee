"""Rendering actions: in which attribute an offer stands, and what its MAC covers."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from htealeaf import HtealeafError, Registry, Store, event, value_of
from htealeaf.components import button, div, form, input_
from htealeaf.reactive.graph import Graph
from htealeaf.reactive.offering import offer_url
from htealeaf.reactive.rendering import Render
from htealeaf.reactive.scope import Scope, entered


@pytest.fixture
def shared() -> Iterator[Store]:
    with Registry():
        yield Store({"n": 1, "rows": ["a", "b"], "t": "x"}, name="shared")


class Signed:
    """A page for offers, and every text that was signed for it."""

    def __init__(self, store: Store) -> None:
        self.store, self.texts = store, list[str]()
        self.scope = Scope(store.registry.journal)
        self.scope.deps = set()
        self.page: Any = SimpleNamespace(
            scope=self.scope, base="", in_form=False, slots=set(), needs=set(), sign=self.sign
        )

    def sign(self, text: str) -> str:
        self.texts.append(text)
        return "MAC"

    def offer(self, *actions: Any, event: str = "") -> str | None:
        with entered(self.scope):
            return offer_url(self.page, actions, event)


def html(store: Store, content: Any) -> str:
    with store.registry.journal.moment() as moment, entered(scope := Scope(moment)):
        render = Render(
            scope,
            Graph(),
            lambda text: "MAC",
        )
        render.children(content)
    return "".join(render.out)


def test_an_offer_is_the_place_the_query_and_the_mac_of_both(shared: Store) -> None:
    signed = Signed(shared)

    url = signed.offer(shared.do.increment("n", 2))

    assert url is not None
    place, _, query = url.partition("?")
    said, _, mac = query.rpartition("&o=")
    assert (place, mac) == ("shared/n", "MAC")
    [text] = signed.texts
    assert text.endswith(said)
    assert text == f"6 shared\nn\n{said}"  # lengths, so that no name runs into another


def test_equal_actions_have_equal_bytes(shared: Store) -> None:
    one, other = Signed(shared), Signed(shared)

    assert one.offer(shared.do.set("t", "y")) == other.offer(shared.do.set("t", "y"))
    assert one.texts == other.texts


@pytest.mark.parametrize(
    "other",
    [
        lambda s: s.do.increment("n", 3),
        lambda s: s.do.set("n", 2),
        lambda s: s.do.increment("t", 2),
        lambda s: s.do.increment("n", 2).confirm("Sure?"),
    ],
)
def test_whatever_differs_is_signed_otherwise(shared: Store, other: Any) -> None:
    signed = Signed(shared)
    signed.offer(shared.do.increment("n", 2))
    signed.offer(other(shared))

    assert signed.texts[0] != signed.texts[1]


def test_a_path_by_index_carries_the_shape_of_its_list_and_reads_it(shared: Store) -> None:
    signed = Signed(shared)
    before = signed.offer(shared.do.delete("rows/1"))
    assert [path for _, path, _ in signed.scope.deps or ()] == [("rows",)]

    shared.insert("rows/0", "new")

    assert signed.offer(shared.do.delete("rows/1")) != before
    shared.replace("rows/0", "edited")  # no other shape
    assert signed.offer(shared.do.set("n", 1)) == Signed(shared).offer(shared.do.set("n", 1))


def test_what_a_rule_forbids_is_not_offered() -> None:
    with Registry():
        store = Store(
            {"n": 1}, name="closed", allow=lambda session, verb, path: verb == "increment"
        )

    signed = Signed(store)
    assert signed.offer(store.do.set("n", 2)) is None
    assert signed.offer(store.do.increment("n"), store.do.set("n", 2)) is None
    assert signed.texts == []
    assert html(store, button("x", onclick=store.do.set("n", 2))) == "<button disabled>x</button>"


def test_a_button_has_its_click_where_it_works_without_scripts(shared: Store) -> None:
    shown = html(shared, button("+", onclick=shared.do.increment("n")))

    assert 'form="ht" formnovalidate formaction="/api/_store/shared/n?' in shown


def test_other_elements_have_it_where_only_the_shim_looks(shared: Store) -> None:
    assert ' ht-click="shared/n?' in html(shared, div("+", onclick=shared.do.increment("n")))


def test_a_form_has_it_in_its_action(shared: Store) -> None:
    shown = html(shared, form(input_(name="a"), onsubmit=shared.do.set("t", value_of("a"))))

    assert '<form method="post" action="/api/_store/shared/t?' in shown


def test_slots_of_the_event_need_no_control(shared: Store) -> None:
    signed = Signed(shared)
    signed.offer(shared.do.set("t", event.key))
    signed.offer(shared.do.set("t", value_of("task")))

    assert {*filter(None, signed.page.slots)} == {"task"}


def test_an_update_of_a_number_by_what_is_typed_is_refused(shared: Store) -> None:
    with pytest.raises(HtealeafError, match=r"say set\(...\)"):
        Signed(shared).offer(shared.do.update("n", value_of("a")))
