"""Action functions in Chromium, with scripts and without: files, refusals, messages, redirects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from htealeaf import (
    WSGI,
    Element,
    Invalid,
    Registry,
    Store,
    SuperStore,
    Upload,
    flash,
    flashes,
    redirect,
)
from htealeaf.components import button, div, form, input_, label, p
from tests.serving import serving


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def page(request: pytest.FixtureRequest, context_factory: Any) -> Page:
    found: Page = context_factory(java_script_enabled=request.param).new_page()
    return found


@pytest.fixture
def got() -> list[Any]:
    return []


@pytest.fixture
def url(got: list[Any]) -> Iterator[str]:
    registry = Registry()
    with registry:
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"n": 0}, name="store")

    @app.action
    def send(amount: int, receipt: Upload | None, others: list[Upload]) -> None:
        if amount > 9:
            raise Invalid(amount="Too much")
        got.append((amount, receipt and (receipt.filename, receipt.read()), len(others)))
        store.increment("n")
        flash("Sent")

    @app.action
    def go() -> Any:
        return redirect("/other")

    @app.route("/")
    def home() -> Element:
        return div(
            flashes(),
            p(store.react("n"), id="n"),
            form(onsubmit=send)(
                label("Amount", input_(name="amount")),
                input_(name="receipt", type="file"),
                input_(name="others", type="file", multiple=True),
                button("Send"),
            ),
            button("Go", onclick=go),
        )

    app.route("/other")(lambda: p("other", id="other"))
    with serving(app) as url:
        yield url


def test_files_are_sent(page: Page, url: str, got: list[Any]) -> None:
    """With none chosen there is none; several come in order."""
    page.goto(url)
    page.get_by_label("Amount").fill("3")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#n")).to_have_text("1")

    page.get_by_label("Amount").fill("4")
    file: FilePayload = {
        "name": "a ä.txt",
        "mimeType": "text/plain",
        "buffer": b"\x00\xff bytes",
    }
    page.locator("[name=receipt]").set_input_files([file])
    page.locator("[name=others]").set_input_files([file, file])
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#n")).to_have_text("2")

    assert got == [(3, None, 0), (4, ("a ä.txt", b"\x00\xff bytes"), 2)]


def test_a_refusal_is_told_and_what_was_typed_stays(page: Page, url: str, got: list[Any]) -> None:
    page.goto(url)
    page.get_by_label("Amount").fill("10")
    page.get_by_role("button", name="Send").click()

    expect(page.get_by_text("Too much")).to_be_visible()
    # What the message says is no part of what the control is called.
    expect(page.get_by_label("Amount", exact=True)).to_have_value("10")
    assert got == []
    page.get_by_label("Amount").fill("9")
    page.get_by_role("button", name="Send").click()

    expect(page.locator("#n")).to_have_text("1")
    expect(page.get_by_text("Too much")).to_have_count(0)
    expect(page.get_by_label("Amount")).to_have_value("")


def test_messages_and_other_pages(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_label("Amount").fill("1")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Sent")).to_be_visible()

    page.get_by_role("button", name="Go").click()
    expect(page.locator("#other")).to_be_visible()
    assert page.url == f"{url.rstrip('/')}/other"

    page.goto(url)
    expect(page.get_by_text("Sent")).to_have_count(0)
