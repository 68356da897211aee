"""XPath over what a page shows, by lxml.

    select(page, "//tr[td[2] = 'Milk']/td[last()]")

Names are as HTML writes them, in lower case and without namespaces, also inside `svg`. What a
`template` holds is not there, nor are attributes whose names are none in XML (`@click`).

Source: XML Path Language 1.0, with the functions of EXSLT for regular expressions (`re:test`).
"""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, Doctype, NavigableString
from lxml import etree

from htealeaf.testing.failures import PageFailure

_NAMESPACES = {"re": "http://exslt.org/regular-expressions"}
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def select(page: BeautifulSoup, expression: str) -> list[Any]:
    """Return what *expression* finds, in the order of the page.

    Elements come as those of *page*; texts and values of attributes as `str`. An expression for a
    number, a text or a truth gives a list of just that.

    Raises:
        PageFailure: It is no XPath.
    """
    tags: dict[etree._Element, Tag] = {}
    root = _copy(page, tags)
    try:
        found: Any = root.getroottree().xpath(expression, namespaces=_NAMESPACES)
    except etree.XPathError as error:
        raise PageFailure(f"{expression!r} is no XPath: {error}") from error
    if not isinstance(found, list):
        return [found]
    return [tags.get(one, one) if isinstance(one, etree._Element) else str(one) for one in found]


def _copy(page: BeautifulSoup, tags: dict[etree._Element, Tag]) -> etree._Element:
    # The outermost element is the page's `html`; a fragment gets one of its own.
    tops = [child for child in page.contents if isinstance(child, Tag)]
    if len(tops) == 1:
        return _element(tops[0], None, tags)
    root = etree.Element("html")
    for child in tops:
        _element(child, root, tags)
    return root


def _element(
    top: Tag, under: etree._Element | None, tags: dict[etree._Element, Tag]
) -> etree._Element:
    made = _made(top, under, tags)
    waiting = [(made, iter(top.contents if top.name != "template" else ()))]
    while waiting:
        into, children = waiting[-1]
        for child in children:
            if isinstance(child, Tag):
                inner = _made(child, into, tags)
                if child.contents and child.name != "template":
                    waiting.append((inner, iter(child.contents)))
                    break
            elif isinstance(child, NavigableString) and not isinstance(child, (Comment, Doctype)):
                _add_text(into, _NOT_XML.sub("\ufffd", str(child)))
        else:
            waiting.pop()
    return made


def _made(
    tag: Tag, under: etree._Element | None, tags: dict[etree._Element, Tag]
) -> etree._Element:
    name = tag.name if _NAME.fullmatch(tag.name) else "unknown"
    attributes = {
        str(key): _NOT_XML.sub("\ufffd", str(value))
        for key, value in tag.attrs.items()
        if _NAME.fullmatch(key)
    }
    made = etree.Element(name, attributes)
    if under is not None:
        under.append(made)
    tags[made] = tag
    return made


def _add_text(into: etree._Element, text: str) -> None:
    if len(into):
        into[-1].tail = (into[-1].tail or "") + text
    else:
        into.text = (into.text or "") + text
