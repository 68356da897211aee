"""The journal's Protocol: each backend of the table has its methods, and its errors their words."""

from __future__ import annotations

from inspect import signature
from typing import Any

import pytest

from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.backends.opening import BACKENDS as OPENED
from htealeaf.state.backends.postgresql import PostgresqlJournal
from htealeaf.state.backends.redis import RedisJournal
from htealeaf.state.backends.sqlite import SqliteJournal
from htealeaf.state.journal import (
    EpochChanged,
    Journal,
    JournalDamaged,
    JournalTrimmed,
    JournalUnreachable,
)

BACKENDS = [MemoryJournal, SqliteJournal, PostgresqlJournal, RedisJournal]
METHODS = [name for name in vars(Journal) if not name.startswith("_")]


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    return [(p.name, p.kind, p.default) for p in signature(function).parameters.values()]


def test_the_protocol_is_small() -> None:
    assert len(METHODS) < 10
    assert all(vars(Journal)[name].__doc__ for name in METHODS)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", METHODS)
def test_a_backend_takes_what_the_protocol_says(backend: type, name: str) -> None:
    assert parameters(getattr(backend, name)) == parameters(getattr(Journal, name))


def test_each_backend_of_the_table_is_looked_at() -> None:
    modules = {row.module for row in OPENED.values()}

    assert {backend.__module__ for backend in BACKENDS[1:]} < modules


@pytest.mark.parametrize("error", [JournalUnreachable, JournalTrimmed, EpochChanged])
def test_what_passes_asks_a_person_to_try_again(error: Any) -> None:
    assert error.status_hint == 503
    assert error.public.endswith("Please try again.")


def test_damage_does_not_pass() -> None:
    assert JournalDamaged.status_hint == 500
