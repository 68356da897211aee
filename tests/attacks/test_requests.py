"""Hostile requests through a raw socket: each has the right status, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.hostile import Case, answered, cases
from tests.attacks.prey import Scene, scene

pytestmark = pytest.mark.server

ALL = cases()


@pytest.fixture(scope="module")
def at() -> Iterator[Scene]:
    with scene() as made:
        yield made


def test_there_are_many() -> None:
    assert len(ALL) >= 400


@pytest.mark.parametrize("case", ALL, ids=[case.id for case in ALL])
def test_a_hostile_request_changes_nothing(at: Scene, case: Case) -> None:
    before = at.prey.state

    status = answered(at, case)

    assert status == case.right, case.id
    assert at.prey.state == before, "something was written"


def test_what_is_offered_is_done(at: Scene) -> None:
    """The attacked app works: what is refused above is refused for what is wrong with it."""
    before = at.prey.state
    for id in ("plus", "toggle", "mine", "room", "ruled"):
        said = at.ann.raw(at.ann.press(*at.ann.offer(id)))
        assert said.status == 200, (id, said)
    said = at.ann.raw(at.ann.press(*at.ann.offer("call"), [["text", "x"]]))
    assert said.status in (200, 204), said
    assert at.prey.state != before
