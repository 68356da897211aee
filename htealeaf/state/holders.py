"""Holders: what is behind a store, for the code that has to be quick.

Whose the documents of a store are is asked of its scope, what others may do with them of its
policy.

Rule 1: while a page is rendered, nothing is written.

Rule 2: there is no `__getattr__`; see `places`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from htealeaf.data import streams
from htealeaf.data.documents import Json
from htealeaf.data.paths import Path
from htealeaf.state import unit
from htealeaf.state.committer import Expected
from htealeaf.state.drafts import Write
from htealeaf.state.policies import Policy
from htealeaf.state.reactions import Shared
from htealeaf.state.replica import Replica
from htealeaf.state.scopes import StoreScope
from htealeaf.state.versions import Versions
from htealeaf.wire.codec import dumps


class Registered(Protocol):
    """What a holder needs of the registry of its store."""

    journal: Replica
    shared: Shared

    def batch(self, once: str | None = None) -> AbstractContextManager[None]:
        """Make the writes inside the block one step."""


@dataclass(slots=True, eq=False)
class Holder:
    """A store's documents, and what says whose they are.

    Attributes:
        registry: Where it belongs.
        name: The store's name.
        scope: Whose its documents are.
        policy: What others may do with them.
        default: What one holds at first, frozen.
        versions: What older ones are.
    """

    registry: Registered
    name: str
    scope: StoreScope
    policy: Policy
    default: Json
    versions: Versions
    _only: str | None = field(init=False)  # its stream, where there is one
    _seals: tuple[str, str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._only = None if self.scope.keyed else self.name

    @property
    def journal(self) -> Replica:
        """Return the journal that holds the streams of the store."""
        return self.registry.journal

    def stream_of(self, owner: str | None) -> str:
        """Return the stream of *owner*; None is whoever the visitor is."""
        if owner is not None:  # nothing is asked more often, so no scope is where none is needed
            return streams.join(self.name, owner)
        return self._only or self.scope.stream(self.name, None)

    def permits(
        self, verb: str, path: Path, value: Any, stream: str, *, later: bool = False
    ) -> bool:
        """Tell whether the `allow` rule lets the current visitor do this; see `Policy.permits`."""
        policy = self.policy
        if policy.allow is None:
            return True
        owner = streams.split(stream)[1] if self.scope.keyed and not self.scope.on_page else None
        return policy.permits(verb, path, value, owner, later=later)

    def sealed(self, stream: str, shape: str | None) -> str:
        """Return how an offer names *stream* in what is signed: no older code's index is taken.

        Args:
            shape: The shape version under which a list on the path is seen; None for no such list.
        """
        if shape is None:
            return stream
        if self._seals is None:
            version = self.versions.layout.version
            default = hashlib.blake2b(
                dumps(self.default).encode("utf-8", "surrogatepass"), digest_size=6
            ).hexdigest()
            # No stream begins with a digit.
            self._seals = f"{version} " if version > 1 else "", f"{version}.{default} "
        return self._seals[shape == "0"] + stream

    def document(self, stream: str) -> Any:
        """Return the document of *stream* as the running code may see it; not tracked."""
        return unit.document(self.journal, stream)

    def write(self, write: Write, expect: Sequence[Expected] = ()) -> None:
        """Commit one write, or put it into the unit of work that is open."""
        unit.refuse_while_rendering(
            f"store '{self.name}' is written",
            ", so write in an action or in a route with methods=['POST']",
        )
        refusal = self.scope.refusal(self.name)
        if refusal is not None:
            opened = unit.open_unit()
            if opened is None or not opened.of_page:
                raise refusal
        unit.write(self.journal, write, expect)
