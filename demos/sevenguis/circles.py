"""Circles that are drawn by clicks, made larger and smaller, and taken back step by step.

Shows: undo from the history that every store keeps; a drawing that follows the pointer.
Run: python -m demos.sevenguis
"""

from __future__ import annotations

from itertools import product
from math import dist
from typing import Any
from uuid import uuid4

from demos.sevenguis.base import app, task
from htealeaf import (
    Element,
    PageStore,
    SessionStore,
    browser,
    each,
    event,
    fragment,
    this,
)
from htealeaf.components import button, circle, div, input_, label, p, svg

WIDTH, HEIGHT, RADIUS = 640, 320, 25

circles = SessionStore({"all": []}, name="circles")
#: Where the pointer is, where the menu is open and for which circle, which one is adjusted.
view = PageStore(
    {"pointer": None, "menu": None, "chosen": "", "adjusted": "", "diameter": 0},
    name="circles_view",
)


def under(point: Any) -> Any:
    """Return the circle at a point, the one with the nearest centre if there are several."""

    def away(one: Any) -> float:
        return dist(point, (one["x"], one["y"]))

    around = [one for one in drawn() if away(one) <= one["r"]] if point else []
    return min(around, key=away, default=None)


def drawn() -> list[dict[str, Any]]:
    """Return the circles as they are shown: the one that is adjusted as large as it will be."""
    adjusted, r = view["adjusted"], view["diameter"] / 2
    return [{**one, "r": r if one["id"] == adjusted else one["r"]} for one in circles["all"]]


def known(id: str) -> Any:
    return next((one for one in circles["all"] if one["id"] == id), None)


@app.action
def hover(x: float, y: float) -> None:
    view["pointer"] = [x, y]


@app.action
def draw(x: float, y: float) -> None:
    view.merge("", {"pointer": [x, y], "menu": None})
    if under([x, y]) is None:
        draw_at(x, y)


@app.action
def add() -> None:
    """Draw one where there is room: for who has no pointer."""
    grid = product(range(50, HEIGHT, 2 * RADIUS), range(50, WIDTH, 2 * RADIUS))
    place = next(((x, y) for y, x in grid if under([x, y]) is None), None)
    if place:
        draw_at(*place)


def draw_at(x: float, y: float) -> None:
    circles.append("all", {"id": uuid4().hex[:8], "x": x, "y": y, "r": RADIUS})


@app.action
def open_menu(x: float, y: float, left: float, top: float) -> None:
    one = under([x, y])
    view.merge("", {"pointer": [x, y], "menu": [left, top] if one else None})
    if one:
        view["chosen"] = one["id"]


@app.action
def adjust(id: str) -> None:
    take()
    if one := known(id):
        view.merge("", {"menu": None, "adjusted": id, "diameter": round(2 * one["r"])})


@app.action
def close() -> None:
    take()


def take() -> None:
    """End the dialog: whatever the slider did, it is one change."""
    one = known(view["adjusted"])
    if one and 2 * one["r"] != view["diameter"]:
        circles.at("all", f"id={one['id']}").replace("r", view["diameter"] / 2)
    view["adjusted"] = ""


@app.route("/circles", title="Circles", layout=task("circles", __doc__))
def home() -> Element:
    at, seen = (
        {"x": event.offsetX, "y": event.offsetY},
        {"left": event.clientX, "top": event.clientY},
    )
    return div(class_="card stack")(
        steps(),
        div(class_="canvas")(
            svg(
                each(shown, drawn_circle, key="id"), width=WIDTH, height=HEIGHT, role="group",
                aria_label="Canvas", onpointermove=hover(**at).throttle(60),
                onpointerleave=view.do.replace("pointer", None), onclick=draw(**at).repeat(),
                oncontextmenu=open_menu(**at, **seen).prevent().repeat(),
                data_testid="circles-canvas",
            ),
            menu(),
        ),
        dialog(),
        p("A click draws a circle, a right click on one changes it: or Enter, once Tab has led"
          " there.", class_="hint"),
    )  # fmt: skip


@fragment
def steps() -> Element:
    undo = button("Undo", onclick=circles.do.undo(), disabled=not circles.can_undo())
    redo = button("Redo", onclick=circles.do.redo(), disabled=not circles.can_redo())
    return div(class_="buttons")(
        undo(data_testid="circles-undo"),
        redo(data_testid="circles-redo"),
        button("Add a circle", class_="quiet", onclick=add().repeat()),
    )


def shown() -> list[dict[str, Any]]:
    pointed = under(view["pointer"])
    return [{**one, "gray": pointed is not None and one["id"] == pointed["id"]} for one in drawn()]


def drawn_circle(one: dict[str, Any]) -> Element:
    x, y, r = (f"{one[name]:g}" for name in ("x", "y", "r"))
    return circle(
        cx=x, cy=y, r=r, fill="#b8b8b8" if one["gray"] else "none",
        tabindex=0, role="button", aria_label=f"Circle at {x}, {y}", aria_haspopup="dialog",
        onkeydown=[adjust(id=one["id"]).key("Enter"), browser.focus("diameter")],
    )  # fmt: skip


@fragment
def menu() -> Element:
    place = view["menu"] if known(view["chosen"]) else None
    box = div(
        class_="menu", role="menu", aria_label="Circle", hidden=place is None,
        onkeydown=view.do.replace("menu", None).key("Escape"), data_testid="circles-menu",
    )  # fmt: skip
    if place is None:
        return box
    entry = button("Adjust diameter..", role="menuitem", onclick=adjust(id=view["chosen"]))
    entry = entry(autofocus=True, data_testid="circles-menu-adjust")
    return box(entry).style(
        left=f"min({place[0]:g}px, 100vw - 12rem)", top=f"min({place[1]:g}px, 100vh - 4rem)"
    )


@fragment
def dialog() -> Element:
    one = known(view["adjusted"])
    box = div(
        class_="dialog", role="dialog", aria_label="Adjust diameter", hidden=one is None,
        onkeydown=close().key("Escape"), data_testid="circles-dialog",
    )  # fmt: skip
    if one is None:
        return box
    return box(
        label(f"Diameter at {one['x']:g}, {one['y']:g}", for_="diameter"),
        input_(
            type="range", id="diameter", min=10, max=200, value=view["diameter"], autofocus=True,
            oninput=view.do.set("diameter", this.value).throttle(40),
            data_testid="circles-diameter",
        ),
        button("Close", onclick=close(), data_testid="circles-dialog-close"),
    )  # fmt: skip
