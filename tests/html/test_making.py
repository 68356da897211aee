"""Elements made quickly equal those made with care, whatever they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest
from markupsafe import Markup

from htealeaf.components import checkbox, div, input_, li, span, td, textarea
from htealeaf.errors import HtealeafError
from htealeaf.html.making import tag


class Level(IntEnum):
    HIGH = 3


class Colour(str, Enum):
    RED = "<red>"


class Price(float):
    def __str__(self) -> str:
        return f"{float(self):.2f} <€>"


class Count(int):
    def __str__(self) -> str:
        return f"<{int(self)}>"


CHILDREN: dict[str, Any] = {
    "text": "plain",
    "text to escape": "a < b & \"c\" 'd'",
    "empty text": "",
    "markup": Markup("<b>x</b>"),
    "int": 3,
    "zero": 0,
    "long": -(10**40),
    "float": 1.5,
    "small float": 1e-9,
    "minus zero": -0.0,
    "inf": inf,
    "nan": nan,
    "True": True,
    "False": False,
    "None": None,
    "enum of int": Level.HIGH,
    "enum of str": Colour.RED,
    "float that shows itself": Price(2),
    "int that shows itself": Count(2),
    "decimal": Decimal("1.10"),
    "fraction": Fraction(1, 3),
    "complex": 1 + 2j,
    "element": span("x"),
    "list": [1, "<", None, 2.5, [True, span(3)]],
    "list of elements": [span(1), span("b")],
    "list of elements and text": [span(1), "<"],
    "empty list": [],
    "tuple": (1, "<"),
}


def with_care(make: Any, children: tuple[Any, ...], attributes: Mapping[str, Any]) -> str:
    # An element that is called takes the careful way, which any object may go.
    return str(make()(*children, **attributes))


@pytest.mark.parametrize("child", CHILDREN.values(), ids=CHILDREN)
def test_a_child_is_shown_as_the_careful_way_shows_it(child: Any) -> None:
    """Alone, among others, in a list, and beside an attribute."""
    for children in ((child,), ("a", child, 1), ([child, "b"],), (None, child)):
        for attributes in ({}, {"class_": "c"}, {"data_n": 1.5, "hidden": True}):
            assert str(td(*children, **attributes)) == with_care(td, children, attributes)
            assert td(*children, **attributes) == td()(*children, **attributes)


@pytest.mark.parametrize("child", CHILDREN.values(), ids=CHILDREN)
def test_a_tag_that_keeps_its_text_shows_a_child_alike(child: Any) -> None:
    assert str(textarea(child)) == with_care(textarea, (child,), {})


@pytest.mark.parametrize(
    "value",
    ["x", '"<', 3, 1.5, -0.0, inf, True, False, None, Level.HIGH, Price(2), Count(2), Decimal(1)],
)
def test_a_value_is_shown_as_the_careful_way_shows_it(value: Any) -> None:
    for name in ("data_value", "never_used_before", "type"):
        assert str(checkbox(**{name: value})) == with_care(checkbox, (), {name: value})
        assert str(li(1, **{name: value})) == with_care(li, (1,), {name: value})


def test_numbers_and_nothing_are_cells() -> None:
    cells = [td(cell) for cell in (1, 1.5, True, None, "<")]

    assert str(div(cells)) == ("<div><td>1</td><td>1.5</td><td></td><td></td><td>&lt;</td></div>")
    assert [cell.children for cell in cells] == [("1",), ("1.5",), (), (), (Markup("&lt;"),)]


def test_nothing_is_no_child_of_a_void_element_and_a_number_is_one() -> None:
    assert str(input_(None)) == "<input>"
    with pytest.raises(HtealeafError, match="void"):
        input_(0)


def test_a_generator_is_read_once_even_behind_what_was_made_already() -> None:
    made = li("a", span("b"), (str(n) for n in range(3)))

    assert str(made) == "<li>a<span>b</span>012</li>"


def test_a_tag_is_what_a_browser_makes_of_it_however_it_is_written() -> None:
    """So what is known of it holds: that it is void, that a URL stands in it."""
    assert str(tag("BR")()) == "<br>"
    assert str(tag("lineargradient")()) == "<linearGradient></linearGradient>"
    with pytest.raises(HtealeafError, match="<meta content>"):
        tag("META")(http_equiv="refresh", content="0;url=javascript:x")
    with pytest.raises(HtealeafError, match="<animate to>"):
        tag("ANIMATE")(to="javascript:x", attributeName="href")
    assert str(tag("SCRIPT")("a && b </script>")) == "<script>a && b <\\/script></script>"


def test_a_name_that_is_none_is_refused_when_the_tag_is_made() -> None:
    with pytest.raises(HtealeafError, match="no element name"):
        tag("a b")
