"""A page store's state travels with its page, counts once, and is nobody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from htealeaf import (
    WSGI,
    AuthStore,
    Element,
    OutsideRequest,
    PageStore,
    Registry,
    Store,
    SuperStore,
    value_of,
)
from htealeaf.components import button, div, form, h3, li, p, textInput, ul
from htealeaf.errors import InvalidPath
from htealeaf.testing import Client, Page
from tests.http import Browser


@pytest.fixture
def app() -> Iterator[WSGI]:
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        view = PageStore({"filter": "all", "n": 0, "note": ""}, name="view")
        todo = [{"id": 1, "done": False}, {"id": 2, "done": True}]
        shared = Store({"todo": todo, "n": 0}, "shared")

        @app.route("/")
        def home() -> Element:
            return div(
                h3(view.react("filter"), id="filter"),
                p(view.react("n"), id="n"),
                p(shared.react("n"), id="shared"),
                button("done", onclick=view.do.set("filter", "done")),
                button("+", onclick=view.do.increment("n")),
                button("both", onclick=[view.do.increment("n"), shared.do.increment("n")]),
                button("much", type="button", onclick=view.do.set("note", "x" * 5000)),
                form(onsubmit=view.do.set("note", value_of("note")))(
                    textInput(name="note"), button("Note")
                ),
                ul(
                    shared.each(
                        "todo",
                        lambda task: li(str(task["id"])),
                        key="id",
                        where=lambda task: view.read("filter") == "all" or task["done"],
                    )
                ),
            )

        yield app


@pytest.fixture
def browser(app: WSGI) -> Client:
    return Client(app, check=True)


@pytest.fixture
def page(browser: Client) -> Page:
    return browser.open("/")


def test_a_page_has_a_state_of_its_own(browser: Client, page: Page) -> None:
    """What is chosen in one tab stays there; a new page begins with the default."""
    other = browser.open("/")

    page.click("button", text="done")

    assert page.text("#filter") == "done"
    assert [row.text for row in page.soup.find_all("li")] == ["2"]
    other.look()
    assert other.text("#filter") == "all"
    page.reload()
    assert page.text("#filter") == "all"


def test_the_server_keeps_nothing_of_it(app: WSGI, page: Page) -> None:
    """After a restart, and on any other worker, the state is what the page brings."""
    page.click("button", text="+")
    app.pages.forget()
    page.click("button", text="+")
    app.registry.journal.reset()
    page.click("button", text="+")

    assert page.text("#n") == "3"
    assert app.registry.journal.streams("view") == []


def test_a_click_that_is_sent_again_counts_once(app: WSGI, page: Page) -> None:
    """The second one brings the same state, so it gives the same; what is shared counts once."""
    request = page.action("button", text="both")

    page.send(request, apply=False)
    page.send(request)

    assert page.text("#n") == "1"
    assert page.text("#shared") == "1"


def test_a_state_that_was_changed_on_the_way_is_none(app: WSGI, page: Page) -> None:
    """It is signed, so nobody makes one up."""
    page.click("button", text="+")
    field = page.soup.find(id="ht-state")
    assert field is not None
    field["value"] = "e30=" + str(field["value"])[4:]

    request = page.action("button", text="+")
    exchange = page.send(request, apply=False)

    assert '<p id="n">1</p>' in exchange.text


def test_a_state_is_bounded(app: WSGI, page: Page) -> None:
    """It is sent with every click, so it is refused when it grows too large."""
    page.click("button", text="much")

    assert page.error == "That is too much for one page."


def test_only_actions_write_it(app: WSGI) -> None:
    """Python code has no page at hand."""
    view = app.registry.stores["view"]

    with pytest.raises(OutsideRequest, match="page"):
        view.set("n", 3)
    with pytest.raises(OutsideRequest, match="page"):
        view.read("n")


def test_it_works_without_scripts(app: WSGI) -> None:
    """The answer to the form is the page with its new state."""
    page = Client(app, scripts=False).open("/")

    page.click("button", text="+")
    page.click("button", text="+")

    assert page.text("#n") == "2"


def test_without_scripts_the_page_has_the_headers_of_any_page() -> None:
    with Registry():
        app = WSGI(secret="a secret of the tests", csp="default-src 'self'")
        SuperStore(app)
        view = PageStore({"n": 0}, name="view")

        @app.route("/")
        def home() -> object:
            content = p(view.react("n"), id="n"), button(id="plus", onclick=view.do.increment("n"))
            return 200, {"X-Own": "yes"}, [*content]

        browser = Browser(app)
        page = browser.open("/")
        answer = browser.submit(page.offer("#plus"), page)

    assert answer.soup.select_one("#n").get_text() == "1"  # type: ignore[union-attr]
    fresh = {n: v for n, v in page.answer.headers.items() if n != "Set-Cookie"}
    assert {**answer.headers, "Content-Length": fresh["Content-Length"]} == fresh


def test_no_room_and_no_user_is_taken_for_a_page() -> None:
    """What is a page's own is not asked of the journal, so pages would miss what others do."""
    with Registry():
        rooms = Store({"n": 0}, name="rooms", keyed=True)
        users = AuthStore(lambda session: "~page", {"n": 0}, name="users")
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        ending = rooms.of("x@~page")
        add = ending.do.increment("n")
        app.route("/")(lambda: div(p(ending.react("n"), id="n"), button("+", onclick=add)))
        page = Client(app).open("/")

        page.click("button", text="+")

        assert page.text("#n") == "1"
        with pytest.raises(InvalidPath):
            rooms.of("~page")
        with pytest.raises(InvalidPath):
            users.owner(None)
