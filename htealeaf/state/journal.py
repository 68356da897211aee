"""The journal: the Protocol between what is stored and everything above it.

A journal keeps *entries*, the effects of each commit on each stream, in the order of one number
line, and the documents that they add up to. Nothing here applies a verb, knows a default or holds
a replica; `replica` and `committer` do that, the same for every backend.

Rule 1: a number is seen after all numbers before it, by every reader. There are no gaps, and the
entries of one number are never told apart.

Rule 2: numbers mean something within one *epoch*. It changes when the line may have been cut: a
restore, a fork, a server that lost its end. It stays over a clean restart.

Rule 3: an append is atomic, and whatever was answered lasts as long as `Description.lasting` says.

Rule 4: no code of an author runs while a backend holds a lock or a transaction.

Rule 5: effects and documents are stored as `data.packing` packs them, as text, byte for byte.

Whoever writes a backend runs `tests/state/journal_contract.py` against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

from htealeaf.data.effects import Document, Effects, Folded
from htealeaf.errors import HtealeafError

KEPT: Final = 60.0  #: seconds that an entry is kept for whoever still reads at its number
ONCE_LIFETIME: Final = 3600.0  #: seconds that a one-time id is remembered
ONCE: Final = 100_000  #: one-time ids that are remembered
ONCE_OF_ONE: Final = 1000  #: of one owner, where that is known
OWNED: Final = "."  #: in a one-time id, behind whose it is

PENDING: Final = "pending"  #: claimed, and its work is under way
DONE: Final = "done"  #: its commit is in the journal
FREE: Final = "free"  #: let go: whoever claimed it has done nothing


def owner_of(id: str) -> str:
    """Return whose a one-time id is; "" where that is not known."""
    owner, dot, _ = id.partition(OWNED)
    return owner if dot else ""


class JournalUnreachable(HtealeafError):
    """The journal does not answer, or its answer was lost: what was sent may have happened.

    Attributes:
        soon: It will answer again by itself, so a page goes on asking, with its one-time id.
    """

    soon = True
    status_hint = 503
    public = "This could not be saved yet. Please try again."


class JournalTrimmed(HtealeafError):
    """What happened at a number is not kept any more; the newest documents are."""

    status_hint = 503
    public = "This could not be shown just now. Please try again."


class EpochChanged(HtealeafError):
    """The numbers that were asked for belong to another epoch."""

    status_hint = 503
    public = "This could not be shown just now. Please try again."


class JournalDamaged(HtealeafError):
    """Something that was stored is not there any more; nothing is put in its place."""


class Once(NamedTuple):
    """A one-time id, and what has become of it.

    Attributes:
        id: Any text.
        state: `PENDING`, `DONE` or `FREE`.
        holder: Who claimed it, while it is pending.
        seconds: How long a claim is good for, from the append on by the journal's clock. In an
            answer: how much of that is left, 0 or less when the holder has died or is late. Of what
            is done, how long it counts as fresh; never below 0.
        outcome: What the first try answered, for the next: any text.
        n: In an answer: the number of its commit.
        takes_over: Claims it also where another holder's time is over. Not for actions, which may
            have done something; for leases.
    """

    id: str
    state: str = DONE
    holder: str = ""
    seconds: float = 0.0
    outcome: str = ""
    n: int = 0
    takes_over: bool = False


class Commit(NamedTuple):
    """One step: what happens to each stream, and a one-time id.

    Attributes:
        effects: By stream. A stream that has no document starts with `begin`. Without effects
            the commit takes no number: a claim, a release, an id whose work changed nothing.
        once: What becomes of a one-time id together with it. `PENDING` is granted while nobody
            has the id; `DONE` while nobody or the same holder has it pending; `FREE` lets the
            holder's claim go.
    """

    effects: Mapping[str, Effects]
    once: Once | None = None


class Entry(NamedTuple):
    """What one commit did to one stream.

    Attributes:
        n: The number of the commit.
        stream: The stream.
        effects: What is stored.
        folded: What they come to, where the backend has folded them itself; a replica may use it
            if its own document is the very object that was folded.
    """

    n: int
    stream: str
    effects: Effects
    folded: Folded | None = None


class Loaded(NamedTuple):
    """A stream's document at one number.

    Attributes:
        n: The number of the stream's last entry at or before *at*; 0 for a stream without one.
        document: None for a stream that has none: never written, or dropped.
        at: The journal's number that this is of.
    """

    n: int
    document: Document | None
    at: int


class Appended(NamedTuple):
    """Everything was appended.

    Attributes:
        numbers: One for each commit, in order, ascending by 1. A commit without effects has the
            number before it.
        entries: All entries behind the number that the caller had seen, its own included; None
            when some of those are not kept any more.
    """

    numbers: tuple[int, ...]
    entries: Sequence[Entry] | None


class Proposal(NamedTuple):
    """What is to be appended; see `Journal.append`.

    Attributes:
        commits: In order.
        expected: Where each stream has to be before.
    """

    commits: Sequence[Commit]
    expected: Mapping[str, int]


#: Folds entries, and applies commits to what is there then; None for who wants to do so himself.
Again: TypeAlias = Callable[[Sequence[Entry]], Proposal | None]


class Refused(NamedTuple):
    """Nothing was appended: a stream is not where it was expected, or a one-time id is taken.

    Attributes:
        entries: All entries behind the number that the caller had seen; None when some of those
            are not kept any more.
        taken: The one-time ids that were refused, as they are.
    """

    entries: Sequence[Entry] | None
    taken: Mapping[str, Once]


class Description(NamedTuple):
    """What a journal is, and where.

    Attributes:
        kind: `memory`, `sqlite`, `postgresql`, `redis`.
        epoch: Letters and digits, 1 to 32.
        n: The newest number; 0 when nothing happened.
        oldest: Entries with numbers above it are kept.
        near: `after` without a timeout costs no way to another process: it is asked at every
            request. Else a replica waits for entries in a thread of its own.
        lasting: What an acknowledged commit survives, in words.
        streams: Documents.
        once, max_once: One-time ids that are remembered, and at most.
    """

    kind: str
    epoch: str
    n: int
    oldest: int
    near: bool
    lasting: str
    streams: int
    once: int
    max_once: int


class Journal(Protocol):
    """What a backend does. Every method may be called by any thread, many at a time.

    Whatever talks to a server raises `JournalUnreachable` when that can't be done in a bounded
    time. Whatever names an epoch raises `EpochChanged` when the journal has another one.
    """

    def describe(self) -> Description:
        """Return what the journal is, and where it is now."""

    def load(self, stream: str, at: int | None = None, *, epoch: str | None = None) -> Loaded:
        """Return the document of *stream* as it was at the number *at*.

        Args:
            at: A number; None for the newest.
            epoch: Of the number; needed with one.

        Returns:
            It is read in one snapshot: a `Loaded.at` without number is that of the document.

        Raises:
            JournalTrimmed: *at* is longer ago than entries are kept, or has not happened.
        """

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
        again: Again | None = None,
    ) -> Appended | Refused:
        """Append all *commits*, one behind the other, or nothing.

        Everything is checked before anything is written.

        Args:
            commits: Their one-time ids differ from each other.
            epoch: The one that the numbers belong to.
            seen: The last number that the caller has folded. 0 or more, never above the newest.
            expected: By stream, the number of its last entry before all of *commits*; 0 where it
                has no document. Streams that were only read stand here as well.
            again: Called inside of the step where streams alone have moved, if the backend can do
                so, with the entries behind *seen*: what it returns is appended instead, with
                one-time ids of *commits* only. No code of an author runs there.

        Returns:
            `Appended`, as soon as it lasts; `Refused` if a stream is elsewhere, or an id taken.

        Raises:
            JournalUnreachable: It may have happened or not. Sent again, with one-time ids in
                every commit, it is refused if it has.
        """

    def after(
        self, n: int, *, epoch: str, limit: int = 1000, timeout: float = 0.0
    ) -> Sequence[Entry]:
        """Return the entries with numbers above *n*, oldest first, those of one number together.

        Args:
            n: The last number already seen.
            epoch: Of that number.
            limit: About how many; those of the last number are all there.
            timeout: Seconds to wait for a first one; 0 does not wait.

        Returns:
            Empty when none came in time, or *n* has not happened yet.

        Raises:
            JournalTrimmed: The entries right behind *n* are not kept any more.
        """

    def claimed(self, id: str) -> Once | None:
        """Return what has become of a one-time id; None when nobody has it, or it is forgotten."""

    def scan(
        self, store: str, *, after: str = "", limit: int = 1000, unseen: float = 0.0
    ) -> Sequence[str]:
        """Return streams of *store* (`store`, `store@...`) that have a document, sorted by name.

        Args:
            store: Its name; "" for the streams of all stores, sessions and topics too.
            after: Only those behind this name, to go on from.
            limit: At most how many.
            unseen: Only those that were neither written nor `seen` for so many seconds, by the
                journal's clock.
        """

    def seen(self, streams: Iterable[str]) -> None:
        """Note that *streams* are in use. It is no entry, takes no number, and may be lost."""

    def compact(self) -> None:
        """Forget entries and one-time ids that are older than they are kept for.

        The documents stay. Any worker may do it at any time, also two at once.
        """

    def close(self) -> None:
        """Let go of connections and threads. Nothing is asked of it afterwards."""
