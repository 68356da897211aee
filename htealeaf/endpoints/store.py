"""One path of one store over HTTP: `POST /api/_store/{store}/{path}` changes it, `GET` reads it.

A mutation is answered in one order: once, offer, rebase, type, commit, render. Whatever fails
before the commit changes nothing; whatever is answered brings the page from what it shows to now.

Rule: only what the server offered is done, or what a store lets scripts write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import partial

from htealeaf.data.documents import MISSING, Json, find
from htealeaf.data.paths import Path
from htealeaf.endpoints.asked import (
    MUTATING,
    Wanted,
    is_form,
    is_offered,
    offer_in,
    once_of,
    shown_by,
    verb_of,
    wanted,
)
from htealeaf.endpoints.authorization import Authorized, Authorizer
from htealeaf.endpoints.forms import Work, form
from htealeaf.endpoints.patches import patch_of, patched
from htealeaf.endpoints.problems import WrongMethod
from htealeaf.endpoints.site import Site
from htealeaf.errors import BadRequest, Conflict, Forbidden, HtealeafError, PathNotFound
from htealeaf.reactive.scope import Scope, enter, entered, leave
from htealeaf.state.unit import Unit
from htealeaf.web.answer import Answer
from htealeaf.web.headers import NO_STORE
from htealeaf.web.limits import WrongMedia, read_body
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import dumps, utf8
from htealeaf.wire.names import STORE_URL, Header

_BEFORE_PLACE = len(STORE_URL) + 1
_BODILESS = ("toggle", "delete", "clear", "increment")  # verbs that need no value
_TRIES = 10  # to do what is asked for while what decides on it changes


def store(request: Request, visitor: Visitor, site: Site) -> Answer:
    """Read or change one path of one store.

    Raises:
        HtealeafError: What `problems.problem` answers.
    """
    place = request.path[_BEFORE_PLACE:]
    if request.method in ("GET", "HEAD"):
        return _read(request, visitor, site, place)
    if request.method not in MUTATING:
        raise WrongMethod(request.method, "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE")
    media = request.media
    site.admit(request, visitor, media)
    shown = shown_by(request)
    if is_form(request, media):
        asking = request, visitor, site
        return form(*asking, place, Work(partial(_prove, *asking), partial(_mutate, *asking)))
    body = read_body(request, site.limits.body)
    if media != "application/json" and (body or media):
        raise WrongMedia(f"a mutation is application/json or a form, not {media!r}")
    value = site.limits.json(body) if body else None
    if shown is not None:
        site.ask(request, visitor, shown.url)
    if is_offered(request):
        offer, values = offer_in(value)
        _mutate(request, visitor, site, wanted(place, request.query, offer), values)
    else:
        if not body and verb_of(request) not in _BODILESS:
            raise BadRequest(f"{verb_of(request)} needs a value, and the body is empty")
        _mutate(request, visitor, site, wanted(place, request.query), [value])
    if shown is None:
        return Answer(204, [(Header.CURSOR, str(site.registry.journal.cursor)), NO_STORE])
    shown.committed = True
    return patched(200, shown, patch_of(request, visitor, site, shown))


def _authorizer(request: Request, site: Site) -> Authorizer:
    return Authorizer(
        site.registry, lambda visitor: site.not_offered(request, visitor, "the action")
    )


def _prove(request: Request, visitor: Visitor, site: Site, asked: Wanted) -> None:
    # Of a plain form, for which pages are shown before it is done.
    if asked.offer is not None:
        with entered(Scope(site.registry.journal, visitor.session)):
            _authorizer(request, site).proved(asked.offer, asked.path, visitor)


def _mutate(
    request: Request,
    visitor: Visitor,
    site: Site,
    asked: Wanted,
    values: Sequence[Json],
) -> None:
    # *values*: of the offer's slots, in order; where nothing was offered, the value itself.
    offer, journal, authorizer = asked.offer, site.registry.journal, _authorizer(request, site)
    once = once_of(request, visitor, asked)

    def look() -> list[Authorized]:
        if offer is None:
            site.limits.place(asked.path)
            return [authorizer.scripted(asked, verb_of(request), *values)]
        return authorizer.offered(offer, asked.path, visitor, values)

    for left in reversed(range(_TRIES)):
        try:
            found = _done(site, visitor, once, look)
            break
        except Conflict:  # who is signed in, or what a rule asks, has just changed
            if not left:
                raise
        except HtealeafError:
            # It is not possible any more. Maybe because it is done, and the answer was lost; where
            # it still is, its commit says so, and asking first would cost every click.
            if once is None or authorizer.is_for_a_page(offer) or not journal.claimed(once):
                raise
            return
    for target, _ in found:
        if target.scope.of_session:
            site.sessions.touch(visitor.id)
            break


def _done(
    site: Site, visitor: Visitor, once: str | None, look: Callable[[], list[Authorized]]
) -> list[Authorized]:
    # Whatever was read to know what may be done has to be so still when it is done.
    journal, sessions = site.registry.journal, site.sessions
    with journal.moment() as moment:
        unit = Unit(journal, moment, once=once, state=visitor.state)
        scope = Scope(moment, visitor.session)
        scope.deps = set()
        token = enter(scope)
        try:
            sessions.hold(visitor)
            found = look()
        finally:
            leave(token)
        unit.send([write for _, write in found])
        if unit.state is not visitor.state:
            unit.state.text(visitor.sign_state)  # is it too large?
        done = unit.commit(scope.deps)
        if done.before is None and unit.writes:
            sessions.held(visitor, done.n)
    # A page's own state is worked out from what came, and kept only if the rest succeeds. Sent
    # again, it gives the same again.
    visitor.state = unit.state
    return found


def _read(request: Request, visitor: Visitor, site: Site, place: str) -> Answer:
    label, _, text = place.partition("/")
    target, owner = Authorizer(site.registry).labelled(label)
    path = site.limits.place(text)
    if not target.policy.scripts_read(path):
        raise Forbidden(f"'{path}' of store '{target.name}' is not readable=")
    with entered(Scope(site.registry.journal, visitor.session)):
        stream = target.scope.named(target.name, owner)
    value = find(site.registry.journal.root(stream), path, MISSING)
    if value is MISSING:
        raise PathNotFound(path, Path(()), "no such place")
    body = utf8(dumps(value))
    etag = f'"{hashlib.blake2b(body, digest_size=10).hexdigest()}"'
    headers = [("ETag", etag), ("Cache-Control", "private, no-cache")]
    if request.headers.get("If-None-Match") == etag:
        return Answer(304, headers)
    return Answer(200, [("Content-Type", "application/json"), *headers], body)
