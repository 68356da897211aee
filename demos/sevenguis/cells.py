"""A sheet of 2,600 cells; a formula follows the cells that it names.

Shows: a place for each cell, so that a change sends the cells whose value is another one, no more.
Run: python -m demos.sevenguis
"""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from demos.sevenguis.base import app, task
from demos.sevenguis.formulas import COLUMNS, ROWS, shown, worth
from htealeaf import Element, PageStore, SessionStore, event, fragment, this
from htealeaf.components import (
    button,
    code,
    div,
    form,
    input_,
    p,
    table,
    tbody,
    td,
    textInput,
    th,
    thead,
    tr,
)

CELL = "[A-Za-z](0|[1-9][0-9]?)"
Name = Annotated[str, StringConstraints(pattern=f"^{CELL}$", to_upper=True, strip_whitespace=True)]
LONGEST = 1000
Text = Annotated[str, StringConstraints(max_length=LONGEST)]

#: What was entered, and what is shown, by the names of cells.
sheet = SessionStore({"entries": {}, "shown": {}}, name="sheet")
#: Which cell is open on this page: one at most.
view = PageStore({"open": {}}, name="cells_view")


@app.action
def edit(cell: Name) -> None:
    close()
    view.at("open").replace(cell, True)


@app.action
def take(cell: Name, text: Text) -> None:
    if cell in view["open"]:  # else it was left before: its field lost the focus as it went
        close()
        enter(cell, text)


@app.action
def leave() -> None:
    close()


@app.action
def put(cell: Name, text: Text) -> None:
    enter(cell, text)


def close() -> None:
    for cell in view.at("open"):
        cell.delete()


def enter(cell: str, text: str) -> None:
    """Take an entry, and show what is another value now."""
    sheet.at("entries").replace(cell, text)
    before = sheet["shown"]
    after = {name: shown(value) for name, value in worth(sheet["entries"]).items()}
    sheet.merge("shown", {name: text for name, text in after.items() if text != before.get(name)})


@app.route("/cells", title="Cells", layout=task("cells", __doc__))
def home() -> Element:
    return div(class_="card stack")(
        line(),
        div(
            table(
                thead(tr(td(), (th(column, scope="col") for column in COLUMNS))),
                tbody(ondblclick=edit(cell=event.target).repeat())(
                    tr(th(row, scope="row"), (cell(f"{column}{row}") for column in COLUMNS))
                    for row in ROWS
                ),
            ),
            class_="sheet", tabindex=0, role="region", aria_label="Sheet",
            data_testid="cells-table",
        ),
        p("A double click opens a cell. A formula is ", code("=add(A1, mul(B2, 3))"), ", with ",
          code("sub"), ", ", code("div"), " and ", code("mod"), " too, or ",
          code("=sum(A1:B3, C1)"), ", with ", code("prod"), " too.", class_="hint"),
    )  # fmt: skip


@fragment
def cell(name: str) -> Element:
    place = td(id=name, data_testid=f"cell-{name}")
    if not view.read(f"open/{name}", default=False):
        return place(sheet.read(f"shown/{name}", default=""))
    done = take(cell=name, text=this.value)
    return place(
        input_(
            value=sheet.read(f"entries/{name}", default=""), aria_label=name, autofocus=True,
            autocomplete="off", maxlength=LONGEST, data_testid="cell-input",
            onblur=done, onkeydown=done.key("Enter"), onkeyup=leave().key("Escape"),
        )
    )  # fmt: skip


def line() -> Element:
    """The same without a pointer, and without scripts."""
    field = textInput(autocomplete="off")
    return form(class_="line entry", onsubmit=put.repeat())(
        field(name="cell", aria_label="Cell", placeholder="A0", pattern=CELL, required=True),
        field(name="text", aria_label="Entry", placeholder="=sum(A1:B3)", maxlength=LONGEST),
        button("Enter"),
    )
