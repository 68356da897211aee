"""A key changes in one step with what made its owner another visitor, and nothing is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from htealeaf import WSGI, AuthStore, Registry, Session, SessionStore, Store, SuperStore, redirect
from htealeaf.components import button, div, h3, p
from htealeaf.data import streams
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.replica import Replica
from htealeaf.state.upkeep import Upkeep
from htealeaf.web.keys import Keys, new_key
from htealeaf.web.rotation import AGAIN, led, next_key
from htealeaf.web.visitor import Visitor
from tests.http import Answer, Browser, Shown
from tests.laws.simulated import Died, End, Worker

SECRET = "a secret for tests only"
KEYS = Keys(SECRET)


class Club:
    """One worker: a page with a log-in that is an action function."""

    def __init__(self, replica: Replica) -> None:
        self.ran = 0
        with Registry(replica):
            self.notes = AuthStore(lambda s: s.get("user"), {"n": 0}, name="notes")
            self.mine = SessionStore({"n": 0}, name="mine")
            self.shared = Store({"n": 0}, name="shared")
            self.app = app = WSGI(secret=SECRET)
            SuperStore(app)

        @app.action
        def enter(session: Session, name: str) -> Any:
            self.ran += 1
            self.shared.increment("n")
            session.sign_in(name)
            return redirect("/")

        @app.action
        def fail(session: Session) -> None:
            session.sign_in("ann")
            raise ValueError("nothing of it")

        @app.route("/")
        def home(session: Session) -> Any:
            who = session.get("user")
            return div(
                p(f"Hello {who}" if who else "Who are you?", id="who"),
                h3(self.mine.react("n"), id="mine"),
                button("in", id="in", onclick=enter(name="ann")),
                button("fail", id="fail", onclick=fail),
                button("+", id="plus", onclick=self.mine.do.increment("n")),
                button("s", id="shared", onclick=self.shared.do.increment("n")),
            )

        @app.route("/in/{name}", methods=["POST"])
        def sign_in(session: Session, name: str) -> str:
            session.sign_in(name)
            return "done"

        @app.route("/set/{name}/{value}", methods=["POST"])
        def put(session: Session, name: str, value: str) -> str:
            session[name] = value
            return "done"

        @app.route("/session")
        def session(session: Session) -> dict[str, Any]:
            return {name: session[name] for name in session}

    def browser(self, cookie: str | None = None) -> Browser:
        made = Browser(self.app)
        made.cookie = cookie
        return made


class Clubs:
    """Two workers over one journal, and a clock of that."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.base = MemoryJournal(clock=lambda: self.now)
        self.ends = [End(self.base), End(self.base)]
        self.one, self.two = (Club(Worker(end)) for end in self.ends)


@pytest.fixture
def clubs(monkeypatch: pytest.MonkeyPatch) -> Clubs:
    # Upkeep appends in a thread of its own, and what happens here happens in order.
    monkeypatch.setattr(Upkeep, "tick", lambda self: None)
    return Clubs()


def enter(browser: Browser, page: Shown, id: str) -> Answer:
    return browser.send(page, page.offer("#in"), HT_Id=id)


def at_commit(end: End, do: Callable[[], object]) -> None:
    """Let something happen when an action function commits; it has appended its claim before."""
    end.meanwhile = lambda: setattr(end, "meanwhile", do)


def visited(club: Club) -> tuple[Browser, Shown]:
    """Return a browser with something in its session, and its page."""
    browser = club.browser()
    browser.post("/set/colour/red")
    return browser, browser.open("/")


# -- one step ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["action", "route", "assigned"])
def test_signing_in_and_the_new_key_are_one_append(clubs: Clubs, how: str) -> None:
    """There is no number at which somebody is signed in under the key of before."""
    browser, page = visited(clubs.one)
    before = clubs.base.n
    if how == "action":
        assert enter(browser, page, "one").status == 200
    else:
        browser.post("/in/ann" if how == "route" else "/set/user/ann")

    told = clubs.base.after(before, epoch=clubs.base.epoch)
    steps: dict[int, set[str]] = {}
    for entry in told:
        steps.setdefault(entry.n, set()).add(streams.store_of(entry.stream))
    [step] = [stores for stores in steps.values() if "~session" in stores]
    assert "~key" in step
    assert browser.get("/session").json == {"colour": "red", "user": "ann"}


def test_a_worker_that_dies_leaves_all_of_it_or_nothing(clubs: Clubs) -> None:
    for dies in ("before", "after"):
        browser, page = visited(clubs.one)
        old, end = browser.cookie, clubs.ends[0]
        at_commit(end, partial(setattr, end, "dies", dies))
        with suppress(Died):
            enter(browser, page, dies)
        left = {} if dies == "after" else {"colour": "red"}
        assert clubs.two.browser(old).get("/session").json == left


