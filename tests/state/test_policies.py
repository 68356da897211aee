"""A policy says what scripts may do, and which actions the author allows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Store
from htealeaf.data.paths import parse
from htealeaf.errors import HtealeafError, InvalidPath, NotAValue
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state.policies import Policy
from htealeaf.state.replica import Replica
from htealeaf.wire.slots import value_of


def test_what_is_not_named_is_refused() -> None:
    policy = Policy.of([], [], None)

    assert not policy.scripts_write(parse("n"))
    assert not policy.scripts_read(parse("n"))
    assert policy.permits("set", parse("n"))


def test_a_rule_gets_what_it_names() -> None:
    told: list[object] = []

    def by_value(value: int, owner: str, *, path: str = "") -> bool:
        told.append((value, owner, path))
        return True

    class Rule:
        def __call__(self, **asked: object) -> bool:
            told.append(asked)
            return True

    Policy.of([], [], by_value).permits("set", parse("a/b"), 3, "ann")
    Policy.of([], [], Rule()).permits("set", parse("a"), 3)
    Policy.of([], [], lambda: True).permits("set", parse("a"))

    assert told[0] == (3, "ann", "a/b")
    assert told[1] == {"session": None, "verb": "set", "path": "a", "value": 3, "owner": None}


def test_a_rule_that_wants_something_else_is_told_what_there_is() -> None:
    async def later(session: object) -> bool:
        return False

    class Later:
        async def __call__(self, session: object) -> bool:
            return False

    with pytest.raises(HtealeafError, match="always count as yes"):
        Policy.of([], [], Later())  # type: ignore[arg-type]
    with pytest.raises(HtealeafError, match="async"):
        WSGI(secret="a secret of the tests").action(allow=Later())(lambda: None)
    with pytest.raises(HtealeafError, match="user is none of: session, verb, path, value, owner"):
        Policy.of([], [], lambda user: True)
    with pytest.raises(HtealeafError, match="always count as yes"):
        Policy.of([], [], later)  # type: ignore[arg-type]


def test_a_rule_that_looks_at_what_is_yet_to_be_typed_is_asked_later() -> None:
    policy = Policy.of([], [], lambda session, value: session == "ann" and value < 10)
    slot = value_of("amount")

    with entered(Scope(Replica(), "ann")):
        assert policy.permits("set", parse("n"), slot, later=True)
        assert not policy.permits("set", parse("n"), 11)
        with pytest.raises(NotAValue):
            policy.permits("set", parse("n"), slot)
    assert not policy.permits("set", parse("n"), slot, later=True)  # nobody's, whatever it is


def test_a_rule_may_ask_a_text_that_is_yet_to_be_typed_for_its_methods() -> None:
    rules: list[Callable[[Any], Any]] = [
        lambda value: value["to"].endswith("@example.org"),
        lambda value: value["to"].strip() != "?",
        lambda value: re.match(r"\w+@", value["to"]),
        lambda value: value["to"] in "ann@example.org",
    ]
    for rule in rules:
        policy = Policy.of([], [], rule)
        assert policy.permits("set", parse("n"), {"to": value_of("to")}, later=True)
        assert not policy.permits("set", parse("n"), {"to": " ?"})


def test_a_rule_that_is_wrong_is_told_when_the_page_is_rendered() -> None:
    """What has nothing to do with a value that is yet to come is no reason to ask later."""
    lock = Store({"open": False}, name="lock", registry=Registry())
    rules: list[Callable[..., Any]] = [lambda: lock.react("open"), lambda session: len(session) > 1]
    for rule in rules:
        with pytest.raises(TypeError):
            Policy.of([], [], rule).permits("set", parse("n"), 1, later=True)


@pytest.mark.parametrize(
    ("path", "written", "read"),
    [
        ("todo/0/done", True, True),
        ("todo/0", False, True),
        ("todo", False, True),
        ("todo/0/done/x", False, True),
        ("", False, False),
        ("other", False, False),
    ],
)
def test_scripts_write_a_place_and_read_what_is_below(path: str, written: bool, read: bool) -> None:
    policy = Policy.of(["todo/*/done"], ["todo"], None)

    assert policy.scripts_write(parse(path)) == written
    assert policy.scripts_read(parse(path)) == read


def test_a_pattern_that_is_no_path_is_refused_at_once() -> None:
    with pytest.raises(InvalidPath):
        Policy.of(["a~5"], [], None)


def test_the_rule_gets_the_current_session() -> None:
    asked = []

    def allow(session: object, verb: str, path: str) -> bool:
        asked.append((session, verb, path))
        return session is not None

    policy = Policy.of([], [], allow)

    assert not policy.permits("set", parse("a/b"))
    with entered(Scope(Replica(), "ann")):
        assert policy.permits("delete", parse(""))
    assert asked == [(None, "set", "a/b"), ("ann", "delete", "")]


@pytest.mark.parametrize(
    ("pattern", "path", "written", "read"),
    [
        ("**", "", True, True),
        ("**", "a/b/c", True, True),
        ("a/**", "a", True, True),
        ("a/**", "a/b/c", True, True),
        ("a/**", "b", False, False),
        ("a/**/z", "a/z", True, True),
        ("a/**/z", "a/b/c/z", True, True),
        ("a/**/z", "a/b/c", False, False),
        ("a/**/z", "a/b/z/c", False, True),
        ("a/*/**", "a", False, False),
        ("a/*/**", "a/b/c", True, True),
        ("**/**/b", "b", True, True),
    ],
)
def test_two_stars_are_any_number_of_segments(
    pattern: str, path: str, written: bool, read: bool
) -> None:
    policy = Policy.of([pattern], [pattern], None)

    assert policy.scripts_write(parse(path)) == written
    assert policy.scripts_read(parse(path)) == read


def test_many_stars_cost_no_more_than_their_length() -> None:
    policy = Policy.of(["/".join(["**", "a"] * 30)], [], None)

    assert policy.scripts_write(parse("/".join(["a"] * 60)))
    assert not policy.scripts_write(parse("/".join(["a"] * 60 + ["b"])))
