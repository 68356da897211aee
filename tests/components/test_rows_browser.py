"""Rows and uploads in Chromium, with scripts and without."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.components import invoice
from tests.components.invoice import Line
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
    with serving(invoice.made(got)) as url:
        yield url


def fill(page: Page, row: int, what: str, price: str) -> None:
    page.get_by_label("What").nth(row).fill(what)
    page.get_by_label("Price").nth(row).fill(price)


def add(page: Page) -> None:
    page.locator("[value='+lines']").click()


def test_rows_by_keyboard(page: Page, url: str, got: list[Any]) -> None:
    page.goto(url)
    fill(page, 0, "tea", "3")
    page.locator("[value='+lines']").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("What")).to_have_count(2)
    expect(page.get_by_label("What").nth(1)).to_be_focused()
    page.keyboard.type("cake")
    page.get_by_label("Price").nth(1).fill("4.50")
    page.keyboard.press("Enter")  # sends the form, and takes no row out

    expect(page.locator("#n")).to_have_text("1")
    assert got == [("", [Line("tea", Decimal(3)), Line("cake", Decimal("4.50"))])]
    expect(page.get_by_label("What")).to_have_count(1)
    expect(page.get_by_label("What")).to_have_value("")


def test_rows_that_go_and_rows_in_rows(page: Page, url: str, got: list[Any]) -> None:
    page.goto(url + "/edit")
    add(page)
    expect(page.get_by_label("What")).to_have_count(3)
    fill(page, 2, "jam", "1")
    page.locator("[value='-lines[0]']").click()
    expect(page.locator("[name$='[what]']:visible")).to_have_count(2)
    page.locator("[value='+lines[1][tags]']").click()
    expect(page.get_by_label("Tags").locator("visible=true")).to_have_count(1)
    page.get_by_label("Tags").locator("visible=true").fill("sweet")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#n")).to_have_text("1")
    assert got == [("Ann", [Line("cake", Decimal(4), ["sweet"]), Line("jam", Decimal(1))])]
    expect(page.locator("[name$='[what]']:visible")).to_have_count(2)  # as it is offered again


def test_a_refusal_stands_in_its_row(page: Page, url: str) -> None:
    page.goto(url)
    add(page)
    fill(page, 0, "tea", "3")
    fill(page, 1, "gold", "300")
    page.get_by_role("button", name="Save").click()

    price = page.get_by_label("Price").nth(1)
    expect(page.get_by_text("Too much")).to_be_visible()
    expect(price).to_be_focused()
    expect(price).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("What").nth(1)).to_have_value("gold")


def test_a_patch_of_the_page_leaves_rows_alone(scripted: Page, url: str, got: list[Any]) -> None:
    page = scripted
    page.goto(url + "/edit")
    add(page)
    fill(page, 2, "jam", "1")
    page.locator("[value='-lines[0]']").click()
    page.get_by_role("button", name="More").click()
    expect(page.locator("#n")).to_have_text("1")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#n")).to_have_text("2")
    assert [line.what for line in got[0][1]] == ["cake", "jam"]


def file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": b"hello"}


def test_files_are_sent(page: Page, url: str, got: list[Any]) -> None:
    page.goto(url + "/files")
    page.get_by_label("Files").set_input_files([file("a.txt"), file("b.txt")])
    page.get_by_label("Note").fill("two")
    page.get_by_role("button", name="Save").click()

    expect(page.locator("#n")).to_have_text("1")
    assert got == [("two", [("a.txt", 5), ("b.txt", 5)])]
    expect(page.get_by_label("Note")).to_have_value("")


def test_a_file_that_is_not_taken_is_told(page: Page, url: str, got: list[Any]) -> None:
    page.goto(url + "/files")
    page.get_by_label("Files").set_input_files([file("a.exe")])
    page.get_by_label("Note").fill("kept")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Only .txt, please.")).to_be_visible()
    expect(page.get_by_label("Note")).to_have_value("kept")
    assert got == []
    page.get_by_label("Files").set_input_files([file("a.txt")])
    if page.evaluate("!!window.htealeaf"):  # it was about others
        expect(page.get_by_text("Only .txt, please.")).to_have_count(0)
        expect(page.get_by_label("Files")).not_to_have_attribute("aria-invalid", "true")


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(
    scripted: Page, url: str, got: list[Any]
) -> None:
    page = scripted
    page.goto(url + "/files")
    page.get_by_label("Note").fill("large")
    page.evaluate(
        """() => {
            const files = new DataTransfer();
            files.items.add(new File([new Uint8Array(40 * 2 ** 20)], "large.txt"));
            document.querySelector("[type=file]").files = files.files;
            window.seen = [];
            const bar = document.querySelector("progress");
            const see = () => seen.push([bar.hidden, bar.value]);
            new MutationObserver(see).observe(bar, { attributes: true });
        }"""
    )
    # A field that is left is asked about without the files.
    page.get_by_label("Note").fill("rude")
    with page.expect_request("**/attach") as asked:
        page.get_by_label("Note").press("Tab")
    expect(page.get_by_text("More friendly, please.")).to_be_visible()
    assert asked.value.headers["content-type"] == "application/json"
    page.get_by_label("Note").fill("large")
    page.get_by_label("Note").press("Tab")
    expect(page.get_by_text("More friendly, please.")).to_be_hidden()
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1}
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": 2**20})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()

    expect(page.get_by_role("progressbar")).to_be_hidden()
    expect(page.get_by_label("Note")).to_have_value("large")
    expect(page.locator("#ht-error")).to_have_count(0)
    assert got == []
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#n")).to_have_text("1")
    assert got == [("large", [("large.txt", 40 * 2**20)])]
    seen = page.evaluate("seen")
    assert any(value > 0 and not hidden for hidden, value in seen)
    assert seen[-1][0]


def test_rows_bring_their_files(page: Page, url: str, got: list[Any]) -> None:
    page.goto(url + "/claims")
    page.locator("[value='+claims']").click()
    page.get_by_label("What").nth(2).fill("tea")
    page.get_by_label("Receipt").nth(2).set_input_files([file("tea.txt")])
    page.get_by_label("Receipt").nth(0).set_input_files([file("taxi.exe")])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Only .txt, please.")).to_be_visible()
    assert got == []

    page.get_by_label("Receipt").nth(0).set_input_files([file("taxi.txt")])
    page.get_by_label("Receipt").nth(2).set_input_files([file("tea.txt")])  # gone without scripts
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#n")).to_have_text("1")
    [claims] = got
    assert [(what, data is not None) for what, data in claims] == [
        ("taxi", True),
        ("train", False),
        ("tea", True),
    ]
