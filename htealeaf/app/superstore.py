"""The SuperStore: puts the endpoints of an app's stores into its table."""

from __future__ import annotations

import os
from collections.abc import Iterator

from htealeaf.app.app import WSGI
from htealeaf.app.routing import RESERVED
from htealeaf.endpoints.action import action
from htealeaf.endpoints.assets import assets, head
from htealeaf.endpoints.health import HEALTH_URL, health
from htealeaf.endpoints.live import live
from htealeaf.endpoints.problems import nowhere, problem
from htealeaf.endpoints.site import Endpoint, Row
from htealeaf.endpoints.stats import METRICS_URL
from htealeaf.endpoints.store import store
from htealeaf.endpoints.visit import visit
from htealeaf.state.backends.opening import open_journal
from htealeaf.state.connecting import JOURNAL
from htealeaf.state.journal import Journal
from htealeaf.state.replica import Replica
from htealeaf.state.stores import Registry, Store
from htealeaf.wire.names import (
    ACTION_URL,
    ASSETS_URL,
    LIVE_URL,
    STORE_URL,
    VISIT_URL,
)

#: Our own URLs. What else begins as they do is nobody's.
ENDPOINTS: dict[str, Endpoint] = {
    **{f"{prefix}*": nowhere for prefix in RESERVED},
    STORE_URL: store,
    f"{STORE_URL}/*": store,
    f"{ACTION_URL}/*": action,
    LIVE_URL: live,
    VISIT_URL: visit,
    f"{ASSETS_URL}/*": assets,
    HEALTH_URL: health,
}
#: Of these, the URLs at which nobody is asked who they are.
ANONYMOUS = frozenset({HEALTH_URL, METRICS_URL})


class SuperStore:
    """Finds every store and exposes them: register it once per app.

        app = WSGI()
        SuperStore(app)

    Args:
        app: The app whose pages it keeps up to date.
        registry: Whose stores; without it, the current registry. Stores that are made later are
            found too.
        journal: Where the documents are kept, the sessions too: a URL, such as
            `sqlite:///shop.db`. Without it `HTEALEAF_JOURNAL` is used, else memory.

    Raises:
        JournalNotOpened: It can't be opened; the message says what would work.
        HtealeafError: The app has one already, or a store was written before.

    Iterating it lists the stores.
    """

    def __init__(
        self,
        app: WSGI,
        registry: Registry | None = None,
        *,
        journal: str | Journal | None = None,
    ) -> None:
        self.registry = registry or Registry.current()
        _choose(self.registry, journal)
        served = ENDPOINTS if app.metrics is None else ENDPOINTS | {METRICS_URL: app.metrics}
        rows = {
            pattern: Row(endpoint, problem, endpoint.__name__, pattern in ANONYMOUS, part=True)
            for pattern, endpoint in served.items()
        }
        app.attach(rows, self.registry, lambda base, nonce, parts: head(base, nonce, parts, app))

    def __iter__(self) -> Iterator[Store]:
        return iter(self.registry)

    @property
    def journal(self) -> Replica:
        """Return the journal of the registry's stores."""
        return self.registry.journal


def _choose(registry: Registry, journal: str | Journal | None) -> None:
    if journal is None:
        url = os.environ.get(JOURNAL, "")
        if not url or registry.chosen:
            return
        journal = url
    if isinstance(journal, str):
        if registry.chosen:
            registry.refuse_another()
        if journal == "memory:":
            return  # as it is
        journal = open_journal(journal)
    registry.use(journal)
