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
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment
from markupsafe import Markup

from htealeaf import WSGI, Registry, Store, SuperStore, components
from htealeaf.components import (
    a,
    br,
    button,
    checkbox,
    div,
    fileInput,
    form,
    iframe,
    img,
    input_,
    label,
    li,
    object_,
    option,
    p,
    pre,
    rButton,
    script,
    style,
    submit,
    table,
    td,
    textarea,
    textInput,
    title,
    tr,
    ul,
    use,
)
from htealeaf.errors import HtealeafError
from htealeaf.html.making import tag
from tests.http import Browser

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


def test_an_object_with_its_own_html_is_taken_as_it_is() -> None:
    class Icon:
        def __html__(self) -> str:
            return "<i>!</i>"

    assert str(div(Icon())) == "<div><i>!</i></div>"


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


@pytest.mark.parametrize("name", ["1a", "a b", "", "a>", "<", "é"])
def test_a_bad_element_name_is_refused(name: str) -> None:
    with pytest.raises(HtealeafError, match="element name"):
        tag(name)


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


@pytest.mark.parametrize("url", ["/a", "https://x/y?javascript:", "#x", "data:image/png;base64,x"])
def test_other_urls_are_fine(url: str) -> None:
    assert a(href=url).attribute("href") == url


@pytest.mark.parametrize("name", ["onclick", "onClick", "ONCLICK"])
def test_a_text_in_an_event_is_refused_in_any_spelling(name: str) -> None:
    with pytest.raises(HtealeafError, match="JSCode"):
        button().attr({name: "alert(1)"})


@pytest.mark.parametrize("name", ["onload", "onerror", "onfoo", "onbeforeunload"])
def test_an_unknown_event_is_refused(name: str) -> None:
    with pytest.raises(HtealeafError, match="no event"):
        div().attr({name: "alert(1)"})


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


def test_the_ready_made_pieces_and_the_seed_s_names() -> None:
    assert rButton is button
    assert str(checkbox(checked=True, name="a")) == '<input type="checkbox" checked name="a">'
    assert str(checkbox(name="a")) == '<input type="checkbox" name="a">'
    assert str(textInput(name="a", type="email")) == '<input name="a" type="email">'
    assert str(textInput(type_="email")) == '<input type="email">'
    once, again = (str(textInput(data_never_used_before=1, value=1.5)) for _ in range(2))
    assert once == again
    assert str(textInput(name="a")) == '<input type="text" name="a">'
    assert str(textInput(type="email", name="a")) == '<input type="email" name="a">'
    assert str(fileInput(name="a")) == '<input type="file" name="a">'
    assert str(submit("Go")) == '<button type="submit">Go</button>'
    assert str(table(tr(td("1")))) == "<table><tr><td>1</td></tr></table>"
    assert str(label("x", for_="a")) == '<label for="a">x</label>'


def test_a_form_has_the_seed_s_verbs() -> None:
    made = form(input_(name="q")).action("/find").method("get")

    html = '<form action="/find" method="get"><input name="q"></form>'
    with Registry():
        assert html in _rendered(made)


def test_an_element_that_needs_a_page_says_so() -> None:
    with Registry():
        store = Store({"a": 1}, name="s")

    with pytest.raises(HtealeafError, match="only a page can render"):
        str(div(store.react("a")))


def test_every_html_element_has_its_name() -> None:
    names = """a abbr address area article aside audio b base bdi bdo blockquote body br button
    canvas caption cite code col colgroup data datalist dd details dfn dialog div dl dt em
    embed fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html i
    iframe img ins kbd label legend li link main mark menu meta meter nav noscript ol optgroup
    option output p picture pre progress q rp rt ruby s samp script search section select slot
    small source span strong style sub summary sup table tbody td template textarea tfoot th thead
    time title tr track u ul var video wbr""".split()
    for name in names:
        assert str(getattr(components, name)()).startswith(f"<{name}>")
    for name in ("del", "input", "map", "object"):
        assert str(getattr(components, f"{name}_")()).startswith(f"<{name}>")


def _rendered(content: Any) -> str:
    app = WSGI(secret="x" * 16)
    app.route("/")(lambda: content)
    return Browser(app).get("/").text


def test_a_binding_in_a_text_only_element_is_its_only_child() -> None:
    """An element inside of a textarea, a title or an option would be shown as text."""
    with Registry():
        store = Store({"a": "x"}, name="texts")
        with pytest.raises(HtealeafError, match="has to be its only child"):
            option("now ", store.react("a"))
