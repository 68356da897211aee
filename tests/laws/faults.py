"""Faults to plant, one at a time, so that the laws can show that they would notice.

Each is a context manager that puts something wrong into the place of one function while it is
open. `FAULTS` has them by name; what the name's function says is what is wrong then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import wraps
from itertools import count
from typing import Any
from unittest import mock

from htealeaf.app.views import Views
from htealeaf.data import streams
from htealeaf.data.cursor import Cursor
from htealeaf.data.effects import Folded
from htealeaf.data.verbs import apply
from htealeaf.endpoints import store as superstore
from htealeaf.pages import settling
from htealeaf.pages import update as pages
from htealeaf.pages.cache import PageCache
from htealeaf.pages.draw import Drawer, Page, Viewing
from htealeaf.pages.update import Pages, Patch
from htealeaf.reactive import graph as graphs
from htealeaf.reactive import patching
from htealeaf.reactive.bindings import Binding, ListBinding
from htealeaf.reactive.graph import SHAPE, Graph, _Touch
from htealeaf.reactive.rendering import Render
from htealeaf.state import drafts
from htealeaf.state.computed import Computed
from htealeaf.state.moment import Moment
from htealeaf.state.reactions import Rows
from htealeaf.state.replica import Replica
from htealeaf.state.scopes import Browser as BrowserScope
from htealeaf.state.scopes import SignedIn
from htealeaf.state.topics import Topic
from htealeaf.web.sessions import Sessions
from htealeaf.web.visitor import Visitor

Fault = Callable[[], AbstractContextManager[None]]
FAULTS: dict[str, Fault] = {}
#: The function that each fault takes the place of, and the one that stands there then.
PLACES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}


def planted(
    owner: Any, name: str, into: dict[str, Fault] = FAULTS
) -> Callable[[Callable[..., Any]], Fault]:
    """Make a fault of a function that gets the right `owner.name` first, then its arguments."""

    def decorate(wrong: Callable[..., Any]) -> Fault:
        @contextmanager
        @wraps(wrong)
        def fault() -> Iterator[None]:
            right = getattr(owner, name)

            def called(*arguments: Any, **options: Any) -> Any:
                return wrong(right, *arguments, **options)

            with mock.patch.object(owner, name, called):
                yield

        into[wrong.__name__] = fault
        PLACES[wrong.__name__] = getattr(owner, name), wrong
        return fault

    return decorate


# -- the graph -----------------------------------------------------------------------------


@planted(Graph, "affected")
def a_missing_touch(right: Any, graph: Any, entries: Any) -> Any:
    """Of several entries the first is not looked at."""
    return right(graph, list(entries)[-1:])


@planted(_Touch, "_step")
def nothing_above_is_touched(right: Any, touch: Any, nodes: Any, *where: Any) -> Any:
    """What shows `todo` misses a change of `todo/0/done`."""
    with mock.patch.object(_Touch, "_take", return_value=None):
        return list(right(touch, nodes, *where))


@planted(graphs, "_touches")
def nothing_above_is_touched_in_small_pages(right: Any, change: Any, path: Any, kind: int) -> Any:
    """As before, where there is no tree."""
    return len(path) >= len(change.path) and right(change, path, kind)


@planted(graphs, "_touches")
def indexes_do_not_shift_in_small_pages(right: Any, change: Any, path: Any, kind: int) -> Any:
    """`todo/3` means what it meant, where there is no tree."""
    unshifted = change._replace(size=0) if len(path) >= len(change.path) else change
    return right(unshifted, path, kind)


@planted(Graph, "renew")
def shapes_are_not_seen(right: Any, graph: Any, binding: str, deps: Any) -> Any:
    """A list does not notice which items it has."""
    return right(graph, binding, {dep for dep in deps if dep[2] != SHAPE})


@planted(_Touch, "_came_or_went")
def rows_by_key_are_not_touched(right: Any, *arguments: Any) -> Any:
    """An item that came or went is not found by its key."""


@planted(_Touch, "_shifted")
def indexes_do_not_shift(right: Any, *arguments: Any) -> Any:
    """`todo/3` means what it meant, whatever was deleted before it."""


@planted(_Touch, "_compare_at")
def batches_are_not_compared(right: Any, *arguments: Any) -> Any:
    """What a batch did to keyed items is missed."""


@planted(Render, "again")
def dependencies_stay_as_they_were(right: Any, render: Any, *arguments: Any) -> Any:
    """What a binding reads when it is rendered again is not noted."""
    render.graph = Graph()
    return right(render, *arguments)


@planted(settling, "_forget")
def what_was_inside_is_kept(right: Any, *arguments: Any) -> Any:
    """Bindings inside of what was rendered again are not forgotten."""


@planted(Topic, "touch")
def a_topic_touches_something_else(right: Any, topic: Any, key: Any = None) -> Any:
    """`touch(key)` does not reach `depend(key)`."""
    return right(topic, None if key is None else f"{key} ")


# -- patches -------------------------------------------------------------------------------


@planted(settling, "differences")
def a_doubled_fragment(right: Any, *arguments: Any) -> Any:
    """The first piece is sent twice."""
    pieces = right(*arguments)
    return [*pieces, *pieces[:1]]


@planted(settling, "differences")
def unchanged_fragments(right: Any, id: str, old: Any, new: Any, html: Any) -> Any:
    """Whatever was rendered is sent."""
    return [patching.piece_of(new[id], html[id])] if id in new else []


@planted(pages, "outermost")
def inner_ones_too(right: Any, ids: Any, nodes: Any, **options: Any) -> Any:
    """What an outer fragment holds is sent as well."""
    return sorted(id for id in ids if id in nodes)


@planted(settling, "differences")
def attributes_are_not_patched(right: Any, *arguments: Any) -> Any:
    """A binding in an attribute keeps its first value."""
    return [piece for piece in right(*arguments) if piece.op != "attrs"]


@planted(settling, "differences")
def removed_rows_are_not_sent(right: Any, *arguments: Any) -> Any:
    """Rows that went stay in the page."""
    return [piece for piece in right(*arguments) if piece.op != "remove"]


@planted(settling, "differences")
def the_empty_row_stays(right: Any, *arguments: Any) -> Any:
    """`empty=` is still there when rows have come."""
    gone = ("remove", "--_e_")
    return [p for p in right(*arguments) if (p.op, p.to[-5:]) != gone]


@planted(settling, "differences")
def moves_are_forgotten(right: Any, *arguments: Any) -> Any:
    """Rows stay in their old order."""
    return [piece for piece in right(*arguments) if piece.op != "move"]


@planted(patching, "_inserted")
def rows_come_at_the_end(right: Any, node: Any, rows: Any, follower: Any, html: Any) -> Any:
    """A new row is appended, wherever it belongs."""
    return right(node, rows, None, html)


@planted(patching, "_inserted")
def rows_come_backwards(right: Any, node: Any, rows: Any, follower: Any, html: Any) -> Any:
    """Several new rows stand in the wrong order."""
    return right(node, rows[::-1], follower, html)


@planted(patching, "longest_rising")
def too_many_rows_stay(right: Any, numbers: list[int]) -> Any:
    """Of the rows that have to move one does not."""
    kept = right(numbers)
    moved = [at for at in range(len(numbers)) if at not in kept]
    return sorted([*kept, *moved[:1]])


@planted(Pages, "_one")
def an_affected_row_is_kept(right: Any, self: Any, renewal: Any, id: str) -> Any:
    """A list that is rendered again takes rows for unchanged that are not."""
    return right(self, replace(renewal, affected={id}), id)


@planted(settling, "contained")
def what_failed_is_not_tried_again(right: Any, *arguments: Any) -> Any:
    """A binding that raised is forgotten where others of the same rendering are sent."""
    return right(*arguments)._replace(failed={})


@planted(patching, "_as_it_was")
def what_failed_counts_as_sent(right: Any, node: Any, before: Any) -> Any:
    """A binding that fails with one inside of it is remembered as if it had been sent."""
    return node


# -- ids -----------------------------------------------------------------------------------

_NUMBERS = count()


@planted(Render, "_id")
def ids_from_a_counter(right: Any, render: Any, binding: Binding) -> Any:
    """An id is another one each time."""
    return f"{right(render, binding)}-{next(_NUMBERS)}"


@planted(Render, "_id")
def ids_that_shift(right: Any, render: Any, binding: Binding) -> Any:
    """An id depends on how many others were rendered before it."""
    return f"{right(render, binding)}-{len(render.nodes)}"


@planted(Render, "_id")
def ids_without_an_ordinal(right: Any, render: Any, binding: Binding) -> Any:
    """Two bindings of one place have one id."""
    render._counts.clear()
    return right(render, binding)


# -- what is remembered --------------------------------------------------------------------


@planted(Pages, "patch")
def digests_of_another_cursor(
    right: Any, self: Any, viewing: Viewing, page_id: str, since: Cursor, *, newest: bool = True
) -> Any:
    """What is remembered is compared, whatever the browser shows."""
    page = self.cache.find(viewing.visitor.pages, page_id)
    if page is not None and page.n > since.n and since.epoch == self.journal.epoch:
        since = Cursor(since.epoch, page.n)
    return right(self, viewing, page_id, since, newest=newest)


@planted(Pages, "patch")
def a_dropped_epoch(
    right: Any, self: Any, viewing: Viewing, page_id: str, since: Cursor, *, newest: bool = True
) -> Any:
    """A cursor of before the restart counts as one of now."""
    since = Cursor(self.journal.epoch, since.n)
    return right(self, viewing, page_id, since, newest=newest)


@planted(Pages, "_anew")
def a_lost_page_has_not_changed(
    right: Any, self: Any, viewing: Viewing, page_id: str, moment: Any, since: Any
) -> Any:
    """A page that is not remembered is answered as if nothing had happened."""
    patch = right(self, viewing, page_id, moment, since)
    return Patch(patch.cursor, []) if since is not None else patch


@planted(PageCache, "find")
def a_page_of_another_visitor(right: Any, self: Any, visitor_id: str, page_id: str) -> Any:
    """What is remembered is found without asking whose it is."""
    right(self, visitor_id, page_id)
    frame = page_id.rpartition(".")[2]
    return next((page for (_, id), page in self._pages.items() if id.endswith(frame)), None)


@planted(Visitor, "owns")
def pages_of_the_old_key(right: Any, visitor: Any, page_id: str) -> Any:
    """A page whose offers are void keeps them."""
    return True


@planted(Drawer, "draw")
def visits_are_not_sent(
    right: Any,
    self: Any,
    viewing: Viewing,
    moment: Any,
    page_id: Any = None,
    view: Any = None,
    **more: Any,
) -> Any:
    """A page that redirects now shows the page behind it, under the old address."""
    drawn = right(self, viewing, moment, page_id, view, **more)
    if page_id is not None or viewing.request.path.startswith("/api/"):
        where = getattr(drawn, "location", None)
        if where:
            return right(self, viewing._replace(url=where), moment, page_id, view, **more)
    return drawn


# -- the journal ---------------------------------------------------------------------------


@planted(Replica, "since")
def trimmed_history_is_complete(
    right: Any, self: Any, streams: Any, n: int, until: int
) -> list[Folded]:
    """What is remembered of the history is taken for all of it."""
    streams = list(streams)
    timeline = self.timeline
    known = [timeline.streams[stream] for stream in streams if stream in timeline.streams]
    with mock.patch.object(timeline, "n", max(timeline.n, n)):
        saved = [(stream, stream.base) for stream in known]
        for stream in known:
            stream.base = 0
        try:
            found: list[Folded] = right(self, streams, n, until) or []
        finally:
            for stream, base in saved:
                stream.base = base
    return found


@planted(Moment, "root")
def a_torn_moment(right: Any, moment: Any, stream: str) -> Any:
    """A reader sees what is written while it reads."""
    return moment._replica.root(stream)


@planted(drafts, "rebase")
def a_stale_index(right: Any, root: Any, mutation: Any, changes: Any) -> Any:
    """A path is used as it was when it was seen."""
    return mutation


@planted(drafts, "rebase")
def deletes_are_not_carried_over(right: Any, root: Any, mutation: Any, changes: Any) -> Any:
    """A path is carried over what came and moved, and not over what went."""
    return right(root, mutation, [change for change in changes if change.kind != "delete"])


@planted(drafts, "rebase")
def moves_are_not_carried_over(right: Any, root: Any, mutation: Any, changes: Any) -> Any:
    """A path is carried over what came and went, and not over what moved."""
    return right(root, mutation, [change for change in changes if change.kind != "move"])


@planted(drafts, "rebase")
def another_thing_at_the_place(right: Any, root: Any, mutation: Any, changes: Any) -> Any:
    """What took the place of the thing that was seen is taken for it."""
    return right(root, mutation, [change for change in changes if change.kind != "replace"])


@planted(Replica, "past")
def an_offer_of_before_the_restart(right: Any, self: Any, write: Any, *more: Any) -> Any:
    """The epoch in an offer does not count."""
    epoch = (write.shape or "0").partition(".")[0]
    with mock.patch.object(self, "epoch", epoch if epoch != "0" else self.epoch):
        return right(self, write, *more)


@planted(superstore, "once_of")
def one_time_ids_are_ignored(right: Any, *arguments: Any) -> Any:
    """A click that is repeated counts again."""


@planted(superstore, "once_of")
def one_time_ids_are_everybodys(right: Any, request: Any, *arguments: Any) -> Any:
    """A one-time id counts for another browser and another action."""
    return request.headers.get("HT-Id") or None


# -- visitors ------------------------------------------------------------------------------


@planted(Sessions, "write")
def an_unjournaled_session_write(
    right: Any, self: Any, visitor: Any, mutation: Any, *, rotate: bool = False
) -> Any:
    """A session changes, and no entry says so."""
    log: Replica = self.journal
    stream = streams.session(visitor.id)
    if not log.exists(stream):
        return right(self, visitor, mutation, rotate=rotate)
    visitor.before = visitor.before or self.owners(visitor)
    known = log.timeline.streams[stream]
    root, _ = apply(known.head[1], mutation, known.head[0])
    known.head = (known.head[0], root, None)
    return None


@planted(Sessions, "_turn")
def a_key_that_stays(right: Any, self: Any, visitor: Any, *, since: Any = None) -> Any:
    """Signing in or out leaves the browser key, and what was offered, as it is."""


@planted(SignedIn, "identity")
def the_owner_of_the_first_visitor(right: Any, scope: Any, session: Any) -> Any:
    """Who is signed in is asked once, for all."""
    found = right(scope, session)
    return _OWNERS.setdefault(id(scope), (scope, found))[1] if found is not None else None


_OWNERS: dict[int, Any] = {}


@planted(BrowserScope, "owner")
def one_document_for_all_browsers(right: Any, scope: Any, store: str) -> Any:
    """A store of one browser is everybody's."""
    return "all"


