"""Routing: patterns, what they match, and what route functions get."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest
from werkzeug.wrappers import Request

from htealeaf import (
    WSGI,
    Session,
)
from htealeaf.app.routing import rule_of
from htealeaf.components import (
    div,
)
from htealeaf.errors import HtealeafError
from tests.app.made import SECRET
from tests.http import Browser


def app_with(*said: tuple[str, list[str]]) -> WSGI:
    app = WSGI(secret=SECRET)
    for at, (pattern, methods) in enumerate(said):

        def function(**_: Any) -> Any:
            return div()

        function.__name__ = f"page_{at}"
        app.route(pattern, methods=methods)(function)
    return app


@pytest.mark.parametrize(
    "said",
    [
        [("/", ["GET"]), ("/", ["GET"])],
        [("/a", ["GET", "POST"]), ("/a", ["POST"])],
        [("/item/{id}", ["GET"]), ("/item/{name}", ["GET"])],
        [("/item/{id:int}", ["GET"]), ("/item/{n:int}", ["GET"])],
        [("/files/{rest:path}", ["GET"]), ("/files/{rest:path}", ["get"])],
        [("/item/{id}", ["GET"]), ("/item/{name:str}", ["GET"])],
    ],
)
def test_two_functions_on_one_route(said: Any) -> None:
    with pytest.raises(HtealeafError, match=r"page_0\(\) \(.*:\d+\) already.*page_1\(\) \(.*:\d+"):
        app_with(*said)


@pytest.mark.parametrize(
    "said",
    [
        [("/", ["GET"]), ("/", ["POST"])],
        [("/item/{id:int}", ["GET"]), ("/item/{name}", ["GET"])],
        [("/a", ["GET"]), ("/a/", ["GET"])],
        [("/item/new", ["GET"]), ("/item/{name}", ["GET"])],
        [("/{a}/x", ["GET"]), ("/x/{a}", ["GET"])],
    ],
)
def test_routes_that_are_apart(said: Any) -> None:
    assert app_with(*said)


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
    "url", ["/a/x", "/a/-1", "/a/" + "9" * 2000, "/a/1/2", "/a/", "//a/1", "/A/1", "/a/1.0"]
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


def test_long_addresses_are_not_kept() -> None:
    """What is remembered of addresses is bounded in bytes, too: anybody may send any."""
    app = WSGI(secret="a secret for tests only", max_path=60_000)
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
