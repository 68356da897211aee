"""An app with a store of each kind, for what goes wrong in it."""

from __future__ import annotations

from htealeaf import WSGI, AuthStore, PageStore, Registry, SessionStore, Store, SuperStore

SECRET = "a secret for tests only"

DATA = {
    "n": 1,
    "day": "no date",
    "todo": [{"id": 1, "name": "Milk", "due": "never"}, {"id": 2, "name": "Tea", "due": "soon"}],
    "rooms": {},
}


class World:
    def __init__(self, *, debug: bool = False) -> None:
        with Registry() as self.registry:
            self.shared = Store(DATA, name="shared")
            self.todos = AuthStore(lambda s: s.get("user"), {"todo": [{"a": 1}]}, name="todos")
            self.mine = PageStore({"tab": "one"}, name="mine")
            self.cart = SessionStore({"n": 0, "items": []}, name="cart")
            self.rooms = Store({"name": "x"}, name="rooms", keyed=True)
            self.app = WSGI(secret=SECRET, debug=debug)
            SuperStore(self.app)
        self.shared.replace("rooms/a", {"name": "A", "size": 3})
