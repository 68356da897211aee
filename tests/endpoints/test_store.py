"""What comes over HTTP is offered, well formed and allowed, or changes nothing."""

from __future__ import annotations

import gc
import io
import json
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from htealeaf import WSGI, AuthStore, Registry, Session, Store, SuperStore
from htealeaf.components import button, div
from tests.endpoints.shop import SECRET, Shop, refused
from tests.http import FORM, Answer, Browser, Shown

# -- what is offered --------------------------------------------------------------------------


def test_an_offered_action_is_done(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    answer = browser.send(page, page.offer("#plus"), 1)

    assert answer.status == 200
    assert answer.headers["HT-Since"] != answer.headers["HT-Cursor"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert shop.shared.read("counter") == 2
    assert answer.soup.get_text() == "2"


def test_the_body_of_the_counter_s_answer_is_small(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    assert len(browser.send(page, page.offer("#plus"), 1).content) < 80


def test_a_request_goes_when_it_is_answered(shop: Shop) -> None:
    """Nothing of it waits in memory for the collector of garbage."""
    browser = shop.browser()
    page = browser.open("/")
    body = io.BytesIO(json.dumps([page.offer("#plus").partition("?")[2]]).encode())
    sent = weakref.ref(body)
    gc.disable()
    try:
        answer = browser.send(page, page.offer("#plus"), 1, {"wsgi.input": body})
        del body

        assert answer.status == 200
        assert sent() is None
    finally:
        gc.enable()


def test_a_line_break_in_a_key_makes_no_offer_on_another_document(shop: Shop) -> None:
    """What a MAC covers can be read in one way only, whatever a user is called."""

    @shop.app.route("/mark")
    def mark() -> Any:
        return button(id="mark", onclick=shop.todos.do.replace("n", 5))

    browser = shop.browser()
    browser.post("/in/ann%0A%0Ax")
    page = browser.open("/mark")
    _, _, query = page.offer("#mark").partition("?")
    place = "/api/_store/todos@ann/x%0A%0An"

    refused(shop, 403, lambda: browser.send(page, f"{place}?{query}", 5))
    assert browser.send(page, page.offer("#mark"), 5).status < 300
    assert shop.todos.of("ann\n\nx").read("n") == 5


def test_a_click_that_was_answered_counts_once_however_often_it_is_sent(shop: Shop) -> None:
    """The same HT-Id is the same click, also when its answer was lost."""
    browser = shop.browser()
    page = browser.open("/")

    for _ in range(3):
        assert browser.send(page, page.offer("#plus"), 1, **{"HT-Id": "a"}).status in (200, 204)
    assert shop.shared.read("counter") == 2
    browser.send(page, page.offer("#minus"), -1, **{"HT-Id": "a"})
    assert shop.shared.read("counter") == 1, "another action with that id is another click"


def test_a_retry_is_no_error_when_the_action_is_not_allowed_any_more() -> None:
    left = [1]
    with Registry():
        store = Store({"n": 0}, name="s", allow=lambda session, verb, path: bool(left))
        app = WSGI(secret=SECRET)
        SuperStore(app)
    app.route("/")(lambda: button(onclick=store.do.increment("n")))
    browser = Browser(app)
    page = browser.open("/")
    offer = page.offer("button[formaction]")

    assert browser.send(page, offer, **{"HT-Id": "a"}).status == 204
    left.clear()

    assert browser.send(page, offer, **{"HT-Id": "a"}).status in (200, 204)
    assert browser.send(page, offer, **{"HT-Id": "b"}).status == 403
    assert store.read("n") == 1


def test_an_action_that_was_never_offered_is_refused(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    refused(shop, 403, lambda: browser.post("/api/_store/shared/counter", 1))
    refused(shop, 403, lambda: browser.post("/api/_store/shared/counter", 1, HT_Verb="delete"))
    refused(shop, 403, lambda: browser.post("/api/_store/shared/counter?update=1&o=", 1))
    refused(shop, 403, lambda: browser.post("/api/_store/shared/counter?update=1&o=abc", 1))
    refused(
        shop,
        403,
        lambda: browser.send(
            page, "/api/_store/shared/counter?update=1&o=\xe4\xf6\xfcabcdefghijklm", 1
        ),
    )


@pytest.mark.parametrize(
    ("what", "url", "change", "value"),
    [
        ("path", "/api/_store/shared/text", lambda q: q, 1),
        ("path", "/api/_store/shared", lambda q: q, 1),
        ("store", "/api/_store/other/counter", lambda q: q, 1),
        ("owner", "/api/_store/rooms@lobby/n", lambda q: q, 1),
        ("value in the offer", None, lambda q: q.replace("update=1", "update=5"), 5),
        ("value of another type", None, lambda q: q.replace("update=1", "update=true"), 1),
        ("value of another type", None, lambda q: q.replace("update=1", "update=1.0"), 1),
        ("verb", None, lambda q: q.replace("update", "set"), 1),
        ("shape version", None, lambda q: q.replace("&o=", "&at=0&o="), 1),
        ("modifier", None, lambda q: q.replace("&o=", "&once&o="), 1),
        ("keep", None, lambda q: q.replace("&o=", "&keep=1&o="), 1),
        ("slot", None, lambda q: q.replace("update=1", 'update={"$":["value","x"]}'), 5),
    ],
)
def test_an_offer_that_is_moved_is_refused(
    shop: Shop, what: str, url: str | None, change: Callable[[str], str], value: Any
) -> None:
    browser = shop.browser()
    page = browser.open("/")
    own, _, query = page.offer("#plus").partition("?")

    refused(shop, 403, lambda: browser.send(page, f"{url or own}?{change(query)}", value))


def test_a_modifier_can_not_be_taken_away(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")
    offer = page.offer("#sure")
    assert "&confirm=Really" in offer
    assert "&once" in offer

    refused(shop, 403, lambda: browser.send(page, offer.replace("&once", ""), 1))
    assert browser.send(page, offer).status == 200


def test_a_page_for_a_browser_without_scripts_has_the_headers_of_any_page(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    asked = browser.submit(page.offer("#sure"), page)
    failed = browser.submit(page.offer("#plus") + "x", page)

    assert (asked.status, failed.status) == (200, 403)
    for name in ("Referrer-Policy", "Cache-Control", "X-Content-Type-Options"):
        assert asked.headers[name] == failed.headers[name] == page.answer.headers[name]


def test_an_offer_belongs_to_one_browser(shop: Shop) -> None:
    one, two = shop.browser(), shop.browser()
    page, _ = one.open("/"), two.open("/")

    refused(shop, 403, lambda: two.send(page, page.offer("#plus"), 1))
    refused(shop, 403, lambda: Browser(shop.app).send(page, page.offer("#plus"), 1))
    refused(shop, 403, lambda: two.send(page, page.offer("#mine"), 1))


def test_an_offer_names_its_owner(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")
    offer = page.offer("#lobby")

    refused(shop, 403, lambda: browser.send(page, offer.replace("%40lobby", "@attic")))
    refused(shop, 404, lambda: browser.send(page, offer.replace("%40lobby", "")))
    assert browser.send(page, offer).status in (200, 204)
    assert shop.rooms.of("lobby").read("n") == 1


def test_a_refused_click_brings_the_page_as_it_is_now(shop: Shop) -> None:
    """And with the cookie that its offers are signed for, so the next click works."""
    browser = shop.browser()
    page = browser.open("/")
    browser.forget()
    shop.shared.update("counter", 40)

    answer = browser.send(page, page.offer("#plus"), 1)

    assert answer.status == 403
    assert "41" in answer.text
    page = Shown(answer, "/")
    assert browser.send(page, page.offer("#plus")).status == 200
    assert shop.shared.read("counter") == 42


def test_the_same_page_in_the_same_session_has_the_same_offers(shop: Shop) -> None:
    browser = shop.browser()

    assert browser.open("/").offer("#plus") == browser.open("/").offer("#plus")
    assert browser.open("/").offer("#plus") != shop.browser().open("/").offer("#plus")


def test_delete_means_the_row_that_was_seen_or_nothing(shop: Shop) -> None:
    shop.shared.replace("todo", [{"done": False, "value": v} for v in "abc"])
    browser = shop.browser()
    page = browser.open("/")
    delete_c = str(page.answer.soup.select("button.x")[2]["formaction"])

    shop.shared.delete("todo/0")
    assert browser.send(page, delete_c).status == 200
    assert [t["value"] for t in shop.shared.read("todo")] == ["b"]
    assert browser.send(page, delete_c).status == 409
    assert [t["value"] for t in shop.shared.read("todo")] == ["b"]


# -- other people's documents -----------------------------------------------------------------


def test_signed_out_is_401_and_creates_nothing(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")

    refused(shop, 401, lambda: browser.send(page, "/api/_store/todos/n?increment&o=abc"))
    assert browser.get("/user").status == 401
    assert shop.registry.journal.streams("todos") == []


def test_a_user_can_not_reach_another_s_document(shop: Shop) -> None:
    ann, bob = shop.browser(), shop.browser()
    for browser, name in ((ann, "ann"), (bob, "bob")):
        assert browser.post(f"/in/{name}").status == 200
    page = ann.open("/user")
    offer = page.offer("#plus")
    assert ann.send(page, offer).status == 200
    bobs = bob.open("/user")

    refused(shop, 403, lambda: bob.send(bobs, offer))
    refused(shop, 403, lambda: bob.send(bobs, offer.replace("/todos/", "/todos@ann/")))
    refused(shop, 403, lambda: bob.post("/api/_store/todos@ann/n", 1))
    refused(shop, 403, lambda: bob.get("/api/_store/todos@ann/n"))
    assert shop.todos.of("ann").read("n") == 1
    assert shop.todos.of("bob").read("n") == 0


# -- scripts ----------------------------------------------------------------------------------


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    with shop.registry:
        Store(
            {
                "n": 1,
                "s": "a",
                "b": True,
                "d": {"x": 1, "y": {"z": "t"}},
                "free": {},
                "l": [{"k": 1}],
                "null": None,
            },
            name="free",
            writable=["", "*", "*/*", "l/*/k", "d/y/z"],
            readable=["n", "d"],
        )
        AuthStore(lambda s: s.get("userName"), {"n": 0}, name="own", writable=["n"], readable=["n"])
    return shop


@pytest.mark.parametrize(
    ("path", "verb", "value"),
    [
        ("n", "update", 2),
        ("n", "set", 2.5),
        ("n", "set", None),
        ("s", "replace", "b"),
        ("b", "toggle", None),
        ("d", "merge", {"x": 2}),
        ("d", "update", {"y": {"z": "u"}}),
        ("d", "replace", {"y": {"z": "u"}, "x": 5}),
        ("free", "merge", {"new": [1, {}]}),
        ("free/new", "set", "anything"),
        ("l", "append", {"k": 2}),
        ("l", "set", {"k": 2}),
        ("l/0/k", "increment", 1),
        ("l/0", "delete", None),
        ("l", "clear", None),
        ("null", "set", "x"),
    ],
)
def test_a_script_may_write_what_fits(open_shop: Shop, path: str, verb: str, value: Any) -> None:
    before = open_shop.everything()

    answer = open_shop.browser().post(f"/api/_store/free/{path}", value, HT_Verb=verb)

    assert answer.status == 204, answer.text
    assert open_shop.everything() != before


@pytest.mark.parametrize(
    ("path", "verb", "value"),
    [
        ("n", "set", "text"),
        ("n", "set", True),
        ("n", "set", {"a": 1}),
        ("n", "set", [1]),
        ("n", "increment", "1"),
        ("s", "set", 1),
        ("b", "set", 1),
        ("b", "set", "true"),
        ("d", "set", 1),
        ("d", "set", None),
        ("d", "merge", {"new": 1}),
        ("d", "update", {"x": "text"}),
        ("d", "replace", {"x": 1}),
        ("d", "replace", {"x": 1, "y": {}}),
        ("d", "clear", None),
        ("d/x", "delete", None),
        ("d/new", "set", 1),
        ("new", "set", 1),
        ("", "clear", None),
        ("", "replace", {}),
        ("l/0", "replace", {"k": 1, "more": 2}),
        ("l/0", "merge", {"k": "text"}),
        ("l", "replace", {}),
        ("n", "frob", 1),
    ],
)
def test_a_script_may_not_write_what_does_not_fit(
    open_shop: Shop, path: str, verb: str, value: Any
) -> None:
    status = 400 if verb == "frob" else 422
    browser = open_shop.browser()

    refused(
        open_shop, status, lambda: browser.post(f"/api/_store/free/{path}", value, HT_Verb=verb)
    )


def test_what_was_null_keeps_the_type_of_the_default(open_shop: Shop) -> None:
    browser = open_shop.browser()
    browser.post("/api/_store/free/n", None, HT_Verb="set")

    refused(open_shop, 422, lambda: browser.post("/api/_store/free/n", "text", HT_Verb="set"))
    assert browser.post("/api/_store/free/n", 7, HT_Verb="set").status == 204


def test_methods_are_verbs(open_shop: Shop) -> None:
    browser, kind = open_shop.browser(), {"Content-Type": "application/json"}
    n = "/api/_store/free/n"
    store = open_shop.registry.stores["free"]

    assert browser.request("PUT", n, b"5", kind).status == 204
    assert browser.request("PATCH", n, b"5", kind).status == 204
    assert store.read("n") == 10
    assert browser.request("DELETE", "/api/_store/free/l/0").status == 204
    assert store.read("l") == []


def test_a_script_may_not_reach_another_user(open_shop: Shop) -> None:
    browser = open_shop.browser()
    refused(open_shop, 401, lambda: browser.post("/api/_store/own/n", 1))
    refused(open_shop, 401, lambda: browser.post("/api/_store/own@ann/n", 1))
    refused(open_shop, 401, lambda: browser.get("/api/_store/own/n"))
    browser.post("/in/bob")

    refused(open_shop, 403, lambda: browser.post("/api/_store/own@ann/n", 1))
    refused(open_shop, 403, lambda: browser.get("/api/_store/own@ann/n"))
    assert browser.post("/api/_store/own@bob/n", 1).status == 204
    assert browser.post("/api/_store/own/n", 1).status == 204
    assert browser.get("/api/_store/own/n").json == 2


def test_allow_is_the_author_s_rule_for_rendering_and_accepting() -> None:
    asked: list[tuple[str, str]] = []
    allowed = {"increment"}

    def allow(session: Session, verb: str, path: str) -> bool:
        assert session.get("x") is None
        asked.append((verb, path))
        return verb in allowed

    with Registry():
        store = Store({"n": 0}, name="s", allow=allow, writable=["n"])
        app = WSGI(secret=SECRET)
        SuperStore(app)
    app.route("/")(
        lambda: div(
            button(id="a", onclick=store.do.increment("n")),
            button(id="b", onclick=store.do.set("n", 9)),
        )
    )
    browser = Browser(app)
    page = browser.open("/")

    assert page.tag("#b").attrs == {"id": "b", "disabled": ""}
    assert ("set", "n") in asked
    assert browser.send(page, page.offer("#a")).status == 204
    assert browser.post("/api/_store/s/n", 9, HT_Verb="set").status == 403
    allowed.clear()
    assert browser.send(page, page.offer("#a")).status == 403
    assert store.read("n") == 1


def test_readable_is_json_with_an_etag(open_shop: Shop) -> None:
    browser = open_shop.browser()

    answer = browser.get("/api/_store/free/d/y")
    assert answer.json == {"z": "t"}
    etag = answer.headers["ETag"]
    again = browser.get("/api/_store/free/d/y", If_None_Match=etag)
    assert (again.status, again.content) == (304, b"")
    head = browser.request("HEAD", "/api/_store/free/d/y")
    assert (head.status, head.content) == (200, b"")
    refused(open_shop, 403, lambda: browser.get("/api/_store/free/s"))
    refused(open_shop, 403, lambda: browser.get("/api/_store/free"))
    refused(open_shop, 403, lambda: browser.get("/api/_store/shared/text"))
    refused(open_shop, 404, lambda: browser.get("/api/_store/free/d/nope"))


# -- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "url"),
    [
        (404, "/api/_store/nope/counter"),
        (404, "/api/_store/"),
        (404, "/api/_store"),
        (404, "/api/_storex/shared/counter"),
        (404, "/api/_nope"),
        (404, "/api/_store/__class__"),
        (404, "/api/_store/~session/user"),
        (404, "/api/_store/shared@x/counter"),
        (404, "/api/_store/rooms/n"),
        (400, "/api/_store/rooms@/n"),
        (403, "/api/_store/shared/nope"),
        (403, "/api/_store/shared/__class__"),
        (403, "/api/_store/shared/../other/counter"),
        (403, "/api/_store/shared/todo/-1"),
        (403, "/api/_store/shared/todo/99999999999999999999"),
        (403, "/api/_store/shared/todo%2F0%2Fdone"),
        (403, "/api/_store/shared//counter"),
        (403, "/api/_store/shared/counter/"),
        (400, "/api/_store/shared/" + "a/" * 10_000),
        (400, "/api/_store/shared/~"),
        (400, "/api/_store/shared/~2a"),
        (400, "/api/_store/shared/%ff%fe"),
        (400, "/api/_store/%ff/x"),
        (403, "/api/_store/shared/%00"),
    ],
)
@pytest.mark.parametrize("with_page", [False, True])
def test_a_bad_address(shop: Shop, status: int, url: str, with_page: bool) -> None:
    browser = shop.browser()
    page = browser.open("/")

    def ask() -> Answer:
        return browser.post(url, 1, **(page.headers if with_page else {}))

    answer = refused(shop, status, ask)

    kind = "text/html" if with_page else "application/problem+json"
    assert answer.headers["Content-Type"].startswith(kind)


@pytest.mark.parametrize(
    "path",
    ["nope", "__class__", "../other", "l/-1", "l/99999999999999999999", "n/x", "l/0/nope", "l/01"],
)
def test_a_missing_place_is_404_where_scripts_may_write(shop: Shop, path: str) -> None:
    with shop.registry:
        Store(
            {"n": 1, "l": [{"k": 1}]},
            name="free",
            writable=["*", "*/*", "*/*/*"],
            readable=[""],
        )
    browser = shop.browser()

    refused(shop, 404, lambda: browser.get(f"/api/_store/free/{path}"))
    for verb in ("increment", "toggle", "delete", "append", "clear", "move", "insert"):
        before = shop.everything()
        answer = browser.post(f"/api/_store/free/{path}", 1, HT_Verb=verb)
        assert answer.status in (404, 422), (verb, answer.text)
        assert shop.everything() == before


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b"\xff\xfe"),
        (400, b"NaN"),
        (400, b"Infinity"),
        (400, b"-Infinity"),
        (422, b"1e999"),
        (400, b'{"a": 1, "a": 2}'),
        (400, b"[" * 1000 + b"]" * 1000),
        (400, b'{"a":' * 100_000),
        (400, b"{"),
        (400, b"1 2"),
        (400, b"nope"),
        (400, b"9" * 10_000),
        (422, b'"\\ud800"'),
        (422, b'{"$":["value","x"]}'),
    ],
)
@pytest.mark.parametrize("with_page", [False, True])
def test_a_bad_body(shop: Shop, status: int, body: bytes, with_page: bool) -> None:
    with shop.registry:
        Store({"n": 1, "s": ""}, name="free", writable=["n", "s"])
    browser = shop.browser()
    page = browser.open("/")
    headers = page.headers if with_page else {}
    url = "/api/_store/free/" + ("s" if body.startswith(b'"') else "n")

    refused(shop, status, lambda: browser.post(url, body, **headers))


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "text/html", "application/jsonx", "image/png"]
)
def test_another_content_type_is_415(shop: Shop, kind: str) -> None:
    browser = shop.browser()
    page = browser.open("/")

    refused(shop, 415, lambda: browser.send(page, page.offer("#plus"), 1, Content_Type=kind))


def test_a_body_without_content_type_is_415(shop: Shop) -> None:
    browser = shop.browser()

    refused(shop, 415, lambda: browser.request("POST", "/api/_store/shared/counter", b"1"))


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_is_told_by_its_media_type(shop: Shop, kind: str) -> None:
    browser = shop.browser()
    page = browser.open("/")

    assert browser.send(page, page.offer("#plus"), 1, Content_Type=kind).status == 200


class Endless(io.RawIOBase):
    """A body that never ends; counts what was read of it."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "everything was asked for"
        part = min(size, 1000)
        self.taken += part
        return b" " * part


@pytest.mark.parametrize("kind", ["application/json", FORM])
def test_a_body_over_the_limit_is_413(kind: str) -> None:
    shop = Shop(max_body=5000)
    browser = shop.browser()
    headers = {"Content-Type": kind}
    url, endless = "/api/_store/shared/counter", Endless()

    refused(shop, 413, lambda: browser.request("POST", url, b"1" * 5001, headers))
    told = {"CONTENT_LENGTH": "10000000000", "wsgi.input": endless}
    refused(shop, 413, lambda: browser.request("POST", url, b"", headers, told))
    assert endless.taken == 0
    chunked = {"wsgi.input": endless, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    chunks = {"HTTP_TRANSFER_ENCODING": "chunked"}
    refused(shop, 413, lambda: browser.request("POST", url, b"", headers, chunked | chunks))
    assert endless.taken < 10_000
    assert browser.request("POST", "/in/bob", b"1" * 5001, headers).status == 413


def test_a_body_in_chunks_is_read(shop: Shop) -> None:
    browser = shop.browser()
    page = browser.open("/")
    chunked = {
        "wsgi.input": io.BytesIO(json.dumps([page.offer("#plus").partition("?")[2]]).encode()),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "",
        "HTTP_TRANSFER_ENCODING": "chunked",
    }

    assert browser.send(page, page.offer("#plus"), 1, chunked).status == 200
    assert shop.shared.read("counter") == 2


@pytest.mark.parametrize("length", ["-1", "x", "1x", "²", "1" * 30, "+1", "1.0"])
def test_a_bad_content_length(shop: Shop, length: str) -> None:
    browser = shop.browser()
    status = 413 if length.isdigit() and length.isascii() and len(length) < 19 else 400

    def ask(url: str) -> Answer:
        headers = {"Content-Type": "application/json"}
        return browser.request("POST", url, b"1", headers, {"CONTENT_LENGTH": length})

    refused(shop, status, lambda: ask("/api/_store/shared/counter"))
    assert ask("/in/bob").status == status


def test_a_body_that_was_cut_off_is_refused(shop: Shop) -> None:
    """Half of a number is a number, too."""
    with shop.registry:
        Store({"n": 0}, name="free", writable=["n"])
    browser = shop.browser()

    def ask() -> Answer:
        kind = {"Content-Type": "application/json"}
        cut = {"CONTENT_LENGTH": "4"}
        return browser.request("POST", "/api/_store/free/n", b"12", kind, cut)

    refused(shop, 400, ask)


@pytest.mark.parametrize(
    ("headers", "kind", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, "application/json", 403),
        ({"Sec-Fetch-Site": "same-site"}, "application/json", 403),
        ({"Sec-Fetch-Site": "cross-site"}, FORM, 403),
        ({"Origin": "https://evil.example"}, "application/json", 403),
        ({"Origin": "http://shop.example.evil.example"}, FORM, 403),
        ({"Origin": "null"}, FORM, 403),
        ({"Origin": "https://shop.example"}, FORM, 403),
        ({"Origin": ""}, FORM, 403),
        ({"Origin": ""}, "multipart/form-data", 403),
        ({"Origin": ""}, "text/plain", 403),
        ({"Origin": ""}, "", 403),
        ({"Origin": ""}, "application/json", 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": ""}, "application/json", 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": ""}, FORM, 303),
        ({"Origin": "http://shop.example"}, FORM, 303),
        ({"Origin": "http://SHOP.example"}, "application/json", 200),
    ],
)
def test_another_site_s_page_is_refused(
    shop: Shop, headers: dict[str, str], kind: str, status: int
) -> None:
    browser = shop.browser()
    page = browser.open("/")
    cookie = browser.cookie
    offer = page.offer("#plus")
    url, _, query = offer.partition("?")
    is_json = kind == "application/json"
    sent = {"Content-Type": kind, **headers} | (
        {"HT-Verb": "offer", **page.headers} if is_json else {}
    )

    def ask() -> Answer:
        body = json.dumps([query]).encode() if is_json else b""
        return browser.request("POST", url if is_json else offer, body, sent)

    if status == 403:
        answer = refused(shop, 403, ask)
        assert "Set-Cookie" not in answer.headers
        assert "counter" not in answer.text
        route = browser.request("POST", "/in/eve", b"", {"Content-Type": kind, **headers})
        assert route.status == 403
    else:
        assert ask().status == status
    assert browser.cookie == cookie


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("HT-Cursor", "x"),
        ("HT-Cursor", "a.b"),
        ("HT-Cursor", "a.-1"),
        ("HT-Cursor", "a." + "9" * 50),
        ("HT-Cursor", ".1"),
        ("HT-Cursor", "a.²"),
        ("HT-Url", "https://evil.example/"),
        ("HT-Url", "//evil.example/"),
        ("HT-Url", "x"),
        ("HT-Url", "/" + "a" * 5000),
        ("HT-Id", "x" * 100),
        ("HT-Page", "x" * 100),
    ],
)
def test_a_bad_header_changes_nothing(shop: Shop, header: str, value: str) -> None:
    browser = shop.browser()
    page = browser.open("/")
    offer = page.offer("#plus")

    answer = refused(
        shop,
        400,
        lambda: browser.send(page, offer, 1, **{header: value.encode().decode("latin-1")}),
    )

    assert "HT-Cursor" in answer.headers
    assert 'ht-op="error"' in answer.text


@pytest.mark.parametrize("page_id", ["x", "u", "\xe4", "0" * 64, "<b>", '"'])
def test_an_unknown_page_is_rendered_again(shop: Shop, page_id: str) -> None:
    browser = shop.browser()
    page = browser.open("/")

    answer = browser.send(page, page.offer("#plus"), 1, **{"HT-Page": page_id})

    assert answer.status == 200
    assert shop.shared.read("counter") == 2
    assert page_id in ('"', "x", "u") or page_id not in answer.text


@pytest.mark.parametrize("url", ["/nope", "/in/bob", "/?x=1", "/%ff", "/api/_live", "/ä?ö=ü"])
def test_any_url_of_this_site_may_be_shown(shop: Shop, url: str) -> None:
    """The page of a URL that has none is left; nothing of it is run that could write."""
    browser = shop.browser()
    page = browser.open("/")

    latin = url.encode().decode("latin-1")
    answer = browser.send(page, page.offer("#plus"), 1, **{"HT-Url": latin, "HT-Page": "x"})

    assert answer.status in (200, 204)
    assert shop.shared.read("counter") == 2


def test_options_of_a_page_says_what_is_answered(shop: Shop) -> None:
    answer = shop.browser().request("OPTIONS", "/")

    assert answer.status == 204
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "FROB", "CONNECT"])
def test_a_weird_method_is_405_and_says_what_is_answered(shop: Shop, method: str) -> None:
    browser = shop.browser()

    pages = () if method == "OPTIONS" else ("/",)
    for url in ("/api/_store/shared/counter", "/api/_live", *pages):
        before = shop.everything()
        answer = browser.request(method, url)
        assert answer.status == 405, url
        assert "GET" in answer.headers["Allow"]
        assert shop.everything() == before


@pytest.mark.parametrize(
    "query",
    [
        "&o=x",
        "frob=1&o=x",
        "update=%7B&o=x",
        "update=NaN&o=x",
        "steps=1&o=x",
        "steps=[]&o=x",
        "steps=[1]&o=x",
        "steps=[[1,2,3,4,5]]&o=x",
        "steps=[[%22shared/counter%22]]&o=x",
        'steps=[["shared/counter",["x"],1,null,null]]&o=x',
        'steps=[["nope/counter","update",1,null,null]]&o=x',
        'steps=[["shared/counter","update",1,null,{}]]&o=x',
        'steps=[["rooms@\\ud800/n","update",1,null,null]]&o=x',
        'steps=[["shared/\\ud800","update",1,null,null]]&o=x',
        "&".join(f"a{i}=1" for i in range(50)) + "&o=x",
        "update=1&keep=x&o=x",
        "update=1&keep=²&o=x",
        "append=1&keep=-1&o=x",
        "%ff=1&o=x",
        "update=" + "%5B" * 500 + "&o=x",
    ],
)
def test_a_broken_offer_is_refused(shop: Shop, query: str) -> None:
    browser = shop.browser()
    page = browser.open("/")
    latin = query.encode().decode("latin-1")
    before = shop.everything()

    for url in ("/api/_store/shared/counter", "/api/_store"):
        answer = browser.send(page, f"{url}?{latin}", json.dumps([latin, 1]).encode())
        assert answer.status in (400, 403, 404), answer.text
        assert answer.sentence
    assert shop.everything() == before
