"""Rows of a form in HTML: as many as were sent, and with scripts off one more or one less.

`components.field` draws a list as rows and a template that new ones are made of; the shim's side is
`static/htealeaf.forms.js`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from htealeaf.html.markup import LINE_CLASS, quoted

_NUMBER = re.compile(r"\{n+\}")  # first in a template is its own, which what is inside has, too
_MODEL = r'value="-([^"]*)\[%s\]"'  # what the button of a row in a template says
_CONTROL = re.compile(r"<(?:input|select|textarea)\b")
_DEEPEST = 8

#: What a form sent: names, and texts or files.
Entries = Sequence[tuple[str, object]]


@dataclass
class _List:
    # The rows of one list, and the template behind them.
    lines: list[tuple[int, int]] = field(default_factory=list)
    start: int = 0  #: of the template
    inside: str = ""
    depth: int = 0  #: in how many rows it stands


class _Lists(HTMLParser):
    # Finds the lists of the form of *url*.
    def __init__(self, html: str, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.url, self.html = url, html
        self.starts = [0]
        for line in html.split("\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.found: list[_List] = []
        self._in_form = False
        self._open: list[tuple[_List, int]] = []  # the fieldsets, and where a line of one begins
        self._templates: list[tuple[int, int]] = []
        self.feed(html)
        self.close()

    @property
    def at(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form" and not self._templates:
            self._in_form = attributes.get("action") == self.url
        elif tag == "template":
            self._templates.append((self.at, self.at + len(self.get_starttag_text() or "")))
        elif tag == "fieldset" and self._in_form and not self._templates:
            is_line = LINE_CLASS in (attributes.get("class") or "").split()
            self._open.append((_List(), self.at if is_line else -1))

    def handle_endtag(self, tag: str) -> None:
        if tag == "template" and self._templates:
            start, inside = self._templates.pop()
            if not self._templates and self._open:
                found = self._open[-1][0]
                found.start, found.inside = start, self.html[inside : self.at]
                found.depth = sum(line >= 0 for _, line in self._open)
                self.found.append(found)
        elif tag == "fieldset" and self._open and not self._templates:
            _, start = self._open.pop()
            if start >= 0 and self._open:
                end = self.html.index(">", self.at) + 1
                self._open[-1][0].lines.append((start, end))


def with_rows(html: str, url: str, entries: Entries, added: str = "") -> str:
    """Return *html* with as many rows in the form of *url* as *entries* have.

    Args:
        html: A whole page.
        url: Where the form leads.
        entries: What was sent.
        added: The name of a list that has one more: `lines`.
    """
    for depth in range(_DEEPEST):  # a row may have rows
        lists = [found for found in _Lists(html, url).found if found.depth == depth]
        if not lists:
            break
        html = _renewed(html, lists, entries, added)
    return html


def pressed(press: str, entries: Entries) -> tuple[Entries, str]:
    """Return what is left of *entries*, and which list gets a row, by what a button says.

    >>> pressed("-a[0]", [("a[0][b]", "x"), ("a[1][b]", "y")])
    ([('a[1][b]', 'y')], '')
    >>> pressed("+a", [])
    ([], 'a')
    """
    name = press[1:]
    if press[:1] == "+":
        return entries, name
    return [pair for pair in entries if pair[0] != name and not pair[0].startswith(f"{name}[")], ""


def _renewed(html: str, lists: list[_List], entries: Entries, added: str) -> str:
    edits: list[tuple[int, int, str]] = []
    for found in lists:
        first = _NUMBER.search(found.inside)
        model = re.search(_MODEL % re.escape(first[0]), found.inside) if first else None
        if first is None or model is None:
            continue
        name, number = model[1], first[0]
        numbers = _numbers(name, entries)
        rows = [found.inside.replace(number, str(one)) for one in numbers]
        if name == quoted(added):
            fresh = found.inside.replace(number, str(max(numbers, default=-1) + 1))
            rows.append(_CONTROL.sub(lambda m: f"{m[0]} autofocus", fresh, count=1))
        edits += [(start, end, "") for start, end in found.lines]
        edits.append((found.start, found.start, "".join(rows)))
    out, done = [], 0
    for start, end, text in sorted(edits):
        out += [html[done:start], text]
        done = end
    return "".join([*out, html[done:]])


def _numbers(name: str, entries: Entries) -> list[int]:
    begins = re.compile(re.escape(name) + r"\[(\d{1,18})\]")
    found = (begins.match(quoted(key)) for key, _ in entries)
    return sorted({int(match[1]) for match in found if match is not None})
