"""Nesting of HTML: where a browser's parser builds another tree than the one that is written.

HTML's parser mends: a `div` ends the `p` that it stands in, a `p` in a `tbody` is moved before the
table. What is then shown is not what was rendered, and a patch finds its element in another place.
`check` reads HTML and names each such place, by the rules of the HTML standard, 13.2.6 "Tree
construction". What validity asks for beyond that (a `p` in a `span`) is nobody's trouble here.

Rule 1: text in, faults out. Nothing here knows pages or who made an element.

Rule 2: an end tag that the author left out, as HTML allows (`<li>a<li>b`), is no fault: an element
is broken only when its own end tag comes later.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from html import unescape
from typing import NamedTuple

_TOKEN = re.compile(
    r"<!--.*?-->|<![^>]*>"
    r"|<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*)(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>"
    r"|(?P<text>[^<]+|<)",
    re.DOTALL,
)
_ID = re.compile(r"""\sid=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_HIDDEN = re.compile(r"""\stype=["']?hidden\b""", re.IGNORECASE)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = _names("area base br col embed hr img input link meta param source track wbr")
HEADINGS = _names("h1 h2 h3 h4 h5 h6")
# Each of these start tags ends a `p` (13.2.6.4.7: "has a p element in button scope").
ENDS_P = HEADINGS | _names(
    "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption"
    " figure footer form header hgroup hr li listing main menu nav ol p plaintext pre search"
    " section summary table ul xmp"
)
# 13.2.4.2: how far up the parser looks for an element that is still open.
SCOPE = _names("applet caption html marquee object table td template th")
BUTTON_SCOPE = SCOPE | {"button"}
# 13.2.4.3: beyond a marker no `a` counts as open.
MARKERS = _names("applet caption marquee object td template th")
# 13.2.4.2 "special", as far as they hold something; of these, three let an `li` look through.
SPECIAL = (ENDS_P | SCOPE | HEADINGS | _names("body button form noscript select summary")) - _names(
    "address div p"
)
HEAD = _names("base basefont bgsound link meta noframes noscript script style template title")
PARTS = _names("caption col colgroup tbody td tfoot th thead tr")
_ROWS = _names("tr script style template")
TABLE: dict[str, frozenset[str]] = {
    "table": _names("caption colgroup tbody tfoot thead script style template"),
    "tbody": _ROWS,
    "thead": _ROWS,
    "tfoot": _ROWS,
    "tr": _names("td th script style template"),
    "colgroup": _names("col template"),
}
# What the parser puts between the two.
IMPLIED = {
    ("table", "tr"): "a <tbody>",
    ("table", "td"): "a <tbody> and a <tr>",
    ("table", "th"): "a <tbody> and a <tr>",
    ("table", "col"): "a <colgroup>",
} | {(body, cell): "a <tr>" for body in ("tbody", "thead", "tfoot") for cell in ("td", "th")}
# A template's content is parsed as that of the element which its first child would stand in
# (13.2.6.4.22).
TEMPLATE = {
    **dict.fromkeys(("td", "th"), "tr"),
    **dict.fromkeys(("caption", "colgroup", "tbody", "tfoot", "thead"), "table"),
    "tr": "tbody",
    "col": "colgroup",
}
# Their content is text, whatever is written there (13.2.5.2 and 13.2.5.3).
TEXT_ONLY = _names("iframe noembed noframes script style textarea title xmp")
_MAY_LOOK_LIKE_TAGS = _names("noembed noframes script style xmp")
# Elements whose end tag may be left out (13.1.2.4).
OPTIONAL = _names("p li dt dd option optgroup tr td th tbody thead tfoot colgroup caption")
# 13.2.6.5: an HTML element that ends the svg or math around it.
BREAKOUT = HEADINGS | _names(
    "b big blockquote body br center code dd div dl dt em embed head hr i img li listing menu meta"
    " nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
)
FOREIGN = _names("svg math")
# HTML is parsed as usual inside of these.
INTEGRATION = {
    "svg": _names("foreignobject desc title"),
    "math": _names("mi mo mn ms mtext annotation-xml"),
}


def namespace_inside(name: str, around: str) -> str:
    """Return the namespace of what is inside of an element.

    Args:
        name: The element's name.
        around: The namespace that it stands in: "svg", "math" or "".

    >>> namespace_inside("svg", ""), namespace_inside("g", "svg")
    ('svg', 'svg')
    >>> namespace_inside("foreignObject", "svg"), namespace_inside("mtext", "math")
    ('', '')
    """
    if name in FOREIGN:
        return name
    return "" if name.lower() in INTEGRATION.get(around, ()) else around


