"""Shared parts of the lasting backends: appends in columns, chains folded, cut lines noticed.

Rule 1: a server folds nothing. It keeps a stream's last whole document and the entries since, each
with the number of the one before it, so that one that is missing is noticed and never folded over.

Rule 2: numbers of an append are counted from its first one, since only the server knows that.

Rule 3: text goes as bytes, and every character that Python holds comes back.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, NoReturn

from htealeaf.data.effects import BEGIN, DROP, Document, Effect, fold
from htealeaf.data.packing import pack, unpack, unpack_document
from htealeaf.errors import HtealeafError
from htealeaf.state.journal import (
    DONE,
    FREE,
    PENDING,
    Commit,
    Entry,
    EpochChanged,
    JournalDamaged,
    JournalTrimmed,
    Once,
)

_STATES: Final = {FREE: 0, PENDING: 1, DONE: 2}

FAR = 10_000  #: numbers; whoever is further behind loads documents instead of folding entries


class Step(NamedTuple):
    """One entry of an append.

    Attributes:
        number: Counted from the append's first, which is 1.
        stream, effects: As they are stored.
        before: The number of the stream's entry before, if that is in the same append; 0 where it
            has no document; None for what the server has.
        ends: The stream has no document after it.
    """

    number: int
    stream: bytes
    effects: bytes
    before: int | None
    ends: bool


class Last(NamedTuple):
    """What an append leaves of a stream: the number, counted; and how it begins and ends."""

    number: int
    begins: bool
    ends: bool


class Batch(NamedTuple):
    """An append, laid out.

    Attributes:
        numbers: Of each commit, counted from 1; 0 for what comes before the first with effects.
        steps: The entries.
        streams: What it leaves of each.
        once: The one-time ids, each with its commit's number; the last word on each.
    """

    numbers: tuple[int, ...]
    steps: Sequence[Step]
    streams: Mapping[bytes, Last]
    once: Sequence[tuple[int, Once]]

    @property
    def size(self) -> int:
        """Return how many numbers it takes."""
        return self.numbers[-1] if self.numbers else 0


def laid_out(commits: Sequence[Commit]) -> Batch:
    """Return *commits* as a batch.

    Raises:
        HtealeafError: Effects follow the end of a stream, and none begins it again.
    """
    number, numbers = 0, []
    steps: list[Step] = []
    streams: dict[bytes, Last] = {}
    once: dict[str, tuple[int, Once]] = {}
    for commit in commits:
        number += bool(commit.effects)
        numbers.append(number)
        for name, effects in commit.effects.items():
            stream = encoded(name)
            last = streams.get(stream)
            begins = effects[0].op == BEGIN
            ends = _ends(name, effects, last is None or not last.ends)
            before = None if last is None else 0 if last.ends else last.number
            steps.append(Step(number, stream, encoded(pack(effects)), before, ends))
            streams[stream] = Last(number, begins if last is None else last.begins, ends)
        if commit.once is not None:
            once.pop(commit.once.id, None)
            once[commit.once.id] = number, commit.once
    return Batch(tuple(numbers), steps, streams, list(once.values()))


def laid(batch: Batch, expected: Mapping[str, int]) -> tuple[list[int], list[bytes]]:
    """Return the numbers and the texts of an append, as a server reads them: few values, not many.

    How many there are of each kind comes first, and then of each

    - a stream that is expected, and not among the changed ones: its number; its name
    - a stream that is written: its last number; begins (1) and ends (2), or is expected and
      changed (4); the number that is expected; its name
    - an entry: twice its number, and 1 where the stream ends, which of those streams, the number
      before; its effects
    - a one-time id: its number, state (0 free, 1 pending, 2 done) and takes over (4), milliseconds;
      id, holder, outcome

    A stream's number is -1 where only the server knows it.
    """
    steps, once = batch.steps, batch.once
    before = {encoded(stream): n for stream, n in expected.items()}
    written: list[int] = []
    places: dict[bytes, int] = {}
    for name, last in batch.streams.items():
        places[name] = len(places) + 1
        n, flags = before.get(name, -1), last.begins + 2 * last.ends
        if n > 0 and not flags:
            flags = 4
            del before[name]
        written += (last.number, flags, n)
    counts = (len(before), len(batch.streams), len(steps), len(once))
    numbers = [*counts, *before.values(), *written]
    texts = [*before, *batch.streams]
    for step in steps:
        known = -1 if step.before is None else step.before
        numbers += (2 * step.number + step.ends, places[step.stream], known)
        texts.append(step.effects)
    for number, one in once:
        numbers += (number, _STATES[one.state] + 4 * one.takes_over, int(one.seconds * 1000))
        texts += (encoded(one.id), encoded(one.holder), encoded(one.outcome))
    return numbers, texts


def _ends(stream: str, effects: Iterable[Effect], there: bool) -> bool:
    # Whether it may be there at all is the server's to say where nothing here has ended it.
    for effect in effects:
        if not there and effect.op != BEGIN:
            unbegun(stream)
        there = effect.op != DROP
    return not there


def unbegun(stream: str) -> NoReturn:
    """Raise what effects on a stream without a document deserve."""
    raise HtealeafError(f"stream '{stream}' has no document, and none is begun")


def own_entries(commits: Sequence[Commit], numbers: Sequence[int]) -> list[Entry]:
    """Return the entries of an append, as it was sent."""
    return [
        Entry(n, stream, effects)
        for commit, n in zip(commits, numbers, strict=True)
        for stream, effects in commit.effects.items()
    ]


def entries_of(n: int, rows: Iterable[tuple[int, bytes, bytes]]) -> list[Entry]:
    """Return the entries that a server gave for those behind the number *n*.

    Raises:
        JournalTrimmed: A number is missing between them.
    """
    entries = []
    for number, stream, effects in rows:
        if number > n + 1:
            raise JournalTrimmed(f"what happened after number {n} is not all kept any more")
        n = number
        entries.append(Entry(number, decoded(stream), unpack(decoded(effects))))
    return entries


class Chain(NamedTuple):
    """What is stored of a stream: its last whole document, and the entries since.

    Attributes:
        base: The number of the document; 0 for none.
        document: As it is stored; empty for none.
        links: Number, the number before, effects.
    """

    base: int
    document: bytes
    links: Sequence[tuple[int, int, bytes]]

    @property
    def last(self) -> int:
        """Return the number of its last entry, an end included."""
        return self.links[-1][0] if self.links else self.base

    def folded(self, stream: str) -> tuple[int, Document | None]:
        """Return the number of the stream's last entry and its document; 0 and None for none.

        Raises:
            JournalDamaged: An entry is missing.
        """
        document = unpack_document(decoded(self.document)) if self.document else None
        at = self.base if document is not None else 0
        for n, before, effects in self.links:
            if before != at:
                damaged(stream, f"number {before} is missing before {n}")
            document = fold(stream, document, unpack(decoded(effects)), n).document
            at = 0 if document is None else n
        return at, document


def damaged(stream: str, what: str) -> NoReturn:
    """Raise what a stream deserves whose entries or document are lost."""
    raise JournalDamaged(f"stream '{stream}' of the journal is damaged: {what}; restore a backup")


class Line:
    """The epoch that a worker knows, and the highest number that it has seen there.

    A server that answers with less than was seen before it was asked has lost the end of its line.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at = ("", 0)

    def seen(self) -> tuple[str, int]:
        """Return epoch and highest number; ask for it before the server is asked."""
        return self._at

    def high(self, epoch: str) -> int:
        """Return the highest number that was seen in *epoch*."""
        known, n = self._at
        return n if known == epoch else 0

    def note(self, epoch: str, n: int) -> None:
        """Note that the line is at *n*."""
        with self._lock:
            self._at = (epoch, max(n, self.high(epoch)))


def changed() -> NoReturn:
    """Raise what numbers of another epoch deserve."""
    raise EpochChanged("the journal has another epoch; its numbers are others now")


def encoded(text: str) -> bytes:
    """Return *text* as it is stored."""
    return text.encode("utf-8", "surrogatepass")


def decoded(stored: bytes) -> str:
    """Return the text that is stored."""
    return bytes(stored).decode("utf-8", "surrogatepass")
