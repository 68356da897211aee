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
from typing import Final, NamedTuple, TypeAlias

from htealeaf.data.effects import BEGIN, Document, fold
from htealeaf.data.streams import store_of
from htealeaf.errors import HtealeafError
from htealeaf.state.journal import (
    DONE,
    FREE,
    KEPT,
    ONCE,
    ONCE_LIFETIME,
    PENDING,
    Appended,
    Commit,
    Description,
    Entry,
    EpochChanged,
    JournalTrimmed,
    Loaded,
    Once,
    Refused,
)

ENTRIES = 4096  #: entries that are kept for whoever is behind
ENTRY_BYTES = 4 * 1024 * 1024  #: about how many bytes they may take together

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_Head: TypeAlias = tuple[int, Document | None]
_ABSENT: Final[_Head] = (0, None)


class _Logged(NamedTuple):
    entry: Entry
    before: _Head  # what its stream was at before
    at: float  # by the clock


class _Claim:
    # A one-time id, with times of the clock.
    __slots__ = ("at", "once", "until")

    def __init__(self, once: Once, at: float) -> None:
        self.once, self.at, self.until = once, at, at + once.seconds


class MemoryJournal:
    """A journal in memory.

    Args:
        once: How many one-time ids are remembered.
        entries: How many entries are kept for whoever is behind.
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
        self._begin()
        _journals.add(self)

    def _begin(self) -> None:
        self.epoch = _new_epoch()
        self._n = self._oldest = 0
        self._more = threading.Condition(threading.Lock())
        self._heads: dict[str, tuple[int, Document]] = {}
        self._log: deque[_Logged] = deque()  # oldest first
        self._log_bytes = 0
        self._once: OrderedDict[str, _Claim] = OrderedDict()
        self._seen: dict[str, float] = {}

    def reset(self) -> None:
        """Begin anew, with nothing, in a new epoch. For tests."""
        self._begin()

    def describe(self) -> Description:
        with self._more:
            return Description(
                kind="memory",
                epoch=self.epoch,
                n=self._n,
                oldest=self._oldest,
                near=True,
                lasting="the process that it is in",
                streams=len(self._heads),
                once=len(self._once),
                max_once=self._once_limit,
            )

    # -- reading ---------------------------------------------------------------------------

    def load(self, stream: str, at: int | None = None, *, epoch: str | None = None) -> Loaded:
        with self._more:
            n, document = self._heads.get(stream, _ABSENT)
            if at is None or at == self._n:
                self._check(self.epoch if at is None else epoch)
                return Loaded(n, document, self._n)
            self._check(epoch)
            if not self._oldest <= at <= self._n:
                raise JournalTrimmed(f"number {at} of the journal is not kept any more")
            return self._earlier(stream, at)

    def _earlier(self, stream: str, at: int) -> Loaded:
        n, document = self._heads.get(stream, _ABSENT)
        for entry, before, _ in reversed(self._log):
            if entry.n <= at:
                break
            if entry.stream == stream:
                n, document = before
        return Loaded(n, document, at)

    def after(
        self, n: int, *, epoch: str, limit: int = 1000, timeout: float = 0.0
    ) -> Sequence[Entry]:
        if n >= self._n and not timeout and epoch == self.epoch:
            return ()  # as at nearly every request; an int is read at one go
        with self._more:
            self._check(epoch)
            if timeout and n >= self._n:
                self._more.wait_for(lambda: n < self._n or epoch != self.epoch, timeout)
                self._check(epoch)
            return self._behind(n, limit)

    def claimed(self, id: str) -> Once | None:
        return self._known(id)  # without the lock: what is remembered is never changed

    def scan(
        self, store: str, *, after: str = "", limit: int = 1000, unseen: float = 0.0
    ) -> Sequence[str]:
        with self._more:
            now = self._clock()
            found = [
                stream
                for stream in self._heads
                if store_of(stream) == store
                and stream > after
                and (not unseen or now - self._seen[stream] >= unseen)
            ]
        return sorted(found)[:limit]

    def seen(self, streams: Iterable[str]) -> None:
        now = self._clock()
        with self._more:
            for stream in streams:
                if stream in self._heads:
                    self._seen[stream] = now

    # -- writing ---------------------------------------------------------------------------

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
    ) -> Appended | Refused:
        with self._more:
            self._check(epoch)
            taken = self._taken(commits)
            heads = self._heads
            moved = any(heads.get(s, _ABSENT)[0] != n for s, n in expected.items())
            if taken or moved:
                return Refused(self._missing(seen), taken)
            numbers = self._store(commits)
            for commit, n in zip(commits, numbers, strict=True):
                if commit.once is not None:
                    self._remember(commit.once, n)
            self._trim()
            return Appended(numbers, self._missing(seen))

    def _taken(self, commits: Sequence[Commit]) -> dict[str, Once]:
        taken: dict[str, Once] = {}
        for commit in commits:
            wanted = commit.once
            known = None if wanted is None else self._known(wanted.id)
            if wanted is None or known is None:
                continue
            own = known.state == PENDING and known.holder == wanted.holder
            free = own or (wanted.takes_over and known.state == PENDING and known.seconds <= 0)
            if not free:
                taken[wanted.id] = known
        return taken

    def _store(self, commits: Sequence[Commit]) -> tuple[int, ...]:
        # First everything is folded: what can't be leaves no trace.
        n, numbers = self._n, []
        now, entries = self._clock(), list[_Logged]()
        heads: dict[str, _Head] = {}
        for commit in commits:
            n += bool(commit.effects)
            numbers.append(n)
            for stream, effects in commit.effects.items():
                before = heads[stream] if stream in heads else self._heads.get(stream, _ABSENT)
                if before[1] is None and effects[0].op != BEGIN:
                    raise HtealeafError(f"stream '{stream}' has no document, and none is begun")
                folded = fold(stream, before[1], effects, n)
                entries.append(_Logged(Entry(n, stream, effects, folded), before, now))
                heads[stream] = _ABSENT if folded.document is None else (n, folded.document)
        for stream, (head, document) in heads.items():
            if document is None:
                self._heads.pop(stream, None)
                self._seen.pop(stream, None)
            else:
                self._heads[stream] = (head, document)
                self._seen[stream] = now
        if entries:
            self._log.extend(entries)
            self._log_bytes += sum(map(_weight, entries))
            self._n = n  # last: who looks without the lock finds all of it
            self._more.notify_all()
        return tuple(numbers)

    def _remember(self, once: Once, n: int) -> None:
        if once.state == FREE:
            self._once.pop(once.id, None)
            return
        self._once[once.id] = _Claim(once._replace(n=n), self._clock())
        self._once.move_to_end(once.id)
        while len(self._once) > self._once_limit:
            self._once.popitem(last=False)

    def compact(self) -> None:
        with self._more:
            now = self._clock()
            for id in [id for id, c in self._once.items() if c.at < now - ONCE_LIFETIME]:
                del self._once[id]
            while self._log and self._log[0].at < now - KEPT:
                self._forget(self._log[0].entry.n)

    def close(self) -> None:
        pass  # there is nothing to let go of

    # -- under the lock, but for what only looks ---------------------------------------------

    def _check(self, epoch: str | None) -> None:
        if epoch != self.epoch:
            raise EpochChanged("the journal in memory began anew; its numbers are others now")

    def _known(self, id: str) -> Once | None:
        claim = self._once.get(id)
        now = self._clock()
        if claim is None or claim.at < now - ONCE_LIFETIME:
            return None
        if claim.once.state == DONE:
            return claim.once
        return claim.once._replace(seconds=claim.until - now)

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
            oldest = log[0].entry.n
            if oldest == self._n:
                break
            self._forget(oldest)

    def _forget(self, n: int) -> None:
        while self._log and self._log[0].entry.n <= n:
            self._log_bytes -= _weight(self._log.popleft())
        self._oldest = n


def _weight(logged: _Logged) -> int:
    folded = logged.entry.folded
    return folded.weight if folded is not None else 0


def _new_epoch() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(6))


_journals: weakref.WeakSet[MemoryJournal] = weakref.WeakSet()


def _forked() -> None:
    # The lock may have been held by a thread that is not here. What it was doing is not known
    # to anybody outside of that process, and each document that is here is whole.
    for journal in _journals:
        journal._more = threading.Condition(threading.Lock())
        newest = max((n for n, _ in journal._heads.values()), default=0)
        journal._n = max(journal._n, newest)
        journal._forget(journal._n)
        journal.epoch = _new_epoch()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
