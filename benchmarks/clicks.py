"""One click in process: from the environ to the bytes of the answer."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import ours, peers
from benchmarks.browser import Click, OpenPage
from benchmarks.report import Row, Table, µs
from benchmarks.timing import Effort, race


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure the budgets of clicks, and what others take."""
    counter_page = OpenPage(ours.counter_app())
    grid_page = OpenPage(ours.grid_app(1000))
    todo_page = OpenPage(ours.list_app(1000))
    call_page = OpenPage(ours.call_app())
    counter = counter_page.click(counter_page.offers[-1])
    grid = grid_page.click(grid_page.offers[0])
    toggle = todo_page.click(todo_page.offers[2 * 500])
    empty, by_hand = peers.empty_click(), peers.flask_clicks(1000)
    clicks: dict[str, Click] = {
        "grid": grid,
        "empty": empty,
        "counter": counter,
        "call": call_page.click(call_page.offers[0], ours.CALL),
        "toggle": toggle,
        "by hand, Jinja2": by_hand["counter"],
        "by hand, htpy": by_hand["counter-htpy"],
        "by hand, a row": by_hand["toggle"],
    }
    bodies = {name: click() for name, click in clicks.items()}
    took = race({**clicks, "FastHTML": peers.fasthtml_click()}, effort.seconds * 3)
    for click in clicks.values():
        click()
    flask = took["empty"]
    yield Row(
        "one mutation, one fragment among 1000 bindings",
        µs(took["grid"]),
        f"{µs(flask)} Flask, empty view",
        took["grid"] / flask,
        1.0,
    )
    yield Row(
        "toggle 1 of 1000 rows of a keyed each",
        µs(took["toggle"]),
        f"{µs(took['counter'])} our counter",
        took["toggle"] / took["counter"],
        1.5,
    )
    yield Row(
        "an action function with validation",
        µs(took["call"]),
        f"{µs(took['counter'])} our counter",
        took["call"] / took["counter"],
        2.5,
    )
    yield Row("the toggle, its body", "", "", len(bodies["toggle"]), 250, "bytes")
    yield Row("the counter's patch, its body", "", "", len(bodies["counter"]), 60, "bytes")
    yield _lost(effort)
    yield Table(
        "One click, environ to bytes (FastHTML over ASGI)",
        ("with", "a click", "× Flask, empty view", "body"),
        [
            (title, µs(took[name]), f"{took[name] / flask:.2f}", str(len(bodies.get(name, b""))))
            for name, title in _TITLES.items()
        ],
    )


_TITLES = {
    "counter": "htealeaf, a counter",
    "call": "htealeaf, an action function",
    "grid": "htealeaf, one of 1000 bindings",
    "toggle": "htealeaf, one of 1000 rows",
    "empty": "Flask, an empty view",
    "by hand, Jinja2": "Flask + Jinja2 by hand, a counter",
    "by hand, htpy": "Flask + htpy by hand, a counter",
    "by hand, a row": "Flask + Jinja2 by hand, a row",
    "FastHTML": "FastHTML, a counter",
}


def _lost(effort: Effort) -> Row:
    app = ours.todo_app(200)
    page = OpenPage(app)
    click = page.click(page.offers[2 * 100])

    def forgotten() -> None:
        app.pages.forget()
        click()

    click()
    took = race({"lost": forgotten, "get": page.get}, effort.seconds)
    click()
    lost, get = took["lost"], took["get"]
    what = "a click on a page whose cache was lost (200 rows)"
    return Row(what, µs(lost), f"{µs(get)} one GET of it", lost / get, 1.3)
