"""Around pages: layouts, rules, provided values, files, streams, names, settings."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from werkzeug.middleware.proxy_fix import ProxyFix

from htealeaf import (
    WSGI,
    HtealeafError,
    Invalid,
    Registry,
    Routes,
    Session,
    Store,
    SuperStore,
    fragment,
    redirect,
    send_file,
    url_for,
)
from htealeaf.app.settings import SETTINGS, UNSET, setting, table, unknown
from htealeaf.components import button, div, form, main, p, section, textInput
from htealeaf.testing import Client, PageFailure
from tests.http import Browser

SECRET = "a secret of the tests"


@pytest.fixture
def app() -> Iterator[WSGI]:
    with Registry():
        made = WSGI(secret=SECRET)
        SuperStore(made)
        yield made


def test_layouts_stand_in_each_other_and_take_what_they_name(app: WSGI) -> None:
    app.provide(shop := lambda: "tea")
    app._views.provided["shop"] = shop

    @app.layout
    def frame(content: Any, session: Session) -> Any:
        return main(p(session.get("name", "nobody")), content)

    @app.layout("settings", inside="frame")
    def settings(content: Any, shop: str) -> Any:
        return section(shop, content)

    app.route("/a")(lambda: p("a"))
    app.route("/b", layout="settings")(lambda: p("b"))
    app.route("/c", layout=False)(lambda: p("c"))

    client = Client(app)
    assert "<main><p>nobody</p><p>a</p></main>" in client.open("/a").html
    assert "<main><p>nobody</p><section>tea<p>b</p></section></main>" in client.open("/b").html
    assert "<main>" not in client.open("/c").html


def test_a_title_is_a_function_of_the_pages_arguments(app: WSGI) -> None:
    shared = Store({"n": 1}, name="shared")
    app.route("/item/{id}", title=lambda id: f"{id}: {shared.read('n')}")(
        lambda id: div(p(id), button("+", onclick=shared.do.increment("n")))
    )
    page = Client(app, check=True).open("/item/x")
    assert page.title == "x: 1"
    page.click("button")
    assert page.title == "x: 2"
    assert len(page.patch) == 1  # the title alone


def test_before_may_answer_instead(app: WSGI, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    app.static("/static", tmp_path)
    app.before(lambda request: redirect("/login") if request.path == "/in" else None)
    app.route("/in")(lambda: p("in"))
    app.route("/login")(lambda: p("log in"))

    assert Browser(app).get("/in").headers["Location"] == "/login"
    assert Browser(app).get("/login").status == 200
    assert Browser(app).get("/static/a.txt").text == "a"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_rule_is_asked_at_the_get_at_clicks_and_at_catch_ups(app: WSGI, scripts: bool) -> None:
    """What the rule asks is a plain set, which nothing tracks."""
    shared = Store({"n": 1}, name="shared")
    allowed = {"now"}
    page_of = div(p(shared.react("n")), button("+", onclick=shared.do.increment("n")))
    app.route("/in", allow=lambda: "now" in allowed, otherwise="/login")(lambda: page_of)
    app.route("/login")(lambda: p("log in"))
    page, other = Client(app, scripts=scripts).open("/in"), Client(app, scripts=scripts).open("/in")
    page.click("button")
    assert shared.read("n") == 2

    allowed.clear()
    page.click("button")
    other.look()

    assert shared.read("n") == 2
    assert (page.url, other.url) == ("/login", "/login")
    assert Browser(app).get("/in").status == 303


def test_offers_of_a_guarded_page_are_no_good_from_another_page(app: WSGI) -> None:
    shared = Store({"n": 1}, name="shared")
    app.route("/in", allow=lambda: True)(lambda: button("+", onclick=shared.do.increment("n")))
    app.route("/open")(lambda: p("open"))
    page = Client(app).open("/in")

    lying = page.send(page.action("button").with_headers(HT_Url="/open"), apply=False)
    silent = page.send(page.action("button").with_headers(HT_Page=""), apply=False)

    assert (lying.status, silent.status) == (403, 403)
    assert shared.read("n") == 1


def test_a_rule_without_otherwise_is_403(app: WSGI) -> None:
    app.route("/a", allow=lambda: False)(lambda: p("a"))
    app.route("/b", allow=lambda: False, otherwise=404)(lambda: p("b"))
    assert (Browser(app).get("/a").status, Browser(app).get("/b").status) == (403, 404)


def test_provided_generators_are_one_a_request_and_are_closed(app: WSGI) -> None:
    log: list[str] = []

    @app.provide
    def db() -> Generator[str, None, None]:
        log.append("open")
        try:
            yield "db"
        except ZeroDivisionError:
            log.append("rolled back")
            raise
        else:
            log.append("committed")
        finally:
            log.append("closed")

    app.route("/good", layout=lambda content, db: div(content, db))(lambda db: p(db))
    app.route("/bad")(lambda db: 1 / 0)

    def rows(db: str) -> Iterator[str]:
        log.append("first row")
        yield "a"
        yield "b"

    app.route("/rows")(rows)
    assert Browser(app).get("/good").status == 200
    assert log == ["open", "committed", "closed"]
    log.clear()
    assert Browser(app).get("/bad").status == 500
    assert log == ["open", "rolled back", "closed"]
    log.clear()
    assert Browser(app).get("/rows").text == "ab"
    assert log == ["open", "first row", "committed", "closed"]


def test_files_have_ranges_and_names(app: WSGI, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0123456789")
    app.route("/a")(lambda: send_file(tmp_path / "a.txt", name="Tée.txt", attachment=True))
    app.route("/in/{rest:path}")(lambda rest: send_file(rest, within=tmp_path))
    browser = Client(app)

    whole = browser.get("/a")
    part = browser.get("/a", headers={"Range": "bytes=2-4"})
    same = browser.get("/a", headers={"If-None-Match": whole.headers["ETag"]})

    assert whole.text == "0123456789"
    assert "filename*=UTF-8''T%C3%A9e.txt" in whole.headers["Content-Disposition"]
    assert (part.status_code, part.text) == (206, "234")
    assert same.status_code == 304
    assert browser.get("/in/a.txt").status_code == 200
    assert browser.get("/in/../test_around.py").status_code == 404


@pytest.mark.slow
def test_a_million_rows_take_flat_memory(app: WSGI) -> None:
    def export() -> Any:
        rows = (f"{n},name {n},{n * 3}\r\n" for n in range(1_000_000))
        return 200, {"Content-Type": "text/csv"}, rows

    app.route("/export")(export)
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/export",
        "QUERY_STRING": "",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "localhost",
    }
    body = app(environ, lambda *said: None)
    size, blocks = len(next(iter(body))), 1
    tracemalloc.start()
    try:
        for block in body:
            size, blocks = size + len(block), blocks + 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 20_000_000
    assert size / blocks > 16_000
    assert peak < 1_000_000


def test_an_error_in_mid_stream_is_logged_and_cuts(
    app: WSGI, caplog: pytest.LogCaptureFixture
) -> None:
    def rows() -> Iterator[str]:
        yield ""
        raise ZeroDivisionError

    app.route("/rows")(rows)
    with pytest.raises(ZeroDivisionError):
        Browser(app).get("/rows")
    assert "the connection is cut" in caplog.text


def test_an_exception_class_has_its_page(app: WSGI) -> None:
    app.error(LookupError)(lambda error: (404, p(f"no {error.args[0]}")))
    app.route("/")(lambda: dict[str, str]()["x"])
    answer = Browser(app).get("/")
    assert (answer.status, "no x" in answer.text) == (404, True)


def test_routes_of_another_module(app: WSGI) -> None:
    admin = Routes("/admin", name="admin", layout=lambda c: main(c), allow=lambda: True)
    inner = Routes("/users", name="users", allow=lambda: False)
    admin.route("")(lambda: p(url_for("item", id=3, _query={"q": "a b"}), href=""))
    inner.route("/{id:int}", name="one")(lambda id: p(id))
    admin.include(inner)
    app.include(admin)
    app.route("/item/{id:int}", name="item")(lambda id: redirect(url_for("item", id=id)))

    assert "<main>" in Browser(app).get("/admin").text
    assert Browser(app).get("/admin/users/3").status == 403
    assert app.url_for("admin.users.one", id=3) == "/admin/users/3"
    client = Client(app, base_url="http://localhost/shop")
    assert "/shop/item/3?q=a+b" in client.get("/admin").text
    assert client.get("/item/3").headers["Location"] == "/shop/item/3"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "it lacks id"),
        ({"id": 1, "x": 2}, "it has no x"),
        ({"id": "a"}, "does not fit"),
    ],
)
def test_url_for_says_what_the_route_has(app: WSGI, values: Any, words: str) -> None:
    app.route("/item/{id:int}", name="item")(lambda id: p(id))
    with pytest.raises(HtealeafError, match=words):
        app.url_for("item", **values)
    with pytest.raises(HtealeafError, match="did you mean 'item'"):
        app.url_for("itm")


def test_two_routes_of_one_name(app: WSGI) -> None:
    app.route("/a", name="one")(lambda: p("a"))
    with pytest.raises(HtealeafError, match="two routes are named 'one'"):
        app.route("/b", name="one")(lambda: p("b"))


def test_a_slash_at_the_end_is_one_redirect(app: WSGI) -> None:
    app.route("/a")(lambda: p("a"))
    app.route("/b/")(lambda: p("b"))
    client = Client(app, base_url="http://localhost/shop")
    assert client.get("/a/?q=1").status_code == 308
    assert client.get("/a/?q=1").headers["Location"] == "/shop/a?q=1"
    assert client.get("/b").headers["Location"] == "/shop/b/"
    assert client.get("/c/").status_code == 404


def test_middleware_goes_around_the_app(app: WSGI) -> None:
    app.route("/")(lambda request: p(request.url_root))
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1, x_host=1, x_proto=1)
    said = {
        "X-Forwarded-Prefix": "/shop",
        "X-Forwarded-Host": "shop.example",
        "X-Forwarded-Proto": "https",
    }
    assert "https://shop.example/shop/" in Client(app).get("/", headers=said).text


def test_args_are_tracked_by_key(app: WSGI) -> None:
    @fragment
    def found(args: Any) -> Any:
        return p(args["q"], id="found")

    app.route("/")(lambda args: div(found(args), p(args.get("page", 1, type=int), id="page")))
    page = Client(app).open("/?q=tea&page=x")
    assert (page.text("#found"), page.text("#page")) == ("tea", "1")


def test_settings_argument_variable_default() -> None:
    environ = {"HTEALEAF_RATE": "none", "HTEALEAF_DEBUG": "maybe", "HTEALEAF_TITEL": "x"}
    assert setting("rate", UNSET, environ) is None
    assert setting("rate", 3.0, environ) == 3.0
    assert setting("burst", UNSET, environ) == 100
    with pytest.raises(HtealeafError, match="HTEALEAF_DEBUG is 1 or 0, not 'maybe'"):
        setting("debug", UNSET, environ)
    assert [*unknown(environ)] == [
        "the variable HTEALEAF_TITEL is no setting and does nothing; did you mean HTEALEAF_TITLE?"
    ]
    assert "secret" in table({"HTEALEAF_SECRET": "do not tell this"})
    assert "do not tell" not in table({"HTEALEAF_SECRET": "do not tell this"})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("csp", "none", None),
        ("csp", "default-src 'self'", "default-src 'self'"),
        ("csp", '{"img-src": "*"}', {"img-src": "*"}),
        ("headers", "[1]", "a JSON object"),
        ("https", "yes", True),
        ("https", "600", 600),
        ("https", "-1", "1, 0 or seconds"),
        ("rate", "inf", "a number or none"),
        ("max_live", "none", None),
        ("max_live", "3", 3),
        ("trusted_proxies", "1", 1),
        ("trusted_proxies", "192.0.2.0/24, ::1", ["192.0.2.0/24", "::1"]),
        ("metrics", "/run/numbers", "/run/numbers"),
        ("metrics", "1", True),
        ("lang", " de ", "de"),
        ("lang", "<", "a tag such as de"),
    ],
)
def test_a_setting_is_read_from_its_variable(name: str, text: str, value: Any) -> None:
    """What can't be read is told with what would be."""
    variables = {f"HTEALEAF_{name.upper()}": text}
    if isinstance(value, str) and value == SETTINGS[name].wants:
        with pytest.raises(HtealeafError, match=f" is {value}, not "):
            setting(name, UNSET, variables)
        assert f"error: HTEALEAF_{name.upper()} is {value}" in table(variables)
        return
    assert setting(name, UNSET, variables) == value


