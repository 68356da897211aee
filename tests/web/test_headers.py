"""Headers of answers: what none can hold, and what every answer gets by itself."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from markupsafe import Markup
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from htealeaf import (
    WSGI,
    AuthStore,
    HtealeafError,
    JSCode,
    PageStore,
    Registry,
    Session,
    SessionStore,
    Store,
    SuperStore,
    flashes,
    send_file,
)
from htealeaf.app.settings import UNSET, setting
from htealeaf.components import button, div, h3, html
from htealeaf.web.headers import DEFAULT_CSP, policy_of, without_nonce
from tests.http import Answer, Browser

SECRET = "a secret for tests only"


def app_of(result: Callable[..., Any] | None = None, **options: Any) -> WSGI:
    route = options.pop("route", {})
    with Registry():
        app = WSGI(secret=SECRET, **options)
        SuperStore(app)
    if result is not None:
        app.route("/", **route)(result)
    return app


#: What no header can hold.
HOSTILE = ["\u20ac", "\0", "a\nX-Own: 1", "a\r\n\r\n<script>", "\x7f", "\x1b", "a\u2028b", "\ud800"]


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "kind",
    [
        lambda value: (200, {"X-Name": value}, "x"),
        lambda value: (200, {"X-Name": value}, div("x")),
        lambda value: (200, {"X-Name": value}, {"a": 1}),
        lambda value: (200, [("Set-Cookie", f"a={value}")], "x"),
        lambda value: (200, {"Set-Cookie": f"a={value}"}, div("x")),
        lambda value: (200, {f"X-{value}": "x"}, "x"),
        lambda value: (303, {"X-To": value}, ""),
        lambda value: (200, {"X-Name": value}, iter_of("x")),
    ],
)
def test_what_no_header_holds_is_a_500_in_words(
    kind: Any, debug: bool, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An answer comes, and says it in debug mode; else the log does."""
    answer = Browser(app_of(lambda: kind(value), debug=debug)).get("/")

    assert answer.status == 500
    assert not [name for name in answer.headers if name.lower() in ("x-own", "x-name")]
    assert "text/html" in answer.headers["Content-Type"]
    told = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert ("eader" in answer.text) is debug


def iter_of(*parts: str) -> Iterator[str]:
    yield from parts


def test_a_stream_that_is_not_sent_is_closed() -> None:
    closed = []

    class Body(io.BytesIO):
        def close(self) -> None:
            closed.append(self)

    response = Response(Body(b"x"), headers={"X-A": "\u20ac"}, direct_passthrough=True)

    assert Browser(app_of(lambda: response)).get("/").status == 500
    assert closed


def test_a_number_is_written_as_text() -> None:
    answer = Browser(app_of(lambda: (200, {"X-Number": 3}, "x"))).get("/")

    assert (answer.status, answer.headers["X-Number"]) == (200, "3")


def test_an_error_page_with_such_a_header_is_answered_too() -> None:
    app = app_of()
    app.error(404)(lambda: (404, {"X-A": "\u20ac"}, "nothing"))

    answer = Browser(app).get("/nope")

    assert (answer.status, answer.text) == (500, "Something went wrong here.")


@pytest.mark.parametrize("value", ["", "plain", 'a; b="c, d"', "caf\u00e9", "\xff", "a\tb"])
def test_other_values_are_sent_as_they_are(value: str) -> None:
    answer = Browser(app_of(lambda: (200, {"X-Name": value}, "x"))).get("/")

    assert (answer.status, answer.headers["X-Name"]) == (200, value)


# -- by default ----------------------------------------------------------------------------


def directives(answer: Answer) -> dict[str, str]:
    text = answer.headers["Content-Security-Policy"]
    return dict((part.strip().partition(" ")[::2]) for part in text.split(";"))


