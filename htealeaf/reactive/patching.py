"""Patches: fragments and operations, found by comparing two renderings of one page.

`Patch` is a sequence of `Piece`s; `differences` finds the pieces that bring one set of nodes to
another: a node whose own HTML changed is sent whole, one that only holds changed ones is looked
into, and of a list only the rows that came, went, moved or changed. `contained` comes before it
where bindings raised, and says what each of them costs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from itertools import groupby
from typing import Final, NamedTuple

from htealeaf.errors import HtealeafError
from htealeaf.html.markup import quoted
from htealeaf.html.nesting import namespace_inside
from htealeaf.html.parts import Host
from htealeaf.reactive.bindings import UNKNOWN, Hole, Node
from htealeaf.reactive.outline import common_ends
from htealeaf.wire.names import OPS, Attribute


class Piece(NamedTuple):
    """One fragment or operation of a patch."""

    op: str  #: "" for a fragment that stands as the element itself, else one of `names.OPS`
    to: str  #: the element's id; for `visit` a URL
    html: str = ""
    extra: str = ""  #: further attributes of the template, as text
    namespace: str = ""

    def __str__(self) -> str:
        if not self.op:
            return self.html
        if self.op not in OPS:
            raise HtealeafError(f"a patch has no operation {self.op!r}; it has: {', '.join(OPS)}")
        inner, extra = self.html, self.extra
        if self.namespace and inner:
            inner = f"<{self.namespace}>{inner}</{self.namespace}>"
            extra += f" {Attribute.INNER}"
        to = f' {Attribute.TO}="{quoted(self.to)}"' if self.to else ""
        return f'<template {Attribute.OP}="{self.op}"{to}{extra}>{inner}</template>'


Nodes = Mapping[str, Node]


def outermost(ids: Iterable[str], nodes: Nodes, *, through_lists: bool = False) -> list[str]:
    """Return those of *ids* that no other one encloses, sorted.

    A list takes care of its own rows, but not of what is inside of them: rendering a list again
    leaves rows that did not change alone. With *through_lists* it encloses all that.
    """
    wanted = {id for id in ids if id in nodes}
    if len(wanted) < 2:
        return list(wanted)
    return sorted(id for id in wanted if not _enclosed(id, wanted, nodes, through_lists))


def _enclosed(id: str, wanted: set[str], nodes: Nodes, through_lists: bool) -> bool:
    outer = nodes[id].parent
    while outer:
        node = nodes.get(outer)
        if node is None:
            return False
        if outer in wanted and (through_lists or not node.rows or outer == nodes[id].parent):
            return True
        outer = node.parent
    return False


class Contained(NamedTuple):
    """A rendering with bindings that raised, as the browser will have it.

    Attributes:
        nodes: The nodes that were rendered. What failed is among them as the browser has it, and
            nothing that is inside of that.
        holes: The bindings that raised, and those that fail with them.
        failed: What is to be tried again, and why.
    """

    nodes: dict[str, Node]
    holes: dict[str, Hole]
    failed: dict[str, Exception]


def contained(
    roots: Iterable[str],
    rendered: Nodes,
    raised: Mapping[str, Hole],
    old: Nodes | None,
    sent: Callable[[str], bool] | None = None,
) -> Contained:
    """Let bindings that raised cost as little as they can.

    One function: `look` and `settle` walk over what both of them change.

    The old HTML of a binding that raised stays, if all that is around it stays too. What has to
    be sent whole can't leave a place open: it fails with what is in it. Only a new row is left out
    of its list, which is tried again.

    Args:
        roots: The ids of the outermost nodes that were rendered.
        rendered: The nodes that were rendered.
        raised: The bindings that raised.
        old: What the browser shows; None when that is not known.
        sent: Tells which nodes are to be sent whole. Without it: those that differ from *old*.
    """
    new, holes, failed = dict(rendered), dict(raised), dict[str, Exception]()
    reached: set[str] = set()

    def is_sent(id: str) -> bool:
        return sent(id) if sent is not None else _differs(new[id], (old or {}).get(id))

    def look(id: str) -> Exception | None:
        # From the inside to the outside: who fails, and with what.
        if id in holes or id not in new:
            return holes[id].error if id in holes else None
        errors = [error for kid in new[id].kids if (error := look(kid)) is not None]
        if errors and is_sent(id):
            holes[id] = Hole(new[id], errors[0])
        return errors[0] if errors else None

    def settle(id: str) -> None:
        # From the outside to the inside: what stays, and what is tried again.
        reached.add(id)
        if id in holes:
            failed[id] = holes[id].error
            new[id] = _as_it_was(holes[id].node, (old or {}).get(id))
        elif id in new:
            node = new[id]
            if node.rows and old is not None:
                out = [row for row in node.kids if row in holes and row not in old]
                if out:
                    failed[id] = holes[out[0]].error
                    node = new[id] = copy(node)
                    node.kids, node.keys = tuple(row for row in node.kids if row not in out), ()
            for kid in node.kids:
                settle(kid)

    for root in roots:
        look(root)
        settle(root)
    return Contained({id: node for id, node in new.items() if id in reached}, holes, failed)


def _as_it_was(node: Node, before: Node | None) -> Node:
    # Its source is the new one, since what it shows next is worked out from that.
    node = copy(node)
    if before is None:
        node.digest, node.kids, node.keys = UNKNOWN, (), ()
    else:
        node.digest, node.kids, node.keys = before.digest, before.kids, before.keys
        node.mark, node.named = before.mark, before.named
    return node


def _differs(node: Node, before: Node | None) -> bool:
    return before is None or node.digest != before.digest or node.mark != before.mark


def piece_of(node: Node, html: str, to: str | None = None) -> Piece:
    """Return the piece that puts *html*, the node's own, into the place of the element *to*."""
    to = to or node.mark
    if node.op == "attrs":
        assert isinstance(node.source, Host)
        tag = node.source.tag
        if tag.void and not node.namespace:
            return Piece("", to, html)
        if tag.name in ("html", "body"):  # the parser would drop these inside a template
            return Piece("attrs", to, f"<div{html[len(tag.open) :]}</div>")
        alone = html if tag.void else html + tag.close
        return Piece("attrs", to, alone, namespace=node.namespace)
    if to != node.mark:
        return Piece("replace", to, html, namespace=node.namespace)
    return Piece(node.op, to, html, namespace=node.namespace)