@pytest.mark.parametrize(
    ("say", "words"),
    [
        (lambda app: app.layout("bare")(lambda: p("x")), "takes the content first"),
        (lambda app: Routes("/shop/"), "without a slash at its end"),
        (lambda app: Routes("/shop").route(p), "write @routes.route"),  # type: ignore[arg-type]
        (lambda app: (shop := Routes("/shop")).include(shop), "can't include themselves"),
    ],
)
def test_what_is_said_wrongly_is_told_at_once(
    app: WSGI, say: Callable[[Any], object], words: str
) -> None:
    with pytest.raises(HtealeafError, match=words):
        say(app)


def test_layouts_that_are_not_there_or_stand_in_themselves(app: WSGI) -> None:
    app.layout("inner", inside="outer")(lambda content: section(content))
    app.layout("outer", inside="inner")(lambda content: section(content))
    app.route("/a", layout="inner")(lambda: p("a"))
    app.route("/b", layout="none")(lambda: p("b"))

    with pytest.raises(HtealeafError, match="inside of each other: inner in outer in inner"):
        Client(app).open("/a")
    with pytest.raises(HtealeafError, match="no layout 'none'; there are: inner, outer"):
        Client(app).open("/b")


def test_the_settings_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "htealeaf", "settings"], capture_output=True, text=True, check=True
    )
    assert "HTEALEAF_MAX_PAGES" in done.stdout


