"""The weather of a small island: a chart and a map that two libraries draw, and the server fills.

Shows: foreign scripts: kept elements, data in attributes, and forms that a script fills in.
Run: python -m demos.island
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, Invalid, Store, SuperStore
from htealeaf.components import (
    button,
    details,
    div,
    field,
    form_for,
    h2,
    label,
    option,
    p,
    section,
    select,
    summary,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)

#: The shore, as points (up, right) of a field of 60 by 100 kilometres.
SHORE = [
    [11, 22], [7, 34], [9, 47], [6, 58], [12, 70], [15, 82], [24, 90], [33, 86], [38, 77],
    [47, 71], [53, 60], [50, 49], [55, 38], [49, 27], [41, 22], [36, 12], [26, 9], [18, 13],
]  # fmt: skip
#: The first stations: name, kilometres to the right and up, readings.
FIRST = (
    ("Harbour", 61, 12, [14, 15, 17, 19, 18, 16, 15]),
    ("Ridge", 47, 36, [8, 9, 11, 13, 12, 9, 8]),
    ("West Cape", 15, 27, [12, 12, 14, 15, 16, 14, 13]),
)
KEPT = 24  #: readings of a station
MOST = 8  #: stations

Degrees = Annotated[float, Field(ge=-40, le=50)]
Right = Annotated[float, Field(ge=0, le=100)]
Up = Annotated[float, Field(ge=0, le=60)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=24)]

app = WSGI(
    title="Island",
    layout=frame(
        "Island",
        __doc__,
        "island",
        vendor=("uPlot.min.css", "uPlot.iife.min.js", "leaflet.css"),
    ),
    live=True,
)
app.static("/static", STATIC)
SuperStore(app)
island = Store(
    {
        "next": len(FIRST) + 1,
        "stations": [
            {"id": id, "name": name, "x": x, "y": y, "degrees": degrees}
            for id, (name, x, y, degrees) in enumerate(FIRST, 1)
        ],
    },
    name="island",
)


def check(station: int) -> str:
    path = f"stations/id={station}"
    if island.read(path, default=None) is None:
        raise Invalid(station="There is no such station any more.")
    return path


@app.action
def measure(station: int, degrees: Degrees) -> None:
    island.append(f"{check(station)}/degrees", round(degrees, 1), keep=KEPT)


@app.action
def place(name: Name, x: Right, y: Up) -> None:
    if len(island["stations"]) >= MOST:
        raise Invalid(f"An island of this size has {MOST} stations at most.")
    if any(known["name"].casefold() == name.casefold() for known in island["stations"]):
        raise Invalid(name="There is a station of this name.")
    id = island["next"]
    island.append("stations", {"id": id, "name": name, "x": round(x), "y": round(y), "degrees": []})
    island.increment("next")


@app.action
def move(station: int, x: Right, y: Up) -> None:
    island.merge(check(station), {"x": round(x), "y": round(y)})


def curves(stations: Any) -> str:
    return json.dumps([[station["name"], station["degrees"]] for station in stations])


def pins(stations: Any) -> str:
    return json.dumps([[one["id"], one["name"], one["y"], one["x"]] for one in stations])


@app.route("/")
def weather() -> Element:
    return div(class_="island")(
        section(class_="card")(
            h2("Temperature, °C"),
            div(
                p("The chart needs scripts; the table below says the same."),
                id="chart",
                class_="chart",
                data_curves=island.react("stations", curves),
            ).keep(script="static/island.chart.js"),
            details(summary("The same as a table"), island.react("stations", readings)),
            form_for(measure, which("measure"), field("degrees", label="Degrees"), button("Add")),
        ),
        section(class_="card")(
            h2("Stations"),
            p("Drag a station to move it; press where a new one is to be.", class_="hint"),
            div(
                p("The map needs scripts; the forms below do the same."),
                id="map",
                class_="map",
                role="region",
                aria_label="Map of the island",
                data_shore=json.dumps(SHORE),
                data_pins=island.react("stations", pins),
            ).keep(script="static/island.map.js"),
            details(
                summary("New station"),
                form_for(place, field("name", label="Name"), *where(), button("Place"), id="place"),
                id="new",
            ),
            details(
                summary("Move a station"),
                form_for(move, which("move"), *where(), button("Move"), id="move"),
            ),
        ),
    )


def which(form: str) -> Element:
    id = f"{form}-which"
    return div(class_="ht-field")(
        label("Station", for_=id),
        select(id=id, name="station")(
            island.each("stations", lambda one: option(one["name"], value=one["id"]), key="id")
        ),
    )


def where() -> tuple[Any, Any]:
    return field("x", label="East, km"), field("y", label="North, km")


def readings(stations: Any) -> Element:
    most = max((len(station["degrees"]) for station in stations), default=0)
    return div(class_="wide", tabindex=0, role="region", aria_label="Readings")(
        table(
            thead(tr(th("Station", scope="col"), [th(n + 1, scope="col") for n in range(most)])),
            tbody(
                tr(th(station["name"], scope="row"), [td(one) for one in station["degrees"]])
                for station in stations
            ),
        )
    )


if __name__ == "__main__":
    serve(app)
