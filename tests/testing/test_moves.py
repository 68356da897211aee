"""Items that are moved in the browserless client."""

from __future__ import annotations

import pytest

from htealeaf.testing import Client
from htealeaf.testing.failures import PageFailure
from tests.conformance.commands import app_of_commands


def test_an_item_is_moved_within_its_list() -> None:
    app, store = app_of_commands()
    page = Client(app).open("/list")

    page.drag("#list li:first-child")
    assert [one["text"] for one in store.read("list")] == ["b", "c", "a"]
    assert page.drag("#list li:last-child").ids == []  # it stands there already
    page.drag("#list li:last-child", index=0)
    assert [one["text"] for one in store.read("list")] == ["a", "b", "c"]
    with pytest.raises(PageFailure, match="places from 0 to 2"):
        page.drag("#list li:first-child", index=3)


def test_an_item_is_moved_to_another_list_of_its_group() -> None:
    app, store = app_of_commands()
    page = Client(app).open("/board")

    page.drag("#card-2", "#done")
    page.drag("#card-1", "#done", index=0)

    assert [one["id"] for one in store.read("lists/done")] == [1, 2]
    with pytest.raises(PageFailure, match="no list that it may be moved to"):
        page.drag("#card-1", "body")


def test_no_list_takes_what_it_stands_in() -> None:
    app, store = app_of_commands()
    page = Client(app).open("/tree")

    page.drag("#node-3", "#in-2")
    with pytest.raises(PageFailure, match="no list that it may be moved to"):
        page.drag("#node-1", "#in-3")

    assert store.read("said") == ["13 in-2 0"]
