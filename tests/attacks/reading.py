"""What a browser makes of HTML, read by html5lib, and what in it could run.

It knows nothing of how the package escapes or what it refuses: it reads the outcome as standards
say, so it is a second opinion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import html5lib
from tinycss2 import parse_component_value_list

_ENDS = "".join(map(chr, range(0x21)))
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_FINE = {"http:", "https:", "mailto:", "tel:"}
_IMAGE = re.compile(r"data:image/(png|jpe?g|gif|webp|avif|bmp)[;,]", re.IGNORECASE)
_URLS = set(
    "href src action formaction poster data cite background ping srcset manifest longdesc codebase"
    " {http://www.w3.org/1999/xlink}href xlink:href".split()
)
_ATTACHED = re.compile(r"(?:^|;)\s*(?:behavior|-moz-binding)\s*:", re.IGNORECASE)
_IMAGES = {
    ("img", "src"),
    ("img", "srcset"),
    ("video", "poster"),
    ("image", "href"),
    ("link", "href"),
}


class Tree(NamedTuple):
    """A parsed tree: its shape without any text, and what in it could run."""

    shape: list[Any]
    dangers: list[str]


def read(html: str, *, within: str = "") -> Tree:
    """Return what a browser makes of *html*: of a document, or of a fragment inside an element."""
    if within:
        root = html5lib.parseFragment(html, container=within, namespaceHTMLElements=False)
    else:
        root = html5lib.parse(html, namespaceHTMLElements=False)
    return Tree([*_shape(root)], [*_dangers(root)])


def _name(node: Any) -> str:
    return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else "#comment"


def _shape(root: Any) -> Iterator[Any]:
    for node in root.iter():
        yield _name(node), sorted(map(str, getattr(node, "attrib", {})))


def _dangers(root: Any) -> Iterator[str]:
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        name = _name(node)
        for key, value in node.attrib.items():
            if key.lower().startswith("on"):
                yield f"<{name} {key}>"
            for url in _urls(name, key, value, node):
                if _runs(url, image=(name, key) in _IMAGES):
                    yield f"<{name} {key}> = {url!r}"
            if key == "srcdoc":
                yield from (f"in srcdoc: {one}" for one in _dangers(_document(value)))
            if key in ("style", "fill", "filter", "mask", "stroke"):
                yield from in_css(value, f"<{name} {key}>")
        if name == "script" and not {"nonce", "src"} & {*node.attrib}:
            yield from ["<script>"] * (node.get("type", "") != "application/json")
        if name == "base":
            yield "<base>"


def _document(html: str) -> Any:
    return html5lib.parse(html, namespaceHTMLElements=False)


def _urls(tag: str, name: str, value: str, node: Any) -> Iterator[str]:
    if name == "srcset":
        yield from (part.split()[0] for part in value.split(",") if part.split())
    elif name == "ping":
        yield from value.split()
    elif name in _URLS:
        yield value
    elif tag == "meta" and name == "content" and node.get("http-equiv", "").lower() == "refresh":
        found = re.search(r"[;,\s]\s*(?:url\s*=)?\s*['\"]?(.*)", value, re.IGNORECASE | re.DOTALL)
        if found:
            yield found[1]
    elif name in ("to", "from", "by", "values") and "href" in node.get("attributeName", ""):
        yield from value.split(";")


def _runs(url: str, *, image: bool) -> bool:
    # URL standard: ends are stripped, tabs and line breaks taken out.
    url = re.sub(r"[\t\n\r]", "", url.strip(_ENDS))
    found = _SCHEME.match(url)
    if found is None or found[0].lower() in _FINE:
        return False
    return not (image and _IMAGE.match(url))


def in_css(text: str, where: str) -> Iterator[str]:
    """Yield what loads or runs something in declarations of CSS."""
    yield from _tokens(parse_component_value_list(text), where, strings=False)
    if not where.startswith("<rect") and re.search(
        r"(?:^|;)\s*(?:behavior|-moz-binding)\s*:", text, re.IGNORECASE
    ):
        yield f"{where}: code is attached"


def _tokens(tokens: Any, where: str, *, strings: bool) -> Iterator[str]:
    for token in tokens:
        if token.type == "url" or (token.type == "string" and strings):
            if _runs(token.value, image=True):
                yield f"{where}: {token.value!r}"
        elif token.type == "function":
            if token.lower_name == "expression":
                yield f"{where}: expression()"
            if token.lower_name == "attr" and any(
                getattr(one, "lower_value", "") == "url" for one in token.arguments
            ):
                yield f"{where}: attr() of a URL"
            takes = token.lower_name in ("url", "image-set", "src", "image")
            yield from _tokens(token.arguments, where, strings=takes)
        elif token.type.endswith("block"):
            yield from _tokens(token.content, where, strings=False)
            if token.type[0] == "{":
                yield f"{where}: a block"
        elif token.type == "at-keyword":
            yield f"{where}: {token.value}"
