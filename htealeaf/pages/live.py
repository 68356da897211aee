"""Live pages: which pages follow by themselves, and who of them is told of a change.

One thread of a worker, the dispatcher, waits for entries of the journal. An index, from a stream to
the live pages that show it, says who may be affected; these are woken, and each works out its own
patch, wherever it runs.

Rule 1: changes of `TOGETHER` seconds are put together, so a page is woken once for all of them.

Rule 2: to be woken says only that something may have happened. A page that is woken for nothing
finds nothing; one that was not woken in time is woken at the next heartbeat.

Rule 3: nothing here is remembered of a page that is not live. Who comes back says what is shown.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Collection, Iterable
from itertools import count
from typing import Final, Protocol

from htealeaf.data import streams
from htealeaf.data.paths import ROOT, Path
from htealeaf.pages.online import Online, Place
from htealeaf.state.clock import ticks, until_tick
from htealeaf.state.replica import Replica

TOGETHER: Final = 0.025  #: seconds in which changes are put together
MAX_LIVE: Final = 10_000  #: live pages of a worker at most
#: Live pages of one browser at most. Over HTTP/1.1 it has six connections to a site, and its clicks
#: need some of them.
OF_A_BROWSER: Final = 4
_PLACES = 1000  # places of which it is known which live pages show them


class LivePage(Protocol):
    """One page that follows, as the index knows it."""

    browser: str  #: its browser's session
    page_id: str
    shown: frozenset[str]  #: the streams that it shows; kept here

    def wake(self) -> None:
        """Say that something may have happened. It is quick, and may be said by any thread."""

    def end(self) -> None:
        """Say that it is over."""

    def restate(self, state: str) -> None:
        """Say what the page's own state is now, signed; as quickly as `wake`."""

    def shows(self, stream: str, path: Path) -> bool:
        """Tell whether a binding of the page shows *path*, what is above it or below it."""


