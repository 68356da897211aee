"""Limits: each row of the guide's table, at the limit and one over.

The table in `docs/guide/server.md` is read here: what it says is what the code has.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from htealeaf import WSGI, Registry, Session, SessionStore, Store, SuperStore
from htealeaf.app.settings import SETTINGS
from htealeaf.components import button, div, h3
from htealeaf.testing import Client, PageFailure, hold_clock
from tests.http import FORM, Answer, Browser

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "server.md"
UNITS = {"KiB": 1024, "MiB": 1024 * 1024}


class Row(NamedTuple):
    """One row of the table in the guide."""

    default: str
    refusal: str


def _table() -> dict[str, Row]:
    text = GUIDE.read_text().partition("| argument | bounds |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]* \| ([^|]*) \| ([^|]*) \|$", text, re.MULTILINE)
    return {name: Row(default, refusal) for name, default, refusal in rows}


TABLE = _table()
#: Rows whose default is worked out: as another one, or as the server has room.
WORKED_OUT = {"max_live": None, "address_rate": 0, "address_burst": 0}


class Site:
    """An app with what each limit is about."""

    def __init__(self, **options: Any) -> None:
        with Registry() as self.registry:
            self.free = Store(
                {"t": "", "open": {}, "items": []},
                "free",
                writable=["t", "items", "open/*", "**"],
                readable=[""],
            )
            self.rooms = Store({"n": 0}, "rooms", keyed=True, writable=["n"])
            self.mine = SessionStore({"t": ""}, "mine", writable=["t"])
            self.app = WSGI(**{"secret": "a secret of these tests", "rate": None} | options)
            SuperStore(self.app)
        app = self.app

        @app.route("/")
        def home() -> Any:
            return div(
                h3(self.mine.react("t")),
                button("+", id="plus", onclick=self.rooms.of("a").do.increment("n")),
            )

        @app.route("/form", methods=["POST"])
        def form(request: Any) -> str:
            return str(len(request.form))

        @app.route("/in/{name}", methods=["POST"])
        def enter(session: Session, name: str) -> str:
            session.sign_in(name)
            return "in"

        @app.route("/files/{rest:path}")
        def files(rest: str) -> str:
            return str(len(rest))

    def browser(self, remote: str = "192.0.2.1") -> Browser:
        return Browser(self.app)

    def write(self, path: str, value: Any, browser: Browser | None = None) -> Answer:
        url = f"/api/_store/{path}"
        return (browser or self.browser()).post(url, value, HT_Verb="replace")


#: What a case gives: the answers at the limit, and those to one more.
Found = tuple[list[int], list[int]]
CASES: dict[str, Callable[[int], Found]] = {}
#: What the cases are asked with, where the default would cost seconds.
SMALL = {
    "max_document": 2000, "max_items": 50, "max_documents": 6, "max_session": 1000,
    "max_sessions": 3, "max_session_bytes": 0, "max_pages": 4, "max_page_bytes": 0, "max_live": 1,
    "rate": 2, "burst": 5, "address_rate": 2, "address_burst": 5, "bad_offers": 20,
}  # fmt: skip


def case(function: Callable[[int], Found]) -> Callable[[int], Found]:
    CASES[function.__name__.removeprefix("_")] = function
    return function


@case
def _max_body(limit: int) -> Found:
    site = Site(max_body=limit)
    found = [site.write("free/t", b'"' + b"x" * (n - 2) + b'"') for n in (limit, limit + 1)]
    return [found[0].status], [found[1].status]


@case
def _max_fields(limit: int) -> Found:
    site = Site(max_fields=limit)

    def send(count: int) -> int:
        body = "&".join(["a=1"] * count).encode()
        return site.browser().request("POST", "/form", body, {"Content-Type": FORM}).status

    return [send(limit)], [send(limit + 1)]


@case
def _max_depth(limit: int) -> Found:
    site = Site(max_depth=limit)
    found = [site.write(f"free/open/{n}", _nested(n)).status for n in (limit, limit + 1)]
    return found[:1], found[1:]


def _nested(depth: int) -> Any:
    return [_nested(depth - 1)] if depth > 1 else []


@case
def _max_nodes(limit: int) -> Found:
    site = Site(max_nodes=limit, max_items=None)
    found = [site.write("free/items", [1] * n).status for n in (limit - 1, limit)]  # with the list
    return found[:1], found[1:]


@case
def _max_path(limit: int) -> Found:
    site = Site(max_path=limit)

    def ask(length: int, letter: str = "x") -> list[int]:
        url = "/files/" + letter * ((length - 7) // len(letter.encode()))
        url += "x" * (length - len(url.encode()))
        store = "/api/_store/free/" + "x" * (length - 17)
        browser = site.browser()
        return [browser.get(url).status, browser.get(store).status]

    at, over = ask(limit), ask(limit + 1)
    assert at.pop() == 400, "a path in a document has 1,024 characters"
    return [*at, ask(limit, "€")[0]], [*over, ask(limit + 1, "€")[0]]


@case
def _max_segments(limit: int) -> Found:
    site = Site(max_segments=limit)
    value: Any = 1
    for _ in range(limit - 2):
        value = {"x": value}
    site.free.set("open/x", value)
    path = "free/open" + "/x" * (limit - 1)
    browser = site.browser()
    at = [browser.get(f"/api/_store/{path}").status, site.write(path, 2).status]
    over = [browser.get(f"/api/_store/{path}/x").status, site.write(f"{path}/x", 2).status]
    return at, over


@case
def _max_document(limit: int) -> Found:
    site = Site(max_document=limit)
    room = limit - len(json.dumps(site.free.read(), separators=(",", ":")))
    found = [site.write("free/t", "x" * n).status for n in (room, room + 1)]
    return found[:1], found[1:]


@case
def _max_items(limit: int) -> Found:
    site = Site(max_items=limit)
    at = [site.write("free/items", [1] * limit).status]
    over = [
        site.browser().post("/api/_store/free/items", 1, HT_Verb="append").status,
        site.write("free/open/x", {"deep": [1] * (limit + 1)}).status,
    ]
    return at, over


@case
def _max_documents(limit: int) -> Found:
    site = Site(max_documents=limit)
    site.free.set("t", "a")
    at = [site.write(f"rooms@{n}/n", 1).status for n in range(limit - 1)]
    over = [site.write("rooms@more/n", 1).status]
    assert site.write("rooms@0/n", 2).status == 204, "what is there goes on"
    return at, over


@case
def _max_session(limit: int) -> Found:
    site, browser = Site(max_session=limit), None
    browser = site.browser()
    browser.open("/")
    room = limit - len('{"t":""}')
    found = [site.write("mine/t", "x" * n, browser).status for n in (room, room + 1)]
    return found[:1], found[1:]


@case
def _max_sessions(limit: int) -> Found:
    site = Site(max_sessions=limit)
    at = [site.browser().post(f"/in/{n}").status for n in range(limit)]
    return at, [site.browser().post("/in/more").status]


@case
def _max_session_bytes(limit: int) -> Found:
    def enter(**options: Any) -> tuple[list[int], int]:
        site = Site(**options)
        found = [site.browser().post(f"/in/{n}").status for n in range(3)]
        return found, site.app.stats()["session_bytes"] * 2 // 3

    _, two = enter()
    at, _ = enter(max_session_bytes=two)
    over, _ = enter(max_session_bytes=two - 1)
    return at, over[2:]


@case
def _max_pages(limit: int) -> Found:
    site = Site(max_pages=limit)
    opened = [(browser, browser.open("/")) for browser in map(Browser, [site.app] * limit)]
    assert site.app.stats()["pages"] == limit
    site.browser().open("/")
    assert site.app.stats()["pages"] == limit
    return [b.send(page, page.offer("#plus")).status for b, page in opened], []


@case
def _max_page_bytes(limit: int) -> Found:
    def opened(**options: Any) -> dict[str, Any]:
        site = Site(**options)
        pages = [(browser, browser.open("/")) for browser in map(Browser, [site.app] * 3)]
        stats: dict[str, Any] = {**site.app.stats()}
        assert pages[0][0].send(pages[0][1], pages[0][1].offer("#plus")).status < 300
        return stats

    bytes_ = opened()["page_bytes"]
    assert opened(max_page_bytes=bytes_)["pages"] == 3
    assert opened(max_page_bytes=bytes_ - 1)["pages"] == 2
    return [], []


@case
def _max_live(limit: int) -> Found:
    site = Site(max_live=limit, live=True)
    streams = [Client(site.app).open("/").live() for _ in range(limit)]
    with pytest.raises(PageFailure, match="no room"):
        Client(site.app).open("/").live()
    for stream in streams:
        stream.close()
    return [], []


def _at_once(count: int, *, fresh: bool, **options: Any) -> list[int]:
    # With one cookie, or with a fresh one each time.
    site = Site(**options)
    browser = site.browser()
    browser.open("/")
    found = []
    for _ in range(count):
        answer = site.write("free/t", "x", Browser(site.app) if fresh else browser)
        found.append(answer.status)
        assert ("Retry-After" in answer.headers) is (answer.status == 429)
    return found


@case
def _burst(limit: int) -> Found:
    found = _at_once(limit + 1, fresh=False, rate=1, burst=limit, address_rate=None)
    return found[:-1], found[-1:]


@case
def _address_burst(limit: int) -> Found:
    options = {"rate": 1000, "burst": 1000, "address_rate": 1, "address_burst": limit}
    found = _at_once(limit + 1, fresh=True, **options)
    return found[:-1], found[-1:]


def _by_and_by(often: float, *, fresh: bool, **options: Any) -> Found:
    with hold_clock() as held:
        site = Site(**options)
        browser = site.browser()
        browser.open("/")

        def send() -> int:
            return site.write("free/t", "x", Browser(site.app) if fresh else browser).status

        at = [send()]
        for _ in range(3):
            held.advance(seconds=1 / often)
            at.append(send())
        held.advance(seconds=0.9 / often)
        return at, [send()]


@case
def _rate(limit: int) -> Found:
    return _by_and_by(limit, fresh=False, rate=limit, burst=1, address_rate=None)


@case
def _address_rate(limit: int) -> Found:
    options = {"rate": 1000, "burst": 1000, "address_rate": limit, "address_burst": 1}
    return _by_and_by(limit, fresh=True, **options)


@case
def _bad_offers(limit: int) -> Found:
    site = Site(rate=1000, burst=1000, bad_offers=limit)
    browser = site.browser()
    page = browser.open("/")
    good = page.offer("#plus")
    bad = re.sub("o=.*", "o=A" + "x" * 16, good)
    at = [browser.send(page, bad).status for _ in range(limit)]
    assert at == [403] * limit
    more = browser.send(page, bad)
    assert int(more.headers["Retry-After"]) > 0
    return [browser.send(page, good).status], [more.status]


@pytest.mark.parametrize("name", TABLE)
def test_a_limit_is_met_and_not_passed(name: str) -> None:
    limit = SMALL.get(name, SETTINGS[name].default)

    at, over = CASES[name](limit)

    assert all(200 <= status < 300 for status in at), at
    said = re.match(r"\d{3}", TABLE[name].refusal)
    if said is None:
        assert over == []
    else:
        assert over
        assert {*over} == {int(said[0])}


@pytest.mark.parametrize("name", TABLE)
def test_the_table_says_what_the_code_has(name: str) -> None:
    said, default = TABLE[name].default, SETTINGS[name].default
    if name in WORKED_OUT:
        assert default == WORKED_OUT[name]
        assert said.startswith("as ")
        return
    number, _, unit = said.replace(",", "").partition(" ")
    assert int(number) * UNITS.get(unit, 1) == default


def test_every_limit_of_an_app_is_in_the_table() -> None:
    arguments = inspect.signature(WSGI).parameters
    limits = {name for name in arguments if name.startswith("max_")}
    limits |= {name for name in arguments if re.search("rate|burst|bad_", name)}

    assert TABLE.keys() == limits
    assert CASES.keys() == limits
    assert limits <= SETTINGS.keys()
