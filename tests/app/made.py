"""An app with one store, as most tests of apps begin with."""

from __future__ import annotations

from typing import Any

from htealeaf import WSGI, Registry, Store, SuperStore

SECRET = "a secret for tests only"


def made(**options: Any) -> WSGI:
    with Registry():
        app = WSGI(secret=SECRET, **options)
        app.shared = Store({"n": 1}, name="shared")  # type: ignore[attr-defined]
        SuperStore(app)
    return app


def store(app: WSGI) -> Store:
    return app.registry.stores["shared"]
