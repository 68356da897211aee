"""Visits over HTTP: `POST /api/_visit` shows a page under another query, as a patch.

The body is that of an offer: how the query changes, with slots, and what the browser filled these
with. The answer brings the page from what it shows to what a GET of the new URL would give, and
says that URL, for the browser's history. Where back or forward led, any request says (`HT-Query`).

Rule: a visit only reads, so it is not signed. It leads to the same route, whose rules are asked.
"""

from __future__ import annotations

from typing import Any

from htealeaf.data.documents import MISSING, Json
from htealeaf.endpoints.asked import offer_in, shown_by
from htealeaf.endpoints.patches import patch_of, patched
from htealeaf.endpoints.problems import WrongMethod
from htealeaf.endpoints.site import Site
from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.state.drafts import SERVED
from htealeaf.web.answer import Answer
from htealeaf.web.limits import WrongMedia, read_body
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.fitting import fill
from htealeaf.wire.names import Header
from htealeaf.wire.offers import parse_visit
from htealeaf.wire.slots import slots_to_fill
from htealeaf.wire.urls import with_query


def visit(request: Request, visitor: Visitor, site: Site) -> Answer:
    """Show a page under another query.

    Raises:
        HtealeafError: What `problems.problem` answers.
    """
    if request.method != "POST":
        raise WrongMethod(request.method, "POST")
    media = request.media
    site.admit(request, visitor, media)
    shown = shown_by(request)
    if media != "application/json":
        raise WrongMedia(f"a visit is application/json, not {media!r}")
    if shown is None or shown.since is None:
        raise BadRequest(
            f"a visit needs the headers {Header.PAGE}, {Header.URL} and {Header.CURSOR}"
        )
    how, template, values = _parsed(site.limits.json(read_body(request, site.limits.body)))
    shown = shown.to(with_query(shown.url, _filled(template, values)), how)
    return patched(200, shown, patch_of(request, visitor, site, shown))


def _parsed(body: Json) -> tuple[str, Json, list[Json]]:
    text, values = offer_in(body)
    how, template = parse_visit(text)
    if slots_to_fill(template) != len(values):
        raise BadRequest("a visit came with other values than it has slots")
    return how, template, values


def _filled(template: Json, values: list[Json]) -> dict[str, Any]:
    found = fill(template, iter(values), MISSING, lambda kind: SERVED[kind]())
    if not isinstance(found, dict):
        raise BadRequest("a visit is an object: what changes in the query, by key")
    try:
        with_query("", found)
    except BadRequest:
        raise
    except HtealeafError as error:
        raise BadRequest(str(error)) from error
    return found
