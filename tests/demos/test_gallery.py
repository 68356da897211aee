"""The gallery of the demos, with scripts and without."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from demos import NAMES
from tests.demos.serving import ROOT, Server, both


@both
def test_the_gallery_says_what_each_demo_shows_and_leads_there(tab: Page, demos: Server) -> None:
    """Each card is a link; the demo's header leads back."""
    tab.goto(demos.url)
    entries = tab.get_by_role("main").get_by_role("listitem")
    expect(entries).to_have_count(len(NAMES))
    for place in range(len(NAMES)):
        entry = entries.nth(place)
        expect(entry).to_contain_text("Shows:")
        expect(entry).to_contain_text("python -m demos.")
        link = entry.get_by_role("heading").get_by_role("link")
        name = str(link.text_content())
        link.click()
        expect(tab.get_by_role("heading", level=1)).to_have_text(name)
        tab.get_by_role("link", name="htealeaf demos").click()
        expect(tab).to_have_title("htealeaf demos")


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
