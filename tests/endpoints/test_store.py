"""What comes over HTTP is offered, well formed and allowed, or changes nothing."""

from __future__ import annotations

import gc
import io
import json
import weakref

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import button
from tests.endpoints.shop import SECRET, Shop, refused
from tests.http import FORM, Answer, Browser


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


def test_what_was_null_keeps_the_type_of_the_default(open_shop: Shop) -> None:
    browser = open_shop.browser()
    browser.post("/api/_store/free/n", None, HT_Verb="set")

    refused(open_shop, 422, lambda: browser.post("/api/_store/free/n", "text", HT_Verb="set"))
    assert browser.post("/api/_store/free/n", 7, HT_Verb="set").status == 204


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


@pytest.mark.parametrize("verb", ["update", "set", "replace", "append", "insert", "merge", "move"])
def test_an_empty_body_is_no_null(shop: Shop, verb: str) -> None:
    with shop.registry:
        Store({"n": None, "on": True, "l": [1]}, name="free", writable=["n", "on", "l", "l/0"])
    browser = shop.browser()
    kind = {"Content-Type": "application/json"}

    def ask() -> Answer:
        return browser.request("POST", "/api/_store/free/n", b"", kind | {"HT-Verb": verb})

    refused(shop, 400, ask)
    toggled = browser.request("POST", "/api/_store/free/on", b"", kind | {"HT-Verb": "toggle"})
    assert toggled.status == 204
    assert browser.request("DELETE", "/api/_store/free/l/0").status == 204


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
