"""Fields of a request to our own URLs: its offer or verb, its page, its one-time id.

Rule: a page, a cursor and a one-time id are what a browser says. They are read here, so that they
have the form that they should have; whether they are true is for others to see.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from htealeaf.data.cursor import Cursor
from htealeaf.data.documents import Json
from htealeaf.data.values import quick
from htealeaf.errors import BadRequest
from htealeaf.html.urls import is_local
from htealeaf.state.journal import OWNED
from htealeaf.web.origin import FORM_TYPES
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.names import DEFAULT_VERB, METHOD_VERBS, OFFERED, Header
from htealeaf.wire.offers import Offer, parse_offer

_OWNER = 12  # characters of a session's id that tell whose a one-time id is
MAX_OFFER = 64 * 1024  #: characters of an offer; a page has much shorter ones
MAX_URL = 4096  #: characters of the URL of a page that a request says
#: The methods that change something.
MUTATING = frozenset({"POST", *METHOD_VERBS})


@dataclass(slots=True)
class Shown:
    """The page that a request comes from: what the shim says in its headers."""

    page_id: str
    url: str
    since: Cursor | None
    visit: str = ""  #: the URL that it is to show instead, with another query, and
    history: str = ""  #: how the browser's history is to have that, one of `Visits`; "" if it has
    committed: bool = False  #: this request has committed, so its worker knows what is newest

    def to(self, url: str, history: str) -> Shown:
        """Return the same page on a visit to *url*.

        Raises:
            BadRequest: It is no URL of this app, or too long.
        """
        if not _is_ours(url):
            raise BadRequest("a visit leads to a path of this app, of 4096 characters at most")
        return replace(self, visit=url, history=history)


class Wanted(NamedTuple):
    """The change that a request wants: the place in the URL, and the offer.

    Attributes:
        label: The store, with the key of its document: `shared`, `rooms@lobby`.
        path: The place in it.
        query: The query of the URL.
        offer: The offer, in the query of a form or in the body of the shim; None for a script's own
            wish.
    """

    label: str
    path: str
    query: str
    offer: Offer | None


def wanted(place: str, query: str, offer: str | None = None) -> Wanted:
    """Return what is asked for at *place*, `store/path`.

    Args:
        query: The query of the URL.
        offer: The offer as it stood in the page.

    Raises:
        BadRequest: *offer* is none.
    """
    label, _, path = place.partition("/")
    found = parse_offer(label, path, offer) if offer is not None else None
    if found is None and offer is not None:
        raise BadRequest("an action needs an offer")
    return quick(Wanted, (label, path, query, found))


def is_offered(request: Request) -> bool:
    """Tell whether the body brings an offer, and the values of its slots."""
    return request.headers.get(Header.VERB) == OFFERED


def offer_in(body: Json) -> tuple[str, list[Json]]:
    """Return the offer that the shim sends in *body*, and the values of its slots.

    Raises:
        BadRequest: It is no list that begins with one, or that is longer than any.
    """
    if not isinstance(body, list) or not body or not isinstance(body[0], str):
        raise BadRequest("an offer comes as a list: first itself, then the values of its slots")
    if len(body[0]) > MAX_OFFER:
        raise BadRequest(f"an offer has at most {MAX_OFFER} characters")
    return body[0], body[1:]


def entries_in(value: Any) -> list[tuple[str, Any]]:
    """Return what a form sent: names and texts, a file as whoever read it gives it.

    An empty object is a control for files in which none was chosen.

    Raises:
        BadRequest: It is no list of names and values.
    """
    found: list[tuple[str, Any]] = []
    for pair in value if isinstance(value, list) else [None]:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not isinstance(pair[0], str):
            raise BadRequest("the entries of a form are a list of names and values")
        name, sent = str(pair[0]), pair[1]
        if sent == {}:
            continue
        if isinstance(sent, str):
            sent = sent.replace("\r\n", "\n").replace("\r", "\n")
        elif sent is None or isinstance(sent, (bool, int, float, list, dict)):
            raise BadRequest("a value of a form is a text or a file")
        found.append((name, sent))
    return found


def verb_of(request: Request) -> str:
    """Return the verb that is meant where nothing was offered."""
    return request.headers.get(Header.VERB) or METHOD_VERBS.get(request.method, DEFAULT_VERB)


def is_form(request: Request, media: str) -> bool:
    """Tell whether a plain form was sent, so that a page has to be the answer."""
    if request.method != "POST":
        return False
    if media or request.headers.get(Header.VERB):
        return media in FORM_TYPES
    # A form without fields may come without a content type.
    headers = request.headers
    empty = (headers.get("Content-Length") or "0") == "0"
    return empty and not headers.get("Transfer-Encoding")


def shown_by(request: Request) -> Shown | None:
    """Return the page that *request* comes from; None if it does not say so.

    Raises:
        BadRequest: What it says is no page, no URL of this app, or no cursor.
    """
    headers = request.headers
    page_id = headers.get(Header.PAGE)
    if not page_id:
        return None
    url = headers.get(Header.URL, "/")
    if not _is_ours(url) or len(page_id) > 64:
        raise BadRequest(f"{Header.URL} is a path of this app, {Header.PAGE} an id of a page")
    cursor = headers.get(Header.CURSOR)
    shown = Shown(page_id, url, Cursor.parse(cursor) if cursor else None)
    query = headers.get(Header.QUERY)
    if not query.startswith("?"):
        return shown
    # Back and forward change the address first.
    there = url.partition("?")[0] + (query if query != "?" else "")
    return shown if there == url else shown.to(there, "")


def _is_ours(url: str) -> bool:
    return url[:1] == "/" and is_local(url) and len(url) <= MAX_URL


def once_of(request: Request, visitor: Visitor, wanted: Wanted) -> str | None:
    """Return the one-time id of a click, of this browser and this action only; None without one.

    Raises:
        BadRequest: It is too long.
    """
    offer = wanted.offer
    verb = offer.signed if offer else request.headers.get(Header.VERB) + request.method
    return once_id(visitor, f"{wanted.label}/{wanted.path}?{verb}")


def once_id(visitor: Visitor, what: str) -> str | None:
    """Return the one-time id of what *visitor* does, of this browser and of *what* only.

    It begins with whose it is, so that a journal which has no room for more forgets theirs first.

    Raises:
        BadRequest: It is too long.
    """
    given = visitor.given_id
    if not given:
        return None
    if len(given) > 64:
        raise BadRequest(f"{Header.ID} has at most 64 characters")
    return owned_id(visitor, f"{given}\n{what}")


def owned_id(visitor: Visitor, text: str) -> str:
    """Return an id of *text* that is this browser's, and begins with whose it is."""
    id = visitor.id
    digest = hashlib.blake2b(f"{id}\n{text}".encode(), digest_size=16).hexdigest()
    return f"{id[:_OWNER]}{OWNED}{digest}"
