"""What the shim does with nodes, `htealeaf.testing` does in Python."""

from __future__ import annotations

import pytest
from bs4 import Tag
from hypothesis import event, given, settings

from htealeaf.testing.morph import apply_patch
from htealeaf.testing.trees import by_id, flat, parse, state, tags
from tests.testing.random_trees import random_pairs


@pytest.mark.slow
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
@given(pair=random_pairs)
def test_any_tree_becomes_any_other(pair: tuple[str, str]) -> None:
    """The tree is exactly the wanted one, and what has an id in both is the same node."""
    before, after = pair
    page, wanted = parse(before), parse(after)
    old = _named(page)

    apply_patch(page, after)

    assert flat(page) == flat(wanted)
    new = _named(page)
    kept = old.keys() & new.keys()
    assert [id for id in kept if new[id] is not old[id]] == []
    event("kept" if kept - {"root"} else "nothing to keep")


def _named(root: Tag) -> dict[str, Tag]:
    return {str(tag.attrs["id"]): tag for tag in tags(root) if "id" in tag.attrs}


def test_what_was_typed_goes_along() -> None:
    """A field that gets a wrapper still shows what a person typed."""
    page = parse('<div id="b"><input id="f"><input id="g" value="a"></div>')
    for id in ("f", "g"):
        state(_found(page, id))["value"] = "typed"

    apply_patch(page, '<div id="b"><p><input id="f"></p><p><input id="g" value="b"></p></div>')

    assert state(_found(page, "f")) == {"value": "typed"}
    assert state(_found(page, "g"))["value"] == "typed"
    assert "ht-newer" in _found(page, "g").attrs, "the server says something new"


def _found(page: Tag, id: str) -> Tag:
    found = by_id(page, id)
    assert found is not None
    return found
