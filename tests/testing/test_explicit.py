"""lxml reads what it builds as `html.parser` does, and nothing else."""

from __future__ import annotations

from html import escape
from importlib import import_module

import pytest
from bs4 import BeautifulSoup
from bs4.element import PageElement, Tag
from hypothesis import given, settings
from hypothesis import strategies as st

from htealeaf.testing import Client, trees
from htealeaf.testing.explicit import VOID, build, context_of
from tests.testing.apps import controls_app, table_app, todo_app

LONG = "<p>" + "a long text, since short HTML is not worth it, " * 6 + "</p>"


def by_lxml(html: str) -> BeautifulSoup | None:
    tree = trees._read("")
    return tree if build(html, tree) else None


def same(one: BeautifulSoup, other: BeautifulSoup) -> None:
    """Check that two trees are the same, node by node and link by link."""
    nodes, others = list(one.descendants), list(other.descendants)
    numbers = {id(node): n for n, node in enumerate(nodes)}
    numbers_of_others = {id(node): n for n, node in enumerate(others)}
    assert len(nodes) == len(others)
    for node, twin in zip(nodes, others, strict=True):
        assert told(node) == told(twin)
        for link in ("parent", "next_element", "previous_element", "next_sibling"):
            to, twin_to = getattr(node, link), getattr(twin, link)
            assert numbers.get(id(to)) == numbers_of_others.get(id(twin_to)), (link, node)


def told(node: PageElement) -> tuple[object, ...]:
    if not isinstance(node, Tag):
        return type(node), str(node)
    return node.name, dict(node.attrs), node.can_be_empty_element, node.interesting_string_types


# -- documents -----------------------------------------------------------------------------

NAMES = (
    "div p span a b ul ol li dl dt dd table thead tbody tr th td caption colgroup select optgroup "
    "option form fieldset legend label button textarea pre details summary main section nav h1 "
    "svg g circle path template dialog video output my-element title br hr img input source wbr"
).split()
TEXTS = st.text(alphabet="ab <>&\"' \n\tü€😀;#x\xa0\r\x00/=!-", max_size=8)
ATTRIBUTES = st.dictionaries(
    st.sampled_from("id class data-a ht-click formaction checked name x-on:y @z viewBox".split()),
    st.one_of(st.none(), TEXTS, st.sampled_from(["checked", "name", "x?a=1&one&o=A/+"])),
    max_size=3,
)


def _written(name: str, attributes: dict[str, str | None], children: list[str]) -> str:
    said = "".join(
        f" {key}" if value is None else f' {key}="{escape(value)}"'
        for key, value in attributes.items()
    )
    if name in VOID:
        return f"<{name}{said}>"
    return f"<{name}{said}>{''.join(children)}</{name}>"


COMMENTS = st.text(alphabet="ab -<>ü!", max_size=5).map(lambda text: f"<!--{text}-->")
ELEMENTS = st.recursive(
    st.one_of(TEXTS.map(escape), COMMENTS),
    lambda inner: st.builds(
        _written, st.sampled_from(NAMES), ATTRIBUTES, st.lists(inner, max_size=4)
    ),
    max_leaves=25,
)
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A</title></head><body>'


@pytest.mark.slow
@settings(max_examples=400)
@given(parts=st.lists(ELEMENTS, max_size=6), document=st.booleans())
def test_any_html_is_read_as_html_parser_reads_it(parts: list[str], document: bool) -> None:
    html = LONG + "".join(parts)
    html = f"{HEAD}{html}</body></html>" if document else html

    found = by_lxml(html)

    if found is not None:
        same(found, trees._read(html))
    same(trees.parse(html), trees._read(html))


