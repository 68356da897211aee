"""History of a person: who did what, and the writes that take it back.

Every write that somebody's request makes is signed with who that is (`data.effects.Signature`), so
any worker finds in a stream's entries what this person did last. How far back is what the history
remembers: `timeline.HISTORY` entries of a stream at this worker, and before those what the journal
still keeps.

A person is a signed-in user, in whatever browser; else a browser.
"""

from __future__ import annotations

from typing import Any

from htealeaf.data.effects import Folded, Signature, fold
from htealeaf.data.undo import NothingToTakeBack, last, taking_back
from htealeaf.errors import OutsideRequest
from htealeaf.reactive.scope import current
from htealeaf.state.drafts import Write
from htealeaf.state.journal import EpochChanged, JournalTrimmed
from htealeaf.state.replica import Replica
from htealeaf.state.unit import seeing


def signature() -> Signature | None:
    """Return who makes the write that the running code makes; None where nobody asks for it."""
    scope = current()
    session = None if scope is None else scope.session
    who = None if session is None else getattr(session, "person", None)
    return Signature(who) if type(who) is str else None


def person(session: Any = None) -> str:
    """Return who *session* belongs to; without one, who the running code works for.

    Raises:
        OutsideRequest: There is no request here.
    """
    scope = current()
    found = session if session is not None else (scope.session if scope is not None else None)
    who = getattr(found, "person", None)
    if type(who) is not str:
        raise OutsideRequest("whose last change is meant? say so: store.undo(session)")
    return who


def taken_back(replica: Replica, stream: str, who: str, verb: str) -> tuple[list[Write], Any]:
    """Return the writes that take back what *who* did last in *stream*, and the document for them.

    Args:
        verb: "undo"; or "redo", which takes back the last that was taken back.

    Raises:
        NothingToTakeBack: Nothing is known, or all of it is taken back.
        TouchedSince: Somebody has changed the same since.
    """
    entries, root = _history(replica, stream)
    target = last(entries, who, redo=verb == "redo")
    told = Signature(who, verb, target.n)
    back = taking_back(entries, target, root)
    return [Write(stream, mutation, signature=told) for mutation in back], root


def is_known(replica: Replica, stream: str, who: str, verb: str) -> bool:
    """Tell whether *who* has something to take back, or to do again."""
    try:
        last(_history(replica, stream)[0], who, redo=verb == "redo")
    except NothingToTakeBack:
        return False
    return True


def _history(replica: Replica, stream: str) -> tuple[list[Folded], Any]:
    # Up to what the running code sees, which may be a moment.
    root = seeing(replica).root(stream)
    entries = _entries(replica, stream)
    while entries and entries[-1].after is not root:
        entries.pop()
    return entries, root


def _entries(replica: Replica, stream: str) -> list[Folded]:
    # What is remembered here, and before it what the journal keeps.
    known = replica.held(stream)
    if known is None:
        return []
    base = known.base
    found = known.after(base, replica.n)
    if base <= known.began and known.began:
        return found
    return [*_older(replica, stream, base), *found]


def _older(replica: Replica, stream: str, until: int) -> list[Folded]:
    found: list[Folded] = []
    journal, epoch = replica.journal, replica.epoch
    told = journal.describe()
    n = told.oldest
    if told.epoch != epoch or n >= until:
        return found
    try:
        document = journal.load(stream, n, epoch=epoch).document
        while n < until:
            entries = journal.after(n, epoch=epoch)
            for entry in entries:
                if entry.stream == stream and entry.n <= until:
                    one = fold(stream, document, entry.effects, entry.n)
                    document = one.document
                    found = [*found, one] if document is not None else []
            if not entries:
                break
            n = entries[-1].n
    except (EpochChanged, JournalTrimmed):
        return []
    return found
