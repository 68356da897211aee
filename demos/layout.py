"""What every demo has around it: head, header, footer.

URLs here are relative, so a demo looks the same at the root of a server and below `/counter/`.
"""

from collections.abc import Callable
from pathlib import Path

from htealeaf import Element
from htealeaf.components import a, body, code, footer, h1, head, header, html, img, link, main, p
from htealeaf.html.markup import Child

STATIC = Path(__file__).parent / "static"

#: No inline script and no inline style but the page's own: nothing here needs more.
CSP = "default-src 'self'; style-src 'self' 'nonce-{nonce}'; script-src 'self'"


def summary(doc: str | None) -> str:
    """Return the first line of a module's docstring: what the demo is."""
    return (doc or "").strip().partition("\n")[0]


def shows(doc: str | None) -> list[Child]:
    """Return what there is to see and how to start it: the docstring's line `Shows: … Run: …`."""
    lines = (line.strip() for line in (doc or "").splitlines())
    line = next((line for line in lines if line.startswith("Shows:")), "")
    what, _, command = line.partition("Run:")
    return [p(what.strip()), p("Run: ", code(command.strip()))] if command else []


def frame(title: str, doc: str | None) -> Callable[[Child], Element]:
    """Return the layout of a demo whose module has the docstring *doc*."""

    def framed(content: Child) -> Element:
        return html(lang="en")(
            head(
                link(rel="icon", href="static/leaf.svg"),
                link(rel="stylesheet", href="static/demos.css"),
            ),
            body(
                header(
                    a(href="../", class_="home")(
                        img(src="static/leaf.svg", alt="", width=28, height=28), "htealeaf demos"
                    ),
                    h1(title),
                    p(summary(doc)),
                ),
                main(content),
                footer(shows(doc)),
            ),
        )

    return framed
