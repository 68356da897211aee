"""A table of up to 10,000 rows, and six buttons that change many of them at a time.

Shows: rows by key: what moves keeps its element, what is new is all that is sent.
Run: python -m demos.rows
"""

from __future__ import annotations

from random import choice
from typing import Any
from uuid import uuid4

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, PageStore, Ref, SessionStore, SuperStore, fragment
from htealeaf.components import (
    a,
    body,
    button,
    div,
    h1,
    head,
    html,
    link,
    meta,
    span,
    table,
    tbody,
    td,
    tr,
)
from htealeaf.html.markup import Child

ADJECTIVES = """
brisk amber stark mellow spiky woven crisp lunar rustic sleek dusty frosty humble jolly keen lofty
mossy nimble plush quirky rapid silky tidy vivid witty
""".split()
COLOURS = "ochre teal ivory coral indigo khaki lilac maroon olive russet umber".split()
NOUNS = """
lamp kettle ladder pillow basket candle mirror bucket saddle teapot drawer garden cradle
""".split()
TABLES = 8  #: of one browser that are kept: its pages, the latest ones


def bare(content: Child) -> Element:
    # Whoever measures brings a sheet along. What there is without one follows the light.
    return html(lang="en")(
        head(
            meta(name="color-scheme", content="light dark"),
            link(rel="icon", href="static/leaf.svg"),
        ),
        body(content),
    )


# A browser may fill its tables with more than what is good for the pages of most apps.
LARGE = 16_000_000
app = WSGI(title="Rows", layout=bare, max_session=LARGE, max_document=LARGE, max_items=100_000)
app.static("/static", STATIC)
SuperStore(app)
#: By page: how many rows it ever made, and those that it has.
tables = SessionStore({"of": {}}, name="tables")
view = PageStore({"page": "", "selected": {}}, name="view")


def rows() -> Ref:
    return tables.at("of", view["page"], "rows")


def made(count: int) -> list[Any]:
    """Make rows, with the numbers that follow."""
    table = tables.at("of", view["page"])
    first = table["made"] + 1
    table.replace("made", table["made"] + count)
    return [
        {"id": id, "label": f"{choice(ADJECTIVES)} {choice(COLOURS)} {choice(NOUNS)}"}
        for id in range(first, first + count)
    ]


def begin() -> None:
    """See that this page has a table; of very many pages the oldest has it no more."""
    if view["page"] in tables.at("of"):
        return
    for oldest in list(tables.at("of"))[: 1 - TABLES]:
        oldest.delete()
    view["page"] = uuid4().hex[:8]
    tables.at("of").replace(view["page"], {"made": 0, "rows": []})


def unselect() -> None:
    for id in view["selected"]:
        view.at("selected", id).delete()


@app.action
def run(count: int) -> None:
    begin()
    unselect()
    rows().replace("", made(count))


@app.action
def add() -> None:
    begin()
    rows().extend("", made(1_000))


@app.action
def update() -> None:
    begin()
    for at, row in enumerate(rows().read()):
        if at % 10 == 0:
            rows().replace(f"{at}/label", f"{row['label']} !!!")


@app.action
def clear() -> None:
    begin()
    unselect()
    rows().clear()


@app.action
def swap() -> None:
    begin()
    if len(rows()) >= 999:
        rows().move("998", 1)
        rows().move("2", 998)


@app.action
def select(id: int) -> None:
    unselect()
    view.at("selected").replace(str(id), True)


@app.route("/")
def bench() -> Element:
    return div(id="main")(
        div(class_="container")(
            div(class_="jumbotron")(
                div(class_="row")(
                    div(class_="col-md-6")(h1("Rows")),
                    div(class_="col-md-6")(
                        div(class_="row")(
                            press("run", "Create 1,000 rows", run(count=1_000)),
                            press("runlots", "Create 10,000 rows", run(count=10_000)),
                            press("add", "Append 1,000 rows", add()),
                            press("update", "Update every 10th row", update()),
                            press("clear", "Clear", clear()),
                            press("swaprows", "Swap Rows", swap()),
                        )
                    ),
                )
            ),
            listed(),
            span(class_="preloadicon glyphicon glyphicon-remove", aria_hidden="true"),
        )
    )


@app.route("/table", layout=frame("Rows", __doc__, "rows"))
def shown() -> Element:
    """The same, for who has no sheet along."""
    return bench()


def press(id: str, text: str, action: Any) -> Element:
    plain = {"type": "button", "class_": "btn btn-primary btn-block", "id": id}
    return div(class_="col-sm-6 smallpad")(button(text, onclick=action, **plain))


@fragment
def listed() -> Element:
    # Before the first press there is no table, and a page that was left for long has none any more.
    known = view["page"] in tables.at("of")
    body = rows().each("", row, key="id") if known else None
    return table(class_="table table-hover table-striped test-data")(tbody(body))


def row(item: Ref) -> Element:
    id = item["id"]
    selected = view.read(f"selected/{id}", default=False)
    return tr(class_="danger" if selected else None)(
        td(id, class_="col-md-1"),
        td(a(item["label"], href="#", onclick=select(id=id).prevent()), class_="col-md-4"),
        td(
            a(REMOVE, href="#", aria_label=f"Remove {id}", onclick=item.do.delete().prevent()),
            class_="col-md-1",
        ),
        td(class_="col-md-6"),
    )


REMOVE = span(class_="glyphicon glyphicon-remove", aria_hidden="true")

if __name__ == "__main__":
    serve(app)
