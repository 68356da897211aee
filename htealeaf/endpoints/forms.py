"""Plain forms: actions where scripts are off, answered with a page.

The form's fields are the page's controls. They fill the slots of the offer in the URL's query, as
the shim would; then the browser is sent back to the page, which shows what is true now.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from markupsafe import escape

from htealeaf.data.documents import Json
from htealeaf.endpoints.asked import MAX_URL, Wanted, entries_in, wanted
from htealeaf.endpoints.problems import page_answer, retry_after
from htealeaf.endpoints.site import Site
from htealeaf.errors import BadRequest, HtealeafError, Invalid, NotAllowed, NotAuthenticated
from htealeaf.html.refill import FormControls, refill
from htealeaf.html.rows import Entries, pressed, with_rows
from htealeaf.html.urls import is_local
from htealeaf.pages.draw import Viewing
from htealeaf.pages.update import Opened
from htealeaf.web.answer import Answer, error_page
from htealeaf.web.form_data import FormData, form_data
from htealeaf.web.headers import NO_STORE
from htealeaf.web.limits import RequestLimits, read_body
from htealeaf.web.outcome import Outcome
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import encode, encode_place
from htealeaf.wire.names import API_URL, FIELDS, Field, Id
from htealeaf.wire.offers import Offer
from htealeaf.wire.slots import Found, slots_of
from htealeaf.words import language_tag, say

log = logging.getLogger("htealeaf")

#: Does what is wanted, with values for the offer's slots.
Do = Callable[[Wanted, Sequence[Json]], None]
#: Does what a form brings, and tells what came of it.
Done = Callable[[Request, Visitor, Site, "Form"], Outcome]


class Work(NamedTuple):
    """What is done for a form that asks for a write.

    Attributes:
        prove: Raises where it was not offered to this browser.
        do: Does it, with values for the offer's slots.
    """

    prove: Callable[[Wanted], object]
    do: Do


def form(request: Request, visitor: Visitor, site: Site, place: str, work: Work) -> Answer:
    """Do what a plain form asks for at *place*, and send the browser back to its page."""

    def proved() -> Mapping[str, str]:
        asked = wanted(place, request.query, request.query)
        work.prove(asked)
        return asked.offer.fields if asked.offer is not None else {}

    def done(request: Request, visitor: Visitor, site: Site, sent: Form) -> Outcome:
        asked = wanted(place, request.query, request.query)
        work.do(asked, sent.values_of(asked.offer))
        return Outcome()

    sent = form_of(request, site)
    return answered(request, visitor, site, sent, proved=proved, done=done)


def answered(
    request: Request,
    visitor: Visitor,
    site: Site,
    sent: Form,
    *,
    proved: Callable[[], Mapping[str, str]],
    done: Done,
) -> Answer:
    """Do what a plain form brings, and send the browser back to its page, or elsewhere.

    Args:
        sent: What it brings.
        proved: Gives what the offer says beside its verb; raises where it was not offered to this
            browser, before anything is shown for it.
        done: Does it.
    """
    back = sent.back(request)
    sent.controls = partial(_controls, request, visitor, site, back)
    visitor.bring(sent.fields.get(Id.STATE, ""))
    to = back
    try:
        site.ask(request, visitor, back)
        said = proved()
        if Field.ROWS in sent.fields:
            shown = _with_rows(request, visitor, site, sent)
            return shown if shown is not None else Answer(303, [("Location", to), NO_STORE])
        question = said.get("confirm")
        if question is not None and not sent.confirmed:
            return page_answer(_asked_page(request, question, sent, back))
        if sent.refused is not None:
            raise sent.refused
        outcome = done(request, visitor, site, sent)
        to = outcome.redirect or (outcome.visit.of(back) if outcome.visit else back)
        if visitor.state.entries and to == back:  # a redirect would lose it: it is the answer
            opened = site.pages.open(Viewing(visitor, back, request.base, request))
            if isinstance(opened, Opened):
                return _shown(site, opened, opened.html, back, 200)
    except (NotAuthenticated, NotAllowed) as error:
        visitor.release(error)  # the page itself says what to do
    except HtealeafError as error:
        visitor.release(error)
        return _refused(request, visitor, site, sent, error)
    return Answer(303, [("Location", to), NO_STORE])


def _refused(
    request: Request, visitor: Visitor, site: Site, sent: Form, error: HtealeafError
) -> Answer:
    log.info("%r: %s", request.path, error)
    if isinstance(error, Invalid):
        again = _again(request, visitor, site, sent, error)
        if again is not None:
            return again
    html = error_page(error.status_hint, say(error.public), sent.back(request))
    return page_answer(html, error.status_hint).with_headers(*retry_after(error))


def _controls(request: Request, visitor: Visitor, site: Site, back: str) -> FormControls:
    # Of a box that is not ticked a form sends nothing, and of two boxes maybe one value: what an
    # action reads there, only the page knows.
    try:
        opened = site.pages.open(Viewing(visitor, back, request.base, request), remembered=False)
    except Exception as error:  # it is told when the browser comes back to the page
        log.info("%r: %s", back, error)
        opened = None
    return FormControls(opened.html if isinstance(opened, Opened) else "", _url(request))


def _url(request: Request) -> str:
    return f"{request.base}{encode_place(request.path)}?{request.query}"


def _again(
    request: Request, visitor: Visitor, site: Site, sent: Form, error: Invalid
) -> Answer | None:
    # The page that the form stood in, with the form as it was sent; None if it can't be shown.
    back = sent.back(request)
    opened = site.pages.open(Viewing(visitor, back, request.base, request))
    if not isinstance(opened, Opened):
        return None
    html = _refilled(request, opened.html, entries_in(sent.entries), error.fields, back=back)
    return _shown(site, opened, html, back, error.status_hint)


def _with_rows(request: Request, visitor: Visitor, site: Site, sent: Form) -> Answer | None:
    # The same for a button that adds a row to the form, or takes one out; nothing else is done.
    back = sent.back(request)
    opened = site.pages.open(Viewing(visitor, back, request.base, request))
    if not isinstance(opened, Opened):
        return None
    entries, added = pressed(sent.fields[Field.ROWS], entries_in(sent.entries))
    html = _refilled(request, opened.html, entries, {}, back=back, added=added)
    return _shown(site, opened, html, back, 200)


def _shown(site: Site, opened: Opened, html: str, back: str, status: int) -> Answer:
    # It stands at the address of an action: what it names is found from where the page is.
    start, head, rest = html.partition("<head>")
    if head and "<base" not in rest.partition("</head>")[0]:
        html = f'{start}{head}<base href="{escape(back)}">{rest}'
    return site.page(replace(opened, html=html))._replace(status=status)


def _refilled(
    request: Request,
    html: str,
    entries: Entries,
    messages: Mapping[str, str],
    *,
    back: str,
    added: str = "",
) -> str:
    html = with_rows(html, _url(request), entries, added)
    # The browser takes the address of the action for that of the page, so the form says it.
    return refill(html, _url(request), entries, messages, {Field.URL: back})


class Form:
    """What a plain form sent."""

    def __init__(self, data: FormData, limits: RequestLimits) -> None:
        self._limits = limits
        self.fields, self._files, self.refused = data
        self.close = data.close
        #: Gives the controls of the form in its page.
        self.controls: Callable[[], FormControls] = lambda: FormControls("", "")

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
            ours = url.startswith(request.base + API_URL)
            short = len(url) <= MAX_URL
            if short and url.startswith("/") and is_local(url) and url.isascii() and not ours:
                return url
        return f"{request.base}/"

    def values_of(self, offer: Offer | None) -> list[Json]:
        """Return what the fields fill the offer's slots with.

        Raises:
            BadRequest: A slot that only a script can fill.
        """
        steps = offer.steps if offer is not None else ()
        return [value for step in steps for value in self.filling(step.template)]

    def filling(self, template: Json) -> list[Any]:
        """Return the same for the slots of one template."""
        found = [slot for slot in slots_of(template) if slot.kind.filler == "browser"]
        controls = self.controls() if any(slot.kind.control for slot in found) else None
        return [self._value_of(slot, controls) for slot in found]

    @property
    def entries(self) -> list[tuple[str, Any]]:
        """Return what the author's form sent: names, and texts or files, in order."""
        texts = [(n, v) for n, v in self.fields.items(multi=True) if n not in _OWN]
        files = [(n, file) for n, file in self._files.items(multi=True) if file.filename]
        return texts + files

    @property
    def action(self) -> Json:
        """Return what the shim sent in a form, since there are files: an offer, and values.

        Raises:
            BadRequest: It is no JSON.
        """
        sent = self._limits.json(self.fields.get(Field.ACTION, "null"))
        files = iter(self._files.getlist(Field.FILE))
        for pair in sent[-1] if isinstance(sent, list) and isinstance(sent[-1], list) else ():
            if isinstance(pair, list) and pair[1:] == [{}]:
                file = next(files, None)
                if file is not None and file.filename:
                    pair[1] = file
        found: Json = sent
        return found

    def _value_of(self, slot: Found, controls: FormControls | None) -> Any:
        if slot.kind.name == "entries":
            return self.entries
        if not slot.kind.control or controls is None:
            raise BadRequest("this action needs JavaScript")
        control = controls.named(slot.name)
        values = self.fields.getlist(control.name if control else slot.name)
        if control is None:  # the page is another one now
            return values[0] if len(values) == 1 else [*values] or None
        if control.kind == "box":
            return bool(values)
        return [*values] if control.kind == "many" else values[0] if values else None


