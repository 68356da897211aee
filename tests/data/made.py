"""Documents and mutations made up by hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from htealeaf.data.paths import Path
from htealeaf.data.verbs import VERBS, Mutation

scalars = st.sampled_from([None, True, False, 0, 1, 2, 1.0, 0.5, "a", "1"])
json = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "0", "id", "a=1"]), inner, max_size=3)
    ),
    max_leaves=12,
)
documents = st.dictionaries(st.sampled_from(["a", "b", "0", "id"]), json, max_size=4) | json


def places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from places(item, (*path, str(at)))


@st.composite
def mutations(draw: Callable[..., Any], document: Any) -> Mutation:
    path = draw(st.sampled_from(sorted(places(document))))
    path += tuple(draw(st.lists(st.sampled_from(["a", "new", "0", "3", "-", "id=1"]), max_size=1)))
    verb = draw(st.sampled_from([*VERBS]))
    value = draw(st.sampled_from([0, 1, "-", "0"]) if verb == "move" else json)
    keep = draw(st.sampled_from([None, 1, 2])) if verb == "append" else None
    return Mutation(verb, Path(path), value, keep)
