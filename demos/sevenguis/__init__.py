"""The seven tasks by which frameworks for user interfaces are compared, a module each.

Shows: the same ideas in seven shapes: state on the server, small bindings, undo for nothing.
Run: python -m demos.sevenguis
"""

from __future__ import annotations

from importlib import import_module

from demos.layout import frame, summary
from demos.sevenguis.base import TASKS, app
from htealeaf import Element
from htealeaf.components import a, h2, li, p, ul

__all__ = ["app"]
modules = {path: import_module(f"demos.sevenguis.{path}") for path in TASKS}


@app.route("/", title="7GUIs", layout=frame("7GUIs", __doc__, "sevenguis"))
def index() -> Element:
    return ul(class_="pair")(
        li(class_="card")(h2(a(title, href=path)), p(summary(modules[path].__doc__)))
        for path, title in TASKS.items()
    )