def form_of(request: Request, site: Site) -> Form:
    """Return the form in the body of *request*, urlencoded or multipart."""
    limits, media = site.limits, request.headers.get("Content-Type")
    return Form(form_data(media, read_body(request, limits.body), limits.fields), limits)


#: Fields of the page's own form, which are nobody's arguments.
_OWN = frozenset({*FIELDS, Field.ROWS, Field.CONFIRMED, Field.ACTION, Field.FILE})


_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" \
content="width=device-width, initial-scale=1"><title>{text}</title></head>
<body><main><h1>{text}</h1><form method="post" action="{action}">{fields}\
<button>{yes}</button> <a href="{back}">{no}</a></form></main></body></html>
"""


def _asked_page(request: Request, text: str, form: Form, back: str) -> str:
    # Asks whether an action is meant, as `confirm` does in the browser.
    action = f"{request.base}{encode(request.path)}?{request.query}"
    pairs = [(k, v) for k, v in form.fields.items(multi=True) if k != Field.CONFIRMED]
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in [*pairs, (Field.CONFIRMED, "1")]
    )
    words = {"lang": escape(language_tag()), "yes": escape(say("Yes")), "no": escape(say("No"))}
    return _PAGE.format(
        text=escape(text), action=escape(action), fields=fields, back=escape(back), **words
    )
