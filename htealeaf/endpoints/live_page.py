"""One page that follows: what is sent to it, and when it is over.

A `Following` is the body of the answer that goes on. A server that has a thread for it iterates it;
one that has none (`app/asgi.py`) asks it for `news` when it was woken.

An event of it is, by the HTML standard, "Server-sent events":

    id: k3v.17
    data: k3v.16
    data: <template ht><h3 id="shared-counter">5</h3></template>

The id is the cursor that the patch brings the page to, the first line of the data the one that it
starts from. Without a patch the page is told only where it is: what it has not got, it asks for.

A click at the same worker may give the page another state of its own. The page goes on with that,
and the first line of its events ends with the state's name from then on: what was rendered with
another state than the browser has is dropped there. What another worker was told is not known
here: then the browser comes back with its state.

Rule 1: it remembers of the page what the page itself knows, so it can end at any moment, and the
browser comes back with its cursor, to any worker.

Rule 2: who may see what is asked again before each event.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from typing import Final

from htealeaf.data import streams
from htealeaf.data.cursor import Cursor
from htealeaf.data.effects import Folded
from htealeaf.data.paths import Path
from htealeaf.data.verbs import Change
from htealeaf.endpoints.asked import Shown
from htealeaf.endpoints.patches import patch_of
from htealeaf.endpoints.site import Site
from htealeaf.errors import HtealeafError
from htealeaf.pages.draw import Viewing
from htealeaf.pages.update import Followed, Patch
from htealeaf.state.page_state import state_name
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import utf8

HEARTBEAT: Final = 15.0  #: seconds after which a page hears something, for proxies and for itself
#: Seconds after which a thread looks whether its browser is still there, and the worker goes on.
LOOK: Final = 1.0
BEAT: Final = b":\n\n"  #: an event without anything
_LINE = re.compile(r"\r\n|\r|\n")

log = logging.getLogger("htealeaf")


class Following:
    """A live page, as the body of the answer that brings it its events.

    Args:
        request: The request that opened it, which it goes on to answer.
        visitor: Who sent it.
        site: What is shown.
        shown: What the browser shows.
    """

    def __init__(self, request: Request, visitor: Visitor, site: Site, shown: Shown) -> None:
        self._request, self._visitor, self._site = request, visitor, site
        self._session = visitor.session  # held, so that it is one until the end
        self._page, self.page_id = shown, shown.page_id
        self.browser = visitor.id
        self.shown: frozenset[str] = frozenset()
        self.ended = False
        self._at: Cursor = shown.since or site.registry.journal.cursor
        self._first = b""
        self._restated = ""  # the page's own state, signed, as it was given since it began
        self._state = ""  # the one that is told of
        self._context = copy_context()  # where the app is mounted, and what its functions get
        self._turn = threading.Lock()
        self._is_awake = False
        self._awake: threading.Event | None = None  # where a thread waits
        self._beat = time.monotonic()
        #: Called when it is woken, or has ended, where no thread waits for that.
        self.woken: Callable[[], object] | None = None
        #: Tells whether the browser and the worker are still there; not every server lets us know.
        self.is_wanted: Callable[[], bool] = _always

    # -- its life --------------------------------------------------------------------------

    def begin(self) -> bool:
        """Begin to follow; False if there is no room.

        Raises:
            HtealeafError: As for a catch-up.
        """
        site, request = self._site, self._request
        limit = request.streams if site.max_live is None else site.max_live
        self._visitor.follows = True
        if not site.pages.live.enter(self, limit):
            self._visitor.follows = False
            return False
        try:
            # Something is sent at once, so that a proxy sends on that it has begun.
            self._first = self._sent(site.pages.begin) or BEAT
        except BaseException:
            self.close()
            raise
        self._visitor.release()
        self._visitor.flashed = False  # who acted is told
        return True

    def end(self) -> None:
        """End it: the browser comes back if it wants to go on."""
        self.ended = True
        self.wake()

    def close(self) -> None:
        """Forget it: nobody reads it any more."""
        self.ended = True
        self._site.pages.live.leave(self)
        if not self._visitor.known:
            self._site.pages.cache.drop(self._visitor.pages, self.page_id)

    def wake(self) -> None:
        self._is_awake = True
        if self._awake is not None:
            self._awake.set()
        if self.woken is not None:
            self.woken()

    def restate(self, state: str) -> None:
        self._restated = state
        self.wake()

    # -- what is sent ----------------------------------------------------------------------

    def news(self, *, beat: bool = False) -> bytes:
        """Return what is to be sent now; b"" for nothing.

        Args:
            beat: It is time for a heartbeat, which is sent where there is nothing else.
        """
        with self._turn:
            if self.ended or self._is_void():
                self.ended = True
                return b""
            if beat:
                self._site.sessions.visit(self._visitor)
            try:
                sent = self._context.run(self._followed, not beat)
                self._visitor.release()
                if self._is_void():  # since it began to work that out
                    self.ended = True
                    return b""
                return sent or (BEAT if beat else b"")
            except Exception as error:
                self._visitor.release(error)
                self.ended = True  # it comes back, and is answered as any request
                if not isinstance(error, HtealeafError):
                    log.exception("live page %r could not be rendered", self._page.url)
                return b""

    def _followed(self, quiet: bool) -> bytes:
        follow = self._site.pages.follow
        return self._sent(lambda *page: follow(*page, quiet=quiet))

    def _sent(self, follow: Callable[[Viewing, str, Cursor], Followed]) -> bytes:
        found: list[Followed] = []

        def bring(viewing: Viewing) -> Patch:
            found.append(follow(viewing, self.page_id, self._at))
            return found[0].patch

        state, restated = self._state, self._restated
        if state != restated:
            self._visitor.bring(restated)
            self._state = restated
        patch = patch_of(self._request, self._visitor, self._site, self._page, bring)
        since, before = self._at, self._at
        if found:
            since, _, shown = found[0]
            if shown is not None:
                self._site.pages.live.show(self, shown)
                self._look_again(shown, patch.cursor)
        self._at = patch.cursor
        if patch.page_id or any(piece.op == "visit" for piece in patch.pieces):
            self.ended = True  # that is another page
        told = patch.pieces or patch.cursor != before or restated != state
        return event(since, patch, state_name(restated)) if told else b""

    def _look_again(self, shown: frozenset[str], cursor: Cursor) -> None:
        # What it has begun to show may have changed before the index knew that it shows it.
        journal = self._site.registry.journal
        if journal.n != cursor.n:
            stored = [stream for stream in shown if not streams.is_unstored(stream)]
            if journal.since(stored, cursor.n, journal.n) != []:
                self.wake()

    def _is_void(self) -> bool:
        # Another key leads to its session, or that has ended.
        if not self._site.sessions.is_led(self._visitor):
            return True
        journal = self._site.registry.journal
        at = self._at
        return (
            at.epoch == journal.epoch
            and at.n < journal.n
            and journal.since([streams.session(self.browser)], at.n, journal.n) is None
        )

    def shows(self, stream: str, path: Path) -> bool:
        page = self._site.pages.cache.find(self._visitor.pages, self.page_id)
        if page is None:
            return False
        touched = Folded(0, stream, (Change("replace", path),), None, None)
        while True:
            try:
                return bool(page.graph.affected([touched]))
            except RuntimeError:  # it is rendered right now
                continue

    # -- with a thread ---------------------------------------------------------------------

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        awake = self._awake = self._awake or threading.Event()
        while True:
            awake.clear()  # before it looks: what comes from now on sets it
            sent = self.pending()
            if sent:
                self._beat = time.monotonic()
                return sent
            if self.ended or not self.is_wanted():
                raise StopIteration
            awake.wait(LOOK)

    def pending(self) -> bytes:
        """Return what is to be sent now, if it was woken or it is time; b"" for nothing."""
        first, self._first = self._first, b""
        beat = not first and time.monotonic() - self._beat >= HEARTBEAT
        if not beat and not self._is_awake:
            return first
        self._is_awake = False
        return first + self.news(beat=beat)


def event(since: Cursor, patch: Patch, state: str = "") -> bytes:
    """Return *patch*, which starts from *since*, as an event.

    Args:
        state: What the page's own state is called, if the stream began with another one.
    """
    lines = [
        f"{since} {state}" if state else str(since),
        *(_LINE.split(str(patch)) if patch.pieces else ()),
    ]
    data = "\ndata: ".join(lines)
    return utf8(f"id: {patch.cursor}\ndata: {data}\n\n")


def _always() -> bool:
    return True
