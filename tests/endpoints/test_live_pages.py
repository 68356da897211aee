"""A live page: what it is sent, how many there may be, and when it is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    AuthStore,
    PageStore,
    Registry,
    Session,
    Store,
    SuperStore,
    every,
    fragment,
    redirect,
)
from htealeaf.app import rooms
from htealeaf.components import button, div, h3, p
from htealeaf.data.cursor import Cursor
from htealeaf.endpoints import live_page
from htealeaf.errors import HtealeafError
from htealeaf.pages.live import Live
from htealeaf.pages.online import Online
from htealeaf.pages.update import Patch
from htealeaf.reactive.patching import Piece
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.replica import Replica
from htealeaf.state.upkeep import Upkeep
from htealeaf.testing import Client, PageFailure
from htealeaf.testing.live import LiveStream
from htealeaf.testing.page import Page
from tests.laws.simulated import End, Worker


class Club:
    """Pages for all, for who is signed in, and with a state of their own."""

    def __init__(self, replica: Replica | None = None, **options: Any) -> None:
        self.registry = Registry(replica)
        with self.registry:
            self.shared = Store({"n": 0, "other": 0, "open": True, "rooms": {}}, name="shared")
            self.mine = AuthStore(lambda s: s.get("user"), {"n": 0}, name="mine")
            self.own = PageStore({"on": False}, name="own")
            self.app = WSGI(secret="a secret for tests only", **{"live": True, **options})
            SuperStore(self.app)
        self.app.pages.live.together = 0.0
        app, shared = self.app, self.shared

        @app.route("/")
        def home() -> Any:
            return div(h3(shared.react("n")), button("+", onclick=shared.do.update("n", 1)))

        @app.route("/plain")
        def plain() -> Any:
            return h3(shared.react("n"))

        @app.route("/mine")
        def own_page(session: Session) -> Any:
            if not session.get("user"):
                return redirect("/")
            return div(p(self.mine.react("n")), h3(shared.react("n")))

        @app.route("/members", allow=lambda: shared["open"])
        def members() -> Any:
            return h3(shared.react("n"))

        @app.route("/switch")
        def switch() -> Any:
            return div(
                button("on", onclick=self.own.do.toggle("on")),
                self.own.react("on", lambda on: p(f"{on} ", shared.react("n"))),
            )

        @app.route("/fold")
        def fold() -> Any:
            return div(
                button("on", onclick=self.own.do.toggle("on")),
                self.own.react("on", lambda on: p(shared.react("n")) if on else p("closed")),
            )

        @app.route("/online/{room}")
        def online(room: str) -> Any:
            @fragment
            def counted() -> Any:
                return p(f"{app.online(shared)}, {app.online(shared.at('rooms', room))}")

            return div(counted(), h3(shared.react(f"rooms/{room}", default="empty")))

        @app.route("/rotate", methods=["POST"])
        def rotate(session: Session) -> str:
            session.rotate()
            return "done"

    def client(self) -> Client:
        return Client(self.app)

    def open(self, path: str = "/") -> tuple[Page, LiveStream]:
        page = self.client().open(path)
        return page, page.live()

    @property
    def live(self) -> int:
        return len(self.app.pages.live)


@pytest.fixture
def club() -> Iterator[Club]:
    made = Club()
    yield made
    made.app.pages.live.stop()


def test_an_event_has_the_cursors_and_the_patch(club: Club) -> None:
    page = club.client().open("/")
    status, headers, body = page.client.stream(
        "/api/_live", {**page.catch_up().headers, "Accept": "text/event-stream"}
    )
    assert status == "200 OK"
    assert headers["Content-Type"].startswith("text/event-stream")
    assert headers["X-Accel-Buffering"] == "no"
    assert headers["Cache-Control"] == "no-store"
    assert next(body) == b":\n\n"  # at once, so that what is on the way lets it through
    start = page.cursor
    club.shared.update("n", 5)
    epoch = start.partition(".")[0]
    assert next(body).decode() == (
        f'id: {epoch}.1\ndata: {start}\ndata: <template ht><h3 id="shared-n">5</h3></template>\n\n'
    )
    body.close()


def test_what_happens_while_it_begins_comes_with_its_beginning(club: Club) -> None:
    """Nobody may be waiting for it yet, and nobody would look again."""
    page = club.client().open("/")
    _, _, body = page.client.stream(
        "/api/_live", {**page.catch_up().headers, "Accept": "text/event-stream"}
    )
    club.shared.update("n", 5)
    club.app.pages.live.settle()
    assert b'<h3 id="shared-n">5' in body.pending()
    body.close()


def test_lines_of_a_patch_are_lines_of_data() -> None:
    """A break of any kind is one; HTML knows no other either."""
    patch = Patch(Cursor("e", 2), [Piece("", "a", "<p id=a>1\r\n2\r3\n4</p>")])

    sent = live_page.event(Cursor("e", 1), patch).decode()

    data = "<template ht><p id=a>1\ndata: 2\ndata: 3\ndata: 4</p></template>"
    assert sent == f"id: e.2\ndata: e.1\ndata: {data}\n\n"


def test_a_page_follows_and_is_left_alone_by_what_it_does_not_show(club: Club) -> None:
    page, stream = club.open()
    stream.receive()
    club.shared.update("n", 1)
    club.shared.update("n", 1)
    assert stream.receive() == 1, "two changes are put together"
    assert page.soup.select_one("h3").text == "2"  # type: ignore[union-attr]
    club.shared.update("other", 1)
    assert stream.receive() == 0
    stream.close()
    assert club.live == 0


def test_who_is_far_behind_is_told_where_the_journal_is(club: Club) -> None:
    """What a page does not show costs it nothing, and its cursor does not fall out of history."""
    page, stream = club.open()
    for _ in range(70):
        club.shared.update("other", 1)
    stream.receive()
    assert page.cursor == str(club.registry.journal.cursor)
    assert page.click("button", "+").bytes < 60, "the page is still remembered as it is shown"
    stream.close()


def test_its_own_click_is_not_sent_again(club: Club) -> None:
    page, stream = club.open()
    stream.receive()
    page.click("button", "+")
    shown = len(page.patches)
    stream.receive()
    assert len(page.patches) == shown
    assert stream.opened == 1
    stream.close()


def test_what_an_answer_lost_is_asked_for(club: Club) -> None:
    """The stream goes on from where the answer would have brought the page: that shows the gap."""
    page, stream = club.open()
    stream.receive()
    page.send(page.action("button", "+"), apply=False)
    stream.receive()
    assert page.soup.select_one("h3").text == "1"  # type: ignore[union-attr]
    page.assert_consistent()
    stream.close()


def test_a_broken_line_loses_nothing(club: Club) -> None:
    page, stream = club.open()
    club.shared.update("n", 1)
    stream.disconnect()
    club.shared.update("n", 1)
    club.app.pages.forget()
    stream.receive()
    assert page.soup.select_one("h3").text == "2"  # type: ignore[union-attr]
    stream.close()


def test_the_last_event_is_where_an_event_source_goes_on(club: Club) -> None:
    page = club.client().open("/")
    club.shared.update("n", 1)
    now = str(club.registry.journal.cursor)
    asked = {**page.catch_up().headers, "Accept": "text/event-stream", "Last-Event-ID": now}
    _, _, body = page.client.stream("/api/_live", asked)
    assert next(body) == b":\n\n"
    body.close()


def test_without_a_browser_key_a_page_is_followed_too(club: Club) -> None:
    """It is rendered once to know what it shows, and not again for each change."""
    page, stream = club.open("/plain")
    stream.receive()
    for n in range(1, 4):
        club.shared.update("n", 1)
        stream.receive()
        assert page.soup.select_one("h3").text == str(n)  # type: ignore[union-attr]
        assert page.patch.ops == [("morph", "shared-n")]
    stream.close()
    assert club.app.pages.stats()["pages"] == 0, "nobody else could find it"


@pytest.mark.parametrize("left", ["sign_out", "sign_in", "rotate"])
def test_it_is_over_when_the_key_changes(club: Club, left: str) -> None:
    client = club.client().signed_in("ann")
    page = client.open("/mine")
    stream = page.live()
    stream.receive()
    with client.session() as session:
        getattr(session, left)(*(["bob"] if left == "sign_in" else []))
    assert stream.ended or not stream.receive()
    page.assert_consistent() if left != "sign_out" else None
    assert club.live <= 1
    stream.close()


def test_it_is_over_when_a_key_changes_under_which_nothing_is_stored(club: Club) -> None:
    page, stream = club.open()
    page.client.post("/rotate")  # type: ignore[attr-defined]
    assert stream.ended
    stream.receive()
    assert page.click("button", "+").ids == ["shared-n"], "its offers are of the new key"
    stream.close()


def test_another_worker_ends_it_too(club: Club) -> None:
    """Whoever signs out does so at any worker: the entry says that the session has gone."""
    client = club.client().signed_in("ann")
    page = client.open("/mine")
    stream = page.live()
    stream.receive()
    club.app.sessions.gone = lambda id: None  # another worker has nobody to tell here
    with client.session() as session:
        session.sign_out()
    stream.receive()
    assert stream.opened == 3  # for the old page, and for the one where that leads
    assert page.url == "/", "the page as it is now leads elsewhere"
    stream.close()


def test_the_rule_of_a_page_is_asked_before_each_event(club: Club) -> None:
    """Who may not see it any more is sent nothing of it, and the page is loaded anew."""
    page, stream = club.open("/members")
    stream.receive()
    club.shared.set("open", False)
    club.shared.set("n", 77)
    stream.receive()
    assert page.status == 403
    assert "77" not in str(page.soup)
    assert stream.ended
    assert club.live == 0


def test_a_page_is_followed_with_its_own_state(club: Club) -> None:
    """Its clicks tell the worker what the state is now: the stream goes on with that."""
    page, stream = club.open("/switch")
    for n in range(1, 4):
        page.click("button", "on")
        club.shared.update("n", 1)
        stream.receive()
        assert page.soup.select_one("p").text == f"{n % 2 == 1} {n}"  # type: ignore[union-attr]
        page.assert_consistent()
    assert stream.opened == 1
    stream.close()


def test_what_a_state_has_begun_to_show_is_followed(club: Club) -> None:
    page, stream = club.open("/fold")
    page.click("button", "on")
    stream.receive()
    club.shared.update("n", 1)
    assert stream.receive() == 1
    assert page.soup.select_one("p").text == "1"  # type: ignore[union-attr]
    assert stream.opened == 1
    stream.close()


def test_a_state_that_another_worker_was_told_is_told_at_rest(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes is of the state of before, and dropped; then it is opened with the new one."""
    monkeypatch.setattr(Live, "restate", lambda *_: None)
    page, stream = club.open("/switch")
    stream.receive()
    page.click("button", "on")
    for n in range(1, 4):
        club.shared.update("n", 1)
        stream.receive()
        assert page.soup.select_one("p").text == f"True {n}"  # type: ignore[union-attr]
        page.assert_consistent()
    assert stream.opened == 2
    stream.close()


