"""Nobody asks of which class a store is: its scope says what differs.

Code is only read here, never imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "htealeaf"
KINDS = frozenset(
    "Store AuthStore SessionStore PageStore "
    "StoreScope Everybody Keyed SignedIn Browser OpenPage".split()
)


def asked_by_class(source: str) -> Iterator[str]:
    """Yield what asks of which class a store or its scope is."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "issubclass"):
            asked: list[ast.expr] = node.args[1:]
        elif isinstance(node, ast.Compare) and ast.unparse(node.left).startswith("type("):
            asked = node.comparators
        elif isinstance(node, ast.MatchClass):
            asked = [node.cls]
        else:
            continue
        if any(_names_a_kind(expression) for expression in asked):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def _names_a_kind(expression: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id in KINDS)
        or (isinstance(node, ast.Attribute) and node.attr in KINDS)
        for node in ast.walk(expression)
    )


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("*.py")), ids=lambda p: p.name)
def test_no_room_asks_of_which_class_a_store_is(path: Path) -> None:
    assert list(asked_by_class(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(store, PageStore)",
        "isinstance(store, (AuthStore, stores.SessionStore))",
        "isinstance(store.scope, OpenPage)",
        "type(store) is AuthStore",
        "match store:\n    case PageStore():\n        pass",
    ],
)
def test_such_a_question_is_found(source: str) -> None:
    assert list(asked_by_class(source))
    assert list(asked_by_class("isinstance(value, (list, dict))")) == []
