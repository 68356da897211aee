"""The changes of all streams in order, and the documents that they add up to.

A *stream* is one document's history: `shared`, `todos@ann`, a session. `commit` applies mutations
to one or more streams as one step and gives it the next number. A `Moment` shows all documents at
one number; documents share what did not change, so a moment costs nothing and readers never wait.

Rule 1: a commit is all or nothing, and what is committed is in order. There is one lock, held
while mutations are applied and never while anything is rendered.

Rule 2: a stream remembers its last changes only, and all of them together are bounded in bytes:
the oldest go first. Asked for older ones, the journal says that it
does not know, and never guesses.

Rule 3: a new journal is a new *epoch*. Numbers of two epochs say nothing about each other.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from htealeaf.data.cursor import Cursor
from htealeaf.data.documents import MISSING, FrozenDict, Json, find, same, shape
from htealeaf.data.paths import Path, selector
from htealeaf.data.rebase import rebase
from htealeaf.data.sizes import weight_of
from htealeaf.data.streams import store_of
from htealeaf.data.verbs import Change, Mutation, apply
from htealeaf.errors import Conflict, PathNotFound, TargetGone

HISTORY = 512  #: entries that a stream remembers
HISTORY_BYTES = 64 * 1024 * 1024  #: about how many bytes all entries may take together
ONCE = 100_000  #: one-time ids that are remembered
FORGOTTEN = 10_000  #: dropped streams whose end is remembered

#: Verb of a write that says that data outside of the journal has changed.
TOUCH = "touch"

_EMPTY = FrozenDict()
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class Entry(NamedTuple):
    """What one commit did to one stream."""

    n: int
    stream: str
    changes: tuple[Change, ...]
    before: Any
    after: Any
    weight: int = 0  #: about how many bytes it takes


class Write(NamedTuple):
    """A mutation on its way into a stream.

    Attributes:
        shape: The shape version under which the path was seen, as an offer carries it: `0` or
            `epoch.n`. The path is carried over what happened since. None: the path is meant as
            it is now.
        fit: Called with the document, the path and the mutation's value when it is applied;
            returns the value to use, or raises.
    """

    stream: str
    mutation: Mutation
    shape: str | None = None
    fit: Callable[[Json, Path, Json], Json] | None = None


#: By stream, its document after the writes of a commit, and what they did to it.
_Changed: TypeAlias = dict[str, tuple[Any, tuple[Change, ...]]]


class _Stream:
    __slots__ = ("base", "began", "dropped", "head", "history")

    def __init__(self, n: int, root: Any) -> None:
        self.head: tuple[int, Any] = (n, root)  # one tuple, so readers see both or neither
        self.began = n  # with the default; what may have been before was dropped
        self.base = n  # changes up to this number are forgotten
        self.history: deque[Entry] = deque()
        self.dropped = False

    def after(self, n: int, until: int) -> list[Entry]:
        """Return the remembered entries with numbers above *n* up to *until*, oldest first."""
        while True:
            found: list[Entry] = []
            try:
                for entry in reversed(self.history):
                    if entry.n <= n:
                        break
                    if entry.n <= until:
                        found.append(entry)
            except RuntimeError:  # a commit came in between
                continue
            return found[::-1]


_NOTHING: deque[Entry] = deque(maxlen=0)  # an empty one of its own takes 600 bytes


class Moment:
    """All documents at one cursor; any thread may ask inside of the `with` block that opens it."""

    __slots__ = ("_journal", "epoch", "n")

    def __init__(self, journal: Replica) -> None:
        self._journal = journal
        self.epoch = journal.epoch
        self.n = journal._n

    def __enter__(self) -> Moment:
        # Without the lock, so that nobody waits for a commit. First nothing at all may be
        # forgotten: then the newest number is one that still can be shown.
        self.n = -1
        self._journal._open.add(self)
        self.n = self._journal._n
        return self

    def __exit__(self, *error: object) -> None:
        self._journal._open.discard(self)

    @property
    def cursor(self) -> Cursor:
        """Return the cursor of this moment."""
        return Cursor(self.epoch, self.n)

    def root(self, stream: str) -> Any:
        """Return the document of *stream* at this moment, frozen; its default if it has none."""
        found = self._journal._streams.get(stream)
        if found is None:
            return self._journal.default(stream)
        n, root = found.head
        return root if n <= self.n else self._earlier(found, root)

    def _earlier(self, found: _Stream, root: Any) -> Any:
        for entry in reversed(found.history.copy()):
            if entry.n <= self.n:
                break
            root = entry.before
        return root


class Overlay:
    """A moment plus writes that are not committed yet: what code in a batch sees."""

    __slots__ = ("_moment", "epoch", "roots", "writes")

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self.epoch = moment.epoch
        self.roots: dict[str, Any] = {}
        self.writes: list[Write] = []

    def root(self, stream: str) -> Any:
        """Return the document with the batch's own writes in it."""
        found = self.roots.get(stream)
        return self._moment.root(stream) if found is None else found

    def write(self, write: Write) -> None:
        """Apply *write* here; it is committed at the batch's end."""
        self.writes.append(write)
        if write.mutation.verb == TOUCH:
            return
        self.roots[write.stream], _ = apply(self.root(write.stream), write.mutation, self._moment.n)