# -- around action functions ----------------------------------------------------------------


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def with_db(app: WSGI, log: list[str]) -> WSGI:
    """An app that provides a session, which notes what becomes of it."""

    @app.provide
    def db(session: Session) -> Generator[str, None, None]:
        log.append(f"open for {session.get('user')}")
        try:
            yield "db"
        except Exception as error:
            log.append(f"rolled back: {type(error).__name__}")
            raise
        log.append("committed")

    return app


@pytest.mark.parametrize("scripts", [True, False])
def test_an_action_function_has_a_session_that_ends_with_it(
    with_db: WSGI, log: list[str], scripts: bool
) -> None:
    """It is committed before the page is shown, which has another one."""
    shared = Store({"n": 1}, name="shared")

    @with_db.action(allow=lambda db: bool(db))
    def add(db: str, by: int) -> None:
        log.append(f"add {by}")
        if by < 0:
            raise Invalid(by="not less than nothing")
        if by == 0:
            raise ZeroDivisionError

    @with_db.route("/")
    def home(db: str) -> Any:
        log.append("shown")
        return form(onsubmit=add)(textInput(name="by"), button("Add"), p(shared.read("n")))

    for typed, said in (("-1", "Invalid"), ("0", "ZeroDivisionError")):
        page = Client(with_db, scripts=scripts).open("/")
        log.clear()
        page.fill("[name=by]", typed)
        with suppress(PageFailure):  # that it is a fault of the server's
            page.submit("form")
        assert log[:3] == ["open for None", f"add {typed}", f"rolled back: {said}"]
        assert "committed" not in log[: log.index("shown") if "shown" in log else None]


