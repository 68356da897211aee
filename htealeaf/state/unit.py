"""The unit of work: the one gate to state.

A click, a batch, an action function is one unit of work. It reads at one moment and sees its own
writes; what it has read is noted; it is committed as one step, with what was read as what has to be
there still, and with a one-time id. Where no unit is open, a write is a unit of its own.

Rule 1: whatever reads or writes a document goes through here, or through `Ref.read`, which does the
same without the calls.

Rule 2: while a page is rendered, nothing is written.

Rule 3: what is claimed before it runs is marked done in the very commit that it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from htealeaf.data import streams
from htealeaf.data.documents import MISSING, find
from htealeaf.data.paths import Path
from htealeaf.data.verbs import Change
from htealeaf.errors import WriteWhileRendering
from htealeaf.reactive.scope import Dep, Sight, current
from htealeaf.state.committer import Committed, Expected
from htealeaf.state.drafts import Draft, Write
from htealeaf.state.journal import DONE, FREE, PENDING, Once
from htealeaf.state.moment import Moment
from htealeaf.state.page_state import STATELESS, PageState
from htealeaf.state.replica import Replica

if TYPE_CHECKING:
    from htealeaf.state.schemas import Schema  # which loads pydantic

# Shape versions of what is not committed: each another one, and none that a journal gives. So what
# was computed from a draft is never taken for what is stored.
_guesses: Final = count(-1, -1)


class Unit:
    """A moment plus writes that are not committed yet, and what was read for them.

    Args:
        replica: Where it reads, and commits.
        moment: What it sees, but for its own writes.
        once: The one-time id; a unit with one that was used before commits nothing.
        state: What the page that it comes from brings along.
        of_page: It comes from one, which takes its state back.

    Attributes:
        epoch: Of the moment.
        state: The page's state after the unit's writes to page stores.
        to_note: The one-time id that a database notes in the transaction of the unit's rows; ""
            for none. `noted` tells that it has.
    """

    __slots__ = (
        "_draft",
        "_kept",
        "_later",
        "_moment",
        "_of_page",
        "_once",
        "_replica",
        "_writes",
        "epoch",
        "noted",
        "of_page",
        "state",
        "to_note",
    )

    def __init__(
        self,
        replica: Replica,
        moment: Moment,
        *,
        once: str | Once | None = None,
        state: PageState = STATELESS,
        of_page: bool = False,
    ) -> None:
        self._replica, self._moment, self.state, self.of_page = replica, moment, state, of_page
        self._once = Once(once) if isinstance(once, str) else once
        self.epoch, self.to_note, self.noted = moment.epoch, "", False
        self._draft: Draft | None = None  # where something was written
        self._of_page: tuple[PageState, Draft] | None = None  # the same of page stores, on what
        self._writes: list[Write] = []
        self._later: list[Callable[[], object]] = []  # what is done when it is committed
        self._kept = 0.0  # seconds for which the one-time id tells that it is fresh

    # -- seeing ----------------------------------------------------------------------------

    def root(self, stream: str) -> Any:
        """Return the document with the unit's own writes in it."""
        draft = self._draft
        found = None if draft is None else draft.changed.get(stream)
        if found is not None:
            return found.root
        own = self.state.own(stream) if self.state is not STATELESS else None
        return self._moment.root(stream) if own is None else own

    def default(self, stream: str) -> Any:
        """Return what *stream* holds before it is first written."""
        return self._replica.default(stream)

    def schema(self, stream: str) -> Schema | None:
        """Return what the documents of *stream* have to be; None for anything."""
        return self._replica.versions(stream).schema

    def past(self, write: Write, root: Any, alone: bool) -> Sequence[Change]:
        """Return what happened up to the moment; see `drafts.Base`."""
        return self._replica.past(write, root, alone, self._moment.n)

    # -- writing ---------------------------------------------------------------------------

    def write(self, write: Write) -> None:
        """Apply *write* here; it is committed with the unit.

        Raises:
            HtealeafError: What the mutation raises, already now.
        """
        if streams.is_page(write.stream):
            self._write_page([write])
            return
        if self._draft is None:
            self._draft = Draft(self, 0)
        self._draft.version = next(_guesses)
        self._draft.apply(write)
        self._writes.append(write)

    def send(self, writes: Iterable[Write]) -> None:
        """Take *writes* that nothing here reads again: they are applied when they are committed.

        Those to page stores are applied at once, since they are worked out from what came.
        """
        own: list[Write] = []
        for write in writes:
            if streams.is_page(write.stream):
                own.append(write)
            else:
                self._writes.append(write)
        if own:
            self._write_page(own)
        if self._of_page is not None:
            self.settle()

    def _write_page(self, writes: Iterable[Write]) -> None:
        versions = self._replica.versions
        before, draft = self._of_page or (self.state, self.state.draft(versions))
        for write in writes:
            draft.apply(write)
        self._of_page = before, draft
        self.state = before.after(draft, versions)

    def settle(self) -> PageState:
        """Ask the rules of page stores that are about more than one write; nothing comes after.

        Those of others are asked when it is committed.

        Returns:
            What the page's state is then.

        Raises:
            HtealeafError: A page's document is not what its schema says.
        """
        if self._of_page is not None:
            before, draft = self._of_page
            draft.settle()
            self.state, self._of_page = before.after(draft, self._replica.versions), None
        return self.state

    # -- committing ------------------------------------------------------------------------

    def claim(self, holder: str, seconds: float) -> Once | None:
        """Claim the one-time id, before code runs that may do something elsewhere.

        Args:
            holder: Who runs it.
            seconds: After how many it counts as lost.

        Returns:
            None when it is claimed now; else what it is: done, with its outcome, or pending, with
            the seconds that its holder has left.
        """
        assert self._once is not None, "there is nothing to claim"
        wanted = self._once._replace(state=PENDING, holder=holder, seconds=seconds)
        before = self._replica.committer.commit([], wanted).before
        if before is None:
            self._once = wanted
        return before

    @property
    def writes(self) -> Sequence[Write]:
        """Return what it commits; what went to page stores is not among it."""
        return self._writes

    @property
    def once_id(self) -> str:
        """Return the one-time id; "" for none."""
        return self._once.id if self._once is not None else ""

    def keep_once(self, seconds: float) -> None:
        """Let who asks for the one-time id know for so many seconds that it is a fresh one."""
        self._kept = seconds

    def release(self) -> None:
        """Let the claim go: nothing was done, and the next try may run."""
        if self._once is not None and self._once.state == PENDING:
            self._replica.committer.commit([], self._once._replace(state=FREE))
            self._once = self._once._replace(state=DONE)

    def commit(self, reads: Collection[Dep] = (), *, outcome: str = "") -> Committed:
        """Commit what was written, as one step.

        Args:
            reads: What was read; all of it has to be there still.
            outcome: What the next try with the one-time id is to be answered.

        Returns:
            The number, and what the one-time id was if that is why nothing was done.

        Raises:
            Conflict: Something that was read has changed meanwhile.
            HtealeafError: What a mutation raises. Nothing is changed then.
        """
        once = self._once
        if not self._writes and (once is None or once.state != PENDING):
            return self._over(Committed(self._replica.n))
        if once is not None and (once.state != DONE or outcome or self._kept):
            once = once._replace(state=DONE, outcome=outcome, seconds=self._kept)
        expect = self._seen(reads) if reads else ()
        return self._over(self._replica.committer.commit(self._writes, once, expect))

    def later(self, do: Callable[[], object]) -> None:
        """Call *do* when the unit is committed; not at all if it is not, or was done before."""
        self._later.append(do)

    def _over(self, committed: Committed) -> Committed:
        if committed.before is None:
            for do in self._later:
                do()
        return committed

    def _seen(self, reads: Iterable[Dep]) -> list[Expected]:
        root = self._moment.root
        return [
            (stream, path, find(root(stream), path, MISSING) if path else root(stream))
            for stream, path, _ in reads
            if not (streams.is_page(stream) or streams.is_computed(stream))
        ]


