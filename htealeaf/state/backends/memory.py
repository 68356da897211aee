"""A journal in memory: for one process, and gone with it.

It folds entries itself, once, and hands out what they come to. So a replica shares its documents
with it, and nothing is held twice.

Rule: a fork is a new epoch. Each process goes on alone from there.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from htealeaf.data.effects import Document, begins, fold
from htealeaf.data.streams import store_of
from htealeaf.data.values import quick
from htealeaf.errors import HtealeafError
from htealeaf.state.journal import (
    DONE,
    FREE,
    KEPT,
    ONCE,
    ONCE_LIFETIME,
    ONCE_OF_ONE,
    PENDING,
    Again,
    Appended,
    Commit,
    Description,
    Entry,
    EpochChanged,
    JournalTrimmed,
    Loaded,
    Once,
    Refused,
    owner_of,
)

ENTRIES = 4096  #: entries that are kept for whoever is behind
ENTRY_BYTES = 4 * 1024 * 1024  #: about how many bytes they may take together

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
#: The number of a stream's last entry, its document, and when it was last used by the clock.
_Head: TypeAlias = tuple[int, Document | None, float]
_ABSENT: Final[_Head] = (0, None, 0.0)

#: An entry, what its stream was at before, and when it came by the clock.
_Logged: TypeAlias = tuple[Entry, _Head, float]


class MemoryJournal:
    """A journal in memory.

    Args:
        once: How many one-time ids are remembered.
        entries: How many entries are kept for whoever is behind; for a while some more.
        entry_bytes: About how many bytes these may take together.
        clock: Gives seconds.
    """

    def __init__(
        self,
        *,
        once: int = ONCE,
        entries: int = ENTRIES,
        entry_bytes: int = ENTRY_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._once_limit, self._clock = once, clock
        self._entry_limit, self._byte_limit = entries, entry_bytes
        self._slack = entries // 8  # so many are forgotten at one go
        self._begin()
        _journals.add(self)

    def _begin(self) -> None:
        self.epoch = _new_epoch()
        self.n = self._oldest = 0
        self._lock = threading.Lock()
        self._more = threading.Condition(self._lock)
        self._heads: dict[str, _Head] = {}
        self._log: deque[_Logged] = deque()  # oldest first
        self._log_bytes = 0
        # By id, when it came by the clock, at which number, and as what. A plain tuple of texts and
        # numbers: there are many, and the collector of garbage does not look at such.
        self._once: OrderedDict[str, tuple[Any, ...]] = OrderedDict()
        self._once_of: dict[str, dict[str, None]] = {}  # of each owner, in order
        self._waiting = 0  # for more

    def reset(self) -> None:
        """Begin anew, with nothing, in a new epoch. For tests."""
        self._begin()

    def describe(self) -> Description:
        with self._lock:
            return Description(
                kind="memory",
                epoch=self.epoch,
                n=self.n,
                oldest=self._oldest,
                near=True,
                lasting="the process that it is in",
                streams=len(self._heads),
                once=len(self._once),
                max_once=self._once_limit,
            )

    # -- reading ---------------------------------------------------------------------------

    def load(self, stream: str, at: int | None = None, *, epoch: str | None = None) -> Loaded:
        with self._lock:
            n, document, _ = self._heads.get(stream, _ABSENT)
            if at is None or at == self.n:
                self._check(self.epoch if at is None else epoch)
                return Loaded(n, document, self.n)
            self._check(epoch)
            if not self._oldest <= at <= self.n:
                raise JournalTrimmed(f"number {at} of the journal is not kept any more")
            return self._earlier(stream, at)

    def _earlier(self, stream: str, at: int) -> Loaded:
        n, document, _ = self._heads.get(stream, _ABSENT)
        for entry, before, _ in reversed(self._log):
            if entry.n <= at:
                break
            if entry.stream == stream:
                n, document, _ = before
        return Loaded(n, document, at)

    def after(
        self, n: int, *, epoch: str, limit: int = 1000, timeout: float = 0.0
    ) -> Sequence[Entry]:
        if n >= self.n and not timeout and epoch == self.epoch:
            return ()  # as at nearly every request; an int is read at one go
        with self._lock:
            self._check(epoch)
            if timeout and n >= self.n:
                self._waiting += 1
                try:
                    self._more.wait_for(lambda: n < self.n or epoch != self.epoch, timeout)
                finally:
                    self._waiting -= 1
                self._check(epoch)
            return self._behind(n, limit)

    def claimed(self, id: str) -> Once | None:
        return self._known(id)  # without the lock: what is remembered is never changed

    def scan(
        self, store: str, *, after: str = "", limit: int = 1000, unseen: float = 0.0
    ) -> Sequence[str]:
        with self._lock:
            now = self._clock()
            found = [
                stream
                for stream, (_, _, used) in self._heads.items()
                if (not store or store_of(stream) == store)
                and stream > after
                and (not unseen or now - used >= unseen)
            ]
        return sorted(found)[:limit]

    def seen(self, streams: Iterable[str]) -> None:
        now = self._clock()
        with self._lock:
            for stream in streams:
                if stream in self._heads:
                    n, document, _ = self._heads[stream]
                    self._heads[stream] = n, document, now

    # -- writing ---------------------------------------------------------------------------

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
        again: Again | None = None,
    ) -> Appended | Refused:
        with self._lock:
            if epoch != self.epoch:
                self._check(epoch)
            heads, taken = self._heads, self._taken(commits)
            for stream, n in expected.items():
                if heads.get(stream, _ABSENT)[0] != n:
                    return Refused(self._missing(seen), taken)
            if taken:
                return Refused(self._missing(seen), taken)
            current, now = seen == self.n, self._clock()
            numbers, entries = self._store(commits, now)
            for (_, once), n in zip(commits, numbers):  # noqa: B905  # one number for each
                if once is not None:
                    self._remember(once, n, now)
            if self._log_bytes > self._byte_limit or (
                len(self._log) > self._entry_limit + self._slack
            ):
                self._trim()
            return quick(Appended, (numbers, entries if current else self._missing(seen)))

    def _taken(self, commits: Sequence[Commit]) -> dict[str, Once]:
        taken: dict[str, Once] = {}
        for _, wanted in commits:
            if wanted is None or wanted.id not in self._once:
                continue
            known = self._known(wanted.id)
            if known is None:
                continue
            own = known.state == PENDING and known.holder == wanted.holder
            free = own or (wanted.takes_over and known.state == PENDING and known.seconds <= 0)
            if not free:
                taken[wanted.id] = known
        return taken

    def _store(self, commits: Sequence[Commit], now: float) -> tuple[tuple[int, ...], list[Entry]]:
        # First everything is folded: what can't be leaves no trace.
        n, weight, known = self.n, 0, self._heads
        numbers: list[int] = []
        entries: list[Entry] = []
        logged: list[_Logged] = []
        heads: dict[str, _Head] = {}
        for all_effects, _ in commits:
            if all_effects:
                n += 1
            numbers.append(n)
            for stream, effects in all_effects.items():
                before = heads.get(stream) or known.get(stream) or _ABSENT
                if before[1] is None and not begins(effects):
                    raise HtealeafError(f"stream '{stream}' has no document, and none is begun")
                folded = fold(stream, before[1], effects, n)
                entry = quick(Entry, (n, stream, effects, folded))
                entries.append(entry)
                logged.append((entry, before, now))
                weight += folded.weight
                heads[stream] = _ABSENT if folded.document is None else (n, folded.document, now)
        for stream, head in heads.items():
            if head is _ABSENT:
                known.pop(stream, None)
            else:
                known[stream] = head
        if logged:
            self._log += logged
            self._log_bytes += weight
            self.n = n  # last: who looks without the lock finds all of it
            if self._waiting:
                self._more.notify_all()
        return tuple(numbers), entries

    def _remember(self, once: Once, n: int, now: float) -> None:
        id, known = once.id, self._once
        if once.state == FREE:
            self._drop_once(id)
            return
        if id in known:
            known.move_to_end(id)
        known[id] = (now, n, *once)
        owner = owner_of(id)
        if owner:
            own = self._once_of.setdefault(owner, {})
            own[id] = None
            if len(own) > ONCE_OF_ONE:  # whoever clicks a lot forgets his own
                self._drop_once(next(iter(own)))
        if len(known) > self._once_limit:
            self._drop_once(next(iter(known)))

    def _drop_once(self, id: str) -> None:
        self._once.pop(id, None)
        own = self._once_of.get(owner := owner_of(id))
        if own is not None:
            own.pop(id, None)
            if not own:
                del self._once_of[owner]

    def compact(self) -> None:
        with self._lock:
            now = self._clock()
            for id in [id for id, known in self._once.items() if known[0] < now - ONCE_LIFETIME]:
                self._drop_once(id)
            while self._log and self._log[0][2] < now - KEPT:
                self._forget(self._log[0][0].n)

    def close(self) -> None:
        pass  # there is nothing to let go of

    # -- under the lock, but for what only looks ---------------------------------------------

    def _check(self, epoch: str | None) -> None:
        if epoch != self.epoch:
            raise EpochChanged("the journal in memory began anew; its numbers are others now")

    def _known(self, id: str) -> Once | None:
        found = self._once.get(id)
        if found is None:
            return None
        (at, n, *fields), now = found, self._clock()
        if at < now - ONCE_LIFETIME:
            return None
        once = Once(*fields)
        left = at + once.seconds - now
        if once.state == DONE:
            left = max(0.0, left)
        return once._replace(n=n, seconds=left)

    def _missing(self, seen: int) -> list[Entry] | None:
        return None if seen < self._oldest else self._behind(seen, 1 << 60)

    def _behind(self, n: int, limit: int) -> list[Entry]:
        if n < self._oldest:
            raise JournalTrimmed(f"what happened after number {n} is not all kept any more")
        found: list[Entry] = []
        for entry, _, _ in reversed(self._log):
            if entry.n <= n:
                break
            found.append(entry)
        found.reverse()
        if len(found) <= limit:
            return found
        last = found[limit - 1].n
        return [entry for entry in found if entry.n <= last]

    def _trim(self) -> None:
        # All entries of a number go together, and the newest number stays.
        log = self._log
        while len(log) > self._entry_limit or self._log_bytes > self._byte_limit:
            oldest = log[0][0].n
            if oldest == self.n:
                break
            self._forget(oldest)

    def _forget(self, n: int) -> None:
        log = self._log
        while log and log[0][0].n <= n:
            entry, _, _ = log.popleft()
            assert entry.folded is not None
            self._log_bytes -= entry.folded.weight
        self._oldest = n


def _new_epoch() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(6))


_journals: weakref.WeakSet[MemoryJournal] = weakref.WeakSet()


def _forked() -> None:
    # The lock may have been held by a thread that is not here. What it was doing is not known
    # to anybody outside of that process, and each document that is here is whole.
    for journal in _journals:
        journal._lock = threading.Lock()
        journal._more = threading.Condition(journal._lock)
        newest = max((n for n, _, _ in journal._heads.values()), default=0)
        journal.n = max(journal.n, newest)
        journal._forget(journal.n)
        journal.epoch = _new_epoch()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
