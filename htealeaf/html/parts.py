"""Tags, and the parts of an element that need the page: generated rules, events, hosts.

What can be known only while a page is rendered stays in an element as a `Dynamic` part. A part
writes itself: `part.render(page)`, with the rendering of `reactive.rendering` as *page*.

Rule 1: equal parts do the same, so that equal elements are equal however deep.

Rule 2: nothing here knows the element that a part will be in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from htealeaf.errors import HtealeafError
from htealeaf.html.markup import Dynamic, Value, attribute_of
from htealeaf.html.standins import compares


class _Part(Dynamic):
    __slots__ = ()
    same: ClassVar[tuple[str, ...]]  #: names of what has to be equal

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(compares(getattr(self, name), getattr(other, name)) for name in self.same)

    def __hash__(self) -> int:
        return hash(type(self))


class Rule(_Part):
    """A generated CSS rule that has to be in the page before the element that uses it."""

    __slots__ = ("css", "name")
    same = ("css",)

    def __init__(self, name: str, css: str) -> None:
        self.name, self.css = name, css

    def render(self, page: Any) -> None:
        page.rules[self.name] = self.css


class Event(_Part):
    """What an `on*` attribute holds: attributes of a tag, once its actions are signed."""

    __slots__ = ("attributes", "name", "tag", "value")
    same = ("name", "value")
    tag: Tag
    attributes: Mapping[str, Value]  #: of the element
    name: str  #: of the event: `click`
    value: Value  #: an action or a list of them

    def render(self, page: Any) -> None:
        page.event(self)


class Host(_Part):
    """An element whose tag needs more of the page: it is a mark or opens a context."""

    __slots__ = ("attributes", "inner", "open", "sole", "special", "tag")
    same = ("open", "special", "inner")

    def __init__(
        self,
        tag: Tag,
        attributes: Mapping[str, Value],
        open_: str,
        special: dict[str, Dynamic],
        inner: tuple[str | Dynamic, ...],
        sole: Dynamic | None,
    ) -> None:
        self.tag, self.attributes = tag, attributes
        self.open = open_  #: `<tag` with every attribute that is known
        self.special = special  #: the others, by HTML name
        self.inner = inner
        self.sole = sole  #: the only child, when it is a binding

    def render(self, page: Any) -> None:
        page.host(self)


#: Elements of SVG with capitals. A parser of HTML writes them so, and all others small, whatever
#: was written (HTML standard, 13.2.6.5).
_SPELLED: Final = {
    name.lower(): name
    for name in (
        "altGlyph altGlyphDef altGlyphItem animateColor animateMotion animateTransform clipPath"
        " feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting"
        " feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR"
        " feGaussianBlur feImage feMerge feMergeNode feMorphology feOffset fePointLight"
        " feSpecularLighting feSpotLight feTile feTurbulence foreignObject glyphRef linearGradient"
        " radialGradient textPath"
    ).split()
}


class Tag:
    """What is known about an element's name. `CONTEXTS` change how what is inside is rendered."""

    __slots__ = (
        "close",
        "context",
        "control",
        "drops_newline",
        "keeps",
        "make",
        "name",
        "open",
        "raw",
        "texts",
        "void",
    )

    CONTEXTS: ClassVar[frozenset[str]] = frozenset(
        "form svg math foreignObject desc title mi mo mn ms mtext annotation-xml".split()
    )
    CONTROLS: ClassVar[frozenset[str]] = frozenset({"input", "select", "textarea"})
    VOID: ClassVar[frozenset[str]] = frozenset(
        "area base br col embed hr img input link meta source track wbr".split()
    )

    def __init__(self, name: str) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
            raise HtealeafError(f"{name!r} is no element name: letters, digits and '-' only")
        name = _SPELLED.get(name.lower(), name.lower())
        self.name = name
        self.open, self.close = f"<{name}", f"</{name}>"
        self.void = name in self.VOID
        self.raw = name in {"script", "style"}
        self.context = name in self.CONTEXTS
        self.control = name in self.CONTROLS
        self.drops_newline = name in {"pre", "textarea", "listing"}
        #: What is inside is not kept as HTML: `document` looks for a head, text is no HTML.
        self.keeps = self.raw or self.drops_newline or name in {"html", "head", "body"}
        self.texts = name in {"textarea", "title", "option"}  # elements inside are no elements
        #: What makes the usual ones of its elements quickly; see `making`.
        self.make: Callable[..., Any] | None = None


def needs_form(attributes: Mapping[str, Value]) -> bool:
    """Tell whether a control with *attributes* takes part in the page's form: id, no name, no form.

    So actions can read it where scripts are off. Whether it stands in an author's form shows at
    rendering.
    """
    return (
        isinstance(attribute_of(attributes, "id"), str)
        and attribute_of(attributes, "name") is None
        and attribute_of(attributes, "form") is None
    )
