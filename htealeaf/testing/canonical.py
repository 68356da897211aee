"""The one form of HTML for snapshots and comparisons.

An element a line, indented; attributes in order; white space collapsed where it does not count; one
way to write each character. What is new in every run is left out: page ids, cursors, versions,
signatures, nonces, the content hash in the URLs of our own files.
"""

from __future__ import annotations

from difflib import unified_diff

from bs4 import Tag

from htealeaf.testing.comparing import lasting
from htealeaf.testing.exchange import Patch
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.trees import parse, pretty
from htealeaf.testing.view import View


def canonical(shown: View | Tag | Patch | str) -> str:
    """Return the canonical form of HTML.

    Args:
        shown: A page, an element of one, a patch, or HTML.
    """
    if isinstance(shown, View):
        tree: Tag = shown.soup
    elif isinstance(shown, Tag):
        tree = shown
    elif isinstance(shown, (Patch, str)):
        tree = parse(str(shown))
    else:
        raise PageFailure(
            f"a {type(shown).__name__} is no HTML; a snapshot keeps a page, an element of one, a"
            " patch or HTML as text"
        )
    return pretty(tree, lasting)


def assert_same_html(actual: View | Tag | Patch | str, expected: View | Tag | Patch | str) -> None:
    """Check that two pieces of HTML have the same canonical form.

    Raises:
        PageFailure: With a diff, an element a line.
    """
    one, other = canonical(actual), canonical(expected)
    if one != other:
        lines = unified_diff(
            other.splitlines(), one.splitlines(), "expected", "actual", lineterm=""
        )
        raise PageFailure("this is not the same HTML:\n" + "\n".join(lines))
