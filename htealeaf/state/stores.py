"""Stores: named documents, whose they are, and the registry that they belong to.

A store is the `Ref` of its own root. Whose its documents are is asked of its scope, what others may
do with them of its policy.

Rule: while a page is rendered, nothing is written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from importlib import import_module
from pathlib import PurePath
from typing import Any, Protocol, cast

from htealeaf.data.documents import MISSING, Json, freeze
from htealeaf.data.paths import ROOT, Path
from htealeaf.errors import (
    DuplicateStore,
    HtealeafError,
    InvalidName,
    InvalidValue,
    NotAuthenticated,
)
from htealeaf.reactive.scope import Scope, current, entered
from htealeaf.state import unit
from htealeaf.state.computed import Computed
from htealeaf.state.holders import Holder
from htealeaf.state.journal import Journal
from htealeaf.state.places import Place
from htealeaf.state.policies import Allow, Policy
from htealeaf.state.reactions import Shared
from htealeaf.state.refs import Doc, Ref
from htealeaf.state.replica import Replica
from htealeaf.state.scopes import Browser, Everybody, Keyed, OpenPage, SignedIn, StoreScope
from htealeaf.state.unit import Unit
from htealeaf.state.versions import Migrations, Versions

_SCHEMAS = "htealeaf.state.schemas"  # with it, pydantic is loaded
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class Store(Ref[Doc]):
    """A named JSON document that everybody shares; with `keyed=True`, one for each key.

    Args:
        default: What it holds at first: JSON data, copied deeply. With a *schema* it may be left
            out, or be an instance of it.
        name: `[a-z][a-z0-9_]*`; without it one is made from the module's name and an ordinal.
        schema: What each document has to be: a dataclass, a `TypedDict`, a model of pydantic's or
            a Struct of msgspec's. Every write is checked by it, and functions name places of it:
            `store.react(lambda d: d.todo[0].done)`.
        keyed: Many documents: `rooms.of("lobby")`.
        writable: Patterns of paths (`todo/*/done`) that scripts may write without an offer.
        readable: Patterns of paths that `GET /api/_store/...` shows as JSON; "" is everything.
        allow: A rule, asked when an action is rendered and again when it arrives. It gets what it
            names of `session`, `verb`, `path`, `value` and `owner`.
        hide: Controls of what the rule forbids are not shown, instead of disabled.
        version: Of what it holds; one more with each change that older documents have to follow.
        migrate: From a version to the function that makes the next one of a document of it:
            `version=3, migrate={1: f, 2: g}`. It gets a plain copy and returns the document. It
            has to be pure: it may run on several workers, and its result is stored at the next
            write.
        registry: Where it belongs; without it, the current one.
        scope: Whose its documents are; without it, everybody's, or as *keyed* says.
        as_is: Documents are taken as they are found, whatever their version.

    Raises:
        DuplicateStore: The registry has a store of that name.
        InvalidName: The name does not match the pattern.
        InvalidValue: *default* is not JSON, or not what *schema* says.
        InvalidVersion: *version* is no number from 1 on, or *migrate* does not lead up to it.
    """

    __slots__ = ()

    def __init__(
        self,
        default: Any = MISSING,
        name: str | None = None,
        *,
        schema: type[Doc] | None = None,
        keyed: bool = False,
        writable: Sequence[str] = (),
        readable: Sequence[str] = (),
        allow: Allow | None = None,
        hide: bool = False,
        local: Sequence[str] = (),
        version: int = 1,
        migrate: Migrations | None = None,
        registry: Registry | None = None,
        scope: StoreScope | None = None,
        as_is: bool = False,
    ) -> None:
        registry = registry or Registry.current()
        name = name if name is not None else _module_name(registry)
        scope = scope or (Keyed() if keyed else Everybody())
        if not _NAME.match(name):
            raise InvalidName(
                f"{name!r} is no store name: small letters, digits and '_', a letter first"
            )
        if default is MISSING and schema is None:
            raise InvalidValue(f"store '{name}' needs a default, or a schema= that has one")
        checks = None if schema is None else import_module(_SCHEMAS).Schema(schema, name)
        if local and (allow is not None or not scope.on_page):
            raise HtealeafError(
                f"store '{name}': local= is for a PageStore without allow=, whose places a browser"
                " command may set"
            )
        policy = Policy.of(writable, readable, allow, hide, local)
        root = freeze(default if checks is None else checks.default(default))
        versions = Versions.of(name, root, version, migrate or {})
        versions = versions._replace(as_is=as_is, schema=checks)
        holder = Holder(registry, name, scope, policy, root, versions)
        super().__init__(Place(holder, ROOT, None))
        registry.add(self)

    @property
    def holder(self) -> Holder:
        """Return what holds its documents."""
        return self._place.holder

    @property
    def name(self) -> str:
        """Return its name."""
        return self._place.holder.name

    @property
    def registry(self) -> Registry:
        """Return where it belongs."""
        return cast("Registry", self._place.holder.registry)

    @property
    def scope(self) -> StoreScope:
        """Return whose its documents are."""
        return self._place.holder.scope

    @property
    def policy(self) -> Policy:
        """Return what others may do with them."""
        return self._place.holder.policy

    @property
    def default(self) -> Json:
        """Return what one holds at first, frozen."""
        return self._place.holder.default

    @property
    def versions(self) -> Versions:
        """Return what older ones are."""
        return self._place.holder.versions

    @property
    def keyed(self) -> bool:
        """Tell whether there are many documents."""
        return self.scope.keyed

    @property
    def journal(self) -> Replica:
        """Return the journal that holds the streams of this store."""
        return self._place.holder.journal

    def of(self, key: str | int) -> Ref[Doc]:
        """Return the document of *key*: of a room, of a user.

        Raises:
            HtealeafError: The store is shared by everybody and has no keys.
        """
        return self._document(self.scope.key(self.name, key))

    def _document(self, owner: str | None) -> Ref[Doc]:
        return Ref(Place(self._place.holder, ROOT, owner))

    def place_of(self, stream: str) -> Ref[Doc]:
        """Return the root of *stream*, one of this store's."""
        return self._document(self.scope.owner_in(stream))

    def computed(self, function: Callable[..., Any]) -> Computed:
        """Make a function a value that follows from this store: `.read()`, `.react()`, `.each()`.

        It runs again only when something that it read has changed, and pages that show it are
        touched only when its result has.

            @todos.computed
            def left(todos):
                return sum(not task["done"] for task in todos.read("todo"))
        """
        return Computed(self, function)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}'>"