# -- how many ------------------------------------------------------------------------------


def test_where_there_is_no_room_it_is_one_patch_or_304() -> None:
    club = Club(max_live=1)
    _, stream = club.open()
    page = club.client().open("/")
    asked = {**page.catch_up().headers, "Accept": "text/event-stream"}
    assert page.client.send("GET", "/api/_live", headers=asked).status_code == 304
    club.shared.update("n", 1)
    answer = page.client.send("GET", "/api/_live", headers=asked)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    stream.close()
    page.live().close()


def test_one_browser_has_some_of_its_connections_left(club: Club) -> None:
    client = club.client()
    streams = [client.open("/").live() for _ in range(4)]
    fifth = client.open("/")
    with pytest.raises(PageFailure, match="no room"):
        fifth.live()
    streams.pop().close()
    streams.append(fifth.live())
    for stream in streams:
        stream.close()


def test_the_same_page_has_one_stream(club: Club) -> None:
    """It comes back before the server has noticed that its line is broken."""
    page = club.client().open("/")
    first = page.live()
    second = page.live()
    assert first.ended
    assert club.live == 1
    second.close()
    assert club.live == 0


def test_an_app_that_is_not_live_does_not_go_on() -> None:
    club = Club(live=False)
    page = club.client().open("/")
    assert "ht-live" not in str(page.soup)
    with pytest.raises(PageFailure, match="live=True"):
        page.live()


