"""An app with a form of rows, some with rows of their own, and with files."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from htealeaf import WSGI, Element, Files, Invalid, Registry, Store, SuperStore, Upload
from htealeaf.components import button, div, form_for, p


@dataclass
class Line:
    what: Annotated[str, Field(min_length=1)]
    price: Decimal
    tags: list[str] = field(default_factory=list)


@dataclass
class Claim:
    what: str
    receipt: Annotated[Upload | None, Files(".txt", max_size=100)] = None


def made(got: list[Any]) -> WSGI:
    """Return the app; *got* gets what its actions are called with."""
    registry = Registry()
    with registry:
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"n": 0}, name="store")

    @app.action
    def send(to: str, lines: list[Line]) -> None:
        for number, line in enumerate(lines):
            if line.price > 100:
                raise Invalid({f"lines[{number}][price]": "Too much"})
        got.append((to, lines))
        store.increment("n")

    @app.action
    def attach(
        note: str, files: Annotated[list[Upload], Files(".txt", max_size=50 * 2**20)]
    ) -> None:
        got.append((note, [(file.filename, file.size) for file in files]))
        store.increment("n")

    @attach.check
    def polite(note: str) -> None:
        if note == "rude":
            raise Invalid(note="More friendly, please.")

    @attach.check
    def whole(note: str, files: list[Upload]) -> None:
        if not all(file.size for file in files):
            raise Invalid(note="One is empty.")

    @app.action
    def claim(claims: list[Claim]) -> None:
        got.append([(one.what, one.receipt and one.receipt.read()) for one in claims])
        store.increment("n")

    @app.route("/claims")
    def claims() -> Element:
        shown = Claim("taxi"), Claim("train")
        return div(p(store.react("n"), id="n"), form_for(claim, values={"claims": shown}))

    @app.route("/")
    def home() -> Element:
        return div(
            p(store.react("n"), id="n"),
            form_for(send),
            button("More", onclick=store.do.increment("n")),
        )

    @app.route("/edit")
    def edit() -> Element:
        # What it reads belongs to the page: all of it comes anew.
        shown = Line("tea", Decimal(3), ["hot"]), Line("cake", Decimal(4))
        return div(
            p(store["n"], id="n"),
            form_for(send, values={"to": "Ann", "lines": shown}),
            button("More", onclick=store.do.increment("n")),
        )

    @app.route("/files")
    def files() -> Element:
        return div(p(store.react("n"), id="n"), form_for(attach))

    return app
