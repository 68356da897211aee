"""Views of pages: what a test reads, and compares with what a fresh page would show."""

from __future__ import annotations

import pytest

from htealeaf.testing import Client, PageFailure
from htealeaf.testing.view import View


def test_a_page_is_a_view_that_can_be_read(counter) -> None:
    assert isinstance(counter, View)
    assert (counter.url, counter.status, counter.title) == ("/counter", 200, "Counter")
    assert counter.text("h3") == "1"
    assert counter.html_of("h3") == '<h3 id="shared-counter">1</h3>'
    assert counter.has("button", text="+")
    assert not counter.has("button", text="?")


def test_looking_changes_nothing(counter) -> None:
    before, sent = counter.html, len(counter.requests)

    counter.text("h3")
    counter.assert_consistent()
    assert repr(counter) == f"<Page /counter at {counter.cursor}>"

    assert (counter.html, len(counter.requests)) == (before, sent)


def test_a_page_that_shows_something_else_than_a_fresh_one_is_told(counter) -> None:
    counter.soup.select_one("h3").string = "7"

    with pytest.raises(PageFailure, match="7"):
        counter.assert_consistent()


def test_two_elements_of_one_id_are_told(counter) -> None:
    counter.soup.select_one("button")["id"] = "shared-counter"

    with pytest.raises(PageFailure, match="more than one element has the id 'shared-counter'"):
        counter.assert_consistent()


def test_what_a_step_changed_can_be_bounded(todos: Client) -> None:
    page = todos.open("/counter")
    page.click("button", text="+")

    page.assert_only_changed("h3")
    with pytest.raises(PageFailure):
        page.assert_only_changed("button")


def test_a_step_that_changed_nothing(todos: Client) -> None:
    page = todos.open("/counter")
    page.look()

    page.assert_only_changed()


def test_the_value_of_a_control_is_what_was_typed(fields) -> None:
    control = fields.soup.select_one("input[type=text], input:not([type])")
    fields.fill(control, "typed")

    assert fields.value(control) == "typed"
    with pytest.raises(PageFailure):
        fields.value("form")