def test_a_worker_that_ends_lets_nobody_in(club: Club) -> None:
    page, stream = club.open()
    club.app.pages.live.stop()
    assert stream.ended
    with pytest.raises(PageFailure, match="no room"):
        page.live()


@pytest.mark.parametrize(
    ("environ", "room"),
    [
        ({"wsgi.multithread": False}, 0),
        ({"wsgi.multithread": True, "SERVER_SOFTWARE": "Werkzeug/3.1"}, 200),
        ({"wsgi.multithread": True, "SERVER_SOFTWARE": "waitress"}, 3),
        ({rooms.LIVE: 7}, 7),
    ],
)
def test_a_server_has_room_for_some(environ: dict[str, Any], room: int) -> None:
    assert rooms.room(environ) == room


# -- what changes by itself ----------------------------------------------------------------


def test_who_is_online_is_told(club: Club) -> None:
    one, first = club.open("/online/red")
    two, second = club.open("/online/blue")
    for stream in (first, second, first):
        stream.receive()
    assert [page.soup.select_one("p").text for page in (one, two)] == ["2, 1", "2, 1"]  # type: ignore[union-attr]
    second.close()
    first.receive()
    assert one.soup.select_one("p").text == "1, 1"  # type: ignore[union-attr]
    assert club.app.online("shared") == club.app.online("shared/rooms/red") == 1
    assert club.app.online("shared/rooms/blue") == 0
    first.close()


