"""How cost grows: with rows, with bindings, with open pages that show what changes."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import ours
from benchmarks.browser import OpenPage
from benchmarks.graph import asking, graph_of
from benchmarks.report import Row, Table, µs
from benchmarks.timing import Effort, once, race


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure how cost grows."""
    short = effort.seconds / 4
    sizes = [10, 100, 1_000] if effort.quick else [10, 100, 1_000, 10_000, 100_000]
    yield Table(
        "Rows of a keyed each, two offers a row",
        ("rows", "a GET", "a row of it", "toggle one", "delete one", "body of the toggle"),
        [_rows(size, short) for size in sizes],
    )
    sizes = [1, *sizes, 10_000] if effort.quick else [1, *sizes, 1_000_000]
    yield Table(
        "Bindings of one page, one of them changes",
        ("bindings", "find the affected", "a whole click"),
        [_bindings(size, short) for size in sizes],
    )
    yield Table(
        "Open pages that show the changed path",
        ("pages", "a click", "all the others catch up", "one of them"),
        [_pages(count, short) for count in (1, 10, 100, 1_000)[: 3 if effort.quick else 4]],
    )


def _rows(size: int, seconds: float) -> tuple[str, ...]:
    app, opened = ours.list_app(size), list[OpenPage]()
    get = once(lambda: opened.append(OpenPage(app)))
    page = opened[0]
    toggle, delete = page.click(page.offers[size]), page.click(page.offers[size + 1])
    body = toggle()
    took = race({"toggle": toggle}, seconds)["toggle"]
    if size <= 1_000:
        get = race({"get": page.get}, seconds)["get"]
    delete.cursor = toggle.cursor
    return (
        f"{size:,}",
        µs(get),
        µs(get / size),
        µs(took),
        µs(once(delete)),
        str(len(body)),
    )


def _bindings(size: int, seconds: float) -> tuple[str, ...]:
    found = race({"ask": asking(graph_of(size), size)}, seconds)["ask"]
    if size > 100_000:
        return f"{size:,}", µs(found), "–"
    page = OpenPage(ours.grid_app(size))
    click = page.click(page.offers[0])
    click()
    return f"{size:,}", µs(found), µs(race({"click": click}, seconds)["click"])


def _pages(count: int, seconds: float) -> tuple[str, ...]:
    app = ours.counter_app()
    pages = [OpenPage(app) for _ in range(count)]
    click = pages[0].click(pages[0].offers[-1])
    looks = [page.look() for page in pages[1:]]
    click()
    everybody = once(lambda: [look() for look in looks]) if looks else 0.0
    took = race({"click": click}, seconds)["click"]
    each = everybody / len(looks) if looks else 0.0
    return f"{count:,}", µs(took), µs(everybody) if looks else "–", µs(each) if looks else "–"
