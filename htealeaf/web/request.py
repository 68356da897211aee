"""What came: one request to our own URLs, its environ looked at once.

Rule: a page, a cursor and a one-time id are what a browser says. They are read here, so that they
have the form that they should have; whether they are true is for others to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from htealeaf.data.cursor import Cursor
from htealeaf.errors import BadRequest
from htealeaf.web.guard import FORM_TYPES, media_type
from htealeaf.web.sessions import Visitor
from htealeaf.wire.codec import base_of

Environ = dict[str, Any]

_METHOD_VERBS = {"PATCH": "update", "PUT": "replace", "DELETE": "delete"}
#: The methods that change something.
MUTATING = frozenset({"POST", *_METHOD_VERBS})


@dataclass(slots=True)
class Shown:
    """The page that a request comes from: what the shim says in its headers."""

    page_id: str
    url: str
    since: Cursor | None


class Arrival:
    """A request to one of our URLs."""

    __slots__ = ("base", "environ", "media", "method", "offer", "session")

    def __init__(self, environ: Environ, visitor: Visitor) -> None:
        self.environ = environ
        self.session = visitor.session  #: held here, so that it is one until the answer is made
        self.method: str = environ["REQUEST_METHOD"]
        self.base = base_of(environ.get("SCRIPT_NAME", ""))  #: URL below which the app lives
        self.media = media_type(environ)  #: of the body
        self.offer: str = environ.get("HTTP_HT_OFFER") or ""  #: from the shim

    @property
    def query(self) -> str:
        """Return the query of the URL."""
        query: str = self.environ.get("QUERY_STRING", "")
        return query

    @property
    def told_verb(self) -> str:
        """Return the verb that a script names; "" if it names none."""
        verb: str = self.environ.get("HTTP_HT_VERB") or ""
        return verb

    @property
    def verb(self) -> str:
        """Return the verb that is meant where nothing was offered."""
        return self.told_verb or _METHOD_VERBS.get(self.method, "update")

    @property
    def is_form(self) -> bool:
        """Tell whether a plain form was sent, so that a page has to be the answer."""
        if self.method != "POST":
            return False
        if self.media or self.offer:
            return self.media in FORM_TYPES
        # A form without fields may come without a content type.
        empty = (self.environ.get("CONTENT_LENGTH") or "0") == "0"
        return empty and not self.environ.get("HTTP_TRANSFER_ENCODING")

    def once(self) -> str:
        """Return the one-time id of a click; "" if it has none.

        Raises:
            BadRequest: It is too long.
        """
        given: str = self.environ.get("HTTP_HT_ID") or ""
        if len(given) > 64:
            raise BadRequest("HT-Id has at most 64 characters")
        return given

    def shown(self) -> Shown | None:
        """Return the page that the request comes from; None if it does not say so.

        Raises:
            BadRequest: What it says is no page, no URL of this app, or no cursor.
        """
        page_id = self.environ.get("HTTP_HT_PAGE")
        if not page_id:
            return None
        url = self.environ.get("HTTP_HT_URL", "/")
        local = url[:1] == "/" and url[:2] != "//"
        if not local or len(url) > 4096 or len(page_id) > 64:
            raise BadRequest("HT-Url is a path of this app, HT-Page an id of a page")
        cursor = self.environ.get("HTTP_HT_CURSOR")
        return Shown(page_id, url, Cursor.parse(cursor) if cursor else None)