def test_online_wants_a_store(club: Club) -> None:
    with pytest.raises(HtealeafError, match="no store 'x'; there are: mine, own, shared"):
        club.app.online("x")


def test_a_clock_ticks(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is rendered again when its time is over, and sent also where it shows the same."""
    now = 1000.0
    monkeypatch.setattr("time.time", lambda: now)
    shown: list[float] = []

    @fragment
    def age() -> Any:
        every(60)
        shown.append(now)
        return p(f"{now // 120:.0f}")

    plus = button("+", onclick=club.own.do.toggle("on"))  # so that the browser has a key
    club.app.route("/age")(lambda: div(age(), plus, h3(club.shared.react("n"))))
    page = club.client().open("/age")
    club.shared.update("n", 1)
    page.look()
    assert len(shown) == 1, "its time is not over"
    now += 60
    page.look()
    assert page.patch.ids == ["Fragment-age"]
    page.look()
    assert len(shown) == 2
    now += 60
    stream = page.live()
    stream.receive()
    assert page.soup.select_one("p").text == "9"  # type: ignore[union-attr]
    assert page.patch.ids == ["Fragment-age"]
    stream.close()


def test_a_clock_has_a_shortest_time() -> None:
    with pytest.raises(HtealeafError, match=r"every\(0\)"):
        every(0)


# -- threads -------------------------------------------------------------------------------


def test_many_threads_write_and_every_page_gets_all(club: Club) -> None:
    pages = [club.open() for _ in range(5)]
    for _, stream in pages:
        stream.receive()
    threads = [
        threading.Thread(target=lambda: [club.shared.update("n", 1) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        for _, stream in pages:
            stream.receive()
    for page, stream in pages:
        stream.receive()
        assert page.soup.select_one("h3").text == "200"  # type: ignore[union-attr]
        stream.close()
    assert club.live == 0


def test_a_page_that_takes_long_keeps_nobody_waiting(club: Club) -> None:
    """Whoever tells pages of what is new does not work out what they are sent."""
    holds, held = threading.Event(), threading.Event()

    def slowly(n: int) -> Any:
        if n:
            held.set()
            holds.wait(60)
        return f"slow {n}"

    club.app.route("/slow")(lambda: h3(club.shared.react("n", slowly)))
    slow, slows = club.open("/slow")
    page, stream = club.open()
    for each in (slows, stream):
        each.receive()
    reading = threading.Thread(target=slows.receive)
    club.shared.update("n", 1)
    reading.start()
    assert held.wait(20)

    club.shared.update("n", 1)
    got = threading.Event()

    def receives() -> None:
        stream.receive()
        got.set()

    other = threading.Thread(target=receives)
    other.start()
    was_sent = got.wait(20)
    holds.set()
    for thread in (reading, other):
        thread.join()

    assert was_sent, "it waited for the slow one"
    assert page.soup.select_one("h3").text == "2"  # type: ignore[union-attr]
    slows.receive()
    assert slow.soup.select_one("h3").text == "slow 2"  # type: ignore[union-attr]
    slows.close()
    stream.close()


def test_who_is_online_is_counted_over_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that shows the number hears of a page at another worker, some seconds later."""
    monkeypatch.setattr(Online, "run", lambda self: None)  # a thread
    monkeypatch.setattr(Upkeep, "tick", lambda self: None)
    base = MemoryJournal()
    one, two = (Club(Worker(End(base))) for _ in range(2))
    page, stream = one.open("/online/red")
    text = page.soup.select_one("p")
    assert text is not None
    stream.receive()

    _, other = two.open("/online/red")
    _, third = two.open("/online/blue")
    for club in (two, one, two, one):
        club.app.pages.live.elsewhere.refresh()
    stream.receive()

    shown = page.soup.select_one("p")
    assert shown is not None
    assert shown.text == "3, 2"
    third.close()
    other.close()
    for club in (two, one):
        club.app.pages.live.elsewhere.refresh()
    stream.receive()
    shown = page.soup.select_one("p")
    assert shown is not None
    assert shown.text == "1, 1"
    stream.close()
    for club in (one, two):
        club.app.pages.live.stop()
