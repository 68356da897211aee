"""A one-way flight or a return flight, booked when its dates make sense.

Shows: rules in one place, which fields and button follow while the person types.
Run: python -m demos.sevenguis
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from demos.sevenguis.base import app, task
from htealeaf import Element, Invalid, SessionStore
from htealeaf.components import button, div, label, option, output, select, textInput

flight = SessionStore(
    {"type": "one-way", "start": "27.03.2030", "return": "27.03.2030", "booked": ""},
    name="flight",
)


def day(text: str) -> date | None:
    """Return the date that a text of the form dd.mm.yyyy says; None if it says none.

    >>> day("28.02.2030"), day("31.02.2030"), day("1.2.2030")
    (datetime.date(2030, 2, 28), None, None)
    """
    if not re.fullmatch(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}", text):
        return None
    days, months, years = map(int, text.split("."))
    try:
        return date(years, months, days)
    except ValueError:
        return None


@flight.computed
def ill_formed() -> list[str]:
    """Give the names of the fields that are enabled and hold no date."""
    asked = ["start", "return"] if flight["type"] == "return" else ["start"]
    return [name for name in asked if day(flight[name]) is None]


@flight.computed
def bookable() -> bool:
    if ill_formed.read():
        return False
    if flight["type"] != "return":
        return True
    start, back = day(flight["start"]), day(flight["return"])
    return start is not None and back is not None and start <= back


@app.action
def book() -> None:
    if not bookable.read():
        raise Invalid("These dates can't be booked.")
    if flight["type"] == "return":
        dates = f"return flight from {flight['start']} to {flight['return']}"
    else:
        dates = f"one-way flight on {flight['start']}"
    flight["booked"] = f"You have booked a {dates}."


@app.route("/flight", title="Flight", layout=task("flight", __doc__))
def home() -> Element:
    one_way = flight.react("type", lambda type: type != "return")
    return div(class_="card stack")(
        div(
            label("Flight", for_="type"),
            select(id="type", bind=flight.at("type"), data_testid="flight-type")(
                option("one-way flight", value="one-way"), option("return flight", value="return")
            ),
        ),
        div(class_="two")(
            date_field("start", "There"), date_field("return", "Back", disabled=one_way)
        ),
        button(
            "Book", onclick=book(), disabled=bookable.react(lambda can: not can),
            data_testid="flight-book",
        ),
        output(flight.react("booked"), role="status", data_testid="flight-message"),
    )  # fmt: skip


def date_field(name: str, title: str, **more: Any) -> Element:
    return div(
        label(title, for_=name),
        textInput(
            id=name, bind=flight.at(name), placeholder="dd.mm.yyyy", autocomplete="off",
            aria_invalid=ill_formed.react(lambda wrong: "true" if name in wrong else None),
            data_testid=f"flight-{name}",
        )(**more),
    )  # fmt: skip
