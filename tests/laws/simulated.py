"""A simulated journal that is a way off: it repeats, skips, drops answers, and workers die.

Each worker has an `End` of one journal in memory. What goes wrong next at an end is said by whoever
drives it, so a history that fails can be told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from htealeaf.data.packing import pack, pack_document, unpack, unpack_document
from htealeaf.state.journal import (
    Again,
    Appended,
    Commit,
    Description,
    Entry,
    Journal,
    JournalUnreachable,
    Loaded,
    Once,
    Refused,
)
from htealeaf.state.replica import Replica

#: What may happen to an append: by name, whether it is done, and whether its answer comes.
FATES: Mapping[str, tuple[bool, bool]] = {
    "": (True, True),
    "lost on the way": (False, False),
    "answer lost": (True, False),
}


class Died(BaseException):
    """The worker is gone, in the middle of what it did."""


class End:
    """One worker's end of a journal.

    Attributes:
        fate: Of its next append; see `FATES`. It holds for one.
        dies: `before` or `after` its next append.
        meanwhile: Done before its next append, which others overtake so.
        repeats: It hears again what it has heard, at its next asking.
        skips: It misses an entry, at its next asking.
        applies: Commits are applied again inside of an append whose streams have moved.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.fate, self.dies = "", ""
        self.meanwhile: Callable[[], object] | None = None
        self.repeats = self.skips = self.applies = False

    def describe(self) -> Description:
        return self._journal.describe()._replace(kind="simulated", near=False)

    def load(self, stream: str, at: int | None = None, *, epoch: str | None = None) -> Loaded:
        loaded = self._journal.load(stream, at, epoch=epoch)
        if loaded.document is None:
            return loaded
        return loaded._replace(document=unpack_document(pack_document(loaded.document)))

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
        again: Again | None = None,
    ) -> Appended | Refused:
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()
        fate, self.fate = self.fate, ""
        dies, self.dies = self.dies, ""
        if dies == "before":
            raise Died
        done, answered = FATES[fate]
        answer: Appended | Refused | None = None
        if done:
            answer = self._append(commits, epoch, seen, expected)
            moved = isinstance(answer, Refused) and not answer.taken
            if moved and self.applies and again is not None:
                anew = again(_told(answer.entries) or ())
                if anew is not None:  # nobody could come in between
                    answer = self._append(anew.commits, epoch, seen, anew.expected)
        if dies == "after":
            raise Died
        if answer is None or not answered:
            raise JournalUnreachable("there was no answer")
        return answer._replace(entries=_told(answer.entries))

    def _append(
        self, commits: Sequence[Commit], epoch: str, seen: int, expected: Mapping[str, int]
    ) -> Appended | Refused:
        sent = [
            commit._replace(effects={s: unpack(pack(e)) for s, e in commit.effects.items()})
            for commit in commits
        ]
        return self._journal.append(sent, epoch=epoch, seen=seen, expected=expected)

    def after(
        self, n: int, *, epoch: str, limit: int = 1000, timeout: float = 0.0
    ) -> Sequence[Entry]:
        repeats, skips = self.repeats, self.skips
        self.repeats = self.skips = False
        oldest = self._journal.describe().oldest
        begin = max(oldest, n - 3) if repeats and n >= oldest else n
        found = self._journal.after(begin, epoch=epoch, limit=limit)
        numbers = sorted({entry.n for entry in found if entry.n > n})
        if skips and len(numbers) > 1:
            found = [entry for entry in found if entry.n != numbers[0]]
        return _told(found) or ()

    def claimed(self, id: str) -> Once | None:
        return self._journal.claimed(id)

    def scan(
        self, store: str, *, after: str = "", limit: int = 1000, unseen: float = 0.0
    ) -> Sequence[str]:
        return self._journal.scan(store, after=after, limit=limit, unseen=unseen)

    def seen(self, streams: Iterable[str]) -> None:
        self._journal.seen(streams)

    def compact(self) -> None:
        self._journal.compact()

    def close(self) -> None:
        pass


def _told(entries: Sequence[Entry] | None) -> Sequence[Entry] | None:
    # As text, so that nothing is shared with the journal.
    if entries is None:
        return None
    return [Entry(entry.n, entry.stream, unpack(pack(entry.effects))) for entry in entries]


class Worker(Replica):
    """A replica that asks its end at each reading, instead of a thread that waits for it.

    Attributes:
        lags: It does not hear of what is new, as if its thread were late. Who commits asks.
    """

    def __init__(self, end: End, *, history: int = 512, streams: int = 100_000) -> None:
        self.end = end
        super().__init__(end, history=history, streams=streams)
        self._follower, self.lags = None, False

    def wait_for_others(self) -> None:
        if not self.lags and not self.committer.busy:
            self.follow()
