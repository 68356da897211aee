"""Tabs: what is shown follows the answers, and goes elsewhere by links and forms."""

from __future__ import annotations

import pytest

from htealeaf.testing import Client, PageFailure
from tests.testing.apps import controls_app, todo_app, users_app


def test_a_question_wants_an_answer(fields) -> None:
    with pytest.raises(PageFailure, match=r"asks 'Sure\?' first; say confirm=True"):
        fields.click("#ask")

    fields.click("#ask", confirm=False)
    assert fields.text("#n") == "0"
    fields.click("#ask", confirm=True)
    assert fields.text("#n") == "1"


def test_links_reload_and_back(todos: Client) -> None:
    page = todos.open("/")

    page.click("a", text="Counter")
    assert page.url == "/counter?from=home"
    assert page.title == "Counter"
    page.click("button", text="+")
    page.reload()
    assert page.text("h3") == "2"
    page.back()

    assert (page.url, page.title) == ("/", "To do")
    with pytest.raises(PageFailure, match="nothing to go back to"):
        page.back()


def test_look_catches_up_with_another_tab() -> None:
    client = Client(todo_app())
    left, right = client.open("/counter"), client.open("/counter")

    left.click("button", text="+")
    assert right.text("h3") == "1"
    patch = right.look()

    assert patch.ids == ["shared-counter"]
    assert right.cursor == left.cursor
    assert not right.look().html
    assert right.requests[-1].status == 304
    right.assert_consistent()


def test_look_catches_up_with_another_browser() -> None:
    app = todo_app()
    ann, bob = Client(app).open("/"), Client(app).open("/")

    ann.click("#list li:nth-of-type(1) button")
    bob.look()

    assert not bob.has("span", text="Milk")
    bob.assert_consistent()


def test_a_page_that_answers_a_post_is_shown() -> None:
    page = Client(users_app(), check=True).open("/login")
    page.fill("[name=name]", "nobody")
    page.submit()

    assert page.status == 422
    assert page.error == "There is no such user."
    with pytest.raises(PageFailure, match="answers a POST"):
        page.assert_consistent()


def test_a_new_epoch_brings_the_whole_page() -> None:
    app = todo_app()
    page = Client(app).open("/counter")
    page.click("button", text="+")
    app.registry.journal.reset()

    page.look()

    assert page.text("h3") == "1"
    page.assert_consistent()


@pytest.mark.parametrize("answer", [True, False])
def test_without_scripts_the_server_asks(answer: bool) -> None:
    page = Client(controls_app(), scripts=False).open("/")

    page.click("#ask", confirm=answer)

    assert page.url == "/"
    assert page.text("#n") == str(int(answer))