def test_an_action_functions_session_is_committed_before_the_page_is_shown(
    with_db: WSGI, log: list[str]
) -> None:
    shared = Store({"n": 1}, name="shared")

    @with_db.action
    def add(db: str) -> None:
        shared.increment("n")
        log.append("add")

    @with_db.route("/")
    def home(db: str) -> Any:
        log.append("shown")
        return div(button("+", onclick=add), p(shared.read("n")))

    page = Client(with_db).open("/")
    log.clear()
    page.click("button")
    assert log == ["open for None", "add", "committed", "open for None", "shown", "committed"]


def test_a_commit_that_is_refused_is_the_calls_failure(app: WSGI) -> None:
    """What the function wrote to stores is not written then."""
    shared = Store({"n": 1}, name="shared")

    @app.provide
    def db() -> Generator[str, None, None]:
        yield "db"
        raise Invalid("the name is taken")

    @app.action
    def add(db: str) -> None:
        shared.increment("n")

    app.route("/")(lambda: form(onsubmit=add)(button("+"), p(shared.read("n"))))
    page = Client(app).open("/")
    page.submit("form")
    assert page.errors == {"": "the name is taken"}
    assert shared.read("n") == 1


def test_a_call_in_python_closes_what_it_was_provided(app: WSGI, log: list[str]) -> None:
    @app.provide
    def db() -> Generator[str, None, None]:
        try:
            yield "db"
        except ZeroDivisionError:
            log.append("rolled back")
            raise
        log.append("committed")

    @app.action
    def add(db: str, by: int) -> None:
        log.append(f"{db} {1 // by}")

    add.call(by=1)
    assert log == ["db 1", "committed"]
    log.clear()
    with pytest.raises(ZeroDivisionError):
        add.call(by=0)
    assert log == ["rolled back"]
    log.clear()
    add.call(by=1, db="mine")
    assert log == ["mine 1"]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("means", ["before", "rule"])
