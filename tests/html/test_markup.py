"""Escaping: any text comes back from a parser, and what would run code is refused."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from htealeaf.components import (
    a,
    button,
    div,
    form,
    iframe,
    img,
    object_,
    p,
    textarea,
    title,
    use,
)
from htealeaf.errors import HtealeafError

# A parser turns CR into LF and drops NUL (HTML standard, 13.2.3.5 and 13.2.5).
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"))


@settings(deadline=None)
@given(TEXT)
def test_any_text_comes_back_from_a_parser(text: str) -> None:
    text = f"|{text}|"  # BeautifulSoup makes one blank of what is nothing but blanks
    html = str(div(p(text), textarea(text), title(text)))

    found = BeautifulSoup(html, "html.parser")

    assert found.p is not None
    assert found.p.get_text() == text
    assert found.title is not None
    assert found.title.get_text() == text


@settings(deadline=None)
@given(TEXT)
def test_any_attribute_value_comes_back_from_a_parser(text: str) -> None:
    html = str(div(data_x=text, title=text)(p()))

    found = BeautifulSoup(html, "html.parser", multi_valued_attributes=None).div

    assert found is not None
    assert found["data-x"] == text
    assert found["title"] == text
    assert set(found.attrs) == {"data-x", "title"}


@settings(deadline=None)
@given(st.lists(TEXT))
def test_no_text_makes_an_element(texts: list[str]) -> None:
    found = BeautifulSoup(str(div(texts, [p(text) for text in texts])), "html.parser").div

    assert found is not None
    assert [tag.name for tag in found.find_all(True)] == ["p"] * len(texts)


def test_an_object_with_its_own_html_is_taken_as_it_is() -> None:
    class Icon:
        def __html__(self) -> str:
            return "<i>!</i>"

    assert str(div(Icon())) == "<div><i>!</i></div>"


@pytest.mark.parametrize(
    ("attributes", "html"),
    [
        ({"class_": "a"}, 'class="a"'),
        ({"for_": "x"}, 'for="x"'),
        ({"data_id": 7}, 'data-id="7"'),
        ({"aria_label": "x"}, 'aria-label="x"'),
        ({"hidden": True}, "hidden"),
        ({"title": 'say "x" & <y>'}, 'title="say &#34;x&#34; &amp; &lt;y&gt;"'),
        ({"title": Markup("&lt;")}, 'title="&lt;"'),
        ({"title": ""}, 'title=""'),
        ({"value": 0}, 'value="0"'),
    ],
)
def test_attributes(attributes: dict[str, Any], html: str) -> None:
    assert str(div(**attributes)) == f"<div {html}></div>"


@pytest.mark.parametrize("value", [None, False])
def test_an_attribute_without_value_is_absent(value: Any) -> None:
    assert str(div(hidden=value, onclick=value)) == "<div></div>"


def test_odd_names_go_through_attr() -> None:
    made = div().attr({"x-on:y": 1, "@click": "a", "data_x": "b"})

    assert str(made) == '<div x-on:y="1" @click="a" data_x="b"></div>'


@pytest.mark.parametrize("name", ["a b", "a>", "a/", "a=b", 'a"', "a'", "", "a\0", "a\n", "a<"])
def test_a_bad_attribute_name_is_refused(name: str) -> None:
    with pytest.raises(HtealeafError, match="no attribute name"):
        div().attr({name: "x"})


@pytest.mark.parametrize("name", ["ht-click", "HT-change", "ht-op"])
def test_names_of_our_own_are_refused(name: str) -> None:
    """`ht-click` holds code that runs; data must not get there."""
    with pytest.raises(HtealeafError, match="own"):
        div().attr({name: "js:alert(1)"})


@pytest.mark.parametrize("value", [["a"], {"a": 1}, b"x", object(), len])
def test_what_can_be_no_attribute_is_named(value: Any) -> None:
    with pytest.raises(HtealeafError, match="attribute 'title'"):
        div(title=value)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript\r:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>",
        "DATA: text/html;base64,x",
        Markup("javascript&#58;alert(1)"),
    ],
)
@pytest.mark.parametrize(
    ("element", "name"),
    [
        (a, "href"),
        (img, "src"),
        (iframe, "src"),
        (form, "action"),
        (button, "formaction"),
        (object_, "data"),
        (use, "xlink:href"),
        (a, "HREF"),
    ],
)
def test_a_script_url_is_refused(element: Any, name: str, url: str) -> None:
    with pytest.raises(HtealeafError, match="script URL"):
        element().attr({name: url})


@pytest.mark.parametrize("url", ["/a", "https://x/y?javascript:", "#x", "mailto:a@b", "TEL:1"])
def test_other_urls_are_fine(url: str) -> None:
    assert a(href=url).attribute("href") == url


@pytest.mark.parametrize("name", ["onclick", "onClick", "ONCLICK"])
def test_a_text_in_an_event_is_refused_in_any_spelling(name: str) -> None:
    with pytest.raises(HtealeafError, match="JSCode"):
        button().attr({name: "alert(1)"})


@pytest.mark.parametrize("name", ["onfoo", "onclik", "onbeforeunload"])
def test_an_unknown_event_is_refused(name: str) -> None:
    with pytest.raises(HtealeafError, match="no event"):
        div().attr({name: "alert(1)"})
