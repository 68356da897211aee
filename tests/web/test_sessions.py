"""A session belongs to one browser, ends by itself, and changes its key with its user."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from htealeaf import WSGI, AuthStore, Registry, Session, SessionStore, Store, SuperStore, redirect
from htealeaf.components import button, div, h3, p
from htealeaf.errors import InvalidPath
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.backends.opening import open_journal
from htealeaf.state.replica import Replica
from htealeaf.state.scopes import user_key
from htealeaf.state.upkeep import Upkeep
from htealeaf.testing import Client, hold_clock
from htealeaf.web.keys import Keys
from htealeaf.web.sessions import Sessions
from htealeaf.web.visitor import Visitor
from tests.http import Browser
from tests.laws.simulated import End, Worker

SECRET = "a secret for tests only"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """An app with a log-in, and one store of each kind that belongs to a visitor."""

    def __init__(self, replica: Replica | None = None, **options: Any) -> None:
        with Registry(replica) as self.registry:
            self.notes = AuthStore(lambda s: s.get("user"), {"n": 0}, name="notes")
            self.mine = SessionStore({"n": 0}, name="mine")
            self.shared = Store({"n": 0}, name="shared")
            self.app = WSGI(**{"secret": SECRET, **options})
            SuperStore(self.app)
        app = self.app

        @app.route("/")
        def home(session: Session) -> Any:
            name = session.get("user")
            return div(
                p(f"Hello {name}" if name else "Who are you?", id="who"),
                h3(self.mine.react("n"), id="mine"),
                button("+", id="plus", onclick=self.mine.do.increment("n")),
                button("s", id="shared", onclick=self.shared.do.increment("n")),
            )

        @app.route("/plain")
        def plain() -> Any:
            return p("nothing here")

        @app.route("/in/{name}", methods=["POST"])
        def sign_in(session: Session, name: str) -> Any:
            session.sign_in(name)
            return redirect("/")

        @app.route("/out", methods=["POST"])
        def sign_out(session: Session) -> Any:
            session.sign_out()
            return redirect("/")

        @app.route("/rotate", methods=["POST"])
        def rotate(session: Session) -> str:
            session.rotate()
            return "done"

        @app.route("/set/{name}/{value}", methods=["POST"])
        def put(session: Session, name: str, value: str) -> str:
            session[name] = value
            return "done"

        @app.route("/batch/{name}", methods=["POST"])
        def batch(session: Session, name: str) -> str:
            with self.shared.batch():
                self.shared.increment("n")
                session["cart"] = [1]
                session.sign_in(name)
            return "done"

        @app.route("/add", methods=["POST"])
        def add() -> str:
            self.mine.increment("n")
            return "done"

        @app.route("/session")
        def session(session: Session) -> dict[str, Any]:
            return {name: session[name] for name in session}

    def browser(self, **options: Any) -> Browser:
        return Browser(self.app, **options)


@pytest.fixture
def house() -> House:
    return House()


# -- the cookie -------------------------------------------------------------------------------


def test_no_cookie_until_something_needs_it(house: House) -> None:
    browser = house.browser()

    assert browser.get("/plain").status == 200
    assert browser.cookie is None
    assert browser.get("/nope").status == 404
    assert browser.cookie is None
    browser.get("/")
    assert browser.cookie is not None


def test_the_cookie_s_attributes(house: House) -> None:
    plain, secure, below = house.browser(), house.browser(https=True), house.browser(base="/shop")
    for browser in (plain, secure, below):
        browser.get(f"{browser.base}/")

    for browser in (plain, secure, below):
        assert "; HttpOnly" in browser.set_cookie
        assert "; SameSite=Lax" in browser.set_cookie
    assert "Secure" not in plain.set_cookie
    assert "; Secure" in secure.set_cookie
    assert "; Path=/;" in plain.set_cookie
    assert "; Path=/shop;" in below.set_cookie


def test_the_cookie_is_set_once(house: House) -> None:
    browser = house.browser()
    browser.get("/")

    assert "Set-Cookie" not in browser.get("/").headers


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[:-1] + ("0" if c[-1] != "0" else "1"),
        lambda c: c.replace("=", "=0", 1),
        lambda c: c.partition(".")[0],
        lambda c: "ht=",
        lambda c: "ht=\xe4.\xe4",
        lambda c: "ht=" + "0" * 32 + "." + "0" * 24,
        lambda c: c.upper().replace("HT=", "ht="),
    ],
)
def test_a_cookie_that_we_did_not_sign_is_no_session(house: House, change: Any) -> None:
    browser = house.browser()
    browser.post("/set/user/ann")
    browser.cookie = change(browser.cookie)

    assert browser.get("/session").json == {}


def test_a_key_of_another_secret_is_none() -> None:
    cookie = Keys("one secret of one app").cookie("0" * 32)

    assert Keys("one secret of one app").verified(cookie) == "0" * 32
    assert Keys("another secret, another app").verified(cookie) is None


def test_other_cookies_do_not_disturb(house: House) -> None:
    browser = house.browser()
    browser.post("/set/a/b")
    browser.cookie = f"x=1; xht=2; {browser.cookie}; y"

    assert browser.get("/session").json == {"a": "b"}


# -- the session ------------------------------------------------------------------------------


def test_a_session_is_one_browser_s(house: House) -> None:
    one, two = house.browser(), house.browser()
    one.post("/set/colour/red")

    assert one.get("/session").json == {"colour": "red"}
    assert two.get("/session").json == {}


def test_the_ways_to_read_and_write(house: House) -> None:
    seen: dict[str, Any] = {}

    @house.app.route("/try", methods=["POST"])
    def attempt(session: Session) -> str:
        session.userName = "ann"
        session["a"] = {"b": [1]}
        seen["has"] = session.has("userName"), session.has("nope"), "a" in session
        seen["read"] = session["userName"], session.userName, session.get("nope", 7)
        seen["names"] = list(session)
        seen["pop"] = session.pop("a"), session.pop("a", 5), session.has("a")
        with pytest.raises(KeyError, match="has"):
            session["nope"]
        with pytest.raises(AttributeError, match="nope"):
            _ = session.nope
        with pytest.raises(KeyError):
            del session["nope"]
        with pytest.raises(Exception, match="JSON"):
            session["a"] = object()
        del session["userName"]
        seen["end"] = list(session)
        return "done"

    assert house.browser().post("/try").status == 200
    assert seen == {
        "has": (True, False, True),
        "read": ("ann", "ann", 7),
        "names": ["userName", "a"],
        "pop": ({"b": [1]}, 5, False),
        "end": [],
    }


def test_a_get_that_is_a_page_may_not_write(house: House) -> None:
    @house.app.route("/bad")
    def bad(session: Session) -> Any:
        session["n"] = 1
        return p()

    @house.app.route("/good", page=False)
    def good(session: Session) -> str:
        session["n"] = 1
        return "done"

    browser = house.browser()
    assert browser.get("/bad").status == 500
    assert browser.get("/session").json == {}
    assert browser.get("/good").status == 200
    assert browser.get("/session").json == {"n": 1}


def test_what_a_page_read_from_the_session_is_brought_up_to_date(house: House) -> None:
    browser = house.browser()
    page = browser.open("/")
    browser.post("/set/other/1")

    assert browser.get("/api/_live", **page.headers).status == 304
    browser.post("/set/colour/red")
    assert browser.get("/api/_live", **page.headers).status == 304


# -- rotation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/in/ann", "/out", "/rotate", "/set/user/ann", "/batch/ann"])
def test_the_key_changes_with_what_a_visitor_may_do(house: House, url: str) -> None:
    """`/set/user/ann` changes what `auth` of an AuthStore gives."""
    browser = house.browser()
    browser.post("/set/colour/red")
    before = browser.cookie

    browser.post(url)

    assert browser.cookie != before
    after, browser.cookie = browser.cookie, before
    assert browser.get("/session").json == {}, "the old key has no session any more"
    browser.cookie = after
    found = browser.get("/session").json
    assert found.get("colour") == (None if url == "/out" else "red")
    assert found.get("user") == ("ann" if "ann" in url else None)


def test_the_key_stays_when_nothing_of_that_kind_changed(house: House) -> None:
    browser = house.browser()
    browser.post("/in/ann")
    before = browser.cookie

    browser.post("/set/colour/red")
    browser.post("/set/user/ann")

    assert browser.cookie == before


def test_what_was_written_in_a_batch_is_there_after_a_rotation_in_it(house: House) -> None:
    browser = house.browser()
    browser.post("/batch/ann")

    assert browser.get("/session").json == {"cart": [1], "user": "ann"}


def test_session_stores_go_along(house: House) -> None:
    browser = house.browser()
    browser.post("/add")
    browser.post("/in/ann")

    assert browser.open("/").tag("#mine").get_text() == "1"
    assert len(house.registry.journal.streams("mine")) == 1


def test_another_tab_gets_the_page_as_it_is_now(house: House) -> None:
    browser = house.browser()
    tab = browser.open("/")
    browser.post("/in/ann")

    answer = browser.send(tab, tab.offer("#plus"))

    assert answer.status == 403
    assert "Hello ann" in answer.text
    assert house.registry.journal.streams("mine") == []
    fresh = type(tab)(answer, "/")
    assert browser.send(fresh, fresh.offer("#plus")).status == 200


def test_a_planted_cookie_is_worth_nothing_after_signing_in(house: House) -> None:
    """Session fixation: somebody else's key is in this browser when its person signs in."""
    attacker, victim = house.browser(), house.browser()
    attacker.get("/")
    victim.cookie = attacker.cookie
    victim.post("/in/ann")

    assert victim.get("/session").json == {"user": "ann"}
    assert attacker.get("/session").json == {}


