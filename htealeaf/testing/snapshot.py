"""Snapshots: pages kept as files, and compared with `assert page == html_snapshot`.

A snapshot is one `.html` file in `__snapshots__` beside the test. It is written so that a change
reads well in a diff; see `htealeaf.testing.canonical`.
"""

from __future__ import annotations

from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from htealeaf.testing.canonical import canonical


class HtmlSnapshot(SingleFileSnapshotExtension):
    """Keeps a snapshot as an `.html` file."""

    file_extension = "html"
    _file_extension = "html"  # its name before syrupy 5
    _write_mode = WriteMode.TEXT

    def serialize(self, data: Any, **options: Any) -> str:
        """Return what is kept of *data*; see `canonical`."""
        return canonical(data)