ODD = [
    "<p>one<p>two",
    "<ul><li>one<li>two</ul>",
    "<table><tr><td>1</table>",
    "<TABLE><TR></TR></TABLE>",
    "<div/>x",
    "<b><i>x</b></i>",
    "</p>",
    "<!-- <b>x</b> --><p>x</p>",
    "<p>a<!--ht x-y-->b<!----><!-- a - b --></p><!--->-->",
    "<p><!--  --></p><pre><!--  --></pre><!--\n -->",
    "<script><!-- x --></script><textarea><!--x--></textarea>",
    "<?php x ?>",
    "<script>if (a < b && c) '</b>'</script>",
    '<script>document.write("<b>x</b>")</script>',
    "<style>a > b { }</style>",
    "<textarea>\n<b>&amp;</textarea>",
    "<p>&copy &nbsp; &#0; &#128; &notit; &unknown;</p>",
    '<a href="?a=1&copy=2&lt=3&o=4">x</a>',
    "<a href=x/>y</a>",
    "<a a=1 a=2 A=3>x</a>",
    '<a title="a > b < c">x</a>',
    "<p \n id = 'a'>x</p>",
    "<p>\x00\x0c\x85\ufffe\ud800</p>",
    "<p>a\r\nb</p>",
    "<pre>\n\n  <b>  </b>  </pre>",
    "<div>  \n <b> </b>\t</div>",
    "<form><form></form></form>",
    "<a><a></a></a>",
    "<button><button></button></button>",
    "<p><div></div></p>",
    "<h1><h2></h2></h1>",
    "<select><div><input></div></select>",
    "<source><wbr><track>",
    "<noscript><p>x</p></noscript><iframe><b></b></iframe>",
    "<image></image><isindex></isindex><plaintext>x</plaintext>",
    "<svg viewBox='0 0 1 1'><foreignObject/><a xlink:href='#a'/></svg>",
    "<x:y></x:y>",
    "<a =b>x</a>",
    '<a b="c"d="e">x</a>',
    "<html><html><body><body></body></body></html></html>",
    "<head></head><title>x</title>",
    "<template><tr><td>x</td></tr></template>",
    "<div>" * 400 + "</div>" * 400,
]


@pytest.mark.parametrize("before", ["", LONG])
@pytest.mark.parametrize("odd", ODD)
def test_odd_html_is_read_as_html_parser_reads_it(odd: str, before: str) -> None:
    for html in (before + odd, f"{HEAD}{before}{odd}</body></html>"):
        same(trees.parse(html), trees._read(html))


@pytest.mark.parametrize(
    "page",
    [
        lambda: Client(todo_app()).get("/"),
        lambda: Client(controls_app()).get("/"),
        lambda: Client(table_app()).get("/"),
        lambda: Client(import_module("demos.todo").app).get("/login"),
        lambda: Client(import_module("demos.counter").app).get("/"),
    ],
)
def test_pages_of_ours_are_read_by_lxml(page) -> None:
    html = page().text

    found = by_lxml(html)

    assert found is not None
    same(found, trees._read(html))


# -- fragments -----------------------------------------------------------------------------

FRAGMENTS = [
    ("tr", '<tr id="r"><td>1</td><td>{}</td></tr><tr><td></td></tr>', ("table", "tbody")),
    ("td", "<td>{}</td><td>2</td>", ("table", "tbody", "tr")),
    ("thead", "<thead><tr><th>{}</th></tr></thead>", ("table",)),
    ("option", "<option selected>{}</option>", ("select",)),
    ("li", "<li>{}</li> <li></li>", ("ul",)),
    ("div", "<div>{}</div>text", ()),
]


@pytest.mark.parametrize(("name", "html", "context"), FRAGMENTS)
def test_a_fragment_is_read_in_its_context(name: str, html: str, context: tuple[str, ...]) -> None:
    html = html.format("a text " * 40)

    assert context_of(html) == context
    found = by_lxml(html)
    assert found is not None
    same(found, trees._read(html))


def test_a_patch_of_rows_comes_out_as_it_went_in() -> None:
    rows = "".join(f'<tr id="r{n}"><td>{n}</td><td><input checked></td></tr>' for n in range(20))
    html = f'<template ht-op="append" ht-to="b">{rows}</template>{rows}'

    assert trees.flat(trees.parse(html)) == html
    assert by_lxml(rows) is not None