# -- how long, and how many -------------------------------------------------------------------


def house_with_clock(**options: Any) -> tuple[House, Clock]:
    house, clock = House(), Clock()
    house.app.site.sessions = Sessions(house.registry, clock=clock, **options)
    return house, clock


def test_a_session_ends_when_it_is_not_visited() -> None:
    house, clock = house_with_clock(lifetime=100.0)
    browser = house.browser()
    browser.post("/set/a/b")
    browser.post("/add")

    for _ in range(5):
        clock.now += 90
        assert browser.get("/session").json == {"a": "b"}, "a visit lets it live on"
    clock.now += 101
    assert browser.get("/session").json == {}
    assert house.registry.journal.streams("mine") == []
    assert house.app.stats()["sessions"] == 0


def test_the_number_of_sessions_is_bounded() -> None:
    house, _ = house_with_clock(limit=3)
    browsers = [house.browser() for _ in range(5)]
    for number, browser in enumerate(browsers):
        browser.post(f"/set/n/{number}")
        browsers[0].get("/session")

    found = [browser.get("/session").json for browser in browsers]
    assert found == [{"n": "0"}, {}, {}, {"n": "3"}, {"n": "4"}]
    assert house.app.stats()["sessions"] == 3


def test_a_browser_s_store_ends_with_its_session() -> None:
    """Also when only the store was written to, by an action or by a route."""
    house, clock = house_with_clock(lifetime=100.0)
    one, two = house.browser(), house.browser()
    one.post("/add")
    page = two.open("/")
    two.send(page, page.offer("#plus"))
    assert len(house.registry.journal.streams("mine")) == 2

    clock.now += 101
    house.browser().get("/plain")

    assert house.registry.journal.streams("mine") == []


