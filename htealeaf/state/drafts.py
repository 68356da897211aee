"""Drafts: writes applied to documents that nobody else sees yet.

A `Write` is a mutation on its way into a stream. A `Draft` applies writes in order, over whatever
shows documents: the newest ones, where the committer finds out whether a write can be; a moment,
where code in a unit of work sees what it wrote; the state that a page brings along.

Rule 1: it is the one place where verbs are applied, with rebase, fit and types.

Rule 2: a write is data. It can be sent to another process, or stored, and means the same there.

Rule 3: a draft is thrown away. What lasts is folded anew from its effects, with the number that
the journal gives.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from htealeaf.data.documents import MISSING, Json
from htealeaf.data.effects import (
    DROP,
    TOUCH,
    Effect,
    Effects,
    Resolved,
    Signature,
    effects_of,
    ends,
    signed,
)
from htealeaf.data.paths import ROOT, Path, selector
from htealeaf.data.rebase import rebase
from htealeaf.data.verbs import Change, Mutation, apply
from htealeaf.errors import HtealeafError, PathNotFound, TargetGone
from htealeaf.state.timekeeper import clock
from htealeaf.wire.fitting import check_scripted, fill, replaced, typed

OFFERED: Final = "offered"  #: the values fill the slots of a template that the server signed
SCRIPTED: Final = "scripted"  #: the value is a script's own, and has to fit what it replaces


class Write(NamedTuple):
    """A mutation on its way into a stream.

    Attributes:
        shape: The shape version under which the path was seen, as an offer carries it: `0` or
            `epoch.n`. The path is carried over what happened since. None: the path is meant as
            it is now.
        fit: What the value has to be: a key of `FITS`, or "" for what Python code says.
        template: For `OFFERED`: the author's value, with slots.
        signature: Who does it, where that is known, and what it takes back.
    """

    stream: str
    mutation: Mutation
    shape: str | None = None
    fit: str = ""
    template: Json = None
    signature: Signature | None = None


def touching(stream: str, path: Path) -> Write:
    """Return the write that says that data outside of the journal has changed."""
    return Write(stream, Mutation(TOUCH, path))


def dropping(stream: str) -> Write:
    """Return the write that ends *stream*."""
    return Write(stream, Mutation(DROP, ROOT))


class Base(Protocol):
    """What a draft stands on."""

    def root(self, stream: str) -> Any:
        """Return the frozen document of *stream*."""

    def default(self, stream: str) -> Any:
        """Return what *stream* holds before it is first written."""

    def past(self, write: Write, root: Any, alone: bool) -> Sequence[Change]:
        """Return what happened to the stream since the shape version of *write*.

        Args:
            write: One with a shape.
            root: The document that it is for.
            alone: Nothing that is not committed stands between.

        Raises:
            TargetGone: It is not known any more.
        """


class Drafted(NamedTuple):
    """What the writes of a draft did to one stream."""

    root: Any
    changes: tuple[Change, ...] = ()
    effects: Effects = ()


class Draft:
    """Documents with writes in them that are not committed.

    Args:
        base: The documents without them.
        version: The shape version of lists that a write makes or reshapes.
    """

    __slots__ = ("_base", "changed", "version")

    def __init__(self, base: Base, version: int) -> None:
        self._base, self.version = base, version
        self.changed: dict[str, Drafted] = {}

    def root(self, stream: str) -> Any:
        """Return the document of *stream* with the draft's writes in it."""
        found = self.changed.get(stream)
        return self._base.root(stream) if found is None else found.root

    def before(self, stream: str) -> Any:
        """Return the document of *stream* without them."""
        return self._base.root(stream)

    def apply(self, write: Write) -> None:
        """Apply *write*.

        Raises:
            TargetGone: What its path led to, under its shape version, is not there any more.
            HtealeafError: What the mutation raises. The draft is as it was then.
        """
        stream, mutation = write.stream, write.mutation
        known = self.changed.get(stream)
        before = self._base.root(stream) if known is None else known.root
        if mutation.verb == TOUCH:
            self._note(write, known, before, before, (Change("replace", mutation.path),))
            return
        if mutation.verb == DROP:
            root = self._base.default(stream)
            self.changed[stream] = Drafted(root, (Change("replace", ROOT),), (Effect(DROP),))
            return
        if write.shape is not None:
            mutation = self._carried(write, before, () if known is None else known.changes)
        if write.fit:
            value = FITS[write.fit](write, mutation, before, self._base)
            if value is not mutation.value:
                mutation = Mutation(mutation.verb, mutation.path, value, mutation.keep)
        try:
            root, changes = apply(before, mutation, self.version)
        except PathNotFound as error:
            if write.fit and any(map(selector, mutation.path)):
                # It was offered, so the item that the key names was there.
                raise TargetGone(str(error)) from error
            raise
        if changes:
            self._note(write, known, before, root, changes)

    def _note(
        self,
        write: Write,
        known: Drafted | None,
        before: Any,
        root: Any,
        changes: tuple[Change, ...],
    ) -> None:
        stream, signature = write.stream, write.signature
        effects: Effects
        if before is root:
            effects = tuple(Effect(TOUCH, change.path) for change in changes)
        elif known is None and len(changes) == 1:  # as nearly always
            effects = Resolved(self.version, before, root, changes, signature)
        else:
            effects = signed(effects_of(changes, root), signature)
        if known is not None:
            if ends(known.effects):
                raise HtealeafError(
                    f"stream '{stream}' ends in this step, so nothing is written to it"
                )
            changes = known.changes + changes
            effects = signed((*known.effects, *effects), signature)
        self.changed[stream] = Drafted(root, changes, effects)

    def _carried(self, write: Write, before: Any, own: tuple[Change, ...]) -> Mutation:
        # The mutation as it is meant now, carried over what happened since its path was seen.
        past = self._base.past(write, before, not own)
        if not past and not own:
            return write.mutation
        carried = rebase(before, write.mutation, [*past, *own])
        if carried is None:
            raise TargetGone(f"what was at '{write.mutation.path}' is gone or was replaced")
        return carried


# -- what a value has to be ----------------------------------------------------------------


def _offered(write: Write, mutation: Mutation, root: Any, base: Base) -> Json:
    there: Any = MISSING
    if isinstance(write.template, (dict, list)):  # only these have slots, which want a type
        verb, path = mutation.verb, mutation.path
        there = typed(replaced(verb, root, path), replaced(verb, base.default(write.stream), path))
    values = mutation.value if isinstance(mutation.value, list) else []
    return fill(write.template, iter(values), there, _serve)


def _scripted(write: Write, mutation: Mutation, root: Any, base: Base) -> Json:
    default = base.default(write.stream)
    check_scripted(mutation.verb, mutation.value, root, mutation.path, default)
    return mutation.value


#: Checks a value from outside, or makes it: a function for each `Write.fit`, which gets the write,
#: its mutation as it is meant now, the document, and what the draft stands on.
FITS: Final[dict[str, Callable[[Write, Mutation, Any, Base], Json]]] = {
    OFFERED: _offered,
    SCRIPTED: _scripted,
}


#: What the server fills slots with: a function for each kind that `slots.KINDS` says is its own.
SERVED: Final[dict[str, Callable[[], Json]]] = {
    "now": clock.time,
    "id": lambda: secrets.token_urlsafe(16),
}


def _serve(kind: str) -> Json:
    return SERVED[kind]()
