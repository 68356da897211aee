"""The three laws, over random pages and random histories.

1. A patched page equals a fresh page.
2. A patch holds nothing twice and, where the server remembers what this client has, nothing that
   is unchanged.
3. What the server remembers about open pages is a cache.

And: what a person asked for happens once, to the thing that they saw, or not at all; a page shows
nothing of somebody else, and one moment only.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from bs4 import Tag
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from htealeaf.data.documents import find
from htealeaf.data.paths import Path, parse
from htealeaf.data.verbs import Mutation
from htealeaf.state.drafts import Write
from htealeaf.state.replica import Replica
from htealeaf.testing.trees import by_id
from htealeaf.testing.trees import parse as parsed
from tests.laws.browser import Answer, Browser, Tab, assert_same, filled, template_of
from tests.laws.world import World, specs

EXAMPLES = int(os.environ.get("LAWS_EXAMPLES", "60"))
STEPS = int(os.environ.get("LAWS_STEPS", "50"))

#: Where a row with an id of its own is wanted.
ROW = object()

MUTATIONS = [
    ("increment", "n", 1),
    ("toggle", "flag"),
    ("set", "name", "b"),
    ("set", "name", "<i>"),
    ("replace", "maybe", 3),
    ("replace", "maybe", None),
    ("replace", "deep/a/b", 2),
    ("replace", "deep/a", {"b": 7}),
    ("append", "tags", "z"),
    ("insert", "tags/0", "w"),
    ("delete", "tags/0"),
    ("clear", "tags"),
    ("delete", "todo/0"),
    ("toggle", "todo/0/done"),
    ("replace", "todo/0/value", "changed"),
    ("move", "todo/0", "-"),
    ("move", "todo/1", 0),
    ("replace", "todo", [ROW]),
    ("replace", "todo", [ROW, ROW, ROW]),
    ("replace", "todo/0", ROW),
    ("replace", "todo/0/id", ""),
    ("replace", "todo/id=2/done", True),
    ("clear", "todo"),
]

# What may happen, the frequent several times.
KINDS = [
    *("click", "click", "click", "click", "queued", "look", "look", "look", "mutate", "mutate"),
    *(
        "mutate",
        "insert",
        "batch",
        "touch",
        "touch",
        "forget",
        "sign",
        "colour",
        "other",
        "restart",
        "race",
    ),
    *("navigate", "race", "everyone", "late", "late", "late", "late", "fail", "fail"),
]

USERS = ("ann", "bob", "")
#: Which browser has each tab open, and where.
TABS = [(0, "/"), (0, "/guarded"), (1, "/"), (2, "/guarded")]
STREAMS = ("shared", "rooms@red", "rooms@blue", "mine@ann", "mine@bob")

_OWNED = re.compile(r"(secret|colour|note) of (\w+)")
_LEFT = re.compile(r'class="left"[^>]*>(\d+)<')
_TORN = re.compile(r'class="torn"[^>]*>(\d+)=(\d+)<')


class Asked(NamedTuple):
    """A click: the offer, and the row that it is about."""

    offer: str
    uid: str


@contextmanager
def _raising(world: World) -> Iterator[None]:
    # Unlogged: there would be thousands of traces, which take longer than what they are about.
    log = logging.getLogger("htealeaf")
    world.raises = log.disabled = True
    try:
        yield
    finally:
        world.raises = log.disabled = False


class Laws(RuleBasedStateMachine):
    """Three browsers with four tabs, two users, two workers, any page, any history."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = 100
        self.clicks: dict[tuple[int, str], int] = {}
        self.users = ["", "", ""]  # who is signed in, by browser
        self.memory: dict[int, tuple[int, str]] = {}  # tab: worker and cursor that it remembers
        self.current: dict[int, tuple[str, str]] = {}  # tab: cursor and cookie when it was right
        self.began: dict[str, Any] = {}
        self.steps: list[list[Any]] = []

    @initialize(page=specs(), history=st.sampled_from([3, 512]), signed=st.booleans())
    def begin(self, page: Any, history: int, signed: bool) -> None:
        self.began = {"page": page, "history": history, "signed": signed}
        replicas = self.replicas(history)
        self.table = {"1": 0, "2": 0}
        self.workers = [World(page, replica, self.table) for replica in replicas]
        self.browsers = [Browser() for _ in range(3)]
        self.tell_secrets()
        if signed:
            for browser, user in enumerate(USERS[:2]):
                self.become(browser, user, 0)
        self.tabs: list[Tab] = []
        for tab, (browser, url) in enumerate(TABS):
            worker = tab % 2
            self.tabs.append(Tab(self.browsers[browser], self.workers[worker].app, url))
            self.memory[tab] = (worker, self.tabs[tab].shown)
        for tab in range(len(TABS)):
            self.check(tab)

    def replicas(self, history: int) -> list[Replica]:
        """Return the documents of two workers, and note whose are always up to date."""
        # Each worker has documents and a history of its own, folded from one journal.
        replicas = [Replica(history=history)]
        replicas.append(Replica(replicas[0].journal, history=history))
        self.journal = replicas[0]
        return replicas

    def tell_secrets(self) -> None:
        for user in USERS[:2]:
            self.workers[0].mine.of(user).replace("secret", f"secret of {user}")

    # -- what the laws say -----------------------------------------------------------------

    def check(self, index: int, worker: int = 0) -> None:
        """Law 1 for one tab, which has just been brought up to date."""
        tab = self.tabs[index]
        status, _, fresh = tab.browser.request(self.workers[worker].app, "GET", tab.url)
        assert status == 200, f"a GET of {tab.url} gives {status}, and the tab still shows it"
        assert_same(tab, fresh)
        self.is_its_own(index)
        left = sum(not row["done"] for row in self.journal.root("shared")["todo"])
        for shown in _LEFT.findall(tab.text):
            assert int(shown) == left, f"a computed value is {shown}, and ought to be {left}"
        self.current[index] = (str(self.journal.cursor), tab.browser.cookie)

    def is_its_own(self, index: int) -> None:
        """Check that a tab shows nothing of somebody else, and one moment only."""
        browser, text = TABS[index][0], self.tabs[index].text
        for what, whose in _OWNED.findall(text):
            owner = self.users[browser] if what == "secret" else str(browser)
            assert whose == owner, f"{owner or 'nobody'} is shown the {what} of {whose}"
        for one, other in _TORN.findall(text):
            assert one == other, f"two moments in one page: {one} and {other}"

    def take(self, index: int, worker: int, answer: Answer) -> None:
        tab = self.tabs[index]
        shown = tab.shown
        remembered = self.memory.get(index) == (worker, shown)
        tab.take(
            answer,
            self.workers[worker].app,
            check=lambda text: self.law_two(tab, text, remembered),
        )
        self.law_three(tab, worker)
        if answer[0] == 200 or tab.shown != shown:  # else the worker did not need the page
            self.memory[index] = (worker, tab.shown)

    def law_three(self, tab: Tab, worker: int) -> None:
        """What is remembered of a page at its cursor is what the page has, and no more."""
        for page in self.workers[worker].app.pages.cache:
            if page.id == tab.page_id and tab.shown == f"{self.journal.epoch}.{page.n}":
                for node in page.nodes.values():
                    assert f'id="{node.mark}"' in tab.text, f"{node.mark} is remembered, and gone"

    def law_two(self, tab: Tab, text: str, remembered: bool) -> None:
        """Nothing twice; nothing unchanged or gone where the server remembers."""
        named: list[str] = []
        inside: set[str] = set()
        for part in parsed(text).contents:
            if not isinstance(part, Tag):
                continue
            op = part.get("ht-op")
            id = str(part.get("ht-to") if op else part.get("id"))
            if op in ("remove", "move"):  # several elements at once
                several = id.split("\n")
                missing = [each for each in several if remembered and not by_id(tab.soup, each)]
                assert not missing, f"there is no such element: {missing}"
                named += several
            elif op in (None, "replace", "attrs"):
                named.append(id)
                shown = by_id(tab.soup, id) if remembered else None
                if remembered:
                    assert shown is not None, f"there is no such element: {part}"
                if shown is not None and op in (None, "replace"):
                    sent = str(part) if op is None else part.decode_contents()
                    assert str(shown) != sent, f"unchanged: {part}"
            content = part.find_all(True)
            inside |= {str(t["id"]) for t in content if t.get("id") not in (None, id)}
        twice = [id for id in named if named.count(id) > 1]
        assert all(self.moved(text, id) for id in twice), f"twice: {twice}"
        assert not inside & set(named), f"inside of another fragment: {inside & set(named)}"

    @staticmethod
    def moved(text: str, id: str) -> bool:
        # A row may move and change its content: two things, each once.
        moves = [part for part in parsed(text).contents if isinstance(part, Tag)]
        moves = [part for part in moves if part.get("ht-op") == "move"]
        return [id for part in moves for id in str(part["ht-to"]).split("\n")].count(id) == 1

    # -- what a click does -----------------------------------------------------------------

    def ask(self, index: int, pick: int) -> Asked | None:
        offers = self.tabs[index].offers()
        if pick % 2:  # most of what can go wrong is in rows
            offers = [offer for offer in offers if offer[1]] or offers
        return Asked(*offers[pick % len(offers)]) if offers else None

    def sent(self, index: int, worker: int, asked: Asked, *, first: Answer | None = None) -> Answer:
        """Click, and check that what was asked for happened, and nothing else.

        With the *first* answer it is the same click again. What one worker refused, as its history
        did not reach back to what was shown, another may still do; once.
        """
        browser, tab = TABS[index][0], self.tabs[index]
        # The same one-time ids are used for other actions, and in other browsers.
        key = (browser, asked.offer.partition("&o=")[0])
        self.clicks[key] = count = self.clicks.get(key, 0) + (first is None)
        before = self.state()
        known = self.current.get(index)
        is_right = known == (str(self.journal.cursor), tab.browser.cookie)
        is_right = is_right and asked in tab.offers()  # else the page has changed under the click
        typed = self.typed(browser, asked)
        answer = tab.send(self.workers[worker].app, asked.offer, f"id{count}", typed)
        assert answer[0] in (200, 204, 401, 403, 404, 409), answer
        if known is not None and known[1] != tab.browser.cookie and first is None:
            assert answer[0] in (401, 403), f"an offer outlived its browser key: {asked} {answer}"
        if answer[0] >= 400:
            assert not is_right, f"refused, though the page is up to date: {asked} {answer}"
            assert self.state() == before, "refused, and changed something"
        elif first is None or first[0] >= 400:
            self.did_what_it_says(asked, before, self.state(), browser, typed)
        else:
            now = self.state()
            assert now == before, ("the same click counted twice", before, now, asked, answer)
        return answer

    @staticmethod
    def typed(browser: int, asked: Asked) -> str:
        return f"note of {browser}" if "/prefs/" in asked.offer else f"typed {browser}"

    def state(self) -> dict[str, Any]:
        return {stream: self.journal.root(stream) for stream in STREAMS}

    def did_what_it_says(
        self, asked: Asked, before: Any, after: Any, browser: int, typed: str
    ) -> None:
        url, _, query = asked.offer.partition("?")
        label, _, place = unquote(url.removeprefix("/api/_store/")).partition("/")
        stream = f"mine@{self.users[browser]}" if label == "mine" else label
        others = {s for s in STREAMS if s != stream and before[s] != after[s]}
        assert not others, f"{asked.offer} changed {others}"
        if label == "prefs":
            return
        verb, path = re.split("[=&]", query)[0], parse(place)
        was, now = before[stream], after[stream]
        if asked.uid:
            self.did_to_the_row(asked, verb, path, was, now)
            return
        value = find(was, path, None)
        if verb == "append":
            wanted = filled(template_of(query), typed)
            found = find(now, path, None)
            if isinstance(wanted, dict):
                assert found[-1]["value"] == wanted["value"]
                assert found[-1]["id"] not in [row["id"] for row in value]
            else:
                assert found[-1] == wanted
                assert found[:-1] == [*value, wanted][-4:][:-1]
            return
        wanted = {
            "increment": lambda: value + 1,
            "toggle": lambda: not value,
            "clear": list,
            "set": lambda: filled(template_of(query), typed),
        }[verb]()
        assert find(now, path, None) == wanted, f"{asked.offer}: {value!r} to {find(now, path)!r}"

    @staticmethod
    def did_to_the_row(asked: Asked, verb: str, path: Path, was: Any, now: Any) -> None:
        # What a key names is the item with that key; an index, the item that was seen.
        rows, after = was[path[0]], now[path[0]]
        key = path[1].partition("=")[2]
        meant = [
            at
            for at, row in enumerate(rows)
            if (row["id"] == key if key else _uid(row) == asked.uid)
        ]
        results = []
        for at in meant:
            if verb == "delete":
                results.append([*rows[:at], *rows[at + 1 :]])
            else:
                turned = {**rows[at], "done": not rows[at]["done"]}
                results.append([*rows[:at], turned, *rows[at + 1 :]])
        assert after in results, f"{asked} was done to another row: {rows} {after}"

    # -- what may happen -------------------------------------------------------------------

    @rule(
        kind=st.sampled_from(KINDS),
        tab=st.integers(0, len(TABS) - 1),
        worker=st.integers(0, 1),
        pick=st.integers(0, 59),
    )
    def step(self, kind: str, tab: int, worker: int, pick: int) -> None:
        """Let one thing happen. One rule, since Hypothesis leaves out rules of many at random."""
        self.steps.append([kind, tab, worker, pick])
        getattr(self, kind)(tab, worker, pick)

    def click(self, tab: int, worker: int, pick: int) -> None:
        """Somebody clicks what they see, up to date or not; the network may lose or repeat it."""
        asked = self.ask(tab, pick)
        if asked is None:
            return
        how = ("once", "once", "twice", "lost")[pick % 4]
        answer = self.sent(tab, worker, asked)
        if how != "once":
            # Whoever is asked again, maybe another worker, knows that it was done.
            done = answer[0] < 400
            again = self.sent(tab, (worker + pick // 4) % 2, asked, first=answer)
            assert not done or again[0] < 400, again
            answer = answer if how == "twice" and done else again
            self.memory.pop(tab, None)
        self.take(tab, worker, answer)
        if how != "once":
            self.memory.pop(tab, None)
        self.check(tab, worker)

    def queued(self, tab: int, worker: int, pick: int) -> None:
        """Two clicks on one page, the second made before the first was answered."""
        for at, asked in enumerate([self.ask(tab, pick), self.ask(tab, pick // 7)]):
            if asked is not None:
                who = (worker + at * pick) % 2
                self.take(tab, who, self.sent(tab, who, asked))
                self.check(tab, worker)

    def late(self, tab: int, worker: int, pick: int) -> None:
        """Somebody clicks a row after others have reshaped its list, or after a restart."""
        self.look(tab, worker, pick)
        row = self.ask(tab, pick | 1)
        if row is None:
            return
        name = "tags" if "/tags/" in row.offer else "todo"
        others = self.workers[1 - worker].shared
        if pick % 3 == 0:
            self.restart(tab, worker, 0)
            others.insert(f"{name}/0", self.item(name))
            for _ in range(40):  # so that numbers of the old epoch are numbers of the new one
                others.increment("n")
        made = self.item(name)
        with suppress(LookupError):
            change: tuple[tuple[str, Any], ...] = (
                ("delete", None),
                ("move", "-"),
                ("insert", made),
                # A text that is replaced counts as the same thing, edited.
                ("replace", made) if name == "todo" else ("insert", made),
                ("replace", made) if name == "todo" else ("delete", None),
            )
            verb, value = change[pick // 3 % 5]
            place = f"{name}/{pick // 15 % 2}"
            getattr(others, verb)(place, *([] if value is None else [value]))
        self.take(tab, worker, self.sent(tab, worker, row))
        self.check(tab, worker)

    def look(self, tab: int, worker: int, pick: int) -> None:
        """A tab is looked at, and catches up."""
        self.catch_up(tab, worker)
        self.check(tab, 1 - worker)

    def catch_up(self, tab: int, worker: int) -> None:
        answer = self.tabs[tab].look(self.workers[worker].app)
        assert answer[0] in (200, 304), answer
        self.take(tab, worker, answer)

    def everyone(self, tab: int, worker: int, pick: int) -> None:
        """All tabs are looked at."""
        for each in range(len(TABS)):
            self.look(each, worker, pick)

    def race(self, tab: int, worker: int, pick: int) -> None:
        """Somebody writes while a page is rendered."""
        write = Write("shared", Mutation("increment", Path(("n",)), 1, None))
        world, times = self.workers[worker], 1 + 4 * (pick % 2)

        def happens() -> None:
            for _ in range(times):
                self.journal.commit([write])

        world.shared.increment("n")
        world.meanwhile = happens
        if pick % 3:
            self.catch_up(tab, worker)
        else:
            self.load(tab, worker, self.tabs[tab].url)
        world.meanwhile = None
        self.is_its_own(tab)
        self.look(tab, worker, pick)

    def fail(self, tab: int, worker: int, pick: int) -> None:
        """Some bindings raise for a while. A patch brings the rest, and later what they show."""
        world, browser = self.workers[worker], self.tabs[tab].browser
        owned = self.current.get(tab, ("", ""))[1] == browser.cookie
        with _raising(world):
            for change in ("insert", "batch", "mutate")[: 1 + pick % 3]:
                getattr(self, change)(tab, worker, pick)
                answer = self.tabs[tab].look(world.app)
                # What another key has signed is void, and only the whole page can replace it.
                assert answer[0] in (200, 304) or not owned, answer
                if answer[0] >= 400 or 'ht-op="visit"' in answer[2]:
                    break
                self.take(tab, worker, answer)
        self.memory.pop(tab, None)
        self.catch_up(tab, worker)
        self.check(tab, 1 - worker)

    def navigate(self, tab: int, worker: int, pick: int) -> None:
        """Somebody goes to another page, or loads this one anew."""
        self.load(tab, worker, ("/", "/guarded")[pick % 2])
        self.check(tab, worker)

    def load(self, tab: int, worker: int, url: str) -> None:
        self.tabs[tab].load(self.workers[worker].app, url)
        self.memory[tab] = (worker, self.tabs[tab].shown)

    def mutate(self, tab: int, worker: int, pick: int) -> None:
        """Python code changes the shared store."""
        verb, *arguments = MUTATIONS[pick % len(MUTATIONS)]
        assert isinstance(verb, str)
        with suppress(LookupError, TypeError):  # there may be no such place now
            getattr(self.workers[worker].shared, verb)(*map(self.fresh, arguments))

    def fresh(self, value: Any) -> Any:
        """Return *value* with rows and ids that were never there before."""
        if value is ROW:
            return self.row(done=False)
        if isinstance(value, list):
            return [self.fresh(item) for item in value]
        return self.row(done=False)["id"] if value == "" else value

    def row(self, *, done: bool) -> dict[str, Any]:
        self.rows += 1
        n = self.rows
        return {"id": f"i{n}", "uid": f"u{n}", "done": done, "value": f"n{n * 7 % 10} {n}"}

    def item(self, name: str) -> Any:
        row = self.row(done=False)
        return row if name == "todo" else row["uid"]

    def insert(self, tab: int, worker: int, pick: int) -> None:
        """A row comes, with an id and a text that no other row has."""
        if len(self.journal.root("shared")["todo"]) < 6:
            place = f"todo/{(0, 1, '-')[pick % 3]}"
            with suppress(LookupError):
                self.workers[worker].shared.insert(place, self.row(done=pick % 4 == 0))

    def batch(self, tab: int, worker: int, pick: int) -> None:
        """Several changes at once."""
        shared = self.workers[worker].shared
        with shared.batch():
            shared.increment("n", 2)
            if shared.read("todo"):
                shared.move("todo/0", "-")
                shared.toggle("todo/0/done")
                if pick % 2:
                    shared.replace("todo/0", self.row(done=False))
            shared.append("tags", f"q{pick % 3}", keep=4)
            self.workers[worker].rooms.of("red").increment("n")

    def touch(self, tab: int, worker: int, pick: int) -> None:
        """Data that lives elsewhere changes."""
        key = str(1 + pick % 2)
        self.table[key] += 1
        self.workers[worker].orders.touch(None if pick % 3 == 0 else key)

    def forget(self, tab: int, worker: int, pick: int) -> None:
        """A worker loses what it remembers of pages."""
        self.workers[worker].app.pages.forget()
        self.memory = {tab: seen for tab, seen in self.memory.items() if seen[0] != worker}

    def sign(self, tab: int, worker: int, pick: int) -> None:
        """Somebody signs in or out, in a tab that we do not look at."""
        self.become(TABS[tab][0], USERS[pick % 3], worker)

    def become(self, browser: int, user: str, worker: int) -> None:
        before = self.browsers[browser].cookie
        self.browsers[browser].post(self.workers[worker].app, "/sign", user=user)
        assert self.browsers[browser].cookie != before, "the browser key outlived its user"
        self.users[browser] = user
        for tab, (whose, _) in enumerate(TABS):
            if whose == browser:
                self.memory.pop(tab, None)

    def colour(self, tab: int, worker: int, pick: int) -> None:
        """A session is written from elsewhere; maybe the tab is looked at."""
        browser = TABS[tab][0]
        colour = f"{('red', 'blue')[pick % 2]}, the colour of {browser}"
        self.browsers[browser].post(self.workers[worker].app, "/colour", colour=colour)
        if pick % 4 < 2:
            self.look(tab, worker, pick)

    def other(self, tab: int, worker: int, pick: int) -> None:
        """A user's store changes from elsewhere."""
        self.workers[worker].mine.of(USERS[pick % 2]).increment("count")

    def restart(self, tab: int, worker: int, pick: int) -> None:
        """The server starts again: a new epoch, everything at its default."""
        if pick > 30:
            return
        self.journal.reset()
        for one in self.workers:
            one.app.pages.forget()
        self.memory.clear()
        self.users = ["", "", ""]
        self.tell_secrets()


def _uid(row: Any) -> str:
    return str(row["uid"] if isinstance(row, dict) else row)


Laws.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
test_laws = pytest.mark.slow(Laws.TestCase)
