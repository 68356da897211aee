"""Errors: an author's mistake is a logged 500, and what data can cause is told a browser."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest

from htealeaf import (
    each,
    fragment,
)
from htealeaf.components import checkbox, div, li, p, ul
from htealeaf.data.paths import parse
from htealeaf.errors import (
    HtealeafError,
    Invalid,
    PathNotFound,
    RefusedField,
    UnknownPlace,
    is_mistake,
    mistaken,
)
from tests.http import Browser
from tests.mistaken import World

MISTAKES: dict[str, Callable[[World], Any]] = {
    "a row": lambda w: ul(w.shared.each("todo", lambda task: li(task["nmae"]))),
    "a row with a key": lambda w: ul(w.shared.each("todo", lambda t: li(t["nmae"]), key="id")),
    "a row among others": lambda w: div("x", w.shared.each("todo", lambda t: li(t["nmae"]))),
    "a loop": lambda w: ul(li(task["nmae"]) for task in w.shared.at("todo")),
    "a read of a place": lambda w: p(w.shared["conut"]),
    "a read below a number": lambda w: p(w.shared.read("n/x")),
    "react": lambda w: p(w.shared.react("conut")),
    "a fragment": lambda w: div(fragment(lambda: p(w.shared["conut"]))()),
    "a free each": lambda w: ul(
        each(lambda: w.shared.read("todo"), lambda t: li(w.shared["conut"]), key="id")
    ),
    "an attribute": lambda w: checkbox(checked=w.shared.react("dnoe")),
    "a dict of dicts": lambda w: ul(li(room["nmae"]) for room in w.shared.at("rooms")),
    "a key of a keyed store": lambda w: p(w.rooms.of("x")["nmae"]),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_misspelt_place_is_a_logged_500(
    mistake: Callable[[World], Any], caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.app.route("/")(lambda: mistake(world))

    answer = Browser(world.app).get("/")

    assert answer.status != 404
    assert "has no '" in caplog.text
    line = f"{__file__}:{mistake.__code__.co_firstlineno}"
    lines = [f"{__file__}:{mistake.__code__.co_firstlineno + n}" for n in range(3)]
    messages = [record.getMessage() for record in caplog.records]
    assert any(line in message for line in lines for message in messages), (line, messages)


def test_a_place_that_data_does_not_have_is_a_404() -> None:
    world = World()
    world.app.route("/todo/{n}")(lambda n: p(world.shared.read(f"todo/{n}/name")))
    world.app.route("/room/{name}")(lambda name: p(world.shared.read(f"rooms/{name}/name")))
    browser = Browser(world.app)

    assert [browser.get(url).status for url in ("/todo/1", "/todo/9", "/room/a", "/room/b")] == [
        *(200, 404),
        *(200, 404),
    ]


def test_a_slip_is_still_a_lookup_error() -> None:
    assert issubclass(UnknownPlace, PathNotFound)
    with pytest.raises(PathNotFound, match="'conut' stops at ''"):
        World().shared.read("conut")


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_misspelt_write_of_a_route_is_a_500(
    method: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()

    def write() -> Any:
        world.shared.increment("conut")
        return "done"

    world.app.route("/", methods=[method], page=False)(write)

    assert Browser(world.app).request(method, "/").status == 500
    assert f"{__file__}:{inspect.getsourcelines(write)[1] + 1}" in caplog.text


def every_error() -> list[type[HtealeafError]]:
    found, waiting = [], [HtealeafError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [kind for kind in found if kind.__module__.startswith("htealeaf")]


@pytest.mark.parametrize("kind", every_error())
def test_what_a_browser_is_told_is_a_sentence_and_a_status(kind: type[HtealeafError]) -> None:
    assert kind.status_hint in HTTPStatus._value2member_map_
    assert kind.status_hint >= 400
    public = kind("day", "a date").public if kind is RefusedField else kind.public
    assert public[0].isupper() or kind is RefusedField  # it begins with a name
    assert public.endswith(".")
    if not issubclass(kind, Invalid):  # each says its own
        assert (public == HtealeafError.public) == (kind.status_hint == 500)


def test_a_path_says_where_it_stopped() -> None:
    error = PathNotFound(parse("todo/9/done"), parse("todo"), "a list of 3 items")

    assert str(error) == "path 'todo/9/done' stops at 'todo': a list of 3 items"
    assert (error.path, error.stop) == (("todo", "9", "done"), ("todo",))


def test_a_refused_form_has_a_message_for_each_control() -> None:
    error = Invalid("Two things.", email="No address.", age="Too young.")

    assert error.fields == {"": "Two things.", "email": "No address.", "age": "Too young."}
    assert error.public == "Two things. No address. Too young."
    assert HtealeafError.public == "Something went wrong here."  # an instance says its own


@pytest.mark.parametrize(
    ("error", "mistake"),
    [
        (UnknownPlace("x"), True),
        (mistaken("write it so"), True),
        (mistaken("the data is so", mistake=False), False),
        (PathNotFound(parse("a"), parse(""), "x"), False),
        (KeyError("a"), False),
    ],
)
def test_what_no_data_causes_is_the_author_s_mistake(error: Exception, mistake: bool) -> None:
    assert is_mistake(error) is mistake
