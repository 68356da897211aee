"""What the workers over one journal may rely on, whatever happens between them and it.

Two or three workers click; the journal delays, repeats, skips, drops answers; workers die between
any two steps. What was acknowledged is stored, once; what is shown is what is stored, as of some
number; what was read still holds when something was written because of it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from htealeaf.data.documents import freeze, same
from htealeaf.data.effects import Document, fold
from htealeaf.data.packing import pack_document
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import Conflict, HtealeafError, TargetGone
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.drafts import OFFERED, Write
from htealeaf.state.journal import DONE, KEPT, PENDING, Entry, Journal, JournalUnreachable, Once
from htealeaf.state.moment import MomentGone
from htealeaf.state.replica import Replica
from htealeaf.state.upkeep import swept
from tests.laws.search import searching
from tests.laws.simulated import Died, End, Worker

EXAMPLES = int(os.environ.get("LAWS_EXAMPLES", "200"))
STEPS = int(os.environ.get("LAWS_STEPS", "50"))

LOG = {"ids": [], "made": "by the default"}
ROOM = {"n": 0, "flag": False, "rows": ["r0", "r1", "r2"], "made": "by the default"}
ROOMS = ("room@a", "room@b", "room@c")
STREAMS = ("log", *ROOMS)

KINDS = [
    *("click", "click", "click", "retry", "retry", "overtaken", "overtaken", "dies", "anonymous"),
    *("delay", "deliver", "repeat", "skip", "row", "row", "row", "flag", "guarded", "guarded"),
    *("look", "moment", "moment", "drop", "sweep", "claim", "claim", "age", "restart", "reset"),
    *("lease", "told", "gone"),
]


def write(stream: str, verb: str, path: str, value: Any = None, shape: str | None = None) -> Write:
    fit = OFFERED if shape is not None else ""
    return Write(stream, Mutation(verb, parse(path), value, None), shape, fit)


class JournalLaws(RuleBasedStateMachine):
    """Workers over one simulated journal, and a model of what it has to hold."""

    @initialize(workers=st.integers(2, 3), history=st.sampled_from([2, 512]))
    def begin(self, workers: int, history: int) -> None:
        self.now = 1000.0
        self.base = self.opened()
        self.history = history
        self.workers = [self.made() for _ in range(workers)]
        self.workers[0].end.applies = True  # as an SQLite does; the others are tried again
        self.ids = 0
        self.anew()

    # What is another way where the journal is a real one, see `test_journals_on_servers`.

    def opened(self) -> Any:
        """Return one end of the journal."""
        return MemoryJournal(clock=lambda: self.now, entries=1_000_000, entry_bytes=1 << 40)

    def end(self) -> Journal:
        """Return the journal as a further worker opens it."""
        base: Journal = self.base
        return base

    def newest(self) -> tuple[str, int]:
        """Return the epoch and the number that the journal is at."""
        return self.base.epoch, self.base.n

    def entries(self) -> list[Entry]:
        """Return at least the entries that the model has not seen."""
        return [entry for entry, _, _ in list(self.base._log)]

    def passes(self, seconds: float) -> None:
        """Let time pass for the journal."""
        self.now += seconds

    def made(self) -> Worker:
        streams = 3 if self.history == 2 else 100
        made = Worker(End(self.end()), history=self.history, streams=streams)
        made.define("log", freeze(LOG))
        made.define("room", freeze(ROOM))
        return made

    def anew(self) -> None:
        self.sent: set[str] = set()
        self.acknowledged: set[str] = set()
        self.counted: dict[str, int] = {}
        self.at: dict[str, Document | None] = dict.fromkeys(STREAMS)
        self.line: dict[str, dict[int, Document | None]] = {s: {0: None} for s in STREAMS}
        self.epoch, self.n = self.newest()[0], 0
        self.moments: list[Any] = []
        self.claims: dict[str, tuple[str, float]] = {}
        self.outcomes: dict[str, str] = {}
        self.leases: list[tuple[str, float]] = []
        self.lost: dict[str, set[str]] = {}

    @rule(
        kind=st.sampled_from(KINDS),
        worker=st.integers(0, 2),
        other=st.integers(0, 2),
        pick=st.integers(0, 59),
    )
    def step(self, kind: str, worker: int, other: int, pick: int) -> None:
        """Let one thing happen; one rule, as in `test_laws`."""
        self.happens(kind, worker, other, pick)

    def happens(self, kind: str, worker: int, other: int, pick: int) -> None:
        for each in self.workers:  # what was said for an append that never came
            each.end.fate, each.end.dies, each.end.meanwhile = "", "", None
        one, two = (self.workers[at % len(self.workers)] for at in (worker, other))
        getattr(self, kind)(one, two, pick)

    # -- what is true at each step ---------------------------------------------------------

    @invariant()
    def what_is_shown_is_what_is_stored(self) -> None:
        """At its number, each worker shows what the entries up to there come to."""
        self.follow()
        for worker in self.workers:
            if worker.epoch != self.epoch:
                continue
            for stream in STREAMS:
                n, root, _ = worker.head(stream)
                at = worker.n
                if worker.epoch != self.epoch:
                    break
                self.is_right(worker, stream, at, root)
                stored = self.stored(stream, at)
                assert n in (0, max(self.line[stream], default=0)) or n <= at
                assert worker.exists(stream) == (stored is not None)

    def is_right(self, worker: Replica, stream: str, at: int, root: Any) -> None:
        stored = self.stored(stream, at)
        wanted = worker.default(stream) if stored is None else stored.root
        assert texts(root) == texts(wanted), f"{stream} at {at} is {root}, and ought to be {wanted}"

    def stored(self, stream: str, at: int) -> Document | None:
        line = self.line[stream]
        return line[max(n for n in line if n <= at)]

    def follow(self) -> None:
        # The model folds what the journal has appended, in order.
        epoch, newest = self.newest()
        if epoch != self.epoch:
            self.anew()
        last = self.n
        for entry in self.entries():
            if entry.n <= self.n:
                continue
            assert entry.n in (last, last + 1), f"{entry.n} comes after {last}"
            last = entry.n
            document = fold(entry.stream, self.at[entry.stream], entry.effects, entry.n).document
            self.at[entry.stream] = self.line[entry.stream][entry.n] = document
        assert last == newest, f"the journal is at {newest}, and its entries at {last}"
        self.n = last
        self.count()

    def count(self) -> None:
        """Acknowledged <= stored <= sent, each once, and all of a step or nothing."""
        log = self.at["log"]
        root: Any = log.root if log is not None else LOG
        ids = list(root["ids"])
        assert len(set(ids)) == len(ids), f"twice: {ids}"
        assert set(ids) <= self.sent
        assert self.acknowledged <= set(ids), f"lost: {self.acknowledged - set(ids)}"
        assert root["made"] == LOG["made"]
        for stream in ROOMS:
            document: Any = self.at[stream]
            if document is None:
                continue
            assert document.root["made"] == ROOM["made"]

    # -- what people do --------------------------------------------------------------------

    def fresh(self) -> str:
        self.ids += 1
        return f"id{self.ids}"

    def writes(self, id: str, pick: int) -> list[Write]:
        return [
            write("log", "append", "ids", id),
            write(ROOMS[pick % 3], "increment", "n", 1),
        ]

    def clicked(self, worker: Worker, id: str, pick: int) -> bool:
        """Click, and tell whether it was acknowledged."""
        is_first = id not in self.sent
        self.sent.add(id)
        epoch = self.newest()[0]
        try:
            n = worker.commit(self.writes(id, pick), once=id)
        except JournalUnreachable:
            return False
        if self.newest()[0] == epoch:
            self.follow()
            self.acknowledged.add(id)
            assert worker.n >= n, "who wrote does not see it"
            assert id in worker.root("log")["ids"], "who wrote does not see it"
            if is_first:
                assert n in self.line[ROOMS[pick % 3]], "half of it is stored"
        return True

    def click(self, one: Worker, two: Worker, pick: int) -> None:
        """Somebody clicks."""
        assert self.clicked(one, self.fresh(), pick)

    def retry(self, one: Worker, two: Worker, pick: int) -> None:
        """An answer is lost, once or for good; the page asks again, maybe another worker."""
        id, epoch = self.fresh(), self.newest()[0]
        one.end.fate = ("answer lost", "lost on the way")[pick % 2]
        self.clicked(one, id, pick)
        if self.newest()[0] == epoch:
            one.end.fate = two.end.fate = ""
            assert self.clicked(two, id, pick)
            assert self.clicked(one, id, pick)

    def overtaken(self, one: Worker, two: Worker, pick: int) -> None:
        """Others are faster, several times."""
        if one is two:
            return

        def happens() -> None:
            self.clicked(two, self.fresh(), pick // 3)
            if pick % 2:
                one.end.meanwhile = lambda: self.clicked(two, self.fresh(), pick // 5)

        one.end.meanwhile = happens
        assert self.clicked(one, self.fresh(), pick)

    def dies(self, one: Worker, two: Worker, pick: int) -> None:
        """A worker dies in the middle of a click; the page asks another one."""
        id = self.fresh()
        self.sent.add(id)
        one.end.dies = ("before", "after")[pick % 2]
        with suppress(Died):
            one.commit(self.writes(id, pick), once=id)
        self.workers[self.workers.index(one)] = self.made()
        self.follow()
        if pick % 3:
            assert self.clicked(self.workers[0], id, pick)

    def anonymous(self, one: Worker, two: Worker, pick: int) -> None:
        """Python code writes without an id of its own, and the first answer is lost."""
        id = self.fresh()
        self.sent.add(id)
        one.end.fate = "answer lost"
        one.commit(self.writes(id, pick))
        self.follow()
        self.acknowledged.add(id)

    def row(self, one: Worker, two: Worker, pick: int) -> None:
        """A row is deleted as it was seen; another one comes or goes meanwhile."""
        stream = ROOMS[pick % 3]
        rows = one.root(stream)["rows"]
        if not rows:
            two.commit([write(stream, "insert", "rows/0", self.fresh())])
            return
        at = pick // 3 % len(rows)
        seen, version = rows[at], rows.version
        epoch = one.epoch
        shape = f"{epoch}.{version}" if version else "0"
        if pick % 2 and one is not two:

            def happens() -> None:
                with suppress(HtealeafError):
                    two.commit([write(stream, "insert", "rows/0", self.fresh())])

            one.end.meanwhile = happens
        elif pick % 5 == 0:
            one.end.fate = "answer lost"
        id = self.fresh()
        wanted = write(stream, "delete", f"rows/{at}", shape=shape)
        try:
            one.commit([wanted], once=id)
        except TargetGone:
            return
        if self.newest()[0] != epoch:
            return
        self.follow()
        now: Any = self.at[stream]
        assert seen not in now.root["rows"], f"{seen} was to go, and is in {now.root['rows']}"
        # Whoever asks again is told that it is done, though there is nothing to delete any more.
        before = two.committer.commit([wanted], Once(id)).before
        assert before is not None
        assert before.state == DONE

    def flag(self, one: Worker, two: Worker, pick: int) -> None:
        """What others rely on changes."""
        one.commit([write(ROOMS[pick % 3], "toggle", "flag")])

    def guarded(self, one: Worker, two: Worker, pick: int) -> None:
        """Something is written because of what was read, in another document."""
        stream, id = ROOMS[pick % 3], self.fresh()
        flag = one.root(stream)["flag"]
        if pick % 2 and one is not two:
            one.end.meanwhile = lambda: self.flag(two, two, pick)
        self.sent.add(id)
        try:
            n = one.commit(
                [write("log", "append", "ids", id)],
                once=id,
                expect=[(stream, parse("flag"), flag)],
            )
        except Conflict:
            return
        self.follow()
        stored: Any = self.stored(stream, n)
        was = ROOM["flag"] if stored is None else stored.root["flag"]
        assert was == flag, f"written because the flag was {flag}, and it was {was}"
        self.acknowledged.add(id)

    def look(self, one: Worker, two: Worker, pick: int) -> None:
        """Everything has arrived, so everybody sees it."""
        self.delivered()
        for worker in self.workers:
            worker.root("log")
            assert (worker.epoch, worker.n) == self.newest()

    def told(self, one: Worker, two: Worker, pick: int) -> None:
        """A page hears what happened to what it shows since it was drawn."""
        seen = {stream: one.root(stream) for stream in ROOMS}
        at, epoch = one.n, one.epoch
        self.clicked(two, self.fresh(), pick)
        self.delivered()
        one.root("log")
        found = one.since(ROOMS, at, one.n)
        if one.epoch != epoch or found is None:
            return
        told = {entry.stream for entry in found}
        for stream, before in seen.items():
            assert stream in told or same(before, one.root(stream)), f"{stream} is not told of"

    def gone(self, one: Worker, two: Worker, pick: int) -> None:
        """A place goes; that it was there once is known to everybody, whatever they remember."""
        stream = ROOMS[pick % 3]
        one.commit([write(stream, "replace", "extra", 1)])
        one.commit([write(stream, "delete", "extra")])
        self.delivered()
        self.age(one, two, pick)
        for worker in (*self.workers, self.made()):
            worker.root(stream)
            assert worker.had(stream, parse("extra"))
            assert not worker.had(stream, parse("never"))

    # -- moments ---------------------------------------------------------------------------

    def moment(self, one: Worker, two: Worker, pick: int) -> None:
        """A page is drawn while others write: all that it shows is of one number."""
        with one.moment() as moment:
            at, epoch = moment.n, moment.epoch
            roots = {}
            for step, stream in enumerate(STREAMS):
                if pick >> step & 1:
                    self.clicked(two, self.fresh(), pick + step)
                if pick % 7 == 0:
                    one.root("log")
                with suppress(MomentGone):
                    roots[stream] = moment.root(stream)
                    assert moment.root(stream) is roots[stream]
        self.follow()
        if epoch == self.epoch:
            for stream, root in roots.items():
                self.is_right(one, stream, at, root)

    # -- life of documents -----------------------------------------------------------------

    def drop(self, one: Worker, two: Worker, pick: int) -> None:
        """A document ends, while somebody writes to it."""
        stream = ROOMS[pick % 3]
        if pick % 2 and one is not two:
            one.end.meanwhile = lambda: self.clicked(two, self.fresh(), pick)
        one.drop(stream)
        assert one.root(stream) == ROOM or not one.exists(stream)

    def sweep(self, one: Worker, two: Worker, pick: int) -> None:
        """What nobody has used for long is dropped; what is used meanwhile stays."""
        used = ROOMS[pick % 3]
        self.passes(60)
        if pick % 2:
            one.end.seen([used])
        self.passes(50)
        before = self.at[used]

        def happens() -> None:
            two.commit([write(used, "increment", "n", 1)])

        if one is not two and pick % 4 == 0:
            one.end.meanwhile = happens
        swept(one.end, "room", 100)
        overtaken = one.end.meanwhile is None and one is not two and pick % 4 == 0
        one.end.meanwhile = None
        self.follow()
        if before is not None and (pick % 2 or overtaken):
            assert self.at[used] is not None, "what is in use was dropped"
        for stream in ROOMS:
            assert stream == used or self.at[stream] is None, "what nobody uses is kept"

    def claim(self, one: Worker, two: Worker, pick: int) -> None:
        """An action function claims its id, runs, and is done; or its worker dies."""
        id = (
            self.fresh()
            if pick % 2 or not self.claims
            else sorted(self.claims)[pick % len(self.claims)]
        )
        holder = f"{id} by {pick} {self.ids}"
        before = one.committer.commit([], Once(id, PENDING, holder, 30)).before
        known = self.claims.get(id)
        done = self.outcomes.get(id)
        if done is not None:
            assert before is not None
            assert (before.state, before.outcome) == (DONE, done)
            return
        if known is not None:
            assert before is not None, f"{id} runs twice"
            assert before.state == PENDING
            assert (before.seconds > 0) == (self.now < known[1])
            return
        assert before is None
        self.claims[id] = holder, self.now + 30
        if pick % 3:
            outcome = f"outcome {pick}"
            done_ = Once(id, DONE, holder, outcome=outcome)
            self.sent.add(id)
            assert two.committer.commit([write("log", "append", "ids", id)], done_).before is None
            self.follow()
            self.acknowledged.add(id)
            self.outcomes[id] = outcome

    def lease(self, one: Worker, two: Worker, pick: int) -> None:
        """One worker keeps the journal up; another one takes over when it is late."""
        holder = str(self.workers.index(one))
        wanted = Once("lease", PENDING, holder, 50, takes_over=True)
        granted = one.committer.commit([], wanted).before is None
        holds = [other for other, until in self.leases[-1:] if until > self.now]
        assert granted == (not holds or holds == [holder])
        if granted:
            self.leases.append((holder, self.now + 50))
        if pick % 3 == 0:
            self.passes(60)

    # -- what goes wrong -------------------------------------------------------------------

    def delay(self, one: Worker, two: Worker, pick: int) -> None:
        """A worker does not hear of what is new for a while."""
        one.lags = True

    def deliver(self, one: Worker, two: Worker, pick: int) -> None:
        one.lags = False

    def delivered(self) -> None:
        for worker in self.workers:
            worker.lags = False
            worker.root("log")

    def repeat(self, one: Worker, two: Worker, pick: int) -> None:
        """A worker hears again what it has heard."""
        self.clicked(two, self.fresh(), pick)
        one.lags, one.end.repeats = False, True
        one.root("log")

    def skip(self, one: Worker, two: Worker, pick: int) -> None:
        """An entry is not there when a worker asks."""
        for step in range(2):
            self.clicked(two, self.fresh(), pick + step)
        one.lags, one.end.skips = False, True
        one.root("log")
        one.end.skips = False

    def age(self, one: Worker, two: Worker, pick: int) -> None:
        """Time passes, and old entries go."""
        self.follow()
        self.passes(KEPT + 1)
        self.base.compact()

    def restart(self, one: Worker, two: Worker, pick: int) -> None:
        """A worker starts again."""
        self.workers[self.workers.index(one)] = self.made()

    def reset(self, one: Worker, two: Worker, pick: int) -> None:
        """The journal begins anew; seldom, since all that was is forgotten then."""
        if pick % 4:
            return
        old = {worker: worker.root("log") for worker in self.workers}
        self.base.reset()
        self.anew()
        self.delivered()
        for worker in old:
            assert not worker.root("log")["ids"]


def texts(root: Any) -> str:
    """Return a document with the shape versions of its lists."""
    return pack_document(Document(root))


def search(machine: type[JournalLaws], examples: int) -> None:
    """Try the laws on so many examples, the same ones each time."""
    run_state_machine_as_test(
        machine,
        settings=searching(examples, STEPS, derandomize=True),
    )


JournalLaws.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
test_journal_laws = pytest.mark.slow(JournalLaws.TestCase)
