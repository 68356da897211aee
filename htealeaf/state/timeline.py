"""Timeline: the documents that a worker holds, folded from entries, and what is known of before.

A *stream* is one document's history: `shared`, `todos@ann`, a session. A timeline holds the newest
document of each stream that is in use, at one number of the journal for all of them, and the last
entries of each.

Rule 1: entries are folded in order and without a gap, with the number that the journal gave.

Rule 2: a stream remembers its last changes only, and all of them together are bounded in bytes:
the oldest go first. What one user or browser has is bounded before, so it costs nobody else's.
What is forgotten is said to be: `Held.base`, and `ended` of streams that are not there.

Rule 3: readers take no lock. Whatever is told in several steps is told in an order in which a
reader who comes in between finds less than there is, and that it is less.

Rule 4: what is folded is what is stored; what is shown is what the running code sees in it
(`versions`). The two differ until somebody writes.

Nothing here asks a journal: what is not held is loaded by the `replica`.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from htealeaf.data import streams
from htealeaf.data.documents import same
from htealeaf.data.effects import Document, Folded, begins, ends, fold, same_document
from htealeaf.data.paths import ROOT
from htealeaf.data.sizes import size_of
from htealeaf.data.verbs import Change
from htealeaf.errors import HtealeafError
from htealeaf.state.journal import Entry, Loaded
from htealeaf.state.versions import DocumentUnreadable, Head, Stored, Versions

HISTORY = 512  #: entries that a stream remembers
HISTORY_BYTES = 64 * 1024 * 1024  #: about how many bytes all entries may take together
_SHARE = 64  # of these, so much is the most that the history of one user's document takes
FORGOTTEN = 10_000  #: dropped streams whose end is remembered
STREAMS = 100_000  #: documents that a worker holds
DOCUMENT_BYTES = 256 * 1024 * 1024  #: about how many bytes these may take together

_ABSENT = 10_000  # streams of which it is known that they have no document

log = logging.getLogger("htealeaf")


class Limits(NamedTuple):
    """How much a timeline holds.

    Attributes:
        history: How many entries each stream remembers; for a while some more.
        max_bytes: About how many bytes the entries of all streams may take; the oldest go first.
        streams: How many documents are held; the longest unused go first.
        document_bytes: About how many bytes they may take together.
    """

    history: int = HISTORY
    max_bytes: int = HISTORY_BYTES
    streams: int = STREAMS
    document_bytes: int = DOCUMENT_BYTES


class Look(Protocol):
    """Whoever looks at the documents as they were at one number."""

    n: int


class Held:
    """A stream that is held: its newest document, and its last entries."""

    __slots__ = (
        "base",
        "began",
        "bytes",
        "document",
        "dropped",
        "head",
        "history",
        "size",
        "used",
    )

    def __init__(self, n: int, began: int, root: Any, document: Document | None) -> None:
        # One tuple, so readers see all of it or nothing.
        self.head: Head = (n, root, None)
        self.document = document  # the newest, as it is stored
        self.began = began  # with the default; what may have been before was dropped
        self.base = n  # changes up to this number are forgotten
        self.history: deque[Folded] = deque()
        self.bytes = 0  # about how many these take
        self.dropped = False
        self.size = 0  # about how many bytes the document took when it was weighed
        self.used = 0

    def after(self, n: int, until: int) -> list[Folded]:
        """Return the remembered entries with numbers above *n* up to *until*, oldest first."""
        while True:
            found: list[Folded] = []
            try:
                for entry in reversed(self.history):
                    if entry.n <= n:
                        break
                    if entry.n <= until:
                        found.append(entry)
            except RuntimeError:  # a commit came in between
                continue
            return found[::-1]


_NOTHING: deque[Folded] = deque(maxlen=0)  # an empty one of its own takes 600 bytes


class Timeline:
    """The documents of a worker at one number, and what it remembers of their history.

    Args:
        limits: How much is held.
        tell: Is told which streams have new entries, by whoever folds them; None for any of them.

    Attributes:
        lock: Held while entries are folded.
        stored: What the documents of each store are to this code.
        weighs: Documents are let go where they take too much: not those of a journal in memory,
            which are these very ones.
        line: What is the same as long as the timeline goes on; None while it begins anew.
        n, epoch: Where it is.
        streams: What is held.
        absent: Streams of which it is known that they have no document, and where they are.
        unreadable: Documents that this code can't read: why, and the number at which it was found.
        open: Who looks at older numbers than the newest: what these need is not forgotten.
        tick: Goes up with each stream that is taken up, to tell which are unused.
    """

    def __init__(self, limits: Limits, tell: Callable[[Iterable[str] | None], None]) -> None:
        self.limits, self._tell = limits, tell
        self._history, self._max_bytes = limits.history, limits.max_bytes
        self._own_bytes = limits.max_bytes // _SHARE
        self._slack = limits.history // 8  # so many are forgotten at one go
        self.lock = threading.Lock()
        self.stored = Stored()
        self.weighs = False
        self.open: set[Look] = set()

    def begin(self, epoch: str, n: int) -> None:
        """Hold nothing, at the number *n* of *epoch*. Whoever calls has the lock.

        A reader that finds no line, or another one than before, waits and looks again.
        """
        self.line: object = None
        self.streams: dict[str, Held] = {}
        self.absent: dict[str, Head] = {}
        self.unreadable: dict[str, tuple[DocumentUnreadable, int]] = {}
        self._entries = self._bytes = self._weighed = self.tick = 0
        # All entries, oldest first; some may be forgotten already.
        self._order: deque[tuple[int, Held]] = deque()
        self._dropped: OrderedDict[str, int] = OrderedDict()
        self._forgotten = n  # what was dropped before is not known here
        self.n, self.epoch = n, epoch
        self.line = object()
        self._tell(None)

    # -- holding ---------------------------------------------------------------------------

    def define(self, store: str, versions: Versions) -> None:
        """Say what documents of *store* are."""
        with self.lock:
            self.stored.define(store, versions)
            self.absent = {}  # which begin with something else now

    def take_up(self, stream: str, loaded: Loaded) -> Held | None:
        """Hold what was *loaded* of *stream* at the newest number; whoever calls has the lock.

        Returns:
            None when there is no document.

        Raises:
            DocumentUnreadable: This code can't read it.
        """
        known = self.streams.get(stream)
        if known is not None:
            return known
        if loaded.document is None:
            if len(self.absent) >= _ABSENT:
                self.absent = {}
            self.absent[stream] = self.stored.absent(stream)
            return None
        try:
            seen = self.stored.of(stream).seen(stream, loaded.document, loaded.n)
        except DocumentUnreadable as error:
            self._refuse(stream, error, self.n)
            raise
        known = Held(loaded.n, 0, seen.root, loaded.document)
        if seen is not loaded.document:
            known.head = loaded.n, seen.root, seen
        self._hold(stream, known)
        return known

    def _refuse(self, stream: str, error: DocumentUnreadable, n: int) -> None:
        log.error("%s", error, exc_info=error.__cause__)
        if len(self.unreadable) >= _ABSENT:
            self.unreadable = {}
        self.unreadable[stream] = error, n

    def _hold(self, stream: str, known: Held) -> None:
        self.tick += 1
        known.used = self.tick
        self.streams[stream] = known
        if not self.weighs:
            return
        known.size = size_of(known.head[1])
        self._weighed += known.size
        if len(self.streams) > self.limits.streams or self._weighed > self.limits.document_bytes:
            self._let_go(known)

    def _let_go(self, but: Held) -> None:
        # The longest unused tenth, and more while they are too large.
        unused = sorted(self.streams.items(), key=lambda item: item[1].used)
        most = self.limits.streams - self.limits.streams // 10
        for stream, known in unused:
            if len(self.streams) <= most and self._weighed <= self.limits.document_bytes:
                break
            if known is not but:
                self._leave(stream, known, known.head[0])

    def _leave(self, stream: str, known: Held, base: int) -> None:
        del self.streams[stream]
        known.dropped = True
        self._bytes -= sum(entry.weight for entry in known.history)
        self._entries -= len(known.history)
        self._weighed -= known.size
        known.bytes = 0
        known.base = base  # before the next: who misses an entry knows it
        known.history = _NOTHING  # at once: `_order` names the stream for a while

    # -- folding ---------------------------------------------------------------------------

    def take(self, entries: Sequence[Entry]) -> bool:
        """Fold *entries*, in order; those that are folded already are left out.

        Returns:
            False when some are missing in front of others, which are not folded then.
        """
        if len(entries) == 1:
            (entry,) = entries
            with self.lock:
                if entry.n == self.n + 1:  # as nearly always
                    self._fold(entry)
                    self.n = entry.n
                    self._trim_all()
                    self._tell((entry.stream,))
                    return True
        whole = True
        touched: list[str] = []
        with self.lock:
            for n, group in groupby(entries, attrgetter("n")):
                if n <= self.n:
                    continue
                if n != self.n + 1:
                    whole = False
                    break
                for entry in group:
                    self._fold(entry)
                    touched.append(entry.stream)
                self.n = n  # last: a reader that sees this number finds every head
            self._trim_all()
            if touched:
                self._tell(touched)
        return whole

    def _fold(self, entry: Entry) -> None:
        stream, folded = entry.stream, entry.folded  # a journal in memory has folded it
        known = self.streams.get(stream)
        if known is not None and folded is not None and folded.before is known.head[1]:
            was, now = known.document, folded.document
            is_same = was is not None and now is not None and was.layout is now.layout
            if is_same and known.head[2] is None:  # what is seen goes on being what is stored
                self._append(known, folded, None)
                return
        if known is None and stream not in self.absent:
            self.unreadable.pop(stream, None)  # another one may be readable
            if ends(entry.effects):
                self._note_end(stream, entry.n)
            return  # nobody uses it here
        if known is None and not begins(entry.effects):
            raise HtealeafError(f"the journal has no beginning of stream '{stream}'")
        folded = self._after(known, entry)
        if folded.document is None:
            self._end(stream, known, entry.n)
            return
        try:
            seen = self.stored.of(stream).seen(stream, folded.document, entry.n)
        except DocumentUnreadable as error:
            self._lose(stream, known, error, entry.n)
            return
        if known is None:
            folded = self._started(folded)
            # That it was dropped stays in `_dropped`, for who has just missed it here.
            ended = self.ended(stream)
            known = Held(ended, ended, folded.before, None)
            self._hold(stream, known)
            del self.absent[stream]
        if seen is folded.document:
            self._append(known, folded, None)
        else:
            self._append(known, _as_seen(folded, seen), seen)

    def _append(self, known: Held, folded: Folded, view: Document | None) -> None:
        known.history.append(folded)
        known.document = folded.document
        known.head = folded.n, folded.after, view
        self._order.append((folded.n, known))
        self._bytes += folded.weight
        known.bytes += folded.weight
        self._entries += 1
        if len(known.history) > self._history + self._slack:
            self._trim(known, self._max_bytes)
        elif known.bytes > self._own_bytes and self._is_somebodys(folded.stream):
            self._trim(known, self._own_bytes)

    def _is_somebodys(self, stream: str) -> bool:
        # Of one user, browser or key, who may not make what is known of others be forgotten.
        return streams.split(stream)[1] is not None

    def _after(self, known: Held | None, entry: Entry) -> Folded:
        stream, effects, n = entry.stream, entry.effects, entry.n
        if known is None:
            return entry.folded or fold(stream, None, effects, n)
        view = known.head[2]
        if view is None:
            folded = entry.folded
            if folded is None or folded.before is not known.head[1]:
                folded = fold(stream, known.document, effects, n)
            return folded
        if begins(effects) and same_document(effects[0].value, view):
            # What is seen here is stored now: that is no change.
            return fold(stream, view, effects[1:], n)
        folded = fold(stream, known.document, effects, n)
        if folded.document is not None and begins(effects):
            changes: tuple[Change, ...] = (Change("replace", ROOT),)
            return folded._replace(before=view.root, changes=changes)
        return folded._replace(before=view.root)

    def _lose(self, stream: str, known: Held | None, error: DocumentUnreadable, n: int) -> None:
        # It was readable, and is not any more: newer code has written it.
        self._refuse(stream, error, n)
        self.absent.pop(stream, None)
        if known is not None:
            self._leave(stream, known, n)

    def _started(self, folded: Folded) -> Folded:
        # What was shown here before is this program's default, and the stream may have begun
        # with another one: then all of it is new.
        default = self.stored.begun(folded.stream).root
        if folded.before is default:
            return folded
        if same(folded.before, default):
            return folded._replace(before=default)
        changes = (Change("replace", ROOT), *folded.changes)
        return folded._replace(before=default, changes=changes)

    def _end(self, stream: str, known: Held | None, n: int) -> None:
        self._note_end(stream, n)  # first: who misses the stream finds why
        self.absent[stream] = self.stored.absent(
            stream
        )  # before it leaves, so that nobody goes to load it
        if known is not None:
            self._leave(stream, known, n)

    def _note_end(self, stream: str, n: int) -> None:
        self._dropped[stream] = n
        self._dropped.move_to_end(stream)
        while len(self._dropped) > FORGOTTEN:
            oldest, self._forgotten = next(iter(self._dropped.items()))
            del self._dropped[oldest]

    def ended(self, stream: str) -> int:
        """Return the number up to which a stream that is not there may have been dropped."""
        n = self._dropped.get(stream)
        return self._forgotten if n is None else n

    # -- forgetting ------------------------------------------------------------------------

    def _oldest(self) -> int:
        # The oldest number that somebody looks at. A copy, which `copy` makes at one go, where
        # `tuple` and `list` may let others in.
        seen = [moment.n for moment in self.open.copy()]
        return min(seen) if seen else self.n

    def _trim(self, known: Held, most: int) -> None:
        oldest, history = self._oldest(), known.history
        while len(history) > 1 and (len(history) > self._history or known.bytes > most):
            if history[0].n > oldest:
                break
            self._forget(known)

    def _trim_all(self) -> None:
        if self._bytes <= self._max_bytes and len(self._order) <= 2 * self._entries + 1000:
            return
        oldest = self._oldest()
        while self._bytes > self._max_bytes and self._order and self._order[0][0] <= oldest:
            n, known = self._order.popleft()
            if _is_oldest(n, known):
                self._forget(known)
        if len(self._order) > 2 * self._entries + 1000:
            kept = ((n, known) for n, known in self._order if _remembers(n, known))
            self._order = deque(kept)

    def _forget(self, known: Held) -> None:
        # Its oldest entry. First `base`, so that a reader who misses the entry knows it.
        oldest = known.history[0]
        known.base = oldest.n
        known.history.popleft()
        self._bytes -= oldest.weight
        known.bytes -= oldest.weight
        self._entries -= 1

    def stats(self) -> dict[str, int]:
        """Return how much is held, and how much at most."""
        with self.lock:
            return {
                "documents": len(self.streams),
                "max_documents": self.limits.streams,
                "document_bytes": self._weighed if self.weighs else 0,
                "max_document_bytes": self.limits.document_bytes,
                "entries": self._entries,
                "max_entries_of_a_stream": self._history,
                "entry_bytes": self._bytes,
                "max_entry_bytes": self._max_bytes,
            }


def _as_seen(folded: Folded, seen: Document) -> Folded:
    # An entry of code with another version. After a migration nobody knows what it did; places
    # that are new stand beside those that it changed, or in what it put there.
    stored = folded.document
    migrated = stored is not None and stored.layout.version != seen.layout.version
    changes = (Change("replace", ROOT),) if migrated else folded.changes
    return folded._replace(after=seen.root, changes=changes)


def _is_oldest(n: int, known: Held) -> bool:
    return not known.dropped and bool(known.history) and known.history[0].n == n


def _remembers(n: int, known: Held) -> bool:
    return not known.dropped and bool(known.history) and known.history[0].n <= n
