"""Resolved effects: what a mutation did, as a journal stores it and every worker folds it.

A verb is a wish (`update`, `toggle`, `append` with `keep`). What it comes to at one document is a
few *effects*: an operation, a path of keys and indexes, a value. `effects_of` resolves, `fold`
gives the document after them.

| operation | what it does |
|---|---|
| `begin` | the document is the value; the first effect of every stream |
| `put` | the value stands at the path; the last segment may be a new key of a dict |
| `insert` | the value comes into a list, before the index at the path |
| `delete` | the list item or dict key at the path goes |
| `move` | the list item at the path goes to the index `to`, counted after it was taken out |
| `touch` | nothing here; data that lives elsewhere has changed, and the path names it |
| `drop` | the stream ends: it has no document until it begins again |
| `by` | nothing; the value, a `Signature`, says who did the rest, or took back what |

Rule 1: folding is pure. It knows no default, no clock and no code of an author, so the same entries
give the same document on every worker and in every year.

Rule 2: lists that an effect makes or reshapes get the number of its entry as their shape version.
That is why effects carry no versions, and why only the number that the journal gave will do.

Rule 3: that a place was there once is part of the document (`Document.gone`), since history ends.
So is by which code it was begun (`Document.layout`), since code changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from htealeaf.data.documents import MISSING, FrozenList, Json, child, find, same
from htealeaf.data.layouts import PLAIN, Layout
from htealeaf.data.paths import ROOT, Path, is_index
from htealeaf.data.rebase import carry
from htealeaf.data.sizes import weight_of
from htealeaf.data.values import quick
from htealeaf.data.verbs import Change, Mutation, apply, inserted, undoing
from htealeaf.errors import HtealeafError

MAX_GONE: Final = 64  #: places that a document remembers to have had

BEGIN: Final = "begin"
PUT: Final = "put"
INSERT: Final = "insert"
DELETE: Final = "delete"
MOVE: Final = "move"
TOUCH: Final = "touch"
DROP: Final = "drop"
BY: Final = "by"

#: What each operation on a place is among the verbs; their names in `Change` come from there.
_VERB_OF: Final = {PUT: "replace", INSERT: "insert", DELETE: "delete", MOVE: "move"}
_OPERATION_OF: Final = {
    "set": PUT,
    "replace": PUT,
    "insert": INSERT,
    "delete": DELETE,
    "move": MOVE,
}


class UnknownFormat(HtealeafError):
    """Stored text was written by a newer htealeaf, or by something else."""


class Document(NamedTuple):
    """A document as a journal holds it.

    Attributes:
        root: The frozen root; its lists know their shape versions.
        gone: Places of dicts that were there once and went, `*` for a list's index. None: so many
            that nobody knows which.
        layout: By which version of its store it was begun, and with which places.
    """

    root: Json
    gone: frozenset[Path] | None = frozenset()
    layout: Layout = PLAIN

    def had(self, path: Path) -> bool:
        """Tell whether *path*, or what holds it, was there once and went.

        >>> Document(freeze({}), frozenset([Path(("a",))])).had(Path(("a", "b")))
        True
        """
        if self.gone is None:
            return True
        if not self.gone:
            return False
        # As it is, since a list may stand now where a dict was.
        places = (path, _unindexed(self.root, path))
        depths = range(1, len(path) + 1)
        return any(Path(place[:depth]) in self.gone for place in places for depth in depths)


class Effect(NamedTuple):
    """One resolved operation.

    Attributes:
        op: One of the table.
        path: Keys and indexes only, in the document as the effects before it left it.
        value: For `put` and `insert`, JSON; for `begin`, a `Document`.
        to: For `move`.
    """

    op: str
    path: Path = ROOT
    value: Any = None
    to: int = -1


class Signature(NamedTuple):
    """Who did what an entry says.

    Attributes:
        by: A user, or a browser; see `state/history.py`.
        verb: "undo" or "redo", where it took back another entry.
        of: The number of that entry.
    """

    by: str
    verb: str = ""
    of: int = 0


class Folded(NamedTuple):
    """What one entry did to one stream: all that is asked of its history.

    Attributes:
        n: The number of the entry.
        stream: Its stream.
        changes: In order, the path of each as the changes before it left the document.
        before, after: The frozen roots.
        weight: About how many bytes it keeps alive that nothing else does.
        document: The document after it; None when the stream ended.
        signature: Who did it, where that is known.
        undone: For each of the changes what takes it back, where they are signed and several.
    """

    n: int
    stream: str
    changes: tuple[Change, ...]
    before: Any
    after: Any
    weight: int = 0
    document: Document | None = None
    signature: Signature | None = None
    undone: tuple[Mutation, ...] = ()


Effects: TypeAlias = Sequence[Effect]


class Resolved(Sequence[Effect]):
    """The effects of one mutation, with what they came to at one document, under one number.

    Whoever applied the mutation had to find that out. Folded at that very document, with that very
    number, they come to the same again, so it is not done twice. What was guessed and did not come
    true is not used.

    The effects themselves are made when somebody asks for them: a journal in memory never does.
    Neither `begin` nor `drop` is among them.

    Args:
        n: The number.
        before, after: The frozen roots.
        changes: The one change.
        signature: Who made it, where that is known.
    """

    __slots__ = ("_effects", "after", "before", "changes", "n", "signature")

    def __init__(
        self,
        n: int,
        before: Json,
        after: Json,
        changes: tuple[Change, ...],
        signature: Signature | None = None,
    ) -> None:
        self.n, self.before, self.after, self.changes = n, before, after, changes
        self.signature = signature
        self._effects: tuple[Effect, ...] | None = None

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return the effects."""
        if self._effects is None:
            self._effects = signed(effects_of(self.changes, self.after), self.signature)
        return self._effects

    def __bool__(self) -> bool:
        return True  # without making them

    def __len__(self) -> int:
        return len(self.effects)

    def __getitem__(self, at: Any) -> Any:
        return self.effects[at]

    def __iter__(self) -> Iterator[Effect]:
        return iter(self.effects)

    def __eq__(self, other: object) -> bool:
        return self.effects == (other.effects if isinstance(other, Resolved) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.effects)