def test_visitors_without_anything_stored_are_not_remembered(house: House) -> None:
    for _ in range(10):
        house.browser().open("/")

    assert house.app.stats()["sessions"] == 0
    assert house.app.stats()["streams"] == 0


def test_an_auth_function_that_fails_means_nobody() -> None:
    with Registry() as registry:
        AuthStore(lambda s: s.userName, {}, name="a")
        AuthStore(lambda s: s["userName"], {}, name="b")
        AuthStore(lambda s: s.userName if s.has("userName") else None, {}, name="c")
    sessions = Sessions(registry)
    visitor = Visitor(Keys(SECRET), sessions.of)

    assert sessions.owners(visitor) == {"a": None, "b": None, "c": None}


def test_what_another_worker_begins_meanwhile_goes_along_with_a_rotation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A store of the browser's begins between what the rotation has read and what it writes."""
    monkeypatch.setattr(Upkeep, "tick", lambda self: None)  # it appends, in a thread of its own
    base = MemoryJournal()
    one, other = (Worker(End(base)) for _ in range(2))
    houses = [House(replica) for replica in (one, other)]
    browser, tab = houses[0].browser(), houses[1].browser()
    browser.post("/set/colour/red")
    browser.get("/")  # it knows that there is no document of `mine`
    before = tab.cookie = browser.cookie
    one.end.meanwhile = lambda: tab.post("/add")

    browser.post("/in/ann")

    assert browser.cookie != before
    assert browser.open("/").tag("#mine").text == "1"