def differences(id: str, old: Nodes, new: Nodes, html: Mapping[str, str]) -> list[Piece]:
    """Return the pieces that bring node *id* from *old* to *new*, each place once.

    A node that *new* does not have was not rendered again: it is as it was.
    """
    node = new.get(id)
    if node is None:
        return []
    before = old.get(id)
    if before is None or _differs(node, before):
        return [piece_of(node, html[id], before.mark if before else None)]
    if node.rows and _is_another(node, before, old):
        return [piece_of(node, html[id])]
    if node.rows:
        return _rows(node, before, old, new, html)
    return [piece for kid in node.kids for piece in differences(kid, old, new, html)]


#: Bytes that a list takes as a whole, beside its rows: its own element, and how it travels.
_LIST: Final = 200


def _is_another(node: Node, before: Node, old: Nodes) -> bool:
    # None of its rows stays, and to name those that go takes more than to send it whole.
    kids = before.kids
    if len(kids) < 2 or kids[0] in node.kids[:1] or not set(kids).isdisjoint(node.kids):
        return False
    return sum(len(old[row].mark) + 1 for row in kids) > _LIST


def _rows(node: Node, before: Node, old: Nodes, new: Nodes, html: Mapping[str, str]) -> list[Piece]:
    head, tail = common_ends(before.kids, node.kids)
    was, now = before.kids[head : len(before.kids) - tail], node.kids[head : len(node.kids) - tail]
    known, wanted = set(was), set(now)
    came = wanted - known

    def mark(row: str) -> str:
        return (new.get(row) or old[row]).mark

    gone = [old[row].mark for row in was if row not in wanted]
    pieces = [Piece("remove", "\n".join(gone))] if gone else []
    for row in node.kids:
        if row in new and row not in came:
            pieces.extend(differences(row, old, new, html))
    where = {row: index for index, row in enumerate(was)}
    kept = [row for row in now if row in known]
    staying = {kept[i] for i in longest_rising([where[row] for row in kept])}
    # From the end to the beginning, so that what a row is put before is in its place already.
    end = follower = node.kids[-tail] if tail else None
    steps: list[Piece] = []
    for kind, run in groupby(
        reversed(now), lambda row: "came" if row not in known else "stays" if row in staying else ""
    ):
        rows = [*run][::-1]
        beside = follower and mark(follower)
        if kind == "came":
            steps.extend(_inserted(node, rows, beside, html))
        elif not kind:
            steps.append(_moved(node, [mark(row) for row in rows], beside))
        follower = rows[0]
    moves = [piece for piece in steps if piece.op == "move"]
    if len(moves) > 1:
        # Where much moves, it takes less to name all rows in their new order: the shim finds out
        # by itself which of them stay. What comes is put between them afterwards.
        whole = _moved(node, [mark(row) for row in kept], end and mark(end))
        if len(str(whole)) < sum(len(str(piece)) for piece in moves):
            steps = [whole, *(piece for piece in steps if piece.op != "move")]
    return pieces + steps


def _moved(node: Node, marks: list[str], follower: str | None) -> Piece:
    name, value = (Attribute.BEFORE, follower) if follower else (Attribute.IN, node.mark)
    return Piece("move", "\n".join(marks), extra=f' {name}="{quoted(value)}"')


def _inserted(
    node: Node, rows: list[str], follower: str | None, html: Mapping[str, str]
) -> list[Piece]:
    text = "".join(html[row] for row in rows)
    namespace = node.namespace
    if isinstance(node.source, Host):
        namespace = namespace_inside(node.source.tag.name, namespace)
    if follower:
        return [Piece("before", follower, text, namespace=namespace)]
    return [Piece("append", node.mark, text, namespace=namespace)]


def longest_rising(numbers: list[int]) -> list[int]:
    """Return the positions of a longest rising subsequence: what need not move.

    >>> longest_rising([3, 0, 1, 4, 2])
    [1, 2, 4]
    """
    tails: list[int] = []  # positions; the smallest last number of a subsequence of each length
    values: list[int] = []
    before: list[int] = []
    for position, number in enumerate(numbers):
        if not values or number > values[-1]:  # as of nearly all where two rows change places
            before.append(tails[-1] if tails else -1)
            tails.append(position)
            values.append(number)
            continue
        at = bisect_left(values, number)
        before.append(tails[at - 1] if at else -1)
        tails[at], values[at] = position, number
    found = []
    position = tails[-1] if tails else -1
    while position >= 0:
        found.append(position)
        position = before[position]
    return found[::-1]
