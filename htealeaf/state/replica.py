"""Replica: the documents of a worker and their history, folded from the entries of a journal.

A *stream* is one document's history: `shared`, `todos@ann`, a session. A `Moment` shows all
documents at one number; documents share what did not change, so a moment costs nothing and readers
never wait. Streams are loaded at their first use.

Rule 1: entries are folded in order and without a gap, with the number that the journal gave. A
replica that finds a gap, or another epoch, forgets what it has and loads it again.

Rule 2: a stream remembers its last changes only, and all of them together are bounded in bytes:
the oldest go first. What one user or browser has is bounded before, so it costs nobody else's.
Asked for older ones, the replica says that it does not know, and never guesses.

Rule 3: no read depends on what happens to be remembered. What a moment shows and memory has lost is
loaded at its number, or the moment is over.

Rule 4: readers take no lock. The lock is held while entries are folded, and no backend is asked
under it but for a load that others keep overtaking.

Rule 5: what is folded is what is stored; what is shown is what the running code sees in it
(`versions`). The two differ until somebody writes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from htealeaf.data import streams
from htealeaf.data.cursor import Cursor
from htealeaf.data.documents import same, shape
from htealeaf.data.effects import Document, Folded, begins, ends, fold, same_document
from htealeaf.data.layouts import layout_of
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.sizes import size_of
from htealeaf.data.verbs import Change
from htealeaf.errors import HtealeafError, TargetGone
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.bounds import Bounds
from htealeaf.state.committer import Committer
from htealeaf.state.drafts import Write, dropping
from htealeaf.state.follower import Follower
from htealeaf.state.journal import (
    ONCE,
    Description,
    Entry,
    EpochChanged,
    Journal,
    JournalTrimmed,
    Loaded,
    Once,
)
from htealeaf.state.versions import DocumentUnreadable, Stored, Versions

HISTORY = 512  #: entries that a stream remembers
HISTORY_BYTES = 64 * 1024 * 1024  #: about how many bytes all entries may take together
_SHARE = 64  # of these, so much is the most that the history of one user's document takes
FORGOTTEN = 10_000  #: dropped streams whose end is remembered
STREAMS = 100_000  #: documents that a worker holds
DOCUMENT_BYTES = 256 * 1024 * 1024  #: about how many bytes these may take together

log = logging.getLogger("htealeaf")

#: Is told which streams have new entries; None for any of them.
Listener: TypeAlias = Callable[[Iterable[str] | None], None]

RECENT = 0.001  #: seconds in which a request that has asked what is new does not ask again

_ABSENT = 10_000  # streams of which it is known that they have no document
REACH = 2.0  #: seconds that a request waits for what its browser has seen elsewhere
_LOADS = 3  # tries to load a stream before entries have to wait for it
_PAGE = 1000  # entries, or names, that are asked for at one go


class MomentGone(HtealeafError):
    """What a moment showed is kept nowhere any more: look again, at a newer one."""

    status_hint = 503
    public = "This could not be shown just now. Please try again."


class Behind(HtealeafError):
    """A browser has seen more than this worker knows, and it does not come in time."""

    status_hint = 503
    public = "This could not be shown just now. Please try again."


class _Stream:
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
        # Its number, its root, and how it is seen where that is another document than the stored
        # one. One tuple, so readers see all of it or nothing.
        self.head: tuple[int, Any, Document | None] = (n, root, None)
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


class Moment:
    """All documents at one cursor; any thread may ask inside of the `with` block that opens it."""

    __slots__ = ("_line", "_loaded", "_replica", "_streams", "_tick", "epoch", "n")

    def __init__(self, replica: Replica) -> None:
        self._replica = replica
        self._loaded: dict[str, Any] | None = None  # what was looked for elsewhere
        self.n = -1

    def __enter__(self) -> Moment:
        # Without the lock, so that nobody waits for a commit. First nothing at all may be
        # forgotten: then the newest number is one that still can be shown.
        replica = self._replica
        replica._open.add(self)
        while True:
            line = self._line = replica._line
            self.epoch, self._streams, n = replica.epoch, replica._streams, replica._n
            self._tick = replica._tick
            if line is not None and replica._line is line:
                break
            with replica._lock:  # it begins anew
                pass
        self.n = n
        return self

    def __exit__(self, *error: object) -> None:
        self._replica._open.discard(self)

    @property
    def cursor(self) -> Cursor:
        """Return the cursor of this moment."""
        return Cursor(self.epoch, self.n)

    def root(self, stream: str) -> Any:
        """Return the document of *stream* at this moment, frozen; its default if it has none.

        Raises:
            MomentGone: It was lost from memory, and the journal does not keep it any more.
        """
        found = self._streams.get(stream)
        if found is None:
            return self._missing(stream)
        found.used = self._tick
        n, root, _ = found.head
        if n <= self.n:
            return root
        for entry in reversed(found.history.copy()):
            if entry.n <= self.n:
                break
            root = entry.before
        # Asked last: what is forgotten raises it first.
        return root if found.base <= self.n else self._again(stream)

    def _missing(self, stream: str) -> Any:
        # Looked for once: what it is at this moment, it stays.
        if self._loaded is None:
            self._loaded = {}
        elif stream in self._loaded:
            return self._loaded[stream]
        replica = self._replica
        if replica._line is self._line:
            found = replica._first(stream)
            if found is not None and found.head[0] <= self.n:
                return found.head[1]
            if found is None and replica._ended(stream) <= self.n:
                root = self._loaded[stream] = replica.default(stream)
                return root
        return self._again(stream)

    def _again(self, stream: str) -> Any:
        # From the journal, at the number of this moment.
        if self._loaded is None:
            self._loaded = {}
        if stream not in self._loaded:
            self._loaded[stream] = self._replica._root_at(stream, self.n, self.epoch)
        return self._loaded[stream]


class Replica:
    """A worker's documents.

    Args:
        journal: Where they come from; without one, a journal in memory.
        history: How many entries each stream remembers; for a while some more.
        max_bytes: About how many bytes the entries of all streams may take; the oldest go first.
        once: How many one-time ids a journal that is made here remembers.
        streams: How many documents are held; the longest unused go first, and are loaded again.
        document_bytes: About how many bytes they may take together. Neither limit is asked where
            the journal is in memory: its documents are these.
    """

    def __init__(
        self,
        journal: Journal | None = None,
        *,
        history: int = HISTORY,
        max_bytes: int = HISTORY_BYTES,
        once: int = ONCE,
        streams: int = STREAMS,
        document_bytes: int = DOCUMENT_BYTES,
    ) -> None:
        self.journal: Journal = MemoryJournal(once=once) if journal is None else journal
        self._history, self._max_bytes = history, max_bytes
        self._own_bytes = max_bytes // _SHARE
        self._slack = history // 8  # so many are forgotten at one go
        self._max_streams, self._max_documents = streams, document_bytes
        self._lock = threading.Lock()
        self._stored = Stored()
        #: What requests may let documents grow to; None for anything.
        self.bounds: Bounds | None = None
        self._open: set[Moment] = set()
        self.committer = Committer(self)
        self._of_thread = threading.local()
        self._follower: Follower | None = None
        self._listeners: tuple[Listener, ...] = ()
        self._arrive(self.journal)

    def _arrive(self, journal: Journal) -> None:
        told = journal.describe()
        self.journal = journal
        # One in memory shares its documents, and shows its number.
        self._shared = journal if isinstance(journal, MemoryJournal) else None
        self.kind = told.kind  #: of the journal; see `journal.Description`
        self.near = told.near  #: asking the journal is free, so it is asked each time
        self._begin(told.epoch, told.n)
        if self._follower is not None:
            self._follower.stop()
        self._follower = Follower(self)

    def use(self, journal: Journal) -> None:
        """Go over to *journal*, whose documents are there from now on.

        Raises:
            HtealeafError: Something was written before; it would be lost.
        """
        if self._shared is None or self.journal.describe().n:
            raise HtealeafError(
                "stores were written before their journal was named: write"
                " SuperStore(app, journal=...) above what writes to them"
            )
        self._go_over(journal)

    def _go_over(self, journal: Journal) -> None:
        with self._lock:
            self._arrive(journal)

    def close(self) -> None:
        """Let go of the journal. Nothing is asked of the replica afterwards."""
        if self._follower is not None:
            self._follower.stop()
        self.journal.close()

    def listen(self, listener: Listener) -> None:
        """Let *listener* know which streams have new entries; None for any of them.

        It is called by whoever folds these, so it has to be quick, and asks nothing of the replica.
        """
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def unlisten(self, listener: Listener) -> None:
        """Tell *listener* no more."""
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one != listener)
            if self.near and not self._listeners and self._follower is not None:
                self._follower.stop()
                self._follower = Follower(self)

    def settle(self) -> None:
        """Fold what is new, and wait for whoever is folding something. For tests."""
        self.catch_up()
        with self._lock:
            pass

    def _tell(self, touched: Iterable[str] | None) -> None:
        for listener in self._listeners:
            listener(touched)

    def _begin(self, epoch: str, n: int) -> None:
        # A reader that finds no line, or another one than before, waits and looks again.
        self._line: object = None
        self._streams: dict[str, _Stream] = {}
        self._absent: dict[str, None] = {}
        # Why, and the number at which that was found.
        self._unreadable: dict[str, tuple[DocumentUnreadable, int]] = {}
        self._entries = self._bytes = self._weighed = self._tick = 0
        # All entries, oldest first; some may be forgotten already.
        self._order: deque[tuple[int, _Stream]] = deque()
        self._dropped: OrderedDict[str, int] = OrderedDict()
        self._forgotten = n  # what was dropped before is not known here
        self._n, self.epoch = n, epoch
        self._line = object()
        self._tell(None)

    # -- reading ---------------------------------------------------------------------------

    @property
    def cursor(self) -> Cursor:
        """Return where the replica is now."""
        return Cursor(self.epoch, self._n)

    def is_at(self, cursor: Cursor, *, newest: bool = True) -> bool:
        """Tell whether nothing has happened since *cursor*; *newest* as for `moment`."""
        if newest and self.is_behind:
            self._ask()
        return cursor.n == self._n and cursor.epoch == self.epoch

    def define(self, store: str, default: Any, versions: Versions | None = None) -> None:
        """Say what a stream of *store* holds before it is first written: a frozen document.

        Args:
            versions: What its older documents are; without it, it has had one version only.
        """
        self._stored.define(store, versions or Versions(default, layout_of(default)))

    def default(self, stream: str) -> Any:
        """Return what *stream* holds before it is first written."""
        return self._stored.begun(stream).root

    def versions(self, stream: str) -> Versions:
        """Return what the documents of the store of *stream* are to this code."""
        return self._stored.of(stream)

    def root(self, stream: str) -> Any:
        """Return the newest document of *stream*, frozen."""
        self.catch_up()
        found = self._streams.get(stream) or self._first(stream)
        return self.default(stream) if found is None else found.head[1]

    def head(self, stream: str) -> tuple[int, Any, Document | None]:
        """Return where *stream* is.

        Returns:
            The number of its last entry, 0 for none; its document; and what has to be written
            before anything else is, if anything: the whole document, where there is none, and
            where another one is seen than stored.
        """
        found = self._streams.get(stream) or self._first(stream)
        if found is not None:
            return found.head
        begun = self._stored.begun(stream)
        return 0, begun.root, begun

    @property
    def n(self) -> int:
        """Return the number that the replica is at."""
        return self._n

    def moment(self, *, newest: bool = True) -> Moment:
        """Return the newest moment, for `with`. What it shows is kept until the block ends.

        Args:
            newest: Ask the journal for what others have written. Who has just committed need not.
        """
        if newest and self.is_behind:
            self._ask()
        return Moment(self)

    def since(self, streams: Iterable[str], n: int, until: int) -> list[Folded] | None:
        """Return the entries of *streams* with numbers above *n* up to *until*, in order.

        Returns:
            None when some of them are forgotten, or *n* has not happened in this epoch.
        """
        if n > self._n:
            return None
        found: list[Folded] = []
        for stream in streams:
            try:
                known = self._streams.get(stream) or self._first(stream)
            except DocumentUnreadable:
                # Whoever reads it is told; the rest of a page goes on.
                lost = self._unreadable[stream][1]
                if n < lost <= until:
                    found.append(Folded(lost, stream, (Change("replace", ROOT),), None, None))
                continue
            if known is None:
                if self._ended(stream) > n:
                    return None
                continue
            if known.head[0] <= n:
                continue
            found += known.after(n, until)
            if known.base > n:
                return None
        if len(found) > 1:
            found.sort(key=lambda entry: entry.n)
        return found

    def history(self, stream: str) -> list[Folded]:
        """Return all that is known of what happened to *stream*, oldest first.

        That is what is remembered here, and before it what the journal keeps.
        """
        known = self._streams.get(stream) or self._first(stream)
        if known is None:
            return []
        base = known.base
        found = known.after(base, self._n)
        return (
            found if base <= known.began and known.began else [*self._older(stream, base), *found]
        )

    def _older(self, stream: str, until: int) -> list[Folded]:
        found: list[Folded] = []
        told = self.journal.describe()
        n, epoch = told.oldest, self.epoch
        if told.epoch != epoch or n >= until:
            return found
        try:
            document = self.journal.load(stream, n, epoch=epoch).document
            while n < until:
                entries = self.journal.after(n, epoch=epoch, limit=_PAGE)
                for entry in entries:
                    if entry.stream == stream and entry.n <= until:
                        one = fold(stream, document, entry.effects, entry.n)
                        document = one.document
                        found = [*found, one] if document is not None else []
                if not entries:
                    break
                n = entries[-1].n
        except (EpochChanged, JournalTrimmed):
            return []
        return found

    def had(self, stream: str, path: Path) -> bool:
        """Tell whether the document of *stream* had *path* once, whatever is remembered of it."""
        found = self._streams.get(stream) or self._first(stream)
        return found is not None and found.document is not None and found.document.had(path)

    def exists(self, stream: str) -> bool:
        """Tell whether *stream* has a document of its own: it was written, and not dropped."""
        try:
            return (self._streams.get(stream) or self._first(stream)) is not None
        except DocumentUnreadable:
            return True

    def streams(self, store: str) -> list[str]:
        """Return the streams of *store* that have a document."""
        found: list[str] = []
        while True:
            more = self.journal.scan(store, after=found[-1] if found else "", limit=_PAGE)
            found += more
            if len(more) < _PAGE:
                return found

    # -- loading ---------------------------------------------------------------------------

    def _first(self, stream: str) -> _Stream | None:
        # At its first use, and again when it was unused for long.
        if stream in self._absent:
            return None
        if stream in self._unreadable:
            raise self._unreadable[stream][0].again()
        for _ in range(_LOADS):
            line, n = self._line, self._n
            loaded = self._load(stream, n, self.epoch)
            if loaded is None:
                continue
            with self._lock:
                if self._n == n and self._line is line:
                    return self._took(stream, loaded)
        while True:
            with self._lock:  # entries wait meanwhile
                loaded = self._load(stream, self._n, self.epoch, restarting=False)
                if loaded is not None:
                    return self._took(stream, loaded)
            self.restart()

    def _load(self, stream: str, n: int, epoch: str, *, restarting: bool = True) -> Loaded | None:
        # None: there is nothing to be had at that number. After a restart there is.
        try:
            return self.journal.load(stream, n, epoch=epoch)
        except (EpochChanged, JournalTrimmed):
            if restarting:
                self.restart()
            return None

    def _took(self, stream: str, loaded: Loaded) -> _Stream | None:
        known = self._streams.get(stream)
        if known is not None:
            return known
        if loaded.document is None:
            if len(self._absent) >= _ABSENT:
                self._absent = {}
            self._absent[stream] = None
            return None
        try:
            seen = self._stored.of(stream).seen(stream, loaded.document, loaded.n)
        except DocumentUnreadable as error:
            self._refuse(stream, error, self._n)
            raise
        known = _Stream(loaded.n, 0, seen.root, loaded.document)
        if seen is not loaded.document:
            known.head = loaded.n, seen.root, seen
        self._hold(stream, known)
        return known

    def _refuse(self, stream: str, error: DocumentUnreadable, n: int) -> None:
        log.error("%s", error, exc_info=error.__cause__)
        if len(self._unreadable) >= _ABSENT:
            self._unreadable = {}
        self._unreadable[stream] = error, n

    def _hold(self, stream: str, known: _Stream) -> None:
        self._tick += 1
        known.used = self._tick
        self._streams[stream] = known
        if self._shared is not None:
            return
        known.size = size_of(known.head[1])
        self._weighed += known.size
        if len(self._streams) > self._max_streams or self._weighed > self._max_documents:
            self._let_go(known)

    def _let_go(self, but: _Stream) -> None:
        # The longest unused tenth, and more while they are too large.
        unused = sorted(self._streams.items(), key=lambda item: item[1].used)
        most = self._max_streams - self._max_streams // 10
        for stream, known in unused:
            if len(self._streams) <= most and self._weighed <= self._max_documents:
                break
            if known is not but:
                self._leave(stream, known, known.head[0])

    def _leave(self, stream: str, known: _Stream, base: int) -> None:
        del self._streams[stream]
        known.dropped = True
        self._bytes -= sum(entry.weight for entry in known.history)
        self._entries -= len(known.history)
        self._weighed -= known.size
        known.bytes = 0
        known.base = base  # before the next: who misses an entry knows it
        known.history = _NOTHING  # at once: `_order` names the stream for a while

    def _root_at(self, stream: str, n: int, epoch: str) -> Any:
        try:
            loaded = self.journal.load(stream, n, epoch=epoch)
        except (EpochChanged, JournalTrimmed) as error:
            raise MomentGone(f"'{stream}' is not kept any more as it was at {n}") from error
        if loaded.document is None:
            return self.default(stream)
        return self._stored.of(stream).seen(stream, loaded.document, loaded.n).root

    # -- following the journal -------------------------------------------------------------

    def catch_up(self) -> None:
        """Fold what is new, where asking for it is free; else whoever `follow`s does it.

        Who reads does not wait for who commits, and who commits folds what is new.

        Raises:
            JournalUnreachable: The journal does not answer.
        """
        if self.is_behind:  # nearly never, where the journal is in memory
            self._ask()

    def arrive(self) -> None:
        """Begin a request of this thread: what is asked for all of it need not be asked again."""
        self.committer.forget()
        self._of_thread.asked = 0.0

    def depart(self) -> None:
        """End what `arrive` began."""
        self._of_thread.asked = None

    def _ask(self) -> None:
        if not self.near:
            self.wait_for_others()
            return
        if self.committer.busy:
            return
        asked = getattr(self._of_thread, "asked", None)
        if asked is not None:  # who its browser is was asked for a moment ago
            now = time.monotonic()
            if now - asked < RECENT:
                return
            self._of_thread.asked = now
        self.follow()

    def wait_for_others(self) -> None:
        """See that a thread waits for what others write, and folds it."""
        if self._follower is not None:
            self._follower.run()

    def reach(self, cursor: Cursor, timeout: float = REACH) -> None:
        """Wait until *cursor* can be seen, which a browser has seen at this or another worker.

        One of another epoch, or one that the journal has not come to, is not waited for: who shows
        it gets the whole page.

        Raises:
            Behind: It does not come in time.
        """
        ends: float | None = None
        while cursor.epoch == self.epoch and cursor.n > self._n:
            if ends is None:
                ends = time.monotonic() + timeout
                self.follow()
                if cursor.n > self._n and cursor.n > self.journal.describe().n:
                    return
            elif time.monotonic() >= ends:
                raise Behind(f"{cursor} was seen elsewhere, and this worker is at {self.cursor}")
            else:
                self.follow(max(0.0, ends - time.monotonic()))

    @property
    def is_behind(self) -> bool:
        """Tell whether the journal may have more."""
        shared = self._shared
        return shared is None or shared.n != self._n or shared.epoch != self.epoch

    def follow(self, timeout: float = 0.0) -> int:
        """Ask the journal for what is new, and fold it.

        Args:
            timeout: Seconds to wait for something.

        Returns:
            The number that the replica is at then.
        """
        while True:
            try:
                entries = self.journal.after(
                    self._n, epoch=self.epoch, limit=_PAGE, timeout=timeout
                )
            except (EpochChanged, JournalTrimmed):
                self.restart()
                return self._n
            if not entries:
                return self._n
            self.take(entries)
            if len(entries) < _PAGE:
                return self._n

    def take(self, entries: Sequence[Entry] | None) -> None:
        """Fold *entries*, which the journal gave; None when it does not have all of them.

        Those that are folded already are left out.
        """
        if entries is not None and len(entries) == 1:
            (entry,) = entries
            with self._lock:
                if entry.n == self._n + 1:  # as nearly always
                    self._fold(entry)
                    self._n = entry.n
                    self._trim_all()
                    if self._listeners:
                        self._tell((entry.stream,))
                    return
        whole = entries is not None
        touched: list[str] = []
        with self._lock:
            for n, group in groupby(entries or (), attrgetter("n")):
                if n <= self._n:
                    continue
                if n != self._n + 1:
                    whole = False
                    break
                for entry in group:
                    self._fold(entry)
                    touched.append(entry.stream)
                self._n = n  # last: a reader that sees this number finds every head
            self._trim_all()
            if touched:
                self._tell(touched)
        if not whole:
            self.restart()

    def restart(self) -> None:
        """Forget every document and begin where the journal is now, in its epoch."""
        told = self.journal.describe()
        with self._lock:
            if told.epoch != self.epoch or told.n > self._n:
                self._begin(told.epoch, told.n)

    def _fold(self, entry: Entry) -> None:
        stream, folded = entry.stream, entry.folded  # a journal in memory has folded it
        known = self._streams.get(stream)
        if known is not None and folded is not None and folded.before is known.head[1]:
            was, now = known.document, folded.document
            is_same = was is not None and now is not None and was.layout is now.layout
            if is_same and known.head[2] is None:  # what is seen goes on being what is stored
                self._append(known, folded, None)
                return
        if known is None and stream not in self._absent:
            self._unreadable.pop(stream, None)  # another one may be readable
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
            seen = self._stored.of(stream).seen(stream, folded.document, entry.n)
        except DocumentUnreadable as error:
            self._lose(stream, known, error, entry.n)
            return
        if known is None:
            folded = self._started(folded)
            # That it was dropped stays in `_dropped`, for who has just missed it here.
            ended = self._ended(stream)
            known = _Stream(ended, ended, folded.before, None)
            self._hold(stream, known)
            del self._absent[stream]
        if seen is folded.document:
            self._append(known, folded, None)
        else:
            self._append(known, _as_seen(folded, seen), seen)

    def _append(self, known: _Stream, folded: Folded, view: Document | None) -> None:
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

    def _after(self, known: _Stream | None, entry: Entry) -> Folded:
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

    def _lose(self, stream: str, known: _Stream | None, error: DocumentUnreadable, n: int) -> None:
        # It was readable, and is not any more: newer code has written it.
        self._refuse(stream, error, n)
        self._absent.pop(stream, None)
        if known is not None:
            self._leave(stream, known, n)

    def _started(self, folded: Folded) -> Folded:
        # What was shown here before is this program's default, and the stream may have begun
        # with another one: then all of it is new.
        default = self.default(folded.stream)
        if folded.before is default:
            return folded
        if same(folded.before, default):
            return folded._replace(before=default)
        changes = (Change("replace", ROOT), *folded.changes)
        return folded._replace(before=default, changes=changes)

    def _end(self, stream: str, known: _Stream | None, n: int) -> None:
        self._note_end(stream, n)  # first: who misses the stream finds why
        self._absent[stream] = None  # before it leaves, so that nobody goes to load it
        if known is not None:
            self._leave(stream, known, n)

    def _note_end(self, stream: str, n: int) -> None:
        self._dropped[stream] = n
        self._dropped.move_to_end(stream)
        while len(self._dropped) > FORGOTTEN:
            oldest, self._forgotten = next(iter(self._dropped.items()))
            del self._dropped[oldest]

    def _ended(self, stream: str) -> int:
        # The number up to which a stream that is not there may have been dropped.
        n = self._dropped.get(stream)
        return self._forgotten if n is None else n

    # -- forgetting ------------------------------------------------------------------------

    def _oldest(self) -> int:
        # The oldest number that somebody looks at. A copy, which `copy` makes at one go, where
        # `tuple` and `list` may let others in.
        seen = [moment.n for moment in self._open.copy()]
        return min(seen) if seen else self._n

    def _trim(self, known: _Stream, most: int) -> None:
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

    def _forget(self, known: _Stream) -> None:
        # Its oldest entry. First `base`, so that a reader who misses the entry knows it.
        oldest = known.history[0]
        known.base = oldest.n
        known.history.popleft()
        self._bytes -= oldest.weight
        known.bytes -= oldest.weight
        self._entries -= 1

    # -- writing ---------------------------------------------------------------------------

    def past(self, write: Write, root: Any, alone: bool, until: int) -> Sequence[Change]:
        """Return what happened since the shape version of *write*, up to the number *until*.

        Raises:
            TargetGone: It was seen in another epoch, or before what is remembered.
        """
        stream, n = write.stream, 0
        if write.shape != "0":
            seen = Cursor.parse(write.shape or "")
            if seen.epoch != self.epoch or seen.n > until:
                raise TargetGone(f"'{write.mutation.path}' was seen in another epoch")
            n = seen.n
        known = self._streams.get(stream) or self._first(stream)
        if write.shape == "0" and known is not None:
            n = known.began  # the list was still as in the default
        forgotten = self._ended(stream) if known is None else known.base
        if forgotten > n:
            # What is forgotten does not matter where no list on the way was reshaped since.
            newest = shape(root, write.mutation.path)
            if newest is not None and newest <= n and alone:
                return ()
            raise TargetGone(
                f"'{write.mutation.path}' was seen before what is remembered of its store"
            )
        if known is None:
            return ()
        return [c for entry in known.after(n, until) for c in entry.changes]

    def claimed(self, id: str) -> bool:
        """Tell whether the one-time id *id* is taken, and what its commit did can be seen here.

        Where it can't yet, who commits with the id waits, and is told then.
        """
        known = self.journal.claimed(id)
        if known is not None and known.n > self._n:
            self.catch_up()
        return known is not None and known.n <= self._n

    def commit(
        self,
        writes: Sequence[Write],
        *,
        once: str | Once | None = None,
        expect: Iterable[tuple[str, Path, Any]] = (),
    ) -> int:
        """Apply *writes* in order as one step.

        Args:
            writes: What to do; see `Write`.
            once: A one-time id. When it was used before, nothing is done.
            expect: What was read: stream, path, and the value that has to be there still
                (`MISSING` for none).

        Returns:
            The number after it; the same as before when nothing changed.

        Raises:
            Conflict: A value in *expect* has changed meanwhile.
            TargetGone: What a path led to, under its shape version, is not there any more.
            JournalUnreachable: Nobody knows whether it happened: ask again with the same *once*.
            HtealeafError: What a mutation raises. Nothing is changed then.
        """
        wanted = Once(once) if isinstance(once, str) else once
        return self.committer.commit(writes, wanted, expect).n

    def drop(self, stream: str) -> None:
        """Forget *stream*: it is at its default again. Pages that showed it are sent whole."""
        self.commit([dropping(stream)])

    def reset(self) -> None:
        """Begin anew: every stream at its default, in a new epoch. For tests.

        Raises:
            HtealeafError: The journal is none in memory.
        """
        if self._shared is None:
            raise HtealeafError(
                "only a journal in memory begins anew; what this one keeps is never emptied."
                " Do it within its in_memory()"
            )
        self._shared.reset()
        self.restart()

    @contextmanager
    def in_memory(self) -> Iterator[None]:
        """Begin anew in memory within the block, whatever the journal is. For tests.

        A journal that lasts is neither read nor written meanwhile, and is as it was behind the
        block. One in memory stays the same, and what was written within the block stays in it.
        """
        kept = None if self._shared is not None else self.journal
        if kept is None:
            self.reset()
        else:
            self._go_over(MemoryJournal())
        try:
            yield
        finally:
            if kept is not None:
                self._go_over(kept)

    def count(self) -> int:
        """Return how many documents take room in memory for good; 0 where a journal lasts."""
        return 0 if self._shared is None else self._shared.describe().streams

    def stats(self, told: Description | None = None) -> dict[str, int]:
        """Return how much is remembered, and how much at most: entries of history, once ids.

        Args:
            told: What the journal said of itself; without it, it is asked.
        """
        told = told or self.journal.describe()
        with self._lock:
            weighed = self._shared is None  # those of a journal in memory are the data itself
            return {
                "streams": told.streams,
                "documents": len(self._streams),
                "max_documents": self._max_streams,
                "document_bytes": self._weighed if weighed else 0,
                "max_document_bytes": self._max_documents,
                "entries": self._entries,
                "max_entries_of_a_stream": self._history,
                "entry_bytes": self._bytes,
                "max_entry_bytes": self._max_bytes,
                "once": told.once,
                "max_once": told.max_once,
            }


def _as_seen(folded: Folded, seen: Document) -> Folded:
    # An entry of code with another version. After a migration nobody knows what it did; places
    # that are new stand beside those that it changed, or in what it put there.
    stored = folded.document
    migrated = stored is not None and stored.layout.version != seen.layout.version
    changes = (Change("replace", ROOT),) if migrated else folded.changes
    return folded._replace(after=seen.root, changes=changes)


def _is_oldest(n: int, known: _Stream) -> bool:
    return not known.dropped and bool(known.history) and known.history[0].n == n


def _remembers(n: int, known: _Stream) -> bool:
    return not known.dropped and bool(known.history) and known.history[0].n <= n
