"""Known faults of other frameworks, tried here: what reaches a browser.

Each test has the name of the advisory that it is about; `docs/security.md` has them as a table.
"""

from __future__ import annotations

from typing import Any

import html5lib
import pytest

from htealeaf import WSGI, HtealeafError, JSCode, Registry, Store, SuperStore, redirect
from htealeaf.components import a, button, div, h3, li, p, svg, tag, textInput, ul
from tests.http import Browser

SECRET = "a secret for tests only"
CANARY = "<img src=x onerror=alert(1)>"


class Site:
    """One page that shows `shared/x`, and a button that is pressed for a patch."""

    def __init__(self, show: Any, **default: Any) -> None:
        with Registry():
            self.app = WSGI(secret=SECRET)
            self.shared = Store({"n": 0, **default}, name="shared")
            SuperStore(self.app)
        self.app.route("/")(
            lambda: div(
                div(show(self.shared), id="place"),
                h3(self.shared.react("n"), id="n"),
                button("+", id="go", onclick=self.shared.do.increment("n")),
            )
        )
        self.browser = Browser(self.app)

    def page(self) -> str:
        answer = self.browser.get("/")
        assert answer.status == 200
        return answer.text

    def patch(self, **values: Any) -> str:
        """Change *values* while a page is open, and return what a click is answered with."""
        page = self.browser.open("/")
        with self.shared.batch():
            for name, value in values.items():
                self.shared.replace(name, value)
        answer = self.browser.send(page, page.offer("#go"))
        assert answer.status == 200
        return answer.text


def elements(text: str, *, fragment: bool = False) -> list[Any]:
    """Return the elements that a browser makes of *text*, those of patches too."""
    parse = html5lib.parseFragment if fragment else html5lib.parse
    tree = parse(text, treebuilder="etree", namespaceHTMLElements=False)
    return [one for one in tree.iter() if isinstance(one.tag, str)]


def handlers(text: str, *, fragment: bool = False) -> list[str]:
    """Return the names of the attributes that would run, of all elements."""
    found = elements(text, fragment=fragment)
    return [name for one in found for name in one.attrib if name.lower().startswith("on")]


def test_dash_cve_2024_21485() -> None:
    """A link that somebody has stored runs nothing, in a page and in a patch."""
    site = Site(lambda s: a("x", href=s.react("x")), x="/fine")
    patch = site.patch(x="javascript:alert(1)")

    for text, fragment in ((patch, True), (site.page(), False)):
        found = [one.get("href", "") for one in elements(text, fragment=fragment)]
        assert not [href for href in found if "script" in href]
    assert ">1<" in patch, "what else is in the page goes on"


@pytest.mark.parametrize("name", ["x onclick", "x\tonclick", "x\nonclick", "x\fonclick"])
def test_jinja_cve_2024_22195(name: str) -> None:
    with pytest.raises(HtealeafError, match="no attribute"):
        div().attr({name: "alert(1)"})


@pytest.mark.parametrize("name", ["x/onclick", "x>", "onclick=alert(1) x", "x='", "</div"])
def test_jinja_cve_2024_34064(name: str) -> None:
    with pytest.raises(HtealeafError, match=r"no attribute|no event"):
        div().attr({name: "alert(1)"})


@pytest.mark.parametrize(
    "value", ["red}</style><script>", "red;background:url(javascript:x)", 'x"onload=y']
)
def test_nicegui_cve_2025_66469(value: str) -> None:
    """A style is one declaration, and what an SVG holds is text."""
    with pytest.raises(HtealeafError):
        div().style(color=value)
    shown = str(svg(tag("title")(value), tag("text")(value, id=value)))
    tags = [one.tag.rpartition("}")[2] for one in elements(shown, fragment=True)]
    assert tags[-3:] == ["svg", "title", "text"]
    assert handlers(shown, fragment=True) == []


URLS = ["/x');alert(1);('", "/x\\');alert(1)//", "/x</script><script>alert(1)", "/x\u2028alert(1)"]


