"""Short names for buttons, check boxes and inputs."""

from __future__ import annotations

from typing import Any

from htealeaf import WSGI, Registry
from htealeaf.components import (
    button,
    checkbox,
    fileInput,
    form,
    input_,
    label,
    rButton,
    submit,
    table,
    td,
    textInput,
    tr,
)
from tests.http import Browser


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


def _rendered(content: Any) -> str:
    app = WSGI(secret="x" * 16)
    app.route("/")(lambda: content)
    return Browser(app).get("/").text