class Replica:
    """A journal in memory.

    Args:
        history: How many entries each stream remembers.
        once: How many one-time ids are remembered.
        max_bytes: About how many bytes the entries of all streams may take; the oldest go first.
    """

    kind: Final = "memory"  #: of its journal; see `journal.Description`

    def __init__(
        self, *, history: int = HISTORY, once: int = ONCE, max_bytes: int = HISTORY_BYTES
    ) -> None:
        self.epoch = "".join(secrets.choice(_ALPHABET) for _ in range(6))
        self._n = 0
        self._lock = threading.Lock()
        self._streams: dict[str, _Stream] = {}
        self._defaults: dict[str, Any] = {}
        self._open: set[Moment] = set()
        self._history, self._max_bytes = history, max_bytes
        self._entries = self._bytes = 0
        # All entries, oldest first; some may be forgotten already.
        self._order: deque[tuple[int, _Stream]] = deque()
        self._once: set[str] = set()
        self._once_order: deque[str] = deque()  # the same, oldest first
        self._once_limit = once
        self._dropped: OrderedDict[str, int] = OrderedDict()
        self._forgotten = 0

    # -- reading ---------------------------------------------------------------------------

    @property
    def cursor(self) -> Cursor:
        """Return where the journal is now."""
        return Cursor(self.epoch, self._n)

    def is_at(self, cursor: Cursor) -> bool:
        """Tell whether nothing has happened since *cursor*."""
        return cursor.n == self._n and cursor.epoch == self.epoch

    def define(self, store: str, default: Any) -> None:
        """Say what a stream of *store* holds before it is first written: a frozen document."""
        self._defaults[store] = default

    def default(self, stream: str) -> Any:
        """Return what *stream* holds before it is first written."""
        return self._defaults.get(store_of(stream), _EMPTY)

    def root(self, stream: str) -> Any:
        """Return the newest document of *stream*, frozen."""
        found = self._streams.get(stream)
        return self.default(stream) if found is None else found.head[1]

    def moment(self) -> Moment:
        """Return the newest moment, for `with`. What it shows is kept until the block ends."""
        return Moment(self)

    def since(self, streams: Iterable[str], n: int, until: int) -> list[Entry] | None:
        """Return the entries of *streams* with numbers above *n* up to *until*, in order.

        Returns:
            None when some of them are forgotten, or *n* has not happened in this epoch.
        """
        if n > self._n:
            return None
        found: list[Entry] = []
        for stream in streams:
            known = self._streams.get(stream)
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

    def older_roots(self, stream: str) -> Iterator[Any]:
        """Yield earlier documents of *stream*, newest first, as far as they are remembered."""
        known = self._streams.get(stream)
        for entry in reversed(known.history.copy() if known else ()):
            yield entry.before

    def exists(self, stream: str) -> bool:
        """Tell whether *stream* was ever written, and is remembered."""
        return stream in self._streams

    def streams(self, store: str) -> list[str]:
        """Return the streams of *store* that were ever written."""
        with self._lock:
            return [s for s in self._streams if store_of(s) == store]

    # -- writing ---------------------------------------------------------------------------

    def claimed(self, once: str) -> bool:
        """Tell whether a commit with the one-time id *once* was accepted before."""
        return once in self._once

    def commit(
        self,
        writes: Sequence[Write],
        *,
        once: str | None = None,
        expect: Iterable[tuple[str, Path, Any]] = (),
    ) -> int:
        """Apply *writes* in order as one step.

        Args:
            writes: What to do; see `Write`.
            once: A one-time id. When it was used before, nothing is done.
            expect: What was read: stream, path, and the value that has to be there still
                (`MISSING` for none).

        Returns:
            The journal's number after it; the same as before when nothing changed.

        Raises:
            Conflict: A value in *expect* has changed meanwhile.
            TargetGone: What a path led to, under its shape version, is not there any more.
            HtealeafError: What a mutation raises. Nothing is changed then.
        """
        with self._lock:
            if once is not None and once in self._once:
                return self._n
            for stream, path, seen in expect:
                now = find(self.root(stream), path, MISSING)
                if now is not seen and not same(now, seen):
                    raise Conflict("what was read has changed before it could be written")
            changed: _Changed = {}
            for write in writes:
                self._apply(write, changed)
            if changed:
                self._store(changed)
            if once is not None:  # last: the answer to a retry shows what the first one did
                self._remember_once(once)
            return self._n

    def _apply(self, write: Write, changed: _Changed) -> None:
        stream, mutation = write.stream, write.mutation
        root, changes = changed.get(stream) or (self.root(stream), ())
        if mutation.verb == TOUCH:
            changed[stream] = (root, (*changes, Change("replace", mutation.path)))
            return
        if write.shape is not None:
            mutation = self._carried(write, root, changes)
        if write.fit is not None:
            value = write.fit(root, mutation.path, mutation.value)
            if value is not mutation.value:
                mutation = mutation._replace(value=value)
        try:
            root, done = apply(root, mutation, self._n + 1)
        except PathNotFound as error:
            if write.fit is not None and any(map(selector, mutation.path)):
                # It was offered, so the item that the key names was there.
                raise TargetGone(str(error)) from error
            raise
        if done:
            changed[stream] = (root, changes + done)

    def _carried(self, write: Write, root: Any, own: tuple[Change, ...]) -> Mutation:
        # The mutation as it is meant now, carried over what happened since its path was seen.
        stream, mutation, n = write.stream, write.mutation, 0
        if write.shape != "0":
            seen = Cursor.parse(write.shape or "")
            if seen.epoch != self.epoch or seen.n > self._n:
                raise TargetGone(f"'{mutation.path}' was seen in another epoch")
            n = seen.n
        known = self._streams.get(stream)
        if write.shape == "0" and known is not None:
            n = known.began  # the list was still as in the default
        forgotten = self._ended(stream) if known is None else known.base
        if forgotten > n:
            # What is forgotten does not matter where no list on the way was reshaped since.
            newest = shape(root, mutation.path)
            if newest is not None and newest <= n and not own:
                return mutation
            raise TargetGone(f"'{mutation.path}' was seen before what is remembered of its store")
        entries = known.after(n, self._n) if known is not None else []
        changes = [c for entry in entries for c in entry.changes]
        carried = rebase(root, mutation, [*changes, *own]) if changes or own else mutation
        if carried is None:
            raise TargetGone(f"what was at '{mutation.path}' is gone or was replaced")
        return carried

    def _remember_once(self, once: str) -> None:
        self._once.add(once)
        self._once_order.append(once)
        while len(self._once) > self._once_limit:
            self._once.remove(self._once_order.popleft())

    def _store(self, changed: _Changed) -> None:
        n = self._n + 1
        for stream, (root, changes) in changed.items():
            known = self._streams.get(stream)
            if known is None:
                # That it was dropped stays in `_dropped`, for who has just missed it here.
                known = _Stream(self._ended(stream), self.default(stream))
                self._streams[stream] = known
            before = known.head[1]
            weight = weight_of(changes, before, root)
            known.history.append(Entry(n, stream, changes, before, root, weight))
            known.head = (n, root)
            self._order.append((n, known))
            self._bytes += weight
            self._entries += 1
            if len(known.history) > self._history:
                self._trim(known)
        self._n = n  # last: a reader that sees this number finds every head
        if self._bytes > self._max_bytes or len(self._order) > 2 * self._entries + 1000:
            self._trim_all()

    def _ended(self, stream: str) -> int:
        # The number up to which a stream that is not there may have been dropped.
        n = self._dropped.get(stream)
        return self._forgotten if n is None else n

    def _oldest(self) -> int:
        # The oldest number that somebody looks at. A copy, which `copy` makes at one go, where
        # `tuple` and `list` may let others in.
        seen = [moment.n for moment in self._open.copy()]
        return min(seen) if seen else self._n

    def _trim(self, known: _Stream) -> None:
        oldest = self._oldest()
        while len(known.history) > self._history and known.history[0].n <= oldest:
            self._forget(known)

    def _trim_all(self) -> None:
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
        self._entries -= 1

    def drop(self, stream: str) -> None:
        """Forget *stream*: it is at its default again. Pages that showed it are sent whole."""
        with self._lock:
            known = self._streams.get(stream)
            if known is None:
                return
            n = self._n + 1
            self._dropped[stream] = n  # first: who misses the stream finds why
            self._dropped.move_to_end(stream)
            del self._streams[stream]
            known.dropped = True
            self._bytes -= sum(entry.weight for entry in known.history)
            self._entries -= len(known.history)
            known.base = self._n = n  # before the next: who misses an entry knows it
            known.history = _NOTHING  # at once: `_order` names the stream for a while
            while len(self._dropped) > FORGOTTEN:
                oldest, self._forgotten = next(iter(self._dropped.items()))
                del self._dropped[oldest]

    def reset(self) -> None:
        """Begin anew: every stream at its default, in a new epoch. For tests."""
        with self._lock:
            defaults = self._defaults
            self.__init__(  # type: ignore[misc]
                history=self._history, once=self._once_limit, max_bytes=self._max_bytes
            )
            self._defaults = defaults

    def stats(self) -> dict[str, int]:
        """Return how much is remembered, and how much at most: entries of history, once ids."""
        with self._lock:
            return {
                "streams": len(self._streams),
                "entries": self._entries,
                "max_entries_of_a_stream": self._history,
                "entry_bytes": self._bytes,
                "max_entry_bytes": self._max_bytes,
                "once": len(self._once),
                "max_once": self._once_limit,
            }


def _is_oldest(n: int, known: _Stream) -> bool:
    return not known.dropped and bool(known.history) and known.history[0].n == n


def _remembers(n: int, known: _Stream) -> bool:
    return not known.dropped and bool(known.history) and known.history[0].n <= n