class Tag(NamedTuple):
    """A start tag as it is written."""

    name: str
    attributes: str = ""


class Fault(NamedTuple):
    """An element (or text) that a browser takes out of its place.

    Attributes:
        inner: What stands there; the name of text is `#text`.
        outer: What it can't stand in.
        mended: What a browser does about it.
        within: The elements around *inner*, outermost first.
    """

    inner: Tag
    outer: Tag
    mended: str
    within: tuple[Tag, ...]

    def __str__(self) -> str:
        inner = "text" if self.inner.name == "#text" else f"<{self.inner.name}>"
        return f"{inner} in <{self.outer.name}>: a browser {self.mended}"


class Checked(NamedTuple):
    """What `check` found."""

    faults: list[Fault]
    within: dict[str, tuple[str, ...]]  #: the names of an id's ancestors and its own


def check(html: str, within: Iterable[str] | None = None) -> Checked:
    """Find what a browser would build differently.

    Args:
        html: A document or a fragment, each element but a void one with its end tag.
        within: The names of the elements that a fragment stands in, outermost first. None: that
            is not known, and nothing is said about it.

    >>> [str(fault) for fault in check("<p>a<div>b</div></p>").faults]
    ['<div> in <p>: a browser ends the <p> before it']
    >>> check("<p><span>a</span></p>").faults
    []
    """
    reader = _Reader(within)
    reader.read(html)
    return Checked(reader.faults, reader.within)


class _Open:
    # An element that is open, as it is written.
    __slots__ = ("broken", "given", "inside", "like", "pending", "space", "tag")

    def __init__(self, tag: Tag, space: str, *, given: bool = False) -> None:
        self.tag = tag
        self.space = space  # "svg", "math" or ""
        self.inside = "" if tag.name in INTEGRATION.get(space, ()) else space  # of what is in it
        self.like = "" if tag.name == "template" else tag.name  # what it is parsed like
        self.given = given  # it stands around the fragment
        self.pending: list[Fault] = []
        self.broken: set[str] = set()


