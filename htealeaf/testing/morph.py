"""Morphing: patches applied to a tree by the rules of the shim, in plain Python.

`apply_patch` does what `static/htealeaf.js` does with the same bytes; one file of cases,
`tests/conformance/patches.json`, is run by both.

Rule 1: nodes are kept, so what is remembered of them stays; which ones, `renewal` says.

Rule 2: what has left the page meanwhile is skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, PageElement, Stylesheet

from htealeaf.testing.failures import PageFailure
from htealeaf.testing.renewal import keeping, put, renew, renew_attributes
from htealeaf.testing.trees import attribute, by_id, closest, parse
from htealeaf.wire.names import ASSETS_URL, OPS, Attribute, Field, Id, Op, comment_of


@dataclass
class Applied:
    """What a patch did.

    Attributes:
        ids: The elements that it named and found, in order.
        error: The sentence that it tells.
        visit: The URL that it sends the page to.
        address: How the history has the URL that the page shows now, and that URL.
        invalid: The messages of what it refuses; None where nothing is.
    """

    ids: list[str] = field(default_factory=list)
    error: str | None = None
    visit: str | None = None
    address: tuple[str, str] | None = None
    invalid: list[Tag] | None = None


def apply_patch(page: BeautifulSoup, patch: str, *, fits: bool = True) -> Applied:
    """Apply *patch* to *page*, in place.

    Args:
        page: A document; a patch with `page`, `style` or `attrs` of the body needs a whole one.
        patch: The body of an answer.
        fits: Whether the page shows what the patch starts from. If not, only what has no cursor
            is done: the error is told, the visit is made.
    """
    done = Applied()
    with keeping(page):
        for part in [node for node in parse(patch).contents if isinstance(node, Tag)]:
            op = attribute(part, Attribute.OP) or ""
            row = _row(op)
            if not (fits or row.always):
                continue
            if op in _ALONE:
                _ALONE[op](done, page, part)
                continue
            for id in (attribute(part, Attribute.TO if op else "id") or "").split("\n"):
                to = by_id(page, id)
                if to is not None and not _is_kept(to if op in _INTO else to.parent):
                    _OPS[op](page, to, _brought(part) if op else [part], part)
                    done.ids.append(id)
    return done


_INTO = frozenset({"append"})  # what is inside changes; else the element, or its neighbours


def _is_kept(place: Tag | None) -> bool:
    return place is not None and closest(place, lambda tag: Attribute.KEEP in tag.attrs) is not None


def _row(op: str) -> Op:
    if not op:
        return OPS["replace"]  # a fragment that stands for itself
    if op not in OPS:
        raise PageFailure(f"the patch has an operation {op!r}; there are: {', '.join(OPS)}")
    return OPS[op]


# -- markers -------------------------------------------------------------------------------


def extent(tag: Tag) -> list[PageElement]:
    """Return *tag*, or with the marker at the end of several all of these; in order."""
    nodes: list[PageElement] = [tag]
    if is_marker(tag):
        for node in tag.previous_siblings:
            nodes.append(node)
            if isinstance(node, Comment) and str(node) == f"ht {comment_of(str(tag.attrs['id']))}":
                return nodes[::-1]
    return [tag]


def is_marker(tag: Tag) -> bool:
    """Tell whether *tag* stands at the end of several nodes that are one place."""
    return Attribute.END in tag.attrs


# -- operations ----------------------------------------------------------------------------


def replace(tag: Tag, nodes: list[PageElement]) -> None:
    """Put *nodes* into the place of *tag* and what belongs to it; what is the same stays."""
    if tag.parent is not None:
        renew(tag.parent, extent(tag), nodes, tag.next_sibling)


def _insert(nodes: list[PageElement], parent: Tag | None, after: PageElement | None) -> None:
    for node in nodes:
        if parent is not None:
            put(parent, node, after)


def _append(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    if is_marker(to):
        _insert(nodes, to.parent, to)
    else:
        _insert(nodes, to, None)


def _before(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    _insert(nodes, to.parent, extent(to)[0])


def _after(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    _insert(nodes, to.parent, to.next_sibling)


def _move(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    into = by_id(page, attribute(part, Attribute.IN))
    before = by_id(page, attribute(part, Attribute.BEFORE))
    if into is not None:
        _append(page, into, extent(to), part)
    elif before is not None:
        _before(page, before, extent(to), part)


def _remove(page: BeautifulSoup, to: Tag, nodes: list[PageElement], part: Tag) -> None:
    replace(to, [])


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


def _brought(part: Tag) -> list[PageElement]:
    # Parts of an svg come inside one, or a browser would read them as HTML.
    if Attribute.INNER in part.attrs:
        return list(next(node for node in part.contents if isinstance(node, Tag)).contents)
    return list(part.contents)


def _style(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    add_rules(page, part.get_text())


def _script(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    script = page.select_one(f'script[src*="{ASSETS_URL}/"]')
    if script is not None:
        script.attrs["src"] = part.get_text()


def _visit(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    done.visit = attribute(part, Attribute.TO)


def _history(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    done.address = attribute(part, "id") or "", part.get_text()
    field = page.select_one(f"#{Id.FORM} [name={Field.URL}]")
    if field is not None:
        field.attrs["value"] = part.get_text()


def _invalid(done: Applied, page: BeautifulSoup, part: Tag) -> None:
    done.invalid = [*part.select(f"[{Attribute.FIELD}]")]
    done.error = part.get_text()


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
    "script": _script,
    "page": _page,
    "history": _history,
    "visit": _visit,
    "error": _error,
    "invalid": _invalid,
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