class Live:
    """The live pages of one worker.

    Args:
        journal: What they follow.
        limit: How many there are at most; who comes then asks now and then instead.
        of_a_browser: How many one browser may have.
    """

    def __init__(
        self, journal: Replica, *, limit: int = MAX_LIVE, of_a_browser: int = OF_A_BROWSER
    ) -> None:
        self._journal = journal
        self.limit, self.of_a_browser = limit, of_a_browser
        self.stopped = False  #: nobody is let in any more
        self.begun = self.refused = 0  #: pages that were let in, and those without room
        self._lock = threading.Lock()
        self._pages: set[LivePage] = set()
        self._showing: dict[str, set[LivePage]] = {}
        self._browsers: dict[str, set[LivePage]] = {}
        #: Places that somebody counts, longest unused first, and who shows them.
        self._places: OrderedDict[tuple[str, Path], set[LivePage]] = OrderedDict()
        self._versions: dict[str, int] = {}  # by stream, of who shows it
        self._next_version = count(1)
        #: What was touched, as it was heard: streams, or None for any. To append is one step, so
        #: who commits waits for nobody.
        self._heard: deque[Iterable[str] | None] = deque()
        self.together = TOGETHER  #: seconds in which changes are put together
        self._rounds = threading.Condition()
        self._asked = self._answered = 0  # rounds of the dispatcher, see `settle`
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self.elsewhere = Online(journal, self)

    def __len__(self) -> int:
        return len(self._pages)

    # -- coming and going ------------------------------------------------------------------

    def enter(self, page: LivePage, limit: int | None = None) -> bool:
        """Let *page* in, in the place of the same one; or tell that there is no room.

        Args:
            limit: As for `Live`, where the server that *page* came through has room for fewer.
        """
        with self._lock:
            mates = self._browsers.get(page.browser, set())
            before = next((one for one in mates if one.page_id == page.page_id), None)
            most = self.limit if limit is None else min(limit, self.limit)
            taken, own = len(self._pages) - bool(before), len(mates) - bool(before)
            if self.stopped or taken >= most or own >= self.of_a_browser:
                self.refused += 1
                return False
            self.begun += 1
            if before is not None:
                self._take_out(before)
                before.end()
            if not self._pages:
                self._journal.listen(self._hear)
            self._pages.add(page)
            self._browsers.setdefault(page.browser, set()).add(page)
            self._run()
        self._journal.wait_for_others()
        self.elsewhere.run()
        return True

    def leave(self, page: LivePage) -> None:
        """Forget *page*, which is over."""
        with self._lock:
            self._take_out(page)

    def show(self, page: LivePage, shown: frozenset[str]) -> None:
        """Note what *page* shows now."""
        with self._lock:
            if page not in self._pages:
                return
            sooner = any(streams.is_clock(stream) for stream in shown - page.shown)
            self._index(page, shown)
            for (stream, path), found in self._places.items():
                if (page in found) != (stream in shown and page.shows(stream, path)):
                    found ^= {page}
                    self._changed(stream)
        if sooner:
            self._news.set()

    def restate(self, browser: str, page_id: str, state: str) -> None:
        """Say that a page has got another state of its own, which it is to be followed with."""
        for page in self._mates(browser):
            if page.page_id == page_id:
                page.restate(state)

    def void(self, browser: str) -> None:
        """End the live pages of a browser, whose key is another one now, or whose session ended."""
        for page in self._mates(browser):
            page.end()

    def _mates(self, browser: str) -> list[LivePage]:
        with self._lock:
            return list(self._browsers.get(browser, ()))

    def settle(self) -> None:
        """Wait until everybody is woken whom that affects which has happened. For tests."""
        self._journal.settle()
        with self._rounds:
            self._asked += 1
            mine = self._asked
            self._news.set()
            self._rounds.wait_for(lambda: self._answered >= mine or self._thread is None)

    def stop(self) -> None:
        """End every live page, and let nobody in any more: the worker ends."""
        self.stopped = True
        self.elsewhere.stop()
        with self._lock:
            pages = list(self._pages)
        for page in pages:
            page.end()

    def _take_out(self, page: LivePage) -> None:
        if page not in self._pages:
            return
        self._index(page, frozenset())
        for (stream, _), found in self._places.items():
            if page in found:
                found.discard(page)
                self._changed(stream)
        self._pages.discard(page)
        mates = self._browsers[page.browser]
        mates.discard(page)
        if not mates:
            del self._browsers[page.browser]
        if not self._pages:
            self._journal.unlisten(self._hear)
            self._news.set()  # the dispatcher ends

    def _index(self, page: LivePage, shown: frozenset[str]) -> None:
        for stream in page.shown - shown:
            found = self._showing[stream]
            found.discard(page)
            if not found:
                del self._showing[stream]
                self._versions.pop(stream, None)
            self._changed(stream)
        # First what counts: it is to hear of the others.
        for stream in sorted(shown - page.shown, key=streams.is_passing, reverse=True):
            self._showing.setdefault(stream, set()).add(page)
            self._changed(stream)
        page.shown = shown

    # -- who is online ---------------------------------------------------------------------

    def online(self, stream: str, path: Path) -> int:
        """Return how many live pages show *path* of *stream*; the root stands for any of it.

        Those of this worker are counted; of the others, what they have told, see `online`.
        """
        others = self.elsewhere.others(stream, path)
        with self._lock:
            return self._here(stream, path) + others

    def counts(self, places: Iterable[Place]) -> dict[Place, int]:
        """Return how many live pages of this worker show each document, and each of *places*."""
        with self._lock:
            documents = filter(streams.is_store, self._showing)
            found = {(stream, ROOT): len(self._showing[stream]) for stream in documents}
            return found | {place: self._here(*place) for place in places}

    def recounted(self, documents: Iterable[str]) -> None:
        """Say that other workers count another number of pages that show some of *documents*."""
        with self._lock:
            for stream in documents:
                self._versions[stream] = next(self._next_version)
                counted = streams.online(stream)
                if counted in self._showing:
                    self._hear((counted,))

    def _here(self, stream: str, path: Path) -> int:
        showing: Collection[LivePage] = self._showing.get(stream, ())
        if not path:
            return len(showing)
        place = stream, path
        found = self._places.get(place)
        if found is None:
            found = {page for page in showing if page.shows(stream, path)}
            self._places[place] = found
            if len(self._places) > _PLACES:
                self._places.popitem(last=False)
        else:
            self._places.move_to_end(place)
        return len(found)

    def version(self, stream: str) -> int:
        """Return the version of what changes by itself: a clock, who is online."""
        if streams.is_clock(stream):
            return ticks(stream)
        return self._versions.get(streams.split(stream)[1] or "", 0)

    def _changed(self, stream: str) -> None:
        if streams.is_passing(stream):
            return
        if stream in self._showing:
            self._versions[stream] = next(self._next_version)
        counted = streams.online(stream)
        if counted in self._showing:
            self._hear((counted,))

    # -- the dispatcher --------------------------------------------------------------------

    def _hear(self, touched: Iterable[str] | None) -> None:
        self._heard.append(touched)
        self._news.set()

    def _run(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            name = "htealeaf-live"
            self._thread = threading.Thread(target=self._dispatch, name=name, daemon=True)
            self._thread.start()

    def _dispatch(self) -> None:
        ticked: dict[str, int] = {}
        while True:
            clocks = [stream for stream in list(self._showing) if streams.is_clock(stream)]
            came = self._news.wait(min(map(until_tick, clocks), default=None))
            with self._lock:
                if not self._pages:
                    self._thread = None
                    self._finish(self._asked)
                    return
            if came:
                time.sleep(self.together)
            self._news.clear()  # before what it stands for is taken: it may be set for nothing
            asked = self._asked
            now = {stream: ticks(stream) for stream in clocks}
            touched: set[str | None] = {s for s, n in now.items() if ticked.get(s) != n}
            ticked = now
            while self._heard:
                touched.update(self._heard.popleft() or (None,))
            for page in self._affected(touched):
                page.wake()
            self._finish(asked)

    def _finish(self, asked: int) -> None:
        with self._rounds:
            self._answered = max(self._answered, asked)
            self._rounds.notify_all()

    def _affected(self, touched: set[str | None]) -> list[LivePage]:
        with self._lock:
            if None in touched:
                return list(self._pages)
            found: set[LivePage] = set()
            for stream in filter(None, touched):
                found.update(self._showing.get(stream, ()))
                browser = streams.browser_of(stream)
                if browser is not None:
                    found.update(self._browsers.get(browser, ()))
            return list(found)
