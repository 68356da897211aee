"""The committer: the one place of a worker that appends to its journal.

Clicks that wait are put into one append, each with a number and a one-time id of its own. A commit
is optimistic: its writes are applied to the newest documents that the worker knows, and appended
with the numbers that these had. Where the journal refuses, because another worker was faster, the
missing entries are folded and the writes applied again.

Rule 1: no code of an author runs here but the rules of a schema, which write nothing. Writes are
data.

Rule 2: a stream that has moved on means trying again; only a *value* that was read and has changed
is a `Conflict`.

Rule 3: an append whose answer was lost is sent again, with its one-time ids, and never written
twice.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from htealeaf.data.documents import MISSING, find, same
from htealeaf.data.effects import BEGIN, Document, Effect, Effects, Resolved, ends
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.values import quick
from htealeaf.data.verbs import Change
from htealeaf.errors import Conflict, HtealeafError
from htealeaf.state.bounds import Bounds
from htealeaf.state.drafts import Draft, Write
from htealeaf.state.histogram import Histogram
from htealeaf.state.journal import (
    PENDING,
    Appended,
    Commit,
    Entry,
    EpochChanged,
    Journal,
    JournalUnreachable,
    Once,
    Proposal,
    Refused,
)
from htealeaf.state.versions import Versions

if TYPE_CHECKING:
    from htealeaf.state.schemas import Schema  # which loads pydantic

TOGETHER = 64  #: commits that are put into one append
RERUNS = 100  #: times that an append is tried where others are faster
WATCH = 1.0  #: seconds after which who waits looks by himself, should whoever led have been ended
SENT = 2  #: times that an append without an answer is sent

#: What was read: a stream, a path, and the value that has to be there still.
Expected = tuple[str, Path, Any]


class Documents(Protocol):
    """What the committer needs of a replica."""

    journal: Journal
    bounds: Bounds | None

    def exists(self, stream: str) -> bool:
        """Tell whether *stream* has a document of its own."""

    def head(self, stream: str) -> tuple[int, Any, Document | None]:
        """Return where *stream* is.

        Returns:
            The number of its last entry, 0 for none; its document; and what has to be written
            before anything else is, if anything.
        """

    def default(self, stream: str) -> Any:
        """Return what *stream* holds before it is first written."""

    def versions(self, stream: str) -> Versions:
        """Return what the documents of the store of *stream* are to this code."""

    def past(self, write: Write, root: Any, alone: bool, until: int) -> Sequence[Change]:
        """Return what happened since the shape version of *write*, up to the number *until*."""

    @property
    def n(self) -> int:
        """Return the number that the documents are at."""

    @property
    def epoch(self) -> str:
        """Return the epoch of that number."""

    @property
    def near(self) -> bool:
        """Tell whether asking the journal is free."""

    @property
    def is_behind(self) -> bool:
        """Tell whether the journal may have more."""

    def follow(self) -> int:
        """Fold what is new."""

    def take(self, entries: Sequence[Entry] | None) -> None:
        """Fold what an append answered."""

    def restart(self) -> None:
        """Begin where the journal is now."""


class Committed(NamedTuple):
    """What became of a commit.

    Attributes:
        n: The number after it.
        before: What the one-time id already was, if that is why nothing was done.
    """

    n: int
    before: Once | None = None


class _Job:
    # One commit that waits for its turn.
    __slots__ = ("bell", "bounds", "error", "expect", "once", "result", "settled", "writes")

    def __init__(
        self,
        writes: Sequence[Write],
        once: Once | None,
        expect: Iterable[Expected],
        bounds: Bounds | None,
    ) -> None:
        self.writes, self.once, self.expect = writes, once, tuple(expect)
        self.bounds = bounds
        self.settled = False
        self.bell: threading.Event | None = None
        self.result: Committed | None = None
        self.error: Exception | None = None

    def settle(self, n: int, before: Once | None = None) -> None:
        self.result, self.settled = quick(Committed, (n, before)), True
        if self.bell is not None:
            self.bell.set()

    def refuse(self, error: Exception) -> None:
        self.error, self.settled = error, True
        self.ring()

    def ring(self) -> None:
        """Wake the thread that waits for it, if one does: it is settled, or the turn is free."""
        if self.bell is not None:
            self.bell.set()


class _Behind(Exception):
    # A write can't be, as far as the worker knows; what it knows may be old.
    pass


class _Moved(Exception):
    # Another thread has folded an entry: what is read now is newer than what was read before.
    pass


class _Plan:
    # Jobs that are applied one behind the other, all at one number: a `Base` for the draft of the
    # next. Those that it leaves out come after this append.
    __slots__ = (
        "beginnings",
        "changes",
        "commits",
        "documents",
        "ended",
        "epoch",
        "expected",
        "ids",
        "is_empty",
        "jobs",
        "n",
        "roots",
    )

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.epoch = documents.epoch  # first: with another number it is refused
        self.n = documents.n
        self.is_empty = True  # there is nothing to append
        self.expected: dict[str, int] = {}  # where each stream has to be that was looked at
        self.roots: dict[str, Any] = {}  # their documents, after the jobs
        self.beginnings: dict[str, Document] = {}  # what has to be written first
        self.changes: dict[str, tuple[Change, ...]] = {}  # what the jobs did
        self.ended: set[str] = set()  # streams that they dropped
        self.jobs: list[_Job] = []
        self.commits: list[Commit] = []
        self.ids: set[str] = set()

    def root(self, stream: str) -> Any:
        known = self.roots.get(stream, MISSING)
        if known is not MISSING:
            return known
        n, root, beginning = self.documents.head(stream)
        if n > self.n:
            raise _Moved
        self.expected[stream], self.roots[stream] = n, root
        if beginning is not None:
            self.beginnings[stream] = beginning
        return root

    def default(self, stream: str) -> Any:
        return self.documents.default(stream)

    def schema(self, stream: str) -> Schema | None:
        return self.documents.versions(stream).schema

    def past(self, write: Write, root: Any, alone: bool) -> Sequence[Change]:
        changes = self.changes.get(write.stream)
        if changes is None:
            return self.documents.past(write, root, alone, self.n)
        return [*self.documents.past(write, root, False, self.n), *changes]

    def add(self, job: _Job) -> None:
        """Apply the writes of *job* behind those of the others."""
        if self.ended and any(write.stream in self.ended for write in job.writes):
            return
        once = job.once
        if once is not None:
            if once.id in self.ids:  # a retry that overtook the answer: it is told then
                return
            self.ids.add(once.id)
        for stream, path, seen in job.expect:
            root = self.root(stream)
            now = find(root, path, MISSING) if path else root
            if now is not seen and not same(now, seen):
                raise Conflict("what was read has changed before it could be written")
        draft = Draft(self, self.n + 1)
        for write in job.writes:
            draft.apply(write)
        draft.settle()
        drafted, bounds = draft.changed, job.bounds
        if bounds is not None:
            for stream, done in drafted.items():
                bounds.check(stream, self.roots[stream], done, self.documents)
        commit: dict[str, Effects] = {}
        for stream, (root, changes, effects) in drafted.items():
            if stream in self.changes:
                changes = self.changes[stream] + changes
            elif stream in self.beginnings or type(effects) is not Resolved:
                effects = self._begun(stream, effects)
            self.roots[stream], self.changes[stream] = root, changes
            if type(effects) is Resolved:  # as nearly always
                commit[stream] = effects
            elif effects:
                commit[stream] = tuple(effects)
        if commit or once is not None:
            self.is_empty = False
        self.jobs.append(job)
        self.commits.append(quick(Commit, (commit, once)))

    def _begun(self, stream: str, effects: Effects) -> Effects:
        if ends(effects):
            self.ended.add(stream)
            return effects if self.expected[stream] else ()  # there may be nothing to be ended
        beginning = self.beginnings.get(stream)
        return effects if beginning is None else (Effect(BEGIN, ROOT, beginning), *effects)


class Tally:
    """What a committer has done; only who has its turn writes it.

    Attributes:
        commits: What was written.
        appends: Steps in which it was.
        reruns: Steps that were refused, since others were faster.
        conflicts: Commits that were refused, since what they had read has changed.
        seconds: How long the journal took for an append.
    """

    def __init__(self) -> None:
        self.commits = self.appends = self.reruns = self.conflicts = 0
        self.seconds = Histogram()

    def appended(self, commits: int) -> None:
        """Count one append of *commits*."""
        self.commits += commits
        self.appends += 1


class Committer:
    """Appends what the threads of one worker commit.

    Args:
        documents: The worker's replica.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self.tally = Tally()
        self._waiting: deque[_Job] = deque()
        self._turn = threading.Lock()
        self._leader = 0  # the thread that has the turn
        self._of_thread = threading.local()

    @property
    def written(self) -> int:
        """Return the number of the last commit of this thread since it was `forget`ed; 0: none."""
        n: int = getattr(self._of_thread, "n", 0)
        return n

    def forget(self) -> None:
        """Begin to note what this thread commits."""
        self._of_thread.n = 0

    @property
    def busy(self) -> bool:
        """Tell whether somebody commits right now."""
        return self._turn.locked()

    def commit(
        self, writes: Sequence[Write], once: Once | None, expect: Iterable[Expected] = ()
    ) -> Committed:
        """Apply *writes* in order as one step; see `Replica.commit`."""
        bounds = self._documents.bounds
        if bounds is not None:
            bounds = bounds.of_request
            if bounds is not None and writes:
                bounds.admit(writes, self._documents)
        if self._leader == threading.get_ident():
            raise HtealeafError("the rules of a schema are pure: they write to no store")
        job = _Job(writes, once, expect, bounds)
        if self._waiting or not self._turn.acquire(False):
            self._waiting.append(job)
        else:  # nobody else is here
            self._lead([job])
        if not job.settled:
            self._wait(job)
        result = job.result
        if result is None:
            assert job.error is not None
            raise job.error
        self._of_thread.n = result.n
        return result

    def _wait(self, job: _Job) -> None:
        while not job.settled:
            if self._turn.acquire(blocking=False):
                self._lead(self._gathered([]))
            elif job.bell is None:
                job.bell = threading.Event()  # and look once more, now that it can be rung
            else:
                job.bell.wait(WATCH)
                job.bell.clear()

    def _lead(self, jobs: list[_Job]) -> None:
        # Whoever has the turn does the work of all that wait, once; then somebody else has it.
        self._leader = threading.get_ident()
        try:
            if jobs:
                self._together(jobs)
        finally:
            self._leader = 0
            self._turn.release()
            if self._waiting:
                with suppress(IndexError):  # whoever it was has begun
                    self._waiting[0].ring()

    def _gathered(self, jobs: list[_Job]) -> list[_Job]:
        # Together with those that have come meanwhile.
        while self._waiting and len(jobs) < TOGETHER:
            jobs.append(self._waiting.popleft())
        return jobs

    def _together(self, jobs: list[_Job]) -> None:
        try:
            self._settle(jobs)
        except Exception as error:
            for job in jobs:
                if not job.settled:
                    job.refuse(error)
        finally:
            # Late ones; or the thread is being ended from outside, and the others go on.
            for job in reversed(jobs):
                if not job.settled:
                    self._waiting.appendleft(job)

    def _settle(self, jobs: list[_Job]) -> None:
        documents = self._documents
        # Where others write too nobody knows before it is appended, and whoever commits has looked.
        fresh = not documents.is_behind
        for tries in range(RERUNS):
            plan = _Plan(documents)
            try:
                self._fill(plan, jobs, fresh)
                if plan.is_empty and not fresh:
                    raise _Behind  # what changes nothing here may change what is newer
                if plan.is_empty:
                    for job in plan.jobs:
                        job.settle(plan.n)
                    return
                answer, plan = self._sent(plan, jobs)
            except _Moved:
                continue
            except _Behind:
                documents.follow()
                fresh = True
                continue
            except EpochChanged:
                documents.restart()
                continue
            documents.take(answer.entries)
            fresh = True
            if type(answer) is Appended:
                self.tally.appended(len(plan.jobs))
                for job, n in zip(plan.jobs, answer.numbers):  # noqa: B905  # one for each
                    job.settle(n)
                return
            assert isinstance(answer, Refused)
            self.tally.reruns += 1
            if self._all_taken(jobs, answer.taken):
                return
            if tries < RERUNS // 2:  # another worker was faster: who came meanwhile need not wait
                self._gathered(jobs)
        self.tally.conflicts += 1
        raise Conflict(f"others were faster at each of {RERUNS} tries")

    def _all_taken(self, jobs: list[_Job], taken: Mapping[str, Once]) -> bool:
        for job in jobs:
            if job.once is not None and job.once.id in taken:
                job.settle(self._documents.n, taken[job.once.id])
        return all(job.settled for job in jobs)

    def _fill(self, plan: _Plan, jobs: list[_Job], fresh: bool) -> None:
        for job in jobs:
            if job.settled:
                continue
            try:
                plan.add(job)
            except _Moved:
                raise
            except Exception as error:
                if not fresh:
                    raise _Behind from error
                self._refuse(job, error)

    def _refuse(self, job: _Job, error: Exception) -> None:
        # What can't be done may be done already: a retry of "delete this" finds nothing there.
        wanted = job.once
        known = None if wanted is None else self._documents.journal.claimed(wanted.id)
        if (
            wanted is None
            or known is None
            or (known.state, known.holder) == (PENDING, wanted.holder)
        ):
            self.tally.conflicts += isinstance(error, Conflict)
            job.refuse(error)
            return
        if known.n > self._documents.n:
            self._documents.follow()
        job.settle(self._documents.n, known)

    def _sent(self, plan: _Plan, jobs: list[_Job]) -> tuple[Appended | Refused, _Plan]:
        # Together with the plan that was appended in the end.
        documents, commits = self._documents, plan.commits
        sent = plan

        def again(entries: Sequence[Entry]) -> Proposal | None:
            nonlocal sent
            anew = self._again(plan, jobs, entries)
            if anew is None:
                return None
            sent = anew
            return Proposal(anew.commits, anew.expected)

        if not documents.near:
            # So that it can be sent again, and be known.
            for job in plan.jobs:
                job.once = job.once or Once(secrets.token_urlsafe(12))
            commits = [
                commit._replace(once=job.once)
                for commit, job in zip(commits, plan.jobs, strict=True)
            ]
        for tries in range(SENT):
            sent = plan
            began = time.perf_counter()
            try:
                answer = documents.journal.append(
                    commits, epoch=plan.epoch, seen=plan.n, expected=plan.expected, again=again
                )
                self.tally.seconds.add(time.perf_counter() - began)
                return answer, sent
            except JournalUnreachable:
                if documents.near or tries == SENT - 1:
                    raise
        raise AssertionError("unreachable")

    def _again(self, plan: _Plan, jobs: list[_Job], entries: Sequence[Entry]) -> _Plan | None:
        # The plan behind *entries*, while the backend lets nobody else write: so no code of an
        # author runs. None where it would have to, or nothing is left to be appended.
        documents = self._documents
        streams = {entry.stream for entry in entries}.union(plan.expected)
        if any(documents.versions(stream).runs_code() for stream in streams):
            return None
        documents.take(entries)
        made = _Plan(documents)
        try:
            self._fill(made, jobs, fresh=True)
        except _Moved:
            return None
        return None if made.is_empty or made.epoch != plan.epoch else made
