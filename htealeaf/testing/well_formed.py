"""Well-formed XML: of SVG files, feeds, site maps, and of drawings in pages.

A browser reads a drawing that stands in a page as HTML and forgives much. The same drawing as a
file of its own, and whatever is sent as XML, is not shown at all after the first mistake.

Nothing is fetched and no entity is expanded.
"""

from __future__ import annotations

import re

from lxml import etree
from werkzeug.test import TestResponse

from htealeaf.testing.failures import PageFailure
from htealeaf.wire.names import Attribute

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_EDGE = re.compile(r"<(/?)svg(?=[\s/>])[^<>]*?(/?)>")
# What the framework puts on an element is for the page: offers have ampersands as they are.
_OURS = re.compile(
    rf"""\s(?:{re.escape(Attribute.EVENT)}[\w-]+|formaction|formnovalidate)(?:="[^"]*")?(?=[\s/>])"""
)


def assert_well_formed(xml: str | bytes | TestResponse) -> None:
    """Check that *xml* is well-formed.

    Args:
        xml: A document, or an answer of the app that is one.

    Raises:
        PageFailure: With the first mistake, its line, and the line itself.
    """
    data = xml.get_data() if isinstance(xml, TestResponse) else xml
    if (mistake := mistake_in(data)) is not None:
        raise PageFailure(f"the XML is not well-formed: {mistake}")


def mistake_in(xml: str | bytes) -> str | None:
    """Return the first mistake in *xml*, with the line that it stands in; None without one."""
    data = xml if isinstance(xml, bytes) else _undeclared(xml).encode()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        lines = data.decode(errors="replace").splitlines()
        shown = lines[line - 1] if 0 < line <= len(lines) else ""
        start = max(0, column - 60)
        return f"{error.msg}\n  {shown[start : start + 100].strip()}"
    return None


def _undeclared(xml: str) -> str:
    # Text has no encoding any more, whatever its first line says.
    return re.sub(r"^(<\?xml[^>]*?)\s+encoding=(\"[^\"]*\"|'[^']*')", r"\1", xml.lstrip("\ufeff"))


def drawings_in(html: str) -> list[str]:
    """Return the outermost `svg` elements of a page's source, each as a document of its own.

    What the framework adds for the page (`ht-click`, `formaction`) is left out, and the namespaces
    that HTML implies are declared.
    """
    found, depth, start = [], 0, 0
    for edge in _EDGE.finditer(html):
        if edge[1] and not depth:
            continue  # it closes nothing
        if not depth:
            start = edge.start()
        depth += -1 if edge[1] else not edge[2]
        if not depth:
            found.append(_alone(html[start : edge.end()]))
    return [*found, _alone(html[start:])] if depth else found


def _alone(svg: str) -> str:
    opening, rest = svg[: svg.index(">") + 1], svg[svg.index(">") + 1 :]
    names = {"xmlns": _SVG, "xmlns:xlink": _XLINK}
    said = "".join(f' {key}="{value}"' for key, value in names.items() if f" {key}=" not in opening)
    return _OURS.sub("", f"<svg{said}{opening[4:]}{rest}")
