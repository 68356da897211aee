"""What axe-core finds wrong in a page."""

from __future__ import annotations

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_SCRIPT = Axe().axe_script


def accuse(page: Page) -> list[str]:
    """Return what axe-core finds wrong: the rule and the elements."""
    if not page.evaluate("'axe' in window"):  # half a megabyte, once a document
        page.evaluate(_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((all) => all.violations)")
    return [f"{rule['id']}: {json.dumps([n['target'] for n in rule['nodes']])}" for rule in found]
