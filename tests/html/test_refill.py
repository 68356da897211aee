"""Refilled forms: what was typed and what was refused, in a page that shows the form again."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from htealeaf.html.refill import Control, FormControls, refill

PAGE = """<!doctype html><html><body>
<form action="/other"><input name="n" value="kept"></form>
<form action="/a" id="f">
<input name="n" value="old"><input type="checkbox" name="b" value="x" checked>
<input type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">
<select name="s"><option>one</option><option value="2" selected>two</option></select>
<textarea name="t">was</textarea><input type="password" name="p"><input type="file" name="up">
<input type="hidden" name="h" value="secret"><button formaction="/b">B</button>
</form><input name="outside" form="f" value=""></body></html>"""


def shown(
    entries: list[tuple[str, Any]], messages: dict[str, str] | None = None, url: str = "/a"
) -> BeautifulSoup:
    return BeautifulSoup(refill(PAGE, url, entries, messages or {}), "html.parser")


def one(page: BeautifulSoup, selector: str) -> Tag:
    [found] = page.select(selector)
    return found


def test_each_control_has_what_was_sent() -> None:
    page = shown(
        [("n", '"new" & <b>'), ("r", "2"), ("s", "one"), ("t", "\nx\n<y>"), ("outside", "o")]
    )

    assert one(page, '#f [name="n"]')["value"] == '"new" & <b>'
    assert "checked" not in one(page, '[name="b"]').attrs
    assert [tag.has_attr("checked") for tag in page.select('[name="r"]')] == [False, True]
    assert [tag.has_attr("selected") for tag in page.select("option")] == [True, False]
    assert one(page, "textarea").get_text() == "\n\nx\n<y>"  # a parser drops the first break
    assert one(page, '[name="outside"]')["value"] == "o"


def test_what_nobody_should_find_in_a_page_is_not_put_there() -> None:
    page = shown([("p", "hunter2"), ("up", "a file"), ("h", "forged")])

    assert "hunter2" not in str(page)
    assert "a file" not in str(page)
    assert one(page, '[name="h"]')["value"] == "secret"


def test_another_form_stays_as_it_is() -> None:
    page = shown([("n", "new")])

    assert one(page, '[action="/other"] [name="n"]')["value"] == "kept"


def test_a_message_stands_behind_its_control_and_is_tied_to_it() -> None:
    control = one(shown([], {"n": "At most <3>."}), '#f [name="n"]')

    message = control.find_next_sibling()
    assert isinstance(message, Tag)
    assert message.get_text() == "At most <3>."
    assert control["aria-invalid"] == "true"
    assert control["aria-describedby"] == message["id"]


@pytest.mark.parametrize("name", ["", "unknown"])
def test_a_message_without_a_control_is_an_alert_of_the_form(name: str) -> None:
    first = one(shown([], {name: "No."}), "#f").find()

    assert isinstance(first, Tag)
    assert (first["role"], first.get_text()) == ("alert", "No.")


def test_the_form_of_a_button_is_the_one_that_the_button_is_in() -> None:
    assert one(shown([("n", "new")], url="/b"), '#f [name="n"]')["value"] == "new"


def test_what_is_said_of_a_form_that_nobody_sees_stands_above_all() -> None:
    """Buttons outside of forms belong to such a one; a field of it has its message beside it."""
    html = (
        "<html><body class=a><form id=ht hidden><input name=u></form><p>Shop</p>"
        '<button form=ht formaction="/a">Sell</button><input form=ht name=n></body></html>'
    )
    page = BeautifulSoup(
        refill(html, "/a", [], {"": "Not today.", "n": "Too many."}, {"ht-url": "/"}), "html.parser"
    )

    assert [str(tag.get_text()) for tag in page.select("body > p")] == [
        "Not today.",
        "Shop",
        "Too many.",
    ]
    assert page.select("#ht p") == []
    assert [tag["name"] for tag in page.select("#ht input")] == ["ht-url", "u"]


def test_a_page_without_the_form_says_the_messages_at_its_start() -> None:
    soup = BeautifulSoup(refill("<body><p>x</p></body>", "/a", [], {"n": "No."}), "html.parser")

    assert soup.body is not None
    assert soup.body.find().get_text() == "No."  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("html", "name", "control"),
    [
        ("<input type=checkbox name=x>", "x", Control("x", "box")),
        ("<input type=checkbox name=x><input type=checkbox name=x>", "x", Control("x", "many")),
        ("<input type=radio name=x><input type=radio name=x>", "x", Control("x", "one")),
        ("<select name=x multiple></select>", "x", Control("x", "many")),
        ("<input id=i name=x>", "i", Control("x", "one")),
        ("<input name=x>", "y", None),
    ],
)
def test_what_a_name_means(html: str, name: str, control: Control | None) -> None:
    assert FormControls(f'<form action="/a">{html}</form>', "/a").named(name) == control


def test_a_form_stands_behind_the_controls_that_name_it() -> None:
    """In a table the form stands in one cell, and the controls in those before it."""
    page = '<p><input form="f" name="n"></p><form id="f" action="/a"></form>'
    assert 'value="x"' in refill(page, "/a", [("n", "x")], {})
    pressed = '<button form="f" formaction="/b">b</button>' + page
    assert 'value="x"' in refill(pressed, "/b", [("n", "x")], {})
