"""Forms in Chromium, with scripts and without: messages, focus, what is typed, checks at blur."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from playwright.sync_api import Page, expect
from pydantic import Field

from htealeaf.components.inputs import input_of
from tests.components import order
from tests.serving import serving


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def page(request: pytest.FixtureRequest, context_factory: Any) -> Page:
    found: Page = context_factory(java_script_enabled=request.param).new_page()
    return found


@pytest.fixture
def scripted(context_factory: Any) -> Page:
    found: Page = context_factory().new_page()
    return found


@pytest.fixture
def got() -> list[Any]:
    return []


@pytest.fixture
def url(got: list[Any]) -> Iterator[str]:
    with serving(order.made(got)) as url:
        yield url


def filled(page: Page, **values: str) -> None:
    for label, value in {"Name": "Ann", "Amount": "2", "Day": "2026-11-27", **values}.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Category").select_option("food")


def test_patterns_mean_in_a_browser_what_they_mean_here(scripted: Page, url: str) -> None:
    """It takes all that is right, and the console stays empty."""
    patterns = {
        r"^\+?[0-9 ()/-]{5,20}$": (["+49 (30) 12/3-4"], ["12", "phone"]),
        r"^[\w.-]+@[\w-]+\.\w+$": (["zoë.o-k@exämple-1.com"], ["zoë", "a b@c.de"]),
        r"^\w+$": (["Zoë", "日本_1"], ["a b", "a-b"]),
        r"^[^\w]+$": (["--", "!"], ["ab"]),
        r"^\d{3}\-\d{4}$": (["123-4567"], ["1234567"]),
        r"^\"x\'\@\ \#$": (["\"x'@ #"], ["x"]),
        r"^[]a&!|{}\"]+$": ([']a&!|{}"'], ["b"]),
        r"^[+-/]+$": (["+,-./"], ["a"]),
        r"^\d+\s?(?:km|mi)$": (["12 km", "3mi"], ["12", "km"]),
        r"^[\d-]+$": (["1-2"], ["a"]),
        r"#[0-9a-f]{6}": (["#00ff0a", "x #00ff0a"], ["#00ff0"]),
        r"^[.$^*@#!;:=<>,`~%+?]+$": ([".$^*@#!;:=<>,`~%+?"], ["a"]),
        r"^[\.\$\@\;\_\ ]+$": ([".$@;_ "], ["a"]),
        r"^[!!]$": (["!"], []),
        r"^x++$": (["xx"], []),
        r"^\bx\x41$": (["xA"], []),
    }
    said: list[str] = []
    scripted.on("console", lambda message: said.append(message.text))
    scripted.goto(url)
    for pattern, (right, wrong) in patterns.items():
        made = input_of(Annotated[str, Field(pattern=pattern)]).attributes.get("pattern")
        fits = scripted.evaluate(
            "([pattern, texts]) => texts.map((value) => {"
            " const el = Object.assign(document.createElement('input'), pattern && {pattern});"
            " el.value = value;"
            " return !el.validity.patternMismatch; })",
            [made, right + wrong],
        )
        assert fits == [True] * len(right) + [False] * len(wrong), (pattern, made)
    assert said == []


def test_a_refusal_is_told_at_each_field(page: Page, url: str, got: list[Any]) -> None:
    page.goto(url)
    filled(page, Note="both")
    page.get_by_role("button", name="Save").click()

    for label, message in (("Name", "Who?"), ("Amount", "Too late.")):
        control = page.get_by_label(label, exact=True)
        expect(control).to_have_attribute("aria-invalid", "true")
        described = (control.get_attribute("aria-describedby") or "").split()
        assert page.locator(f"id={described[-1]}").inner_text() == message
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    expect(page.get_by_label("Amount")).to_have_value("2")
    expect(page.get_by_label("Day")).to_have_value("2026-11-27")
    expect(page.get_by_label("Category")).to_have_value("food")
    assert got == []
    # What described it before still does.
    hint = (page.get_by_label("Amount").get_attribute("aria-describedby") or "").split()[0]
    expect(page.locator(f"id={hint}")).to_have_text("How many")

    page.get_by_label("Note").fill("yes")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#n")).to_have_text("1")
    expect(page.locator(".ht-message")).to_have_count(0)
    expect(page.locator("[aria-invalid]")).to_have_count(0)
    expect(page.locator("[aria-describedby='']")).to_have_count(0)
    expect(page.get_by_label("Name", exact=True)).to_have_value("")
    assert [one["note"] for one in got] == ["yes"]


def test_a_message_of_the_whole_form_stands_at_its_head(page: Page, url: str) -> None:
    page.goto(url)
    filled(page, Note="no")
    page.get_by_role("button", name="Save").click()

    alert = page.get_by_role("alert")
    expect(alert).to_have_text("Not today.")
    assert alert.evaluate("el => el.parentNode.firstElementChild === el")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Ann")


def test_a_field_that_is_left_is_checked(scripted: Page, url: str) -> None:
    """Only that field, and the message goes when it is right."""
    page = scripted
    page.goto(url)
    amount = page.get_by_label("Amount")
    amount.fill("8")
    amount.press("Tab")

    expect(page.get_by_text("Only 3 are left.")).to_be_visible()
    expect(page.locator("[aria-invalid]")).to_have_count(1)
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).not_to_be_focused()
    amount.fill("3")
    amount.press("Tab")

    expect(page.locator(".ht-message")).to_have_count(0)
    expect(amount).not_to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_value("3")
    hint = amount.get_attribute("aria-describedby") or ""
    expect(page.locator(f"id={hint}")).to_have_text("How many")


def test_what_the_function_refused_stays_until_it_is_changed(scripted: Page, url: str) -> None:
    """The checks have nothing against it, but they are not all that looks at it."""
    page = scripted
    page.goto(url)
    filled(page, Note="both")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Too late.")).to_be_visible()

    amount = page.get_by_label("Amount")
    amount.focus()
    with page.expect_request(lambda request: "action" in request.url) as asked:
        amount.blur()
        page.get_by_label("Note").fill("both again")
        page.get_by_label("Name", exact=True).fill("Bob")
        page.get_by_label("Name", exact=True).blur()
    assert asked.value.headers["ht-check"] == "name"
    expect(page.get_by_text("Who?")).to_have_count(0)
    expect(page.get_by_text("Too late.")).to_be_visible()


def test_a_message_stays_through_a_patch(scripted: Page, url: str) -> None:
    page = scripted
    page.goto(url)
    filled(page, Note="both")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Who?")).to_be_visible()

    page.get_by_role("button", name="More").click()
    page.wait_for_function("() => htealeaf.catchUp()")

    expect(page.get_by_text("Who?")).to_be_visible()


def test_what_a_person_changed_is_marked(scripted: Page, url: str) -> None:
    page = scripted
    page.goto(url)
    note = page.get_by_label("Note")
    note.fill("x")
    expect(note).to_have_attribute("ht-dirty", "")

    note.fill("")
    note.blur()
    expect(note).not_to_have_attribute("ht-dirty", "")


def test_a_press_that_takes_the_focus_hits_what_it_was_meant_for(
    scripted: Page, url: str, got: list[Any]
) -> None:
    """The check of the field that it leaves moves nothing under the pointer."""
    page = scripted
    page.goto(url)
    filled(page)
    page.get_by_label("Amount").fill("8")
    page.get_by_role("button", name="Save").click(delay=400)

    expect(page.get_by_text("Only 3 are left.")).to_have_count(1)
    expect(page.get_by_label("Amount")).to_be_focused()
    assert got == []