@pytest.mark.parametrize("user", ["", None, True, 1.5, "x" * 201, "~page"])
def test_nobody_signs_in_who_has_no_name(house: House, user: Any) -> None:
    visitor = Visitor(Keys(SECRET), house.app.sessions.of)

    with pytest.raises(InvalidPath):
        visitor.session.sign_in(user)
    assert visitor.session.user is None


@pytest.mark.parametrize("name", ["a\nb", "a~b", "a@b", "a@~page", "ä~1"])
def test_a_name_of_any_characters_is_one_user_s(house: House, name: str) -> None:
    """Its owner's offers are good, and nobody else's document is meant."""

    @house.app.route("/notes")
    def notes(session: Session) -> Any:
        more = house.notes.do.update("n", 1)
        return div(h3(house.notes.react("n")), button(id="plus", onclick=more))

    browser, other = house.browser(), house.browser()
    browser.request("POST", "/in/" + quote(name, safe=""))
    other.post("/in/other")
    page = browser.open("/notes")

    assert browser.send(page, page.offer("#plus"), 1).status == 200
    assert house.notes.of(name).read("n") == 1
    assert house.notes.of("other").read("n") == 0
    assert other.send(page, page.offer("#plus"), 1).status == 403


def test_a_new_secret_signs_and_open_pages_of_the_old_one_go_on() -> None:
    old, new = "a secret of before, for tests", "a secret of now, for tests"
    registry = Registry()
    first = House(registry.journal, secret=old)
    browser = first.browser()
    browser.post("/in/ann")
    page = browser.open("/")
    cookie = browser.cookie
    second = House(registry.journal, secret=new, old_secrets=[old])
    browser.app = second.app

    answer = browser.send(page, page.offer("#plus"), 1)

    assert answer.status == 200
    assert browser.cookie != cookie, "the new secret signs"
    assert "Hello ann" in browser.open("/").text
    third = House(registry.journal, secret=new)
    browser.app = third.app
    assert "Hello ann" in browser.open("/").text


# -- all sessions of a user -----------------------------------------------------------------------


def test_a_user_signs_out_everywhere(house: House) -> None:
    @house.app.route("/out/everywhere", methods=["POST"])
    def out(session: Session) -> str:
        session.sign_out(everywhere=True)
        return "out"

    phone, desk, other = house.browser(), house.browser(), house.browser()
    for browser, name in ((phone, "ann"), (desk, "ann"), (other, "bob")):
        browser.post(f"/in/{name}")
    phone.post("/add")
    page = phone.open("/")
    assert len(house.app.sessions.of_user("ann")) == 2

    assert desk.post("/out/everywhere").status == 200

    assert house.app.sessions.of_user("ann") == []
    assert "Who are you" in phone.get("/").text
    assert "Who are you" in desk.get("/").text
    assert "Hello bob" in other.get("/").text
    assert house.registry.journal.streams("mine") == []
    assert page is not None


def test_sessions_of_a_user_are_told_apart_as_documents_are(house: House) -> None:
    """Exactly; a number is its digits, so whoever signs out everywhere is out everywhere."""
    for name in ("ann", "Ann", "7"):
        house.browser().post(f"/in/{name}")

    found = [len(house.app.sessions.of_user(user)) for user in ("ann", "Ann", "7", 7, "")]

    assert found == [1, 1, 1, 1, 0]
    assert user_key(7) == user_key("7")


def test_a_list_of_devices_is_read_and_one_of_them_is_ended(house: House) -> None:
    with hold_clock() as held:
        phone, desk = house.browser(), house.browser()
        phone.post("/in/ann")
        held.advance(seconds=60)
        desk.post("/in/ann")
        desk.post("/set/agent/desk")
        sessions = house.app.sessions
        found = sorted(map(sessions.info, sessions.of_user("ann")), key=lambda one: one.since)

    assert [one.data.get("agent") for one in found] == [None, "desk"]
    assert found[1].since - found[0].since == 60

    sessions.end(found[1].id)
    assert "Who are you" in desk.get("/").text
    assert "Hello ann" in phone.get("/").text


# -- how long somebody stays signed in ------------------------------------------------------------


