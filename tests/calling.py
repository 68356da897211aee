"""An app with one page for action functions, and what they were called with."""

from __future__ import annotations

from typing import Any

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import div, p
from htealeaf.testing import Client


class Shop:
    """An app with one page, and what its functions were called with."""

    def __init__(self) -> None:
        self.registry = Registry()
        with self.registry:
            self.app = WSGI()
            SuperStore(self.app)
            self.store = Store({"n": 0, "names": []}, name="store")
            self.content: list[Any] = []
            self.called: list[Any] = []
            self.app.route("/")(lambda: div(p(self.store.react("n"), id="n"), *self.content))
            self.app.route("/other")(lambda: p("other", id="other"))

    def open(self, *content: Any, scripts: bool = True) -> Any:
        self.content = [*content]
        return Client(self.app, scripts=scripts).open("/")

    @property
    def n(self) -> Any:
        return self.store.read("n")
