"""Degrees Celsius and Fahrenheit: what is typed in one field sets the other.

Shows: typing that is sent as it goes, and a field that nobody rewrites while it is typed in.
Run: python -m demos.sevenguis
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import StringConstraints

from demos.sevenguis.base import app, task
from htealeaf import Element, SessionStore, this
from htealeaf.components import div, label, p, textInput

Text = Annotated[str, StringConstraints(max_length=40)]

temperature = SessionStore({"c": "", "f": ""}, name="temperature")


@app.action
def convert(unit: Literal["c", "f"], text: Text) -> None:
    temperature.replace(unit, text)
    degrees = number(text)
    if degrees is not None and unit == "c":
        temperature.replace("f", plain(degrees * 9 / 5 + 32))
    elif degrees is not None:
        temperature.replace("c", plain((degrees - 32) * 5 / 9))


def number(text: str) -> Decimal | None:
    """Return what a text says, or None if that is no number.

    >>> number(" -4.5 "), number("1e3"), number("4,5"), number("nan")
    (Decimal('-4.5'), Decimal('1E+3'), None, None)
    """
    found = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,2})?", text.strip(), re.I)
    return Decimal(found[0]) if found else None


def plain(degrees: Decimal) -> str:
    """Return a number with two decimals at most, and no exponent.

    >>> plain(Decimal("98.600")), plain(Decimal("1E+3")), plain(Decimal("-0.001"))
    ('98.6', '1000', '0')
    """
    text = f"{degrees:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@app.route("/temperature", title="Temperature", layout=task("temperature", __doc__))
def home() -> Element:
    return div(class_="card")(
        div(class_="two")(field("c", "Celsius"), field("f", "Fahrenheit")),
        p("A text that is no number leaves the other field as it was.", class_="hint"),
    )


def field(unit: Literal["c", "f"], name: str) -> Element:
    def wrong(text: str) -> str | None:
        return "true" if text and number(text) is None else None

    return div(
        label(name, for_=unit),
        textInput(
            id=unit, value=temperature.react(unit), inputmode="decimal", autocomplete="off",
            oninput=convert(unit=unit, text=this.value).throttle(50),
            aria_invalid=temperature.react(unit, wrong), data_testid=f"temp-{unit}",
        ),
    )  # fmt: skip
