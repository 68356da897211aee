"""What a person sees of every demo: on a phone, by day and by night, under the strict policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from demos import NAMES, start
from tests.axe import accuse
from tests.conftest import ContextFactory
from tests.demos.serving import Server


def states(page: Page, server: Server, name: str) -> Iterator[str]:
    """Show the states of a demo that a person meets, one after the other."""
    page.goto(f"{server.url}/{name}/{start(name)}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    yield "at first"
    further = _FURTHER.get(name)
    if further is not None:
        yield from further(page)


def _todo(page: Page) -> Iterator[str]:
    page.get_by_label("Your name").fill("Ida")
    page.keyboard.press("Enter")
    field = page.get_by_label("New task")
    for task in ("Short", "A" * 120, "A letter to somebody who lives far away and waits " * 3):
        field.fill(task)
        page.keyboard.press("Enter")
        expect(field).to_have_value("")
    page.get_by_role("checkbox").first.click()
    yield "a list"


def _todomvc(page: Page) -> Iterator[str]:
    for title in ("Short", "A" * 120, "A letter to somebody who lives far away and waits " * 3):
        page.keyboard.type(f"{title}\n")
    expect(page.locator("li .toggle")).to_have_count(3)
    page.locator("li .toggle").first.check()
    yield "a list"
    page.locator("li label").nth(1).dblclick()
    expect(page.get_by_label("Title")).to_be_focused()
    yield "a todo that is edited"


def _rows(page: Page) -> Iterator[str]:
    page.get_by_role("button", name="Create 1,000 rows").click()
    expect(page.locator("tbody tr")).to_have_count(1000)
    # Twenty are like a thousand, and looked at sooner.
    page.evaluate("[...document.querySelectorAll('tr')].slice(20).forEach((row) => row.remove())")
    page.locator("tbody tr").nth(2).get_by_role("link").first.click()
    expect(page.locator("tbody tr").nth(2)).to_have_class("danger")
    yield "with rows"


def _sevenguis(page: Page) -> Iterator[str]:
    for task in ("counter", "temperature", "flight", "timer", "crud", "circles", "cells"):
        page.goto(page.url.rpartition("/")[0] + f"/{task}")
        yield task
        if task == "flight":
            page.get_by_test_id("flight-start").fill("31.02.2030")
            expect(page.get_by_test_id("flight-book")).to_be_disabled()
            yield "a date that is none"
        if task == "circles":
            page.get_by_role("button", name="Add a circle").click()
            page.locator("circle").press("Enter")
            expect(page.get_by_role("dialog")).to_be_visible()
            yield "a circle that is adjusted"


def _chat(page: Page) -> Iterator[str]:
    page.get_by_label("Your name").fill("Ida")
    page.keyboard.press("Enter")
    page.get_by_label("Message", exact=True).fill("A long word: " + "x" * 90)
    page.keyboard.press("Enter")
    expect(page.get_by_role("log").get_by_role("listitem").last).to_contain_text("xxx")
    yield "a room"


def _edit_row(page: Page) -> Iterator[str]:
    page.get_by_role("link", name="Edit Chen Wei").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    yield "a row that is edited"


def _wizard(page: Page) -> Iterator[str]:
    page.get_by_label("Name").fill("Ida")
    page.get_by_label("E-mail").fill("ida@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Guests")).to_be_visible()
    yield "the second step"


def _expenses(page: Page) -> Iterator[str]:
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_text("do not belong together")).to_be_visible()
    yield "refused"
    page.get_by_label("Password").fill("green leaf")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New expense")).to_be_visible()
    yield "the ledger"


def _contacts(page: Page) -> Iterator[str]:
    page.get_by_role("link", name="New contact").click()
    expect(page.get_by_role("button", name="Add")).to_be_visible()
    yield "a form"


def _search(page: Page) -> Iterator[str]:
    page.get_by_role("searchbox").fill("zoe")
    expect(page.get_by_role("status")).not_to_contain_text("10,000")
    yield "found"


def _board(page: Page) -> Iterator[str]:
    page.get_by_label("New card: To do").fill("A" * 60 + " and some words more")
    page.keyboard.press("Enter")
    expect(page.locator("#cards-todo").get_by_role("listitem").last).to_contain_text("some words")
    page.get_by_role("button", name="Rename Read the proofs").click()
    expect(page.get_by_label("Text", exact=True)).to_be_visible()
    yield "a card that is renamed"


def _infinite_scroll(page: Page) -> Iterator[str]:
    page.get_by_role("link").filter(has_text="2026").first.click()
    expect(page.get_by_text("Sky:")).to_be_visible()
    yield "a night"


def _island(page: Page) -> Iterator[str]:
    expect(page.locator("#chart canvas")).to_be_visible()
    expect(page.locator("#map .pin").first).to_be_visible()
    for name in ("The same as a table", "New station", "Move a station"):
        page.get_by_text(name).click()
    page.locator("#map").click(position={"x": 90, "y": 200})
    expect(page.locator("#place").get_by_label("Name")).to_be_focused()
    yield "with all that is folded"


def _mail(page: Page) -> Iterator[str]:
    page.locator(".list li a").first.click()
    expect(page.get_by_role("heading", name="Proofs of the tea book")).to_be_visible()
    yield "a mail that is read"
    page.get_by_role("link", name="Trash").click()
    expect(page.get_by_text("Nothing in Trash.")).to_be_visible()
    yield "nothing there"


_FURTHER = {
    "board": _board,
    "infinite_scroll": _infinite_scroll,
    "mail": _mail,
    "island": _island,
    "todo": _todo,
    "todomvc": _todomvc,
    "rows": _rows,
    "sevenguis": _sevenguis,
    "chat": _chat,
    "edit_row": _edit_row,
    "wizard": _wizard,
    "expenses": _expenses,
    "contacts": _contacts,
    "search": _search,
}

#: How a page is looked at: by its scheme of colours, width and height.
LOOKS: list[tuple[Literal["light", "dark"], int, int]] = [("light", 360, 640), ("dark", 1100, 800)]


@pytest.mark.parametrize("name", NAMES)
def test_everybody_can_use_it(name: str, context_factory: ContextFactory, demos: Server) -> None:
    """On a phone by day and a desk by night: axe-core finds nothing, nothing is too wide."""
    page = context_factory(reduced_motion="reduce").new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    policies: list[str] = []
    page.on("response", lambda r: policies.append(r.headers.get("content-security-policy", "")))
    for state in states(page, demos, name):
        for scheme, width, height in LOOKS:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            what = f"{state}, {scheme}"
            assert accuse(page) == [], what
            assert page.evaluate("document.documentElement.scrollWidth") <= width, what
            for button in page.get_by_role("button").all():
                box = button.bounding_box()
                assert box is None or min(box["width"], box["height"]) >= 24, f"{what}: {button}"
            red, *_ = map(int, re.findall(r"\d+", page.locator("html").evaluate(
                "el => getComputedStyle(el).backgroundColor")))  # fmt: skip
            assert (red > 128) == (scheme == "light"), what
    strict = "script-src 'self'"
    assert any(strict in policy and "unsafe" not in policy for policy in policies)
    # Chromium says these by itself, of a refusal and of a focus that stays where it is.
    assert [text for text in said if "422" not in text and "Autofocus" not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_focus_can_be_seen(name: str, page: Page, demos: Server) -> None:
    """Tab reaches everything that can be pressed, in an order, and shows where it is."""
    page.goto(f"{demos.url}/{name}/{start(name)}")
    page.locator("header a").focus()  # the first thing that can be reached
    seen: list[str] = ["header"]
    for _ in range(40):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const el = document.activeElement;
              const { outlineStyle, outlineWidth } = getComputedStyle(el);
              const shown = outlineStyle !== "none" && outlineWidth !== "0px";
              return el === document.body ? null : [el.outerHTML.slice(0, 90), shown];
            }"""
        )
        if found is None or found[0] in seen:
            break
        seen.append(found[0])
        assert found[1], found[0]
    assert len(seen) >= 2
