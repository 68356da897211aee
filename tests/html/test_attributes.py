"""Attribute names: which one was meant by one that no element has."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    HtealeafError,
    Registry,
    Store,
    SuperStore,
)
from htealeaf.components import (
    a,
    button,
    circle,
    div,
    form,
    input_,
    label,
    p,
    svg,
    table,
    tag,
    tbody,
    td,
    textInput,
    tr,
)
from tests.http import Browser

SECRET = "a secret for tests only"


with Registry():
    SHARED = Store({"n": 0}, name="shared")
DO = SHARED.do


#: What no element has is refused.
UNKNOWN: dict[str, tuple[Callable[[], Any], str]] = {
    "cls": (lambda: div(cls="card"), "<div> has no attribute 'cls'; did you mean class_=?"),
    "className": (lambda: p(className="card"), "class_="),
    "htmlFor": (lambda: label(htmlFor="x"), "for_="),
    "placehoder": (lambda: textInput(placehoder="x"), "placeholder="),
    "herf": (lambda: a(herf="/x"), "href="),
    "acceptCharset": (lambda: form(acceptCharset="x"), "accept_charset="),
    "tilte by attr": (lambda: div().attr({"tilte": "x"}), "title="),
    "a word": (lambda: div(zzz="x"), "data_zzz="),
    "a word of a binding": (lambda: div(zzz=SHARED.react("n")), "data_zzz="),
    "no ASCII": (lambda: div().attr({"\u017frc": "x"}), "no attribute"),
}

#: What is allowed, and looks like another name.
SLIPS: dict[str, tuple[Callable[[], Any], str]] = {
    "onClick": (lambda: button(onClick=DO.increment("n")), "onclick="),
    "aria_lable": (lambda: div(aria_lable="x"), "aria_label="),
    "readOnly": (lambda: textInput(readOnly=True), "readonly="),
    "viewbox": (lambda: svg(viewbox="0 0 1 1"), "viewBox="),
    "colSpan by attr": (lambda: table(tbody(tr(td().attr(colSpan=2)))), "colspan="),
}


RIGHT: list[Callable[[], Any]] = [
    lambda: div(class_="a", data_x=1, aria_label="x", hx_get="/", style="x", data_key="x"),
    lambda: div().attr({"x-on:click": "y", "@click": "z", ":class": "c", "_": "on load"}),
    lambda: svg(viewBox="0 0 1 1")(circle(r=1, cx=1, fill_opacity=1)),
    lambda: label(for_="x"),
    lambda: tag("my-card")(cls="x", herf="y"),
    lambda: button(onclick=DO.increment("n")),
    lambda: input_(type="text", readonly=True, maxlength=3, inputmode="numeric", list="x"),
]


@pytest.fixture
def warnings(
    caplog: pytest.LogCaptureFixture,
) -> Callable[..., list[str]]:
    caplog.set_level(logging.WARNING, "htealeaf")

    def told(content: Callable[[], Any], *, debug: bool = True) -> list[str]:
        caplog.clear()
        app = WSGI(secret=SECRET, debug=debug)
        SuperStore(app, Registry())
        app.route("/")(lambda: div(content()))
        browser = Browser(app)
        assert browser.get("/").status == 200
        assert browser.get("/").status == 200
        return [r.getMessage() for r in caplog.records if __file__ in r.getMessage()]

    return told


@pytest.mark.parametrize(("content", "words"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_attribute_that_no_element_has_is_refused(content: Any, words: str) -> None:
    """A name that comes from data must not be one that a browser may learn to read."""
    with pytest.raises(HtealeafError, match=re.escape(words)):
        content()


@pytest.mark.parametrize(
    "name",
    "my-attr data-x aria-x x-on:click.away @click :class v-if hx-on::after-request wire:model _"
    " xlink:href xml:lang focusgroup fill-opacity accept-charset [prop] (event) *ngIf #ref".split(),
)
def test_a_name_of_a_standard_or_a_library_is_allowed(name: str) -> None:
    assert str(div().attr({name: "x"})) == f'<div {name}="x"></div>'


@pytest.mark.parametrize(
    "name",
    ["xml:x", "xlink:onclick", "xmlns:x", "a\u200b-b", "data-\u2028x", "data-x/y", "x-y=z", "@"],
)
def test_a_name_that_nobody_has_is_refused(name: str) -> None:
    with pytest.raises(HtealeafError, match="no attribute"):
        div().attr({name: "x"})


@pytest.mark.parametrize(("content", "words"), SLIPS.values(), ids=SLIPS)
def test_an_attribute_that_looks_like_another(content: Any, words: str, warnings: Any) -> None:
    line = content.__code__.co_firstlineno

    told = [text for text in warnings(content) if f"{__file__}:{line}: " in text]

    assert len(told) == 1, "it is told once"
    assert words in told[0]


@pytest.mark.parametrize("content", RIGHT)
def test_an_attribute_that_is_right_or_somebody_s_own(content: Any, warnings: Any) -> None:
    line = content.__code__.co_firstlineno

    assert not [text for text in warnings(content) if f":{line}: " in text]


def test_nothing_is_told_without_the_debug_mode(warnings: Any) -> None:
    assert not warnings(lambda: div(aria_lable="x"), debug=False)
