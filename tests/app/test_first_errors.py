"""What somebody gets wrong first is answered in one sentence that has the fix.

Each test makes one mistake, and reads what a developer reads: the exception, or what the log and
the error page of the debug mode say.
"""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf import WSGI, AuthStore, Registry, SessionStore, Store, SuperStore, value_of
from htealeaf.components import button, div, form, h3, textInput
from htealeaf.errors import (
    DuplicateStore,
    FrozenError,
    HtealeafError,
    InvalidName,
    NoSuperStore,
    OutsideRequest,
    UnknownPlace,
    WriteWhileRendering,
)
from tests.http import Browser

SECRET = "a secret for tests only"


class Attempt:
    """An app in debug mode with a store and one route, whose function each test gives."""

    def __init__(self, superstore: bool = True) -> None:
        with Registry() as self.registry:
            self.shared = Store({"counter": 1, "todo": [{"done": False}]}, name="shared")
            self.todos = AuthStore(lambda s: s.get("user"), {"todo": []}, name="todos")
            self.app = WSGI(secret=SECRET, debug=True)
            if superstore:
                SuperStore(self.app)

    def says(self, function: Any, error: type[HtealeafError]) -> str:
        """Return the sentence of the error page, after asserting its kind."""
        self.app.route("/")(function)
        answer = Browser(self.app).get("/")
        assert answer.status == 500, answer.text
        assert answer.soup.pre is not None
        name, _, sentence = answer.soup.pre.get_text().split("\n")[0].partition(": ")
        assert name == error.__name__
        assert ". " not in sentence, "it is one sentence"
        return sentence


def test_no_superstore() -> None:
    one, two = Attempt(superstore=False), Attempt(superstore=False)

    for attempt, content in (
        (one, lambda: button(onclick=one.shared.do.update("counter", 1))),
        (two, lambda: h3(two.shared.react("counter"))),
    ):
        assert "SuperStore(app)" in attempt.says(content, NoSuperStore)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("conut", "store 'shared' has no 'conut'; it has: counter, todo"),
        ("counter/x", "store 'shared' has no 'x' at 'counter'; there is nothing below it"),
        ("todo/0/dnoe", "store 'shared' has no 'dnoe' at 'todo/0'; it has: done"),
        ("__class__", "store 'shared' has no '__class__'; it has: counter, todo"),
    ],
)
def test_a_misspelt_path(path: str, sentence: str) -> None:
    attempt = Attempt()

    assert attempt.says(lambda: h3(attempt.shared.react(path)), UnknownPlace) == sentence


def test_a_text_in_onclick() -> None:
    with pytest.raises(HtealeafError, match=r"onclick is given text.*JSCode\('alert\(1\)'\)"):
        button(onclick="alert(1)")


def test_an_unknown_value_of() -> None:
    attempt = Attempt()
    add = attempt.shared.do.append("todo", {"done": value_of("taks")})

    said = attempt.says(lambda: form(onsubmit=add)(textInput(name="task")), HtealeafError)

    assert said.startswith("value_of('taks') finds no control with that id or name")
    assert said.endswith("it has: task")


def test_an_async_route() -> None:
    app = Attempt().app

    fix = r"home\(\) is async; .* write 'def home' without async"
    with pytest.raises(HtealeafError, match=fix):

        @app.route("/")
        async def home() -> Any:
            return div()


def test_an_authstore_outside_a_request() -> None:
    todos = Attempt().todos

    for use in (todos.read, lambda: todos.append("todo", 1), lambda: len(todos)):
        with pytest.raises(OutsideRequest, match=r"say whose it is: todos\.of\('alice'\)"):
            use()
    todos.of("alice").append("todo", 1)
    assert todos.of("alice").read("todo") == [1]


def test_a_sessionstore_outside_a_request() -> None:
    with Registry():
        mine = SessionStore({"n": 0}, name="mine")

    with pytest.raises(OutsideRequest, match=r"mine\.of\(session\.id\)"):
        mine.read()


def test_writing_to_a_snapshot() -> None:
    shared = Attempt().shared

    with pytest.raises(FrozenError, match="append"):
        shared.read("todo").append(1)
    with pytest.raises(FrozenError, match="replace"):
        shared.read()["counter"] = 2
    with pytest.raises(FrozenError, match="delete"):
        del shared.read("todo")[0]
    with pytest.raises(FrozenError, match="merge"):
        shared["todo/0"].update(done=True)


def test_writing_to_a_store_during_a_get() -> None:
    attempt = Attempt()

    def home() -> Any:
        attempt.shared.update("counter", 1)
        return div()

    said = attempt.says(home, WriteWhileRendering)

    assert "store 'shared' is written while the page / is rendered" in said
    assert "methods=['POST']" in said
    assert attempt.shared.read("counter") == 1


def test_writing_to_a_store_in_a_binding() -> None:
    attempt = Attempt()

    def count(n: int) -> str:
        attempt.shared.transform("counter", lambda n: n + 1)
        return str(n)

    attempt.says(lambda: h3(attempt.shared.react("counter", count)), WriteWhileRendering)
    assert attempt.shared.read("counter") == 1


def test_two_stores_of_one_name() -> None:
    with Registry():
        Store({}, name="a")
        with pytest.raises(DuplicateStore, match="two stores named 'a'"):
            Store({}, name="a")


@pytest.mark.parametrize("name", ["A", "1a", "a-b", "a b", "", "~session", "a/b", "é"])
def test_a_store_s_name(name: str) -> None:
    with Registry(), pytest.raises(InvalidName, match="small letters"):
        Store({}, name=name)


def test_a_list_without_each() -> None:
    attempt = Attempt()

    said = attempt.says(lambda: div(attempt.shared.react("todo")), HtealeafError)

    assert "render function" in said
    assert "each()" in said


def test_a_key_of_a_store_that_has_none() -> None:
    with pytest.raises(HtealeafError, match="keyed=True"):
        Attempt().shared.of("x")


def test_a_keyed_store_without_key() -> None:
    with Registry():
        rooms = Store({}, name="rooms", keyed=True)

    with pytest.raises(HtealeafError, match=r"\.of\(key\)"):
        rooms.read()
