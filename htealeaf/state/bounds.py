"""Bounds of documents: how much requests may let one document, one list and one session grow to.

Whatever somebody writes is bounded in his own place first, so that he never needs the room of
others. Where all places are taken, who comes new is told so, and nobody goes for him who may not.

Rule 1: it counts what a request causes. What the program writes by itself is the author's.

Rule 2: what grew too large before its bound may still shrink, and be changed in place.

Rule 3: sizes are those of compact JSON. A document is weighed once; then only what differs is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import Any, Final, NamedTuple, Protocol

from htealeaf.data.documents import MISSING, find
from htealeaf.data.effects import DROP
from htealeaf.data.paths import Path
from htealeaf.data.sizes import difference, grown, json_size, longest
from htealeaf.data.verbs import Change
from htealeaf.errors import HtealeafError
from htealeaf.reactive.scope import current
from htealeaf.state.drafts import Drafted, Write

MAX_DOCUMENT: Final = 4 * 1024 * 1024  #: bytes of one document, as JSON
MAX_ITEMS: Final = 10_000  #: of one list
MAX_SESSION: Final = 64 * 1024  #: bytes of one session, with its stores, as JSON
MAX_DOCUMENTS: Final = 100_000  #: that there are when a request begins another one

#: A request is answered right now, by this thread.
answering: ContextVar[bool] = ContextVar("htealeaf_answering", default=False)

_WEIGHED: Final = 4096  # documents whose size is remembered
_FLAT = (int, float, bool, type(None))


class DocumentTooLarge(HtealeafError):
    """A write that would let a document, a list or a session grow beyond its bound."""

    status_hint = 413
    public = "There is no room for more here."


class Full(HtealeafError):
    """There is no room for somebody new, or for a new document."""

    status_hint = 503
    public = "There is no room for more visitors just now. Please try again later."


class Limits(NamedTuple):
    """What requests may let grow; None of any of them is no bound."""

    document: int | None = MAX_DOCUMENT
    items: int | None = MAX_ITEMS
    session: int | None = MAX_SESSION
    documents: int | None = MAX_DOCUMENTS


class Heads(Protocol):
    """The part of a replica that bounds are asked with."""

    def head(self, stream: str) -> tuple[int, Any, Any]:
        """Return the number of the last entry of *stream*, 0 for none, its document, and more."""

    def default(self, stream: str) -> Any:
        """Return what *stream* holds before it is first written."""

    def exists(self, stream: str) -> bool:
        """Tell whether *stream* has a document of its own."""


class Bounds:
    """What bounds the documents of one app.

    Args:
        limits: How much.
        session_of: Gives all streams of the session that a stream belongs to; none for a stream
            that belongs to no session.
        newcomer: Is told that a session begins; raises where there is no room.
        count: Gives how many documents there are.
    """

    def __init__(
        self,
        limits: Limits,
        session_of: Callable[[str], Sequence[str]],
        newcomer: Callable[[], object],
        count: Callable[[], int],
    ) -> None:
        self.limits, self._session_of = limits, session_of
        self._newcomer, self._count = newcomer, count
        self._sizes: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    @property
    def of_request(self) -> Bounds | None:
        """Return this where a request causes what the running code does; else None."""
        if answering.get():
            return self
        scope = current()  # what a request has left to a thread goes on as its visitor
        return self if scope is not None and scope.session is not None else None

    def admit(self, writes: Iterable[Write], heads: Heads) -> None:
        """Let *writes* begin documents, if there is room.

        Raises:
            Full: There is none.
        """
        new = [write.stream for write in writes if not heads.exists(write.stream)]
        if not new or any(write.mutation.verb == DROP for write in writes):
            return  # what moves takes no more room
        for stream in new:
            beside = self._session_of(stream)
            if not beside:
                most = self.limits.documents
                if most is not None and self._count() >= most:
                    raise Full(
                        f"'{stream}' would be one document more than WSGI(max_documents={most})"
                    )
            elif not any(map(heads.exists, beside)):
                self._newcomer()

    def check(self, stream: str, before: Any, drafted: Drafted, heads: Heads) -> None:
        """Check what the writes of one commit make of *stream*.

        Args:
            before: The document without them.

        Raises:
            DocumentTooLarge: It would be too large.
        """
        changes, after = drafted.changes, drafted.root
        if before is after or (len(changes) == 1 and _is_flat(changes[0], after)):
            return  # as nearly every click
        if all(_is_flat(change, after) for change in changes):
            return
        self._check_items(stream, changes, after, heads)
        size = self._size(stream, before)
        now = size + grown(changes, before, after)
        if now > size:
            self._check_bytes(stream, size, now, heads)
        self._note(stream, after, now)

    def _check_items(
        self, stream: str, changes: Iterable[Change], after: Any, heads: Heads
    ) -> None:
        most = self.limits.items
        if most is None:
            return
        for change in changes:
            if change.kind == "insert":
                place = Path(change.path[:-1])
                found = find(after, place, MISSING)
                length = len(found) if isinstance(found, list) else 0
            else:
                place, found = change.path, find(after, change.path, MISSING)
                length = longest(found)
            if length > most:
                initial = find(heads.default(stream), place, MISSING)
                if length > 2 * longest(initial):
                    raise DocumentTooLarge(
                        f"a list in '{place}' of '{stream}' would have {length} items; requests may"
                        f" let it have {most}, see WSGI(max_items=)"
                    )

    def _check_bytes(self, stream: str, size: int, now: int, heads: Heads) -> None:
        beside = self._session_of(stream)
        most = self.limits.session if beside else self.limits.document
        if most is None:
            return
        name = "max_session" if beside else "max_document"
        total = now
        for other in beside:
            if other != stream:
                n, root, _ = heads.head(other)
                total += self._size(other, root) if n else 0
        if total > most and total > 2 * json_size(heads.default(stream)):
            raise DocumentTooLarge(
                f"'{stream}' would grow from {size} to {now} bytes; requests may let"
                f" {'a session have' if beside else 'it have'} {most}, see WSGI({name}=)"
            )

    def _size(self, stream: str, root: Any) -> int:
        known = self._sizes.get(stream)
        if known is not None and known[0] is root:
            return known[1]
        size = json_size(root) if known is None else known[1] + difference(known[0], root)
        self._note(stream, root, size)
        return size

    def _note(self, stream: str, root: Any, size: int) -> None:
        # Only the committer asks, so one thread at a time.
        self._sizes[stream] = root, size
        self._sizes.move_to_end(stream)
        if len(self._sizes) > _WEIGHED:
            self._sizes.popitem(last=False)


def _is_flat(change: Change, after: Any) -> bool:
    # What adds nothing that counts.
    kind = change.kind
    if kind in ("delete", "move"):
        return True
    return kind == "set" and not change.created and type(find(after, change.path, MISSING)) in _FLAT
