"""Explicit HTML, read by lxml: documents and fragments whose every element is closed where it ends.

lxml is many times faster than `html.parser`, and its parser is libxml2's, which knows HTML 4: what
HTML lets an author leave out, and what came later, it may build otherwise. HTML that leaves nothing
out can be built in one way only. So lxml builds, and what came is taken only if it has each tag and
each text where the source has it. All else is left to `html.parser`; see `htealeaf.testing.trees`.

A fragment is read in its context: a `tr` in a `table` and `tbody`, an `option` in a `select`.

Rule: never another tree than that of `html.parser`; rather none.
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, Doctype, NavigableString, PageElement, Script, Stylesheet
from lxml import etree

#: Elements that have no content and no end tag.
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())

_DOCTYPE = "<!doctype html>"
_TAG = re.compile(
    r"""<(?:(/?[a-z][a-z0-9-]*)((?:\s+[^\s"'<>/=]+(?:="[^"<>]*")?)*)\s*/?"""
    r"""|!--([^<>-]+(?:-[^<>-]+)*)--)>"""
)
# Declarations and instructions, characters that parsers treat each in its way, and what might be a
# reference to a character: all but those that escaping writes.
_DOUBTFUL = re.compile(
    r"<(?:!(?!--)|\?)|[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0001fffd]"
    r"|&(?!(?:amp|lt|gt|quot|#34|#39);)(?:#|[A-Za-z][A-Za-z0-9]*;|"
    + "|".join(sorted(name for name in html5 if name[-1] != ";"))
    + ")"
)
_BLANK = re.compile(r"[ \t\n\f\r]+")
#: Where an element may stand; all others in a body.
_CONTEXTS = {
    **dict.fromkeys(("td", "th"), ("table", "tbody", "tr")),
    "tr": ("table", "tbody"),
    **dict.fromkeys(("tbody", "thead", "tfoot", "caption", "colgroup"), ("table",)),
    "col": ("table", "colgroup"),
    **dict.fromkeys(("option", "optgroup"), ("select",)),
    "li": ("ul",),
    **dict.fromkeys(("dt", "dd"), ("dl",)),
    "legend": ("fieldset",),
    "summary": ("details",),
}
_STRINGS: dict[str, type[NavigableString]] = {"script": Script, "style": Stylesheet}
_KEEPS_BLANKS = frozenset({"pre", "textarea"})
_SHORT = 200  # characters; less is read faster than checked


def context_of(html: str) -> tuple[str, ...]:
    """Return the elements that the first one of *html* has to stand in, outermost first.

    >>> context_of("<tr><td>1</td></tr>")
    ('table', 'tbody')
    """
    names = (found[1] for found in _TAG.finditer(html) if found[1])
    return _CONTEXTS.get(next(names, ""), ())


def build(html: str, into: BeautifulSoup) -> bool:
    """Put the tree of *html* into an empty one; False where lxml does not build what is written.

    Args:
        html: A document or a fragment.
        into: A tree without content, with the builder that is to make its elements.
    """
    if len(html) < _SHORT:
        return False
    is_document = html.startswith(_DOCTYPE)
    source = html[len(_DOCTYPE) :] if is_document else html
    if _DOUBTFUL.search(source):
        return False
    # A text, a tag's name and its attributes, or else a comment, a text, and so on.
    said: list[str | None] = [*_TAG.split(source)]
    root = _document(source) if is_document else _holder(source)
    if root is None or any(text and "<" in text for text in said[::4]):
        return False
    made = _Maker(into, said[2::4])
    if is_document:
        made.string(Doctype("html"))
    made.content(root, whole=is_document)
    texts = [unescape(text) if text and "&" in text else text for text in said[::4]]
    return (made.names, made.comments, made.texts) == (said[1::4], said[3::4], texts)


def _document(source: str) -> etree._Element | None:
    # A parser of its own for each: they are not to be shared by threads.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    try:
        root: etree._Element | None = etree.fromstring((_DOCTYPE + source).encode(), parser)
    except etree.LxmlError:
        return None
    return root


def _holder(source: str) -> etree._Element | None:
    # The element that the fragment stands in, with its content and nothing else.
    context = ("body", "div", *context_of(source))
    opened = "".join(f"<{name}>" for name in context)
    closed = "".join(f"</{name}>" for name in reversed(context))
    root = _document(f"<html>{opened}{source}{closed}</html>")
    for name in context:
        if root is None or len(root) != 1 or root[0].tag != name or root.text or root[0].tail:
            return None
        root = root[0]
    return root


class _Maker:
    # Makes elements of BeautifulSoup from those of lxml, and notes which tags and comments it met
    # in which order, and the text before, between and after them.

    def __init__(self, into: BeautifulSoup, written: list[str | None]) -> None:
        self._tree, self._written = into, written
        self._parent: Tag = into
        self._last: PageElement | None = None
        self._kept = 0
        self.names: list[str | None] = []
        self.comments: list[str | None] = []
        self.texts: list[str | None] = [""]

    def content(self, root: etree._Element, *, whole: bool) -> None:
        outside = None if whole else root
        for event, source in etree.iterwalk(root, events=("start", "end", "comment")):
            if event == "start":
                if source is not outside:
                    self._open(source, str(source.tag))
                if source.text:
                    self._text(source.text)
                continue
            if event == "comment":
                self._met(None, source.text or "")
                self.string(Comment(self._shown(source.text or "")))
            elif event == "end" and source is not outside:
                self._close(str(source.tag))
            if source.tail and source is not outside:
                self._text(source.tail)

    def string(self, string: NavigableString) -> None:
        string.setup(self._parent, self._last)
        self._parent.contents.append(string)
        self._last = string

    def _open(self, source: etree._Element, name: str) -> None:
        attributes = self._attributes(source)
        tag = Tag(
            self._tree,
            self._tree.builder,
            name,
            attrs=attributes,
            parent=self._parent,
            previous=self._last,
        )
        self._parent.contents.append(tag)
        self._met(name)
        self._parent = self._last = tag
        self._kept += name in _KEEPS_BLANKS

    def _close(self, name: str) -> None:
        self._kept -= name in _KEEPS_BLANKS
        if name not in VOID or self._parent.contents:  # libxml2 lets some void elements hold others
            self._met(f"/{name}")
        self._parent = self._parent.parent or self._tree

    def _met(self, name: str | None, comment: str | None = None) -> None:
        self.names.append(name)
        self.comments.append(comment)
        self.texts.append("")

    def _text(self, text: str) -> None:
        self.texts[-1] = text
        text = self._shown(text)
        self.string(_STRINGS.get(self._parent.name, NavigableString)(text))

    def _shown(self, text: str) -> str:
        # BeautifulSoup makes one of many blanks, in comments as well.
        if self._kept or not _BLANK.fullmatch(text):
            return text
        return "\n" if "\n" in text else " "

    def _attributes(self, source: etree._Element) -> dict[str, str]:
        # lxml gives an attribute without a value its own name as one.
        found = {str(name): str(value) for name, value in source.attrib.items()}
        bare = [name for name, value in found.items() if name == value]
        if bare:
            here = len(self.names)
            written = self._written[here] if here < len(self._written) else None
            for name in bare:
                found[name] = name if f'{name}="{name}"' in (written or "") else ""
        return found
