"""What is measured: pages and apps made with htealeaf, each in a registry of its own."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from htealeaf import WSGI, Element, Ref, Registry, Store, SuperStore
from htealeaf.components import (
    body,
    button,
    checkbox,
    div,
    form,
    h1,
    h3,
    head,
    html,
    label,
    li,
    span,
    table,
    tbody,
    td,
    title,
    tr,
    ul,
)

Todo = dict[str, Any]


def todos(count: int) -> list[Todo]:
    """Return to-dos, some of them with text that has to be escaped."""
    return [
        {"id": i, "text": f"Buy milk & {i} <eggs>" if i % 3 else f"Call {i}", "done": i % 4 == 0}
        for i in range(count)
    ]


Cell = str | int | float | bool | None


def cells(rows: int, columns: int) -> list[list[Cell]]:
    """Return a table of numbers, switches, gaps, and text with and without what is escaped."""
    return [[_cell(row, column) for column in range(columns)] for row in range(rows)]


def _cell(row: int, column: int) -> Cell:
    kinds: tuple[Cell, ...] = (
        row,
        f"r{row}c{column}",
        row * 100_003,
        f"cell {row} & {column}",
        row / 8,
        f"plain text {column}",
        row % 2 == 0,
        f"<{row}>",
        None,
        row + column / 4,
    )
    return kinds[column % len(kinds)]


def todo_page(items: list[Todo]) -> str:
    """Render to-dos as plain elements."""
    return str(
        html(
            head(title("To do")),
            body(h1("To do"), ul([_todo(item) for item in items], class_="todos")),
            lang="en",
        )
    )


def _todo(item: Todo) -> Element:
    return li(
        checkbox(checked=item["done"]),
        label(item["text"]),
        button("x", type="submit", name="delete", value=item["id"]),
        class_="done" if item["done"] else "open",
    )


def table_page(rows: list[list[Cell]]) -> str:
    """Render a table."""
    return str(table(tbody([tr([td(cell) for cell in row]) for row in rows])))


def app_of(
    page: Callable[[], Element], registry: Registry, journal: str = "memory:", **options: Any
) -> WSGI:
    """Return an app that shows *page* at `/`."""
    with registry:
        # Clicks come faster here than any rate allows; that they are counted is part of the cost.
        usual: dict[str, Any] = {"rate": 1e9, "burst": 10**9}
        app = WSGI(secret="a secret for benchmarks", **usual | options)
        SuperStore(app, registry, journal=journal)
        app.route("/", title="Page")(page)
    return app


def counter_app(journal: str = "memory:", **options: Any) -> WSGI:
    """Return the counter."""
    registry = Registry()
    shared = Store({"counter": 0}, name="shared", registry=registry)

    def page() -> Element:
        return div(
            button("-", onclick=shared.do.update("counter", -1)),
            h3(shared.react("counter")),
            button("+", onclick=shared.do.update("counter", 1)),
        )

    return app_of(page, registry, journal, **options)


#: What the form of `call_app` sends.
CALL = [["by", "1"], ["day", "2026-11-27"], ["kind", "food"], ["note", ""]]


class Kind(enum.Enum):
    """What a form lets choose from."""

    FOOD = "food"
    TRAVEL = "travel"


def call_app() -> WSGI:
    """Return the counter with an action function behind it that checks four arguments."""
    registry = Registry()
    shared = Store({"counter": 0}, name="shared", registry=registry)
    functions: list[Any] = []

    def page() -> Element:
        return div(h3(shared.react("counter")), form(onsubmit=functions[0])(button("+")))

    app = app_of(page, registry)

    @app.action
    def add(by: Annotated[int, Field(ge=1, le=9)], day: date, kind: Kind, note: str | None) -> None:
        shared.increment("counter", by)

    functions.append(add)
    return app


def todo_app(count: int) -> WSGI:
    """Return the page of `todo_page`, keyed by the ids and with two offers a row."""
    registry = Registry()
    store = Store({"todo": todos(count)}, name="todos", registry=registry)

    def row(item: Ref) -> Element:
        return li(
            checkbox(checked=item["done"], onchange=item.do.toggle("done")),
            label(item["text"]),
            button("x", onclick=item.do.delete()),
            class_="done" if item["done"] else "open",
        )

    def page() -> Element:
        return div(h1("To do"), ul(store.each("todo", row, key="id"), class_="todos"))

    return app_of(page, registry)


def list_app(count: int) -> WSGI:
    """Return the to-do list of the README: short rows, keyed, two offers in each."""
    registry = Registry()
    items = [{"id": i, "value": f"Task {i}", "done": False} for i in range(count)]
    store = Store({"todo": items}, name="todos", registry=registry)

    def row(task: Ref) -> Element:
        return li(
            checkbox(checked=task["done"], onchange=task.do.toggle("done")),
            task["value"],
            button("x", onclick=task.do.delete()),
        )

    def page() -> Element:
        return div(ul(store.each("todo", row, key="id")))

    return app_of(page, registry)


def grid_app(bindings: int) -> WSGI:
    """Return a page of *bindings* numbers, a hundred in a group, and a button on one of them."""
    registry = Registry()
    groups = {
        f"g{first // 100}": {f"n{i}": i for i in range(first, min(first + 100, bindings))}
        for first in range(0, bindings, 100)
    }
    places = [f"{group}/{name}" for group, names in groups.items() for name in names]
    middle = places[len(places) // 2]
    store = Store(groups, name="grid", registry=registry)

    def page() -> Element:
        return div(
            button("+", onclick=store.do.update(middle, 1)),
            [span(store.react(place)) for place in places],
        )

    return app_of(page, registry)
