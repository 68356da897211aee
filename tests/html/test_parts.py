"""Parts of elements that need the page: generated rules, events, hosts."""

from __future__ import annotations

import pytest

from htealeaf import Registry, Store
from htealeaf.components import (
    div,
    option,
    p,
)
from htealeaf.errors import HtealeafError


def test_a_style_is_a_class() -> None:
    """The same declarations make the same class, and no inline style."""
    one = div().style(margin_top="1px", __gap=2).attribute("class")
    two = p().style(margin_top="1px", __gap=2).attribute("class")
    other = p().style(margin_top="2px").attribute("class")

    assert one == two != other


@pytest.mark.parametrize(
    "value",
    [
        "red;color:blue",
        "red}body{color:blue",
        "red</style>",
        "\\3b",
        "",
        '"open',
        "'open",
        "rgb(1,2",
        "red/*",
        "a\nb",
        "[x",
    ],
)
def test_a_style_value_can_not_end_its_declaration(value: str) -> None:
    with pytest.raises(HtealeafError, match="single CSS declaration"):
        div().style(color=value)


@pytest.mark.parametrize("value", ["1px", "calc(1px + 2%)", '"a (b"', "url(/a.png)", "#fff", "'['"])
def test_ordinary_style_values_are_fine(value: str) -> None:
    assert div().style(content=value).attribute("class")


def test_a_binding_in_a_text_only_element_is_its_only_child() -> None:
    """An element inside of a textarea, a title or an option would be shown as text."""
    with Registry():
        store = Store({"a": "x"}, name="texts")
        with pytest.raises(HtealeafError, match="has to be its only child"):
            option("now ", store.react("a"))
