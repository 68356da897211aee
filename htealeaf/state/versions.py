"""Versions of stores: what a stored document is to the code that runs now.

    Store({"todo": []}, "todos", version=3, migrate={1: add_ids, 2: rename})

A document keeps the version of the store that it was begun under, and the places of its default
(`data.layouts`). Code with a newer version sees it migrated, step by step; code with a larger
default sees the places that are new. What is stored is as it was until somebody writes: then the
whole document, as it is seen, is written in the same step.

Rule 1: a migration is pure. It gets a plain copy and returns what comes of it, so that every worker
sees the same, whoever writes first.

Rule 2: a document of a newer version is refused, in words. It is neither shown nor written over.

Rule 3: shape versions of lists that a migration left alone stay; others get the number of the
document's last entry, and no offer of an older version is good for them (`Store.sealed`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from htealeaf.data.documents import FrozenDict, Json, freeze, thaw
from htealeaf.data.effects import Document
from htealeaf.data.layouts import PLAIN, Layout, both, completed, covers, layout_of, shared
from htealeaf.data.streams import store_of
from htealeaf.errors import HtealeafError, InvalidVersion

if TYPE_CHECKING:
    from htealeaf.state.schemas import Schema  # which loads pydantic

#: From the version that a document has to the function that makes the next one of it.
Migrations: TypeAlias = Mapping[int, Callable[[Any], Any]]

#: Where a stream is: the number of its last entry, 0 for none; its document as the running code
#: sees it; and what has to be written before anything else is, where that is not what is stored.
Head: TypeAlias = tuple[int, Any, Document | None]

NO_STEPS: Final[Migrations] = MappingProxyType({})


class DocumentUnreadable(HtealeafError):
    """What is stored can't be seen by this code; it stays as it is."""

    status_hint = 503
    public = "This can't be shown by the version of this site that is running. Nothing was changed."

    def again(self) -> DocumentUnreadable:
        """Return the same to be raised once more; one that is kept would keep every trace."""
        return type(self)(*self.args)


class DocumentNewer(DocumentUnreadable):
    """A document was written by a newer version of its store than the code has."""


class MigrationFailed(DocumentUnreadable):
    """A migration raised, gave nothing, or gave what is no JSON."""


class Versions(NamedTuple):
    """What a store's documents are to the running code.

    Attributes:
        default: What one holds before it is first written.
        layout: Of documents that this code begins.
        migrate: The steps from older versions.
        as_is: It takes every document as it finds it. For programs that do not have the store's
            code.
        schema: What a document has to be.
    """

    default: Json
    layout: Layout
    migrate: Migrations = NO_STEPS
    as_is: bool = False
    schema: Schema | None = None

    @classmethod
    def of(cls, store: str, default: Json, version: int, migrate: Migrations) -> Versions:
        """Return the versions of *store*.

        Raises:
            InvalidVersion: *version* is no number from 1 on, or *migrate* does not lead up to it.
        """
        if type(version) is not int or version < 1:
            raise InvalidVersion(f"store '{store}' has version={version!r}; versions are 1, 2, 3 …")
        steps = sorted(migrate)
        if not all(type(step) is int and callable(migrate[step]) for step in steps):
            raise InvalidVersion(
                f"migrate= of store '{store}' leads from a version to a function:"
                f" migrate={{{version - 1 or 1}: f}}"
            )
        if steps and steps != list(range(steps[0], version)):
            raise InvalidVersion(
                f"store '{store}' has version={version} and migrate= from {_listed(steps)}; each"
                f" step leads to the next version, and the last one to {version}"
            )
        if steps and steps[0] < 1:
            raise InvalidVersion(f"migrate= of store '{store}' begins at 1, not at {steps[0]}")
        return cls(default, layout_of(default, version), dict(migrate))

    def runs_code(self) -> bool:
        """Tell whether code of the author's runs when such documents are read or written."""
        return self.schema is not None or bool(self.migrate)

    def begun(self) -> Document:
        """Return the document that a stream begins with."""
        return Document(self.default, layout=self.layout)

    def seen(self, stream: str, document: Document, n: int) -> Document:
        """Return *document* as this code sees it; itself if nothing in it is new or old.

        Args:
            stream: Whose it is, for messages.
            document: As it is stored.
            n: The number of its last entry.

        Raises:
            DocumentNewer: It was written by a newer version of the store.
            MigrationFailed: There is no way from its version to this one.
        """
        layout = document.layout
        if layout is self.layout or self.as_is or covers(layout, self.layout):
            return document
        root = document.root
        if layout.version > self.layout.version:
            raise DocumentNewer(
                f"'{stream}' was written by version {layout.version} of its store, and this code"
                f" has version {self.layout.version}: start the newer code again. It stays as it is"
            )
        if layout.version < self.layout.version:
            root = self._migrated(stream, document, n)
        root = completed(root, self.default, layout, document.gone)
        return Document(root, document.gone, both(layout, self.layout))

    def _migrated(self, stream: str, document: Document, n: int) -> Json:
        value = thaw(document.root)
        for version in range(document.layout.version, self.layout.version):
            step = self.migrate.get(version)
            if step is None:
                raise MigrationFailed(
                    f"'{stream}' is of version {version}, and migrate= of its store has no step"
                    f" from there: add {version}: to it. It stays as it is"
                )
            value = _stepped(stream, version, step, value)
        return shared(document.root, freeze(value, n))


def _stepped(stream: str, version: int, step: Callable[[Any], Any], value: Any) -> Any:
    where = f"migrate[{version}] of '{stream}'"
    try:
        made = step(value)
        if made is None and value is not None:
            raise MigrationFailed(f"{where} returned None; it has to return the document")
        return thaw(freeze(made))
    except MigrationFailed:
        raise
    except Exception as error:
        raise MigrationFailed(
            f"{where} failed: {error!r}. What is stored stays as it is"
        ) from error


def _listed(steps: list[int]) -> str:
    return ", ".join(map(str, steps))


#: Of streams that are no store's, or of a store that this program does not know.
UNVERSIONED: Final = Versions(FrozenDict(), PLAIN, as_is=True)
_EMPTY: Final = UNVERSIONED.begun()
_ABSENT: Final[Head] = (0, _EMPTY.root, _EMPTY)


class Stored:
    """The versions of all stores of a replica."""

    def __init__(self) -> None:
        self._of: dict[str, Versions] = {}
        self._absent: dict[str, Head] = {}

    def define(self, store: str, versions: Versions) -> None:
        """Say what documents of *store* are."""
        begun = versions.begun()
        self._of[store], self._absent[store] = versions, (0, begun.root, begun)

    def absent(self, stream: str) -> Head:
        """Return where *stream* is while it is not there: the same for all of a store."""
        return self._absent.get(store_of(stream), _ABSENT)

    def begun(self, stream: str) -> Document:
        """Return the document that *stream* begins with."""
        begun = self.absent(stream)[2]
        assert begun is not None
        return begun

    def of(self, stream: str) -> Versions:
        """Return those of the store of *stream*."""
        return self._of.get(store_of(stream), UNVERSIONED)
