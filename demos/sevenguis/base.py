"""What the seven tasks share: one app, and the frame around each page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from demos.layout import STATIC, frame
from htealeaf import WSGI, Element, SuperStore
from htealeaf.components import a, nav
from htealeaf.html.markup import Child

#: The tasks, by the path of their page.
TASKS: Final = {
    "counter": "Counter",
    "temperature": "Temperature",
    "flight": "Flight",
    "timer": "Timer",
    "crud": "CRUD",
    "circles": "Circles",
    "cells": "Cells",
}

# Whoever measures presses faster than a person does.
app = WSGI(title="7GUIs", live=True, rate=500, burst=2000)
app.static("/static", STATIC)
SuperStore(app)


def task(path: str, doc: str | None) -> Callable[[Child], Element]:
    """Return the layout of a task's page: the frame of all demos, and the way to the others."""
    framed = frame(TASKS[path], doc, "sevenguis")

    def laid_out(content: Child) -> Element:
        return framed([ways(path), content])

    return laid_out


def ways(here: str) -> Element:
    return nav(class_="ways", aria_label="The seven tasks")(
        a(title, href=path, aria_current="page" if path == here else None)
        for path, title in TASKS.items()
    )
