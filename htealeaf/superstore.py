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
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qs

from markupsafe import escape

from htealeaf import wire
from htealeaf.actions import signed_text
from htealeaf.assets import load, shim, stylesheet
from htealeaf.debugging import HEADER, blamed
from htealeaf.documents import MISSING, Json, find
from htealeaf.errors import Forbidden, HtealeafError, NotAuthenticated, NotOffered, PathNotFound
from htealeaf.fitting import fill, scripted, typed
from htealeaf.forms import Form, asked_page, failed_page, form_of
from htealeaf.guard import (
    FORM_TYPES,
    Rate,
    could_be_a_form,
    media_type,
    read_body,
    refuse_cross_site,
    same_origin,
)
from htealeaf.journal import Journal, Write
from htealeaf.mutations import Mutation
from htealeaf.pages import Opened, Pages, Patch
from htealeaf.pagestate import PageState, is_page_stream
from htealeaf.patching import Piece
from htealeaf.paths import Path, parse
from htealeaf.sessions import Sessions, Visitor
from htealeaf.stores import AuthStore, PageStore, Registry, SessionStore, Store
from htealeaf.tracking import Scope, entered
from htealeaf.wire import BadRequest, Cursor, Offer, Step

log = logging.getLogger("htealeaf")

Environ = dict[str, Any]
Answer = tuple[str, list[tuple[str, str]], bytes]

_HTML = ("Content-Type", "text/html; charset=utf-8")
_NO_STORE = ("Cache-Control", "no-store")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_STATUS = {status: f"{status} {phrase}" for status, phrase in _PHRASES.items()}
_VISITORS = (AuthStore, SessionStore, PageStore)  # a document of these belongs to one visitor

#: A key of the environ, so nothing that a browser can send: this request is not counted.
UNLIMITED = "htealeaf.unlimited"
_METHOD_VERBS = {"PATCH": "update", "PUT": "replace", "DELETE": "delete"}


class App(Protocol):
    """What a SuperStore needs of the app."""

    pages: Pages
    sessions: Sessions
    max_body: int
    rate: Rate | None
    debug: bool

    def attach(self, endpoint: Any, registry: Registry) -> None:
        """Let *endpoint* answer our URLs."""


class WrongMedia(HtealeafError):
    """A content type that nothing here reads."""

    status_hint = 415
    public = "That kind of content is not understood here."


class TooMany(HtealeafError):
    """More actions than the rate allows."""

    status_hint = 429
    public = "That was too much at once. Please wait a moment."


class UnknownStore(HtealeafError, LookupError):
    """A URL that names no store."""

    status_hint = 404
    public = "There is no such store."


class WrongMethod(HtealeafError):
    """A method that a URL does not answer."""

    status_hint = 405
    public = "That is not how this address is used."

    def __init__(self, method: str, *allowed: str) -> None:
        super().__init__(f"this address answers {', '.join(allowed)}, not {method}")
        self.allowed = allowed


