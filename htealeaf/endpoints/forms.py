"""Actions where scripts are off: a plain form brings them, and a page answers.

The form's fields are the page's controls. They fill the slots of the offer in the URL's query, as
the shim would; then the browser is sent back to the page, which shows what is true now.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from io import BytesIO

from markupsafe import escape
from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from htealeaf.data.documents import Json
from htealeaf.endpoints.asked import Wanted, wanted
from htealeaf.endpoints.patches import NO_STORE
from htealeaf.endpoints.problems import page_answer
from htealeaf.endpoints.site import Site
from htealeaf.errors import BadRequest, HtealeafError, NotAuthenticated
from htealeaf.pages.draw import Viewing
from htealeaf.pages.update import Opened
from htealeaf.state.page_state import PageState
from htealeaf.web.answer import Answer, error_page
from htealeaf.web.limits import read_body
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import encode
from htealeaf.wire.names import Field, Id
from htealeaf.wire.offers import Offer
from htealeaf.wire.slots import Found, slots_of
from htealeaf.wire.urls import is_local

log = logging.getLogger("htealeaf")

#: Does what is wanted, with the values that a function gives for the offer's slots.
Do = Callable[[Wanted, Callable[[Offer], Sequence[Json]]], None]


def form(request: Request, visitor: Visitor, site: Site, place: str, do: Do) -> Answer:
    """Do what a plain form asks for at *place*, and send the browser back to its page."""
    sent = form_of(request, read_body(request, site.max_body))
    back = sent.back(request)
    visitor.state = PageState.parse(sent.fields.get(Id.STATE, ""), visitor.sign)
    try:
        asked = wanted(place, request.query, request.query)
        question = asked.offer.fields.get("confirm") if asked.offer is not None else None
        if question is not None and not sent.confirmed:
            return page_answer(_asked_page(request, question, sent, back))
        do(asked, sent.values_of)
        if visitor.state.entries:  # a redirect would lose it: the page itself is the answer
            opened = site.pages.open(Viewing(visitor, back, request.base, request))
            if isinstance(opened, Opened):
                return site.page(opened)._replace(status=200)
    except NotAuthenticated:
        pass  # the page itself says what to do
    except HtealeafError as error:
        log.info("%r: %s", request.path, error)
        return page_answer(error_page(error.status_hint, error.public, back), error.status_hint)
    return Answer(303, [("Location", back), NO_STORE])


class Form:
    """What a plain form sent."""

    def __init__(self, fields: MultiDict[str, str]) -> None:
        self.fields = fields

    @property
    def confirmed(self) -> bool:
        """Tell whether the person said yes on the page that asks."""
        return Field.CONFIRMED in self.fields

    def back(self, request: Request) -> str:
        """Return the URL of the page that the form stood in; never another site's.

        The page's own form says it in a field; of an author's form the browser does.
        """
        origin = f"{request.origin}/"
        referer = request.headers.get("Referer")
        said = referer[len(origin) - 1 :] if referer.startswith(origin) else ""
        for url in (self.fields.get(Field.URL, ""), said):
            if url.startswith("/") and is_local(url) and url.isascii():
                return url
        return f"{request.base}/"

    def values_of(self, offer: Offer) -> list[Json]:
        """Return what the fields fill the offer's slots with.

        Raises:
            BadRequest: A slot that only a script can fill.
        """
        slots = (slot for step in offer.steps for slot in slots_of(step.template))
        return [self._value_of(slot) for slot in slots if slot.kind.filler == "browser"]

    def _value_of(self, slot: Found) -> Json:
        if not slot.kind.control:
            raise BadRequest("this action needs JavaScript")
        values = self.fields.getlist(slot.name)
        return values[0] if len(values) == 1 else [*values] or None


def form_of(request: Request, body: bytes) -> Form:
    """Return the form in *body*, urlencoded or multipart; files are left out."""
    media, options = parse_options_header(request.headers.get("Content-Type"))
    _, fields, _ = FormDataParser().parse(BytesIO(body), media, len(body), options)
    return Form(fields)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" \
content="width=device-width, initial-scale=1"><title>{text}</title></head>
<body><main><h1>{text}</h1><form method="post" action="{action}">{fields}\
<button>Yes</button> <a href="{back}">No</a></form></main></body></html>
"""


def _asked_page(request: Request, text: str, form: Form, back: str) -> str:
    # Asks whether an action is meant, as `confirm` does in the browser.
    action = f"{request.base}{encode(request.path)}?{request.query}"
    pairs = [(k, v) for k, v in form.fields.items(multi=True) if k != Field.CONFIRMED]
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in [*pairs, (Field.CONFIRMED, "1")]
    )
    return _PAGE.format(text=escape(text), action=escape(action), fields=fields, back=escape(back))
