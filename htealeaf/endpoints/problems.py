"""Errors as answers: a sentence in a patch, as JSON, or on a page, for who sent the request.

Rule: an error is a status and one sentence. No stored value and no trace goes out.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import NamedTuple

from markupsafe import escape

from htealeaf.data.documents import Json
from htealeaf.endpoints.asked import Shown, is_form, shown_by
from htealeaf.endpoints.patches import patch_of, patched
from htealeaf.endpoints.site import Site
from htealeaf.errors import BadRequest, HtealeafError, Invalid
from htealeaf.html.lines import noted
from htealeaf.html.markup import MESSAGE_CLASS, quoted
from htealeaf.pages.explain import blamed
from htealeaf.pages.update import Patch
from htealeaf.reactive.patching import Piece
from htealeaf.state.journal import JournalUnreachable
from htealeaf.web.answer import HTML, Answer, error_page
from htealeaf.web.answer import Header as Named
from htealeaf.web.headers import NO_STORE
from htealeaf.web.limits import TooMany
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import dumps, utf8
from htealeaf.wire.names import Attribute, Header
from htealeaf.words import say

log = logging.getLogger("htealeaf")

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class WrongMethod(HtealeafError):
    """A method that a URL does not answer."""

    status_hint = 405
    public = "That is not how this address is used."

    def __init__(self, method: str, *allowed: str) -> None:
        super().__init__(f"this address answers {', '.join(allowed)}, not {method}")
        self.allowed = allowed


class NoSuchAddress(HtealeafError, LookupError):
    """A URL of ours that names nothing."""

    status_hint = 404
    public = "There is nothing at this address."


def nowhere(request: Request, visitor: Visitor, site: Site) -> Answer:
    """Answer what begins as our own URLs do, and is none.

    Raises:
        NoSuchAddress: Always.
    """
    raise NoSuchAddress("there is nothing at this address")


def problem(request: Request, visitor: Visitor, site: Site, error: Exception) -> Answer:
    """Return what is answered where an endpoint of ours raised *error*."""
    status, sentence = _status_and_sentence(error)
    what = f"{request.method} {request.path[:200]!r}"
    if status == 503:  # there is nothing to look into, and it may come often
        log.warning("%s: %s", what, error)
    elif status >= 500:
        log.error("%s: %s%s", what, error, noted(error), exc_info=error)
        sentence = blamed(error) if site.debug else sentence
    else:
        # What would permit it, an author wants to read while they write; nobody does afterwards.
        level = logging.WARNING if site.debug and status == 403 else logging.INFO
        log.log(level, "%s: %s", what, error)
    told = _Told(status, sentence, error.fields if isinstance(error, Invalid) else None)
    answer = _in_words(request, visitor, site, told)
    if isinstance(error, JournalUnreachable) and error.soon and request.method == "POST":
        # Without it the answer is none yet: the page says so, and goes on asking by itself.
        answer = answer._replace(headers=[h for h in answer.headers if h[0] != Header.CURSOR])
    if isinstance(error, WrongMethod):
        answer = answer.with_headers(("Allow", ", ".join(error.allowed)))
    return answer.with_headers(*retry_after(error))


def retry_after(error: Exception) -> list[Named]:
    """Return the header that says when one may try again, where *error* is of that kind."""
    return [("Retry-After", str(error.after))] if isinstance(error, TooMany) else []


def refused(fields: Mapping[str, str]) -> Piece:
    """Return the piece that tells what was refused: a message for each control, by its name.

    It is for the form that was sent; the message of the whole form has the name "".
    """
    answer = secrets.token_hex(4)  # of two forms, both may have messages at fields of one name
    html = " ".join(
        f'<p {Attribute.FIELD}="{quoted(name)}" id="{MESSAGE_CLASS}-{answer}-{number}"'
        f' class="{MESSAGE_CLASS}">{escape(text)}</p>'
        for number, (name, text) in enumerate(fields.items())
    )
    return Piece("invalid", "", html)


def page_answer(html: str, status: int = 200) -> Answer:
    """Return a page that a browser without scripts shows instead of one of the author's."""
    return Answer(status, [("Content-Type", HTML), NO_STORE], utf8(html))


def _status_and_sentence(error: Exception) -> tuple[int, str]:
    # What a browser is told: the status and one sentence.
    if isinstance(error, HtealeafError) and error.status_hint in _PHRASES:
        return error.status_hint, say(error.public)
    return 500, say(HtealeafError.public)


class _Told(NamedTuple):
    # What is said of an error, of fields of a form as well.
    status: int
    sentence: str
    fields: Mapping[str, str] | None


def _in_words(request: Request, visitor: Visitor, site: Site, told: _Told) -> Answer:
    status, sentence, fields = told
    try:
        shown = shown_by(request)
    except BadRequest:
        shown = Shown("", "/", None)
    if shown is None and is_form(request, request.media):
        return page_answer(error_page(status, sentence, request.base + "/"), status)
    if shown is None:
        detail: dict[str, Json] = {
            "title": _PHRASES[status],
            "status": status,
            "detail": sentence,
        }
        if fields is not None:
            detail["errors"] = dict(fields)
        headers = [("Content-Type", "application/problem+json"), NO_STORE]
        return Answer(status, headers, utf8(dumps(detail)))
    shown = replace(shown, visit="")  # where back and forward led is for what is asked next
    patch = Patch(shown.since or site.registry.journal.cursor, [])
    # What was refused may have been so since somebody else was quicker: bring what is there.
    outdated = status in (401, 403, 404, 409, 422) and not request.headers.get(Header.CHECK)
    if outdated and shown.page_id and site.origins.same(request) is not False:
        try:
            patch = patch_of(request, visitor, site, shown)
        except Exception:
            log.exception("page %r could not be rendered", shown.url)
    said = Piece("error", "", str(escape(sentence))) if fields is None else refused(fields)
    return patched(status, shown, patch._replace(pieces=[*patch.pieces, said]))