@dataclass(slots=True)
class Shown:
    """The page that a request comes from: what the shim says in its headers."""

    page_id: str
    url: str
    since: Cursor | None


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
        app.attach(self, self.registry)

    def __iter__(self) -> Iterator[Store]:
        return iter(self.registry)

    @property
    def journal(self) -> Journal:
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
        try:
            if path.startswith(wire.ASSETS_URL + "/"):
                return self._asset(environ, path)
            if path == wire.STORE_URL or path.startswith(wire.STORE_URL + "/"):
                return self._store(environ, path[len(wire.STORE_URL) :], visitor)
            if path == wire.LIVE_URL:
                return self._live(environ, visitor)
            raise UnknownStore("there is nothing at this address")
        except HtealeafError as error:
            return self._problem(environ, visitor, error)
        except Exception as error:
            log.exception("%r could not be answered", path)
            return self._problem(environ, visitor, error)

    def _asset(self, environ: Environ, path: str) -> Answer:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            raise WrongMethod(environ["REQUEST_METHOD"], "GET", "HEAD")
        name = path[len(wire.ASSETS_URL) + 1 :]
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
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            headers.append(("Content-Encoding", "gzip"))
            body = asset.zipped
        return _STATUS[200], headers, body

    def _live(self, environ: Environ, visitor: Visitor) -> Answer:
        if environ["REQUEST_METHOD"] != "GET":
            raise WrongMethod(environ["REQUEST_METHOD"], "GET")
        shown = _shown(environ)
        if shown is None or shown.since is None:
            raise BadRequest("a catch-up needs the headers HT-Page, HT-Url and HT-Cursor")
        patch = self._patch(visitor, shown, environ)
        if not patch.pieces:
            headers = [("HT-Cursor", str(patch.cursor)), _NO_STORE]
            if patch.debug:
                headers.append((HEADER, patch.debug))
            return _STATUS[304], headers, b""
        return self._patched(200, shown, patch)

    def _store(self, environ: Environ, place: str, visitor: Visitor) -> Answer:
        method = environ["REQUEST_METHOD"]
        label, _, path = _decoded(place[1:]).partition("/")
        if method in ("GET", "HEAD"):
            return self._read(environ, label, path, visitor)
        if method != "POST" and method not in _METHOD_VERBS:
            raise WrongMethod(method, "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
        refuse_cross_site(environ, plain_form=could_be_a_form(environ))
        self._slow_down(environ, visitor)
        shown, media = _shown(environ), media_type(environ)
        body = read_body(environ, self._app.max_body)
        if _is_form(environ):
            return self._from_form(environ, label, path, visitor, form_of(environ, body))
        if media != "application/json" and (body or media):
            raise WrongMedia(f"a mutation is application/json or a form, not {media!r}")
        value = wire.loads(body) if body else None
        query = environ.get("HTTP_HT_OFFER") or environ.get("QUERY_STRING", "")
        self._mutate(environ, label, path, visitor, query, lambda offer: value)
        if shown is None:
            return _STATUS[204], [("HT-Cursor", str(self.journal.cursor)), _NO_STORE], b""
        return self._patched(200, shown, self._patch(visitor, shown, environ))

    def _slow_down(self, environ: Environ, visitor: Visitor) -> None:
        rate = self._app.rate
        if rate is None or environ.get(UNLIMITED):
            return
        if not rate.allows(visitor.id if visitor.known else environ.get("REMOTE_ADDR", "")):
            raise TooMany("more actions than WSGI(rate=, burst=) allows one browser")

    # -- mutating --------------------------------------------------------------------------

    def _mutate(
        self,
        environ: Environ,
        label: str,
        path: str,
        visitor: Visitor,
        query: str,
        body_of: Callable[[Offer | None], Json],
    ) -> None:
        offer = wire.parse_offer(label, path, query)
        once = _once(environ, visitor, offer, label, path)
        if once is not None and self.journal.claimed(once) and not self._page_steps(offer):
            return  # done already; the answer to it was lost
        with entered(Scope(self.journal, visitor.session)):
            if offer is None:
                writes = [self._scripted(environ, label, path, query, body_of(None))]
            else:
                writes = self._offered(offer, path, visitor, body_of(offer))
            # A page's own state first: it is worked out from what came, and kept only if the
            # rest succeeds. Sent again, it gives the same again.
            own = [write for write in writes if is_page_stream(write.stream)]
            others, state = writes, visitor.state
            if own:
                others = [write for write in writes if not is_page_stream(write.stream)]
                state = state.applied(own, self.journal.default)
                state.text(visitor.sign)
            if others:
                self.journal.commit(others, once=once)
            visitor.state = state
        if any(isinstance(self._named(w.stream.partition("@")[0]), SessionStore) for w in writes):
            self._app.sessions.touch(visitor.id)

    def _page_steps(self, offer: Offer | None) -> bool:
        steps = offer.steps if offer is not None else ()
        return any(isinstance(self._named(step.target), PageStore) for step in steps)

    def _offered(self, offer: Offer, path: str, visitor: Visitor, body: Json) -> list[Write]:
        places = [self._target(step) for step in offer.steps]
        streams = [stream for _, _, stream in places]
        text = signed_text(streams, "" if offer.chained else path, offer.signed)
        if not hmac.compare_digest(visitor.sign(text).encode(), offer.mac.encode()):
            raise NotOffered("this action was not offered to this browser")
        bodies = body if offer.chained else [body]
        if not isinstance(bodies, list) or len(bodies) != len(offer.steps):
            raise NotOffered("the values differ from what was offered")
        writes = []
        for step, (store, place, stream), value in zip(offer.steps, places, bodies, strict=True):
            if not store.permits(step.verb, place):
                raise NotOffered(f"store '{store.name}' does not allow this now")
            writes.append(_filling(step, store, place, stream, value))
        return writes

    def _target(self, step: Step) -> tuple[Store, Path, str]:
        store, owner = self._labelled(step.target)
        return store, parse(step.path), store.stream_of(owner)

    def _scripted(self, environ: Environ, label: str, path: str, query: str, value: Json) -> Write:
        store, owner = self._labelled(label)
        place = parse(path)
        verb = environ.get("HTTP_HT_VERB") or _METHOD_VERBS.get(environ["REQUEST_METHOD"], "update")
        if verb not in wire.VERBS:
            raise BadRequest(f"there is no verb {verb[:40]!r}; there are {', '.join(wire.VERBS)}")
        if not any(_matches(place, pattern) for pattern in store.writable):
            raise NotOffered(
                f"'{place}' of store '{store.name}' was not offered, and writable= does not name it"
            )
        stream = store.stream_of(None) if owner is None else self._own(store, owner)
        if not store.permits(verb, place):
            raise NotOffered(f"store '{store.name}' does not allow this")
        keep = wire.whole(parse_qs(query).get("keep", [None])[0], "keep")

        def fit(root: Json, at: Path, given: Json) -> Json:
            scripted(verb, given, root, at, store.default)
            return given

        return Write(stream, Mutation(verb, place, value, keep), None, fit)

    def _own(self, store: Store, owner: str) -> str:
        # A script may name a key of a shared store, but never another visitor's document.
        stream = store.stream_of(owner)
        if isinstance(store, _VISITORS) and stream != store.stream_of(None):
            raise Forbidden(f"'{store.name}' of somebody else")
        return stream

    def _labelled(self, label: str) -> tuple[Store, str | None]:
        name, at, owner = label.partition("@")
        store = self._named(name)
        if store is None:
            known = ", ".join(sorted(self.registry.stores)) or "none"
            raise UnknownStore(f"there is no store {name[:60]!r}; there are: {known}")
        if not at and store.keyed and not isinstance(store, _VISITORS):
            raise UnknownStore(f"store '{name}' has many documents; write {name}@key")
        if not at:
            return store, None
        if not store.keyed:
            raise UnknownStore(f"store '{name}' has one document, and no keys")
        text = owner.replace("~1", "/").replace("~0", "~")
        store.of(text)  # can it be a key?
        return store, text

    def _named(self, name: str) -> Store | None:
        return self.registry.stores.get(name)

    # -- reading ---------------------------------------------------------------------------

    def _read(self, environ: Environ, label: str, path: str, visitor: Visitor) -> Answer:
        store, owner = self._labelled(label)
        place = parse(path)
        if not any(_matches(place[: len(p)], p) for p in store.readable):
            raise Forbidden(f"'{place}' of store '{store.name}' is not readable=")
        with entered(Scope(self.journal, visitor.session)):
            stream = store.stream_of(None) if owner is None else self._own(store, owner)
        value = find(self.journal.root(stream), place, MISSING)
        if value is MISSING:
            raise PathNotFound(place, Path(()), "no such place")
        body = wire.dumps(value).encode()
        etag = f'"{hashlib.blake2b(body, digest_size=10).hexdigest()}"'
        headers = [("ETag", etag), ("Cache-Control", "private, no-cache")]
        if environ.get("HTTP_IF_NONE_MATCH") == etag:
            return _STATUS[304], headers, b""
        return _STATUS[200], [("Content-Type", "application/json"), *headers], body

    # -- answering -------------------------------------------------------------------------

    def _patch(self, visitor: Visitor, shown: Shown, environ: Environ) -> Patch:
        base, pages = wire.base_of(environ.get("SCRIPT_NAME", "")), self._app.pages
        if shown.since is None:
            patch = pages.renewed(visitor, shown.page_id, shown.url, base)
        else:
            patch = pages.patch(visitor, shown.page_id, shown.url, shown.since, base)
        if patch.pieces and not visitor.known and environ["REQUEST_METHOD"] != "GET":
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

    def _problem(self, environ: Environ, visitor: Visitor, error: Exception) -> Answer:
        status, sentence = _told(error)
        asked = f"{environ['REQUEST_METHOD']} {environ.get('PATH_INFO', '')[:200]!r}"
        if status >= 500:
            log.error("%s: %s", asked, error, exc_info=error)
            sentence = blamed(error) if self._app.debug else sentence
        else:
            log.info("%s: %s", asked, error)
        answer = self._in_words(environ, visitor, status, sentence)
        if isinstance(error, WrongMethod):
            answer[1].append(("Allow", ", ".join(error.allowed)))
        if status == 429:
            answer[1].append(("Retry-After", "1"))
        return answer

    def _in_words(self, environ: Environ, visitor: Visitor, status: int, sentence: str) -> Answer:
        try:
            shown = _shown(environ)
        except BadRequest:
            shown = Shown("", "/", None)
        if shown is None and _is_form(environ):
            page = failed_page(status, sentence, wire.base_of(environ.get("SCRIPT_NAME", "")) + "/")
            return _STATUS[status], [_HTML, _NO_STORE], page.encode()
        if shown is None:
            problem: Json = {"title": _PHRASES[status], "status": status, "detail": sentence}
            headers = [("Content-Type", "application/problem+json"), _NO_STORE]
            return _STATUS[status], headers, wire.dumps(problem).encode()
        patch = Patch(shown.since or self.journal.cursor, [])
        outdated = status in (401, 403, 404, 409)  # so bring what is there
        if outdated and shown.page_id and same_origin(environ) is not False:
            try:
                patch = self._patch(visitor, shown, environ)
            except Exception:
                log.exception("page %r could not be rendered", shown.url)
        pieces = [*patch.pieces, Piece("error", "", str(escape(sentence)))]
        return self._patched(status, shown, patch._replace(pieces=pieces))

    # -- without JavaScript ----------------------------------------------------------------

    def _from_form(
        self, environ: Environ, label: str, path: str, visitor: Visitor, form: Form
    ) -> Answer:
        query = environ.get("QUERY_STRING", "")
        back = form.back(environ)
        visitor.state = PageState.parse(form.fields.get(wire.STATE, ""), visitor.sign)
        try:
            offer = wire.parse_offer(label, path, query)
            if offer is not None and "confirm" in offer.fields and not form.confirmed:
                page = asked_page(environ, offer.fields["confirm"], form, back)
                return _STATUS[200], [_HTML, _NO_STORE], page.encode()
            self._mutate(environ, label, path, visitor, query, form.value_of)
            if visitor.state.entries:  # a redirect would lose it: the page itself is the answer
                return self._page_with_state(visitor, back, environ)
        except NotAuthenticated:
            return _STATUS[303], [("Location", back), _NO_STORE], b""
        except HtealeafError as error:
            log.info("%r: %s", environ.get("PATH_INFO"), error)
            page = failed_page(error.status_hint, error.public, back)
            return _STATUS[error.status_hint], [_HTML, _NO_STORE], page.encode()
        return _STATUS[303], [("Location", back), _NO_STORE], b""

    def _page_with_state(self, visitor: Visitor, url: str, environ: Environ) -> Answer:
        opened = self._app.pages.open(visitor, url, wire.base_of(environ.get("SCRIPT_NAME", "")))
        if not isinstance(opened, Opened):
            return _STATUS[303], [("Location", url), _NO_STORE], b""
        body = opened.html.encode()
        return _STATUS[200], [_HTML, _NO_STORE, ("Content-Length", str(len(body)))], body


def _told(error: Exception) -> tuple[int, str]:
    # What a browser is told: the status and one sentence.
    if isinstance(error, HtealeafError) and error.status_hint in _STATUS:
        return error.status_hint, error.public
    return 500, HtealeafError.public


def _is_form(environ: Environ) -> bool:
    # A form without fields may come without a content type.
    media = media_type(environ)
    empty = not media and (environ.get("CONTENT_LENGTH") or "0") == "0"
    chunked = environ.get("HTTP_TRANSFER_ENCODING")
    return environ["REQUEST_METHOD"] == "POST" and (
        media in FORM_TYPES or (empty and not chunked and not environ.get("HTTP_HT_OFFER"))
    )


def _filling(step: Step, store: Store, place: Path, stream: str, body: Json) -> Write:
    template = step.template

    def fit(root: Json, path: Path, value: Json) -> Json:
        there, first = (_replaced(step.verb, known, path) for known in (root, store.default))
        return fill(template, value, typed(there, first), _serve)

    return Write(stream, Mutation(step.verb, place, body, step.keep), step.shape, fit)


def _replaced(verb: str, root: Json, path: Path) -> Any:
    # What stands where the value will: its types are what slots are converted to.
    there = find(root, path, MISSING)
    if verb == "increment":
        return 0
    grows = verb == "append" or (verb == "set" and isinstance(there, list))
    if verb == "insert":
        there, grows = find(root, Path(path[:-1]), MISSING), True
    if grows and isinstance(there, list):
        return there[-1] if there else MISSING
    return there


def _serve(kind: str) -> Json:
    return time.time() if kind == "now" else secrets.token_urlsafe(16)


def _matches(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(
        want in ("*", got) for got, want in zip(path, pattern, strict=True)
    )


def _once(
    environ: Environ, visitor: Visitor, offer: Offer | None, label: str, path: str
) -> str | None:
    given = environ.get("HTTP_HT_ID")
    if not given:
        return None
    if len(given) > 64:
        raise BadRequest("HT-Id has at most 64 characters")
    verb = environ.get("HTTP_HT_VERB", "") + environ["REQUEST_METHOD"]
    action = f"{label}/{path}?{offer.signed if offer else verb}"
    digest = hashlib.blake2b(f"{given}\n{action}".encode(), digest_size=12).hexdigest()
    return f"{visitor.id}:{digest}"


def _shown(environ: Environ) -> Shown | None:
    page_id = environ.get("HTTP_HT_PAGE")
    if not page_id:
        return None
    url = environ.get("HTTP_HT_URL", "/")
    local = url.startswith("/") and not url.startswith("//")
    if not local or len(url) > 4096 or len(page_id) > 64:
        raise BadRequest("HT-Url is a path of this app, HT-Page an id of a page")
    cursor = environ.get("HTTP_HT_CURSOR")
    return Shown(page_id, url, Cursor.parse(cursor) if cursor else None)


def _decoded(place: str) -> str:
    try:
        return place.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("the address is not UTF-8") from error
