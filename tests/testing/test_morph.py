"""Patches are applied by the table of operations, and what is not in it is refused."""

from __future__ import annotations

import pytest

from htealeaf import WSGI, Element, Registry, Store, SuperStore
from htealeaf.components import button, div, h3, i, p, section
from htealeaf.errors import HtealeafError
from htealeaf.reactive.patching import Piece
from htealeaf.testing import Client, morph
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.morph import apply_patch
from htealeaf.testing.trees import parse
from htealeaf.wire.names import OPS


def test_every_operation_has_a_function() -> None:
    """Two tables, since what names no element gets none."""
    assert set(morph._ALONE) == {op.name for op in OPS.values() if op.alone}
    assert set(morph._OPS) - {""} == {op.name for op in OPS.values() if not op.alone}


def test_an_unknown_operation_is_refused_on_both_sides() -> None:
    page = parse('<html><head></head><body><p id="a"></p></body></html>')

    with pytest.raises(PageFailure, match="operation 'shuffle'"):
        apply_patch(page, '<template ht-op="shuffle" ht-to="a"></template>')
    with pytest.raises(HtealeafError, match="operation 'shuffle'"):
        str(Piece("shuffle", "a"))


@pytest.mark.parametrize("op", [op.name for op in OPS.values()])
def test_a_patch_that_does_not_fit_does_only_what_has_no_cursor(op: str) -> None:
    page = parse('<html><head></head><body><p id="a">1</p><p id="b"></p></body></html>')
    before = str(page)
    patch = f'<template ht-op="{op}" ht-to="a" ht-before="b"><p id="a">2</p></template>'

    done = apply_patch(page, patch, fits=False)

    assert str(page) == before
    assert bool(done.visit or done.error) == OPS[op].always


@pytest.mark.parametrize("id", ["map", None], ids=["with an id", "without"])
def test_what_an_author_keeps_stays_as_it_came(id: str | None) -> None:
    """`.keep()`: its attributes and all that is inside; what is around it goes on."""
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"n": 1}, name="store")

        def part(n: int) -> Element:
            kept = div(p(f"map of {n}", class_="inside"), title=f"{n}", class_="kept").keep()
            return section(h3(f"{n}"), kept.id(id) if id else kept, i(f"{n}"))

        app.route("/")(
            lambda: div(
                store.react("n", part),
                button("+", onclick=store.do.increment("n")),
            )
        )
        page = Client(app).open("/")

    page.click("button", text="+")
    page.click("button", text="+")

    assert [page.text("h3"), page.text("i")] == ["3", "3"]
    assert page.text(".inside") == "map of 1"
    assert page.soup.select_one(".kept[title='1']") is not None
