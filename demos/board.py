"""A board of cards that a team moves about: drag them, or move them by keys.

Shows: drag and drop within a list and between lists, undo from the journal, two who move a card.
Run: python -m demos.board
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import StringConstraints

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, Invalid, PageStore, Ref, Store, SuperStore, event, fragment
from htealeaf.components import button, div, form, h2, input_, li, p, section, span, ul

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
COLUMNS = {"todo": "To do", "doing": "Doing", "done": "Done"}
FIRST = {
    "todo": ("Write to the printer", "Choose a cover", "Ask Björn about the map"),
    "doing": ("Read the proofs",),
    "done": ("Find a title", "Sign the contract"),
}
MOST = 40  #: cards of a column

app = WSGI(title="Board", layout=frame("Board", __doc__, "board"), components_css=True, live=True)
app.static("/static", STATIC)
SuperStore(app)


def first() -> dict[str, Any]:
    cards, number = {}, 0
    for column, texts in FIRST.items():
        cards[column] = [{"id": number + at, "text": text} for at, text in enumerate(texts, 1)]
        number += len(texts)
    return {"next": number + 1, "cards": cards}


board = Store(first(), name="board")
view = PageStore({"renamed": 0}, name="view")


def found(card: int) -> tuple[str, Any]:
    """Return the column that a card is in, and the card."""
    for column, cards in board["cards"].items():
        for one in cards:
            if one["id"] == card:
                return column, one
    raise Invalid("Somebody has deleted this card.")


@app.action
def add(column: str, text: Text) -> None:
    if len(board.at("cards", column)) >= MOST:
        raise Invalid(text=f"A column has {MOST} cards at most.")
    board.at("cards", column).append("", {"id": board["next"], "text": text})
    board.increment("next")


@app.action
def move(card: int, column: str, index: int) -> None:
    """Put a card at its new place; counted without it, as in the list that it was dropped in."""
    column = column.removeprefix("cards-")
    if column not in COLUMNS:
        raise Invalid("There is no such column.")
    was, one = found(card)
    place = board.at("cards", was, f"id={card}")
    if was == column:
        place.move("", min(max(index, 0), len(board.at("cards", was)) - 1))
        return
    into = board.at("cards", column)
    if len(into) >= MOST:
        raise Invalid(f"A column has {MOST} cards at most.")
    place.delete()
    into.insert(str(min(max(index, 0), len(into))), one)


@app.action
def rename(card: int, text: Text) -> None:
    column, _ = found(card)
    board.at("cards", column, f"id={card}").replace("text", text)
    view["renamed"] = 0


@app.action
def delete(card: int) -> None:
    column, _ = found(card)
    board.at("cards", column, f"id={card}").delete()


@app.route("/")
def home() -> Element:
    return div(class_="board")(
        history(),
        div(class_="columns")(column(name, title) for name, title in COLUMNS.items()),
    )


@fragment
def history() -> Element:
    """Each takes back what this browser did last, where nobody has touched it since."""
    return p(class_="history")(
        button("Undo", class_="quiet", onclick=board.do.undo(), disabled=not board.can_undo()),
        button("Redo", class_="quiet", onclick=board.do.redo(), disabled=not board.can_redo()),
    )


def column(name: str, title: str) -> Element:
    place = board.at("cards", name)
    return section(class_="card column", aria_labelledby=f"title-{name}")(
        h2(title, " ", board.react(f"cards/{name}", count), id=f"title-{name}"),
        ul(id=f"cards-{name}", class_="cards")(
            place.each("", lambda one: card(one, name), key="id")
        ).drop("cards"),
        form(class_="line", onsubmit=add(column=name))(
            input_(
                name="text", aria_label=f"New card: {title}", placeholder="A new card",
                maxlength=120, required=True, autocomplete="off",
            ),
            button("Add", aria_label=f"Add to {title}"),
        ),
    )  # fmt: skip


def count(cards: Any) -> Element:
    return span(len(cards), class_="count")


def card(one: Ref, name: str) -> Element:
    id, text = one["id"], one["text"]
    if view["renamed"] == id:
        return renamed(id, text)
    names = [*COLUMNS]
    at = names.index(name)
    # By its id it keeps the focus in whatever column it is.
    carried = move(card=id, column=event.list, index=event.index)
    return li(id=f"card-{id}", class_="item", onmove=carried)(
        span(text, class_="text"),
        span(class_="does")(
            [step(id, text, names[to], arrow) for to, arrow in ((at - 1, "←"), (at + 1, "→"))
             if 0 <= to < len(names)],
            tool("✎", f"Rename {text}", view.do.set("renamed", id)),
            tool("×", f"Delete {text}", delete(card=id)),
        ),
    )  # fmt: skip


def step(id: int, text: str, to: str, arrow: str) -> Element:
    return tool(arrow, f"Move {text} to {COLUMNS[to]}", move(card=id, column=to, index=0))


def tool(sign: str, label: str, action: Any) -> Element:
    return button(sign, class_="quiet tool", aria_label=label, title=label, onclick=action)


def renamed(id: int, text: str) -> Element:
    leave = view.do.set("renamed", 0)
    return li(class_="item edited")(
        form(class_="line", onsubmit=rename(card=id), onkeydown=leave.key("Escape"))(
            input_(
                name="text", value=text, aria_label="Text", maxlength=120, required=True,
                autofocus=True, autocomplete="off",
            ),
            button("Save"),
        )
    )  # fmt: skip


if __name__ == "__main__":
    serve(app)
