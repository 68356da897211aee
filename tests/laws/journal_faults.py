"""Faults of journals, replicas and committers to plant, one at a time; see `faults`.

Each breaks one promise of what lies between workers and what is stored.
"""

from __future__ import annotations

from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any
from unittest import mock

from htealeaf.data.documents import FrozenDict
from htealeaf.data.effects import Document
from htealeaf.state import committer as committing
from htealeaf.state import timeline as timelines
from htealeaf.state import upkeep
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.committer import Committer, _Plan
from htealeaf.state.journal import DONE, JournalUnreachable, Loaded
from htealeaf.state.moment import Moment
from htealeaf.state.replica import Replica
from htealeaf.state.timeline import Held, Timeline
from htealeaf.state.versions import Versions
from tests.laws.faults import Fault
from tests.laws.faults import planted as planted_in

JOURNAL_FAULTS: dict[str, Fault] = {}
planted = partial(planted_in, into=JOURNAL_FAULTS)


# -- numbers and epochs --------------------------------------------------------------------


@planted(MemoryJournal, "reset")
def the_epoch_stays_when_the_line_is_cut(right: Any, journal: Any) -> Any:
    """Numbers of before mean something else now, and nobody can know."""
    epoch = journal.epoch
    right(journal)
    journal.epoch = epoch


@planted(MemoryJournal, "_check")
def numbers_of_another_epoch_are_taken(right: Any, journal: Any, epoch: Any) -> Any:
    """A worker of before goes on with its numbers."""


@planted(timelines, "fold")
def entries_are_folded_with_a_guessed_number(
    right: Any, stream: str, before: Any, effects: Any, n: int
) -> Any:
    """The worker's own next number, and not the journal's."""
    return right(stream, before, effects, n + 1)


@planted(Replica, "take")
def a_gap_is_folded_over(right: Any, replica: Any, entries: Any) -> Any:
    """What is missing between two numbers is not missed."""
    timeline = replica.timeline
    with timeline.lock:
        for n, group in groupby(entries or (), attrgetter("n")):
            if n > timeline.n:
                for entry in group:
                    timeline._fold(entry)
                timeline.n = n
    if entries is None:
        replica.restart()


@planted(Replica, "take")
def an_entry_is_folded_twice(right: Any, replica: Any, entries: Any) -> Any:
    """What comes again is new again."""
    timeline = replica.timeline
    with timeline.lock:
        for entry in entries or ():
            timeline._fold(entry)
            timeline.n = max(timeline.n, entry.n)
    if entries is None:
        replica.restart()


@planted(MemoryJournal, "after")
def the_entries_of_a_number_are_split(right: Any, *arguments: Any, **options: Any) -> Any:
    """Of the last number only the first stream is told."""
    found = list(right(*arguments, **options))
    if len(found) > 1 and found[-1].n == found[-2].n:
        found.pop()
    return found


# -- reading -------------------------------------------------------------------------------


@planted(MemoryJournal, "_earlier")
def a_snapshot_is_of_another_number(right: Any, journal: Any, stream: str, at: int) -> Any:
    """The newest document, whatever was asked for."""
    n, document, _ = journal._heads.get(stream, (0, None, 0.0))
    return Loaded(n, document, at)


@planted(Replica, "_ask")
def readers_are_never_told(right: Any, replica: Any) -> Any:
    """A worker shows what it had at its own last write."""


@planted(Timeline, "_fold")
def who_knew_of_no_document_never_will(right: Any, timeline: Any, entry: Any) -> Any:
    """A stream that begins elsewhere stays absent here."""
    if entry.stream not in timeline.absent:
        right(timeline, entry)


@planted(Timeline, "_end")
def an_end_is_not_noticed(right: Any, timeline: Any, stream: str, known: Any, n: int) -> Any:
    """A document that was dropped is shown as it was."""


@planted(Held, "after")
def remembered_entries_are_skipped(right: Any, stream: Any, n: int, until: int) -> Any:
    """Of what happened since, the newest is left out."""
    return right(stream, n, until)[:-1]


@planted(Moment, "root")
def a_moment_shows_what_is_newest(right: Any, moment: Any, stream: str) -> Any:
    """And so two moments in one page."""
    return moment._replica.root(stream)


@planted(Document, "had")
def that_a_place_was_there_is_forgotten(right: Any, document: Any, path: Any) -> Any:
    """Whether a read fails depends on what a worker remembers."""
    return False


# -- writing -------------------------------------------------------------------------------


@planted(MemoryJournal, "append")
def what_was_expected_is_not_asked(right: Any, *arguments: Any, **options: Any) -> Any:
    """Who was slower writes over what was faster."""
    return right(*arguments, **{**options, "expected": {}})


