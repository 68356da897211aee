"""What goes wrong says where: the author's line, the field, the name that was meant."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from htealeaf import (
    Session,
    value_of,
)
from htealeaf.components import button, div, form, li, p, textInput, ul
from htealeaf.testing import Client, PageFailure
from tests.http import Browser
from tests.mistaken import World

# -- a mistake of the author's is never a 404 -------------------------------------------------


# -- the author's line -----------------------------------------------------------------------

RAISES: dict[str, Callable[[World], Any]] = {
    "in a route": lambda w: p(date.fromisoformat(w.shared.read("day")).year),
    "in a library": lambda w: p(re.compile(w.shared.read("day") + "(").pattern),
    "in a render function": lambda w: p(w.shared.react("day", lambda d: date.fromisoformat(d))),
    "of our own, later": lambda w: div(w.shared.react("todo")),
    "of our own, at once": lambda w: div(3, {"a": 1}),
}


@pytest.mark.parametrize("content", RAISES.values(), ids=RAISES)
def test_the_log_has_the_author_s_line(
    content: Callable[[World], Any], caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.app.route("/")(lambda: content(world))

    Browser(world.app).get("/")

    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert f"{__file__}:{content.__code__.co_firstlineno}" in record.getMessage()


def test_the_client_shows_the_cause() -> None:
    world = World()
    world.app.route("/")(lambda: p(date.fromisoformat(world.shared.read("day")).year))

    with pytest.raises(
        PageFailure, match=r"ValueError: Invalid isoformat.*test_where\.py:\d+"
    ) as e:
        Client(world.app).open("/")

    assert isinstance(e.value.__cause__, ValueError)


def test_the_client_shows_the_cause_of_a_click_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.app.route("/")(lambda: button("+", onclick=world.shared.do.increment("n")))
    page = Client(world.app).open("/")

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(type(world.registry.journal.committer), "commit", broken)
    with pytest.raises(PageFailure, match="RuntimeError: the disk is full"):
        page.click("button")


# -- did you mean ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "meant"),
    [
        (lambda w: w.shared.do.incremet, "did you mean 'increment'?"),
        (lambda w: w.shared.js.togle, "did you mean 'toggle'?"),
        (lambda w: w.shared.raect, "did you mean 'react'?"),
        (lambda w: w.shared.at("todo/0").name, "did you mean ['name']?"),
        (lambda w: w.shared.at("todo/0").nmae, "did you mean ['name']?"),
        (lambda w: w.todos.incremnt, "did you mean 'increment'?"),
        (lambda w: w.rooms.comput, "did you mean 'computed'?"),
        (lambda w: w.shared.at("todo/0").xyz, "is read with [...]"),
        (lambda w: w.shared.react("n").upper, "shared.read('n')"),
        (lambda w: value_of("task").strip, "value_of('task')"),
    ],
)
def test_an_attribute_that_is_misspelt(use: Callable[[World], Any], meant: str) -> None:
    with pytest.raises(AttributeError, match=re.escape(meant)):
        use(World())


# -- the field -------------------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(
    ("slot", "text", "words"),
    [
        (value_of("age", int), "abc", "'age' wants a number."),
        (value_of("age", int), "1.5", "'age' wants a whole number."),
        (value_of("age", float), "", "'age' wants a number."),
        (value_of("age", bool), "maybe", "'age' wants yes or no."),
        ({"a": [value_of("age", int)]}, "x", "'age' wants a number."),
    ],
)
def test_a_refused_value_names_its_field(slot: Any, text: str, words: str, scripts: bool) -> None:
    world = World()
    world.app.route("/")(
        lambda: form(onsubmit=world.shared.do.append("todo", slot))(textInput(name="age"), button())
    )
    page = Client(world.app, scripts=scripts).open("/")

    page.fill("[name=age]", text)
    page.submit("form:not(#ht)")

    assert page.error is not None
    assert words in page.error
    assert len(world.shared.read("todo")) == 2


# -- hints of the debug mode -----------------------------------------------------------------

READS: dict[str, tuple[Callable[[World, Session], Any], Callable[[World], Any]]] = {
    "a number": (lambda w, s: p(w.shared["n"]), lambda w: w.shared.do.increment("n")),
    "a list": (
        lambda w, s: ul(li(t["name"]) for t in w.shared.read("todo")),
        lambda w: w.shared.do.delete("todo/0"),
    ),
    "a shape": (lambda w, s: p(len(w.shared.at("todo"))), lambda w: w.shared.do.delete("todo/0")),
    "a dict": (lambda w, s: p(str(w.shared.read("rooms"))), lambda w: w.shared.do.clear("rooms")),
    "everything": (lambda w, s: p(str(w.shared.read())), lambda w: w.shared.do.increment("n")),
    "a shape of a dict": (
        lambda w, s: p(len(w.shared.at("rooms"))),
        lambda w: w.shared.do.clear("rooms"),
    ),
    "a place to come": (
        lambda w, s: p(w.shared.read("notice", default="")),
        lambda w: w.shared.do.set("notice", "x"),
    ),
    "a page's own": (lambda w, s: p(w.mine["tab"]), lambda w: w.mine.do.set("tab", "two")),
    "a browser's": (lambda w, s: p(w.cart["n"]), lambda w: w.cart.do.increment("n")),
    "a list of a browser's": (
        lambda w, s: p(len(w.cart.read("items"))),
        lambda w: w.cart.do.append("items", 1),
    ),
    "a user's": (lambda w, s: p(str(w.todos.read("todo"))), lambda w: w.todos.do.clear("todo")),
    "of a key": (
        lambda w, s: p(w.rooms.of("a'b")["name"]),
        lambda w: w.rooms.of("a'b").do.set("name", "y"),
    ),
}


@pytest.mark.parametrize(("read", "action"), READS.values(), ids=READS)
def test_a_hint_of_the_debug_mode_is_code_that_runs(
    read: Callable[[World, Session], Any],
    action: Callable[[World], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World(debug=True)
    names: dict[str, Any] = {store.name: store for store in world.registry}
    names |= {"row": lambda row: li(repr(row)), "show": lambda value: p(str(value))}

    def home(session: Session) -> Any:
        return div(read(world, session), button("go", onclick=action(world)))

    world.app.route("/")(home)

    @world.app.route("/login", page=False)
    def login(session: Session) -> str:
        session["user"] = "ann"
        return "in"

    client = Client(world.app)
    client.get("/login")
    client.open("/").click("button", text="go")

    hints = re.findall(r"travels when it changes; (.*) would send", caplog.text)
    assert hints, caplog.text
    world.app.route("/hint/{n:int}")(lambda n: div(eval(hints[n], {}, names)))
    for n, hint in enumerate(hints):
        assert client.get(f"/hint/{n}").status_code == 200, hint