class _Reader:
    def __init__(self, within: Iterable[str] | None) -> None:
        self.stack: list[_Open] = []
        self.faults: list[Fault] = []
        self.within: dict[str, tuple[str, ...]] = {}
        for name in within or ():
            self.stack.append(_Open(Tag(name), self._space_of(name), given=True))

    def read(self, html: str) -> None:
        at = 0
        while (found := _TOKEN.match(html, at)) is not None:
            at = found.end()
            if found["text"]:
                self._text(found["text"])
            elif found["name"] and found["end"]:
                self._end(found["name"].lower())
            elif found["name"]:
                name = found["name"].lower()
                tag = Tag(name, found["attributes"])
                self._start(tag)
                if name in TEXT_ONLY and self.stack and self.stack[-1].tag is tag:
                    at = self._raw(html, at, tag)

    def _space_of(self, name: str) -> str:
        inside = self.stack[-1].inside if self.stack else ""
        return name if not inside and name in FOREIGN else inside

    def _start(self, tag: Tag) -> None:
        space = self._space_of(tag.name)
        names = tuple(open.tag.name for open in self.stack)
        if (id := _ID.search(tag.attributes)) is not None:
            self.within[unescape(id[1] or id[2] or id[3] or "")] = (*names, tag.name)
        found = self._wrong(tag, names)
        if found is not None:
            self._note(tag, *found)
        closed = tag.attributes.endswith("/") if space else tag.name in VOID
        if not closed:
            self.stack.append(_Open(tag, space))

    def _note(self, tag: Tag, outer: _Open, mended: str) -> None:
        if tag.name in outer.broken:
            return  # the first one ended it already
        outer.broken.add(tag.name)
        around = tuple(open.tag for open in self.stack)
        fault = Fault(tag, outer.tag, mended, around)
        if outer.tag.name in OPTIONAL and not outer.given:
            outer.pending.append(fault)
        else:
            self.faults.append(fault)

    def _end(self, name: str) -> None:
        for at in range(len(self.stack) - 1, -1, -1):
            open = self.stack[at]
            if open.given:
                return
            if open.tag.name == name:
                self.faults += open.pending
                del self.stack[at:]
                return

    def _text(self, text: str) -> None:
        if not self.stack or not text.strip():
            return
        parent = self.stack[-1]
        if parent.like in TABLE and not parent.space:
            self._note(Tag("#text"), parent, "moves it out of the table")

    def _raw(self, html: str, at: int, tag: Tag) -> int:
        if self.stack[-1].space:
            return at
        end = re.compile(rf"</{tag.name}[\s/>]", re.IGNORECASE).search(html, at)
        stop = end.start() if end else len(html)
        inside = re.search(r"<([A-Za-z][^\s/>]*)([^>]*)>", html[at:stop])
        if inside is not None and tag.name not in _MAY_LOOK_LIKE_TAGS:
            inner = Tag(inside[1].lower(), inside[2])
            self._note(inner, self.stack[-1], "shows it as text")
        return stop

    # -- the rules -------------------------------------------------------------------------

    def _wrong(self, tag: Tag, names: Sequence[str]) -> tuple[_Open, str] | None:
        # What *tag* can't stand in, and what becomes of it.
        if not self.stack:
            return None
        parent, name = self.stack[-1], tag.name
        if parent.inside:
            leaves = name in BREAKOUT
            return (
                (self._nearest(FOREIGN), f"ends the <{parent.inside}> before it")
                if leaves
                else None
            )
        if not parent.like and name not in HEAD:
            parent.like = TEMPLATE.get(name, "body")
            if name in PARTS:
                return None
        if parent.like in TABLE:
            return self._in_table(tag, parent)
        if name in PARTS:
            return self._part(parent, names)
        if name in ("html", "head", "body"):
            alone = parent.tag.name == "html" and name != "html"
            return None if alone else (parent, "leaves its tag out")
        if parent.tag.name == "head" and name not in HEAD:
            return parent, "ends the head before it"
        for rule in (self._in_itself, self._in_a_list, self._in_a_select, self._in_p):
            found = rule(name)
            if found is not None:
                return found
        if name in HEADINGS and parent.tag.name in HEADINGS:
            return parent, _ends(parent)
        return None

    def _in_table(self, tag: Tag, parent: _Open) -> tuple[_Open, str] | None:
        outer, name = parent.like, tag.name
        hidden = name == "input" and outer != "colgroup" and _HIDDEN.search(tag.attributes)
        if name in TABLE[outer] or hidden:
            return None
        if (outer, name) in IMPLIED:
            return parent, f"puts {IMPLIED[outer, name]} around it"
        if name == "form":
            return parent, "ends it at once, so it holds nothing"
        if name in PARTS or name == "table":
            return parent, _ends(parent)
        if parent.tag.name == "template":
            return None  # out of the rows is still inside of it
        return parent, "moves it out of the table"

    def _part(self, parent: _Open, names: Sequence[str]) -> tuple[_Open, str] | None:
        cell = self._up(_names("td th caption"), _names("table template"))
        if cell is not None:
            return cell, _ends(cell)
        return parent, "leaves its tag out"

    def _in_itself(self, name: str) -> tuple[_Open, str] | None:
        stop = {"a": MARKERS, "nobr": SCOPE, "button": SCOPE, "form": ()}.get(name)
        if name == "form" and any(open.tag.name == "template" for open in self.stack):
            return None
        outer = self._up({name}, stop) if stop is not None else None
        if outer is None:
            return None
        return outer, "leaves the inner one out" if name == "form" else _ends(outer)

    def _in_a_list(self, name: str) -> tuple[_Open, str] | None:
        wanted = {"li": _names("li"), "dd": _names("dd dt"), "dt": _names("dd dt")}.get(name)
        if wanted is None:
            return None
        outer = self._up(wanted, SPECIAL - wanted)
        return None if outer is None else (outer, _ends(outer))

    def _in_a_select(self, name: str) -> tuple[_Open, str] | None:
        parent = self.stack[-1]
        inner = {"option": _names("option"), "optgroup": _names("option optgroup")}.get(name)
        if inner is not None and parent.tag.name in inner:
            return parent, _ends(parent)
        outer = self._up({"select"}, SCOPE) if name in ("input", "select", "textarea") else None
        return None if outer is None else (outer, _ends(outer))

    def _in_p(self, name: str) -> tuple[_Open, str] | None:
        outer = self._up({"p"}, BUTTON_SCOPE) if name in ENDS_P else None
        return None if outer is None else (outer, _ends(outer))

    def _up(self, wanted: Iterable[str], stop: Collection[str]) -> _Open | None:
        # The nearest open element of *wanted*, unless one of *stop* is nearer.
        for open in reversed(self.stack):
            if not open.space and open.tag.name in wanted:
                return open
            if open.tag.name in stop or (stop and open.space and not open.inside):
                return None
        return None

    def _nearest(self, wanted: Iterable[str]) -> _Open:
        return next(open for open in reversed(self.stack) if open.tag.name in wanted)


def _ends(outer: _Open) -> str:
    return f"ends the <{outer.tag.name}> before it"
