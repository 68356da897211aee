"""A data table: sortable heads, selection, pages, and what stands there while it has no rows.

It is a real `table` with a caption and with `scope` at each head, in a region that can be scrolled
by keyboard where it is too wide. What a click on a head, a box or a page does is the author's: an
action, or a URL as text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from htealeaf.components.control import Does, control
from htealeaf.components.progress_bar import progress_bar
from htealeaf.components.tags import caption as caption_
from htealeaf.components.tags import div, input_, table, tbody, td, th, thead, tr
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child, Dynamic
from htealeaf.words import said, say


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: The key or attribute of a row that it shows, and what it is sorted by.
        label: Its head; without it, *name* in words.
        render: Called with the row, gives the cell; without it, the value under *name*.
        sortable: Its head can be pressed.
        number: Numbers: set flush right, digits of one width.
        heads_row: Its cells are the heads of their rows (`th scope="row"`).
    """

    name: str
    label: Child = None
    render: Callable[[Any], Child] | None = None
    sortable: bool = False
    number: bool = False
    heads_row: bool = False

    def title(self) -> Child:
        """Return what its head says."""
        if self.label is not None:
            return self.label
        return self.name.replace("_", " ").capitalize()

    def content(self, row: Any) -> Child:
        """Return what its cell shows of *row*."""
        if self.render is not None:
            return self.render(row)
        value = _value(row, self.name)
        return str(value).lower() if isinstance(value, bool) else value


@dataclass(frozen=True)
class Selection:
    """A box in front of each row.

    Attributes:
        key: The key or attribute that tells rows apart, or a function of the row.
        chosen: The keys of the rows that are ticked.
        on_change: Gives the action for the box of a key; without it the boxes are fields of the
            form around the table, called *name*.
        on_all: Gives the action for the box in the head, from whether all are to be ticked.
        name: The name of each box; its value is the key.
        label: Gives the name of a row that its box is read out with; without it, the key.
    """

    key: str | Callable[[Any], Any] = "id"
    chosen: Collection[Any] = ()
    on_change: Callable[[Any], Any] | None = None
    on_all: Callable[[bool], Any] | None = None
    name: str | None = None
    label: Callable[[Any], str] | None = None

    def head(self, rows: Iterable[Any]) -> Element:
        """Return the cell in front of the heads."""
        if self.on_all is None:
            return td(class_="ht-choice")
        keys = [self._key(row) for row in rows]
        all_ = bool(keys) and all(key in self.chosen for key in keys)
        box = input_(type="checkbox", checked=all_, aria_label=say("Select all rows"))
        return td(box(onchange=self.on_all(not all_)), class_="ht-choice")

    def cell(self, row: Any) -> Element:
        """Return the cell in front of *row*."""
        key = self._key(row)
        label = self.label(row) if self.label is not None else str(key)
        named = say("Select {row}", row=label)
        box = input_(type="checkbox", checked=key in self.chosen, aria_label=named)
        if self.name is not None:
            box = box(name=self.name, value=key)
        if self.on_change is not None:
            box = box(onchange=self.on_change(key))
        return td(box, class_="ht-choice")

    def _key(self, row: Any) -> Any:
        return self.key(row) if callable(self.key) else _value(row, self.key)


def data_table(
    rows: Iterable[Any] | Dynamic,
    columns: Sequence[Column | str],
    *,
    caption: str,
    sort: str = "",
    on_sort: Callable[[str], Does] | None = None,
    selection: Selection | None = None,
    pages: Child = None,
    empty: Child = "There is nothing here yet.",
    loading: bool = False,
    **attributes: Any,
) -> Element:
    """Return a table of *rows*.

    Args:
        rows: Mappings, objects or Refs; or a binding that gives the rows as elements:
            `orders.each("list", lambda order: table_row(order, COLUMNS), key="id")`.
        columns: What is shown of each; a text is `Column(text)`.
        caption: What the table holds, in words.
        sort: The name of the column that it is sorted by, after a `-` where the greatest is first.
        on_sort: Gives what a press on a head does, from the *sort* that is wanted then.
        selection: A box in front of each row.
        pages: What stands below it: a `pagination(...)`.
        empty: What is said where there are no rows.
        loading: The rows are on their way: what is there is dimmed, and screen readers wait.
        attributes: Of the element around it all.
    """
    made = [Column(column) if isinstance(column, str) else column for column in columns]
    body: Child
    listed: list[Any] = []
    if isinstance(rows, Dynamic):
        body = rows
    else:
        listed = list(rows)
        body = [table_row(row, made, selection) for row in listed]
        if not listed:
            note = progress_bar(label=say("Loading")) if loading else said(empty)
            body = table_note(note, made, selection)
    heads = [_head(column, sort, on_sort) for column in made]
    if selection is not None:
        heads = [selection.head(listed), *heads]
    grid = table(caption_(caption), thead(tr(heads)), tbody(body))
    busy = "true" if loading else None
    region = div(grid, role="region", aria_label=caption, aria_busy=busy, tabindex=0)
    return div(region, pages, **attributes).classes("ht-table")


def table_row(
    row: Any, columns: Sequence[Column | str], selection: Selection | None = None, **attributes: Any
) -> Element:
    """Return the `tr` of *row*, as `data_table` makes it."""
    cells = [selection.cell(row)] if selection is not None else []
    for column in columns:
        made = Column(column) if isinstance(column, str) else column
        flush = "ht-number" if made.number else None
        if made.heads_row:
            cells.append(th(made.content(row), scope="row", class_=flush))
        else:
            cells.append(td(made.content(row), class_=flush))
    return tr(cells, **attributes)


def table_note(
    content: Child, columns: Sequence[Column | str], selection: Selection | None = None
) -> Element:
    """Return a row as wide as the table: what `each(..., empty=)` shows where there are no rows."""
    width = len(columns) + (selection is not None)
    return tr(td(content, colspan=width, class_="ht-note"))


def _head(column: Column, sort: str, on_sort: Callable[[str], Does] | None) -> Element:
    flush = "ht-number" if column.number else None
    if not column.sortable or on_sort is None:
        return th(said(column.title()), scope="col", class_=flush)
    rising, falling = column.name, f"-{column.name}"
    order = {rising: "ascending", falling: "descending"}.get(sort)
    wanted = falling if sort == rising else rising
    head = control(said(column.title()), on_sort(wanted), class_="ht-sort")
    return th(head, scope="col", aria_sort=order, class_=flush)


def _value(row: Any, name: str) -> Any:
    # A named tuple's index is no name.
    if isinstance(row, tuple) or not hasattr(row, "__getitem__"):
        return getattr(row, name)
    return row[name]
