"""The query of a page's URL: read key by key, and what differs between two of them."""

from __future__ import annotations

from htealeaf.state.query import entries


def test_only_the_keys_that_differ_have_changed() -> None:
    [found] = entries("/?a=1&b=2&c=3", "/?b=2&c=4&d=5")

    assert sorted(str(change.path) for change in found.changes) == ["a", "c", "d"]
    assert entries("/?a=1&b=2", "/other?b=2&a=1") == []