def signed(effects: tuple[Effect, ...], signature: Signature | None) -> tuple[Effect, ...]:
    """Return *effects*, and behind them who did it: once, whoever else did the first of them."""
    if signature is None:
        return effects
    by = Effect(BY, ROOT, [*signature])
    if len(effects) == 1 and effects[0].op != BY:  # as nearly always
        return (effects[0], by)
    return (*(e for e in effects if e.op != BY), by)


def begins(effects: Effects) -> bool:
    """Tell whether a stream starts with *effects*."""
    return type(effects) is not Resolved and effects[0].op == BEGIN


def ends(effects: Effects) -> bool:
    """Tell whether a stream ends with *effects*."""
    return type(effects) is not Resolved and effects[-1].op == DROP


def effects_of(changes: Sequence[Change], after: Json) -> tuple[Effect, ...]:
    """Return the effects that *changes*, all those of one mutation, come to.

    Args:
        changes: As `apply` gave them.
        after: The document after all of them.

    >>> root, changes = apply(freeze({"n": 1}), Mutation("increment", Path(("n",))), 1)
    >>> effects_of(changes, root)
    (Effect(op='put', path=Path('n'), value=2, to=-1),)
    """
    if len(changes) == 1:  # as nearly always
        return (_effect(changes[0], changes[0].path, after),)
    return tuple(
        _effect(change, change.path if place is None else place, after)
        for change, place in landed(changes)
    )


def landed(changes: Sequence[Change]) -> list[tuple[Change, Path | None]]:
    """Return *changes*, all those of one mutation, each with where what it is about stands at last.

    None: that is gone, or the change put nothing there.

    >>> changes = apply(freeze(["a", "b"]), Mutation("append", Path(), "c", 1), 1)[1]
    >>> [str(place) for _, place in landed(changes)]
    ['0', 'None', 'None']
    """
    found: list[tuple[Change, Path | None]] = []
    later: list[Change] = []  # what moves, or takes away, something else than what it is about
    for change in reversed(changes):
        place = None if change.kind in _VALUELESS else change.path
        if later and place is not None:
            place = carry(place, later[::-1])
        found.append((change, place))
        if change.kind != "set" and not _is_last(change):
            later.append(change)
    return found[::-1]


def _is_last(change: Change) -> bool:
    # An item that came at the end of its list.
    return change.kind == "insert" and change.at == change.size - 1


_VALUELESS = ("delete", "move")


def _effect(change: Change, place: Path, after: Json) -> Effect:
    value = None if change.kind in _VALUELESS else find(after, place, None)
    return Effect(_OPERATION_OF[change.kind], change.path, value, change.to)