@planted(_Plan, "add")
def what_was_read_is_not_expected(right: Any, plan: Any, job: Any) -> Any:
    """Only what is written has to be where it was."""
    job.expect = ()
    right(plan, job)


@planted(committing, "same")
def values_that_were_read_are_not_compared(right: Any, one: Any, other: Any) -> Any:
    """Whatever stands there now is what was read."""
    return True


@planted(MemoryJournal, "_store")
def half_of_a_step_is_stored(right: Any, journal: Any, commits: Any, now: float) -> Any:
    """Of a commit to several streams, the first."""
    halves = [commit._replace(effects=dict(list(commit.effects.items())[:1])) for commit in commits]
    return right(journal, halves, now)


@planted(Committer, "_settle")
def who_was_overtaken_gives_up(right: Any, *arguments: Any) -> Any:
    """A conflict of numbers alone is told to people."""
    with mock.patch.object(committing, "RERUNS", 1):
        right(*arguments)


@planted(MemoryJournal, "_remember")
def one_time_ids_are_not_remembered(right: Any, *arguments: Any) -> Any:
    """A retry counts again."""


@planted(MemoryJournal, "_remember")
def outcomes_are_not_remembered(right: Any, journal: Any, once: Any, *more: Any) -> Any:
    """Who asks again hears that it is done, and not how it went."""
    right(journal, once._replace(outcome=""), *more)


@planted(MemoryJournal, "_taken")
def a_claim_is_given_to_everybody(right: Any, journal: Any, commits: Any) -> Any:
    """While one worker runs it, another one may."""
    return {id: known for id, known in right(journal, commits).items() if known.state == DONE}


@planted(MemoryJournal, "_taken")
def a_late_holder_is_forgotten(right: Any, journal: Any, commits: Any) -> Any:
    """What may have been done is done again."""
    return {id: k for id, k in right(journal, commits).items() if k.state == DONE or k.seconds > 0}


@planted(MemoryJournal, "_taken")
def a_lease_is_never_taken_over(right: Any, journal: Any, commits: Any) -> Any:
    """Who died with it keeps it."""
    claims = [once and once._replace(takes_over=False) for _, once in commits]
    return right(journal, [c._replace(once=o) for c, o in zip(commits, claims, strict=True)])


@planted(Committer, "_sent")
def an_append_is_sent_again_without_its_ids(right: Any, committer: Any, plan: Any) -> Any:
    """Nobody can tell whether the first one came through."""
    commits = [c._replace(once=None) for c in plan.commits]
    documents, expected = committer._documents, plan.expected
    for again in (True, False):
        try:
            return documents.journal.append(
                commits, epoch=plan.epoch, seen=plan.n, expected=expected
            )
        except JournalUnreachable:
            if not again:
                raise
            documents.follow()
            plan.n = documents.n
            expected = {stream: documents.head(stream)[0] for stream in expected}
    return None


@planted(Committer, "_refuse")
def what_can_not_be_done_is_not_asked_for(right: Any, committer: Any, job: Any, error: Any) -> Any:
    """Whoever asks again whether a row was deleted hears that it is gone."""
    job.refuse(error)


@planted(Versions, "begun")
def a_stream_begins_empty(right: Any, versions: Any) -> Any:
    """And not with the whole default."""
    return Document(FrozenDict())


@planted(Committer, "_settle")
def what_is_acknowledged_was_never_sent(right: Any, committer: Any, jobs: Any) -> Any:
    """Every third append is answered by itself."""
    committer.__dict__.setdefault("count", [0])[0] += 1
    if committer.count[0] % 3 == 0:
        for job in jobs:
            job.settle(committer._documents.n)
        return
    right(committer, jobs)


# -- life of documents ---------------------------------------------------------------------


@planted(upkeep, "_dropped")
def what_is_written_meanwhile_is_swept(right: Any, journal: Any, numbers: Any) -> Any:
    """A drop is not conditional."""
    for _ in range(2):
        told = journal.describe()
        numbers = {name: journal.load(name).n for name in numbers}
        numbers = {name: n for name, n in numbers.items() if n}
        if not numbers or right(journal, numbers):
            return True
        assert told
    return False


@planted(MemoryJournal, "scan")
def documents_that_are_used_are_swept(right: Any, *arguments: Any, **options: Any) -> Any:
    """Everything counts as unseen."""
    return right(*arguments, **{**options, "unseen": 0.0})


@planted(MemoryJournal, "compact")
def compacting_forgets_the_newest_number(right: Any, journal: Any) -> Any:
    """A document goes back to what it was."""
    right(journal)
    for stream, (n, document) in list(journal._heads.items())[:1]:
        if n > 1:
            root = FrozenDict({**document.root, "n": 0})
            journal._heads[stream] = n, document._replace(root=root)
