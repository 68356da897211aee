"""Live pages: `GET /api/_live` brings a page up to date that nothing was clicked on.

Who accepts `text/event-stream` gets one, if there is room: it begins with what has happened to the
page since the cursor that it shows, and goes on with what happens from then on. Everybody else gets
the beginning alone, as one patch, or 304 where nothing changed.
"""

from __future__ import annotations

from htealeaf.data.cursor import Cursor
from htealeaf.endpoints.asked import shown_by
from htealeaf.endpoints.live_page import Following
from htealeaf.endpoints.patches import patch_of, patched
from htealeaf.endpoints.problems import WrongMethod
from htealeaf.endpoints.site import Site
from htealeaf.errors import BadRequest
from htealeaf.web.answer import Answer
from htealeaf.web.headers import NO_STORE
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.names import EVENTS_TYPE, Header


def live(request: Request, visitor: Visitor, site: Site) -> Answer:
    """Return what happens to a page from the cursor on that it shows; see the module.

    Raises:
        WrongMethod: It is no GET.
        BadRequest: It does not say which page, or what that shows.
        TooMany: The browser, or its network address, asks too often.
    """
    if request.method != "GET":
        raise WrongMethod(request.method, "GET")
    site.rates.count(request, visitor.id if visitor.known else None, reads=True)
    shown = shown_by(request)
    # What an `EventSource` says that comes back is newer than what it was opened with.
    last = request.headers.get(Header.LAST)
    since = Cursor.parse(last) if last else shown.since if shown is not None else None
    if shown is None or since is None:
        raise BadRequest(
            f"a catch-up needs the headers {Header.PAGE}, {Header.URL} and {Header.CURSOR}"
        )
    shown.since = since
    if site.live and EVENTS_TYPE in request.headers.get("Accept"):
        following = Following(request, visitor, site, shown)
        if following.begin():
            headers = [
                ("Content-Type", f"{EVENTS_TYPE}; charset=utf-8"),
                NO_STORE,
                ("X-Accel-Buffering", "no"),  # what nginx reads
            ]
            return Answer(200, headers, following)
    patch = patch_of(request, visitor, site, shown)
    visitor.flashed = False  # who acted is told
    return patched(200, shown, patch, unchanged=304)
