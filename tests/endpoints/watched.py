"""An app with what an operator looks at, for the tests of health, stats and metrics."""

from __future__ import annotations

from typing import Any

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import button, div, h3
from htealeaf.testing import Client


class Watched:
    """A counter of which everything is counted.

    Args:
        journal: Where it is kept.
        options: Those of `WSGI`.
    """

    def __init__(self, journal: Any = None, **options: Any) -> None:
        with Registry():
            self.shared = Store({"n": 0}, name="shared")
            self.app = WSGI(secret="a secret for tests only", live=True, **options)
            SuperStore(self.app, journal=journal)
        self.app.pages.live.together = 0.0
        self.client = Client(self.app)

        @self.app.route("/")
        def home() -> Any:
            return div(
                h3(self.shared.react("n")), button("+", onclick=self.shared.do.increment("n"))
            )

        @self.app.route("/broken")
        def broken() -> Any:
            raise RuntimeError("on purpose")
