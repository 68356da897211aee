"""Replica: the documents of a worker, loaded from a journal at their first use and kept up to it.

The documents themselves, and what is remembered of their history, are those of a `timeline`; a
`Moment` shows all of them at one number, and a `Committer` writes.

Rule 1: a replica that finds a gap in what the journal gives, or another epoch, forgets what it has
and loads it again.

Rule 2: asked for changes that are forgotten, it says that it does not know, and never guesses.

Rule 3: readers take no lock. No backend is asked under the lock but for a load that others keep
overtaking.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

from htealeaf.data import streams
from htealeaf.data.cursor import Cursor
from htealeaf.data.documents import shape
from htealeaf.data.effects import Folded
from htealeaf.data.layouts import layout_of
from htealeaf.data.paths import ROOT, Path
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
from htealeaf.state.moment import Moment, MomentGone
from htealeaf.state.timeline import (
    DOCUMENT_BYTES,
    HISTORY,
    HISTORY_BYTES,
    STREAMS,
    Held,
    Limits,
    Timeline,
)
from htealeaf.state.versions import DocumentUnreadable, Head, Versions

#: Is told which streams have new entries; None for any of them.
Listener: TypeAlias = Callable[[Iterable[str] | None], None]

RECENT = 0.001  #: seconds in which a request that has asked what is new does not ask again
REACH = 2.0  #: seconds that a request waits for what its browser has seen elsewhere
_LOADS = 3  # tries to load a stream before entries have to wait for it
_PAGE = 1000  # entries, or names, that are asked for at one go


class Behind(HtealeafError):
    """A browser has seen more than this worker knows, and it does not come in time."""

    status_hint = 503
    public = "This could not be shown just now. Please try again."


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
        self._listeners: tuple[Listener, ...] = ()
        #: What is held of it, and remembered.
        self.timeline = Timeline(Limits(history, max_bytes, streams, document_bytes), self._tell)
        #: What requests may let documents grow to; None for anything.
        self.bounds: Bounds | None = None
        self.committer = Committer(self)
        self._of_thread = threading.local()
        self._follower: Follower | None = None
        self._arrive(self.journal)

    def _arrive(self, journal: Journal) -> None:
        told = journal.describe()
        self.journal = journal
        # One in memory shares its documents, and shows its number.
        self._shared = journal if isinstance(journal, MemoryJournal) else None
        self.kind = told.kind  #: of the journal; see `journal.Description`
        self.near = told.near  #: asking the journal is free, so it is asked each time
        self.timeline.weighs = self._shared is None
        self.timeline.begin(told.epoch, told.n)
        if self._follower is not None:
            self._follower.stop()
        self._follower = Follower(self)

    def use(self, journal: Journal) -> None:
        """Go over to *journal*, whose documents are there from now on.

        Topics that were touched before hold nothing that could be lost.

        Raises:
            HtealeafError: Something was written before; it would be lost.
        """
        if self._shared is None or not all(map(streams.is_topic, self.journal.scan(""))):
            raise HtealeafError(
                "stores were written before their journal was named: write"
                " SuperStore(app, journal=...) above what writes to them"
            )
        self._go_over(journal)

    def _go_over(self, journal: Journal) -> None:
        with self.timeline.lock:
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
        with self.timeline.lock:
            self._listeners = (*self._listeners, listener)

    def unlisten(self, listener: Listener) -> None:
        """Tell *listener* no more."""
        with self.timeline.lock:
            self._listeners = tuple(one for one in self._listeners if one != listener)
            if self.near and not self._listeners and self._follower is not None:
                self._follower.stop()
                self._follower = Follower(self)

    def settle(self) -> None:
        """Fold what is new, and wait for whoever is folding something. For tests."""
        self.catch_up()
        with self.timeline.lock:
            pass

    def _tell(self, touched: Iterable[str] | None) -> None:
        for listener in self._listeners:
            listener(touched)

    # -- reading ---------------------------------------------------------------------------

    @property
    def cursor(self) -> Cursor:
        """Return where the replica is now."""
        return Cursor(self.timeline.epoch, self.timeline.n)

    def is_at(self, cursor: Cursor, *, newest: bool = True) -> bool:
        """Tell whether nothing has happened since *cursor*; *newest* as for `moment`."""
        if newest and self.is_behind:
            self._ask()
        timeline = self.timeline
        return cursor.n == timeline.n and cursor.epoch == timeline.epoch

    def define(self, store: str, default: Any, versions: Versions | None = None) -> None:
        """Say what a stream of *store* holds before it is first written: a frozen document.

        Args:
            versions: What its older documents are; without it, it has had one version only.
        """
        self.timeline.define(store, versions or Versions(default, layout_of(default)))

    def default(self, stream: str) -> Any:
        """Return what *stream* holds before it is first written."""
        return self.timeline.stored.begun(stream).root

    def versions(self, stream: str) -> Versions:
        """Return what the documents of the store of *stream* are to this code."""
        return self.timeline.stored.of(stream)

    def root(self, stream: str) -> Any:
        """Return the newest document of *stream*, frozen."""
        self.catch_up()
        found = self.held(stream)
        return self.default(stream) if found is None else found.head[1]

    def head(self, stream: str) -> Head:
        """Return where *stream* is.

        What has to be written first is the whole document, where there is none, and where another
        one is seen than stored.
        """
        timeline = self.timeline
        found = timeline.streams.get(stream)
        if found is not None:
            return found.head
        absent = timeline.absent.get(stream)
        if absent is not None:
            return absent
        found = self.loaded(stream)
        return timeline.stored.absent(stream) if found is None else found.head

    @property
    def n(self) -> int:
        """Return the number that the replica is at."""
        return self.timeline.n

    @property
    def epoch(self) -> str:
        """Return the epoch of that number."""
        return self.timeline.epoch

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
        if n > self.timeline.n:
            return None
        found: list[Folded] = []
        for stream in streams:
            try:
                known = self.held(stream)
            except DocumentUnreadable:
                # Whoever reads it is told; the rest of a page goes on.
                lost = self.timeline.unreadable[stream][1]
                if n < lost <= until:
                    found.append(Folded(lost, stream, (Change("replace", ROOT),), None, None))
                continue
            if known is None:
                if self.timeline.ended(stream) > n:
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

    def had(self, stream: str, path: Path) -> bool:
        """Tell whether the document of *stream* had *path* once, whatever is remembered of it."""
        found = self.held(stream)
        return found is not None and found.document is not None and found.document.had(path)

    def exists(self, stream: str) -> bool:
        """Tell whether *stream* has a document of its own: it was written, and not dropped."""
        try:
            return stream in self.timeline.streams or self.loaded(stream) is not None
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

    def held(self, stream: str) -> Held | None:
        """Return what is held of *stream*, loaded where nothing is; None without a document.

        Raises:
            DocumentUnreadable: This code can't read it.
        """
        return self.timeline.streams.get(stream) or self.loaded(stream)

    def loaded(self, stream: str) -> Held | None:
        """Load *stream*, at its first use, and again when it was unused for long.

        Returns:
            None when it has no document.

        Raises:
            DocumentUnreadable: This code can't read it.
        """
        timeline = self.timeline
        if stream in timeline.absent:
            return None
        if stream in timeline.unreadable:
            raise timeline.unreadable[stream][0].again()
        for _ in range(_LOADS):
            line, n = timeline.line, timeline.n
            loaded = self._load(stream, n, timeline.epoch)
            if loaded is None:
                continue
            with timeline.lock:
                if timeline.n == n and timeline.line is line:
                    return timeline.take_up(stream, loaded)
        while True:
            with timeline.lock:  # entries wait meanwhile
                loaded = self._load(stream, timeline.n, timeline.epoch, restarting=False)
                if loaded is not None:
                    return timeline.take_up(stream, loaded)
            self.restart()

    def _load(self, stream: str, n: int, epoch: str, *, restarting: bool = True) -> Loaded | None:
        # None: there is nothing to be had at that number. After a restart there is.
        try:
            return self.journal.load(stream, n, epoch=epoch)
        except (EpochChanged, JournalTrimmed):
            if restarting:
                self.restart()
            return None

    def root_at(self, stream: str, n: int, epoch: str) -> Any:
        """Return the document of *stream* as it was at the number *n*, from the journal.

        Raises:
            MomentGone: That is not kept any more.
        """
        try:
            loaded = self.journal.load(stream, n, epoch=epoch)
        except (EpochChanged, JournalTrimmed) as error:
            raise MomentGone(f"'{stream}' is not kept any more as it was at {n}") from error
        if loaded.document is None:
            return self.default(stream)
        return self.timeline.stored.of(stream).seen(stream, loaded.document, loaded.n).root

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
        while cursor.epoch == self.epoch and cursor.n > self.n:
            if ends is None:
                ends = time.monotonic() + timeout
                self.follow()
                if cursor.n > self.n and cursor.n > self.journal.describe().n:
                    return
            elif time.monotonic() >= ends:
                raise Behind(f"{cursor} was seen elsewhere, and this worker is at {self.cursor}")
            else:
                self.follow(max(0.0, ends - time.monotonic()))

    @property
    def commits(self) -> int:
        """Return how many commits this worker has made."""
        return self.committer.tally.commits

    @property
    def is_behind(self) -> bool:
        """Tell whether the journal may have more."""
        shared, timeline = self._shared, self.timeline
        return shared is None or shared.n != timeline.n or shared.epoch != timeline.epoch

    def follow(self, timeout: float = 0.0) -> int:
        """Ask the journal for what is new, and fold it.

        Args:
            timeout: Seconds to wait for something.

        Returns:
            The number that the replica is at then.
        """
        while True:
            try:
                entries = self.journal.after(self.n, epoch=self.epoch, limit=_PAGE, timeout=timeout)
            except (EpochChanged, JournalTrimmed):
                self.restart()
                return self.n
            if not entries:
                return self.n
            self.take(entries)
            if len(entries) < _PAGE:
                return self.n

    def take(self, entries: Sequence[Entry] | None) -> None:
        """Fold *entries*, which the journal gave; None when it does not have all of them.

        Those that are folded already are left out.
        """
        if entries is None or not self.timeline.take(entries):
            self.restart()

    def restart(self) -> None:
        """Forget every document and begin where the journal is now, in its epoch."""
        told = self.journal.describe()
        timeline = self.timeline
        with timeline.lock:
            if told.epoch != timeline.epoch or told.n > timeline.n:
                timeline.begin(told.epoch, told.n)

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
        known = self.held(stream)
        if write.shape == "0" and known is not None:
            n = known.began  # the list was still as in the default
        forgotten = self.timeline.ended(stream) if known is None else known.base
        if forgotten > n:
            # What is forgotten does not matter where no list on the way was reshaped since. Of a
            # document that was dropped meanwhile, and has begun anew, it is another list.
            newest = shape(root, write.mutation.path)
            if newest == (0 if write.shape == "0" else n) and alone:
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
        if known is not None and known.n > self.n:
            self.catch_up()
        return known is not None and known.n <= self.n

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
        return {
            "streams": told.streams,
            **self.timeline.stats(),
            "once": told.once,
            "max_once": told.max_once,
        }
