"""Undo and redo: the mutations that take back what one person did last in a document.

Entries of a stream's history say who made them (`Signature`). Of a person's entries, `last` finds
the one to take back next, and `taking_back` says how: its changes in reverse, each carried over
whatever happened since.

Rule 1: what somebody touched later is not taken back: `TouchedSince`. A place is touched by a
change at it, in it or above it; a list item not by what comes and goes beside it.

Rule 2: an entry that was taken back, together with the one that took it back, touches nothing. An
item that the one deleted and the other brought back is the same item.

Rule 3: a new change drops what could be redone.

Nothing here knows a journal: entries come in, mutations go out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from htealeaf.data.documents import Json
from htealeaf.data.effects import Folded
from htealeaf.data.paths import Path, with_index
from htealeaf.data.verbs import Change, Mutation, apply, undoing
from htealeaf.errors import HtealeafError

#: What is said like a verb and is none: what it does follows from history.
TAKES_BACK: Final = ("undo", "redo")


class NothingToTakeBack(HtealeafError):
    """This person has done nothing in this document that is still known."""

    status_hint = 409
    public = "There is nothing to take back."


class NothingToRedo(NothingToTakeBack):
    """This person has taken back nothing, or has done something else since."""

    public = "There is nothing to do again."


class TouchedSince(HtealeafError):
    """What was done has been changed further meanwhile."""

    status_hint = 409
    public = "This was changed since, so it can't be taken back."


def last(entries: Sequence[Folded], who: str, *, redo: bool = False) -> Folded:
    """Return the entry of *who* that is to be taken back next; of *redo* one that took back.

    Raises:
        NothingToTakeBack: There is none.
    """
    done: list[Folded] = []
    undone: list[Folded] = []
    for entry in entries:
        signature = entry.signature
        if signature is None or signature.by != who or not entry.changes:
            continue
        if signature.verb == "undo":
            _drop(done, signature.of)
            undone.append(entry)
        elif signature.verb == "redo":
            _drop(undone, signature.of)
            done.append(entry)
        else:
            done.append(entry)
            undone.clear()
    found = undone if redo else done
    if not found:
        raise (NothingToRedo if redo else NothingToTakeBack)(f"nothing known of {who!r}")
    return found[-1]


def _drop(entries: list[Folded], n: int) -> None:
    if entries and entries[-1].n == n:
        entries.pop()


class _Step(NamedTuple):
    # One change since, and where the change stands that took it back (-1 for none).
    change: Change
    mate: int = -1
    dead: bool = False  # it was taken back, or took back


def taking_back(entries: Sequence[Folded], target: Folded, root: Json) -> list[Mutation]:
    """Return the mutations that take *target* back, one after the other.

    Args:
        entries: The history, oldest first, with all that came behind *target*.
        target: One of them.
        root: The document after all of them.

    Raises:
        TouchedSince: Somebody has touched since what it did.
    """
    later = _steps([entry for entry in entries if entry.n > target.n])
    own = target.changes
    undone = target.undone or (undoing(target.before, own) if len(own) == 1 else ())
    if len(undone) != len(own):
        raise TouchedSince(f"entry {target.n} began the document anew")
    if not later:  # nothing to carry it over: it goes back the way that it came
        return list(reversed(undone))
    pairs = list(zip(own, undone, strict=True))
    found: list[Mutation] = []
    back: list[Change] = []
    for at in range(len(own) - 1, -1, -1):
        change, mutation = pairs[at]
        behind = own[at + 1 :]
        ends = len(behind) + len(later) + len(back)
        steps = [_Step(one, ends - 1 - i, dead=True) for i, one in enumerate(behind)]
        shifted = len(behind)
        steps += [
            step._replace(mate=step.mate + shifted if step.mate >= 0 else -1) for step in later
        ]
        steps += [_Step(one, dead=True) for one in back]
        # The change that goes last comes back first.
        carried = _carried(mutation, change, steps)
        try:
            root, made = apply(root, carried, 0)
        except HtealeafError as error:
            raise TouchedSince(str(error)) from error
        if len(made) != 1:
            raise TouchedSince(f"'{carried.path}' is not as it was left")
        found.append(carried)
        back.append(made[0])
    return found


def _steps(entries: Sequence[Folded]) -> list[_Step]:
    starts: dict[int, int] = {}
    steps: list[_Step] = []
    sizes: dict[int, int] = {}
    for entry in entries:
        signature = entry.signature
        first, count = len(steps), len(entry.changes)
        of = 0 if signature is None else signature.of
        begin = starts.get(of, -1)
        paired = (
            begin >= 0
            and sizes[of] == count
            and not any(step.dead for step in steps[begin : begin + count])
        )
        steps += [_Step(change, dead=paired) for change in entry.changes]
        if paired:
            for at in range(count):
                steps[begin + at] = steps[begin + at]._replace(
                    mate=first + count - 1 - at, dead=True
                )
        starts[entry.n], sizes[entry.n] = first, count
    return steps


def _carried(mutation: Mutation, change: Change, steps: Sequence[_Step]) -> Mutation:
    # The mutation that takes *change* back as it is meant after *steps*.
    if mutation.verb == "insert":
        return mutation._replace(path=_follow(mutation.path, steps, gap=True))
    if mutation.verb != "move":
        return mutation._replace(path=_follow(mutation.path, steps))
    path = _follow(mutation.path, steps, moves=True)
    before = change.at if change.at <= change.to else change.at + 1
    gap = _follow(with_index(change.path, len(change.path) - 1, before), steps, gap=True)
    to = int(gap[-1])
    return mutation._replace(path=path, value=to - (int(path[-1]) < to))


def _follow(path: Path, steps: Sequence[_Step], *, gap: bool = False, moves: bool = False) -> Path:
    """Return where the thing at *path*, or with *gap* the place before it, is after *steps*."""
    at = 0
    before: set[int] = set()  # changes that bring back what stood before the gap
    while at < len(steps):
        change, mate, dead = steps[at]
        if not dead and _touches(change, path, gap=gap, moves=moves):
            raise TouchedSince(f"'{change.path}' was changed since")
        if gap and mate >= 0 and _in_list_of(path, change) and change.at < int(path[-1]):
            before.add(mate)
        moved = _after(path, change, gap=gap, back=at in before)
        if moved is not None:
            path, at = moved, at + 1
        elif mate >= 0:
            # It went, and came back with what took that back.
            back = steps[mate].change
            path = Path((*back.path, *path[len(change.path) :]))
            at = mate + 1
        else:
            raise TouchedSince(f"'{path}' is gone")
    return path


def _in_list_of(path: Path, change: Change) -> bool:
    return bool(change.size) and path[:-1] == change.path[:-1]


def _touches(change: Change, path: Path, *, gap: bool, moves: bool) -> bool:
    length = len(change.path)
    inside = len(path) < length and change.path[: len(path)] == path
    above = path[:length] == change.path
    if gap:  # nothing is there that could be touched, only the list
        return above and length < len(path) and not change.size
    if change.kind == "insert":
        return inside and not moves
    if change.size:  # an item goes, or goes elsewhere
        return above if change.kind == "delete" or length == len(path) else inside and not moves
    return above or (inside and not moves)


def _after(path: Path, change: Change, *, gap: bool, back: bool) -> Path | None:
    depth = len(change.path) - 1
    if not change.size:
        gone = change.kind != "set" or change.created
        above = path[: depth + 1] == change.path and depth + 1 < len(path) + (not gap)
        return None if above and gone else path
    if path[:depth] != change.path[:depth] or len(path) <= depth:
        return path
    at = int(path[depth])
    if gap and depth == len(path) - 1:
        return with_index(path, depth, _gap_after(at, change, back=back))
    found = _item_after(at, change)
    return None if found is None else with_index(path, depth, found)


def _item_after(at: int, change: Change) -> int | None:
    if change.kind == "insert":
        return at + (at >= change.at)
    if at == change.at:
        return change.to if change.kind == "move" else None
    at -= at > change.at
    return at + (change.kind == "move" and at >= change.to)


def _gap_after(at: int, change: Change, *, back: bool) -> int:
    # What comes in at the very place comes behind it, unless it stood before it once.
    if change.kind == "insert":
        return at + (at > change.at or (back and at == change.at))
    at -= at > change.at
    return at + (change.kind == "move" and (at > change.to or (back and at == change.to)))
