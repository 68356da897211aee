"""Routes get what they name, return what they like, and every answer respects where it is."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from markupsafe import Markup
from werkzeug.exceptions import abort
from werkzeug.wrappers import Request, Response

from htealeaf import WSGI, Registry, Session, Store, SuperStore, redirect
from htealeaf.app.routing import rule_of
from htealeaf.components import (
    a,
    body,
    button,
    div,
    h1,
    head,
    html,
    link,
    main,
    meta,
    p,
    title,
)
from htealeaf.errors import HtealeafError
from tests.http import FORM, Browser

SECRET = "a secret for tests only"


def made(**options: Any) -> WSGI:
    with Registry():
        app = WSGI(secret=SECRET, **options)
        app.shared = Store({"n": 1}, name="shared")  # type: ignore[attr-defined]
        SuperStore(app)
    return app


@pytest.fixture
def app() -> WSGI:
    return made()


def store(app: WSGI) -> Store:
    return app.registry.stores["shared"]


# -- routes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "url", "given"),
    [
        ("/a/{name}", "/a/x", {"name": "x"}),
        ("/a/{name}", "/a/x%20y", {"name": "x y"}),
        ("/a/{name}", "/a/%C3%A4", {"name": "ä"}),
        ("/a/{id:int}", "/a/7", {"id": 7}),
        ("/a/{x:float}", "/a/1.5", {"x": 1.5}),
        ("/a/{x:str}", "/a/1.5", {"x": "1.5"}),
        ("/a/{rest:path}", "/a/x/y/z", {"rest": "x/y/z"}),
        ("/{a}/b/{c:int}", "/x/b/1", {"a": "x", "c": 1}),
    ],
)
def test_parameters_of_a_path(app: WSGI, pattern: str, url: str, given: dict[str, Any]) -> None:
    names = ", ".join(given)
    app.route(pattern)(eval(f"lambda {names}: dict({', '.join(f'{n}={n}' for n in given)})"))

    assert Browser(app).get(url).json == given


@pytest.mark.parametrize(
    "url", ["/a/x", "/a/-1", "/a/" + "9" * 5000, "/a/1/2", "/a/", "//a/1", "/A/1", "/a/1.0"]
)
def test_a_path_that_no_pattern_matches_is_404(app: WSGI, url: str) -> None:
    app.route("/a/{id:int}")(lambda id: "found")

    answer = Browser(app).get(url)

    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.sentence.endswith(".")


def test_a_route_that_is_added_later_is_found(app: WSGI) -> None:
    """Also for a path that another route has answered before."""
    app.route("/{name}")(lambda name: f"any {name}")
    assert Browser(app).get("/x").text == "any x"

    app.route("/x")(lambda: "just x")

    assert Browser(app).get("/x").text == "just x"
    assert Browser(app).get("/y").text == "any y"


def test_long_addresses_are_not_kept(app: WSGI) -> None:
    """What is remembered of addresses is bounded in bytes, too: anybody may send any."""
    app.route("/any/{rest:path}", page=False)(lambda rest: str(len(rest)))
    browser = Browser(app)

    tracemalloc.start()
    try:
        for at in range(100):
            assert browser.get(f"/any/{at:03}{'x' * 50_000}").text == "50003"
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 1_000_000


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("a", "begin with '/'"),
        ("/{id:uuid}", "is unknown; there are str, int, float, path"),
        ("/{", "write parameters"),
        ("/{a-b}", "write parameters"),
    ],
)
def test_a_pattern_that_can_not_be_read_is_refused(app: WSGI, pattern: str, says: str) -> None:
    with pytest.raises(HtealeafError, match=says):
        app.route(pattern)(lambda: "x")


def test_angle_brackets_are_werkzeugs() -> None:
    assert rule_of("/item/{id:int}/{rest:path}") == "/item/<int:id>/<path:rest>"


def test_a_path_that_is_not_utf_8_is_400(app: WSGI) -> None:
    app.route("/{name}")(lambda name: name)

    assert Browser(app).get("/%ff").status == 400


def test_functions_get_what_they_name(app: WSGI) -> None:
    @app.provide
    def db() -> str:
        return "a database"

    @app.provide
    def person(session: Session, db: str) -> str:
        return f"{session.get('user', 'nobody')} of {db}"

    @app.route("/{name}", methods=["GET", "POST"], page=False)
    def everything(
        name: str,
        session: Session,
        req: Request,
        request: Request,
        cookies: Any,
        person: str,
        missing: str = "default",
        **rest: Any,
    ) -> dict[str, Any]:
        assert isinstance(session, Session)
        return {
            "name": name,
            "query": req.args["q"],
            "method": request.method,
            "cookie": cookies.get("c"),
            "person": person,
            "missing": missing,
            "rest": rest,
        }

    browser = Browser(app)
    browser.cookie = "c=1"
    assert browser.get("/x?q=2").json == {
        "name": "x",
        "query": "2",
        "method": "GET",
        "cookie": "1",
        "person": "nobody of a database",
        "missing": "default",
        "rest": {},
    }


def test_an_argument_that_nothing_gives_is_named(
    app: WSGI, caplog: pytest.LogCaptureFixture
) -> None:
    @app.route("/{name}")
    def wants(name: str, dbb: Any) -> str:
        return name

    assert Browser(app).get("/x").status == 500
    assert "wants() wants 'dbb', which nothing gives; it can have: name, session" in caplog.text


@pytest.mark.parametrize(
    "source",
    ["def f(a, /): pass", "def f(*a): pass", "async def f(): pass", "async def f(): yield"],
)
def test_functions_that_can_not_be_called_by_name_are_refused(app: WSGI, source: str) -> None:
    space: dict[str, Any] = {}
    exec(source, space)

    for decorate in (app.route("/"), app.provide, app.error(404)):
        with pytest.raises(HtealeafError, match=r"f\(\)"):
            decorate(space["f"])


# -- what a function returns ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "status", "kind", "text"),
    [
        ("a < b", 200, "text/plain; charset=utf-8", "a < b"),
        (Markup("<b>x</b>"), 200, "text/html; charset=utf-8", "<b>x</b>"),
        ({"a": [1, None]}, 200, "application/json", '{"a":[1,null]}'),
        (b"\0", 200, "application/octet-stream", "\0"),
        ((404, "gone"), 404, "text/plain; charset=utf-8", "gone"),
        ((201, {"X-A": "b"}, {"a": 1}), 201, "application/json", '{"a":1}'),
        ((201, [("X-A", "b")], "x"), 201, "text/plain; charset=utf-8", "x"),
        (Response("x", 202, content_type="a/b"), 202, "a/b", "x"),
    ],
)
def test_what_becomes_of_a_result(
    app: WSGI, result: Any, status: int, kind: str, text: str
) -> None:
    app.route("/", methods=["GET", "POST"])(lambda: result)

    for answer in (Browser(app).get("/"), Browser(app).post("/")):
        assert (answer.status, answer.headers["Content-Type"], answer.text) == (status, kind, text)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers.get("X-A", "b") == "b"


@pytest.mark.parametrize("result", [None, 5, object(), {1, 2}, (1, 2, 3, 4), (), iter([])])
def test_what_is_no_result_is_an_error(
    app: WSGI, result: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app.route("/")(lambda: result)

    assert Browser(app).get("/").status == 500
    assert "tuple is" in caplog.text or "a route returns an element" in caplog.text
    assert ("perhaps a 'return' is missing" in caplog.text) == (result is None)


@pytest.mark.parametrize(
    "result", [div("x"), [div("x")], [p("y"), "x", None], (201, div("x")), ["x"], (p("x"), p("y"))]
)
def test_a_tree_becomes_a_document(app: WSGI, result: Any) -> None:
    app.route("/")(lambda: result)

    answer = Browser(app).get("/")

    assert answer.status == (201 if isinstance(result, tuple) and result[0] == 201 else 200)
    assert answer.text.startswith('<!doctype html><html lang="en"><head><meta charset="utf-8">')
    assert answer.soup.find("meta", attrs={"name": "viewport"})
    assert answer.soup.title is not None
    assert answer.soup.find("script", src=True)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_an_author_s_own_document_is_completed(app: WSGI) -> None:
    app.route("/")(
        lambda: html(
            head(title("Mine"), meta(charset="utf-8"), link(rel="icon", href="/i.png")),
            body(p("x"), class_="b"),
            lang="de",
        )
    )

    found = Browser(app).get("/").soup
    assert found.html is not None
    assert found.html["lang"] == "de"
    assert [t.get_text() for t in found.select("title")] == ["Mine"]
    assert len(found.select("meta[charset]")) == 1
    assert found.select("link[rel=icon]")
    assert found.body is not None
    assert found.body["class"] == ["b"]
    assert found.select("body > form#ht")


def test_a_title_comes_from_the_route_the_app_or_the_function() -> None:
    named, unnamed = made(title="Shop"), made()
    for app in (named, unnamed):

        @app.route("/a", title="<Own>")
        def about_us() -> Any:
            return p()

        app.route("/b")(about_us)

    def title_of(app: WSGI, url: str) -> str:
        tag = Browser(app).get(url).soup.title
        assert tag is not None
        return tag.get_text()

    assert title_of(named, "/a") == "<Own>"
    assert title_of(named, "/b") == "Shop"
    assert title_of(unnamed, "/b") == "About us"


def test_a_layout_frames_the_content() -> None:
    app = made(layout=lambda content: main(content, id="frame"))
    app.route("/a")(lambda: p("a"))
    app.route("/b", layout=lambda content: [h1("b"), content])(lambda: p("b"))
    app.route("/c")(lambda: "text")

    assert '<main id="frame"><p>a</p></main>' in Browser(app).get("/a").text
    assert "<h1>b</h1><p>b</p>" in Browser(app).get("/b").text
    assert Browser(app).get("/c").text == "text"


def test_generated_rules_stand_once_in_the_one_style() -> None:
    app = made(csp="default-src 'self'; style-src 'nonce-{nonce}'")
    card = div("x").style(margin_top="1px")
    app.route("/")(lambda: [card, card, div().style(color="red"), card.id("y")])

    found = Browser(app).get("/").soup
    styles = found.select("style")
    assert len(styles) == 1
    assert styles[0]["nonce"]
    assert styles[0].get_text().count("margin-top:1px") == 1
    assert styles[0].get_text().count("color:red") == 1


def test_a_nonce_is_fresh_and_in_the_policy() -> None:
    app = made(csp="script-src 'nonce-{nonce}'")
    app.route("/", methods=["GET", "POST"])(lambda: p("x"))
    app.error(404)(lambda: p("nothing"))
    browser = Browser(app)

    seen = set()
    for answer in (browser.get("/"), browser.get("/"), browser.post("/"), browser.get("/nope")):
        script = answer.soup.find("script")
        assert script is not None
        nonce = str(script["nonce"])
        assert answer.headers["Content-Security-Policy"] == f"script-src 'nonce-{nonce}'"
        seen.add(nonce)
    assert len(seen) == 4
    assert all(len(nonce) >= 20 for nonce in seen)


def test_a_policy_may_be_written_in_several_lines() -> None:
    app = made(csp="default-src 'self';\n    style-src 'self'\n")
    app.route("/")(lambda: div("x"))

    policy = Browser(app).get("/").headers["Content-Security-Policy"]

    assert policy == "default-src 'self'; style-src 'self'"


def test_a_post_may_return_a_page(app: WSGI) -> None:
    """It works as any page does: its actions are for this browser, in its own URL."""
    shared = store(app)

    @app.route("/", methods=["GET", "POST"])
    def home(request: Request) -> Any:
        return div(request.method, button(id="plus", onclick=shared.do.increment("n")))

    browser = Browser(app)
    answer = browser.request("POST", "/", b"a=1", {"Content-Type": FORM})

    assert "POST" in answer.text
    assert browser.cookie is not None
    offer = str(answer.soup.select("#plus")[0]["formaction"])
    assert browser.submit(offer).status == 303
    assert shared.read("n") == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect(app: WSGI, status: int) -> None:
    app.route("/a")(lambda: redirect("/b?x=ä", status))
    app.route("/c")(lambda: redirect("https://example.org/", status, external=True))

    assert Browser(app).get("/a").status == status
    assert Browser(app).get("/a").headers["Location"] == "/b?x=%C3%A4"
    assert Browser(app, base="/shop").get("/shop/a").headers["Location"] == "/shop/b?x=%C3%A4"
    assert Browser(app, base="/shop").get("/shop/c").headers["Location"] == "https://example.org/"


@pytest.mark.parametrize(
    ("url", "status"), [("/\nX: y", 303), ("/", 200), ("/\r", 302), ("/\0", 303)]
)
def test_what_is_no_redirect_is_refused(url: str, status: int) -> None:
    with pytest.raises(HtealeafError, match="no redirect"):
        redirect(url, status)


def test_head_is_a_get_without_body(app: WSGI) -> None:
    app.route("/")(lambda: p("x"))
    app.route("/text")(lambda: "text")

    for url in ("/", "/text"):
        answer = Browser(app).request("HEAD", url)
        assert (answer.status, answer.content) == (200, b"")
        assert answer.headers["Content-Type"] == Browser(app).get(url).headers["Content-Type"]


def test_the_author_s_headers_of_a_page_win(app: WSGI) -> None:
    """They replace ours whatever their case; only the content type is the page's."""
    given = {
        "cache-control": "max-age=60",
        "X-Content-Type-Options": "off",
        "Content-Type": "text/plain",
        "Location": "/ä",
        "X-Number": 3,
    }
    app.route("/")(lambda: (201, given, div("x")))

    answer = Browser(app).get("/")

    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert len(headers) == len(answer.headers)
    assert headers == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "max-age=60",
        "x-content-type-options": "off",
        "location": "/%C3%A4",
        "x-number": "3",
        "referrer-policy": "same-origin",
        "content-length": str(len(answer.content)),
    }


