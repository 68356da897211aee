"""Open pages, and the one function that brings any of them up to date.

`Pages.open` renders a page for a GET. `Pages.patch` answers everything else: a click, a catch-up,
a page whose memory was lost. Both render with `rendering.Render`.

Rule 1: what is remembered of a page is a cache. A page that is not there is rendered again from its
URL, and its new graph says what has changed since the cursor that the browser shows: every
dependency is in the journal, so a place that shows something else now has a dependency that was
touched.

Rule 2: remembered digests belong to one cursor. They are compared only when the browser shows that
cursor; else everything touched since is sent.

Rule 3: when the journal can't say what happened since, the whole page is sent.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from htealeaf import wire
from htealeaf.debugging import Debugging, Reads, Trace
from htealeaf.drawing import Drawer, Drawn, Load, Page, View, Visitor, sight, with_rules
from htealeaf.errors import NotAuthenticated
from htealeaf.journal import Entry, Journal, Moment
from htealeaf.pagestate import is_page_stream, state_field
from htealeaf.patching import Piece, differences, outermost, whole
from htealeaf.rendering import Node, Render, list_of
from htealeaf.tracking import Scope, entered
from htealeaf.wire import Cursor

log = logging.getLogger("htealeaf")

MAX_PAGES = 10_000
MAX_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class Opened:
    """A page as a GET gets it."""

    html: str
    view: View
    page: Page
    has_actions: bool
    debug: str = ""  #: what the debug mode says of it


class Patch(NamedTuple):
    """What brings a page from one cursor to another."""

    cursor: Cursor
    pieces: list[Piece]
    debug: str = ""  #: what the debug mode says of it

    def __str__(self) -> str:
        return "".join(map(str, self.pieces))


class Pages:
    """All open pages of one app.

    Args:
        journal: Whose moments are shown.
        load, head, stores, has_state: See `Drawer`.
        limit: How many pages are remembered; the least recently used go first.
        max_bytes: About how many bytes they may take together.
    """

    def __init__(
        self,
        journal: Journal,
        load: Load,
        head: Callable[[str, str], str] | None,
        *,
        stores: Callable[[], Iterable[str]] = tuple,
        has_state: Callable[[], bool] = bool,
        limit: int = MAX_PAGES,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.journal = journal
        self._drawer = Drawer(load, head, stores, has_state)
        self._limit, self._max_bytes = limit, max_bytes
        self._pages: OrderedDict[tuple[str, str], Page] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._debug: Debugging | None = None

    @property
    def debug(self) -> Debugging | None:
        """Return what the debug mode knows; None when it is off."""
        return self._debug

    @debug.setter
    def debug(self, debug: Debugging | None) -> None:
        self._debug = debug
        self._drawer.noting = set if debug is None else Reads

    # -- a GET -----------------------------------------------------------------------------

    def open(self, visitor: Visitor, url: str, base: str = "", view: View | None = None) -> Any:
        """Render the page of *url* (path and query, with *base* in front).

        Args:
            view: What to show instead of what the route function of *url* would: the answer to
                a POST. Such a page is not remembered.

        Returns:
            `Opened`; or what the route function gave, when that is no page.
        """
        with self.journal.moment() as moment:
            drawn = self._drawer.draw(visitor, url, base, moment, None, view)
            told = self._told(drawn, visitor, url, base, moment, view) if self.debug else ""
        if isinstance(drawn, Drawn):
            if drawn.render.has_actions and not visitor.known:
                visitor.issued = True
            if view is None:
                self._remember(visitor, drawn.page)
            return Opened(drawn.html, drawn.view, drawn.page, drawn.render.has_actions, told)
        return drawn

    # -- everything else -------------------------------------------------------------------

    def patch(
        self, visitor: Visitor, page_id: str, url: str, since: Cursor, base: str = ""
    ) -> Patch:
        """Return what brings the page from *since*, what the browser shows, to now."""
        patch = self._patch(visitor, page_id, url, since, base)
        if visitor.state.entries and not any(p.op in ("page", "visit") for p in patch.pieces):
            told = Piece("", wire.STATE, state_field(visitor.state.text(visitor.sign)))
            patch = patch._replace(pieces=[*patch.pieces, told])
        return patch

    def _patch(self, visitor: Visitor, page_id: str, url: str, since: Cursor, base: str) -> Patch:
        page = self._known(visitor.id, page_id)
        owned = page is not None or visitor.owns(page_id)  # only own ones are remembered
        idle = self.journal.is_at(since) and not visitor.state.entries
        if idle and owned and not (page is not None and page.failed):
            return Patch(since, [])
        if page is not None:
            with page.lock, self.journal.moment() as moment:
                known = page.n == since.n and since.epoch == moment.epoch
                if known and page.state == visitor.state.shown:
                    return self._again(visitor, page, url, base, moment)
        with self.journal.moment() as moment:
            return self._anew(visitor, page_id, url, base, moment, since if owned else None)

    def _since(self, visitor: Visitor, page: Page, n: int, moment: Moment) -> list[Entry] | None:
        # What happened to anything that the page shows: in the journal, and in its own state.
        streams = [stream for stream in page.graph.streams if not is_page_stream(stream)]
        entries = self.journal.since(streams, n, moment.n)
        return None if entries is None else entries + visitor.state.entries

    def renewed(self, visitor: Visitor, page_id: str, url: str, base: str = "") -> Patch:
        """Return the whole page as it is now."""
        with self.journal.moment() as moment:
            return self._anew(visitor, page_id, url, base, moment, None)

    def _again(self, visitor: Visitor, page: Page, url: str, base: str, moment: Moment) -> Patch:
        entries = self._since(visitor, page, page.n, moment)
        if entries is None:
            return self._anew(visitor, page.id, url, base, moment, None)
        page.state = visitor.state.now or page.state
        trace = self._trace(visitor, page.id, url, base, moment)
        if trace is not None:
            trace.because(page.affected, entries)
        scope = Scope(sight(visitor, moment), visitor.session, rendering="a binding")
        with entered(scope):
            affected = page.affected(entries, scope).union(page.failed)
            if "" not in affected:
                return self._bindings(visitor, page, url, base, moment, scope, affected, trace)
        return self._reloaded(visitor, page, url, base, moment, entries, trace)

    def _bindings(
        self,
        visitor: Visitor,
        page: Page,
        url: str,
        base: str,
        moment: Moment,
        scope: Scope,
        affected: set[str],
        trace: Trace | None,
    ) -> Patch:
        failed: list[str] = []
        pieces: list[Piece] = []
        rules: dict[str, str] = {}
        for id in outermost(affected, page.nodes):
            if id not in page.nodes:
                continue  # it went with something that was rendered before it
            try:
                found = self._one(visitor, page, id, affected, scope, base, rules)
            except (NotAuthenticated, _NeedsKey):
                return Patch(moment.cursor, [Piece("visit", url)])
            except Exception as error:
                failed.append(id)
                log.exception("binding %s could not be rendered; its old HTML stays", id)
                if trace is not None:
                    pieces.append(trace.failed(id, page.nodes, error))
                continue
            if trace is not None:
                trace.rendered(id, page.nodes, found)
            pieces += found
        page.note_computed(scope)
        page.failed, page.n = tuple(failed), moment.n
        told = trace.header() if trace is not None and affected else ""
        return Patch(moment.cursor, with_rules(pieces, rules), told)

    def _one(
        self,
        visitor: Visitor,
        page: Page,
        id: str,
        affected: set[str],
        scope: Scope,
        base: str,
        rules: dict[str, str],
    ) -> list[Piece]:
        node = page.nodes[id]
        render = Render(scope, page.graph, visitor.sign, base=base)
        if node.rows and list_of(node).independent:
            render.keep = frozenset(node.kids) - affected
        outer = page.nodes.get(node.parent)
        render.again(id, node, outer)
        if render.has_actions and not visitor.bound(page.id):
            raise _NeedsKey
        pieces = differences(id, page.nodes, render.nodes, render.html)
        if render.keep and render.nodes[id].digest != node.digest:
            # The list's own element changed: it travels whole, with the rows left out above.
            render = Render(scope, page.graph, visitor.sign, base=base)
            render.again(id, node, outer)
            pieces = differences(id, page.nodes, render.nodes, render.html)
        _settle(page, id, render)
        if render.rules:
            rules.update(render.rules)
        return pieces

    def _reloaded(
        self,
        visitor: Visitor,
        page: Page,
        url: str,
        base: str,
        moment: Moment,
        entries: list[Entry],
        trace: Trace | None,
    ) -> Patch:
        try:
            drawn = self._drawer.draw(visitor, url, base, moment, page.id)
        except NotAuthenticated:
            return Patch(moment.cursor, [Piece("visit", url)])
        except Exception as error:
            page.failed = ("",)
            page.n = moment.n
            log.exception("page %s could not be rendered; the old one stays", url)
            if trace is None:
                return Patch(moment.cursor, [])
            return Patch(moment.cursor, [trace.failed("", page.nodes, error)], trace.header())
        if not _patchable(drawn, page.id, visitor) or drawn.page.status != page.status:
            return Patch(moment.cursor, [_visit(drawn, url)])
        fresh = drawn.page
        if fresh.digest == page.digest:
            pieces = [
                piece
                for kid in fresh.kids
                for piece in differences(kid, page.nodes, fresh.nodes, drawn.render.html)
            ]
            pieces = with_rules(pieces, drawn.render.rules)
        else:
            pieces = drawn.all()
        self._remember(visitor, fresh)
        told = ""
        if trace is not None:
            trace.whole("read outside of a binding", pieces)
            if isinstance(drawn.deps, Reads) and any(piece.op == "page" for piece in pieces):
                trace.advise(drawn.deps, entries, moment.root)
            told = trace.header()
        return Patch(moment.cursor, pieces, told)

    def _anew(
        self,
        visitor: Visitor,
        page_id: str,
        url: str,
        base: str,
        moment: Moment,
        since: Cursor | None,
    ) -> Patch:
        trace = self._trace(visitor, page_id, url, base, moment)
        try:
            drawn = self._drawer.draw(visitor, url, base, moment, None)
        except NotAuthenticated:
            return Patch(moment.cursor, [Piece("visit", url)])
        except Exception as error:
            if since is None:
                raise
            # What is shown stays, at its cursor: all that has happened since is still to come.
            log.exception("page %s could not be rendered; the old one stays", url)
            if trace is None:
                return Patch(since, [])
            return Patch(since, [trace.failed("", {}, error)], trace.header())
        if not _patchable(drawn, page_id, visitor):
            return Patch(moment.cursor, [_visit(drawn, url)])
        page, render = drawn.page, drawn.render
        entries = None
        if since is not None and since.epoch == moment.epoch:
            entries = self._since(visitor, page, since.n, moment)
        affected = page.affected(entries, None) if entries is not None else {""}
        wanted = outermost(affected, page.nodes, through_lists=True)
        everything = "" in affected or any(page.nodes[id].named for id in wanted)
        if everything:
            pieces = drawn.all()
        else:
            page.id = page_id
            pieces = [whole(page.nodes[id], render.html[id]) for id in wanted]
            pieces = with_rules(pieces, render.rules)
        self._remember(visitor, page)
        told = ""
        if trace is not None:
            trace.page_id = page.id
            trace.because(page.affected, entries or ())
            trace.whole("the page was not remembered as it is shown", pieces)
            if everything and entries and isinstance(drawn.deps, Reads):
                trace.advise(drawn.deps, entries, moment.root)
            told = trace.header()
        return Patch(moment.cursor, pieces, told)

    # -- debug mode ------------------------------------------------------------------------

    def _trace(
        self, visitor: Visitor, page_id: str, url: str, base: str, moment: Moment
    ) -> Trace | None:
        if self._debug is None:
            return None
        return Trace(self._debug, url, page_id, self._redraw(visitor, url, base, moment))

    def _redraw(self, visitor: Visitor, url: str, base: str, moment: Moment) -> Callable[[], str]:
        def draw() -> str:
            drawn = self._drawer.draw(visitor, url, base, moment, None)
            return drawn.html if isinstance(drawn, Drawn) else ""

        return draw

    def _told(
        self, drawn: Any, visitor: Visitor, url: str, base: str, moment: Moment, view: View | None
    ) -> str:
        if self.debug is None or not isinstance(drawn, Drawn):
            return ""
        draw = self._redraw(visitor, url, base, moment) if view is None else None
        return self.debug.opened(url, drawn.page.id, drawn.html, len(drawn.page.nodes), draw)

    # -- memory ----------------------------------------------------------------------------

    def _known(self, visitor_id: str, page_id: str) -> Page | None:
        with self._lock:
            page = self._pages.get((visitor_id, page_id))
            if page is not None:
                self._pages.move_to_end((visitor_id, page_id))
            return page

    def _remember(self, visitor: Visitor, page: Page) -> None:
        # A page of a browser without a key could not be found again.
        if (
            not self._drawer.reactive
            or not (visitor.known or visitor.issued)
            or not page.graph.streams
        ):
            return
        key = (visitor.id, page.id)
        with self._lock:
            old = self._pages.pop(key, None)
            self._pages[key] = page
            self._bytes += page.size - (old.size if old else 0)
            while len(self._pages) > self._limit or (
                self._bytes > self._max_bytes and len(self._pages) > 1
            ):
                _, gone = self._pages.popitem(last=False)
                self._bytes -= gone.size

    def forget(self) -> None:
        """Forget every page: each costs one extra rendering, and nobody notices."""
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def stats(self) -> dict[str, int]:
        """Return how many pages are remembered, about how many bytes they take, and at most."""
        with self._lock:
            return {
                "pages": len(self._pages),
                "max_pages": self._limit,
                "page_bytes": self._bytes,
                "max_page_bytes": self._max_bytes,
            }


class _NeedsKey(Exception):
    # A page without actions, and so without a browser key, has one now.
    pass


def _settle(page: Page, id: str, render: Render) -> None:
    # Takes over what was rendered, and forgets what was inside before and is not any more.
    kids = page.nodes[id].kids
    staying = render.keep.intersection(render.nodes[id].kids) if kids else ()
    for kid in kids:
        if kid not in staying:
            _forget(page, kid, render.nodes)
    page.nodes.update(render.nodes)


def _forget(page: Page, id: str, fresh: dict[str, Node]) -> None:
    node = page.nodes.get(id)
    if node is None:
        return
    for kid in node.kids:
        _forget(page, kid, fresh)
    if id not in fresh:
        page.graph.drop(id)
        del page.nodes[id]


def _patchable(drawn: Any, page_id: str, visitor: Visitor) -> bool:
    # A page that has actions now needs a key, and only loading a page brings one.
    if not isinstance(drawn, Drawn) or (drawn.render.has_actions and not visitor.bound(page_id)):
        return False
    return page_id.endswith("." + drawn.frame)


def _visit(answer: Any, url: str) -> Piece:
    return Piece("visit", getattr(answer, "location", None) or url)
