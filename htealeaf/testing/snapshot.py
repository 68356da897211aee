"""Snapshots: pages kept as files, and compared with `assert page == html_snapshot`.

A snapshot is one `.html` file in `__snapshots__` beside the test. It is written so that a change
reads well in a diff: an element a line, attributes in order. What is new in every run is left out:
page ids, cursors, versions, signatures, nonces, the content hash in the URLs of our own files.
"""

from __future__ import annotations

from typing import Any

from bs4 import Tag
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from htealeaf.testing.comparing import lasting
from htealeaf.testing.exchange import Patch
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.page import Page
from htealeaf.testing.trees import parse, pretty


def lasting_html(shown: Page | Tag | Patch | str) -> str:
    """Return HTML in the form in which a snapshot keeps it.

    Args:
        shown: A page, an element of one, a patch, or HTML.
    """
    if isinstance(shown, Page):
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


class HtmlSnapshot(SingleFileSnapshotExtension):
    """Keeps a snapshot as an `.html` file."""

    file_extension = "html"
    _file_extension = "html"  # its name before syrupy 5
    _write_mode = WriteMode.TEXT

    def serialize(self, data: Any, **options: Any) -> str:
        """Return what is kept of *data*; see `lasting_html`."""
        return lasting_html(data)
