"""Exchanges: requests that are repeated, lost, late or tampered with."""

from __future__ import annotations

from htealeaf import WSGI, Element, PageStore, Registry, Store, SuperStore
from htealeaf.components import button, div, p
from htealeaf.testing import Client
from tests.testing.apps import todo_app


def test_a_repeated_request_is_done_once() -> None:
    page = Client(todo_app()).open("/counter")
    request = page.action("button", text="+")

    page.send(request)
    page.send(request)

    assert page.text("h3") == "2"
    assert page.requests[-1].request.headers["HT-Id"] == request.headers["HT-Id"]
    assert page.action("button", text="+").headers["HT-Id"] != request.headers["HT-Id"]
    page.assert_consistent()


def test_a_lost_answer_is_made_up_for() -> None:
    page = Client(todo_app()).open("/counter")
    request = page.action("button", text="+")

    page.send(request, apply=False)
    assert page.text("h3") == "1"
    page.send(request)

    assert page.text("h3") == "2"
    page.assert_consistent()


def test_a_late_answer_is_dropped() -> None:
    page = Client(todo_app()).open("/counter")
    first = page.send(page.action("button", text="+"), apply=False)
    page.click("button", text="+")
    page.receive(first)

    assert page.text("h3") == "3"
    page.assert_consistent()


def test_a_tampered_request_is_refused() -> None:
    page = Client(todo_app()).open("/counter")

    request = page.action("button", text="+")
    page.send(request.with_offer(request.offer.replace("update=1", "update=1000")))

    assert page.requests[-1].status == 403
    assert page.error
    assert page.text("h3") == "1"
    page.click("button", text="+")
    assert page.error is None


def test_what_is_sent_again_since_its_answer_was_lost_happens_once() -> None:
    """The step itself goes on as a browser does; a look is not sent again."""
    client = Client(todo_app())
    page = client.open("/counter")
    client.lose_answers(2)

    page.look()
    page.click("button", text="+")

    assert page.text("h3") == "2"
    page.click("button", text="+")
    assert page.text("h3") == "3"


def test_what_a_call_has_set_of_the_page_is_in_the_answer_of_the_next_try() -> None:
    """The page's own state comes with answers, and the first one was lost."""
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        view = PageStore({"open": "", "n": 0}, name="view")
        shared = Store({"n": 0}, name="shared")

    @app.action
    def count(name: str) -> None:
        view.update("open", name)
        view.increment("n")
        shared.increment("n")

    @app.route("/")
    def home() -> Element:
        return div(
            button("more", onclick=count(name="b")),
            p(view.react("open"), view.react("n"), shared.react("n")),
        )

    client = Client(app)
    page = client.open("/")
    for n in (1, 2):
        client.lose_answers(2)
        page.click("button")

        assert page.text("p") == f"b{n}{n}"
    page.assert_consistent()
