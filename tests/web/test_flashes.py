"""Flash messages: told once, on the page that was acted on or on the next one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    Element,
    HtealeafError,
    OutsideRequest,
    Registry,
    Session,
    Store,
    SuperStore,
    flash,
    flashes,
    redirect,
)
from htealeaf.components import button, div, p, ul
from htealeaf.testing import Client


@pytest.fixture
def app() -> Iterator[WSGI]:
    registry = Registry()
    with registry:
        app = WSGI()
        SuperStore(app)
        store = Store({"n": 0}, name="store")

    @app.action
    def save() -> None:
        store.increment("n")
        flash("Saved")

    @app.action
    def go() -> Any:
        flash("Gone", "warning")
        return redirect("/other")

    @app.action
    def nothing() -> None: ...

    @app.action
    def leave(session: Session) -> Any:
        flash("Good bye")
        session.sign_out()
        return redirect("/other")

    @app.route("/")
    def home() -> Element:
        actions = (save, go, nothing, leave)
        return div(
            flashes(),
            p(store.react("n"), id="n"),
            [button(f.name, onclick=f) for f in actions],
            button("n", onclick=store.do.increment("n")),
        )

    @app.route("/other")
    def other(session: Session) -> Element:
        return ul(f"{one.kind}: {one.text}" for one in session.flashes())

    @app.route("/plain")
    def plain() -> Element:
        return p("nothing is told here")

    with registry:
        yield app


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def page(app: WSGI, request: pytest.FixtureRequest) -> Any:
    return Client(app, scripts=request.param).open("/")


def test_it_is_told_on_the_page_that_was_acted_on(page: Any) -> None:
    """In the answer to the action; the next one takes it away."""
    page.click("button", text="save")
    assert page.text(".ht-toast") == "Saved"

    page.click("button", text="nothing")

    assert page.soup.select(".ht-toast") == []


def test_it_is_told_once(page: Any) -> None:
    page.click("button", text="save")

    page.reload()

    assert page.soup.select(".ht-toast") == []


def test_it_survives_a_redirect(page: Any) -> None:
    page.click("button", text="go")

    assert page.url == "/other"
    assert page.text("ul") == "warning: Gone"
    page.reload()
    assert page.text("ul") == ""


def test_it_survives_another_key(page: Any) -> None:
    page.click("button", text="leave")

    assert page.text("ul") == "info: Good bye"


def test_it_waits_for_a_page_that_tells_it(page: Any) -> None:
    with page.client.session() as session:
        session.flash("Later")

    page.visit("/plain")
    page.visit("/other")

    assert page.text("ul") == "info: Later"


def test_several_are_told_in_order(page: Any) -> None:
    with page.client.session() as session:
        session.flash("One")
        session.flash("Two", "error")

    page.visit("/other")

    assert page.text("ul") == "info: Oneerror: Two"


def test_another_page_that_catches_up_does_not_take_it(app: WSGI) -> None:
    client = Client(app)
    page, beside = client.open("/"), client.open("/")
    request = page.action("button", text="save")
    exchange = page.send(request, apply=False)
    beside.look()

    page.receive(exchange)

    assert page.text(".ht-toast") == "Saved"


def test_it_is_of_one_browser(app: WSGI) -> None:
    page, stranger = Client(app).open("/"), Client(app).open("/")

    page.click("button", text="save")
    stranger.look()

    assert stranger.text("#n") == "1"
    assert stranger.soup.select(".ht-toast") == []


def test_it_stays_while_others_change_the_page(app: WSGI) -> None:
    client = Client(app)
    page = client.open("/")
    page.click("button", text="save")

    Client(app).open("/").click("button", text="n")
    page.look()

    assert page.text("#n") == "2"
    assert page.text(".ht-toast") == "Saved"


def test_it_is_for_a_visitor(app: WSGI) -> None:
    with pytest.raises(OutsideRequest, match="for the visitor of a request"):
        flash("x")


def test_a_page_tells_nothing_new(app: WSGI) -> None:
    @app.route("/wrong")
    def wrong() -> Element:
        with pytest.raises(HtealeafError, match="while"):
            flash("x")
        return p("x")

    assert Client(app).get("/wrong").status_code == 200
