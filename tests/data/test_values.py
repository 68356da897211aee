"""Values that each request makes: what is made quickly is what its class makes."""

from __future__ import annotations

from htealeaf.data.paths import parse
from htealeaf.data.values import quick
from htealeaf.data.verbs import Change


def test_what_is_made_quickly_is_what_the_class_makes() -> None:
    made = quick(Change, ("set", parse("n"), -1, -1, 0, True))

    assert made == Change("set", parse("n"), created=True)
    assert type(made) is Change
    assert made.created
