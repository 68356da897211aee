"""Checks of what reaches a browser: each yields a sentence for whatever is wrong.

`CHECKS` has them by name. `test_pages.py` wants that none yields anything, and `test_faults.py`
that one does where a flaw is planted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from htealeaf import WSGI, HtealeafError, Registry, SessionStore, Store, SuperStore, redirect
from htealeaf.components import a, button, div, h3, iframe, li, p, textInput, ul
from tests.attacks.payloads import (
    ALL,
    CONTEXTS,
    NAMES,
    OF_URLS,
    STYLES,
    TEXTS,
    URLS,
    payloads_of,
)
from tests.attacks.reading import Tree, in_css, read
from tests.http import Answer, Browser

SECRET = "a secret for tests only"
CHECKS: dict[str, Callable[[], Iterator[str]]] = {}
#: Where a fragment may be parsed.
WITHIN = ("template",)


def check(function: Callable[[], Iterator[str]]) -> Callable[[], Iterator[str]]:
    CHECKS[function.__name__] = function
    return function


# -- elements ------------------------------------------------------------------------------


def cases() -> Iterator[tuple[str, str]]:
    """Yield every context with its payloads."""
    for name in CONTEXTS:
        for payload in payloads_of(name):
            yield name, payload


def made(context: Callable[[str], Any], value: str) -> str | None:
    """Return the HTML; None if it is refused."""
    try:
        return str(context(value))
    except HtealeafError:
        return None


@check
def elements_hold_what_they_are_given() -> Iterator[str]:
    """The shape of an element does not depend on a text in it, and nothing in it could run."""
    shapes: dict[tuple[str, str], Any] = {}
    for name, payload in cases():
        context = CONTEXTS[name]
        html = made(context, payload)
        if html is None:
            continue
        for within in ("", *WITHIN):
            key = name, within
            if key not in shapes:
                shapes[key] = read(str(context("x")), within=within).shape
            found = read(html, within=within)
            if found.shape != shapes[key]:
                yield f"{name}: {payload!r} changes what is around it: {html[:200]}"
            yield from (f"{name}: {payload!r}: {danger}" for danger in found.dangers)


@check
def names_are_allowed_by_name() -> Iterator[str]:
    for name in [*NAMES, *TEXTS]:
        for value in ("javascript:alert(1)", "alert(1)", "color:expression(alert(1))"):
            html = made(lambda v, n=name: p("x").attr({n: v}), value)  # type: ignore[misc]
            if html is None:
                continue
            found = read(html, within="div")
            if len(found.shape[-1][1]) != 1:
                yield f"{name!r} is more than one attribute: {html}"
            if name not in ("style", "href", "formaction", "xlink:href"):
                yield f"{name!r} is an attribute: {html}"
            yield from (f"{name!r}: {danger}" for danger in found.dangers)


@check
def a_document_in_an_attribute_is_no_text() -> Iterator[str]:
    for payload in ALL:
        if made(lambda v: iframe(srcdoc=v), payload) is not None:
            yield f"srcdoc is given {payload!r}"


@check
def a_url_is_refused_wherever_it_stands() -> Iterator[str]:
    for name in OF_URLS:
        for url in URLS:
            html = made(CONTEXTS[name], url)
            if html is not None and read(html, within="div").dangers:
                yield f"{name}: {url!r}: {html}"


@check
def a_generated_rule_is_one_declaration() -> Iterator[str]:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
    for number, value in enumerate([*STYLES, *TEXTS]):
        try:
            shown = p("x").style(color=value)
        except HtealeafError:
            continue
        app.route(f"/{number}")(lambda shown=shown: div(shown))
        text = Browser(app).get(f"/{number}").text
        css = text.partition('<style id="ht-style"')[2].partition(">")[2].partition("</style>")[0]
        if css.count("{") != 1 or css.count("}") != 1 or text.count("</style>") != 1:
            yield f"color: {value!r} is more than a declaration: {css}"
        yield from in_css(css.partition("{")[2].partition("}")[0], f"color: {value!r}")


# -- pages and patches ---------------------------------------------------------------------


class Site:
    """A page with every context as a binding, and a button whose answer is a patch of them all."""

    def __init__(self, names: list[str], **options: Any) -> None:
        self.names = names
        with Registry():
            self.app = WSGI(secret=SECRET, **options)
            self.shared = Store(
                {"n": 0, "v": dict.fromkeys(names, "x"), "rows": [{"id": "x", "t": "x"}]},
                name="shared",
            )
            SuperStore(self.app)
        self.app.route("/")(self.page)
        self.browser = Browser(self.app)

    def page(self) -> Any:
        shared = self.shared
        shown = [div(shared.react(f"v/{name}", CONTEXTS[name])) for name in self.names]
        return div(
            h3(shared.react("n"), id="n"),
            button("+", id="go", onclick=shared.do.increment("n")),
            p(shared.react("v/text")),
            p("a ", shared.react("v/text"), " b", title=shared.react("v/text")),
            a("x", href=shared.react("v/href"), id="link"),
            textInput(value=shared.react("v/text"), name="f"),
            div(p("x"), shared.each("rows", lambda row: li(row["t"]), key="id"), p("y")),
            ul(shared.each("rows", lambda row: li(row.react("t"), title=row["t"]), key="id")),
            *shown,
        )

    def put(self, payload: str) -> None:
        with self.shared.batch():
            for name in self.names:
                self.shared.replace(f"v/{name}", payload)
            self.shared.replace("rows", [{"id": "x", "t": payload}, {"id": payload, "t": "x"}])

    def get(self) -> Answer:
        return self.browser.get("/")

    def patch(self, payload: str) -> Answer:
        """Show harmless texts, then bring *payload* by a patch."""
        self.put("x")
        page = self.browser.open("/")
        self.put(payload)
        return self.browser.send(page, page.offer("#go"))


#: Void elements and those that stand in a head aside, each can be the content of a binding.
SHOWN = [name for name in CONTEXTS if name not in ("refresh", "link", "style element", "script")]


def _wrong(where: str, payload: str, found: Tree) -> Iterator[str]:
    yield from (f"{where}, {payload!r}: {danger}" for danger in found.dangers)
    odd = {name for name, _ in found.shape} & {"image", "body2", "marquee", "noscript", "base"}
    yield from (f"{where}, {payload!r}: <{name}>" for name in odd)


@check
def pages_and_patches_run_nothing() -> Iterator[str]:
    """Read as a browser does: a document, and what is put into a template."""
    site = Site(SHOWN)
    images = None
    for payload in [*TEXTS, *URLS[::2], *STYLES[::2]]:
        patch = site.patch(payload)
        page = site.get()
        if (page.status, patch.status) != (200, 200):
            yield f"{payload!r} costs a page: {page.status}, {patch.status}"
        for where, found in (
            ("a page", read(page.text)),
            ("a patch", read(patch.text, within="template")),
        ):
            yield from _wrong(where, payload, found)
        count = sum(name == "img" for name, _ in read(page.text).shape)
        images = count if images is None else images
        if count > max(images, 2):
            yield f"a page, {payload!r}: {count} images"


@check
def keys_of_data_stay_in_ids_and_comments() -> Iterator[str]:
    """The key of a row stands in ids and in comments, and the id of a list in a comment."""
    for payload in TEXTS:
        with Registry():
            app = WSGI(secret=SECRET)
            shared = Store({"rows": [{"id": payload}], "n": 0}, name="shared")
            SuperStore(app)

        def page(shared: Any = shared, payload: str = payload) -> Any:
            rows = shared.each("rows", lambda row: li("x"), key="id", id=payload or "x")
            return div(p("x"), rows, p("y"))

        app.route("/")(page)
        answer = Browser(app).get("/")
        if answer.status != 200:
            yield f"{payload!r} costs a page"
            continue
        found = read(answer.text)
        yield from _wrong("an id", payload, found)
        tags = [name for name, _ in found.shape]
        if tags.count("img") or tags.count("li") != 1 or tags.count("#comment") != 1:
            yield f"an id, {payload!r}: {answer.text[-400:]}"


# -- where a browser is sent ---------------------------------------------------------------

ELSEWHERE = [
    *[url for url in URLS if not url.startswith("&")],
    "//elsewhere.test/",
    "/\\elsewhere.test/",
    "\\\\elsewhere.test/",
    "/\t/elsewhere.test/",
    "\x00//elsewhere.test/",
    " //elsewhere.test/",
    "https:elsewhere.test",
    "https://elsewhere.test/",
    "/\uff0f\uff0felsewhere.test/",
    "/\u3002\u3002/",
]


@check
def a_redirect_stays_here() -> Iterator[str]:
    """As the answer to a GET, to a click, to a form, and to a catch-up of a page."""
    with Registry():
        app = WSGI(secret=SECRET)
        shared = Store({"n": 0, "to": ""}, name="shared")
        SuperStore(app)

    @app.action
    def go() -> Any:
        return redirect(shared["to"])

    @app.route("/")
    def home() -> Any:
        if shared["to"]:
            return redirect(shared["to"])
        return div(button("+", id="plus", onclick=shared.do.increment("n")))

    app.route("/go")(lambda: button("go", id="go", onclick=go()))
    for url in ELSEWHERE:
        shared.replace("to", "")
        browser = Browser(app)
        home_page, page = browser.open("/"), browser.open("/go")
        shared.replace("to", url)
        answers = [
            browser.get("/"),
            browser.send(page, page.offer("#go")),
            browser.submit(page.offer("#go"), page),
            browser.send(home_page, home_page.offer("#plus")),
        ]
        for answer in answers:
            leads = answer.headers.get("Location", "")
            if leads and leads != "/go" and leads != "/":
                yield f"{url!r} is where a redirect leads: {leads!r}"
            if url in answer.text or "elsewhere" in answer.text:
                yield f"{url!r} is in a patch: {answer.text[:200]}"
        if [answer.status for answer in answers[:3]] != [400, 400, 400]:
            yield f"{url!r} is no 400: {[answer.status for answer in answers]}"


@check
def a_patch_visits_nothing_else() -> Iterator[str]:
    """A page that answers with a `Location` of its own is left to the browser."""
    with Registry():
        app = WSGI(secret=SECRET)
        shared = Store({"n": 0, "to": ""}, name="shared")
        SuperStore(app)

    @app.route("/")
    def home() -> Any:
        if shared["to"]:
            return 303, {"Location": shared["to"]}, ""
        return div(button("+", id="plus", onclick=shared.do.increment("n")))

    for url in ELSEWHERE[-9:]:
        shared.replace("to", "")
        browser = Browser(app)
        page = browser.open("/")
        shared.replace("to", url if "\x00" not in url and "\t" not in url else "//elsewhere.test/")
        text = browser.send(page, page.offer("#plus")).text
        if "elsewhere" in text:
            yield f"{url!r} is visited: {text}"


# -- headers -------------------------------------------------------------------------------


@check
def headers_end_where_they_end() -> Iterator[str]:
    for value in ("a\r\nX-Own: 1", "\0", "\u20ac", "\x7f", "a\nb"):
        for name, given in (("X-A", value), (f"X-{value}", "a"), ("Set-Cookie", f"a={value}")):
            app = WSGI(secret=SECRET)
            app.route("/")(lambda name=name, given=given: (200, [(name, given)], "x"))
            app.route("/page")(lambda name=name, given=given: (200, [(name, given)], div("x")))
            for path in ("/", "/page"):
                answer = Browser(app).get(path)
                text = "".join(f"{key}{it}" for key, it in answer.headers.items())
                if answer.status != 500 or not text.isascii() or not text.isprintable():
                    yield f"{name!r}: {given!r} is sent: {answer.status}"


@check
def what_shows_a_session_is_kept_by_nobody() -> Iterator[str]:
    with Registry():
        app = WSGI(secret=SECRET)
        shared = Store({"n": 0}, name="shared", readable=["n"])
        SuperStore(app)
    app.route("/read")(lambda session: {"user": session.get("user")})
    app.route("/page")(lambda session: div(session.get("user")))
    app.route("/public")(
        lambda session: (200, {"Cache-Control": "public, max-age=9"}, str(session.get("a")))
    )
    app.route("/offer")(lambda: button("+", onclick=shared.do.increment("n")))
    app.route("/vary")(lambda session: (200, {"Vary": "Accept"}, str(session.get("a"))))

    @app.route("/write", page=False)
    def write(session: Any) -> Any:
        session["seen"] = 1
        return "x"

    for path in ("/read", "/page", "/public", "/offer", "/vary", "/write"):
        headers = Browser(app).get(path).headers
        if "Cookie" not in headers.get("Vary", ""):
            yield f"{path} does not vary by the cookie"
        if headers.get("Cache-Control") != "no-store" and path != "/public":
            yield f"{path} is kept: {headers.get('Cache-Control')}"


@check
def parts_of_pages_bring_no_cookie() -> Iterator[str]:
    with Registry():
        app = WSGI(secret=SECRET)
        own = SessionStore({"n": 0}, name="own", readable=["n"])
        SuperStore(app)
    app.route("/")(lambda: div(h3(own.react("n")), button("+", onclick=own.do.increment("n"))))
    page = Browser(app).open("/")
    said = {name.replace("-", "_"): value for name, value in page.headers.items()}
    for path in ("/api/_live", "/api/_store/own/n", "/_htealeaf/x"):
        if "Set-Cookie" in Browser(app).get(path, **said).headers:
            yield f"{path} brings a cookie"


@check
def pages_have_a_strict_policy() -> Iterator[str]:
    app = WSGI(secret=SECRET)
    app.route("/")(lambda: div("x"))
    app.route("/fails")(lambda: 1 / 0)
    nonces = []
    for path in ("/", "/", "/fails", "/nothing"):
        headers = Browser(app).get(path).headers
        policy = headers.get("Content-Security-Policy", "")
        found = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        for name in ("default-src", "script-src", "style-src", "frame-ancestors", "base-uri"):
            if not found.get(name, "").startswith("'self'"):
                yield f"{path}: {name} is {found.get(name)}"
        if "unsafe" in policy or "{" in policy:
            yield f"{path}: {policy}"
        nonces += [word for word in found.get("script-src", "").split() if "nonce-" in word]
        for name in ("X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy"):
            if name not in headers:
                yield f"{path} lacks {name}"
    if len(set(nonces)) != len(nonces) or any(len(nonce) < 30 for nonce in nonces):
        yield f"nonces are guessed: {nonces}"
