"""The gallery of the demos, with scripts and without."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect

from demos import NAMES
from tests.demos.serving import ROOT, Server


def test_the_gallery_says_what_each_demo_shows_and_leads_there(page: Page, demos: Server) -> None:
    """Each card is a link; the demo's header leads back."""
    page.goto(demos.url)
    entries = page.get_by_role("main").get_by_role("listitem")
    expect(entries).to_have_count(len(NAMES))
    for place in range(len(NAMES)):
        entry = entries.nth(place)
        expect(entry).to_contain_text("Shows:")
        expect(entry).to_contain_text("python -m demos.")
        link = entry.get_by_role("heading").get_by_role("link")
        name = str(link.text_content())
        link.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.get_by_role("link", name="htealeaf demos").click()
        expect(page).to_have_title("htealeaf demos")


def test_the_links_of_the_gallery_want_no_scripts(demos: Server) -> None:
    """They are addresses, there and back."""
    gallery, at = read(demos.url)
    links = gallery.select("main li h2 a")
    assert len(links) == len(NAMES)
    for link in links:
        demo, there = read(urljoin(at, str(link["href"])))
        assert link.get_text() in [title.get_text() for title in demo.select("h1")]
        [back] = demo.select("header a.home")
        assert urljoin(there, str(back["href"])) == at


def read(url: str) -> tuple[BeautifulSoup, str]:
    """Return the page, and where it was found in the end."""
    with urllib.request.urlopen(f"{url.rstrip('/')}/") as answer:
        return BeautifulSoup(answer.read(), "lxml"), answer.url


def test_each_card_has_its_picture_and_its_source(page: Page, demos: Server) -> None:
    page.goto(demos.url)
    for name in NAMES:
        assert (ROOT / f"docs/images/demo-{name}.png").exists(), name
    missing = page.evaluate(
        """async () => {
          const pictures = [...document.querySelectorAll("main img")];
          for (const picture of pictures) { picture.loading = "eager"; await picture.decode(); }
          return pictures.filter((picture) => !picture.naturalWidth).map((picture) => picture.src);
        }"""
    )
    assert missing == []
    page.get_by_role("link", name="Source of poll").click()
    expect(page.locator("pre")).to_contain_text("def poll() -> Element:")
    page.goto(f"{demos.url}/source-sevenguis")
    for file in ("__init__.py", "cells.py", "timer.py"):
        expect(page.get_by_role("heading", name=file)).to_be_visible()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{demos.url}/source-os")


def test_what_the_demos_keep_is_there_after_a_restart(page: Page, demos: Server) -> None:
    page.goto(f"{demos.url}/poll/")
    page.get_by_role("button", name="Mate").click()
    expect(page.get_by_role("button", name="Mate")).to_have_attribute("aria-pressed", "true")
    demos.stop()
    demos.start()
    page.reload()
    expect(page.get_by_role("button", name="Mate")).to_have_attribute("aria-pressed", "true")
    files = {path.name for path in (ROOT / demos.environment["DEMOS_DATA"]).iterdir()}
    assert {f"{name}.db" for name in ("poll", "counter", "chat")} <= files, files