@pytest.mark.parametrize("url", URLS)
def test_nicegui_cve_2026_21871(url: str) -> None:
    """Where a page is sent is an attribute, and no JavaScript is made of it."""
    site = Site(lambda s: p("x"))

    @site.app.action
    def go() -> Any:
        return redirect("/x?" + url.replace("\\", "").replace("\u2028", ""))

    site.app.route("/go")(lambda: button("go", id="go", onclick=go()))
    page = site.browser.open("/go")
    answer = site.browser.send(page, page.offer("#go"))

    found = elements(answer.text, fragment=True)
    assert [one.get("ht-op") for one in found if one.get("ht-op")] == ["visit"], answer.text
    assert not [one for one in found if one.tag == "script"]


def test_nicegui_cve_2026_27156() -> None:
    """What is stored is no name of anything: neither an action nor code is made of it."""
    hostile = "constructor.constructor('alert(1)')()"
    with Registry():
        shared = Store({"x": hostile}, name="shared")
        with pytest.raises(HtealeafError, match="JSCode"):
            button(onclick=shared.at("x"))
        with pytest.raises(HtealeafError, match="JSCode"):
            button(onclick=hostile)
        assert isinstance(JSCode("1"), JSCode), "code is an author's word"


def test_unicorn_cve_2021_42053() -> None:
    """A value is escaped in the page."""
    site = Site(lambda s: div(p(s.react("x")), textInput(name="f", value=s.react("x"))), x=CANARY)

    text = site.page()

    assert handlers(text) == []
    assert "img" not in [one.tag for one in elements(text)]


def test_unicorn_cve_2021_42134() -> None:
    """And in every patch, as text, as an attribute, and in the row of a list."""
    site = Site(
        lambda s: div(
            p(s.react("x"), title=s.react("x")), ul(s.each("rows", lambda r: li(r, title=r)))
        ),
        x="",
        rows=["a"],
    )

    text = site.patch(x=CANARY, rows=["a", CANARY, '"' + CANARY])

    assert "&lt;img" in text
    assert handlers(text, fragment=True) == []
    assert "img" not in [one.tag for one in elements(text, fragment=True)]


def test_flask_cve_2023_30861() -> None:
    """What shows a session says so to caches, and isn't kept, whatever kind of answer it is."""
    app = WSGI(secret=SECRET)
    app.route("/page")(lambda session: div(session.get("user")))
    app.route("/json")(lambda session: {"user": session.get("user")})
    app.route("/own")(lambda session: (200, {"Cache-Control": "public, max-age=9"}, {"u": 1}))
    app.route("/read")(
        lambda session: (200, {"Cache-Control": "public, max-age=9"}, str(session.get("user")))
    )

    @app.route("/write", page=False)
    def write(session: Any) -> Any:
        session["seen"] = 1
        return {"seen": 1}

    for path in ("/page", "/json", "/write"):
        headers = Browser(app).get(path).headers
        assert (headers["Cache-Control"], headers["Vary"]) == ("no-store", "Cookie"), path
    assert Browser(app).get("/read").headers["Vary"] == "Cookie"
    assert "Vary" not in Browser(app).get("/own").headers, "it has not asked"


def test_turbo_a_fragment_that_sets_a_cookie() -> None:
    """A catch-up, a look at JSON, a file of ours: none brings a key."""
    site = Site(lambda s: p(s.react("x")), x="a")
    page = site.browser.open("/")
    site.shared.replace("x", "b")
    shown = {name: page.headers[name] for name in ("HT-Page", "HT-Url", "HT-Cursor")}

    stranger = Browser(site.app)
    for browser in (site.browser, stranger):
        for path in ("/api/_live", "/api/_store/shared/x", "/_htealeaf/x.js"):
            answer = browser.get(path, **{n.replace("-", "_"): v for n, v in shown.items()})
            assert "Set-Cookie" not in answer.headers, path
    assert "Set-Cookie" in stranger.get("/").headers, "a page does"
