"""Test client: one browser, with cookies, a session and a base, and no socket."""

from __future__ import annotations

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import button, p
from htealeaf.testing import Client, PageFailure
from tests.testing.apps import SECRET, todo_app, users_app


def test_signing_in_by_form_and_by_hand() -> None:
    app = users_app()
    page = Client(app, check=True).open("/")
    assert page.url == "/login"

    page.fill("[name=name]", "ann")
    page.click("button", text="Sign in")
    assert (page.url, page.text("#hello")) == ("/", "Hello ann")
    page.click("button", text="+")
    other = Client(app, check=True).signed_in("ann").open("/")
    assert other.text("#n") == "1"
    other.click("button", text="+")
    page.look()

    assert page.text("#n") == "2"
    assert Client(app).signed_in("bob").open("/").text("#n") == "0"
    assert Client(app).signed_in("bob").signed_out().open("/").url == "/login"


def test_the_session_can_be_read_and_written() -> None:
    client = Client(users_app())
    with client.session() as session:
        session["user"] = "ann"

    assert client.open("/").text("#hello") == "Hello ann"
    with client.session() as session:
        assert session.user == "ann"


def test_an_app_may_be_mounted_below_a_path() -> None:
    client = Client(todo_app(), base_url="http://test.example/app", check=True)
    page = client.open("/counter")

    page.click("button", text="+")

    assert page.url == "/app/counter"
    assert page.requests[-1].url == "/app/api/_store/shared/counter"
    assert page.text("h3") == "2"


def test_raw_requests_share_the_cookies() -> None:
    client = Client(todo_app())
    answer = client.get("/counter")

    assert answer.status_code == 200
    assert "Set-Cookie" in answer.headers
    assert "Set-Cookie" not in client.get("/counter").headers
    assert client.post("/api/_store/shared/counter", json=1).status_code == 403


def test_a_failing_app_fails_the_test(caplog) -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        store = Store({"n": 0}, name="store", allow=lambda session, verb, path: 1 / store.read("n"))

    @app.route("/")
    def home():
        return p("x") if store.read("n") == 0 else button("+", onclick=store.do.increment("n"))

    store.set("n", 1)
    page = Client(app).open("/")
    store.replace("n", 0)

    with pytest.raises(PageFailure, match=r"the app failed: POST .* -> 500 .*log has the reason"):
        page.click("button")
