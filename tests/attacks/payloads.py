"""Hostile texts, and the places of a page that they are put into.

Each payload calls `alert`, which no place may let run. A *context* makes an element of one payload;
what it makes of a harmless text is what it has to make of any, but for that text itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from htealeaf.components import (
    a,
    button,
    div,
    form,
    iframe,
    img,
    input_,
    link,
    meta,
    object_,
    option,
    p,
    script,
    select,
    style,
    svg,
    table,
    tag,
    td,
    textarea,
    textInput,
    tr,
    ul,
    video,
)

TEXTS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<ScRiPt src=//x></sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    "<image src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    "<base href=//elsewhere.test/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<style>@import 'javascript:alert(1)';</style>",
    "</style><img src=x onerror=alert(1)>",
    "</textarea><img src=x onerror=alert(1)>",
    "</title><img src=x onerror=alert(1)>",
    "</template><img src=x onerror=alert(1)>",
    "</option></select><img src=x onerror=alert(1)>",
    "--><img src=x onerror=alert(1)>",
    "--!><img src=x onerror=alert(1)>",
    "-->",
    "<!--<script>",
    "<!-- <script>alert(1)//",
    "]]><img src=x onerror=alert(1)>",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?xml x?><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "` onmouseover=alert(1)",
    "x onmouseover=alert(1)",
    "x\nonmouseover=alert(1)",
    "x/onmouseover=alert(1)",
    'x" autofocus onfocus=alert(1) x="',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\x00<img src=x onerror=alert(1)>",
    "<\x00img src=x onerror=alert(1)>",
    "\u2028<img src=x onerror=alert(1)>\u2029",
    "\uff1cimg src=x onerror=alert(1)\uff1e",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "\\u003cimg src=x onerror=alert(1)\\u003e",
    "'-alert(1)-'",
    '";alert(1);//',
    "\\';alert(1);//",
    "\ud800<img src=x onerror=alert(1)>".encode("utf-8", "replace").decode(),
]
URLS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\tjavascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\r\nscript:alert(1)",
    "javascript\n:alert(1)",
    "\x01javascript:alert(1)",
    "\x1fjavascript:alert(1)",
    "\x00javascript:alert(1)",
    "java\x00script:alert(1)",
    "javascript://%0aalert(1)",
    "javascript:/*--></title></style>*/alert(1)",
    "&#106;avascript:alert(1)",
    "vbscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "DATA:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "data:application/xhtml+xml,<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>",
    "blob:null/1",
    "filesystem:http://x/y",
    "view-source:javascript:alert(1)",
    "feed:javascript:alert(1)",
    "data:image/png;base64,iVBORw0KGgo=",
]
STYLES = [
    "red}</style><img src=x onerror=alert(1)>",
    "red;}*{background:url(javascript:alert(1))}",
    "url(javascript:alert(1))",
    "u\\72l(javascript:alert(1))",
    "expression(alert(1))",
    "image-set('javascript:alert(1)' 1x)",
    "var(--x, url(javascript:alert(1)))",
    "attr(title url)",
    "x:expression(alert(1))",
    "color:red;behavior:url(x.htc)",
    "color:red;-moz-binding:url(x#y)",
    "@import 'javascript:alert(1)'",
    "url('/*' javascript:alert(1) '*/')",
]
NAMES = [
    "onclick",
    "ONCLICK",
    "onmouseover",
    "onfoo",
    "on\tclick",
    "x onclick",
    "x/onclick",
    "x>",
    "x=",
    "x\x0conclick",
    "\x00onclick",
    "ht-click",
    "HT-op",
    "srcdoc",
    "style",
    "href",
    "formaction",
    "xlink:href",
    "\u017frc",
    "\u212aey",
    "\u2028onclick",
    "",
]
ALL = [*TEXTS, *URLS, *STYLES]

Context = Callable[[str], Any]


#: Where any text may stand.
CONTEXTS: dict[str, Context] = {
    "text": lambda v: p(v),
    "text among others": lambda v: p("a", v, tag("b")("c"), v),
    "text of a cell": lambda v: table(tr(td(v), td([v]))),
    "text of a custom element": lambda v: tag("x-y")(v),
    "attribute": lambda v: p("x", title=v),
    "attribute of our maker": lambda v: td(v, title=v, data_x=v, aria_label=v, class_=v),
    "attribute of a field": lambda v: input_(value=v, placeholder=v, name="n"),
    "id": lambda v: p("x", id=v),
    "textarea": lambda v: textarea(v),
    "option": lambda v: select(option(v, value=v)),
    "script": lambda v: script(v, type="application/json"),
    "style element": lambda v: style(v, media="print"),
    "svg": lambda v: svg(tag("text")(v), tag("title")(v), tag("desc")(v), id=v),
    "svg attributes": lambda v: svg(tag("path")(d=v, transform=v), viewBox=v),
    "math": lambda v: tag("math")(tag("mi")(v), tag("annotation-xml")(v, encoding="text/html")),
    "srcdoc of elements": lambda v: iframe(srcdoc=div(p(v, title=v))),
    "href": lambda v: a("x", href=v),
    "src": lambda v: img(src=v, alt="x"),
    "frame": lambda v: iframe(src=v),
    "form": lambda v: form(button("x", formaction=v), action=v),
    "object": lambda v: object_(data=v),
    "poster": lambda v: video(poster=v),
    "srcset": lambda v: img(srcset=f"/a.png 1x, {v} 2x", alt="x"),
    "ping": lambda v: a("x", href="/x", ping=f"/a {v}"),
    "link": lambda v: link(rel="icon", href=v),
    "xlink": lambda v: svg(tag("a")(tag("text")("x")).attr({"xlink:href": v})),
    "use": lambda v: svg(tag("use")(href=v)),
    "animation": lambda v: svg(tag("set")(attributeName="href", to=v), tag("a")()),
    "animations": lambda v: svg(tag("animate")(attributeName="xlink:href", values=f"/a;{v}")),
    "refresh": lambda v: meta(http_equiv="refresh", content=f"9999;url={v}"),
    "style": lambda v: p("x", style=f"color:{v}"),
    "styles": lambda v: p("x", style=v),
    "paint": lambda v: svg(tag("rect")(fill=v, filter=v)),
    "list": lambda v: ul([v, p(v)]),
    "field": lambda v: textInput(value=v, name=v, id="f"),
}

#: What takes URLs, and what takes CSS; the others take text.
OF_URLS = (
    "href src frame form object poster srcset ping link xlink use animation animations refresh"
).split()
OF_STYLES = ["style", "styles", "paint"]


def payloads_of(name: str) -> list[str]:
    """Return the payloads that fit the context *name*, and some of the others."""
    if name in OF_URLS:
        return [*URLS, *TEXTS[::4]]
    if name in OF_STYLES:
        return [*STYLES, *TEXTS[::4]]
    return [*TEXTS, *URLS[::8], *STYLES[::4]]
