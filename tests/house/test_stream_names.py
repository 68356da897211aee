"""Streams are named in one place.

`data/streams.py` builds and splits the names of streams and labels; elsewhere no literal spells
one, so that what a name means can change in one file. Code is only read here, never imported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "htealeaf"
OWNER = "data/streams.py"  # builds and splits the names
CUTS = frozenset({"partition", "rpartition", "split", "rsplit", "removeprefix", "removesuffix"})


def spelled(source: str) -> Iterator[str]:
    """Yield every place of *source* that builds or splits the name of a stream by itself."""
    tree = ast.parse(source)
    told = {id(text) for text in _docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and _joins_an_owner(node):
            yield f"line {node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            internal = text[:1] == "~" and text[1:2].isalpha()
            if id(node) not in told and (text == "@" or internal):
                yield f"line {node.lineno}: {text!r}"
        elif isinstance(node, ast.Call) and _cuts_at_an_owner(node):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def _docstrings(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _joins_an_owner(text: ast.JoinedStr) -> bool:
    # `{store}@...`: an `@` right behind something that is filled in.
    return any(
        isinstance(one, ast.FormattedValue)
        and isinstance(two, ast.Constant)
        and str(two.value).startswith("@")
        for one, two in zip(text.values, text.values[1:], strict=False)
    )


def _cuts_at_an_owner(call: ast.Call) -> bool:
    # The bare "@" is found as a text of its own.
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in CUTS
        and any(isinstance(a, ast.Constant) and "@" in str(a.value)[1:] for a in call.args)
    )


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("*.py")), ids=lambda p: p.name)
def test_no_other_room_spells_the_name_of_a_stream(path: Path) -> None:
    found = list(spelled(path.read_text(encoding="utf-8")))
    if path.relative_to(HOUSE).as_posix() == OWNER:
        assert found, "the rule finds nothing where names of streams are made"
    else:
        assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "stream = f'{name}@{owner}'",
        "stream = name + '@' + owner",
        "stream = f'{name}@~page'",
        "name, at, owner = stream.partition('@')",
        "name = label.split('@', 1)[0]",
        "own = stream.startswith('~session@')",
        "own = stream.removeprefix('~topic@')",
        "who = '~page'",
        "shared = '@' not in stream",
    ],
)
def test_a_spelled_name_is_found(source: str) -> None:
    assert list(spelled(source))


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring may say `todos@ann` and ~session."""',
        "advice = 'write a @fragment around it'",
        "text = f'a @{name} of its own'",
        "path = text.replace('~', '~0')",
    ],
)
def test_other_text_is_left_alone(source: str) -> None:
    assert list(spelled(source)) == []
