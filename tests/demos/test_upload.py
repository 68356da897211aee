"""Uploads in a real browser: files arrive, are packed, and come back the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect

from tests.demos.serving import Server, both


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    server = Server("demos.upload", tmp_path / "data")
    yield server
    server.stop()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    contents = {"notes.txt": b"Tea\n" * 100, "big.bin": os.urandom(3_000_000), "ü & <b>.txt": b"x"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents]


def send(page: Page, files: list[Path]) -> None:
    page.locator("#send-files").set_input_files(files)
    page.get_by_role("button", name="Upload").click()


@both
def test_files_arrive_and_are_listed(tab: Page, mortal: Server, files: list[Path]) -> None:
    tab.goto(mortal.url)
    expect(tab.get_by_text("No files yet")).to_be_visible()
    send(tab, files)
    listed = tab.get_by_role("list", name="Uploaded").get_by_role("listitem")
    expect(listed).to_have_count(3)
    expect(listed.nth(1)).to_contain_text("3.0 MB")
    expect(listed.nth(2)).to_contain_text("ü & <b>.txt")
    tab.get_by_role("button", name="Remove notes.txt").click()
    expect(listed).to_have_count(2)


def test_they_come_back_in_an_archive(page: Page, mortal: Server, files: list[Path]) -> None:
    page.goto(mortal.url)
    send(page, files)
    page.get_by_role("button", name="Pack into an archive").click()
    link = page.get_by_role("link", name="Download files.zip")
    expect(link).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        link.click()
    with ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        packed = sorted(archive.read(name) for name in archive.namelist())
    assert packed == sorted(file.read_bytes() for file in files)


def test_two_files_of_one_name_are_two(page: Page, mortal: Server, tmp_path: Path) -> None:
    page.goto(mortal.url)
    for number, place in enumerate(("one", "two"), 1):
        (tmp_path / place).mkdir()
        (tmp_path / place / "same.txt").write_text(place)
        send(page, [tmp_path / place / "same.txt"])
        expect(page.get_by_role("button", name="Remove same.txt")).to_have_count(number)


def test_nothing_chosen_is_told(page: Page, mortal: Server) -> None:
    page.goto(mortal.url)
    page.locator("form").evaluate_all("forms => forms.forEach((form) => (form.noValidate = true))")
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("Choose one, or drop some here.")).to_be_visible()
