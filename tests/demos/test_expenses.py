"""The ledger in a real browser: roles, money, and decisions that are made once."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, both


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    journal = f"sqlite:///{tmp_path / 'expenses.db'}"
    server = Server("demos.expenses", tmp_path, HTEALEAF_JOURNAL=journal)
    yield server
    server.stop()


def log_in(page: Page, server: Server, name: str, password: str = "green leaf") -> None:
    page.goto(server.url)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def row(page: Page, what: str) -> Locator:
    return page.get_by_role("row").filter(has_text=what)


def add(page: Page, amount: str, what: str, day: str = "2026-11-20") -> None:
    page.get_by_label("Amount").fill(amount)
    page.get_by_label("Day").fill(day)
    page.get_by_label("Category").select_option("Meals")
    page.get_by_label("What for").fill(what)
    page.get_by_role("button", name="Add").click()


@both
def test_who_has_no_password_sees_nothing(tab: Page, mortal: Server) -> None:
    """A wrong name and a wrong password are told by the same sentence."""
    for name, password in (("Ada", "oolong"), ("Mallory", "green leaf"), ("Ada", "Green leaf")):
        log_in(tab, mortal, name, password)
        expect(tab.get_by_text("Name and password do not belong together.")).to_be_visible()
        expect(tab.get_by_label("Name")).to_have_value(name)
        expect(tab.get_by_text("Train to the customer")).to_have_count(0)
    tab.goto(f"{mortal.url}/expenses.csv")
    expect(tab).to_have_url(f"{mortal.url}/login")
    log_in(tab, mortal, "ada")
    expect(tab.get_by_role("heading", name="New expense")).to_be_visible()


@both
def test_an_expense_from_the_desk_to_the_chart(
    tab: Page, mortal: Server, context_factory: ContextFactory
) -> None:
    log_in(tab, mortal, "Ben", "oolong")
    add(tab, "12.50", "Tea for all")
    expect(row(tab, "Tea for all")).to_contain_text("waiting")
    expect(row(tab, "Tea for all")).to_contain_text("12.50")
    expect(row(tab, "Taxi").get_by_role("button", name="Approve")).to_have_count(0)

    ada = context_factory().new_page()
    log_in(ada, mortal, "Ada")
    expect(ada.get_by_text("180.00").last).to_be_visible()
    row(ada, "Tea for all").get_by_role("button", name="Approve").click()
    expect(row(ada, "Tea for all")).to_contain_text("approved by Ada")
    chart = ada.locator("svg.chart")
    expect(chart).to_contain_text("192.50")
    tab.reload()
    expect(row(tab, "Tea for all")).to_contain_text("approved by Ada")


@both
def test_what_is_wrong_is_told_at_its_field(tab: Page, mortal: Server) -> None:
    log_in(tab, mortal, "Ben", "oolong")
    expect(tab.get_by_label("Amount")).to_be_visible()
    tab.locator("form").evaluate_all("forms => forms.forEach((form) => (form.noValidate = true))")
    add(tab, "12.345", "Tea", "2999-01-01")
    expect(tab.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    expect(tab.get_by_label("Amount")).to_have_value("12.345")
    expect(row(tab, "Tea")).to_have_count(0)
    tab.get_by_label("Amount").fill("12.34")
    tab.get_by_role("button", name="Add").click()
    expect(tab.get_by_text("That day is still to come.")).to_be_visible()
    tab.get_by_label("Day").fill("2026-11-20")
    tab.get_by_role("button", name="Add").click()
    expect(row(tab, "Tea")).to_contain_text("12.34")


def test_an_impatient_manager_approves_once(page: Page, mortal: Server) -> None:
    log_in(page, mortal, "Ada")
    button = row(page, "Lunch").get_by_role("button", name="Approve")
    button.dblclick()
    expect(row(page, "Lunch")).to_contain_text("approved by Ada")
    expect(page.locator("svg.chart")).to_contain_text("212.20")
    expect(page.get_by_text("already")).to_have_count(0)


def test_two_managers_decide_at_once_and_the_first_one_counts(
    page: Page, mortal: Server, context_factory: ContextFactory
) -> None:
    log_in(page, mortal, "Ada")
    other = context_factory().new_page()
    log_in(other, mortal, "Cleo")
    stale = row(other, "Taxi").get_by_role("button", name="Approve")
    expect(stale).to_be_visible()
    other.context.set_offline(True)  # Cleo presses before she sees what Ada has done
    stale.click()
    row(page, "Taxi").get_by_role("button", name="Approve").click()
    expect(row(page, "Taxi")).to_contain_text("approved by Ada")
    other.context.set_offline(False)
    expect(other.get_by_text("Ada has approved this already.")).to_be_visible()
    expect(row(other, "Taxi")).to_contain_text("approved by Ada")


def test_nobody_approves_what_is_their_own(page: Page, mortal: Server) -> None:
    log_in(page, mortal, "Ada")
    add(page, "5.00", "A present for myself")
    mine = row(page, "A present for myself")
    expect(mine).to_contain_text("waiting")
    expect(mine.get_by_role("button", name="Approve")).to_have_count(0)
    mine.get_by_role("button", name="Take back").click()
    expect(mine).to_have_count(0)


def test_the_export_has_every_row(page: Page, mortal: Server) -> None:
    log_in(page, mortal, "Ben", "oolong")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert rows[0]["what"] == "Train to the customer in Lyon"
    assert rows[0]["amount"] == "218.40"


def test_the_ledger_is_there_after_a_restart(page: Page, mortal: Server) -> None:
    log_in(page, mortal, "Ben", "oolong")
    add(page, "7.70", "Cake")
    expect(row(page, "Cake")).to_be_visible()
    mortal.stop()
    mortal.start()
    page.reload()
    expect(row(page, "Cake")).to_contain_text("7.70")