def fold(stream: str, before: Document | None, effects: Iterable[Effect], n: int) -> Folded:
    """Return what *effects* do to a document.

    The cost is that of the mutations that they come from; items that come one behind the other
    come at once.

    Args:
        stream: Whose document it is; only handed on.
        before: What it was; None for a stream that has none.
        effects: Of one entry, in order.
        n: The number that the journal gave to the entry.

    Raises:
        HtealeafError: The effects are not those of this document: an entry is missing or damaged.

    >>> begin = Effect("begin", value=Document(freeze({"n": 1})))
    >>> fold("s", None, [begin, Effect("put", Path(("n",)), 2)], 7).after
    {'n': 2}
    """
    if type(effects) is Resolved and before is not None and effects.n == n:
        root, after, changes = effects.before, effects.after, effects.changes
        if root is before.root:
            gone = _gone_after(before, after, changes)
            weight = weight_of(changes, root, after)
            made = quick(Document, (after, gone, before.layout))
            told = n, stream, changes, root, after, weight, made, effects.signature, ()
            return quick(Folded, told)
    # One function: it runs for each entry, and each operation adds to the same few things.
    signature: Signature | None = None
    undone: list[Mutation] = []
    effects = tuple(effects)
    is_signed = effects[-1].op == BY if effects else False
    document = before
    first = None if before is None else before.root
    happened: list[Change] = []
    end = 0
    for at, effect in enumerate(effects):
        if at < end:
            continue  # it came with the one before
        operation = effect.op
        if operation == BEGIN:
            if document is None:
                first = effect.value.root
            else:
                happened.append(Change("replace", ROOT))
            document = effect.value
        elif operation == DROP:
            document = None
            happened.append(Change("replace", ROOT))
        elif document is None:
            raise HtealeafError(f"stream '{stream}' has no document at number {n}")
        elif operation == TOUCH:
            happened.append(Change("replace", effect.path))
        elif operation == BY:
            signature = Signature(*effect.value)
        elif operation == INSERT and (end := _run(effects, at)) > at + 1:
            values = [one.value for one in effects[at:end]]
            root, more = inserted(document.root, effect.path, values, n)
            document = Document(root, document.gone, document.layout)
            happened += more
            if is_signed:
                undone += [Mutation("delete", change.path) for change in more]
        else:
            root = document.root
            document, more = _folded(document, effect, n)
            happened += more
            if is_signed:  # only now the values are known that later changes of the entry replace
                undone += undoing(root, more)
    after = None if document is None else document.root
    changes = tuple(happened)
    weight = weight_of(changes, first, after)
    return Folded(n, stream, changes, first, after, weight, document, signature, tuple(undone))


def _run(effects: Sequence[Effect], at: int) -> int:
    # Behind the last of those that insert an item each into one list, one behind the other.
    path = effects[at].path
    if not path or not is_index(path[-1]):
        return at + 1
    above, index, end = path[:-1], int(path[-1]), at + 1
    while end < len(effects) and effects[end].op == INSERT:
        place = effects[end].path
        if place[-1:] != (str(index + end - at),) or place[:-1] != above:
            break
        end += 1
    return end


def _folded(document: Document, effect: Effect, n: int) -> tuple[Document, tuple[Change, ...]]:
    verb = _VERB_OF.get(effect.op)
    if verb is None:
        raise UnknownFormat(f"no operation {effect.op!r} is known here; a newer htealeaf wrote it")
    value = effect.to if effect.op == MOVE else effect.value
    root, changes = apply(document.root, Mutation(verb, effect.path, value), n)
    return Document(root, _gone_after(document, root, changes), document.layout), changes


def _gone_after(
    before: Document, after: Json, changes: tuple[Change, ...]
) -> frozenset[Path] | None:
    gone = before.gone
    if gone is not None and changes:
        change = changes[0]  # an effect has one
        if change.kind == "replace" or (change.kind == "delete" and change.at < 0):
            return _gone(before.root, after, change.path, gone)
    return gone


def _gone(before: Json, after: Json, path: Path, gone: frozenset[Path]) -> frozenset[Path] | None:
    place = _unindexed(before, path)
    lost = list(_lost(find(before, path, MISSING), find(after, path, MISSING), place))
    if not lost:
        return gone
    more = gone.union(lost)
    return more if len(more) <= MAX_GONE else None


def _lost(before: Any, after: Any, place: Path) -> Iterator[Path]:
    # The places of dicts that are not there any more, the outermost of each.
    if after is MISSING:
        yield place
    elif isinstance(before, dict):
        for key, value in before.items():
            inner = after.get(key, MISSING) if isinstance(after, dict) else MISSING
            if inner is not value:
                yield from _lost(value, inner, Path((*place, key)))


def _unindexed(root: Json, path: Path) -> Path:
    # The path with `*` for what a list is asked for.
    value: Any = root
    place = list(path)
    for depth, segment in enumerate(path):
        if isinstance(value, list):
            place[depth] = "*"
        value = child(value, segment)
    return Path(place)


def same_document(one: Document, other: Document) -> bool:
    """Tell whether two documents are the same in all that counts: shape versions, too."""
    return (
        one.gone == other.gone
        and one.layout == other.layout
        and same(one.root, other.root)
        and list(shapes_of(one.root)) == list(shapes_of(other.root))
    )


def shapes_of(root: Json) -> Iterator[int]:
    """Yield the shape versions of the lists in *root*, in the order in which these begin."""
    return (found.version for found in lists_in(root))


def lists_in(value: Json) -> Iterator[FrozenList]:
    """Yield the lists in *value*, itself included, in the order in which they begin."""
    if isinstance(value, FrozenList):
        yield value
        for item in value:
            yield from lists_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from lists_in(item)
