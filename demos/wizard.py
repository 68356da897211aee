"""A tea tasting is booked in three steps, each checked before the next one.

Shows: steps with validation, back without loss, a draft that outlives a restart.
Run: python -m demos.wizard
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from typing import Annotated, Any
from uuid import uuid4

from pydantic import Field, StringConstraints

from demos.data import kept
from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, Invalid, SessionStore, Store, SuperStore, flashes, fragment
from htealeaf.components import (
    button,
    dd,
    div,
    dl,
    dt,
    field,
    form,
    form_for,
    h2,
    li,
    ol,
    p,
    section,
    strong,
)  # fmt: skip

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=80, pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+"),
]
Guests = Annotated[int, Field(ge=1, le=8)]


class Tasting(Enum):
    GREEN = "Green teas of Japan"
    OOLONG = "Oolongs, light to dark"
    PUER = "Pu’er, young and old"


STEPS = ("About you", "Your tasting", "Look it over")
PRICE = 18

app = WSGI(title="Wizard", layout=frame("Wizard", __doc__, "wizard"), components_css=True)
app.static("/static", STATIC)
SuperStore(app, journal=kept("wizard") if __name__ == "__main__" else None)
bookings = Store({"list": []}, name="bookings")
#: What this browser has said so far, also what is not right yet. It is there after a restart.
draft = SessionStore({"step": 0, "said": {}, "booked": None}, name="draft")


@app.action(retry=True)
def about_you(name: Name, email: Email) -> None:
    _on(1, {"name": name, "email": email})


@app.action(retry=True)
def your_tasting(tasting: Tasting, day: date, guests: Guests, wishes: str = "") -> None:
    said = {"tasting": tasting.value, "day": day.isoformat(), "guests": guests}
    _on(2, said | {"wishes": wishes[:500]})


@your_tasting.check
def in_the_next_weeks(day: date) -> None:
    first = date.today() + timedelta(days=1)
    if not first <= day <= first + timedelta(weeks=8):
        raise Invalid(day=f"We pour from {first} on, for eight weeks.")


@app.action(retry=True)
def back(tasting: str = "", day: str = "", guests: str = "", wishes: str = "") -> None:
    """Go one step back; what was typed meanwhile is kept, right or wrong."""
    typed = {"tasting": tasting, "day": day, "guests": guests, "wishes": wishes}
    _on(draft["step"] - 1, typed if draft["step"] == 1 else {})


@app.action(retry=True)
def book() -> None:
    said = draft["said"]
    missing = {"name", "email", "tasting", "day", "guests"} - set(said)
    if draft["step"] != 2 or missing:
        raise Invalid("Something is still missing: go back and look.")
    number = f"T{len(bookings['list']) + 1:04}"
    bookings.insert("list/-", {**said, "id": uuid4().hex, "number": number})
    draft.replace("", {"step": 0, "said": {}, "booked": number})


@app.action(retry=True)
def again() -> None:
    draft.set("booked", None)


def _on(step: int, said: Mapping[str, Any]) -> None:
    draft.merge("said", said)
    draft.set("step", max(step, 0))


@app.route("/")
def home() -> Element:
    return section(class_="card wizard", aria_label="Book a tasting")(step(), flashes())


@fragment
def step() -> Element:
    if draft["booked"] is not None:
        return booked(draft["booked"])
    at = draft["step"]
    return div(
        ol(class_="steps")(
            li(
                name,
                aria_current="step" if at == place else None,
                class_="done" if place < at else None,
            )
            for place, name in enumerate(STEPS)
        ),
        h2(STEPS[at]),
        (you, tasting, look_over)[at](draft["said"]),
    )


def you(said: Mapping[str, Any]) -> Element:
    return form_for(
        about_you,
        field("name", label="Name", autocomplete="name", autofocus=True),
        field(
            "email",
            label="E-mail",
            type="email",
            autocomplete="email",
            hint="For the confirmation only.",
            title="An address like ada@example.org",
        ),
        div(class_="buttons")(button("Next")),
        values=said,
    )


def tasting(said: Mapping[str, Any]) -> Element:
    return form_for(
        your_tasting,
        field(
            "tasting",
            label="Which teas?",
            type="radio",
            options=[tasting.value for tasting in Tasting],
            autofocus=True,
        ),
        div(class_="two")(
            field("day", label="Day"),
            field("guests", label="Guests", hint=f"Up to eight, {PRICE} € each."),
        ),
        field("wishes", label="Anything we should know?", type="textarea"),
        div(class_="buttons")(
            button("Next"), button("Back", class_="quiet", formnovalidate=True, onclick=back)
        ),
        values=said,
    )


def look_over(said: Mapping[str, Any]) -> Element:
    day = date.fromisoformat(said["day"])
    lines = {
        "Name": said["name"],
        "E-mail": said["email"],
        "Tasting": said["tasting"],
        "Day": f"{day:%A}, {day.day} {day:%B %Y}",
        "Guests": said["guests"],
        "Wishes": said.get("wishes") or "none",
        "Price": f"{PRICE * said['guests']} €",
    }
    return form(onsubmit=book)(
        dl(div(dt(name), dd(value)) for name, value in lines.items()),
        div(class_="buttons")(
            button("Book", autofocus=True),
            button("Back", class_="quiet", formnovalidate=True, onclick=back),
        ),
    )


def booked(number: str) -> Element:
    return div(class_="booked", role="status")(
        h2("See you at the table", tabindex=-1, autofocus=True),
        p("Your booking has the number ", strong(number), "."),
        button("Book another one", class_="quiet", onclick=again),
    )


if __name__ == "__main__":
    serve(app)