def test_a_line_break_in_a_header_is_an_error(app: WSGI, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    app.route("/")(lambda: (200, {"X-A": "b\r\nSet-Cookie: c=d"}, div("x")))

    assert Browser(app).get("/").status == 500


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(app: WSGI, status: int) -> None:
    app.route("/")(lambda: (status, div("x")))

    answer = Browser(app).get("/")

    assert (answer.status, answer.content) == (status, b"")
    assert "Content-Length" not in answer.headers


def test_pages_with_actions_are_not_stored(app: WSGI) -> None:
    shared = store(app)
    app.route("/a")(lambda: button(onclick=shared.do.increment("n")))
    app.route("/b")(lambda: p("x"))

    assert Browser(app).get("/a").headers["Cache-Control"] == "no-store"
    assert Browser(app).get("/b").headers["Cache-Control"] == "no-cache"


# -- errors -----------------------------------------------------------------------------------


def test_a_method_that_is_not_answered_is_405(app: WSGI) -> None:
    app.route("/a", methods=["POST"])(lambda: "x")
    app.route("/b")(lambda: "x")

    assert Browser(app).get("/a").status == 405
    assert Browser(app).get("/a").headers["Allow"] == "POST"
    assert Browser(app).post("/b").status == 405
    assert Browser(app).get("/b").status == 200


def test_an_error_shows_a_trace_in_debug_mode_only(caplog: pytest.LogCaptureFixture) -> None:
    for debug in (False, True):
        app = made(debug=debug)

        @app.route("/")
        def broken() -> Any:
            raise ValueError("a secret & <thing>")

        answer = Browser(app).get("/")
        assert answer.status == 500
        assert ("secret" in answer.text) == debug
        assert ("Traceback" in answer.text) == debug
        assert "<thing>" not in answer.text
    assert caplog.text.count("ValueError: a secret") == 2


def test_a_binding_that_fails_at_first_costs_its_own_place(
    app: WSGI, caplog: pytest.LogCaptureFixture
) -> None:
    app.route("/")(lambda: p(store(app).react("n", lambda n: 1 / 0)))

    answer = Browser(app).get("/")

    assert answer.status == 200
    assert str(answer.soup.find("p")) == '<p ht-failed="" id="shared-n"></p>'
    assert "ZeroDivisionError" in caplog.text


def test_a_function_may_abort(app: WSGI) -> None:
    app.route("/a")(lambda: abort(403, "Not <you>."))
    app.route("/b")(lambda: abort(Response("own", 418)))

    assert Browser(app).get("/a").status == 403
    assert Browser(app).get("/a").sentence == "Not <you>."
    assert (Browser(app).get("/b").status, Browser(app).get("/b").text) == (418, "own")


def test_an_author_s_own_error_page(app: WSGI) -> None:
    """It is a page like any other: it reads the session, and its actions work."""
    shared = store(app)

    @app.error(404)
    def nothing(sentence: str, session: Session, request: Request) -> Any:
        return div(
            h1("Oh"),
            p(sentence),
            session.get("user", "nobody"),
            request.path,
            button(id="plus", onclick=shared.do.increment("n")),
        )

    @app.error(500)
    def broken() -> str:
        return "broken"

    app.route("/bad")(lambda: 1 / 0)
    browser = Browser(app)
    answer = browser.get("/nope")

    assert answer.status == 404
    assert "<h1>Oh</h1>" in answer.text
    assert "nobody/nope" in answer.text
    assert browser.submit(str(answer.soup.select("#plus")[0]["formaction"])).status == 303
    assert shared.read("n") == 2
    assert (browser.get("/bad").status, browser.get("/bad").text) == (500, "broken")


def test_an_error_page_that_fails_gives_the_plain_one(
    app: WSGI, caplog: pytest.LogCaptureFixture
) -> None:
    app.error(404)(lambda: 1 / 0)

    answer = Browser(app).get("/nope")

    assert answer.status == 404
    assert answer.soup.h1 is not None
    assert "ZeroDivisionError" in caplog.text


# -- files ------------------------------------------------------------------------------------


@pytest.fixture
def files(app: WSGI, tmp_path: Path) -> Browser:
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "public"
    (folder / "css").mkdir(parents=True)
    (folder / "css" / "a.css").write_text("p{}")
    (folder / ".env").write_text("dot")
    (folder / "link").symlink_to(tmp_path / "secret.txt")
    app.static("/static", folder)
    return Browser(app)


def test_a_file_is_served_and_cached(files: Browser) -> None:
    answer = files.get("/static/css/a.css")

    assert (answer.status, answer.text) == (200, "p{}")
    assert answer.headers["Content-Type"].startswith("text/css")
    again = files.get("/static/css/a.css", If_None_Match=answer.headers["ETag"])
    assert (again.status, again.content) == (304, b"")
    date = answer.headers["Last-Modified"]
    assert files.get("/static/css/a.css", If_Modified_Since=date).status == 304
    assert files.request("HEAD", "/static/css/a.css").content == b""
    assert files.cookie is None


@pytest.mark.parametrize(
    "path",
    [
        "nope.css",
        "../secret.txt",
        "css/../../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "css",
        "",
        "/etc/passwd",
        "%00",
        "..\\secret.txt",
        "css/a.css/x",
    ],
)
def test_nothing_outside_of_the_folder_is_served(files: Browser, path: str) -> None:
    answer = files.get(f"/static/{path}")

    assert answer.status == 404
    assert "secret" not in answer.text


def test_a_file_is_not_written_to(files: Browser) -> None:
    assert files.post("/static/css/a.css").status == 405


# -- below another URL ------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/shop", "/a/b", '/x"><b>', "/caf\u00c3\u00a9"])
def test_everything_respects_script_name(app: WSGI, base: str) -> None:
    shared = store(app)

    @app.route("/page")
    def page() -> Any:
        return div(
            p(shared.react("n")),
            button(id="plus", onclick=shared.do.increment("n")),
            button(id="two", onclick=[shared.do.increment("n"), shared.do.increment("n")]),
            button(id="ask", onclick=shared.do.increment("n").confirm("?")),
        )

    browser = Browser(app)
    browser.base = base
    shown = browser.request("GET", f"{base}/page?x=1")
    url = {"/shop": "/shop", "/a/b": "/a/b"}.get(base) or (
        "/x%22%3E%3Cb%3E" if "b" in base else "/caf%C3%A9"
    )
    found = shown.soup
    assert found.b is None
    assert found.select("form#ht")[0]["ht-base"] == url
    assert found.select("[name=ht-url]")[0]["value"] == f"{url}/page?x=1"
    for tag, name in (("script", "src"), ("link", "href")):
        asset = str(found.select(tag)[0][name])
        assert asset.startswith(f"{url}/_htealeaf/")
        assert browser.request("GET", asset[len(url) :]).status == 200
    assert f"; Path={url};" in browser.set_cookie
    for selector in ("#plus", "#two"):
        offer = str(found.select(selector)[0]["formaction"])
        assert offer.startswith(f"{url}/api/_store")
        answer = browser.request(
            "POST", offer[len(url) :], f"ht-url={quote(url)}/page".encode(), {"Content-Type": FORM}
        )
        assert (answer.status, answer.headers["Location"]) == (303, f"{url}/page")
    assert shared.read("n") == 4
    ask = str(found.select("#ask")[0]["formaction"])
    asked = browser.request("POST", ask[len(url) :], b"", {"Content-Type": FORM})
    form = asked.soup.form
    assert form is not None
    assert str(form["action"]) == ask


def test_a_click_below_another_url_is_patched(app: WSGI) -> None:
    shared = store(app)
    app.route("/")(
        lambda: div(p(shared.react("n")), button(id="plus", onclick=shared.do.increment("n")))
    )
    browser = Browser(app, base="/shop")
    page = browser.open("/shop/")

    answer = browser.send(page, page.offer("#plus"))

    assert answer.status == 200
    assert answer.soup.get_text() == "2"


# -- what may write ---------------------------------------------------------------------------


def test_a_route_that_is_no_page_is_never_run_on_its_own(app: WSGI) -> None:
    """Whatever a request says that it shows."""
    ran = []
    shared = store(app)
    app.route("/")(lambda: button(id="plus", onclick=shared.do.increment("n")))

    @app.route("/leave", page=False)
    def leave() -> Any:
        ran.append(1)
        return p("left")

    browser = Browser(app)
    page = browser.open("/")
    answer = browser.send(page, page.offer("#plus"), **{"HT-Url": "/leave", "HT-Page": "x"})

    assert answer.status in (200, 204)
    assert ran == []


def test_a_body_over_the_limit_is_413_in_a_route() -> None:
    app = made(max_body=100)

    @app.route("/", methods=["POST"])
    def take(request: Request) -> str:
        return request.form["a"]

    browser = Browser(app)
    kind = {"Content-Type": FORM}
    assert browser.request("POST", "/", b"a=" + b"x" * 50, kind).text == "x" * 50
    assert browser.request("POST", "/", b"a=" + b"x" * 500, kind).status == 413
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    chunks = {"HTTP_TRANSFER_ENCODING": "chunked"}
    big = b"a=" + b"x" * 500
    assert browser.request("POST", "/", big, kind, chunked | chunks).status == 413


def test_an_app_without_superstore_serves_plain_pages() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
    app.route("/")(lambda: p(a("x", href="/y")))

    answer = Browser(app).get("/")
    assert answer.status == 200
    assert answer.soup.script is None
    assert Browser(app).get("/api/_store/x/y").status == 404


def test_a_second_superstore_is_refused(app: WSGI) -> None:
    with pytest.raises(HtealeafError, match="already"):
        SuperStore(app)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(HtealeafError, match="at least 16"):
        WSGI(secret="short")


def test_wsgi_app_is_the_app(app: WSGI) -> None:
    app.route("/")(lambda: "x")
    logging.getLogger("htealeaf").debug("a name that other servers look for")

    assert Browser(app.wsgi_app).get("/").text == "x"


def test_a_route_reads_a_body_in_chunks(app: WSGI) -> None:
    app.route("/", methods=["POST"])(lambda request: request.form["a"])
    kind = {"Content-Type": FORM, "Transfer-Encoding": "chunked"}
    chunked = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}

    assert Browser(app).request("POST", "/", b"a=b", kind, chunked).text == "b"
