"""Updating: open pages, and the one function that makes the patch that any of them lacks.

`Pages.open` renders a page for a GET. `Pages.patch` answers everything else: a click, a catch-up,
a page whose memory was lost. Both render with `rendering.Render`.

Rule 1: what is remembered of a page is a cache. A page that is not there is rendered again from its
URL, and its new graph says what has changed since the cursor that the browser shows: every
dependency is in the journal, so a place that shows something else now has a dependency that was
touched.

Rule 2: remembered digests belong to one cursor. They are compared only when the browser shows that
cursor; else everything touched since is sent.

Rule 3: when the journal can't say what happened since, the whole page is sent.

Rule 4: what changes by itself (a clock, who is online) has versions instead of entries, and no
cursor tells whether it came in. So but for a stream that goes on, it is sent when its version is
another one, also where it shows the same.

Rule 5: a binding that raises costs a patch as little as it can (`patching.contained`), and is tried
again at the next one, so the page remembers it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from htealeaf.data.cursor import Cursor
from htealeaf.data.effects import Folded
from htealeaf.data.paths import ROOT
from htealeaf.data.values import quick
from htealeaf.data.verbs import Change
from htealeaf.errors import NotAllowed, NotAuthenticated
from htealeaf.html.urls import is_local
from htealeaf.pages.cache import MAX_BYTES, MAX_PAGES, PageCache
from htealeaf.pages.document import AssetsOf
from htealeaf.pages.draw import (
    DENIED,
    Drawer,
    Drawn,
    Load,
    Page,
    Posted,
    View,
    Viewing,
    Visitor,
    sight,
    with_rules,
)
from htealeaf.pages.explain import Debugging, Reads, Trace, in_place
from htealeaf.pages.live import Live
from htealeaf.pages.settling import (
    Unclear,
    changed,
    doubt,
    failures,
    first_of,
    holes_of,
    is_unclear,
    log_failures,
    replaced,
    retold,
    settle,
)
from htealeaf.reactive.bindings import UNKNOWN, list_of
from htealeaf.reactive.patching import Piece, outermost
from htealeaf.reactive.rendering import Known, OnError, Options, Render
from htealeaf.reactive.scope import Scope, entered
from htealeaf.reactive.texts import text_again
from htealeaf.state import query
from htealeaf.state.moment import Moment
from htealeaf.state.page_state import state_field
from htealeaf.state.replica import Replica
from htealeaf.wire.names import Attribute, Id
from htealeaf.wire.parts import NO_PARTS, joined, parts_of

#: Numbers that a page may be behind the journal before it is told so, where it shows none of them.
QUIET = 64

#: What who clicked is told when it was done, and a part of the page can't show it.
NOT_SHOWN = "It is done, but a part of this page could not be shown."


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
    page_id: str = ""  #: the page's id from then on, where it has got another one
    failed: bool = False  #: some of the page could not be shown, and is tried again

    def __str__(self) -> str:
        pieces = "".join(map(str, self.pieces))
        # By this the shim knows it, whatever a proxy put around it.
        return f"<template {Attribute.PATCH}>{pieces}</template>" if pieces else ""


class Followed(NamedTuple):
    """What brings a page to now that is followed.

    Attributes:
        since: Where the patch starts from.
        patch: The patch.
        streams: What the page shows then; None where that is not known.
    """

    since: Cursor
    patch: Patch
    streams: frozenset[str] | None


@dataclass(slots=True)
class _Renewal:
    # A remembered page that is brought up to date, and what came of it so far.
    viewing: Viewing
    page: Page
    moment: Moment
    entries: list[Folded]
    trace: Trace | None
    scope: Scope
    affected: set[str]
    failed: dict[str, Exception] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)


class Pages:
    """All open pages of one app.

    Args:
        journal: Whose moments are shown.
        load, head, stores, has_state: See `Drawer`.
        limit: How many pages are remembered; the least recently used go first.
        max_bytes: About how many bytes they may take together.
        build: Gives the stamp of the code that renders; it is asked when the first page is.
    """

    def __init__(
        self,
        journal: Replica,
        load: Load,
        head: AssetsOf | None,
        *,
        stores: Callable[[], Iterable[str]] = tuple,
        has_state: Callable[[], bool] = bool,
        limit: int = MAX_PAGES,
        max_bytes: int = MAX_BYTES,
        build: Callable[[], str] = str,
    ) -> None:
        self.journal = journal
        self._drawer = Drawer(load, head, stores, has_state, build)
        self.cache = PageCache(limit, max_bytes)
        self.live = Live(journal)
        self._passing = False  # some page has shown what changes by itself
        self._debug: Debugging | None = None

    @property
    def debug(self) -> Debugging | None:
        """Return what the debug mode knows; None when it is off."""
        return self._debug

    @debug.setter
    def debug(self, debug: Debugging | None) -> None:
        self._debug = debug
        self._drawer.noting = set if debug is None else Reads
        self._drawer.words = None if debug is None else in_place

    def following(self, on: bool) -> None:
        """Let pages follow by themselves what others do; or not."""
        self._drawer.live = on

    def answered(self, head: AssetsOf) -> None:
        """Let pages have bindings and actions: something answers them; *head* as for `Drawer`."""
        self._drawer.head = head

    # -- a GET -----------------------------------------------------------------------------

    def open(self, viewing: Viewing, view: View | None = None, *, remembered: bool = True) -> Any:
        """Render the page of *viewing*.

        Args:
            view: What to show instead of what the route function of its URL would: the answer to
                a POST. Such a page is not remembered.
            remembered: False for a page that nobody is shown.

        Returns:
            `Opened`; or what the route function gave, when that is no page.
        """
        with self.journal.moment() as moment:
            drawn = self._drawer.draw(viewing, moment, view=view, on_error=OnError.EMPTY)
            told = self._debug_header(drawn, viewing, moment, view) if self.debug else ""
        if isinstance(drawn, Drawn):
            visitor = viewing.visitor
            if drawn.render.has_actions and not visitor.known:
                visitor.issued = True
            if drawn.render.failed:
                drawn.page.failed = tuple(drawn.render.failed)
                log_failures(
                    viewing.url, drawn.render.failed, drawn.page.nodes, "its place is empty"
                )
            if view is None and remembered:
                self._remember(viewing, drawn.page)
            return Opened(drawn.html, drawn.view, drawn.page, drawn.render.has_actions, told)
        return drawn

    # -- everything else -------------------------------------------------------------------

    def patch(self, viewing: Viewing, page_id: str, since: Cursor, *, newest: bool = True) -> Patch:
        """Return what brings the page from *since*, what the browser shows, to now.

        Args:
            newest: Ask the journal what now is, see `Replica.moment`.
        """
        visitor = viewing.visitor
        if _is_elsewhere(viewing, page_id):
            return Patch(since, [Piece("visit", viewing.url)])
        page = self.cache.find(visitor.pages, page_id)
        known = page.failed if page is not None else ()
        patch = self._patch(viewing, page, page_id, since, newest)
        if patch.failed and self._debug is None:
            # Told once, to who did it.
            after = self.cache.find(visitor.pages, page_id)
            method = getattr(viewing.request, "method", "GET")
            if method == "POST" and after is not None and set(after.failed).difference(known):
                patch = patch._replace(pieces=[*patch.pieces, Piece("error", "", NOT_SHOWN)])
        if visitor.state.entries and not any(p.op in ("page", "visit") for p in patch.pieces):
            state = visitor.state.text(visitor.sign_state)
            told = Piece("", Id.STATE, state_field(state))
            patch = patch._replace(pieces=[*patch.pieces, told])
            if len(self.live):
                self.live.restate(visitor.id, page_id, state)
        return patch

    def begin(self, viewing: Viewing, page_id: str, since: Cursor) -> Followed:
        """Return what brings a page to now that is followed from then on; it is remembered."""
        visitor = viewing.visitor
        if self.cache.find(visitor.pages, page_id) is None and not _is_elsewhere(viewing, page_id):
            with self.journal.moment() as moment:
                owned = since if self._is_ours(visitor, page_id) else None
                patch = self._anew(viewing, page_id, moment, owned)
        else:
            patch = self.patch(viewing, page_id, since)
        page = self.cache.find(visitor.pages, page_id)
        if page is not None and page.passing:
            with page.lock:  # whether a patch with it came in, is not known
                doubt(page, page.affected(map(_passed, page.passing), None))
        return Followed(since, patch, self._streams(page))

    def follow(
        self, viewing: Viewing, page_id: str, since: Cursor, *, quiet: bool = True
    ) -> Followed:
        """Return what brings a page to now that is followed, and has come to *since*.

        An answer to a click may have brought it further meanwhile. Then it goes on from there; if
        that answer was lost, who shows the page sees that something is missing, and asks.

        Args:
            quiet: Where nothing that it shows has changed, it stays at its cursor for a while.
        """
        page, visitor = self.cache.find(viewing.visitor.pages, page_id), viewing.visitor
        if _is_elsewhere(viewing, page_id):
            return Followed(since, Patch(since, [Piece("visit", viewing.url)]), None)
        if page is not None:
            with page.lock, self.journal.moment() as moment:
                same = since.epoch == moment.epoch and page.state == visitor.state.shown
                if same and page.url == viewing.url and since.n <= page.n <= moment.n:
                    since = Cursor(moment.epoch, page.n)
                    calm = quiet and moment.n - page.n < QUIET
                    patch = self._again(viewing, page, moment, quiet=calm)
                    page = self.cache.find(visitor.pages, page_id) or page
                    return Followed(since, patch, frozenset(page.graph.streams))
        patch = self._patch(viewing, page, page_id, since, True)
        return Followed(since, patch, self._streams(self.cache.find(visitor.pages, page_id)))

    def _streams(self, page: Page | None) -> frozenset[str] | None:
        if page is None:
            return None
        with page.lock:
            return frozenset(page.graph.streams)

    def _is_ours(self, visitor: Visitor, page_id: str) -> bool:
        # The page is of this browser's key, and other code would render it the same: only of such
        # a page the entries since its cursor tell what is not up to date.
        return visitor.owns(page_id) and self._drawer.rendered(page_id)

    def _patch(
        self, viewing: Viewing, page: Page | None, page_id: str, since: Cursor, newest: bool
    ) -> Patch:
        visitor = viewing.visitor
        if self.journal.is_at(since, newest=newest) and self._is_idle(viewing, page, page_id):
            return Patch(since, [])
        if page is not None:
            with page.lock, self.journal.moment(newest=newest) as moment:
                known = page.n == since.n and since.epoch == moment.epoch
                shows = page.url == (viewing.shown or viewing.url)
                if known and shows and page.state == visitor.state.shown:
                    return self._again(viewing, page, moment, sure=False)
        owned = page is not None or self._is_ours(visitor, page_id)  # who else is not remembered
        with self.journal.moment(newest=newest) as moment:
            return self._anew(viewing, page_id, moment, since if owned else None)

    def _is_idle(self, viewing: Viewing, page: Page | None, page_id: str) -> bool:
        # Nothing but the journal has anything for the page either, and it shows all of it.
        if viewing.visitor.state.entries:
            return False
        if viewing.shown and query.entries(viewing.shown, viewing.url):
            return False
        if page is None:
            return not self._passing and self._is_ours(viewing.visitor, page_id)
        return not page.failed and not self._due(page)

    def _since(self, viewing: Viewing, page: Page, n: int, moment: Moment) -> list[Folded] | None:
        # What happened to anything that the page shows: in the journal, and in its own state.
        entries = self.journal.since(page.graph.journaled, n, moment.n)
        if entries is not None:
            if own := viewing.visitor.state.entries:
                entries += own
            if viewing.shown:
                entries += query.entries(viewing.shown, viewing.url)
        return entries

    def _due(self, page: Page) -> dict[str, int]:
        # What has changed by itself since the page was rendered, with its versions.
        if not page.passing:
            return {}
        now = {stream: self.live.version(stream) for stream in page.passing}
        return {stream: n for stream, n in now.items() if n != page.passing[stream]}

    def renewed(self, viewing: Viewing, page_id: str) -> Patch:
        """Return the whole page as it is now."""
        with self.journal.moment() as moment:
            return self._anew(viewing, page_id, moment, None)

    def _again(
        self,
        viewing: Viewing,
        page: Page,
        moment: Moment,
        *,
        sure: bool = True,
        quiet: bool = False,
    ) -> Patch:
        # *sure*: what was sent of what changes by itself has come in. *quiet*: where nothing that
        # is shown has changed, the page stays at its cursor.
        entries, visitor = self._since(viewing, page, page.n, moment), viewing.visitor
        if entries is None:
            since = Cursor(moment.cursor.epoch, page.n)
            return self._anew(viewing, page.id, moment, since)
        if page.passing and (due := self._due(page)):
            passed = list(map(_passed, due))
            if not sure:
                doubt(page, page.affected(passed, None))
            entries = entries + passed
            page.passing = {**page.passing, **due}
        page.state = visitor.state.now or page.state
        page.url = viewing.url
        trace = self._trace(viewing, page.id, moment) if self._debug is not None else None
        if trace is not None:
            trace.because(page.affected, entries)
        scope = Scope(sight(visitor, moment), visitor.session, rendering="a binding")
        scope.url = viewing.url
        with entered(scope):
            affected = page.affected(entries, scope).union(page.failed)
            if quiet and not affected:
                return Patch(Cursor(moment.epoch, page.n), [])
            renewal = _Renewal(viewing, page, moment, entries, trace, scope, affected)
            # What bindings were made with may be closed: then the route function makes them anew.
            if "" not in affected and not (affected and page.held):
                try:
                    return self._bindings(renewal)
                except Unclear:
                    page.digest = UNKNOWN
        return self._reloaded(renewal)

    def _bindings(self, renewal: _Renewal) -> Patch:
        viewing, page, moment, trace = renewal.viewing, renewal.page, renewal.moment, renewal.trace
        failed, affected = renewal.failed, renewal.affected
        pieces: list[Piece] = []
        for id in outermost(affected, page.nodes):
            if id not in page.nodes:
                continue  # it went with something that was rendered before it
            try:
                found = self._one(renewal, id)
            except (NotAuthenticated, NotAllowed, _NeedsKey):
                return Patch(moment.cursor, [Piece("visit", viewing.url)])
            except Unclear:
                raise
            except Exception as error:
                failed[id] = error
                continue
            if trace is not None:
                trace.rendered(id, page.nodes, found)
            pieces += found
        if renewal.scope.passing or renewal.scope.computed:
            page.note(renewal.scope)
        brought = pieces[0].html if len(pieces) == 1 else "".join([one.html for one in pieces])
        wanted = parts_of(brought, renewal.needs)
        if renewal.needs:
            wanted = joined(wanted, renewal.needs)
        if not wanted <= page.parts:
            pieces = self._equipped(viewing, page, page.parts, wanted, pieces)
        page.failed, page.n = tuple(failed), moment.n
        if page.size != page.counted:  # it grew or shrank
            self._remember(viewing, page)
        if failed:
            pieces += failures(viewing.url, failed, page.nodes, trace)
        told = trace.header() if trace is not None and affected else ""
        if renewal.rules:
            pieces = with_rules(pieces, renewal.rules)
        return quick(Patch, (moment.cursor, pieces, told, "", bool(failed)))

    def _one(self, renewal: _Renewal, id: str) -> list[Piece]:
        viewing, page, scope = renewal.viewing, renewal.page, renewal.scope
        visitor = viewing.visitor
        node = page.nodes[id]
        if not page.failed and (html := text_again(scope, page.graph, id, node)) is not None:
            return retold(node, html)
        known = None
        # What raised may be out of date inside: all of it is rendered.
        if node.keys and list_of(node).independent and id not in page.failed:
            known = Known(id, node.keys, node.kids, renewal.affected)
        outer = page.nodes.get(node.parent)
        options = Options(viewing.base, OnError.HOLE, None, None, known)
        render = Render(scope, page.graph, visitor.offer_signer, options)
        render.again(id, node, outer)
        if render.has_actions and not visitor.bound(page.id):
            raise first_of(render.holes) if render.holes else _NeedsKey
        if known and id in render.nodes and render.nodes[id].digest != node.digest:
            # The list's own element changed: it travels whole, with the rows left out above.
            known = None
            render = Render(scope, page.graph, visitor.offer_signer, options._replace(known=None))
            render.again(id, node, outer)
        pieces = settle(page, id, render, known, renewal.failed)
        if render.rules:
            renewal.rules.update(render.rules)
        renewal.needs.update(render.needs)
        return pieces

    def _reloaded(self, renewal: _Renewal) -> Patch:
        viewing, page, moment, trace = renewal.viewing, renewal.page, renewal.moment, renewal.trace
        try:
            drawn = self._drawer.draw(viewing, moment, page.id, on_error=OnError.HOLE)
        except (NotAuthenticated, NotAllowed):
            return Patch(moment.cursor, [Piece("visit", viewing.url)])
        except Exception as error:
            return self._kept(renewal, error)
        holes = holes_of(drawn)
        if not _patchable(drawn, page.id, viewing.visitor) or drawn.page.status != page.status:
            if holes:
                return self._kept(renewal, first_of(holes))
            return Patch(moment.cursor, [_visit(drawn, viewing.url)])
        fresh = drawn.page
        if fresh.digest != page.digest or is_unclear(page, fresh.nodes):
            try:
                fresh, pieces = self._everything(viewing, moment, drawn, trace, page.id)
            except Exception as error:
                return self._kept(renewal, error)
        else:
            pieces, failed = changed(page, drawn, holes)
            pieces += failures(viewing.url, failed, fresh.nodes, trace)
        pieces = self._equipped(viewing, fresh, page.parts, fresh.parts, pieces)
        self._remember(viewing, fresh)
        told = ""
        if trace is not None:
            trace.anew("read outside of a binding", pieces)
            if isinstance(drawn.deps, Reads) and any(piece.op == "page" for piece in pieces):
                trace.advise(drawn.deps, renewal.entries, moment.root)
            told = trace.header()
        return Patch(moment.cursor, pieces, told, failed=bool(fresh.failed))

    def _equipped(
        self,
        viewing: Viewing,
        page: Page,
        known: frozenset[str],
        wanted: frozenset[str],
        pieces: list[Piece],
    ) -> list[Piece]:
        # With the script that has the parts of the shim which *page* has not, and needs now.
        head = self._drawer.head
        page.parts = joined(known, wanted)  # what shows the same without a piece has them already
        if not pieces or wanted <= known or head is None:
            return pieces
        return [Piece("script", "", head(viewing.base, "", page.parts).script), *pieces]

    def _everything(
        self,
        viewing: Viewing,
        moment: Moment,
        drawn: Drawn,
        trace: Trace | None,
        page_id: str | None = None,
    ) -> tuple[Page, list[Piece]]:
        # The page in one piece. No old HTML can stay in it: what raised has an empty place in it,
        # as in a first GET. A mistake of the program is raised, as there.
        if not drawn.render.holes:
            return drawn.page, drawn.all()
        again = self._drawer.draw(viewing, moment, page_id, on_error=OnError.EMPTY)
        if not isinstance(again, Drawn):
            raise first_of(drawn.render.holes)
        page, failed = again.page, again.render.failed
        page.failed = tuple(failed)
        told = failures(viewing.url, failed, page.nodes, trace, "its place is empty")
        return page, again.all() + told

    def _kept(self, renewal: _Renewal, error: Exception) -> Patch:
        # The page could not be rendered, so all of it is tried again.
        page, moment, trace = renewal.page, renewal.moment, renewal.trace
        page.failed, page.n = tuple({"", *page.failed}), moment.n
        pieces = failures(renewal.viewing.url, {"": error}, page.nodes, trace)
        told = trace.header() if trace is not None else ""
        return Patch(moment.cursor, pieces, told, failed=True)

    def _anew(
        self,
        viewing: Viewing,
        page_id: str,
        moment: Moment,
        since: Cursor | None,
    ) -> Patch:
        # One function: each step may be the end of it, and their order is the rule.
        visitor, url = viewing.visitor, viewing.url
        trace = self._trace(viewing, page_id, moment)
        # Only what will be remembered can be tried again.
        spares = since is not None and (visitor.known or visitor.follows)
        on_error = OnError.HOLE if spares else OnError.RAISE
        try:
            drawn = self._drawer.draw(viewing, moment, on_error=on_error)
        except (NotAuthenticated, NotAllowed):
            return Patch(moment.cursor, [Piece("visit", url)])
        except Exception as error:
            if since is None:
                raise
            return _unmoved(viewing, since, error, trace)
        if isinstance(drawn, Posted):  # it can't be made again
            return Patch(moment.cursor, [])
        holes = holes_of(drawn)
        if not _patchable(drawn, page_id, visitor):
            if holes and since is not None:
                return _unmoved(viewing, since, first_of(holes), trace)
            return Patch(moment.cursor, [_visit(drawn, url)])
        page = drawn.page
        page.nodes.update((id, hole.node) for id, hole in holes.items())
        entries = None
        if since is not None and since.epoch == moment.epoch:
            entries = self._since(viewing, page, since.n, moment)
            if entries is not None:
                entries = entries + list(map(_passed, page.passing))
        affected = page.affected(entries, None) if entries is not None else {""}
        wanted = outermost(affected, page.nodes, through_lists=True)
        everything = "" in affected or any(page.nodes[id].named for id in wanted)
        if everything:
            try:
                page, pieces = self._everything(viewing, moment, drawn, trace)
            except Exception as error:
                if since is None:
                    raise
                return _unmoved(viewing, since, error, trace)
        else:
            page.id = page_id
            pieces, failed = replaced(drawn, holes, wanted)
            pieces += failures(url, failed, page.nodes, trace)
        pieces = self._equipped(viewing, page, NO_PARTS, page.parts, pieces)
        self._remember(viewing, page)
        told = ""
        if trace is not None:
            trace.page_id = page.id
            trace.because(page.affected, entries or ())
            trace.anew("the page was not remembered as it is shown", pieces)
            if everything and entries and isinstance(drawn.deps, Reads):
                trace.advise(drawn.deps, entries, moment.root)
            told = trace.header()
        new_id = page.id if everything else ""
        return Patch(moment.cursor, pieces, told, new_id, bool(page.failed))

    # -- debug mode ------------------------------------------------------------------------

    def _trace(self, viewing: Viewing, page_id: str, moment: Moment) -> Trace | None:
        if self._debug is None:
            return None
        return Trace(self._debug, viewing.url, page_id, self._redraw(viewing, moment))

    def _redraw(self, viewing: Viewing, moment: Moment) -> Callable[[], str]:
        def draw() -> str:
            drawn = self._drawer.draw(viewing, moment)
            return drawn.html if isinstance(drawn, Drawn) else ""

        return draw

    def _debug_header(self, drawn: Any, viewing: Viewing, moment: Moment, view: View | None) -> str:
        if self.debug is None or not isinstance(drawn, Drawn):
            return ""
        draw = self._redraw(viewing, moment) if view is None else None
        return self.debug.opened(
            viewing.url, drawn.page.id, drawn.html, len(drawn.page.nodes), draw
        )

    # -- memory ----------------------------------------------------------------------------

    def _remember(self, viewing: Viewing, page: Page) -> None:
        # A page of a browser without a key could not be found again.
        visitor = viewing.visitor
        self._passing = self._passing or bool(page.passing)
        known = visitor.known or visitor.issued or visitor.follows
        if self._drawer.reactive and known and (page.graph or page.failed):
            self.cache.keep(visitor.pages, page)

    def forget(self) -> None:
        """Forget every page: each costs one extra rendering, and nobody notices."""
        self.cache.forget()

    @property
    def build(self) -> str:
        """Return what page ids call the code that renders."""
        return self._drawer.build

    def stats(self) -> dict[str, int]:
        """Return how many pages are remembered, about how many bytes they take, and at most."""
        return self.cache.stats()


class _NeedsKey(Exception):
    # A page without actions, and so without a browser key, has one now.
    pass


def _is_elsewhere(viewing: Viewing, page_id: str) -> bool:
    # The rules of the page say something else now.
    return page_id.endswith(DENIED) is not bool(viewing.visitor.denied)


def _passed(stream: str) -> Folded:
    # What changes by itself has no entry in the journal; here it has one for the graph.
    return Folded(0, stream, (Change("replace", ROOT),), None, None)


def _unmoved(viewing: Viewing, since: Cursor, error: Exception, trace: Trace | None) -> Patch:
    # What is shown stays, at its cursor: all that has happened since is still to come.
    pieces = failures(viewing.url, {"": error}, {}, trace)
    if viewing.shown:  # nobody would remember that the page shows another query
        pieces.append(Piece("visit", viewing.url))
    told = trace.header() if trace is not None else ""
    return Patch(since, pieces, told, failed=True)


def _patchable(drawn: Any, page_id: str, visitor: Visitor) -> bool:
    # A page that has actions now needs a key, and only loading a page brings one.
    if not isinstance(drawn, Drawn) or (drawn.render.has_actions and not visitor.bound(page_id)):
        return False
    return page_id.endswith("." + drawn.shell)


def _visit(answer: Any, url: str) -> Piece:
    # The page's own URL redirects too: what a script should not go to is left to the browser.
    location = getattr(answer, "location", None) or url
    return Piece("visit", location if is_local(location) else url)
