"""CSS in attributes and in `.style()`: what loads or runs something is refused, in any spelling."""

from __future__ import annotations

import pytest

from htealeaf import HtealeafError
from htealeaf.components import circle, div, svg
from htealeaf.html.css import check_declaration, check_style

#: Values of one declaration.
HOSTILE = [
    "url(javascript:alert(1))",
    "url( 'javascript:alert(1)' )",
    'url("java\\0a script:alert(1)")',
    "u\\72l(javascript:x)",
    "\\75\\72\\6c(javascript:x)",
    "URL(JAVASCRIPT:x)",
    "url(data:text/html,x)",
    "url(data:image/svg+xml,x)",
    "url(file:///x)",
    "image-set('javascript:x' 1x)",
    "image-set(url(javascript:x) 1x, '/a' 2x)",
    "-webkit-image-set(url(javascript:x) 1x)",
    "image('javascript:x')",
    "src('javascript:x')",
    "cross-fade(url(javascript:x), red)",
    "src(var(--x))",
    "image-set(var(--x) 1x, '/a' 2x)",
    "src(attr(data-x))",
    "expression(alert(1))",
    "EXPRESSION(alert(1))",
    "expr\\65ssion(alert(1))",
    "exp/**/ression(1) expression(1)",
    "attr(data-x url)",
    "attr(data-x type(<url>))",
    "attr(data-x type(<image>))",
    "var(--x, url(javascript:x))",
    "var(--x, var(--y, image-set('javascript:x' 1x)))",
    "calc(1px + var(--x, url(javascript:x)))",
    "env(x, url(javascript:x))",
    "paint(worklet)",
    "-moz-element(#x)",
    "[url(javascript:x)]",
    "(url(javascript:x))",
]
#: What is no single declaration.
BROKEN = [
    "red;color:blue",
    "red}",
    "{x}",
    "url(a",
    "'a",
    '"a',
    "a)",
    "(a",
    "[a",
    "a]",
    "/* a",
    "calc(1px",
    "</style>",
    "a\\",
    "url(a b)",
    "@import 'x'",
    "a\nb",
]
FINE = [
    "1px",
    "red",
    "#fff",
    "url(/a.png)",
    "url('https://host/a.png')",
    "url(#gradient)",
    "cross-fade(var(--a), var(--b), 50%)",
    "image-set(linear-gradient(var(--c), red) 1x)",
    "calc(100% - (2px + 1em))",
    "var(--x, 1px)",
    "attr(data-w px, 1px)",
    "attr(title)",
    "linear-gradient(45deg, red, rgb(0 0 0 / 50%))",
    "'Helvetica Neue', sans-serif",
    "[full-start] 1fr [full-end]",
    "translate(1px, 2px) !important",
    "12px/1.5 serif",
    "U+26",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_refused(value: str) -> None:
    with pytest.raises(HtealeafError, match="style"):
        div().style(background=value)
    with pytest.raises(HtealeafError, match="<div style>"):
        div(style=f"color:red; background:{value}")
    with pytest.raises(HtealeafError, match="<div style>"):
        div(style=f"--x:{value}")
    with pytest.raises(HtealeafError, match="<circle fill>"):
        svg(circle(fill=value))


@pytest.mark.parametrize("value", BROKEN)
def test_what_is_no_single_declaration_is_refused(value: str) -> None:
    with pytest.raises(HtealeafError):
        div().style(color=value)


@pytest.mark.parametrize("value", FINE)
def test_other_values_are_fine(value: str) -> None:
    check_declaration("background", value)
    check_style(f"background: {value}; color: red", "<div style>")
    assert "fill=" in str(svg(circle(fill=value)))


@pytest.mark.parametrize(
    "text", ["behavior:url(/x)", "color:red;BEHAVIOR : x", "-moz-binding:url(/x)", "beh\\61vior:x"]
)
def test_what_attaches_code_is_refused(text: str) -> None:
    with pytest.raises(HtealeafError, match="attaches code"):
        div(style=text)
    with pytest.raises(HtealeafError):
        div().style(behavior="x")


@pytest.mark.parametrize("text", ["@import 'x'", "color:red}*{color:blue", "a{b:c}"])
def test_a_style_attribute_holds_declarations_only(text: str) -> None:
    with pytest.raises(HtealeafError, match="<div style>"):
        div(style=text)


def test_an_attribute_of_a_type_that_is_no_url_is_fine() -> None:
    check_style("width: attr(data-w type(<length>), 1px)", "<div style>")


def test_several_declarations_are_fine_in_the_attribute() -> None:
    assert str(div(style="color: red; margin: 0 auto")) == (
        '<div style="color: red; margin: 0 auto"></div>'
    )
