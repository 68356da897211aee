"""What every demo has around it: head, header, footer.

URLs here are relative, so a demo looks the same at the root of a server and below `/counter/`.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from htealeaf import Element
from htealeaf.components import (
    a,
    body,
    code,
    footer,
    h1,
    head,
    header,
    html,
    img,
    link,
    main,
    p,
    script,
)
from htealeaf.html.markup import Child

STATIC = Path(__file__).parent / "static"


def summary(doc: str | None) -> str:
    """Return the first line of a module's docstring: what the demo is."""
    return (doc or "").strip().partition("\n")[0]


def shows(doc: str | None) -> list[Child]:
    """Return what there is to see and how to start it: the lines `Shows: …` and `Run: …`."""
    said = dict(re.findall(r"^(Shows|Run): (.+)$", doc or "", re.MULTILINE))
    return [p("Shows: ", said["Shows"]), p("Run: ", code(said["Run"]))] if len(said) == 2 else []


def foreign(name: str) -> Element:
    url = f"static/vendor/{name}"
    if name.endswith(".css"):
        return link(rel="stylesheet", href=url)
    return script(src=url, defer=True)


def frame(
    title: str, doc: str | None, sheet: str | None = None, *, vendor: Iterable[str] = ()
) -> Callable[[Child], Element]:
    """Return the layout of a demo.

    Args:
        title: Its heading.
        doc: The docstring of its module.
        sheet: The name of a style sheet of its own.
        vendor: Scripts and style sheets of others, which stand in `static/vendor`.
    """

    def framed(content: Child) -> Element:
        return html(lang="en")(
            head(
                link(rel="icon", href="static/leaf.svg"),
                link(rel="stylesheet", href="static/demos.css"),
                [foreign(name) for name in vendor],
                link(rel="stylesheet", href=f"static/{sheet}.css") if sheet else None,
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
