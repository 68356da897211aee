"""What each step does: it acts through what is rendered, as a person does."""

from __future__ import annotations

import pytest

from htealeaf.testing import Client, PageFailure
from tests.testing.apps import controls_app, table_app, todo_app


def test_a_click_changes_what_its_action_says(todos: Client) -> None:
    page = todos.open("/counter")

    patch = page.click("button", text="+")

    assert patch.ids == ["shared-counter"]
    assert patch["shared-counter"] == '<h3 id="shared-counter">2</h3>'
    assert patch.ops == [("morph", "shared-counter")]
    assert patch.bytes == len(patch.html) == 30
    assert page.text("h3") == "2"
    assert page.patch is patch
    assert page.patches == [patch]


def test_a_form_takes_what_was_typed_and_is_empty_again(todos: Client) -> None:
    page = todos.open("/")

    page.fill("#new [name=task]", "Bread")
    assert page.value("[name=task]") == "Bread"
    page.click("button", text="Add")

    assert page.text("#list li:last-of-type span") == "Bread"
    assert page.value("[name=task]") == ""


def test_submit_and_enter_do_what_the_button_does(todos: Client) -> None:
    page = todos.open("/")

    page.fill("[name=task]", "Bread")
    page.submit("#new")
    page.fill("[name=task]", "Salt")
    page.press("[name=task]", "Enter")

    assert [tag.get_text() for tag in page.soup.select("#list span")] == [
        "Milk",
        "Eggs",
        "Bread",
        "Salt",
    ]


def test_a_checkbox_acts_when_it_is_ticked(todos: Client) -> None:
    page = todos.open("/")

    page.check("#list li:nth-of-type(1) input")
    assert page.value("#list li:nth-of-type(1) input") is True
    assert not page.check("#list li:nth-of-type(1) input").html  # it is checked already
    page.click("#list li:nth-of-type(1) input")

    assert page.value("#list li:nth-of-type(1) input") is False
    page.uncheck("#list li:nth-of-type(2) input")
    assert not page.has("#list [checked]")


def test_what_is_typed_is_sent_at_once(fields) -> None:
    fields.fill("#text", "hello")
    fields.fill("#note", "a\nb")

    assert fields.stored("text") == "hello"
    assert fields.stored("note") == "a\nb"
    assert fields.value("#note") == "a\nb"
    assert fields.value("#text") == "hello"  # the server says nothing about it


def test_rows_of_a_table_come_and_go() -> None:
    page = Client(table_app(), check=True).open("/")

    page.click("button", text="add")
    assert [tag.get_text() for tag in page.soup.select("td:first-child")] == ["a", "b", "foot"]
    page.click("tr:nth-of-type(1) button")
    page.click("tr:nth-of-type(1) button")
    assert [tag.get_text() for tag in page.soup.select("td:first-child")] == ["foot"]
    page.click("button", text="flip")
    assert not page.has("#shown")
    page.click("button", text="flip")
    assert page.text("#shown") == "shown"


def test_an_element_of_the_page_can_be_named_itself(todos: Client) -> None:
    page = todos.open("/counter")

    page.click(page.soup.find_all("button")[-1])

    assert page.text("h3") == "2"


# -- scripts off ---------------------------------------------------------------------------


def test_without_scripts_the_same_page_works() -> None:
    page = Client(todo_app(), scripts=False, check=True).open("/")

    page.fill("[name=task]", "Bread")
    page.click("button", text="Add")
    assert page.text("#list li:last-of-type span") == "Bread"
    page.click("#list li:last-of-type button")

    assert [(sent.method, sent.status) for sent in page.requests] == [
        ("GET", 200),
        ("POST", 303),
        ("GET", 200),
        ("POST", 303),
        ("GET", 200),
    ]
    assert not page.has("span", text="Bread")


def test_without_scripts_only_forms_and_links_act() -> None:
    page = Client(controls_app(), scripts=False).open("/")

    with pytest.raises(PageFailure, match="no action, and no link"):
        page.click("#pad", offsetX=1)
    page.click("#once")
    page.click("#once")
    assert page.text("#n") == "2"


# -- requests one by one -------------------------------------------------------------------


def test_the_row_that_was_shown_is_the_row_that_goes() -> None:
    app = todo_app()
    ann, bob = Client(app).open("/"), Client(app).open("/")
    ann.click("#list li:nth-of-type(1) button")

    bob.click("#list li:nth-of-type(1) button")

    assert bob.requests[-1].status == 409
    assert bob.error
    assert [tag.get_text() for tag in bob.soup.select("#list span")] == ["Eggs"]
