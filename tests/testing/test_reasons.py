"""Reasons why an element can't do what a step asks."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from htealeaf import WSGI, Registry
from htealeaf.testing import Client
from tests.testing.apps import SECRET


def test_an_element_that_does_nothing_says_so(told, counter, fields) -> None:
    message = told(counter.click, "h3")

    assert "what matches can't do it:" in message
    assert '<h3 id="shared-counter">1</h3>: no action, and no link, button or checkbox' in message
    assert "a button of type 'button' without an action" in told(fields.click, "#plain")
    assert "is disabled" in told(fields.click, "#off")


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
def test_what_cannot_be_filled(told, fields, selector: str, reason: str) -> None:
    assert reason in told(fields.fill, selector, "x")


def test_what_cannot_be_checked_selected_or_submitted(told, fields) -> None:
    assert "is no checkbox" in told(fields.check, "#text")
    assert "is no checkbox" in told(fields.uncheck, "#red")
    assert "has no option 'xl'; it has: 's', 'm', 'l'" in told(fields.select, "#size", "xl")
    assert "takes exactly one option" in told(fields.select, "#size", "s", "m")
    assert "is no form" in told(fields.submit, "#pad")
    assert "2 elements match" in told(fields.submit)
    assert "is no input, select or textarea" in told(fields.value, "#pad")
    assert "no action on dblclick" in told(fields.trigger, "dblclick", "#pad")


def test_a_required_field_that_is_empty(told) -> None:
    with Registry():
        app = WSGI(secret=SECRET)

    @app.route("/")
    def home():
        return Markup('<form action="/"><input name="q" required><button>Go</button></form>')

    page = Client(app).open("/")

    assert '<input name="q"> is required and empty' in told(page.submit)
    page.fill("[name=q]", "a b")
    page.submit()
    assert page.url == "/?q=a+b"
