"""The address book in a real browser: finding, changing, deleting, and taking that back."""

from __future__ import annotations

import base64
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, both

# One pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    server = Server("demos.contacts", tmp_path / "data")
    yield server
    server.stop()


def rows(page: Page) -> Locator:
    return page.locator("tbody tr")


def row(page: Page, name: str) -> Locator:
    return rows(page).filter(has=page.get_by_role("link", name=name))


def test_search_as_you_type_stands_in_the_address_and_in_the_history(
    page: Page, mortal: Server
) -> None:
    page.goto(mortal.url)
    expect(page.get_by_text("26 contacts")).to_be_visible()
    expect(rows(page)).to_have_count(8)
    page.get_by_role("searchbox").press_sequentially("example.net", delay=15)
    expect(page.get_by_text("8 contacts")).to_be_visible()
    expect(page).to_have_url(f"{mortal.url}/?q=example.net")
    page.get_by_label("Kind").select_option("Supplier")
    expect(page.get_by_text("3 contacts")).to_be_visible()
    expect(page).to_have_url(f"{mortal.url}/?q=example.net&kind=Supplier")
    page.go_back()
    expect(page.get_by_text("8 contacts")).to_be_visible()
    expect(page.get_by_label("Kind")).to_have_value("")
    page.go_forward()
    expect(page.get_by_text("3 contacts")).to_be_visible()
    page.reload()
    expect(page.get_by_text("3 contacts")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_value("example.net")


@both
def test_pages_of_what_was_found(tab: Page, mortal: Server) -> None:
    tab.goto(f"{mortal.url}/?kind=Customer")
    expect(rows(tab)).to_have_count(8)
    tab.get_by_role("navigation").get_by_text("2", exact=True).click()
    expect(tab).to_have_url(f"{mortal.url}/?kind=Customer&page=2")
    expect(row(tab, "Wanjiru Mwangi")).to_be_visible()
    expect(rows(tab)).to_have_count(6)


@both
def test_a_new_contact_and_what_is_wrong_with_it(tab: Page, mortal: Server, scripts: bool) -> None:
    tab.goto(mortal.url)
    tab.get_by_role("link", name="New contact").click()
    tab.get_by_label("Name").fill("Zara <i>Q</i>")
    tab.get_by_label("E-mail").fill("ada.oduya@example.org")
    tab.get_by_label("Phone").fill("+1 555 0100")
    tab.get_by_label("Kind").select_option("Partner")
    if scripts:  # told at blur, before anything is sent
        expect(tab.get_by_text("Ada Oduya has this address.")).to_be_visible()
    tab.get_by_role("button", name="Add").click()
    expect(tab.get_by_text("Ada Oduya has this address.")).to_be_visible()
    expect(tab.get_by_label("Name")).to_have_value("Zara <i>Q</i>")
    tab.get_by_label("E-mail").fill("zara@example.org")
    photo = {"name": "me.png", "mimeType": "image/png", "buffer": PNG}
    tab.get_by_label("Photo").set_input_files(photo)  # type: ignore[arg-type]
    tab.get_by_role("button", name="Add").click()
    expect(tab.get_by_text("Zara <i>Q</i> is in your contacts.")).to_be_visible()

    tab.goto(f"{mortal.url}/?q=zara")
    expect(rows(tab)).to_have_count(1)
    expect(tab.locator("tbody img")).to_have_js_property("naturalWidth", 1)


def test_what_is_no_picture_is_refused(page: Page, mortal: Server) -> None:
    page.goto(f"{mortal.url}/contact-1")
    file = {"name": "run.html", "mimeType": "text/html", "buffer": b"<script>alert(1)</script>"}
    page.get_by_label("Photo").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("A picture, please")).to_be_visible()


@both
def test_a_contact_is_changed(tab: Page, mortal: Server) -> None:
    tab.goto(mortal.url)
    tab.get_by_role("link", name="Chen Wei").click()
    expect(tab.get_by_label("E-mail")).to_have_value("chen.wei@example.org")
    tab.get_by_label("Name").fill("Chen Wei-Li")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Chen Wei-Li is saved.")).to_be_visible()
    expect(row(tab, "Chen Wei-Li")).to_be_visible()


def test_a_number_is_changed_in_its_place(page: Page, mortal: Server) -> None:
    """By keyboard: Enter opens it and saves it, Escape leaves it."""
    page.goto(mortal.url)
    button = page.get_by_role("button", name="Change the number of Emeka Obi")
    button.press("Enter")
    field = page.get_by_role("textbox", name="Number of Emeka Obi")
    expect(field).to_be_focused()
    field.fill("+234 1 000")
    field.press("Enter")
    expect(button).to_have_text("+234 1 000")
    button.press("Enter")
    field.fill("oops")
    field.press("Escape")
    expect(button).to_have_text("+234 1 000")


def test_deleting_asks_and_can_be_taken_back(page: Page, mortal: Server) -> None:
    page.goto(mortal.url)
    asked: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", dismiss)
    page.get_by_role("button", name="Delete Amal Haddad").click()
    assert asked == ["Delete Amal Haddad?"]
    expect(row(page, "Amal Haddad")).to_be_visible()

    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Delete Amal Haddad").click()
    expect(row(page, "Amal Haddad")).to_have_count(0)
    expect(page.get_by_text("25 contacts")).to_be_visible()
    page.get_by_role("button", name="Bring back").click()
    expect(row(page, "Amal Haddad")).to_be_visible()
    expect(page.get_by_role("button", name="Bring back")).to_have_count(0)


@both
def test_several_are_deleted_at_once(tab: Page, mortal: Server) -> None:
    tab.goto(mortal.url)
    for name in ("Ada Oduya", "Carla Mendes"):
        tab.get_by_label(f"Select {name}").check()
    tab.get_by_role("button", name="Delete chosen").click()
    expect(tab.get_by_text("24 contacts")).to_be_visible()
    expect(row(tab, "Carla Mendes")).to_have_count(0)
    tab.get_by_role("button", name="Bring back").click()
    expect(tab.get_by_text("26 contacts")).to_be_visible()


def test_the_export_is_what_was_found(page: Page, mortal: Server) -> None:
    page.goto(f"{mortal.url}/?kind=Partner")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert {contact["kind"] for contact in found} == {"Partner"}
    assert found[0]["name"] == "Amal Haddad"
    assert len(found) == 6


def test_two_windows_follow_each_other(
    page: Page, mortal: Server, context_factory: ContextFactory
) -> None:
    other = context_factory().new_page()
    other.goto(mortal.url)
    page.goto(f"{mortal.url}/contact-1")
    page.get_by_label("Name").fill("Ada O.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ada O. is saved.")).to_be_visible()
    expect(row(other, "Ada O.")).to_be_visible()