# -- where no unit is at hand --------------------------------------------------------------


def open_unit() -> Unit | None:
    """Return the unit of work that the running code is part of."""
    scope = current()
    if scope is None:
        return None
    sight = scope.moment
    return sight if type(sight) is Unit else None


def noted(replica: Replica, stream: str, path: Path, kind: int) -> Any:
    """Return the document of *stream* as the running code sees it; the read is noted."""
    scope = current()
    if scope is None:
        return replica.root(stream)
    if scope.deps is not None:
        scope.deps.add((stream, path, kind))
    return scope.moment.root(stream)


def document(replica: Replica, stream: str) -> Any:
    """Return the newest document of *stream*, with what an open unit wrote; it is not noted."""
    unit = open_unit()
    return replica.root(stream) if unit is None else unit.root(stream)


def seeing(replica: Replica) -> Sight:
    """Return what the running code sees: its moment or unit; else what is newest."""
    scope = current()
    return replica if scope is None else scope.moment


def refuse_while_rendering(what: str, advice: str) -> None:
    """Raise if a page is being rendered.

    Args:
        what: `store 'shared' is written`.
        advice: What to do instead.

    Raises:
        WriteWhileRendering: It is.
    """
    scope = current()
    if scope is not None and scope.rendering:
        raise WriteWhileRendering(
            f"{what} while {scope.rendering} is rendered; a GET only reads{advice}"
        )


def write(replica: Replica, write: Write, expect: Sequence[Expected] = ()) -> None:
    """Put *write* into the unit that is open; without one, commit it.

    Args:
        expect: What has to be there still, where it is committed now.
    """
    unit = open_unit()
    if unit is not None:
        unit.write(write)
    else:
        replica.commit([write], expect=expect)
