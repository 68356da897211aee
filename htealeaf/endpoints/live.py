"""The catch-up: `GET /api/_live` brings a page up to date that nothing was clicked on."""

from __future__ import annotations

from htealeaf.endpoints.asked import shown_by
from htealeaf.endpoints.patches import cursor_headers, patch_of, patched
from htealeaf.endpoints.problems import WrongMethod
from htealeaf.endpoints.site import Site
from htealeaf.errors import BadRequest
from htealeaf.web.answer import Answer
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.names import Header


def live(request: Request, visitor: Visitor, site: Site) -> Answer:
    """Return what has happened to a page since the cursor that it shows; 304 for nothing.

    Raises:
        WrongMethod: It is no GET.
        BadRequest: It does not say which page, or what that shows.
    """
    if request.method != "GET":
        raise WrongMethod(request.method, "GET")
    shown = shown_by(request)
    if shown is None or shown.since is None:
        raise BadRequest(
            f"a catch-up needs the headers {Header.PAGE}, {Header.URL} and {Header.CURSOR}"
        )
    patch = patch_of(request, visitor, site, shown)
    visitor.flashed = False  # who acted is told
    return patched(200, shown, patch) if patch.pieces else Answer(304, cursor_headers(patch))
