"""Patches as answers: what brings the page that a request comes from up to date."""

from __future__ import annotations

from collections.abc import Callable

from htealeaf.data.values import quick
from htealeaf.endpoints.asked import Shown
from htealeaf.endpoints.site import Site
from htealeaf.html.markup import quoted
from htealeaf.pages.draw import Viewing
from htealeaf.pages.explain import HEADER
from htealeaf.pages.update import Patch
from htealeaf.reactive.patching import Piece
from htealeaf.web.answer import HTML, Answer, Header
from htealeaf.web.headers import NO_STORE
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import utf8
from htealeaf.wire.names import Header as Name


def patch_of(
    request: Request,
    visitor: Visitor,
    site: Site,
    shown: Shown,
    bring: Callable[[Viewing], Patch] | None = None,
) -> Patch:
    """Return what brings the page that the browser shows up to date.

    Args:
        bring: Does it, if it is not what a click is answered with.
    """
    url, since = shown.visit or shown.url, shown.since
    before = shown.url if shown.visit else ""
    viewing = quick(Viewing, (visitor, url, request.base, request, before))
    if shown.visit and url.partition("?")[0] != shown.url.partition("?")[0]:
        # Another page: a patch has no head.
        return Patch(since or site.registry.journal.cursor, [Piece("visit", url)])
    site.ask(request, visitor, url)
    if bring is not None:
        return bring(viewing)
    if since is None:
        patch = site.pages.renewed(viewing, shown.page_id)
    else:
        patch = site.pages.patch(viewing, shown.page_id, since, newest=not shown.committed)
    if not visitor.known and patch.pieces and request.method != "GET":
        # The patch's offers are signed for a key that it has to get; without actions it needs none.
        visitor.issued = visitor.issued or visitor.bound(shown.page_id)
    return patch


def patched(status: int, shown: Shown, patch: Patch, *, unchanged: int = 204) -> Answer:
    """Return *patch* as an answer; one that changes nothing has no body, and *unchanged*."""
    if shown.visit and not any(piece.op == "visit" for piece in patch.pieces):
        how = f' id="{shown.history}"' if shown.history else ""
        address = Piece("history", "", quoted(shown.visit), how)
        patch = patch._replace(pieces=[*patch.pieces, address])
    headers = cursor_headers(patch)
    if not patch.pieces:
        return Answer(unchanged, headers)
    since = str(shown.since or patch.cursor)
    headers = [("Content-Type", HTML), (Name.SINCE, since), *headers]
    return quick(Answer, (status, headers, utf8(str(patch)), ""))


def cursor_headers(patch: Patch) -> list[Header]:
    """Return the headers that any answer with a patch has."""
    headers = [(Name.CURSOR, str(patch.cursor)), NO_STORE]
    if patch.debug:
        headers.append((HEADER, patch.debug))
    return headers