def test_an_action_that_fails_changes_no_key(clubs: Clubs) -> None:
    browser, page = visited(clubs.one)
    old = browser.cookie

    assert browser.send(page, page.offer("#fail")).status == 500

    assert browser.cookie == old
    assert browser.get("/session").json == {"colour": "red"}
    assert enter(browser, page, "later").status == 200, "its offers are good still"
    assert browser.cookie != old


def test_nothing_is_copied(clubs: Clubs) -> None:
    """So nothing that is written meanwhile can be left behind."""
    browser, page = visited(clubs.one)
    browser.send(page, page.offer("#plus"))
    before = {s for s in clubs.base.scan("") if not s.startswith("~key")}

    enter(browser, page, "one")

    assert {s for s in clubs.base.scan("") if not s.startswith("~key")} == before | {"shared"}


# -- asked again ------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["one", "two"])
def test_who_lost_the_answer_gets_the_same_key_again(clubs: Clubs, where: str) -> None:
    browser, page = visited(clubs.one)
    old = browser.cookie
    enter(browser, page, "press")
    new = browser.cookie

    again = getattr(clubs, where).browser(old)
    answer = enter(again, page, "press")

    assert (answer.status, again.cookie) == (200, new)
    assert clubs.one.ran + clubs.two.ran == 1
    assert again.get("/session").json == {"colour": "red", "user": "ann"}
    assert "Hello ann" in again.open("/").text


def test_the_commit_s_answer_is_lost_as_well(clubs: Clubs) -> None:
    """The worker dies when all is stored; another one tells what the new key is."""
    browser, page = visited(clubs.one)
    old, end = browser.cookie, clubs.ends[0]

    at_commit(end, partial(setattr, end, "dies", "after"))
    with suppress(Died):
        enter(browser, page, "press")

    again = clubs.two.browser(old)
    assert enter(again, page, "press").status == 200
    assert again.cookie != old
    assert again.get("/session").json == {"colour": "red", "user": "ann"}
    assert clubs.two.ran == 0


def test_it_is_given_for_a_minute(clubs: Clubs) -> None:
    browser, page = visited(clubs.one)
    old = browser.cookie
    enter(browser, page, "press")
    clubs.now += AGAIN - 1
    assert enter(clubs.two.browser(old), page, "press").status == 200

    clubs.now += 2
    late = clubs.two.browser(old)

    assert enter(late, page, "press").status == 403
    assert late.cookie == old
    assert late.get("/session").json == {}


@pytest.mark.parametrize("id", ["", "another"])
def test_it_is_given_to_that_very_request_only(clubs: Clubs, id: str) -> None:
    browser, page = visited(clubs.one)
    old = browser.cookie
    enter(browser, page, "press")

    other = clubs.one.browser(old)
    answer = enter(other, page, id)

    assert (answer.status, other.cookie) == (403, old)
    assert "Hello" not in answer.text
    other.get("/session", HT_Id=id)
    assert other.cookie == old


def test_the_id_is_good_for_nothing_but_the_answer(clubs: Clubs) -> None:
    """With another action it is not that request, and what it asks for was offered to nobody."""
    browser, page = visited(clubs.one)
    old = browser.cookie
    enter(browser, page, "press")

    other = clubs.one.browser(old)
    answer = other.send(page, page.offer("#shared"), HT_Id="press")

    assert answer.status == 403
    assert clubs.one.shared["n"] == 1


# -- an ended key -----------------------------------------------------------------------------


def test_an_ended_key_is_nobody_s_and_may_begin_anew(clubs: Clubs) -> None:
    browser, page = visited(clubs.one)
    old = browser.cookie
    enter(browser, page, "one")

    for turn in range(1, 4):
        other = clubs.two.browser(old)
        assert other.get("/session").json == {}
        assert other.post(f"/set/turn/{turn}").status == 200
        assert other.get("/session").json == {"turn": f"{turn}"}, "it is kept"
        other.post("/in/bob")
        assert other.get("/session").json == {"turn": f"{turn}", "user": "bob"}
    assert browser.get("/session").json == {"colour": "red", "user": "ann"}


def test_an_ended_key_s_sessions_are_bounded(clubs: Clubs) -> None:
    """Nobody makes a request look for many; signing in works still."""
    browser, page = visited(clubs.one)
    old = browser.cookie
    enter(browser, page, "one")
    for _ in range(12):
        other = clubs.two.browser(old)
        other.post("/in/bob")
        assert other.get("/session").json == {"user": "bob"}


def test_a_click_under_way_at_another_worker_is_refused_in_words(clubs: Clubs) -> None:
    """It was begun before the key ended, and comes to the journal after that."""
    browser, page = visited(clubs.one)
    tab = clubs.two.browser(browser.cookie)
    clubs.ends[1].meanwhile = lambda: enter(browser, page, "one")

    answer = tab.send(page, page.offer("#shared"))

    assert answer.status == 403
    assert answer.sentence == "This page did not offer that. Please try again."
    assert clubs.two.shared["n"] == 1, "what signing in counts, and nothing else"
    assert "Hello" not in answer.text
    tab.cookie = browser.cookie
    fresh = tab.open("/")
    assert tab.send(fresh, fresh.offer("#shared")).status == 204, "and shows nothing of it"
    assert clubs.two.shared["n"] == 2


