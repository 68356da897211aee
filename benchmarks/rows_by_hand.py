"""The table of `demos.rows` as it is written by hand with Flask and htmx: the peer of `rows`.

Each answer is the HTML that htmx swaps in: new rows for the body of the table, new rows behind its
last one, or single rows out of band. Each page has a table of its own, as in the demo.
Run: HTMX=htmx.min.js python -m benchmarks.rows_by_hand
"""

from __future__ import annotations

import os
from random import choice
from typing import Any
from uuid import uuid4

import flask

from demos.rows import ADJECTIVES, COLOURS, NOUNS
from demos.serve import serve

ROWS = """\
{% for row in rows %}<tr id="r{{ row.id }}"{% if oob %} hx-swap-oob="{{ oob }}"{% endif %}\
{% if row.id == selected %} class="danger"{% endif %}>\
<td class="col-md-1">{{ row.id }}</td>\
<td class="col-md-4"><a hx-post="/{{ page }}/select/{{ row.id }}" hx-swap="none">{{ row.label }}\
</a></td>\
<td class="col-md-1"><a hx-post="/{{ page }}/remove/{{ row.id }}" hx-target="closest tr"\
 hx-swap="delete"><span class="glyphicon glyphicon-remove" aria-hidden="true"></span></a></td>\
<td class="col-md-6"></td></tr>{% endfor %}"""
PAGE = """\
<!DOCTYPE html><html lang="en"><head><title>Rows</title><script src="/htmx.js"></script></head>\
<body><div id="main"><div class="container"><div class="jumbotron"><div class="row">\
<div class="col-md-6"><h1>Rows</h1></div><div class="col-md-6"><div class="row">\
{% for id, text, swap in buttons %}<div class="col-sm-6 smallpad"><button type="button"\
 class="btn btn-primary btn-block" id="{{ id }}" hx-post="/{{ page }}/{{ id }}" hx-target="tbody"\
 hx-swap="{{ swap }}">{{ text }}</button></div>{% endfor %}</div></div></div></div>\
<table class="table table-hover table-striped test-data"><tbody></tbody></table>\
<span class="preloadicon glyphicon glyphicon-remove" aria-hidden="true"></span></div></div>\
</body></html>"""
BUTTONS = (
    ("run", "Create 1,000 rows", "innerHTML"),
    ("runlots", "Create 10,000 rows", "innerHTML"),
    ("add", "Append 1,000 rows", "beforeend"),
    ("update", "Update every 10th row", "none"),
    ("clear", "Clear", "innerHTML"),
    ("swaprows", "Swap Rows", "none"),
)


class Table:
    """What one page has."""

    def __init__(self) -> None:
        self.made, self.selected = 0, 0
        self.rows: list[dict[str, Any]] = []

    def make(self, count: int) -> list[dict[str, Any]]:
        """Return new rows, with the numbers that follow."""
        first, self.made = self.made + 1, self.made + count
        return [
            {"id": id, "label": f"{choice(ADJECTIVES)} {choice(COLOURS)} {choice(NOUNS)}"}
            for id in range(first, first + count)
        ]


app = flask.Flask("rows_by_hand")
tables: dict[str, Table] = {}
page_of, rows_of = app.jinja_env.from_string(PAGE), app.jinja_env.from_string(ROWS)


@app.get("/")
def home() -> str:
    page = uuid4().hex[:8]
    tables[page] = Table()
    return page_of.render(page=page, buttons=BUTTONS)


@app.get("/htmx.js")
def script() -> Any:
    return flask.send_file(os.environ["HTMX"], "text/javascript")


def html(page: str, rows: list[dict[str, Any]], oob: str = "") -> str:
    return rows_of.render(page=page, rows=rows, selected=tables[page].selected, oob=oob)


@app.post("/<page>/run")
@app.post("/<page>/runlots", defaults={"count": 10_000})
def run(page: str, count: int = 1_000) -> str:
    table = tables[page]
    table.selected, table.rows = 0, table.make(count)
    return html(page, table.rows)


@app.post("/<page>/add")
def add(page: str) -> str:
    more = tables[page].make(1_000)
    tables[page].rows += more
    return html(page, more)


@app.post("/<page>/update")
def update(page: str) -> str:
    changed = tables[page].rows[::10]
    for row in changed:
        row["label"] += " !!!"
    return html(page, changed, "true")


@app.post("/<page>/clear")
def clear(page: str) -> str:
    tables[page].selected, tables[page].rows = 0, []
    return ""


@app.post("/<page>/swaprows")
def swap(page: str) -> str:
    rows = tables[page].rows
    if len(rows) < 999:
        return ""
    one, other = rows[1], rows[998]
    rows[1], rows[998] = other, one
    # Each takes the place of the other one.
    return html(page, [other], f"outerHTML:#r{one['id']}") + html(
        page, [one], f"outerHTML:tr[id='r{other['id']}']:nth-child(999)"
    )


@app.post("/<page>/select/<int:id>")
def select(page: str, id: int) -> str:
    table = tables[page]
    was, table.selected = table.selected, id
    return html(page, [row for row in table.rows if row["id"] in (was, id)], "true")


@app.post("/<page>/remove/<int:id>")
def remove(page: str, id: int) -> str:
    table = tables[page]
    table.rows = [row for row in table.rows if row["id"] != id]
    return ""


if __name__ == "__main__":
    serve(app)
