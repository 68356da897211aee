"""A step that can't be done says why, what would work, and shows what it searched."""

from __future__ import annotations

from markupsafe import Markup

from htealeaf import WSGI, Registry
from htealeaf.testing import Client
from tests.testing.apps import SECRET


def test_pages_that_are_none(told) -> None:
    with Registry():
        app = WSGI(secret=SECRET)

    @app.route("/text")
    def text():
        return "just text"

    @app.route("/away")
    def away():
        return 303, {"Location": "http://other.example/"}, ""

    @app.route("/round")
    def round_():
        return 303, {"Location": "/round"}, ""

    client = Client(app)

    assert "/text is no page but text/plain; client.get() gives it" in told(client.open, "/text")
    assert "answered with 404 NOT FOUND; say status=404 if it should" in told(client.open, "/none")
    assert client.open("/none", status=404).title == "Not Found"
    assert "leads out of the app at http://localhost/" in told(client.open, "/away")
    assert "more than 10 redirects" in told(client.open, "/round")


def test_a_page_that_nothing_answers(told) -> None:
    with Registry():
        app = WSGI(secret=SECRET)

    @app.route("/")
    def home():
        return Markup("<p>plain</p>")

    page = Client(app).open("/")

    assert "is there a SuperStore(app)" in told(page.look)


def test_a_patch_that_lacks_an_id_says_what_it_has(told, counter) -> None:
    patch = counter.click("button", text="+")

    assert told(lambda: patch["left"]) == "the patch has nothing for 'left'; it has: shared-counter"
    assert "shared-counter" in patch
