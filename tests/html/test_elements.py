"""Elements escape what they hold, refuse what could run, and never change."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment
from markupsafe import Markup

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import (
    br,
    button,
    div,
    form,
    img,
    input_,
    li,
    p,
    pre,
    script,
    style,
    textarea,
    ul,
)
from htealeaf.errors import HtealeafError
from htealeaf.html.making import tag
from tests.http import Browser


@pytest.mark.parametrize(
    ("child", "html"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        (3, "3"),
        (1.5, "1.5"),
        (Decimal("1.50"), "1.50"),
        (None, ""),
        (True, ""),
        (False, ""),
        (Markup("<b>x</b>"), "<b>x</b>"),
        (["a", ["b", (1, None)]], "ab1"),
        (range(3), "012"),
        ({"only"}, "only"),
    ],
)
def test_what_a_child_becomes(child: Any, html: str) -> None:
    assert str(div(child)) == f"<div>{html}</div>"


def test_a_member_of_an_enumeration_of_texts_is_its_text() -> None:
    class Colour(str, Enum):
        RED = "red<"

    assert str(div(Colour.RED, title=Colour.RED)) == '<div title="red&lt;">red&lt;</div>'


def test_elements_stand_in_a_template_of_jinja() -> None:
    template = Environment(autoescape=True).from_string("<main>{{ part }}</main>")

    assert template.render(part=p("a < b")) == "<main><p>a &lt; b</p></main>"


def test_a_generator_is_consumed_when_the_element_is_made() -> None:
    """What the element is built from later is what it held then."""

    def rows() -> Iterator[Any]:
        yield li("a")
        yield [li("b"), (li(x) for x in "c")]

    made = ul(rows())

    assert str(made) == "<ul><li>a</li><li>b</li><li>c</li></ul>"
    assert str(made.id("x")) == '<ul id="x"><li>a</li><li>b</li><li>c</li></ul>'
    assert str(made(li("d"))) == "<ul><li>a</li><li>b</li><li>c</li><li>d</li></ul>"


def test_a_list_that_changes_later_changes_no_element() -> None:
    items = ["a"]
    made = div(items)
    items.append("b")

    assert str(made.id("x")) == '<div id="x">a</div>'


@pytest.mark.parametrize(
    ("child", "says"),
    [
        ({"a": 1}, "dict"),
        (b"x", "bytes"),
        (bytearray(b"x"), "bytearray"),
        (len, "call it"),
        (object(), "object"),
        ([p(), {"a": 1}], "dict"),
    ],
)
def test_what_can_be_no_child_is_named(child: Any, says: str) -> None:
    with pytest.raises(HtealeafError, match=says):
        div(child)


def test_a_void_element_has_no_end_tag_and_no_children() -> None:
    assert str(div(br(), img(src="/a.png"))) == '<div><br><img src="/a.png"></div>'
    with pytest.raises(HtealeafError, match="void"):
        br("x")
    assert str(br(None)) == "<br>"


@pytest.mark.parametrize("element", [script, style])
def test_raw_text_can_not_break_out(element: Any) -> None:
    html = str(div(element("x</script></style><!-- <script><b>"), p("after")))

    found = BeautifulSoup(html, "html.parser")

    assert found.b is None
    assert found.p is not None
    assert html.count("</script") + html.count("</style") == 1


def test_json_in_a_script_stays_json() -> None:
    html = str(script('{"a": "</script><!--"}', type="application/json"))
    inner = html[html.index(">") + 1 : html.rindex("</")]

    assert json.loads(inner) == {"a": "</script><!--"}


def test_a_binding_in_raw_text_is_refused() -> None:
    with Registry():
        store = Store({"a": "x"}, name="s")

    with pytest.raises(HtealeafError, match="holds text only"):
        script(store.react("a"))


@pytest.mark.parametrize("element", [pre, textarea])
def test_a_leading_newline_stays(element: Any) -> None:
    """A parser drops the first newline there, so one is added."""
    assert str(element("\nx")).count("\n") == 2
    assert str(element("", "\nx")).count("\n") == 2
    assert str(element("x\n")).count("\n") == 1


@pytest.mark.parametrize("name", ["1a", "a b", "", "a>", "<", "é"])
def test_a_bad_element_name_is_refused(name: str) -> None:
    with pytest.raises(HtealeafError, match="element name"):
        tag(name)


def test_classes_are_added_once() -> None:
    made = div(class_="card").classes("a", "card", b=True, c=False, is_done=1)

    assert str(made) == '<div class="card a b is-done"></div>'


def test_attr_replaces_a_name_however_it_was_written() -> None:
    assert str(div(class_="a").attr({"class": "b"})) == '<div class="b"></div>'
    assert str(div(data_x=1).attr({"data-x": 2})) == '<div data-x="2"></div>'


def test_an_id_that_is_a_number_or_a_ref_is_one_id() -> None:
    with Registry():
        store = Store({"a": "x", "id": 7}, name="s")
        app = WSGI(secret="x" * 16)
        SuperStore(app)
    app.route("/")(lambda: [div(store.react("a"), id=5), p(store.react("a"), id=store.at("id"))])

    text = Browser(app).get("/").text
    assert '<div id="5">x</div>' in text
    assert '<p id="7">x</p>' in text


def test_row_and_column_are_classes() -> None:
    assert str(div().row()) == '<div class="ht-row"></div>'
    assert str(div().column()) == '<div class="ht-column"></div>'


def test_an_element_is_frozen() -> None:
    made = div("x", id="a")

    with pytest.raises(AttributeError, match="frozen"):
        made.html = "y"
    with pytest.raises(AttributeError, match="frozen"):
        del made.html
    with pytest.raises(AttributeError, match="element\\(child\\)"):
        made.append(p())
    with pytest.raises(TypeError, match="not an iterable"):
        list(made)
    assert copy.deepcopy(made) is made


def test_equal_elements_have_equal_hashes() -> None:
    assert div("a", id="x") == div("a", id="x") != div("b", id="x")
    assert len({div("a"), div("a"), p("a")}) == 2


def test_elements_with_equal_elements_in_them_are_equal() -> None:
    """Also where what is inside has actions, bindings, styles or controls."""
    with Registry():
        store = Store({"n": 0, "m": 0}, name="shared")
    action, other, shown = store.do.increment("n"), store.do.increment("m"), store.react("n")

    def made(onclick: Any = action, binding: Any = shown, margin: int = 1, id: str = "x") -> Any:
        return div(
            p(button("+", onclick=onclick), p(binding), "x"),
            form(input_(id=id), p("y").style(margin_top=margin), onsubmit=action),
        )

    assert made() == made()
    assert hash(made()) == hash(made())
    assert made() not in [made(other), made(binding=store.react("m")), made(margin=2), made(id="y")]


def test_an_element_that_needs_a_page_says_so() -> None:
    with Registry():
        store = Store({"a": 1}, name="s")

    with pytest.raises(HtealeafError, match="only a page can render"):
        str(div(store.react("a")))