def test_what_is_shown_of_a_session_is_shown_under_its_key(
    clubs: Clubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key ends when it is known where it leads, and before anything is read."""
    browser, page = visited(clubs.one)
    fixed, sessions, once = clubs.two.browser(browser.cookie), clubs.two.app.sessions, [1]
    visit = sessions.visit

    def visited_then_ended(visitor: Visitor) -> None:
        visit(visitor)
        if once:
            once.clear()
            enter(browser, page, "one")
            sessions.journal.follow()

    monkeypatch.setattr(sessions, "visit", visited_then_ended)
    answer = fixed.get("/")

    assert not once
    assert answer.status == 200
    assert "Who are you?" in answer.text
    assert "Hello ann" in clubs.two.browser(browser.cookie).get("/").text


def test_two_tabs_sign_in_at_once(clubs: Clubs) -> None:
    """One of them does; the other one's key has ended meanwhile."""
    browser, _ = visited(clubs.one)
    tab = clubs.two.browser(browser.cookie)
    answers: list[Answer] = []
    clubs.ends[0].meanwhile = lambda: answers.append(tab.post("/in/bob"))

    answers.append(browser.post("/in/ann"))

    assert [answer.status for answer in answers] == [200, 403]
    assert tab.get("/session").json == {"colour": "red", "user": "bob"}
    assert browser.get("/session").json == {}


# -- what is stored ---------------------------------------------------------------------------


def test_no_key_stands_in_the_journal(clubs: Clubs) -> None:
    browser, page = visited(clubs.one)
    keys = [str(browser.cookie)]
    enter(browser, page, "one")
    keys.append(str(browser.cookie))

    stored = " ".join(f"{s} {clubs.base.load(s).document}" for s in clubs.base.scan(""))
    for cookie in keys:
        assert cookie.partition("=")[2].partition(".")[0] not in stored


def test_the_key_of_a_session_is_kept_longer_than_the_session(clubs: Clubs) -> None:
    """Else the first key would lead to what is left of it."""
    browser, page = visited(clubs.one)
    old = browser.cookie
    enter(browser, page, "one")
    sessions = clubs.one.app.sessions
    clubs.now += sessions._lifetime + 1
    sessions.sweep()
    assert clubs.base.scan("~session") == []
    assert len(clubs.base.scan("~key")) == 1
    clubs.now += sessions._lifetime
    sessions.sweep()
    assert clubs.base.scan("~key") == []
    # Both may go on now, each by itself.
    for cookie, name in ((old, "old"), (browser.cookie, "new")):
        clubs.two.browser(cookie).post(f"/set/who/{name}")
    for cookie, name in ((old, "old"), (browser.cookie, "new")):
        assert clubs.one.browser(cookie).get("/session").json == {"who": name}


def test_a_cookie_says_where_it_leads_and_is_signed_with_it() -> None:
    key, id = new_key(), KEYS.session_id(new_key())
    cookie = KEYS.cookie(key, id)

    found = KEYS.browser(cookie)
    assert found is not None
    assert (found.key, found.id) == (key, id)
    moved = cookie.replace(id, KEYS.session_id(new_key()))
    assert KEYS.browser(moved) is None
    assert KEYS.browser(f"{key}.{cookie.rpartition('.')[2]}") is None, "a signature is of all of it"


def test_the_next_key_can_not_be_told_without_the_secret() -> None:
    key = new_key()
    new, write = next_key(KEYS, key, "id", "given", "once")

    document: Any = write.mutation.value
    assert new == KEYS.next_key(key, document["salt"])
    assert new != Keys("another secret, of sixteen").next_key(key, document["salt"])
    assert len(new) == len(key)
    assert new not in str(document)


def test_a_cookie_of_a_journal_that_began_anew_leads_to_nothing() -> None:
    """Memory that is lost knows no keys; what a later one led to has gone with it."""
    replica = Replica(MemoryJournal())
    key, first = new_key(), KEYS.session_id(new_key())
    said = KEYS.browser(KEYS.cookie(key, first))
    assert said is not None

    found = led(replica, KEYS, said, "")

    assert (found.key, found.id, found.turn) == (key, KEYS.session_id(key), 0)


@pytest.mark.parametrize("turned", [False, True])
def test_a_stolen_secret_signs_nobody_in(turned: bool) -> None:
    """A cookie may be signed for any session then; it leads there with that session's key only."""
    replica = Replica(MemoryJournal())
    key = new_key()
    id = KEYS.session_id(key)
    if turned:
        key, write = next_key(KEYS, key, id, "", "")
        replica.commit([write])
    own = KEYS.browser(KEYS.cookie(key, id))
    forged = KEYS.browser(KEYS.cookie(new_key(), id))
    assert own is not None
    assert forged is not None

    assert led(replica, KEYS, own, "").id == id
    assert led(replica, KEYS, forged, "").id != id
