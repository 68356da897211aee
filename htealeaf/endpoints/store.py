"""Our URLs, over stores and pages: what a click, a script and a catch-up talk to.

`POST /api/_store/{store}/{path}` changes one path of one store, `GET` reads it as JSON,
`GET /api/_live` brings a page up to date, `/_htealeaf/` has the shim and the style sheet.

A mutation is answered in one order: once, offer, rebase, type, commit, render. Whatever fails
before the commit changes nothing; whatever is answered brings the page from what it shows to now.

Rule 1: only what the server offered is done, or what a store lets scripts write.

Rule 2: an error is a status and one sentence. No stored value and no trace goes out.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any, Protocol

from markupsafe import escape

from htealeaf.data.documents import MISSING, Json, find
from htealeaf.data.paths import Path, parse
from htealeaf.endpoints.assets import load, shim, stylesheet
from htealeaf.endpoints.forms import Form, asked_page, failed_page, form_of
from htealeaf.endpoints.wishes import UnknownStore, Wishes
from htealeaf.errors import BadRequest, Forbidden, HtealeafError, NotAuthenticated, PathNotFound
from htealeaf.pages.explain import HEADER, blamed
from htealeaf.pages.update import Opened, Pages, Patch
from htealeaf.reactive.patching import Piece
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state.page_state import PageState
from htealeaf.state.replica import Replica, Write
from htealeaf.state.stores import Registry, Store
from htealeaf.web.answer import PageAnswer
from htealeaf.web.guard import Rate, read_body, refuse_cross_site, safelisted, same_origin
from htealeaf.web.request import MUTATING, Arrival, Environ, Shown
from htealeaf.web.sessions import Sessions, Visitor
from htealeaf.wire.codec import dumps, loads
from htealeaf.wire.names import ASSETS_URL, LIVE_URL, STORE_URL, Id
from htealeaf.wire.offers import Offer, parse_offer

log = logging.getLogger("htealeaf")

Answer = tuple[str, list[tuple[str, str]], bytes]

_HTML = ("Content-Type", "text/html; charset=utf-8")
_STORES, _ASSETS = f"{STORE_URL}/", f"{ASSETS_URL}/"
_NO_STORE = ("Cache-Control", "no-store")
_REFERRER = ("Referrer-Policy", "same-origin")
_PAGE = (_HTML, _NO_STORE, _REFERRER)  # that a browser without scripts shows
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_STATUS = {status: f"{status} {phrase}" for status, phrase in _PHRASES.items()}

#: A key of the environ, so nothing that a browser can send: this request is not counted.
UNLIMITED = "htealeaf.unlimited"


class App(Protocol):
    """What a SuperStore needs of the app."""

    pages: Pages
    sessions: Sessions
    max_body: int
    rate: Rate | None
    debug: bool

    def attach(self, endpoint: Any, registry: Registry) -> None:
        """Let *endpoint* answer our URLs."""

    def page_answer(self, opened: Opened) -> PageAnswer:
        """Return a page as it is sent."""


class WrongMedia(HtealeafError):
    """A content type that nothing here reads."""

    status_hint = 415
    public = "That kind of content is not understood here."


class TooMany(HtealeafError):
    """More actions than the rate allows."""

    status_hint = 429
    public = "That was too much at once. Please wait a moment."


class WrongMethod(HtealeafError):
    """A method that a URL does not answer."""

    status_hint = 405
    public = "That is not how this address is used."

    def __init__(self, method: str, *allowed: str) -> None:
        super().__init__(f"this address answers {', '.join(allowed)}, not {method}")
        self.allowed = allowed


class SuperStore:
    """Finds every store and exposes them: register it once per app.

        app = WSGI()
        SuperStore(app)

    Args:
        app: The app whose pages it keeps up to date.
        registry: Whose stores; without it, the current registry. Stores that are made later are
            found too.

    Iterating it lists the stores.
    """

    def __init__(self, app: App, registry: Registry | None = None) -> None:
        self.registry = registry or Registry.current()
        self._app = app
        self._wishes = Wishes(self.registry)
        app.attach(self, self.registry)

    def __iter__(self) -> Iterator[Store]:
        return iter(self.registry)

    @property
    def journal(self) -> Replica:
        """Return the journal of the registry's stores."""
        return self.registry.journal

    def head(self, base: str, nonce: str) -> str:
        """Return what goes into every page's head: style sheet and shim."""
        attribute = f' nonce="{nonce}"' if nonce else ""  # base and nonce are safe in HTML
        return (
            f'<link rel="stylesheet" href="{base}{stylesheet().url}">'
            f'<script src="{base}{shim(self._app.debug).url}" defer{attribute}></script>'
        )

    # -- requests --------------------------------------------------------------------------

    def handle(self, environ: Environ, path: str, visitor: Visitor) -> Answer:
        """Answer a request for one of our URLs."""
        asked = Arrival(environ, visitor)
        try:
            if path.startswith(_STORES) or path == STORE_URL:
                return self._store(asked, path[len(_STORES) :], visitor)
            if path.startswith(_ASSETS):
                return self._asset(asked, path[len(_ASSETS) :])
            if path == LIVE_URL:
                return self._live(asked, visitor)
            raise UnknownStore("there is nothing at this address")
        except HtealeafError as error:
            return self._problem(asked, visitor, error)
        except Exception as error:
            log.exception("%r could not be answered", path)
            return self._problem(asked, visitor, error)

    def _asset(self, asked: Arrival, name: str) -> Answer:
        if asked.method not in ("GET", "HEAD"):
            raise WrongMethod(asked.method, "GET", "HEAD")
        for source in ("htealeaf.min.js", "htealeaf.js", "htealeaf.css"):
            asset = load(source)
            if asset.name == name:
                break
        else:
            return _STATUS[404], [("Content-Type", "text/plain")], b"There is no such file."
        headers = [
            ("Content-Type", asset.type),
            ("Cache-Control", "public, max-age=31536000, immutable"),
            ("Vary", "Accept-Encoding"),
        ]
        body = asset.content
        if "gzip" in asked.environ.get("HTTP_ACCEPT_ENCODING", ""):
            headers.append(("Content-Encoding", "gzip"))
            body = asset.zipped
        return _STATUS[200], headers, body

    def _live(self, asked: Arrival, visitor: Visitor) -> Answer:
        if asked.method != "GET":
            raise WrongMethod(asked.method, "GET")
        shown = asked.shown()
        if shown is None or shown.since is None:
            raise BadRequest("a catch-up needs the headers HT-Page, HT-Url and HT-Cursor")
        patch = self._patch(visitor, shown, asked)
        if not patch.pieces:
            headers = [("HT-Cursor", str(patch.cursor)), _NO_STORE]
            if patch.debug:
                headers.append((HEADER, patch.debug))
            return _STATUS[304], headers, b""
        return self._patched(200, shown, patch)

    def _store(self, asked: Arrival, place: str, visitor: Visitor) -> Answer:
        label, _, path = _decoded(place).partition("/")
        if asked.method in ("GET", "HEAD"):
            return self._read(asked, label, path, visitor)
        if asked.method not in MUTATING:
            raise WrongMethod(asked.method, "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
        refuse_cross_site(asked.environ, plain_form=safelisted(asked.method, asked.media))
        self._slow_down(asked, visitor)
        shown, body = asked.shown(), read_body(asked.environ, self._app.max_body)
        if asked.is_form:
            return self._from_form(asked, label, path, visitor, form_of(asked.environ, body))
        if asked.media != "application/json" and (body or asked.media):
            raise WrongMedia(f"a mutation is application/json or a form, not {asked.media!r}")
        value = loads(body) if body else None
        self._mutate(asked, label, path, visitor, asked.offer or asked.query, lambda offer: value)
        if shown is None:
            return _STATUS[204], [("HT-Cursor", str(self.journal.cursor)), _NO_STORE], b""
        return self._patched(200, shown, self._patch(visitor, shown, asked))

    def _slow_down(self, asked: Arrival, visitor: Visitor) -> None:
        rate = self._app.rate
        if rate is None or asked.environ.get(UNLIMITED):
            return
        if not rate.allows(visitor.id if visitor.known else asked.environ.get("REMOTE_ADDR", "")):
            raise TooMany("more actions than WSGI(rate=, burst=) allows one browser")

    # -- mutating --------------------------------------------------------------------------

    def _mutate(
        self,
        asked: Arrival,
        label: str,
        path: str,
        visitor: Visitor,
        query: str,
        body_of: Callable[[Offer | None], Json],
    ) -> None:
        offer, journal = parse_offer(label, path, query), self.registry.journal
        once = _once(asked, visitor, offer, label, path)
        if once is not None and journal.claimed(once) and not self._wishes.is_for_a_page(offer):
            return  # done already; the answer to it was lost
        with entered(Scope(journal, asked.session)):
            if offer is None:
                wishes = [self._wishes.scripted(asked, label, path, query, body_of(None))]
            else:
                wishes = self._wishes.offered(offer, path, visitor, body_of(offer))
            own: list[Write] = []
            others: list[Write] = []
            state = visitor.state
            for store, write in wishes:
                (own if store.scope.on_page else others).append(write)
            # A page's own state first: it is worked out from what came, and kept only if the
            # rest succeeds. Sent again, it gives the same again.
            if own:
                state = state.applied(own, journal.default)
                state.text(visitor.sign)
            if others:
                journal.commit(others, once=once)
            visitor.state = state
        if any(store.scope.of_session for store, _ in wishes):
            self._app.sessions.touch(visitor.id)

    # -- reading ---------------------------------------------------------------------------

    def _read(self, asked: Arrival, label: str, path: str, visitor: Visitor) -> Answer:
        store, owner = self._wishes.labelled(label)
        place = parse(path)
        if not store.policy.scripts_read(place):
            raise Forbidden(f"'{place}' of store '{store.name}' is not readable=")
        with entered(Scope(self.journal, asked.session)):
            stream = store.scope.named(store.name, owner)
        value = find(self.journal.root(stream), place, MISSING)
        if value is MISSING:
            raise PathNotFound(place, Path(()), "no such place")
        body = dumps(value).encode()
        etag = f'"{hashlib.blake2b(body, digest_size=10).hexdigest()}"'
        headers = [("ETag", etag), ("Cache-Control", "private, no-cache")]
        if asked.environ.get("HTTP_IF_NONE_MATCH") == etag:
            return _STATUS[304], headers, b""
        return _STATUS[200], [("Content-Type", "application/json"), *headers], body

    # -- answering -------------------------------------------------------------------------

    def _patch(self, visitor: Visitor, shown: Shown, asked: Arrival) -> Patch:
        base, pages = asked.base, self._app.pages
        if shown.since is None:
            patch = pages.renewed(visitor, shown.page_id, shown.url, base)
        else:
            patch = pages.patch(visitor, shown.page_id, shown.url, shown.since, base)
        if patch.pieces and not visitor.known and asked.method != "GET":
            visitor.issued = True  # the patch's offers are signed for a key that it has to get
        return patch

    def _patched(self, status: int, shown: Shown, patch: Patch) -> Answer:
        headers = [("HT-Cursor", str(patch.cursor)), _NO_STORE]
        if patch.debug:
            headers.append((HEADER, patch.debug))
        if not patch.pieces:
            return _STATUS[204], headers, b""
        body = str(patch).encode()
        since = str(shown.since or patch.cursor)
        return _STATUS[status], [_HTML, ("HT-Since", since), *headers], body

    def _problem(self, asked: Arrival, visitor: Visitor, error: Exception) -> Answer:
        status, sentence = _told(error)
        what = f"{asked.method} {asked.environ.get('PATH_INFO', '')[:200]!r}"
        if status >= 500:
            log.error("%s: %s", what, error, exc_info=error)
            sentence = blamed(error) if self._app.debug else sentence
        else:
            log.info("%s: %s", what, error)
        answer = self._in_words(asked, visitor, status, sentence)
        if isinstance(error, WrongMethod):
            answer[1].append(("Allow", ", ".join(error.allowed)))
        if status == 429:
            answer[1].append(("Retry-After", "1"))
        return answer

    def _in_words(self, asked: Arrival, visitor: Visitor, status: int, sentence: str) -> Answer:
        try:
            shown = asked.shown()
        except BadRequest:
            shown = Shown("", "/", None)
        if shown is None and asked.is_form:
            page = failed_page(status, sentence, asked.base + "/")
            return _STATUS[status], [*_PAGE], page.encode()
        if shown is None:
            problem: Json = {"title": _PHRASES[status], "status": status, "detail": sentence}
            headers = [("Content-Type", "application/problem+json"), _NO_STORE]
            return _STATUS[status], headers, dumps(problem).encode()
        patch = Patch(shown.since or self.journal.cursor, [])
        outdated = status in (401, 403, 404, 409)  # so bring what is there
        if outdated and shown.page_id and same_origin(asked.environ) is not False:
            try:
                patch = self._patch(visitor, shown, asked)
            except Exception:
                log.exception("page %r could not be rendered", shown.url)
        pieces = [*patch.pieces, Piece("error", "", str(escape(sentence)))]
        return self._patched(status, shown, patch._replace(pieces=pieces))

    # -- without JavaScript ----------------------------------------------------------------

    def _from_form(
        self, asked: Arrival, label: str, path: str, visitor: Visitor, form: Form
    ) -> Answer:
        query, back = asked.query, form.back(asked.environ)
        visitor.state = PageState.parse(form.fields.get(Id.STATE, ""), visitor.sign)
        try:
            offer = parse_offer(label, path, query)
            if offer is not None and "confirm" in offer.fields and not form.confirmed:
                page = asked_page(asked.environ, offer.fields["confirm"], form, back)
                return _STATUS[200], [*_PAGE], page.encode()
            self._mutate(asked, label, path, visitor, query, form.value_of)
            if visitor.state.entries:  # a redirect would lose it: the page itself is the answer
                return self._page_with_state(visitor, back, asked.base)
        except NotAuthenticated:
            return _STATUS[303], [("Location", back), _NO_STORE], b""
        except HtealeafError as error:
            log.info("%r: %s", asked.environ.get("PATH_INFO"), error)
            page = failed_page(error.status_hint, error.public, back)
            return _STATUS[error.status_hint], [*_PAGE], page.encode()
        return _STATUS[303], [("Location", back), _NO_STORE], b""

    def _page_with_state(self, visitor: Visitor, url: str, base: str) -> Answer:
        opened = self._app.pages.open(visitor, url, base)
        if not isinstance(opened, Opened):
            return _STATUS[303], [("Location", url), _NO_STORE], b""
        answer = self._app.page_answer(opened)
        answer.add_missing([_REFERRER])
        return _STATUS[200], answer.headers, answer.body


def _told(error: Exception) -> tuple[int, str]:
    # What a browser is told: the status and one sentence.
    if isinstance(error, HtealeafError) and error.status_hint in _STATUS:
        return error.status_hint, error.public
    return 500, HtealeafError.public


def _once(
    asked: Arrival, visitor: Visitor, offer: Offer | None, label: str, path: str
) -> str | None:
    # The one-time id of a click, of this browser and this action only.
    given = asked.once()
    if not given:
        return None
    action = f"{label}/{path}?{offer.signed if offer else asked.told_verb + asked.method}"
    text = f"{visitor.id}\n{given}\n{action}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _decoded(place: str) -> str:
    if place.isascii():
        return place
    try:
        return place.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("the address is not UTF-8") from error
