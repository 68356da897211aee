"""An app with a form for the tests: every kind of field, a check, and a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import Field

from htealeaf import WSGI, Element, Invalid, Registry, Store, SuperStore
from htealeaf.components import button, div, field, form_for, p


class Category(Enum):
    FOOD = "food"
    TRAVEL = "travel"


@dataclass
class Line:
    what: Annotated[str, Field(min_length=1)]
    price: Decimal


def made(got: list[dict[str, Any]], **fields: Any) -> WSGI:
    """Return the app; *got* gets what `order` is called with."""
    registry = Registry()
    with registry:
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"n": 0, "free": 3}, name="store")

    @app.action
    def order(
        name: Annotated[str, Field(min_length=2, max_length=10)],
        amount: Annotated[int, Field(ge=1, le=9)],
        day: date,
        category: Category,
        size: Literal["s", "m"] | None = None,
        gift: bool = False,
        note: str = "",
    ) -> None:
        if note == "no":
            raise Invalid("Not today.")
        if note == "both":
            raise Invalid(amount="Too late.", name="Who?")
        got.append(
            {
                "name": name,
                "amount": amount,
                "day": day,
                "category": category,
                "size": size,
                "gift": gift,
                "note": note,
            }
        )
        store.increment("n")

    @order.check
    def available(amount: int) -> None:
        if amount > store["free"]:
            raise Invalid(amount=f"Only {store['free']} are left.")

    @app.route("/")
    def home() -> Element:
        return div(
            p(store.react("n"), id="n"),
            form_for(order, hints={"amount": "How many"}, **fields),
            button("More", onclick=store.do.increment("free")),
        )

    @app.route("/own")
    def own() -> Element:
        return div(
            form_for(
                order,
                div(field("name", label="Who"), field("amount"), field("category", type="radio")),
                field("day"),
                field("note", type="textarea"),
                button("Send"),
                values={"name": "Ann", "amount": 2, "category": Category.TRAVEL},
            )
        )

    return app
