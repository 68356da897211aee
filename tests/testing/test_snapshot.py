"""Snapshots are the same in every run, and read well."""

from __future__ import annotations

import pytest

from htealeaf.testing import Client, PageFailure
from htealeaf.testing.canonical import canonical
from tests.testing.apps import todo_app


def shown_by_a_fresh_app() -> str:
    page = Client(todo_app()).open("/")
    page.fill("[name=task]", "Bread")
    page.click("button", text="Add")
    return canonical(page)


def test_two_runs_write_the_same() -> None:
    first = shown_by_a_fresh_app()

    assert first == shown_by_a_fresh_app()
    assert "&o=…" in first
    assert "&at=…" in first
    assert "<span>Bread</span>" in first


def test_a_page_is_compared_with_its_file(html_snapshot) -> None:
    page = Client(todo_app()).open("/")
    page.click("#list li:nth-of-type(1) button")

    assert page == html_snapshot


def test_an_element_is_compared_with_its_file(html_snapshot) -> None:
    page = Client(todo_app()).open("/counter")

    assert page.html_of("h3") == html_snapshot


def test_a_patch_is_compared_with_its_file(html_snapshot) -> None:
    patch = Client(todo_app()).open("/counter").click("button", text="+")

    assert patch == html_snapshot


def test_what_is_no_html_is_refused() -> None:
    with pytest.raises(PageFailure, match="a int is no HTML"):
        canonical(3)  # type: ignore[arg-type]
