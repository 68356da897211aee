"""The examples in the docstrings of the lowest rooms are true."""

import doctest
from types import ModuleType

import pytest

from htealeaf import errors
from htealeaf.data import cursor, documents, paths, rebase, verbs
from htealeaf.reactive import graph
from htealeaf.wire import codec, fitting, offers, slots, steps

ROOMS = (
    *(errors, cursor, documents, paths, rebase, verbs),
    *(codec, fitting, offers, slots, steps),
    graph,
)


@pytest.mark.parametrize("room", ROOMS)
def test_the_examples_of_a_room_are_true(room: ModuleType) -> None:
    assert doctest.testmod(room).failed == 0


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_has_a_sentence_for_the_browser(name: str) -> None:
    error = getattr(errors, name)

    assert issubclass(error, errors.HtealeafError)
    public = error.public  # of one that says what it refused, only when it is made
    assert isinstance(public, property) or public.endswith(".")
    assert 400 <= error.status_hint <= 500
