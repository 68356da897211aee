"""Patches applied to a tree by the rules of the shim, in plain Python.

`apply_patch` does what `static/htealeaf.js` does with the same bytes; one file of cases,
`tests/conformance/patches.json`, is run by both.

Rule 1: nodes are kept, so what is remembered of them stays; which ones, `renewal` says.

Rule 2: what has left the page meanwhile is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from bs4.element import PageElement, Stylesheet

from htealeaf.testing.failures import PageFailure
from htealeaf.testing.renewal import put, renew, renew_attributes
from htealeaf.testing.trees import attribute, by_id, closest, parse
from htealeaf.wire.names import OPS, Attribute, Id, Op


@dataclass
class Applied:
    """What a patch did.

    Attributes:
        ids: The elements that it named and found, in order.
        error: The sentence that it tells.
        visit: The URL that it sends the page to.
    """

    ids: list[str] = field(default_factory=list)
    error: str | None = None
    visit: str | None = None


def apply_patch(page: BeautifulSoup, patch: str, *, fits: bool = True) -> Applied:
    """Apply *patch* to *page*, in place.

    Args:
        page: A document; a patch with `page`, `style` or `attrs` of the body needs a whole one.
        patch: The body of an answer.
        fits: Whether the page shows what the patch starts from. If not, only what has no cursor
            is done: the error is told, the visit is made.
    """
    done = Applied()
    for part in [node for node in parse(patch).contents if isinstance(node, Tag)]:
        op = attribute(part, Attribute.OP) or ""
        id = attribute(part, Attribute.TO if op else "id")
        to = by_id(page, id)
        row = _row(op)
        if (to is None and not row.alone) or not (fits or row.always):
            continue
        if op in _ALONE:
            _ALONE[op](done, page, part)
        elif to is not None:
            _OPS[op](page, to, _brought(op, to, part) if op else [part], part)
        if to is not None and id is not None and fits:
            done.ids.append(id)
    return done


def _row(op: str) -> Op:
    if not op:
        return OPS["replace"]  # a fragment that stands for itself
    if op not in OPS:
        raise PageFailure(f"the patch has an operation {op!r}; there are: {', '.join(OPS)}")
    return OPS[op]


# -- markers -------------------------------------------------------------------------------


def extent(tag: Tag) -> list[PageElement]:
    """Return *tag* and the nodes before it that it, a marker, counts; in order."""
    nodes: list[PageElement] = [tag]
    size = _size(tag)
    while size:
        node = nodes[-1].previous_sibling
        if node is None:
            break
        nodes.append(node)
        size -= isinstance(node, Tag)
    return nodes[::-1]


def owners(tag: Tag) -> list[Tag]:
    """Return the markers that count *tag*."""
    following = [node for node in tag.next_siblings if isinstance(node, Tag)]
    return [node for at, node in enumerate(following, 1) if _size(node) >= at]


def _size(tag: Tag) -> int:
    return int(attribute(tag, Attribute.SIZE) or 0)


def _count(markers: Iterable[Tag], nodes: list[PageElement], sign: int) -> None:
    by = sign * sum(isinstance(node, Tag) for node in nodes)
    for marker in markers:
        marker.attrs[Attribute.SIZE] = str(_size(marker) + by)


# -- operations ----------------------------------------------------------------------------


def replace(tag: Tag, nodes: list[PageElement]) -> None:
    """Put *nodes* into the place of *tag* and what it counts; what is the same stays."""
    old, markers = extent(tag), owners(tag)
    _count(markers, old, -1)
    _count(markers, nodes, 1)
    if tag.parent is not None:
        renew(tag.parent, old, nodes, tag.next_sibling)


def _insert(
    nodes: list[PageElement], markers: list[Tag], parent: Tag | None, after: PageElement | None
) -> None:
    _count(markers, nodes, 1)
    for node in nodes:
        if parent is not None:
            put(parent, node, after)


def _append(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    if Attribute.SIZE in to.attrs:
        _insert(nodes, [to, *owners(to)], to.parent, to)
    else:
        _insert(nodes, [], to, None)


def _before(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    _insert(nodes, owners(to), to.parent, extent(to)[0])


def _after(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    _insert(nodes, owners(to), to.parent, to.next_sibling)


def _move(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    into = by_id(page, attribute(part, Attribute.IN))
    before = by_id(page, attribute(part, Attribute.BEFORE))
    if into is None and before is None:
        return
    moved = _taken_out(to)
    if into is not None:
        _append(page, into, moved, part)
    elif before is not None:
        _before(page, before, moved, part)


def _taken_out(tag: Tag) -> list[PageElement]:
    # Counted and gone before it is put elsewhere: a marker counts only what stands before it.
    nodes = extent(tag)
    _count(owners(tag), nodes, -1)
    return [node.extract() for node in nodes]


def _remove(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    _taken_out(to)


def _replace(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    replace(to, nodes)


def _attrs(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    model = next(node for node in nodes if isinstance(node, Tag))
    renew_attributes(to, model)


_Op = Callable[[BeautifulSoup, Tag, "list[PageElement]", Tag], None]
_OPS: dict[str, _Op] = {
    "": _replace,
    "append": _append,
    "before": _before,
    "after": _after,
    "move": _move,
    "remove": _remove,
    "replace": _replace,
    "attrs": _attrs,
}


def _brought(op: str, to: Tag, part: Tag) -> list[PageElement]:
    # Parts of an svg come inside one, or a browser would read them as HTML.
    place = to if op == "append" and Attribute.SIZE not in to.attrs else to.parent
    if place is not None and closest(place, lambda tag: tag.name in ("svg", "math")) is not None:
        wrapper = next((node for node in part.contents if isinstance(node, Tag)), None)
        return list(wrapper.contents) if wrapper is not None else []
    return list(part.contents)


def _style(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    add_rules(page, part.get_text())


def _visit(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    done.visit = attribute(part, Attribute.TO)


def _error(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    done.error = part.get_text()


def _page(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    body, nodes = page.body, list(part.contents)
    if body is None:
        return
    first = nodes[0] if nodes else None
    if isinstance(first, Tag) and first.name == "title":
        title = page.title
        if title is None and page.head is not None:
            title = page.new_tag("title")
            page.head.append(title)
        if title is not None:
            title.string = first.get_text()
        nodes = nodes[1:]
    renew(body, list(body.contents), nodes, None)


#: What is done to no element of the page.
_ALONE: dict[str, Callable[[Applied, BeautifulSoup, Tag], None]] = {
    "style": _style,
    "page": _page,
    "visit": _visit,
    "error": _error,
}


def rules(page: BeautifulSoup) -> list[str]:
    """Return the CSS rules of the page's generated style sheet."""
    style = by_id(page, Id.STYLE)
    return [line for line in style.get_text().split("\n") if line] if style is not None else []


def add_rules(page: BeautifulSoup, text: str) -> None:
    """Add those rules, one a line, that the page does not have."""
    style = by_id(page, Id.STYLE)
    if style is None:
        style = page.new_tag("style", attrs={"id": Id.STYLE})
        (page.head or page).append(style)
    known = rules(page)
    known += [line for line in dict.fromkeys(text.split("\n")) if line and line not in known]
    style.clear()
    style.append(Stylesheet("\n".join(known)))
