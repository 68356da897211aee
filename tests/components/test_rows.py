"""Rows of forms: added, filled, taken out, sent and refused, with scripts and without."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from htealeaf.testing import Client, Page
from tests.components import invoice
from tests.components.invoice import Line


@pytest.fixture
def got() -> list[Any]:
    return []


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def client(request: pytest.FixtureRequest, got: list[Any]) -> Client:
    return Client(invoice.made(got), scripts=request.param)


def fill(page: Page, row: int, what: str, price: str) -> None:
    page.fill(page.soup.select(".ht-line:not([hidden]) [name$='[what]']")[row], what)
    page.fill(page.soup.select(".ht-line:not([hidden]) [name$='[price]']")[row], price)


def visible(page: Page) -> list[str]:
    lines = page.soup.select("form > div > fieldset > .ht-line:not([hidden])")
    return [page.value(line.select("input")[0]) for line in lines]


def test_rows_are_added_filled_and_sent(client: Client, got: list[Any]) -> None:
    page = client.open("/")
    fill(page, 0, "tea", "3")
    page.click(page.soup.select("form > div > fieldset > button")[0])
    fill(page, 1, "cake", "4.50")

    assert visible(page) == ["tea", "cake"]  # what was typed stays
    page.submit("#send")
    assert got == [("", [Line("tea", Decimal(3)), Line("cake", Decimal("4.50"))])]
    assert visible(page) == [""]  # as a fresh page has it
    page.assert_consistent()


def test_a_row_is_taken_out(client: Client, got: list[Any]) -> None:
    page = client.open("/edit")
    assert visible(page) == ["tea", "cake"]
    page.click(".ht-line > [value='-lines[0]']")

    assert visible(page) == ["cake"]
    page.submit("#send")
    assert got == [("Ann", [Line("cake", Decimal(4))])]


def test_all_rows_may_be_taken_out(client: Client, got: list[Any]) -> None:
    page = client.open("/")
    page.click(".ht-line > [value='-lines[0]']")
    page.submit("#send")
    assert got == [("", [])]


def test_a_row_may_have_rows(client: Client, got: list[Any]) -> None:
    page = client.open("/")
    fill(page, 0, "tea", "3")
    for tag in ("hot", "green"):
        page.click("[value='+lines[0][tags]']")
        found = page.soup.select("input[name^='lines[0][tags]']")
        page.fill(next(control for control in found if page.value(control) == ""), tag)
    page.submit("#send")
    assert got == [("", [Line("tea", Decimal(3), ["hot", "green"])])]


def test_a_refusal_stands_in_its_row(client: Client, got: list[Any]) -> None:
    page = client.open("/")
    page.click("[value='+lines']")
    fill(page, 0, "tea", "3")
    fill(page, 1, "gold", "300")
    page.submit("#send")

    [(name, message)] = page.errors.items()
    assert message == "Too much"
    control = page.soup.find("input", attrs={"name": name, "aria-invalid": "true"})
    assert control is not None
    assert visible(page) == ["tea", "gold"]
    assert got == []


def test_a_patch_leaves_rows_alone(got: list[Any]) -> None:
    """Also where all of the page comes anew."""
    page = Client(invoice.made(got), check=True).open("/edit")
    page.click("[value='+lines']")
    fill(page, 2, "jam", "1")
    page.click(".ht-line > [value='-lines[0]']")
    page.click("button", text="More")

    assert visible(page) == ["cake", "jam"]
    page.submit("#send")
    assert [line.what for line in got[0][1]] == ["cake", "jam"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.exe", b"x", "Only .txt, please."),
        ("a.txt", b"x" * 101, "At most 100 bytes, please."),
    ],
)
def test_a_file_in_a_row_is_told_at_its_row(
    client: Client, got: list[Any], name: str, data: bytes, message: str
) -> None:
    page = client.open("/claims")
    page.upload("[name='claims[1][receipt]']", (name, data))
    page.submit("#claim")
    assert page.errors == {"claims[1][receipt]": message}
    assert got == []


def test_each_row_brings_its_file(client: Client, got: list[Any]) -> None:
    page = client.open("/claims")
    page.click("[value='+claims']")
    page.fill("[name='claims[2][what]']", "tea")
    page.click(".ht-line > [value='-claims[1]']")  # without scripts, what was chosen is gone by it
    page.upload("[name='claims[2][receipt]']", ("tea.txt", b"a pot"))
    page.upload("[name='claims[0][receipt]']", ("taxi.txt", b"a ride"))
    page.submit("#claim")
    assert got == [[("taxi", b"a ride"), ("tea", b"a pot")]]


def test_a_field_that_is_left_is_asked_about_without_files(got: list[Any]) -> None:
    """What gets files is asked when these come, and a message goes when others are chosen."""
    page = Client(invoice.made(got)).open("/files")
    page.upload("[name=files]", ("a.exe", b"hello"))
    page.fill("[name=note]", "rude")
    assert page.errors == {"note": "More friendly, please."}
    page.fill("[name=note]", "kind")
    assert page.errors == {}
    page.submit("#attach")
    assert page.errors == {"files": "Only .txt, please."}
    sent = len(page.requests)
    page.upload("[name=files]", ("a.txt", b""))
    assert page.errors == {}
    assert len(page.requests) == sent
    page.submit("#attach")
    assert page.errors == {"note": "One is empty."}
    page.fill("[name=note]", "kinder")
    assert page.errors == {}
    assert got == []
