"""`htealeaf.testing` applies each patch of the conformance file as it says.

The shim runs the same file in a browser. HTML is compared as trees: the order of attributes and the
case of names in an svg, which `html.parser` does not keep, do not count. What others `put` into a
page is for browsers: here nobody does.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from htealeaf.testing.morph import apply_patch, rules
from htealeaf.testing.trees import by_id, flat, parse

_FILE = Path(__file__).parent / "patches.json"
CASES = [case for case in json.loads(_FILE.read_text(encoding="utf-8")) if "put" not in case]

_DOCUMENT = (
    "<!doctype html><html><head><title>One</title>{style}</head><body>"
    '<form id="ht" method="post" hidden ht-cursor="k.1" ht-base="" ht-stores="shared">'
    '<button disabled></button><input type="hidden" name="ht-page" value="PAGE">'
    '<input type="hidden" name="ht-url" value="/"></form>{body}</body></html>'
)


def _style(given: list[str] | None) -> str:
    return "" if given is None else f'<style id="ht-style">{chr(10).join(given)}</style>'


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_python_morph_applies(case: dict) -> None:
    page = parse(_DOCUMENT.format(style=_style(case.get("rules_before")), body=case["before"]))
    body = page.body
    assert body is not None

    done = apply_patch(page, case["patch"])

    form = by_id(page, "ht")
    assert form is not None
    form.extract()
    assert "".join(map(flat, body.contents)) == flat(parse(case["after"]))
    assert page.title is not None
    assert page.title.get_text() == case.get("title", "One")
    assert (rules(page) or None) == case.get("rules", case.get("rules_before"))
    assert done.error == case.get("error")
    assert (done.visit or "") == case.get("visit", "")