class AuthStore(Store[Doc]):
    """One document for each signed-in user.

    Args:
        auth: `auth(session)` gives the user's key (a str or int), or None for "not signed in".
        default: As for `Store`, and so on.
    """

    __slots__ = ()

    def __init__(
        self,
        auth: Callable[[Any], str | int | None],
        default: Any = MISSING,
        name: str | None = None,
        *,
        schema: type[Doc] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(default, name or None, schema=schema, scope=SignedIn(auth), **options)

    def owner(self, session: Any) -> str | None:
        """Return whose document the visitor with *session* means; None if not signed in."""
        return self.scope.identity(session)

    def auth(self, session: Any) -> Ref[Doc]:
        """Return the document of the user of *session*.

        Raises:
            NotAuthenticated: `auth(session)` gave None.
        """
        owner = self.owner(session)
        if owner is None:
            raise NotAuthenticated(f"store '{self.name}' belongs to users; nobody is signed in")
        scope = current()
        mine = scope is not None and scope.session is session
        return self._document(None if mine else owner)


class SessionStore(Store[Doc]):
    """One document for each browser; no log-in is needed."""

    __slots__ = ()

    def __init__(
        self,
        default: Any = MISSING,
        name: str | None = None,
        *,
        schema: type[Doc] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(default, name or None, schema=schema, scope=Browser(), **options)


class PageStore(Store[Doc]):
    """One document for each open page: which tab is open, what is edited, a filter.

    It is written by actions only. Its state travels with the page, signed and bounded, so the
    server keeps nothing, and a new page begins with the default.

    With `local=["tab"]` a browser command sets that place without a request: `browser.set(...)`.
    """

    __slots__ = ()

    def __init__(
        self,
        default: Any = MISSING,
        name: str | None = None,
        *,
        schema: type[Doc] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(default, name or None, schema=schema, scope=OpenPage(), **options)


class Ledger(Protocol):
    """A database that notes one-time ids in the transactions of the author's rows."""

    def has(self, id: str) -> bool:
        """Tell whether the transaction of *id* was committed."""


class Registry:
    """The stores that belong together, and their journal.

    A store is put into the registry that is current when it is made: the process's own, or the
    one of an enclosing `with Registry():` block.
    """

    def __init__(self, journal: Replica | Journal | None = None) -> None:
        self.journal = journal if isinstance(journal, Replica) else Replica(journal)
        self.chosen = journal is not None  #: somebody has said which journal it is
        self.stores: dict[str, Store] = {}
        self.on_page = False  #: one of them is kept by pages
        self.shared = Shared()
        self.ledger: Ledger | None = None  #: set by `watch(..., once=True)`
        self._tokens: list[Token[Registry | None]] = []

    @staticmethod
    def current() -> Registry:
        """Return the registry that new stores join."""
        return _registry.get() or _PROCESS

    def sets(self, name: str, path: Path) -> bool:
        """Tell whether a browser command may set *path* of the store *name*."""
        store = self.stores.get(name)
        return store is not None and store.policy.commands_set(path)

    def add(self, store: Store) -> None:
        """Take *store* in.

        Raises:
            DuplicateStore: There is one of that name.
        """
        if store.name in self.stores:
            raise DuplicateStore(
                f"there are two stores named '{store.name}'; give one of them another name="
            )
        self.stores[store.name] = store
        self.on_page = self.on_page or store.scope.on_page
        self.journal.define(store.name, store.default, store.versions)

    def use(self, journal: Journal) -> None:
        """Keep the documents in *journal*, instead of in memory.

        Raises:
            HtealeafError: There is another journal already, or something was written before.
        """
        self.refuse_another()
        self.journal.use(journal)
        self.chosen = True

    def refuse_another(self) -> None:
        """Raise if there is a journal already."""
        if self.chosen:
            raise HtealeafError("these stores have a journal already; name it in one place")

    @contextmanager
    def batch(self, once: str | None = None) -> Iterator[None]:
        """Make the writes inside the block one step; see `Ref.batch`."""
        outer = current()
        if outer is not None and (outer.rendering or unit.open_unit() is not None):
            yield  # writing raises by itself, and an inner batch is part of the outer one
            return
        with self.journal.moment() as moment:
            work = Unit(self.journal, moment, once=once)
            scope = Scope(work, outer.session if outer else None)
            scope.deps = set()
            with entered(scope):
                yield
            work.commit(scope.deps)

    def __enter__(self) -> Registry:
        self._tokens.append(_registry.set(self))
        return self

    def __exit__(self, *error: object) -> None:
        _registry.reset(self._tokens.pop())

    def __iter__(self) -> Iterator[Store]:
        return iter(list(self.stores.values()))


_PROCESS = Registry()
_registry: ContextVar[Registry | None] = ContextVar("htealeaf_registry", default=None)


def _module_name(registry: Registry) -> str:
    # Made from the module's real name, `__main__` or not, so that each process that runs the
    # same code calls its stores the same.
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    spec, name = frame.f_globals.get("__spec__"), frame.f_globals.get("__name__", "store")
    if name == "__main__":
        name = spec.name if spec else PurePath(frame.f_globals.get("__file__", "main")).stem
    base = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_") or "store"
    base = base if base[0].isalpha() else f"m_{base}"
    ordinal = 1
    while f"{base}_{ordinal}" in registry.stores:
        ordinal += 1
    return f"{base}_{ordinal}"