@planted(Views, "load")
def a_closure_that_users_share(right: Any, self: Any, viewing: Viewing) -> Any:
    """What a route function gave is kept for whoever comes next."""
    key = (id(self), viewing.url)
    cursor = viewing.visitor.session._sessions.journal.cursor
    if key not in _VIEWS or _VIEWS[key][1] != cursor:
        _VIEWS[key] = (self, cursor, right(self, viewing))
    return _VIEWS[key][2]


_VIEWS: dict[Any, Any] = {}


# -- values that follow --------------------------------------------------------------------


@planted(Computed, "result")
def computed_once(right: Any, self: Any, scope: Any, stream: str) -> Any:
    """A computed value stays what it was."""
    return self._known.get(stream) or right(self, scope, stream)


@planted(Page, "affected")
def equality_is_inverted(right: Any, page: Any, entries: Any, scope: Any) -> Any:
    """A computed value that differs counts as the same."""
    return {id for id in page.graph.affected(entries) if not id.startswith("=")}


@planted(Page, "note")
def computed_values_are_not_noted(right: Any, *arguments: Any) -> Any:
    """What a computed value depends on is not known to the page."""


@planted(Rows, "for_one")
def rows_of_before(right: Any, rows: Any) -> Any:
    """A list that a function gives has the items of its first time."""
    made = right(rows)
    if not rows._found:
        rows.keys()
    made._rows = list(rows._found.values())
    return made


@planted(ListBinding, "render")
def lists_lose_their_last_row(right: Any, binding: Any, page: Any) -> Any:
    """A list among siblings is cut when it is rendered with what is around it."""
    keys = type(binding).keys
    with mock.patch.object(type(binding), "keys", lambda self: list(keys(self))[:3]):
        return right(binding, page)