PAGES: dict[str, Any] = {
    "a tree": lambda: div("x"),
    "html(...)": lambda: html(div("x")),
    "Markup": lambda: Markup("<p>x</p>"),
    "an error page": lambda: _raise(NotFound()),
    "a failure": lambda: 1 / 0,
    "a status": lambda: (404, div("x")),
    "a Response": lambda: Response("<p>x</p>", content_type="text/html"),
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("debug", [False, True])
def test_every_page_has_a_strict_policy(page: Any, debug: bool) -> None:
    answer = Browser(app_of(page, debug=debug)).get("/")

    found = directives(answer)
    assert set(found) == set(DEFAULT_CSP)
    assert found["frame-ancestors"] == "'self'"
    assert found["object-src"] == "'none'"
    for name in ("script-src", "style-src"):
        assert found[name].startswith("'self'")
        assert "unsafe" not in found[name]
        assert "{" not in found[name]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in answer.headers


def test_the_nonce_is_that_of_the_shim_and_fresh() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        shared = Store({"n": 0}, name="shared")
        SuperStore(app)
    app.route("/")(lambda: button("x", onclick=JSCode("1")).style(margin_top="1px"))
    browser = Browser(app)

    nonces = set()
    for answer in (browser.get("/"), browser.get("/")):
        script, style = answer.soup.select_one("script[nonce]"), answer.soup.select_one("style")
        assert script is not None
        assert style is not None
        assert script["nonce"] == style["nonce"]
        nonces.add(str(script["nonce"]))
        for name in ("script-src", "style-src"):
            assert directives(answer)[name] == f"'self' 'nonce-{script['nonce']}'"
    assert len(nonces) == 2
    assert shared["n"] == 0


@pytest.mark.parametrize("body", ["x", {"a": 1}, b"x"])
def test_what_is_no_page_has_no_policy_of_pages(body: Any) -> None:
    answer = Browser(app_of(lambda: (200, body))).get("/")

    assert "Content-Security-Policy" not in answer.headers
    assert "Cross-Origin-Opener-Policy" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("kind", ["image/svg+xml", "text/xml; charset=utf-8", "Application/XML"])
def test_an_image_that_could_run_a_script_runs_none(kind: str) -> None:
    """Opened by itself. It may have styles of its own, as it may where it is shown as an image."""
    sent = io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    answer = Browser(app_of(lambda: send_file(sent, type=kind))).get("/")

    assert directives(answer)["script-src"] == "'self'"
    assert "style-src" not in directives(answer)
    assert (
        "Content-Security-Policy"
        not in Browser(app_of(lambda: (200, {"Content-Type": kind}, "<svg/>"), csp=None))
        .get("/")
        .headers
    )


def test_a_patch_has_no_policy_of_pages() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        shared = Store({"n": 0}, name="shared")
        SuperStore(app)
    app.route("/")(
        lambda: div(h3(shared.react("n")), button("+", onclick=shared.do.increment("n")))
    )
    browser = Browser(app)
    page = browser.open("/")

    answer = browser.send(page, page.offer("button[formaction]"))

    assert "text/html" in answer.headers["Content-Type"]
    assert "Content-Security-Policy" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Cookie"


def test_directives_go_over_ours() -> None:
    app = app_of(lambda: div("x"), csp={"img-src": "*", "object-src": None, "frame-src": "'self'"})

    found = directives(Browser(app).get("/"))

    assert found["img-src"] == "*"
    assert found["frame-src"] == "'self'"
    assert "object-src" not in found
    assert found["default-src"] == "'self'"


@pytest.mark.parametrize("off", [None, ""])
def test_no_policy_is_said_by_none(off: Any) -> None:
    answer = Browser(app_of(lambda: div("x"), csp=off)).get("/")

    assert "Content-Security-Policy" not in answer.headers
    assert "nonce" not in answer.text


@pytest.mark.parametrize(
    "said",
    [{"img-src": "a; b"}, {"img-src": "a, b"}, {"a b": "c"}, {"img-src": "\u20ac"}, "x \u20ac"],
)
def test_a_policy_that_is_none_is_refused(said: Any) -> None:
    with pytest.raises(HtealeafError, match="csp="):
        policy_of(said)


def test_a_page_without_a_nonce_has_a_policy_without_it() -> None:
    assert without_nonce("a 'self'") == "a 'self'"
    assert without_nonce("a 'nonce-{nonce}' 'self'; b 'nonce-{nonce}'") == "a 'self'; b 'none'"


def test_headers_are_set_and_switched_off() -> None:
    said = {"referrer-policy": "no-referrer", "Cross-Origin-Opener-Policy": None, "X-Own": "1"}
    app = app_of(lambda: div("x"), headers=said)

    found = Browser(app).get("/").headers

    assert found["Referrer-Policy"] == "no-referrer"
    assert found["X-Own"] == "1"
    assert "Cross-Origin-Opener-Policy" not in found


@pytest.mark.parametrize(
    "said", [{"X-A": "\u20ac"}, {"X A": "b"}, {"Content-Security-Policy": "x"}, {"X-A": "a\nb"}]
)
def test_headers_that_none_can_have_are_refused_at_once(said: Any) -> None:
    with pytest.raises(HtealeafError, match="headers="):
        WSGI(secret=SECRET, headers=said)


def test_https_is_told_to_who_came_by_it() -> None:
    app = app_of(lambda: div("x"), https=True)

    assert Browser(app, https=True).get("/").headers["Strict-Transport-Security"] == (
        "max-age=31536000"
    )
    assert "Strict-Transport-Security" not in Browser(app).get("/").headers
    short = Browser(app_of(lambda: "x", https=60), https=True).get("/")
    assert short.headers["Strict-Transport-Security"] == "max-age=60"


def test_they_are_settings_too() -> None:
    for text, value in {
        "none": None,
        "default-src *": "default-src *",
        '{"img-src": "*"}': {"img-src": "*"},
    }.items():
        assert setting("csp", *_variable("HTEALEAF_CSP", text)) == value
    assert setting("https", *_variable("HTEALEAF_HTTPS", "1")) is True
    assert setting("https", *_variable("HTEALEAF_HTTPS", "60")) == 60
    assert setting("headers", *_variable("HTEALEAF_HEADERS", '{"X-A": "b"}')) == {"X-A": "b"}


def _variable(name: str, text: str) -> Any:
    return UNSET, {name: text}


# -- what shows a session ------------------------------------------------------------------


class Site:
    """Routes that read or write what is remembered of the browser, each in another way."""

    def __init__(self) -> None:
        with Registry():
            self.app = app = WSGI(secret=SECRET)
            own = SessionStore({"n": 0}, name="own", readable=["n"])
            state = PageStore({"n": 0}, name="state")
            users = AuthStore(lambda session: session.get("user"), {"n": 0}, name="users")
            shared = Store({"n": 0}, name="shared", readable=["n"])
            SuperStore(app)
        route = app.route

        @route("/in", methods=["POST"])
        def sign_in(session: Session) -> Any:
            session.sign_in("ann")
            return "in"

        route("/page")(lambda session: div(session.user))
        route("/text")(lambda session: session.user or "nobody")
        route("/json")(lambda session: {"user": session.user})
        route("/markup")(lambda session: Markup(session.user))
        route("/file")(lambda session: session.user and send_file(__file__, type="text/plain"))
        route("/ranges")(
            lambda session: session.user and send_file(io.BytesIO(b"abc"), type="text/plain")
        )
        route("/stream")(lambda session: (str(session.user) for _ in "a"))
        route("/error")(lambda session: 1 / (session.user is None))
        route("/missing")(lambda session: _raise(NotFound(session.user)))
        route("/redirect")(lambda session: (303, {"Location": f"/{session.user}"}, ""))
        route("/store")(lambda: div(own.react("n")))
        route("/auth")(lambda: div(users.react("n")))
        route("/flashes")(lambda: div(flashes()))
        route("/cookies")(lambda cookies: str(cookies.get("a")))
        route("/request")(lambda request: str(request.cookies.get("a")))
        route("/vary")(lambda session: (200, {"Vary": "Accept"}, str(session.user)))
        route("/own")(lambda session: (200, {"Cache-Control": "max-age=9"}, session.user))
        route("/action")(lambda: button("+", onclick=shared.do.increment("n")))
        route("/state")(lambda: div(button("+", onclick=state.do.increment("n"))))
        route("/public")(lambda: div(shared.react("n")))
        route("/plain")(lambda: "x")
        route("/allowed", allow=lambda session: session.user == "ann")(lambda: "x")

        @route("/write", page=False)
        def write(session: Session) -> Any:
            session["seen"] = 1
            return {"a": 1}

        self.browser = Browser(app)
        self.browser.post("/in")


def _raise(error: Exception) -> Any:
    raise error


PERSONAL = (
    "page text json markup file ranges stream error missing redirect store auth flashes cookies"
    " request vary write action state allowed"
).split()


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.mark.parametrize("name", PERSONAL)
@pytest.mark.parametrize("stranger", [False, True])
def test_what_shows_a_session_is_kept_by_nobody(site: Site, name: str, stranger: bool) -> None:
    """Signed in or not: who comes later may be."""
    browser = Browser(site.app) if stranger else site.browser

    headers = browser.get(f"/{name}").headers

    assert headers["Cache-Control"] == "no-store"
    assert "Cookie" in headers["Vary"]
    assert name != "vary" or headers["Vary"] == "Accept, Cookie"


@pytest.mark.parametrize("name", ["public", "plain"])
def test_what_shows_none_is_not_marked(site: Site, name: str) -> None:
    headers = site.browser.get(f"/{name}").headers

    assert headers.get("Cache-Control") == ("no-cache" if name == "public" else None)
    assert "Vary" not in headers
    assert "Set-Cookie" not in headers


def test_an_author_may_say_for_how_long_it_is_kept(site: Site) -> None:
    """It varies by the cookie nevertheless."""
    headers = site.browser.get("/own").headers

    assert (headers["Cache-Control"], headers["Vary"]) == ("max-age=9", "Cookie")


def test_json_of_a_browser_s_own_store_is_kept_by_nobody(site: Site) -> None:
    """That of everybody's store may be asked about again."""
    own, shared = site.browser.get("/api/_store/own/n"), site.browser.get("/api/_store/shared/n")

    assert (own.headers["Cache-Control"], own.headers["Vary"]) == ("no-store", "Cookie")
    assert shared.headers["Cache-Control"] == "private, no-cache"


def test_a_get_that_writes_the_session_brings_the_cookie(site: Site) -> None:
    assert "Set-Cookie" in Browser(site.app).get("/write").headers


def test_a_part_of_a_page_brings_no_cookie(site: Site) -> None:
    """A cache in between would give one visitor's key to another."""
    browser = Browser(site.app)
    for url in ("/api/_store/own/n", "/api/_live", "/_htealeaf/x", "/api/_none"):
        assert "Set-Cookie" not in browser.get(url).headers, url
