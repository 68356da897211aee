"""Connecting: stores of an app in another program, a cron script, a task of a queue, a shell.

    with connect("sqlite:///shop.db") as stores:
        stores["shared"].update("counter", 1)

What is written there is seen by every open page, as a click would be.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from htealeaf.errors import HtealeafError
from htealeaf.state.backends.opening import open_journal
from htealeaf.state.replica import Replica
from htealeaf.state.stores import Registry, Store

JOURNAL: Final = "HTEALEAF_JOURNAL"  #: environment variable with the URL of the journal


class Stores(Registry):
    """The stores in a journal, by name."""

    def __init__(self, replica: Replica, around: Registry) -> None:
        super().__init__(replica)
        self._around = around

    def __getitem__(self, name: str) -> Store:
        """Return the store *name*; a document of a user or a room is `stores[name].of(key)`.

        It is the one that this program has made; else it is made from what is in the journal.

        Raises:
            HtealeafError: Neither is there.
        """
        made = self.stores.get(name)
        if made is not None:
            return made
        known = self._around.stores.get(name)
        if known is not None:
            return Store(
                known.default,
                name,
                keyed=known.keyed and not known.scope.on_page,
                version=known.versions.layout.version,
                migrate=known.versions.migrate,
                registry=self,
            )
        streams = self.journal.journal.scan(name, limit=1)
        if not streams:
            raise HtealeafError(
                f"nothing of a store {name!r} is in the journal; make it inside of the block,"
                f" with its default: Store({{...}}, name={name!r})"
            )
        # What the store's own code makes of older documents is not known here.
        found = self.journal.journal.load(streams[0]).document
        version = 1 if found is None else found.layout.version
        keyed = streams[0] != name
        return Store({}, name, keyed=keyed, version=version, registry=self, as_is=True)


@contextmanager
def connect(url: str | None = None) -> Iterator[Stores]:
    """Open a journal, and have its stores inside of the block; stores made there join them.

    Args:
        url: As for `SuperStore(journal=)`; without it, `HTEALEAF_JOURNAL`.

    Raises:
        JournalNotOpened: It can't be opened; the message says what would work.
    """
    named = url or os.environ.get(JOURNAL, "")
    if not named:
        raise HtealeafError(f"no journal is named: connect('sqlite:///shop.db'), or set {JOURNAL}")
    replica = Replica(open_journal(named))
    try:
        with Stores(replica, Registry.current()) as stores:
            assert isinstance(stores, Stores)
            yield stores
    finally:
        replica.close()