def test_who_comes_every_day_has_to_sign_in_again_at_last() -> None:
    """Counted from the log-in, also of a browser without a cookie; nothing prolongs it."""
    house = House(session_max_age=1000.0, session_lifetime=500.0)
    with hold_clock() as held:
        browser, page = house.browser(), None
        browser.post("/in/ann")
        page = browser.open("/")
        for _ in range(4):
            held.advance(seconds=240)
            assert "Hello ann" in browser.get("/").text
            browser.post("/rotate")
        page = browser.open("/")
        assert browser.send(page, page.offer("#plus")).status < 300

        held.advance(seconds=60)

        answer = browser.send(page, page.offer("#plus"))
        assert answer.status == 403
        assert "Who are you" in browser.get("/").text
        assert house.app.sessions.of_user("ann") == []
        assert house.registry.journal.streams("mine") == []

        browser.post("/in/ann")
        held.advance(seconds=400)
        assert "Hello ann" in browser.get("/").text


def test_whoever_nobody_signed_in_stays_as_long_as_they_come() -> None:
    house = House(session_max_age=1000.0, session_lifetime=500.0)
    with hold_clock() as held:
        browser = house.browser()
        browser.post("/in/ann")
        browser.post("/out")
        browser.post("/set/cart/tea")
        for _ in range(6):
            held.advance(seconds=300)
            assert browser.get("/session").json == {"cart": "tea"}


def test_sessions_of_age_end_without_a_visit_too() -> None:
    """An open page that only follows asks for nothing."""
    house = House(session_max_age=1000.0)
    with hold_clock() as held:
        browser, other = house.browser(), house.browser()
        browser.post("/in/ann")
        held.advance(seconds=1001)
        other.post("/set/x/y")
        other.get("/")

        assert house.app.sessions.of_user("ann") == []


@pytest.mark.parametrize("known", [False, True])
def test_who_signs_in_after_a_rotation_in_one_step_is_signed_in_from_then_on(known: bool) -> None:
    """An action function is one step: the key changes once, and the log-in has its date."""
    house = House(session_max_age=1000.0)

    @house.app.action
    def enter(session: Session) -> None:
        session.rotate()
        session.sign_in("ann")

    @house.app.route("/door")
    def door(session: Session) -> Any:
        return div(p(session.get("user") or "nobody", id="who"), button("In", onclick=enter))

    with hold_clock() as held:
        client = Client(house.app)
        if known:
            client.post("/set/cart/tea")
        page = client.open("/door")
        page.click("button")

        assert client.open("/door").text("#who") == "ann"
        held.advance(seconds=1001)
        assert client.open("/door").text("#who") == "nobody"


def test_who_is_signed_in_by_a_table_has_no_age() -> None:
    """Nobody knows since when: that is not the same as long ago."""
    members: set[str] = set()
    with Registry():
        AuthStore(lambda s: s.get("name") if s.get("name") in members else None, {}, name="mine")
        app = WSGI(secret=SECRET, session_max_age=1000.0)
        SuperStore(app)

    @app.route("/ask/{name}", methods=["POST"])
    def ask(session: Session, name: str) -> str:
        session["name"] = name
        session.rotate()
        return "done"

    @app.route("/")
    def home(session: Session) -> str:
        return session.get("name") or "nobody"

    browser = Browser(app)
    browser.post("/ask/ann")
    browser.post("/ask/ann")
    members.add("ann")

    assert browser.get("/").text == "ann"


def test_none_is_no_age() -> None:
    house = House(session_max_age=None, session_lifetime=1e9)
    with hold_clock() as held:
        browser = house.browser()
        browser.post("/in/ann")
        held.advance(seconds=1e7)
        assert "Hello ann" in browser.get("/").text


def test_a_session_of_age_ends_in_a_journal_that_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it comes to any worker; and by a sweep of the one that it came to lately."""
    monkeypatch.setattr(Upkeep, "tick", lambda self: None)  # it appends, in a thread of its own
    url = f"sqlite:///{tmp_path}/shop.db"
    one, other = (
        House(Replica(open_journal(url)), session_max_age=1000.0, secret=SECRET) for _ in range(2)
    )
    with hold_clock() as held:
        ann, bob = one.browser(), one.browser()
        ann.post("/in/ann")
        bob.post("/in/bob")
        held.advance(seconds=1001)

        ann.app = other.app
        assert "Who are you" in ann.get("/").text
        one.app.sessions.sweep()

        assert one.app.sessions.of_user("bob") == []
        assert "Who are you" in bob.get("/").text
    for house in (one, other):
        house.registry.journal.close()
