"""Whole pages: plain elements, keyed lists with offers, tables; and what signing costs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from secrets import token_hex

from benchmarks import ours, peers
from benchmarks.browser import OpenPage
from benchmarks.report import Row, Table, µs
from benchmarks.timing import Effort, race
from htealeaf.web.keys import Keys
from htealeaf.web.visitor import Visitor


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure the budgets of rendering, and what others take."""
    items, rows = ours.todos(200), ours.cells(1000, 10)
    assert ours.todo_page(items) == peers.jinja_todos(items), "not the same page"
    words = re.compile("<td>(None|True|False)</td>")  # Jinja2's; an element leaves them out
    same = words.sub("<td></td>", peers.jinja_table(rows))
    assert ours.table_page(rows) == same, "not the same table"
    page = OpenPage(ours.todo_app(200))
    took = race(
        {
            "plain": lambda: ours.todo_page(items),
            "keyed": page.get,
            "Jinja2": lambda: peers.jinja_todos(items),
            "htpy": lambda: peers.htpy_todos(items),
            "FastHTML": lambda: peers.fasthtml_todos(items),
        },
        effort.seconds * 2,
    )
    jinja = took["Jinja2"]
    against = f"{µs(jinja)} Jinja2"
    plain, keyed = took["plain"], took["keyed"]
    yield Row("render 200 to-dos, plain elements", µs(plain), against, plain / jinja, 0.5)
    yield Row(
        "render 200 to-dos, keyed each, two offers a row", µs(keyed), against, keyed / jinja, 1.5
    )
    sign = _signing(effort)
    yield Row("sign one offer", µs(sign), "", sign * 1e6, 1.5, "µs")
    took_table = race(
        {"ours": lambda: ours.table_page(rows), "Jinja2": lambda: peers.jinja_table(rows)},
        effort.seconds,
    )
    mine, other = took_table["ours"], took_table["Jinja2"]
    yield Row(
        "render a table of 1000 × 10, mixed cells",
        µs(mine),
        f"{µs(other)} Jinja2",
        mine / other,
        1.0,
    )
    names = {
        "plain": "htealeaf, plain elements",
        "keyed": "htealeaf, a GET of keyed each, 400 offers",
    }
    yield Table(
        "200 to-dos as HTML",
        ("with", "a page", "× Jinja2"),
        [(names.get(n, n), µs(t), f"{t / jinja:.2f}") for n, t in took.items()],
    )


def _signing(effort: Effort) -> float:
    keys = Keys("a secret for benchmarks")
    visitor = Visitor(keys, lambda visitor: None, keys.cookie(token_hex(16)))
    text = "todos\n/todo/id=117/done?toggle"
    return race({"sign": lambda: visitor.sign(text)}, effort.seconds / 3)["sign"]
