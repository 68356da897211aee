"""Authorization of writes: what was offered to this browser, or what a store lets scripts write."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Session, Store, SuperStore
from htealeaf.components import button, div
from tests.endpoints.shop import SECRET, Shop, refused
from tests.http import Browser


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


@pytest.mark.parametrize(
    ("path", "verb", "value"),
    [
        ("n", "update", 2),
        ("n", "set", 2.5),
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
        ("n", "set", None),
        ("s", "set", None),
        ("l", "append", "text"),
        ("l", "append", {"k": "text"}),
        ("l", "append", {"k": 1, "other": 1}),
        ("l", "insert", None),
        ("n", "set", 2**53),
        ("free", "merge", {"__proto__": 1}),
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
