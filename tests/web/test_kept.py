"""Values of provided generators: one a request, closed in turn, and rolled back by an error."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf.data.paths import ROOT
from htealeaf.reactive.scope import Scope, entered
from htealeaf.web.kept import Kept


class Resource:
    """Notes what happens to it."""

    def __init__(self, log: list[str], name: str, fails: bool = False) -> None:
        self.log, self.name, self.fails = log, name, fails

    def made(self) -> Iterator[str]:
        self.log.append(f"{self.name} opened")
        try:
            yield self.name
        except Exception as error:
            self.log.append(f"{self.name} rolled back: {error}")
            raise
        else:
            if self.fails:
                raise ValueError(f"{self.name} can't commit")
            self.log.append(f"{self.name} closed")


def kept(log: list[str], *names: str, fails: bool = False) -> Kept:
    values = Kept()
    for name in names:
        assert values.provided(name, Resource(log, name, fails).made, dict) == name
    return values


def test_a_generator_is_started_once_a_request() -> None:
    log: list[str] = []
    values = kept(log, "db", "db", "cache", "db")

    assert log == ["db opened", "cache opened"]
    values.close()
    assert log[2:] == ["cache closed", "db closed"]


def test_a_plain_function_is_called_each_time() -> None:
    calls: list[int] = []
    values = Kept()

    def counted(n: int) -> int:
        calls.append(n)
        return n

    assert values.provided("n", counted, lambda: {"n": 1}) == 1
    assert values.provided("n", counted, lambda: {"n": 2}) == 2
    assert calls == [1, 2]


def test_the_error_of_the_request_is_raised_where_it_yields() -> None:
    log: list[str] = []
    values = kept(log, "db")

    values.close(ZeroDivisionError("nothing"))

    assert log == ["db opened", "db rolled back: nothing"]


def test_what_can_not_be_closed_fails_the_request() -> None:
    with pytest.raises(ValueError, match="can't commit"):
        kept([], "db", fails=True).close()


def test_what_fails_behind_an_error_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def worse() -> Iterator[str]:
        try:
            yield "db"
        finally:
            raise ValueError("worse")

    values = Kept()
    values.provided("db", worse, dict)
    with caplog.at_level(logging.ERROR, "htealeaf"):
        values.close(ZeroDivisionError())

    assert "what was provided could not be closed" in caplog.text


def test_who_gets_a_value_depends_on_what_it_read() -> None:
    def reading() -> Iterator[Any]:
        scope.note("s", ROOT, 0)
        yield 1

    values, scope = Kept(), Scope(None)  # type: ignore[arg-type]
    with entered(scope):
        one = scope.deps = set()
        values.provided("v", reading, dict)
        other = scope.deps = set()
        values.provided("v", reading, dict)

    assert one == other == {("s", ROOT, 0)}