def test_an_action_function_is_called_from_pages_that_are_allowed(
    app: WSGI, scripts: bool, means: str
) -> None:
    allowed, called = {"now"}, []

    def check() -> Any:
        return None if allowed or means == "rule" else redirect("/login")

    @app.action
    def act() -> None:
        called.append(1)

    app.before(lambda request: check() if request.path == "/in" else None)
    rule: Any = {"allow": lambda: bool(allowed), "otherwise": "/login"} if means == "rule" else {}
    app.route("/in", **rule)(lambda: div(button("Go", onclick=act)))
    app.route("/login")(lambda: p("log in"))
    app.route("/open")(lambda: p("open"))
    page = Client(app, scripts=scripts).open("/in")
    page.click("button")
    assert called == [1]

    if scripts:  # it can't say that it comes from elsewhere
        lying = page.send(page.action("button").with_headers(HT_Url="/open"), apply=False)
        silent = page.send(page.action("button").with_headers(HT_Page=""), apply=False)
        assert (lying.status, silent.status) == (403, 403)
    allowed.clear()
    page.click("button")
    assert called == [1]
    assert page.url == "/login"


@pytest.mark.parametrize("scripts", [True, False])
def test_what_stands_in_the_place_of_a_forbidden_page_works(app: WSGI, scripts: bool) -> None:
    """A form to log in, at the address that was asked for; and on an error page."""

    @app.action
    def log_in(session: Session, name: str) -> None:
        session.sign_in(name)

    def login() -> Any:
        return form(onsubmit=log_in)(textInput(name="name"), button("Log in"))

    app.error(403)(login)

    def is_known(session: Session) -> bool:
        return session.user is not None

    app.route("/a", allow=is_known, otherwise=login)(lambda session: p(f"for {session.user}"))
    app.route("/b", allow=is_known)(lambda session: p(f"for {session.user}"))
    for url, status in (("/a", 200), ("/b", 403)):
        page = Client(app, scripts=scripts).open(url, status=status)
        page.look()  # stays as it is
        page.fill("[name=name]", "ann")
        page.submit("form")
        assert page.url == url
        assert "for ann" in page.html


@pytest.mark.parametrize("wanted_by", ["route", "layout", "title"])
def test_a_binding_never_has_what_is_closed(app: WSGI, wanted_by: str) -> None:
    """The route function makes it anew, and what is sent is no more than else."""
    shared = Store({"n": 1, "m": 1}, name="shared")

    class Db:
        closed = False

        def read(self) -> str:
            assert not self.closed
            return "rows"

    @app.provide
    def db() -> Iterator[Db]:
        made = Db()
        yield made
        made.closed = True

    def content(db: Db | None = None) -> Any:
        return div(
            shared.react("n", lambda n: p(n, db.read() if db is not None else "", id="n")),
            p(shared.react("m"), id="m"),
            button("+", onclick=shared.do.increment("n")),
        )

    def page(db: Db) -> Any:
        return content(db)

    def layout(content: Any, db: Db) -> Any:
        return main(shared.react("n", lambda n: p(n, db.read())), content)

    def title(db: Db) -> str:
        return f"{shared.read('n')} {db.read()}"

    app.route(
        "/",
        layout=layout if wanted_by == "layout" else None,
        title=title if wanted_by == "title" else None,
    )(page if wanted_by == "route" else lambda: content())
    shown = Client(app, check=True).open("/")
    shown.click("button")
    shown.click("button")
    assert shown.text("#n").startswith("3")
    assert "m" not in shown.patch.ids
    assert len(shown.patch) == (1 if wanted_by == "route" else 2)
