"""Law 1 for pages that follow: a live page is a fresh page, whatever breaks on the way.

Random pages of random browsers follow random changes, by two workers with one journal. Lines break
at any moment and are taken up again, by either worker; keys change; what is remembered is lost.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import HtealeafError
from htealeaf.state.drafts import Write
from htealeaf.state.replica import Replica
from htealeaf.testing import Client
from htealeaf.testing.live import LiveStream
from htealeaf.testing.page import Page
from tests.laws.test_laws import MUTATIONS, ROW
from tests.laws.world import Spec, World, specs

EXAMPLES = int(os.environ.get("LAWS_EXAMPLES", "200")) // 8
MORE = ("mine@ann", "rooms@red")

TABS = (0, 1, 0)  # whose each is

#: A page with what is signed for its browser; it shows nothing that is stored for it.
SIGNED: Spec = ("div", (("button", "inc"), ("button", "theme")))
#: A key changes at one worker while another tab of the browser follows at the other one: where
#: nothing is stored, and where there is something, but not in the session.
NOTHING_STORED = [("break", 0, 1), ("sign", 0, "")]
THEME_STORED = [("click", 2, 1), *NOTHING_STORED]

#: What may happen: to the documents, to a tab, to a worker.
_MUTATE = st.tuples(st.just("mutate"), st.integers(0, len(MUTATIONS) - 1), st.integers(0, 1))
STEPS = st.one_of(
    _MUTATE,
    _MUTATE,
    st.tuples(st.just("more"), st.sampled_from(MORE), st.integers(0, 1)),
    st.tuples(st.just("touch"), st.sampled_from("12"), st.integers(0, 1)),
    st.tuples(st.just("click"), st.integers(0, 2), st.integers(0, 9)),
    st.tuples(st.just("read"), st.integers(0, 2), st.just(0)),
    st.tuples(st.just("break"), st.integers(0, 2), st.integers(0, 1)),
    st.tuples(st.just("sign"), st.integers(0, 1), st.sampled_from(("ann", "bob", ""))),
    st.tuples(st.just("colour"), st.integers(0, 1), st.sampled_from(("red", "blue"))),
    st.tuples(st.just("forget"), st.integers(0, 1), st.just(0)),
)


class Followers:
    """Two browsers with three tabs, of which each follows; two workers."""

    def __init__(self, spec: Spec, history: int) -> None:
        replicas = [Replica(history=history)]
        replicas.append(Replica(replicas[0].journal, history=history))
        self.table = {"1": 0, "2": 0}
        self.workers = [World(spec, replica, self.table) for replica in replicas]
        for worker in self.workers:
            worker.app.live = True
            worker.app.pages.live.together = 0.0
        self.clients = [Client(worker.app) for worker in self.workers]
        self.tabs: list[Page] = [self.clients[at].open("/") for at in TABS]
        self.streams: list[LiveStream] = [tab.live() for tab in self.tabs]
        self.rows = 100

    def close(self) -> None:
        for stream in self.streams:
            stream.close()
        for worker in self.workers:
            worker.registry.journal.close()

    def do(self, what: str, one: Any, other: Any) -> None:
        getattr(self, f"_{what}")(one, other)

    def _write(self, worker: int, stream: str, mutation: Mutation) -> None:
        with suppress(HtealeafError):  # there may be no such place now
            self.workers[worker].registry.journal.commit([Write(stream, mutation)])

    def _mutate(self, at: int, worker: int) -> None:
        verb, path, *value = MUTATIONS[at]
        wanted = Mutation(str(verb), parse(str(path)), self._row(*value))
        self._write(worker, "shared", wanted)

    def _row(self, value: Any = None) -> Any:
        if isinstance(value, list):
            return [self._row(item) for item in value]
        if value is not ROW:
            return value
        self.rows += 1
        return {"id": str(self.rows), "uid": str(self.rows), "done": False, "value": "row"}

    def _more(self, stream: str, worker: int) -> None:
        name = "count" if stream.startswith("mine") else "n"
        self._write(worker, stream, Mutation("increment", parse(name), 1))

    def _touch(self, key: str, worker: int) -> None:
        self.table[key] += 1
        self.workers[worker].orders.touch(key)

    def _click(self, at: int, pick: int) -> None:
        tab = self.tabs[at]
        buttons = tab.soup.select("button[formaction]")
        if buttons:
            tab.click(buttons[pick % len(buttons)])

    def _read(self, at: int, _: int) -> None:
        self.streams[at].receive()
        self.tabs[at].assert_consistent()

    def _break(self, at: int, worker: int) -> None:
        # It is taken up again when the tab reads, by either worker.
        self.streams[at].disconnect()
        client = self.clients[TABS[at]]
        client.app = client._http.application = self.workers[worker].app

    def _sign(self, browser: int, user: str) -> None:
        self.clients[browser].post("/sign", data={"user": user})

    def _colour(self, browser: int, colour: str) -> None:
        self.clients[browser].post("/colour", data={"colour": colour})

    def _forget(self, worker: int, _: int) -> None:
        self.workers[worker].app.pages.forget()


@contextmanager
def followers(spec: Spec, history: int) -> Iterator[Followers]:
    made = Followers(spec, history)
    log = logging.getLogger("htealeaf")
    before, log.disabled = log.disabled, True  # refused clicks are no news here
    try:
        yield made
    finally:
        log.disabled = before
        made.close()


#: The last row goes by a click at one worker, while its page follows at the other.
EMPTIED: Spec = ("div", (("each", "todo", "li", "id", "", "", True), ("button", "inc")))
CLICK_ELSEWHERE = [("click", 0, 0), ("break", 0, 1), ("click", 2, 1), ("mutate", 0, 0)]


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(spec=specs(), history=st.sampled_from([3, 512]), steps=st.lists(STEPS, max_size=20))
@example(spec=SIGNED, history=3, steps=NOTHING_STORED)
@example(spec=SIGNED, history=512, steps=THEME_STORED)
@example(spec=EMPTIED, history=3, steps=CLICK_ELSEWHERE)
def test_a_live_page_is_a_fresh_page(spec: Spec, history: int, steps: list[Any]) -> None:
    """Whatever happens, and wherever lines break: who reads on shows what a GET would."""
    with followers(spec, history) as all_of_them:
        for step in steps:
            all_of_them.do(*step)
        for at in range(3):
            all_of_them.do("read", at, 0)
