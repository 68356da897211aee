"""A number, and a button that adds one.

Shows: a value on the server, a place that follows it, a click that changes it.
Run: python -m demos.sevenguis
"""

from __future__ import annotations

from demos.sevenguis.base import app, task
from htealeaf import Element, SessionStore
from htealeaf.components import button, div, output

counter = SessionStore({"count": 0}, name="counter")


@app.route("/counter", title="Counter", layout=task("counter", __doc__))
def home() -> Element:
    return div(class_="card count")(
        output(counter.react("count"), data_testid="counter-value"),
        button("Count", onclick=counter.do.increment("count"), data_testid="counter-button"),
    )
