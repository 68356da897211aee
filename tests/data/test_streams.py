"""Names of streams are told apart, whatever an owner is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.data import streams

stores = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
owners = st.text(min_size=1, max_size=12)


@given(stores, owners)
def test_a_stream_splits_into_what_it_was_joined_from(store: str, owner: str) -> None:
    """An owner's name may hold any character, an `@` too."""
    stream = streams.join(store, owner)

    assert streams.split(stream) == (store, owner)
    assert streams.store_of(stream) == store


@given(stores, st.none() | owners)
def test_a_label_says_whose_document_it_is(store: str, owner: str | None) -> None:
    label = streams.label(store, owner)

    assert streams.labelled(label) == (store, owner)
    assert "/" not in label  # it is one segment of a URL's path


@given(stores, stores, owners)
def test_a_computed_value_is_named_after_its_store_and_function(
    store: str, function: str, owner: str
) -> None:
    stream = streams.computed(store, function, streams.join(store, owner))

    assert streams.computed_of(stream) == (store, function)


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        ("shared", streams.is_store),
        ("todos@ann", streams.is_store),
        ("todos@~session@x", streams.is_store),
        (streams.session("ann"), streams.is_session),
        (streams.topic("orders"), streams.is_topic),
        (streams.topic("~page"), streams.is_topic),
        (streams.computed("todos", "left", "todos@ann"), streams.is_computed),
    ],
)
def test_a_stream_is_of_one_kind(stream: str, kind: object) -> None:
    kinds = (streams.is_store, streams.is_session, streams.is_topic, streams.is_computed)

    assert [is_kind for is_kind in kinds if is_kind(stream)] == [kind]


def test_a_pages_own_document_is_told_by_its_owner() -> None:
    assert streams.is_page(streams.join("view", streams.PAGE))
    assert not streams.is_page(streams.join("view", f"x@{streams.PAGE}"))
    assert not streams.is_page("view")
