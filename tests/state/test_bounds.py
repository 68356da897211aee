"""What requests may let a document, a list and a session grow to, at the bound and one over it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Session, SessionStore, Store, SuperStore, redirect
from htealeaf.components import button, div, p
from htealeaf.data.documents import freeze
from htealeaf.data.paths import parse
from htealeaf.data.sizes import grown, json_size
from htealeaf.data.verbs import Mutation, apply
from htealeaf.state.bounds import DocumentTooLarge, Full
from tests.http import Browser


class House:
    """An app whose stores scripts may write."""

    def __init__(self, **options: Any) -> None:
        with Registry() as self.registry:
            free = ["*", "*/*", "*/-"]
            self.wall = Store({"text": "", "list": [], "n": 0}, name="wall", writable=free)
            self.rooms = Store({"text": ""}, name="rooms", keyed=True, writable=free)
            self.mine = SessionStore({"text": "", "n": 0}, name="mine", writable=free)
            self.app = WSGI(secret="a secret for tests only", rate=None, **options)
            SuperStore(self.app)

        @self.app.route("/")
        def home(session: Session) -> Any:
            more = self.mine.do.increment("n")
            return div(p(str(session.user), id="who"), button("+", onclick=more))

        @self.app.route("/in/{name}", methods=["POST"])
        def sign_in(session: Session, name: str) -> Any:
            session.sign_in(name)
            return redirect("/")

        @self.app.route("/out", methods=["POST"])
        def sign_out(session: Session) -> Any:
            session.sign_out()
            return redirect("/")

        @self.app.route("/note/{size:int}", methods=["POST"])
        def note(session: Session, size: int) -> str:
            session["note"] = "x" * size
            return "done"

        @self.app.route("/long/{count:int}", methods=["POST"])
        def long(count: int) -> str:
            self.wall.replace("list", [0] * count)
            return "done"

    def browser(self) -> Browser:
        browser = Browser(self.app)
        browser.get("/")
        return browser

    def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        assert browser.post(f"/in/{name}").status == 303
        return browser


def text(size: int) -> str:
    return "x" * size


# -- documents --------------------------------------------------------------------------------


def test_a_document_grows_to_its_bound_and_not_beyond() -> None:
    house = House(max_document=1000)
    empty = json_size(house.wall.default)
    browser = house.browser()

    assert browser.post("/api/_store/wall/text", text(1000 - empty)).status == 204
    answer = browser.post("/api/_store/wall/text", text(1001 - empty))

    assert (answer.status, answer.sentence) == (413, "There is no room for more here.")
    assert len(house.wall.read("text")) == 1000 - empty
    assert browser.post("/api/_store/wall/list", "y", HT_Verb="append").status == 413, "anywhere"
    assert browser.post("/api/_store/wall/n", 5).status == 204, "what does not grow goes on"
    assert browser.post("/api/_store/wall/text", "short").status == 204
    assert browser.post("/api/_store/wall/list", "y", HT_Verb="append").status == 204


def test_the_bound_is_four_mebibytes_unless_said() -> None:
    house = House(max_body=8 * 2**20)
    room = 4 * 2**20 - json_size(house.wall.default)
    browser = house.browser()

    assert browser.post("/api/_store/wall/text", text(room + 1)).status == 413
    assert browser.post("/api/_store/wall/text", text(room)).status == 204


def test_what_the_program_writes_by_itself_is_the_author_s() -> None:
    house = House(max_document=1000, max_items=10)

    house.wall.replace("text", text(5000))
    house.wall.replace("list", [0] * 20)

    browser = house.browser()
    assert browser.post("/api/_store/wall/n", 1).status == 204
    assert browser.post("/api/_store/wall/text", text(4000)).status == 204, "it may shrink"
    assert browser.post("/api/_store/wall/text", text(4001)).status == 413


def test_a_list_has_so_many_items_at_most() -> None:
    house = House(max_items=10)
    browser = house.browser()
    for item in range(10):
        assert browser.post("/api/_store/wall/list", item, HT_Verb="append").status == 204

    assert browser.post("/api/_store/wall/list", 10, HT_Verb="append").status == 413
    assert browser.post("/api/_store/wall/list", [0] * 11).status == 413
    assert browser.post("/long/11").status == 413, "by a function of the author's for a request"
    assert browser.post("/long/10").status == 200
    assert browser.post("/api/_store/wall/list", 3, HT_Verb="append").status == 413


def test_keyed_documents_are_bounded_in_number() -> None:
    """Scripts may write to any key, so a stranger could begin as many as he likes."""
    house = House(max_documents=3)
    browser = house.browser()
    for key in "abc":
        assert browser.post(f"/api/_store/rooms@{key}/text", key).status == 204

    answer = browser.post("/api/_store/rooms@d/text", "d")

    assert answer.status == 503
    assert browser.post("/api/_store/rooms@a/text", "more").status == 204
    assert sorted(house.registry.journal.streams("rooms")) == ["rooms@a", "rooms@b", "rooms@c"]


# -- sessions ---------------------------------------------------------------------------------


def test_a_session_grows_to_its_bound_with_all_its_stores() -> None:
    house = House(max_session=1000)
    browser = house.browser()
    room = 1000 - json_size({"note": ""})

    assert browser.post(f"/note/{room + 1}").status == 413
    assert browser.post(f"/note/{room}").status == 200
    assert browser.post("/api/_store/mine/text", "y").status == 413
    assert browser.post("/note/500").status == 200
    left = 1000 - json_size({"note": text(500)}) - json_size(house.mine.default)
    assert browser.post("/api/_store/mine/text", text(left + 1)).status == 413
    assert browser.post("/api/_store/mine/text", text(left)).status == 204


def test_strangers_push_nobody_out_who_is_signed_in() -> None:
    house = House(max_sessions=20)
    ann = house.signed_in("ann")
    cart = ann.post("/api/_store/mine/text", "three apples")
    assert cart.status == 204

    for _ in range(60):
        stranger = house.browser()
        assert stranger.post("/api/_store/mine/text", text(60_000)).status == 204

    assert "ann" in ann.get("/").text
    assert house.app.stats()["sessions"] == 20
    kept = {ref["text"] for ref in map(_document(house), house.registry.journal.streams("mine"))}
    assert "three apples" in kept


def test_the_bytes_of_strangers_push_nobody_out_either() -> None:
    house = House()
    house.app.sessions._max_bytes = 1_000_000
    ann = house.signed_in("ann")

    for _ in range(60):
        assert house.browser().post("/api/_store/mine/text", text(60_000)).status == 204

    assert "ann" in ann.get("/").text
    assert house.app.stats()["session_bytes"] <= 1_100_000


def test_where_all_are_signed_in_a_newcomer_is_told() -> None:
    house = House(max_sessions=3)
    users = [house.signed_in(name) for name in ("ann", "bob", "eve")]

    stranger = house.browser()
    answer = stranger.post("/api/_store/mine/text", "hello")

    assert (answer.status, answer.sentence) == (503, Full.public)
    assert stranger.post("/in/dan").status == 503
    assert ["ann" in users[0].get("/").text, "bob" in users[1].get("/").text] == [True, True]
    assert users[2].post("/in/eva").status == 303, "who is in may become somebody else"
    assert users[2].post("/api/_store/mine/text", "more").status == 204


def test_who_signs_out_makes_room() -> None:
    house = House(max_sessions=2)
    ann, bob = house.signed_in("ann"), house.signed_in("bob")
    assert house.browser().post("/note/1").status == 503

    assert ann.post("/out").status == 303

    assert house.browser().post("/note/1").status == 200
    assert "bob" in bob.get("/").text


def _document(house: House) -> Any:
    return house.registry.journal.root


# -- weighing ---------------------------------------------------------------------------------


def test_what_grew_is_what_the_texts_of_both_differ_by() -> None:
    chance = random.Random(7)
    root: Any = freeze({"a": [], "d": {}, "s": "é"})
    verbs = ["append", "replace", "delete", "insert", "merge", "set"]
    values: list[Any] = [1, "é", "long text", [1, [2]], {"k": "v"}, {"x": {"y": []}}, None, []]
    for version in range(1, 3000):
        path = chance.choice(["a", "a/0", "a/-", "d", "d/k", "d/new", "s", "d/x", "a/1", ""])
        mutation = Mutation(chance.choice(verbs), parse(path), chance.choice(values))
        try:
            after, changes = apply(root, mutation, version)
        except Exception:
            continue
        if not isinstance(after, dict) or set(after) < {"a", "d", "s"}:
            continue
        text = [json.dumps(v, ensure_ascii=False, separators=(",", ":")) for v in (root, after)]
        before, now = (len(one.encode()) for one in text)
        assert grown(changes, root, after) == now - before, mutation
        root = after if now < 5000 else freeze({"a": [], "d": {}, "s": ""})


def test_an_error_names_the_argument_that_would_permit_it() -> None:
    house = House(max_items=1)
    errors: list[Exception] = []

    @house.app.error(DocumentTooLarge)
    def told(error: Exception) -> str:
        errors.append(error)
        return "no"

    house.browser().post("/long/2")

    assert "WSGI(max_items=)" in str(errors[0])
    with pytest.raises(DocumentTooLarge):
        raise errors[0]
