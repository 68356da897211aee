"""What an open page takes on the server, and what the shim takes on the line."""

from __future__ import annotations

import gc
import gzip
import tracemalloc
from collections.abc import Iterator

from benchmarks import ours
from benchmarks.browser import Click, OpenPage
from benchmarks.report import Row, Table
from benchmarks.timing import Effort
from htealeaf import WSGI
from htealeaf.endpoints.assets import folder

_LATER_PARTS = (b"EventSource", b"text/event-stream")  # live is the last part to come


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure the budgets of memory and bytes."""
    content = (folder() / "htealeaf.min.js").read_bytes()
    zipped = len(gzip.compress(content, 9, mtime=0))
    budget = 5888 if any(part in content for part in _LATER_PARTS) else 5376
    yield Row(
        "the shim, minified and gzipped", f"{len(content):,} plain", "", zipped, budget, "bytes"
    )
    # So many, since what is kept for some hundreds of browsers at most is no cost of a page.
    opened = bytes_of_a_page(ours.counter_app(), 2000)
    yield Row("an open counter page on the server", "2000 pages", "", opened, 2048, "bytes")
    pages = 500 if effort.quick else 2000
    clicked = bytes_of_a_page(ours.counter_app(), pages, clicked=True)
    rows = bytes_of_a_page(ours.todo_app(100), pages // 20)
    yield Table(
        "An open page on the server",
        ("page", "bytes"),
        [
            ("a counter, each by a browser of its own", f"{opened:,.0f}"),
            ("the same, each clicked once", f"{clicked:,.0f}"),
            ("100 to-dos, keyed", f"{rows:,.0f}"),
        ],
    )


def bytes_of_a_page(app: WSGI, pages: int, *, clicked: bool = False) -> float:
    """Return the bytes that one more open page takes.

    Args:
        clicked: Press something on each page; its one-time id and history are part of the cost.
    """
    _open(app, clicked)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(pages):
            _open(app, clicked)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    if app.stats()["pages"] != pages + 1:
        raise RuntimeError(f"{app.stats()['pages']} pages are remembered, not {pages + 1}")
    return (after - before) / pages


def _open(app: WSGI, clicked: bool) -> None:
    if not clicked:
        Click(app, "GET", "/")()
        return
    page = OpenPage(app)
    page.click(page.offers[-1])()
