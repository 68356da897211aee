"""The query of a page's URL: read key by key, and what differs between two of them."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf.errors import OutsideRequest
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state.query import args, entries


def test_only_the_keys_that_differ_have_changed() -> None:
    [found] = entries("/?a=1&b=2&c=3", "/?b=2&c=4&d=5")

    assert sorted(str(change.path) for change in found.changes) == ["a", "c", "d"]
    assert entries("/?a=1&b=2", "/other?b=2&a=1") == []


def test_args_are_what_the_address_says_by_key() -> None:
    nothing: Any = None
    scope = Scope(nothing, rendering="a page", url="/?tag=a&tag=b&q=")
    scope.deps = set()

    with entered(scope):
        assert args.all("tag") == ["a", "b"]
        assert args.all("page") == []
        assert {str(path) for _, path, _ in scope.deps} == {"tag", "page"}
        assert ("q" in args, "page" in args) == (True, False)
        assert ([*args], len(args)) == (["tag", "q"], 2)
        assert args.items() == [("tag", "b"), ("q", "")]
    with pytest.raises(OutsideRequest, match="no page is rendered"):
        args.all("tag")
