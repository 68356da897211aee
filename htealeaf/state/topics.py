"""Topics: named data that lives elsewhere (a table, a file, a service), which pages depend on."""

from __future__ import annotations

from htealeaf.data import streams
from htealeaf.data.paths import ROOT, Path
from htealeaf.reactive.graph import VALUE
from htealeaf.reactive.scope import current
from htealeaf.state.drafts import touching
from htealeaf.state.stores import Registry
from htealeaf.state.unit import refuse_while_rendering, write


class Topic:
    """A name for data that htealeaf does not hold.

        orders = Topic("orders")

        def row(id):
            orders.depend(id)                # this binding shows order *id*
            return tr(td(db.order(id).total))

        def pay(id):
            db.pay(id)
            orders.touch(id)                 # every page that shows it is out of date

    Args:
        name: Any text; equal names are one topic.
        registry: Whose journal says when it was touched; without it, the current registry's.
    """

    def __init__(self, name: str, registry: Registry | None = None) -> None:
        self.name = name
        self._registry = registry or Registry.current()
        self._stream = streams.topic(name)

    def depend(self, key: str | int | None = None) -> None:
        """Say that what is rendered now shows *key* of it; without a key, any of it."""
        scope = current()
        if scope is not None:
            scope.note(self._stream, _path(key), VALUE)

    def touch(self, key: str | int | None = None) -> None:
        """Say that *key* of it has changed; without a key, all of it.

        Raises:
            WriteWhileRendering: A page is being rendered.
        """
        refuse_while_rendering(f"topic '{self.name}' is touched", "")
        write(self._registry.journal, touching(self._stream, _path(key)))


def _path(key: str | int | None) -> Path:
    return ROOT if key is None else Path((str(key),))
