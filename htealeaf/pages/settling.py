"""Settling: what a page remembers when it was rendered again, and the pieces that lead there.

Rule 1: remembered digests are those of what the browser shows. What it shows of a binding that
raised, and was not remembered, nobody knows (`Unclear`).

Rule 2: a binding that raises costs a patch as little as it can (`patching.contained`). It is
logged, and a developer is told in the page.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable, Mapping
from typing import Any

from htealeaf.html.lines import noted
from htealeaf.pages.draw import Drawn, Page, with_rules
from htealeaf.pages.explain import Trace
from htealeaf.reactive.bindings import UNKNOWN, Hole, Node, made_at, name_of
from htealeaf.reactive.outline import trimmed
from htealeaf.reactive.patching import Piece, contained, differences, piece_of
from htealeaf.reactive.rendering import Known, Render

log = logging.getLogger("htealeaf")


class Unclear(Exception):
    """A binding failed while the page was not remembered: which element it has, is unknown."""


def settle(
    page: Page, id: str, render: Render, known: Known | None, failed: dict[str, Exception]
) -> list[Piece]:
    """Take over what *render* made of the binding *id*; return the pieces that bring it there.

    Args:
        known: The list of which rows were left as they are.
        failed: Gets what could not be rendered.

    Raises:
        Unclear: Which element the binding has in the browser is not known.
    """
    nodes, holes = render.nodes, render.holes
    if holes:
        nodes, holes, raised = contained((id,), nodes, holes, page.nodes)
        failed.update(raised)
    if page.failed and is_unclear(page, nodes):
        raise Unclear
    pieces = differences(id, page.nodes, nodes, render.html)
    _take_over(page, id, nodes, holes, known)
    return pieces


def retold(node: Node, html: str) -> list[Piece]:
    """Take over that the place of *node* is *html* now, a text; return the piece that says so."""
    digest = hash(html)
    if digest == node.digest:
        return []
    node.digest, node.kids = digest, ()
    return [piece_of(node, html)]


def doubt(page: Page, ids: Iterable[str]) -> None:
    """Let the bindings *ids* be sent the next time, whatever they show then."""
    for id in ids:
        if id in page.nodes:
            page.nodes[id].digest = UNKNOWN
        elif not id:
            page.digest = UNKNOWN


def is_unclear(page: Page, new: Mapping[str, Node]) -> bool:
    """Tell whether it is not known which element a binding that had failed has in the browser."""
    tried = [(page.nodes[id], new[id]) for id in page.failed if id in page.nodes and id in new]
    return any(
        old.digest == UNKNOWN != node.digest and (old.named or node.named) for old, node in tried
    )


def holes_of(drawn: Any) -> dict[str, Hole]:
    """Return the holes in what was drawn.

    With some it can't be shown as a whole, nor loaded: that would be an error page.
    """
    return drawn.render.holes if isinstance(drawn, Drawn) else {}


def changed(
    page: Page, drawn: Drawn, holes: Mapping[str, Hole]
) -> tuple[list[Piece], Mapping[str, Exception]]:
    """Return what brings *page* to what was drawn of it, and what could not be.

    What is around the bindings is the same.
    """
    fresh, failed = drawn.page, dict[str, Exception]()
    roots = _roots(fresh.nodes, holes)
    if holes:
        fresh.nodes, _, failed = contained(roots, fresh.nodes, holes, page.nodes)
        fresh.failed = tuple(failed)
        for id in failed:
            _carry_over(page, fresh, id)
    pieces = [
        piece
        for root in roots
        for piece in differences(root, page.nodes, fresh.nodes, drawn.render.html)
    ]
    return with_rules(pieces, drawn.render.rules), failed


def replaced(
    drawn: Drawn, holes: Mapping[str, Hole], wanted: list[str]
) -> tuple[list[Piece], Mapping[str, Exception]]:
    """Return the bindings *wanted* of what was drawn, and what could not be.

    Nobody knows what the browser shows there.
    """
    page, failed = drawn.page, dict[str, Exception]()
    if holes:
        roots, is_sent = _roots(page.nodes, holes), set(wanted).__contains__
        page.nodes, _, failed = contained(roots, page.nodes, holes, None, is_sent)
        page.failed = tuple(failed)
        wanted = [id for id in wanted if id in page.nodes and id not in failed]
    pieces = [piece_of(page.nodes[id], drawn.render.html[id]) for id in wanted]
    return with_rules(pieces, drawn.render.rules), failed


def first_of(holes: Mapping[str, Hole]) -> Exception:
    """Return the error of the first of *holes*."""
    return next(iter(holes.values())).error


def _roots(nodes: Mapping[str, Node], holes: Mapping[str, Hole]) -> list[str]:
    # In the order of the page; those on `html` and `body` as well.
    found = {**nodes, **{id: hole.node for id, hole in holes.items()}}
    return [id for id, node in found.items() if not node.parent]


def _carry_over(page: Page, fresh: Page, id: str) -> None:
    # What is inside of a binding that keeps its old HTML is as it was.
    for kid in fresh.nodes[id].kids:
        if kid not in fresh.nodes and kid in page.nodes:
            fresh.nodes[kid] = page.nodes[kid]
            _carry_over(page, fresh, kid)


def _take_over(
    page: Page,
    id: str,
    fresh: Mapping[str, Node],
    holes: Container[str],
    known: Known | None,
) -> None:
    # Takes over what was rendered, and forgets what was inside before and is not any more.
    nodes = page.nodes
    if not nodes[id].kids:  # as of most: nothing was inside
        nodes.update(fresh)
        return
    kids: Iterable[str] = () if id in holes else nodes[id].kids
    if known is not None and kids:
        was, now = trimmed(nodes[id].kids, fresh[id].kids)
        again = [kid for kid in fresh if kid in nodes and nodes[kid].parent == id]
        kids = {*was, *again}.difference(set(now).difference(fresh))
    gone: list[str] = []
    for kid in kids:
        _forget(nodes, kid, fresh, holes, gone)
    for id in gone:
        nodes.pop(id, None)
    page.graph.drop_all(gone)
    nodes.update(fresh)


def _forget(
    nodes: Mapping[str, Node],
    id: str,
    fresh: Container[str],
    staying: Container[str],
    gone: list[str],
) -> None:
    node = nodes.get(id)
    if node is None or id in staying:
        return
    for kid in node.kids:
        _forget(nodes, kid, fresh, staying, gone)
    if id not in fresh:
        gone.append(id)


def failures(
    url: str,
    failed: Mapping[str, Exception],
    nodes: Mapping[str, Node],
    trace: Trace | None,
    outcome: str = "its old HTML stays",
) -> list[Piece]:
    """Log what could not be rendered; return the pieces that say so to a developer."""
    log_failures(url, failed, nodes, outcome)
    return [] if trace is None else [trace.failed(id, nodes, e) for id, e in failed.items()]


def log_failures(
    url: str, failed: Mapping[str, Exception], nodes: Mapping[str, Node], outcome: str
) -> None:
    """Log what could not be rendered."""
    for id, error in failed.items():
        made = None
        if id in nodes:
            label, path = name_of(nodes[id].source)
            what, made = f"{label}/{path} (binding #{id})", made_at(nodes[id].source)
        else:
            what = f"page {url}"
        where = noted(error, made)
        log.error("%s could not be rendered; %s%s", what, outcome, where, exc_info=error)
