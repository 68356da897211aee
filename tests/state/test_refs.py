"""Every verb of the table is a method of a Ref, and of `do`, that takes what its row says."""

from __future__ import annotations

from inspect import signature

import pytest

from htealeaf import Action, Registry, Store
from htealeaf.data.verbs import VERBS
from htealeaf.state.refs import Verbs


def test_the_verbs_of_a_ref_are_those_of_the_table() -> None:
    said = [name for name in vars(Verbs) if not name.startswith("_")]

    assert said == list(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_says_itself(verb: str) -> None:
    """What stands in the action is the verb that was called, with its path and its value."""
    with Registry():
        store = Store({"n": 1}, name="shared")
    method = getattr(store.do, verb)
    takes = [name for name in signature(method).parameters if name != "keep"][1:]

    action: Action = method("n", *(["v"] if takes else []))

    assert (action.verb, str(action.path), action.value) == (verb, "n", "v" if takes else None)
    assert ("keep" in signature(method).parameters) == VERBS[verb].keeps
