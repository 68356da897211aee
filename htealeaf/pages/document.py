"""The document around a tree: doctype, head, the page's form, and what is filled in at the end.

A route function returns what the page shows; `document` puts it into a full HTML document, or
completes the author's own `html(...)`. What is known only when everything has been rendered (which
rules are used, which stores) goes into *spots*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from markupsafe import Markup, escape

from htealeaf.html.elements import Element, flatten, fragments
from htealeaf.html.making import tag
from htealeaf.html.markup import Child, Dynamic
from htealeaf.wire.codec import dumps
from htealeaf.wire.names import Attribute, Field, Id

_ENGLISH: Final[Mapping[str, str]] = MappingProxyType({})

_html, _head, _body, _title = tag("html"), tag("head"), tag("body"), tag("title")
_CHARSET = Markup('<meta charset="utf-8">')
_VIEWPORT = Markup('<meta name="viewport" content="width=device-width, initial-scale=1">')


class Spot(Dynamic):
    """A place in a rendering's output that is remembered by name, and may be filled later."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def render(self, page: Any) -> None:
        page.spots[self.name] = len(page.out)
        page.out.append("")


HEAD, FORM, TITLE, TITLE_END, END = map(Spot, ("head", "form", "title", "title_end", "end"))
STYLES = Spot("styles")


class Assets(NamedTuple):
    """What every head gets from us, as HTML."""

    first: str = ""  #: before all of the author's own, so that theirs goes over it
    last: str = ""  #: behind it
    script: str = ""  #: the URL of the shim in it


#: Gives the assets of a page from its base URL, its nonce, and the parts of the shim it needs.
AssetsOf: TypeAlias = Callable[[str, str, frozenset[str]], Assets]


def document(
    content: Child, *, title: Child, lang: str = "en", boost: bool | None = None
) -> list[str | Dynamic]:
    """Return the parts of the whole document for *content*: elements, or an `html(...)`.

    What the author's `html`, `head` and `body` have, stays; what is missing is added.

    Args:
        content: What the page shows.
        title: Its title, where it has none.
        lang: Its language, where it has no `html`.
        boost: What `body` says of its links, where it says nothing.
    """
    items = flatten(content)
    if len(items) == 1 and isinstance(items[0], Element) and items[0].tag.name == "html":
        return fragments([_completed(items[0], title, boost)])
    if not isinstance(title, str):  # a binding, which has an element
        return fragments([_html(_heading((), title), _bodied(_body(*items), boost), lang=lang)])
    return [
        f'<html lang="{escape(lang)}"><head>{_CHARSET}{_VIEWPORT}',
        *(TITLE, f"<title>{escape(title)}</title>", TITLE_END, STYLES, HEAD),
        *(f"</head>{_OPENED[boost]}", FORM, *fragments(items), END, "</body></html>"),
    ]


_OPENED = {on: str(_body(boost=on)).removesuffix("</body>") for on in (None, True, False)}


def _completed(given: Element, title: Child, boost: bool | None) -> Element:
    head: Element | None = None
    body: Element | None = None
    rest: list[Child] = []
    for child in flatten(given.children):
        name = child.tag.name if isinstance(child, Element) else ""
        if name == "head" and head is None:
            head = child
        elif name == "body" and body is None:
            body = child
        else:
            rest.append(child)
    heading = _heading(head.children if head else (), title, dict(head.attributes) if head else {})
    bodied = _bodied(body(*rest) if body else _body(*rest), boost)
    return _html(heading, bodied, **given.attributes)


def _heading(children: Iterable[Child], title: Child, attributes: Any = None) -> Element:
    own = flatten(list(children))
    named = [c for c in own if isinstance(c, Element)]
    metas = [c for c in named if c.tag.name == "meta"]
    early: list[Child] = []
    if not any(meta.attribute("charset") for meta in metas):
        early.append(_CHARSET)
    if not any(meta.attribute("name") == "viewport" for meta in metas):
        early.append(_VIEWPORT)
    titles = [c for c in named if c.tag.name == "title"]
    heading = titles[0] if titles else _title(title)
    others = [c for c in own if c is not heading]
    return _head(*early, TITLE, heading, TITLE_END, STYLES, *others, HEAD, **(attributes or {}))


def _bodied(body: Element, boost: bool | None) -> Element:
    own = {"boost": boost} if body.attribute(Attribute.BOOST) is None else {}
    return _body(FORM, *body.children, END, **body.attributes, **own)


def page_form(
    *,
    page_id: str,
    url: str,
    cursor: str,
    base: str,
    stores: Iterable[str],
    state: str = "",
    live: bool = False,
    words: Mapping[str, str] = _ENGLISH,
) -> str:
    """Return the form that a page begins with.

    Its first button is disabled, so that Enter in a field of it presses nothing; its fields tell
    the server, where scripts are off, which page a click came from. *words* are what the shim says
    in the page's language, by the English text.
    """
    names = " ".join(sorted(stores))
    spoken = f' {Attribute.WORDS}="{escape(dumps(dict(words)))}"' if words else ""
    return (
        f'<form id="{Id.FORM}" method="post" hidden autocomplete="off"'
        f' {Attribute.CURSOR}="{cursor}" {Attribute.BASE}="{escape(base)}"'
        f' {Attribute.STORES}="{names}"{f" {Attribute.LIVE}" if live else ""}{spoken}>'
        "<button disabled></button>"
        f'<input type="hidden" name="{Field.PAGE}" value="{page_id}">'
        f'<input type="hidden" name="{Field.URL}" value="{escape(url)}">{state}</form>'
    )


def style_element(rules: Iterable[str], nonce: str) -> str:
    """Return the page's one style element; nothing without rules."""
    text = "\n".join(rules).replace("</", "<\\/")
    attribute = f' nonce="{nonce}"' if nonce else ""
    return f'<style id="{Id.STYLE}"{attribute}>{text}</style>' if text else ""
