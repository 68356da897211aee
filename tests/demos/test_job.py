"""The long calculation in a real browser: it goes on without its window, and gives a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from demos.job import primes
from tests.demos.serving import Server


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    server = Server("demos.job", tmp_path)
    yield server
    server.stop()


def start(page: Page, server: Server, millions: int) -> None:
    page.goto(server.url)
    page.get_by_label("How far?").fill(str(millions))
    page.get_by_role("button", name="Start").click()


@pytest.mark.parametrize(("begin", "end"), [(3, 100), (4, 50), (9, 10), (101, 1000), (7, 7)])
def test_the_sieve_finds_what_has_no_divisor(begin: int, end: int) -> None:
    slow = [n for n in range(begin, end) if n > 2 and all(n % d for d in range(2, n))]
    assert primes(begin, end) == slow


def test_it_shows_how_far_it_is_in_both_windows_and_gives_a_file(
    page: Page, mortal: Server
) -> None:
    start(page, mortal, 1)
    second = page.context.new_page()
    second.goto(mortal.url)
    for tab in (page, second):
        tab.bring_to_front()
        expect(tab.get_by_text("Done")).to_be_visible(timeout=30_000)
        expect(tab.get_by_text("8,169 pairs below 1,000,000")).to_be_visible()
    with page.expect_download() as download:
        page.bring_to_front()
        page.get_by_role("link", name="Download the pairs").click()
    with Path(download.value.path()).open(newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 8170
    assert rows[1:4] == [["3", "5"], ["5", "7"], ["11", "13"]]


def test_it_can_be_stopped_and_started_again(page: Page, mortal: Server) -> None:
    start(page, mortal, 1000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped")).to_be_visible()
    page.get_by_role("button", name="Start another one").click()
    expect(page.get_by_label("How far?")).to_be_visible()


def test_it_goes_on_while_nobody_looks(page: Page, mortal: Server) -> None:
    start(page, mortal, 60)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    context = page.context
    page.close()
    later = context.new_page()
    later.goto(mortal.url)
    expect(later.get_by_text("Done")).to_be_visible(timeout=30_000)
