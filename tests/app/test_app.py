"""Routes get what they name, return what they like, and every answer respects where it is."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from htealeaf import WSGI, Registry, SuperStore
from htealeaf.components import (
    a,
    button,
    div,
    p,
)
from htealeaf.errors import HtealeafError
from tests.app.made import SECRET, made, store
from tests.http import FORM, Browser


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
