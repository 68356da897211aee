"""A step that can't be done says why, what would work, and shows what it searched."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from htealeaf import WSGI, Registry
from htealeaf.testing import Client, PageFailure
from tests.testing.apps import SECRET, controls_app, todo_app


@pytest.fixture
def counter():
    return Client(todo_app()).open("/counter")


@pytest.fixture
def fields():
    return Client(controls_app()).open("/")


def told(step, *arguments, **options) -> str:
    with pytest.raises(PageFailure) as caught:
        step(*arguments, **options)
    return str(caught.value)


def test_several_matches_are_listed(counter) -> None:
    message = told(counter.click, "button")

    assert message.splitlines()[:5] == [
        "click('button'): 2 elements match; name one of them:",
        "  <button>-</button>",
        "  <button>+</button>",
        "The page:",
        "  <body>",
    ]
    assert '<h3 id="shared-counter">1</h3>' in message
    assert 'id="ht"' not in message  # the page's own form is no business of a test


def test_no_match_says_what_would_work(counter) -> None:
    message = told(counter.click, "#plus")

    assert message.startswith("click('#plus'): nothing matches.\nWhat click works on here:\n")
    assert "  <button>+</button>\n" in message


def test_another_text_lists_the_texts(counter) -> None:
    message = told(counter.click, "button", text="*")

    assert "nothing that matches has that text. The texts are: '+', '-'" in message


def test_an_element_that_does_nothing_says_so(counter, fields) -> None:
    message = told(counter.click, "h3")

    assert "what matches can't do it:" in message
    assert '<h3 id="shared-counter">1</h3>: no action, and no link, button or checkbox' in message
    assert "a button of type 'button' without an action" in told(fields.click, "#plain")
    assert "is disabled" in told(fields.click, "#off")


def test_what_is_in_a_template_is_not_there(fields) -> None:
    assert "nothing matches." in told(fields.click, "#inert")


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("#on", "is ticked, not filled; say page.check(...)"),
        ("#size", "is a select; say page.select(...)"),
        ("#pad", "is no field to type in"),
        ("#closed", "is disabled"),
        ("#fixed", "is read-only"),
    ],
)
def test_what_cannot_be_filled(fields, selector: str, reason: str) -> None:
    assert reason in told(fields.fill, selector, "x")


def test_what_cannot_be_checked_selected_or_submitted(fields) -> None:
    assert "is no checkbox" in told(fields.check, "#text")
    assert "is no checkbox" in told(fields.uncheck, "#red")
    assert "has no option 'xl'; it has: 's', 'm', 'l'" in told(fields.select, "#size", "xl")
    assert "takes exactly one option" in told(fields.select, "#size", "s", "m")
    assert "is no form" in told(fields.submit, "#pad")
    assert "2 elements match" in told(fields.submit)
    assert "is no input, select or textarea" in told(fields.value, "#pad")
    assert "no action on dblclick" in told(fields.trigger, "dblclick", "#pad")


def test_a_selector_that_is_none(counter) -> None:
    assert "'button[' is no CSS selector" in told(counter.click, "button[")


def test_a_required_field_that_is_empty() -> None:
    with Registry():
        app = WSGI(secret=SECRET)

    @app.route("/")
    def home():
        return Markup('<form action="/"><input name="q" required><button>Go</button></form>')

    page = Client(app).open("/")

    assert 'required and empty: <input name="q">' in told(page.submit)
    page.fill("[name=q]", "a b")
    page.submit()
    assert page.url == "/?q=a+b"


def test_pages_that_are_none() -> None:
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


def test_a_page_that_nothing_answers() -> None:
    with Registry():
        app = WSGI(secret=SECRET)

    @app.route("/")
    def home():
        return Markup("<p>plain</p>")

    page = Client(app).open("/")

    assert "is there a SuperStore(app)" in told(page.look)


def test_a_patch_that_lacks_an_id_says_what_it_has(counter) -> None:
    patch = counter.click("button", text="+")

    assert told(lambda: patch["left"]) == "the patch has nothing for 'left'; it has: shared-counter"
    assert "shared-counter" in patch
