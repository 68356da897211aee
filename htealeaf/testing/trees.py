"""Trees of BeautifulSoup: HTML read, searched, and written in one normal form.

Pages and patches are read by lxml where it builds what is written, which is where every element
is closed (`htealeaf.testing.explicit`), and by Python's own `html.parser` elsewhere: both give the
same tree, lxml in about a third of the time.

Rule 1: a tree holds what the server said. What a person typed is kept beside it, by `state`.

Rule 2: what is inside a `template` is inert: it is not found, it does not act.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, Doctype, PageElement, Script, Stylesheet
from markupsafe import escape

from htealeaf.testing.explicit import VOID, build

__all__ = [
    "VOID",
    "Shown",
    "attribute",
    "by_id",
    "classes_of",
    "closest",
    "every",
    "flat",
    "is_inert",
    "is_strange",
    "local",
    "parse",
    "pretty",
    "said_of",
    "state",
    "strange",
    "tags",
    "text_of",
]

#: Attributes to write for an element; None leaves the element out.
Shown = Callable[[Tag], "dict[str, str] | None"]

_SPACE = re.compile(r"\s+")
_RAW = frozenset({"script", "style"})
_KEPT = frozenset({"pre", "textarea", "script", "style"})  # white space counts in them


def parse(html: str) -> BeautifulSoup:
    """Return the tree of *html*, a document or a fragment, as it is written."""
    tree = _read("")
    return tree if build(html, tree) else _read(html)


def _read(html: str) -> BeautifulSoup:
    return BeautifulSoup(
        html,
        "html.parser",
        multi_valued_attributes=None,
        string_containers={"script": Script, "style": Stylesheet},
        on_duplicate_attribute="ignore",  # as browsers do: the first one counts
    )


def attribute(tag: Tag, name: str) -> str | None:
    """Return the attribute *name* of *tag*; None when it has none."""
    value = tag.attrs.get(name)
    return None if value is None else str(value)


def classes_of(tag: Tag) -> list[str]:
    """Return the classes of *tag*."""
    return (attribute(tag, "class") or "").split()


def state(tag: Tag) -> dict[str, Any]:
    """Return what the browser remembers of an element beside its attributes."""
    found: dict[str, Any] = tag.__dict__.setdefault("ht_state", {})
    return found


def local(tag: Tag) -> dict[str, Any]:
    """Return the attributes of *tag*, to be changed by somebody else than the server."""
    state(tag).setdefault("said", dict(tag.attrs))
    return tag.attrs


def said_of(tag: Tag) -> dict[str, Any]:
    """Return the server's word on the attributes of *tag*."""
    found: dict[str, Any] = (
        state(tag).get("said", tag.attrs) if "ht_state" in tag.__dict__ else tag.attrs
    )
    return found


def strange(node: PageElement) -> PageElement:
    """Return *node*, marked as put into the page by somebody else than the server."""
    node.__dict__["ht_strange"] = True
    return node


def is_strange(node: PageElement) -> bool:
    """Tell whether *node* was put into the page by somebody else than the server."""
    return "ht_strange" in node.__dict__


def tags(root: Tag) -> Iterator[Tag]:
    """Yield the elements of *root* in order, without what templates hold."""
    waiting = [iter(root.contents)]
    while waiting:
        for child in waiting[-1]:
            if isinstance(child, Tag):
                yield child
                if child.contents and child.name != "template":
                    waiting.append(iter(child.contents))
                    break
        else:
            waiting.pop()


def is_inert(tag: Tag) -> bool:
    """Tell whether *tag* stands in a template."""
    return any(parent.name == "template" for parent in tag.parents)


def by_id(root: Tag, id: str | None) -> Tag | None:
    """Return the first element with that id, as `getElementById` does."""
    if not id:
        return None
    return next((tag for tag in tags(root) if tag.attrs.get("id") == id), None)


def closest(tag: Tag, wanted: Callable[[Tag], bool]) -> Tag | None:
    """Return *tag* or the nearest element around it that is *wanted*."""
    if wanted(tag):
        return tag
    return next((parent for parent in tag.parents if wanted(parent)), None)


def text_of(tag: Tag) -> str:
    """Return the text in *tag*, its white space collapsed as a browser shows it."""
    return _SPACE.sub(" ", tag.get_text()).strip()


def every(tag: Tag) -> dict[str, str]:
    """Return all attributes: a `Shown` that hides nothing."""
    return {name: str(value) for name, value in tag.attrs.items()}


def flat(root: PageElement, shown: Shown = every) -> str:
    """Return *root* as one text that loses nothing but the order of attributes."""
    out: list[str] = []
    _flat(root, shown, out)
    return "".join(out)


def _flat(node: PageElement, shown: Shown, out: list[str]) -> None:
    if not isinstance(node, Tag):
        out.append(_string(node))
        return
    if not isinstance(node, BeautifulSoup):
        attributes = shown(node)
        if attributes is None:
            return
        out.append(_opening(node, attributes))
    for child in node.contents:
        _flat(child, shown, out)
    if not isinstance(node, BeautifulSoup) and node.name not in VOID:
        out.append(f"</{node.name}>")


def _opening(tag: Tag, attributes: dict[str, str]) -> str:
    written = "".join(
        f' {name}="{_quoted(value)}"' if value else f" {name}"
        for name, value in sorted(attributes.items())
    )
    return f"<{tag.name}{written}>"


def _quoted(value: str) -> str:
    # An ampersand stands as it is, as offers have it, so that a diff can be read.
    return value.replace('"', "&quot;")


def _string(node: PageElement) -> str:
    if isinstance(node, Doctype):
        return f"<!doctype {node}>"
    if isinstance(node, Comment):
        return f"<!--{node}-->"
    parent = node.parent
    raw = parent is not None and parent.name in _RAW
    return str(node) if raw else str(escape(str(node))).replace("&#34;", '"').replace("&#39;", "'")


def pretty(root: PageElement, shown: Shown = every) -> str:
    """Return *root* for a person: an element a line, indented, attributes in order."""
    lines: list[str] = []
    _pretty(root, shown, "", lines)
    return "\n".join(lines) + "\n"


def _pretty(node: PageElement, shown: Shown, indent: str, lines: list[str]) -> None:
    if not isinstance(node, Tag):
        text = _SPACE.sub(" ", _string(node)).strip()
        if text:
            lines.append(indent + text)
        return
    inner = indent
    if not isinstance(node, BeautifulSoup):
        attributes = shown(node)
        if attributes is None:
            return
        opening = indent + _opening(node, attributes)
        closing = "" if node.name in VOID else f"</{node.name}>"
        if not any(isinstance(child, Tag) for child in node.contents):
            text = "".join(map(_string, node.contents))
            kept = node.name in _KEPT
            lines.append(opening + (text if kept else _SPACE.sub(" ", text).strip()) + closing)
            return
        lines.append(opening)
        inner = indent + "  "
    for child in node.contents:
        _pretty(child, shown, inner, lines)
    if not isinstance(node, BeautifulSoup):
        lines.append(f"{indent}</{node.name}>")
