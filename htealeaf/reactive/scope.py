"""Dependency tracking: the scope in which code runs, and the reads that are noted in it.

While a route function, a binding or an action runs, a `Scope` is current. Stores and the session
read through it, so all reads see one moment, and each read is noted in `Scope.deps`: the set that
belongs to the innermost binding (or to the page itself, outside of any binding).

Rule: a note is a plain tuple `(stream, path, kind)`; nothing here knows what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, Token
from typing import Any, Protocol

from htealeaf.data.paths import ROOT, Path
from htealeaf.reactive.graph import VALUE

#: One thing that was read: the stream, the place in it, and `graph.VALUE` or `graph.SHAPE`.
Dep = tuple[str, Path, int]


class Sight(Protocol):
    """All documents at one cursor."""

    @property
    def epoch(self) -> str:
        """Return the epoch of that cursor."""

    def root(self, stream: str) -> Any:
        """Return the document of *stream*, deeply frozen."""


class Scope:
    """What the running code sees: a moment, a session, and where its reads are noted."""

    __slots__ = (
        "computed",
        "deps",
        "moment",
        "owners",
        "passing",
        "rendering",
        "session",
        "url",
    )

    def __init__(
        self, moment: Sight, session: Any = None, *, rendering: str = "", url: str | None = None
    ) -> None:
        self.moment = moment
        self.session = session  #: the visitor's session; None outside a request
        self.rendering = rendering  #: what is being rendered, for errors; "" where writing is fine
        self.url = url  #: of the page that is rendered, for its query
        self.deps: set[Dep] | None = None
        #: Computed values that were read: their stream, and what they are and depend on.
        self.computed: dict[str, Any] = {}
        #: Versions that were read of what changes by itself, by its stream.
        self.passing: dict[str, int] = {}
        #: Whose document a store means, and what was read to know it; see `settled`.
        self.owners: dict[str, tuple[str | None, tuple[Dep, ...]]] = {}

    def note(self, stream: str, path: Path, kind: int) -> None:
        """Note that the place *path* of *stream* was read."""
        if self.deps is not None:
            self.deps.add((stream, path, kind))

    def passes(self, stream: str, version: int) -> None:
        """Note that *stream* was read, which changes by itself, at *version*.

        Only a rendering is done again for it; what is decided on it is decided.
        """
        if self.rendering:
            self.passing[stream] = version
            self.note(stream, ROOT, VALUE)

    def settled(self, name: str, ask: Callable[[], str | None]) -> str | None:
        """Return what `ask()` gives, asked once under *name* while a page is rendered.

        Nothing is written meanwhile, so the answer stays. What it reads is noted each time. Whoever
        makes a scope may know the answers before, `owners`.
        """
        deps, known = self.deps, self.owners.get(name)
        if not self.rendering or deps is None:
            return ask() if known is None else known[0]
        if known is None:
            self.deps = set()
            try:
                answer = ask()
            finally:
                reads, self.deps = tuple(self.deps), deps
                for dep in reads:
                    deps.add(dep)
            self.owners[name] = (answer, reads)
            return answer
        for dep in known[1]:
            deps.add(dep)
        return known[0]


_current: ContextVar[Scope | None] = ContextVar("htealeaf_scope", default=None)

#: Returns the current scope; None outside of requests, renderings and batches.
current = _current.get
#: Make a scope the current one, and end that: what `entered` does, for what each click does.
enter, leave = _current.set, _current.reset


class entered:
    """Make *scope* the current one inside the block."""

    # A class: a generator costs several times what it would do here.
    __slots__ = ("_scope", "_token")
    _token: Token[Scope | None]

    def __init__(self, scope: Scope | None) -> None:
        self._scope = scope

    def __enter__(self) -> Scope | None:
        self._token = _current.set(self._scope)
        return self._scope

    def __exit__(self, *error: object) -> None:
        _current.reset(self._token)
