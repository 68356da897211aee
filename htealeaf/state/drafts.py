"""Drafts: writes applied to documents that nobody else sees yet.

A `Write` is a mutation on its way into a stream. A `Draft` applies writes in order, over whatever
shows documents: the newest ones, where the committer finds out whether a write can be; a moment,
where code in a unit of work sees what it wrote; the state that a page brings along.

Rule 1: it is the one place where verbs are applied, with rebase, fit and types.

Rule 2: a write is data. It can be sent to another process, or stored, and means the same there.

Rule 3: what a write makes of a document is what the store's schema says; see `schemas`.

Rule 4: a draft is thrown away. What lasts is folded anew from its effects, with the number that
the journal gives.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from htealeaf.data.documents import MISSING, Json, find
from htealeaf.data.effects import (
    BY,
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
from htealeaf.data.values import quick
from htealeaf.data.verbs import Change, Mutation, apply
from htealeaf.errors import HtealeafError, Invalid, InvalidValue, PathNotFound, TargetGone
from htealeaf.state.timekeeper import clock
from htealeaf.wire.fitting import check_sayable, check_scripted, fill, place_of, replaced, typed
from htealeaf.wire.slots import control_at
from htealeaf.words import say

if TYPE_CHECKING:
    from htealeaf.state.schemas import Schema  # which loads pydantic

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

    def schema(self, stream: str) -> Schema | None:
        """Return what the documents of *stream* have to be; None for anything."""

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


_WHOLE: Final = (Change("replace", ROOT),)


class Draft:
    """Documents with writes in them that are not committed.

    Args:
        base: The documents without them.
        version: The shape version of lists that a write makes or reshapes.
    """

    __slots__ = ("_asked_later", "_base", "changed", "version")

    def __init__(self, base: Base, version: int) -> None:
        self._base, self.version = base, version
        self.changed: dict[str, Drafted] = {}
        # The schemas with rules that are asked at the end, of which write, and of what.
        self._asked_later: dict[str, tuple[Schema, Write, tuple[Change, ...]]] = {}

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
        if write.shape is not None or write.fit:
            mutation = self._meant(write, known, before)
        try:
            root, changes = apply(before, mutation, self.version)
        except PathNotFound as error:
            if write.fit and any(map(selector, mutation.path)):
                # It was offered, so the item that the key names was there.
                raise TargetGone(str(error)) from error
            raise
        if changes:
            self._note(write, known, before, root, changes)
            schema = self._base.schema(stream)
            if schema is not None:
                self._check(schema, write, known, changes)

    def meant(self, write: Write) -> Mutation:
        """Return the mutation as it is meant now: its place carried over, its slots filled.

        Raises:
            TargetGone: What its path led to, under its shape version, is not there any more.
            InvalidValue: What was sent does not fit.
        """
        known = self.changed.get(write.stream)
        before = self._base.root(write.stream) if known is None else known.root
        return self._meant(write, known, before)

    def _meant(self, write: Write, known: Drafted | None, before: Any) -> Mutation:
        mutation = write.mutation
        if write.shape is not None:
            mutation = self._carried(write, before, () if known is None else known.changes)
        if write.fit:
            value = FITS[write.fit](write, mutation, before, self._base)
            if value is not mutation.value:
                mutation = quick(Mutation, (mutation.verb, mutation.path, value, mutation.keep))
        return mutation

    def settle(self) -> None:
        """Ask the rules of schemas that are about more than one write; nothing comes after.

        Raises:
            HtealeafError: A document is not what its schema says.
        """
        later, self._asked_later = self._asked_later, {}
        for schema, write, changes in later.values():
            self._ask(schema, write, changes, final=True)

    def _check(
        self, schema: Schema, write: Write, known: Drafted | None, changes: tuple[Change, ...]
    ) -> None:
        stream = write.stream
        try:
            done = self._ask(schema, write, changes, final=False)
            waits = stream in self._asked_later
            if not done and known is None:
                self._asked_later[stream] = schema, write, changes
            elif not done or (waits and any(one.kind != "set" for one in changes)):
                # What waits may have moved, so all of it is asked, in the name of the last.
                last = Write(stream, Mutation("replace", ROOT), signature=write.signature)
                self._asked_later[stream] = schema, last, _WHOLE
        except BaseException:
            if known is None:
                del self.changed[stream]
            else:
                self.changed[stream] = known
            raise

    def _ask(
        self, schema: Schema, write: Write, changes: tuple[Change, ...], *, final: bool
    ) -> bool:
        stream = write.stream
        try:
            left_out = schema.check(self.changed[stream].root, changes, final=final)
        except InvalidValue as error:
            name = _control(write, changes, getattr(error, "path", None))
            if name:
                raise Invalid({name: say(error.public)}) from error
            raise
        if left_out is None:
            return False
        for path, default in left_out:
            known = self.changed[stream]
            added = Mutation("replace", path, default)
            root, more = apply(known.root, added, self.version)
            self._note(
                Write(stream, added, signature=write.signature), known, known.root, root, more
            )
        return True

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
            effects = _added(known.effects, effects, signature)
        self.changed[stream] = quick(Drafted, (root, changes, effects))

    def _carried(self, write: Write, before: Any, own: tuple[Change, ...]) -> Mutation:
        # The mutation as it is meant now, carried over what happened since its path was seen.
        past = self._base.past(write, before, not own)
        if not past and not own:
            return write.mutation
        carried = rebase(before, write.mutation, [*past, *own])
        if carried is None:
            raise TargetGone(f"what was at '{write.mutation.path}' is gone or was replaced")
        return carried


def _added(known: Effects, more: Effects, signature: Signature | None) -> list[Effect]:
    # As `signed` of both. A draft may have thousands of writes, so the list is not made anew.
    effects: list[Effect] = known if isinstance(known, list) else [*known]
    if signature is not None:
        if effects and effects[-1].op == BY:
            effects.pop()
        elif any(effect.op == BY for effect in effects):
            effects[:] = [effect for effect in effects if effect.op != BY]
    effects += more
    return effects


# -- what a value has to be ----------------------------------------------------------------


def _offered(write: Write, mutation: Mutation, root: Any, base: Base) -> Json:
    template = write.template
    if not isinstance(template, (dict, list)):  # only these have slots, which want a type
        return template
    there: Any = MISSING
    verb, path = mutation.verb, mutation.path
    schema = base.schema(write.stream)
    if schema is not None:
        there = schema.wanted(verb, find(root, place_of(verb, path), MISSING), path)
    if there is MISSING:
        initial = replaced(verb, base.default(write.stream), path)
        there = typed(replaced(verb, root, path), initial)
    values = mutation.value if isinstance(mutation.value, list) else []
    return fill(template, iter(values), there, _serve)


def _scripted(write: Write, mutation: Mutation, root: Any, base: Base) -> Json:
    verb, value, path = mutation.verb, mutation.value, mutation.path
    if base.schema(write.stream) is None:
        check_scripted(verb, value, root, path, base.default(write.stream))
    else:
        check_sayable(verb, value, root, path)
    return value


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


def _control(write: Write, changes: Sequence[Change], path: Path | None) -> str:
    # The control whose value is refused; "" if that is not known.
    if write.fit != OFFERED or path is None:
        return ""
    start = changes[0].path if len(changes) == 1 else write.mutation.path
    return control_at(write.template, path[len(start) :]) if path[: len(start)] == start else ""
