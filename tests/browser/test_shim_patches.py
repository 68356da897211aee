"""The shim applies each patch of the conformance file as it says.

A case has `before` and `after`, the HTML of the body as a browser writes it (without the page
form, which the document here adds, and without the sentence of an error), and `patch`, the bytes
of an answer. Some have more: the `title` that is shown at the end, `rules_before` and `rules` (the
CSS rules of `#ht-style`; no `rules_before`: the page has no such style), the `error` that is told,
where the page is to `visit`, and what others `put` into it after it was loaded: a selector, a place
beside it (or `attribute`), and HTML. Only a browser has such strangers.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.fake_server import ORIGIN, FakeServer

_FILE = Path(__file__).parents[1] / "conformance" / "patches.json"
CASES = json.loads(_FILE.read_text(encoding="utf-8"))

_SHOWN = """() => {
  const body = document.body.cloneNode(true);
  for (const ours of body.querySelectorAll("#ht, #ht-error")) ours.remove();
  return body.innerHTML;
}"""
_RULES = """() => {
  const style = document.querySelector("head > #ht-style");
  return style && [...style.sheet.cssRules].map((rule) => rule.cssText);
}"""
_PUT = """(all) => {
  for (const [selector, where, what] of all) {
    const el = document.querySelector(selector);
    if (where === "attribute") el.setAttribute(...what.split("="));
    else el.insertAdjacentHTML(where, what);
  }
}"""
_APPLY = """async () => {
  const errors = [];
  document.addEventListener("htealeaf:error", (event) => errors.push(event.detail));
  await store_shared.update("counter", 1);
  return errors.map((detail) => detail?.message ?? String(detail));
}"""


@pytest.fixture(scope="module")
def server(shared_page: Page) -> FakeServer:
    return FakeServer(shared_page, policy="")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_shim_applies(case: dict, shared_page: Page, server: FakeServer) -> None:
    """After the patch the body is, byte for byte, what the case says."""
    page = shared_page
    server.body, server.head = case["before"], _style(case.get("rules_before"))
    page.goto(ORIGIN)
    assert page.evaluate(_SHOWN) == case["before"]
    page.evaluate(_PUT, case.get("put", []))
    server.will(case["patch"])

    errors = page.evaluate(_APPLY)

    assert page.evaluate(_SHOWN) == case["after"]
    assert page.title() == case.get("title", "One")
    assert page.evaluate(_RULES) == case.get("rules", case.get("rules_before"))
    assert page.evaluate("location.hash") == case.get("visit", "")
    assert errors == ([case["error"]] if "error" in case else [])


def _style(rules: list[str] | None) -> str:
    return "" if rules is None else f'<style id="ht-style">{chr(10).join(rules)}</style>'


def test_every_operation_has_a_case() -> None:
    """The file leaves no operation of the wire out."""
    patches = "".join(case["patch"] for case in CASES)
    operations = "replace append before after move remove attrs style page visit error"

    assert [op for op in operations.split() if f'ht-op="{op}"' not in patches] == []


def test_the_file_is_written_as_a_browser_writes(shared_page: Page) -> None:
    """Parsed and written again, before, after and patch stay the same bytes."""
    html = [case[key] for case in CASES for key in ("before", "after", "patch")]

    again = shared_page.evaluate(
        """(all) => all.map((html) => {
          const template = document.createElement("template");
          template.innerHTML = html;
          return template.innerHTML;
        })""",
        html,
    )

    assert again == html
