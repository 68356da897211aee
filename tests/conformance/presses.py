"""An app with a control for each kind of press: how often two presses in a row are sent.

A press is `[what to do, selector, more]`: a click, a submit, a key, a choice.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from htealeaf import WSGI, Store, SuperStore, this, value_of
from htealeaf.components import button, div, form, input_, li, option, select, textInput, ul
from htealeaf.html.elements import Element


class Kind(NamedTuple):
    """What is pressed twice, and how often that is sent."""

    step: tuple[str, ...]
    sent: int


KINDS: dict[str, Kind] = {
    "a form that appends": Kind(("submit", "#form-append"), 1),
    "a form that sets": Kind(("submit", "#form-set"), 1),
    "a form that adds to a number": Kind(("submit", "#form-add"), 1),
    "a form that repeats": Kind(("submit", "#form-repeat"), 2),
    "a form of an action function": Kind(("submit", "#form-call"), 1),
    "a button that appends": Kind(("click", "#append"), 1),
    "a button that appends and repeats": Kind(("click", "#append-repeat"), 2),
    "a button that inserts": Kind(("click", "#insert"), 1),
    "a button that deletes": Kind(("click", "#delete"), 1),
    "a button that clears": Kind(("click", "#clear"), 1),
    "a button that moves": Kind(("click", "#move"), 1),
    "a button of two steps, one of which inserts": Kind(("click", "#both"), 1),
    "a button of two steps that repeats": Kind(("click", "#both-repeat"), 2),
    "a button of two steps that repeat": Kind(("click", "#two"), 2),
    "a button of an action function": Kind(("click", "#call"), 1),
    "a button of an action function that repeats": Kind(("click", "#call-repeat"), 2),
    "a button that increments": Kind(("click", "#increment"), 2),
    "a button that updates a number": Kind(("click", "#update"), 2),
    "a button that toggles": Kind(("click", "#toggle"), 2),
    "a button that sets": Kind(("click", "#set"), 2),
    "an element that is no button": Kind(("click", "#item"), 1),
    "a key": Kind(("press", "#key", "Enter"), 1),
    "a key that repeats": Kind(("press", "#key-repeat", "Enter"), 2),
    "a choice": Kind(("select", "#choice", "q"), 2),
}
each_kind = pytest.mark.parametrize("name", KINDS)


def app_of_presses() -> WSGI:
    """Return the app; make it in a registry of its own."""
    app = WSGI(secret="a secret of these tests", rate=None)
    SuperStore(app)
    store = Store({"list": ["a", "b", "c"], "n": 0, "on": False, "text": ""}, name="store")
    do = store.do

    @app.action
    def call(n: int = 1) -> None:
        store.increment("n", n)

    @app.route("/")
    def show() -> Element:
        add = do.append("list", "x")
        return div(
            form(id="form-append", onsubmit=do.append("list", value_of("a")))(input_(name="a")),
            form(id="form-set", onsubmit=do.set("text", value_of("b")))(input_(name="b")),
            form(id="form-add", onsubmit=do.increment("n"))(input_(name="c")),
            form(id="form-repeat", onsubmit=do.append("list", "y").repeat())(input_(name="d")),
            form(id="form-call", onsubmit=call)(input_(name="n", value="2")),
            button("append", id="append", onclick=add),
            button("append", id="append-repeat", onclick=add.repeat()),
            button("insert", id="insert", onclick=do.insert("list/0", "x")),
            button("delete", id="delete", onclick=do.delete("list/0")),
            button("clear", id="clear", onclick=do.clear("list")),
            button("move", id="move", onclick=do.move("list/0", 1)),
            button("both", id="both", onclick=do.increment("n").then(add)),
            button("both", id="both-repeat", onclick=do.increment("n").repeat().then(add)),
            button("two", id="two", onclick=do.increment("n").then(do.toggle("on"))),
            button("call", id="call", onclick=call(n=3)),
            button("call", id="call-repeat", onclick=call(n=3).repeat()),
            button("+", id="increment", onclick=do.increment("n")),
            button("+", id="update", onclick=do.update("n", 1)),
            button("on", id="toggle", onclick=do.toggle("on")),
            button("set", id="set", onclick=do.set("text", "x")),
            ul(li("item", id="item", onclick=add)),
            textInput(id="key", onkeydown=add.key("Enter")),
            textInput(id="key-repeat", onkeydown=add.key("Enter").repeat()),
            select(id="choice", onchange=do.append("list", this.value))(option("p"), option("q")),
        )

    return app
