"""Names of the wire are spelled in one place.

`wire/names.py` spells what Python shares with the shim; elsewhere no literal does, so that a name
can change in two files. Code is only read here, never imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "htealeaf"
#: `html/` lies below `wire/`, so what begins our own attributes is said there.
OWNERS = frozenset({"wire/names.py", "html/markup.py"})
STATIC = HOUSE.parent / "static"
#: Classes that a style sheet has a rule for, and the shim does not know.
CLASSES = frozenset(
    name
    for sheet in STATIC.glob("*.css")
    for name in re.findall(r"\.(ht-[a-z-]+)", sheet.read_text(encoding="utf-8"))
) - set(re.findall(r"ht-[a-z-]+", (STATIC / "htealeaf.min.js").read_text(encoding="utf-8")))
NAME = re.compile(r"HTTP_HT_|\bHT-[A-Z]|\bht-[a-z]|/api/_|/_htealeaf\b|^js:")


def spelled(source: str) -> Iterator[str]:
    """Yield every place of *source* that spells a name of the wire by itself."""
    tree = ast.parse(source)
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in told:
            continue
        text = node.value
        if isinstance(text, str) and text not in CLASSES and NAME.search(text):
            yield f"line {node.lineno}: {text!r}"


def test_no_name_of_the_wire_is_spelled_elsewhere() -> None:
    found = [
        f"{path.relative_to(HOUSE)}, {place}"
        for path in sorted(HOUSE.rglob("*.py"))
        if path.relative_to(HOUSE).as_posix() not in OWNERS
        for place in spelled(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'headers["HT-Cursor"]',
        'environ.get("HTTP_HT_OFFER")',
        "f'<template ht-op={op}>'",
        'f"{base}/api/_store"',
        'text.startswith("js:")',
        'URL = "/_htealeaf/"',
    ],
)
def test_a_planted_name_is_found(source: str) -> None:
    assert len(list(spelled(source))) == 1


def test_a_docstring_may_name_what_it_is_about() -> None:
    assert list(spelled('"""Reads `HT-Cursor`."""\ncall("other")')) == []
