"""Dispatch: one table from a URL to the endpoint that answers, and the one exit of all answers.

Pages and our own URLs stand in the same table. At the exit every answer gets what all have: the
cookie, the security headers, its length; and an answer to HEAD loses its body.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from htealeaf.app.here import Here, arrived, left
from htealeaf.app.streaming import Held
from htealeaf.app.urls import Urls
from htealeaf.data.cursor import Cursor
from htealeaf.data.values import quick
from htealeaf.endpoints.site import Row, Site
from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.state.bounds import answering
from htealeaf.state.local_state import with_local
from htealeaf.state.replica import Replica
from htealeaf.state.upkeep import Upkeep
from htealeaf.web.answer import Answer, Header
from htealeaf.web.cookie import Cookie
from htealeaf.web.headers import RefusedHeader, Standard, check
from htealeaf.web.keys import COOKIE_AGE, Keys
from htealeaf.web.ranks import Ranks
from htealeaf.web.request import Request
from htealeaf.web.rotation import KeyEnded
from htealeaf.web.visitor import Visitor
from htealeaf.wire.names import Header as Name
from htealeaf.words import hush, speak

log = logging.getLogger("htealeaf")

Body = bytes | Iterable[bytes]

AT_AGE = 60  #: seconds in which another worker may not have seen a browser's last write
_BODILESS = (204, 304)  # answers of these statuses have no body (RFC 9110, 6.4.1)


class Table:
    """Which endpoint answers which path.

    A pattern that ends in `*` stands for every path that begins so; the longest one counts.
    """

    def __init__(self) -> None:
        self._exact: dict[str, Row] = {}
        self._prefixes: list[tuple[str, Row]] = []

    def add(self, pattern: str, row: Row) -> None:
        """Let *row* answer what *pattern* names, in the place of what did before."""
        if not pattern.endswith("*"):
            self._exact[pattern] = row
            return
        prefix = pattern[:-1]
        others = [(p, r) for p, r in self._prefixes if p != prefix]
        self._prefixes = sorted([*others, (prefix, row)], key=lambda found: -len(found[0]))

    def find(self, path: str) -> Row:
        """Return the row of *path*.

        Raises:
            LookupError: There is none.
        """
        row = self._exact.get(path)
        if row is not None:
            return row
        for prefix, row in self._prefixes:
            if path.startswith(prefix):
                return row
        raise LookupError(path)


class Dispatch:
    """Answers every request to one app.

    Args:
        site: What endpoints work on.
        keys: Check browser keys, and make them.
        table: Finds the endpoint.
        urls: Builds the URLs of routes.
        cookie: How the one cookie is sent.
        standard: Headers that answers get by themselves.
    """

    def __init__(
        self,
        site: Site,
        keys: Keys,
        table: Table,
        urls: Urls,
        cookie: Cookie,
        standard: Standard,
    ) -> None:
        self.site, self.keys, self.table, self.urls = site, keys, table, urls
        self.cookie, self.standard = cookie, standard
        self.ranks = Ranks(keys, cookie, site.sessions.signed_in)
        self.upkeep = Upkeep(site.registry.journal, site.sessions.sweep)

    def visitor(self, request: Request) -> Visitor:
        """Return who sent *request*, with the state of the page that it comes from."""
        sessions, told = self.site.sessions, request.headers.get
        state, given = told(Name.STATE), told(Name.ID)
        versions = self.site.registry.journal.versions
        cookie = request.cookie(self.cookie.named(request.base, request.scheme))
        visitor = Visitor(self.keys, sessions.of, cookie, state, versions, sessions.led, given)
        if local := told(Name.LOCAL):
            visitor.state = with_local(visitor.state, local, self.site.registry.sets, versions)
        return visitor

    def answer(self, request: Request) -> Answer:
        """Return what is sent for *request*."""
        began, row = time.perf_counter(), self.table.find(request.path)
        if row.anonymous:
            answer = self._anonymous(row, request)
        elif self.site.registry.journal.kind == "memory":
            answer = self._known(row, request)
        else:
            answer = self._shared(row, request)
        self.site.traffic.answered(row.name, answer.status, time.perf_counter() - began)
        return answer

    def _anonymous(self, row: Row, request: Request) -> Answer:
        visitor = Visitor(self.keys, self.site.sessions.of)
        try:
            answer = row.answer(request, visitor, self.site)
        except Exception as error:
            answer = row.failed(request, visitor, self.site, error)
        return Answer(*self._complete(answer, request))

    def _shared(self, row: Row, request: Request) -> Answer:
        # The journal is shared with other processes.
        replica = self.site.registry.journal
        replica.arrive()
        self.upkeep.tick()
        try:
            return self._known(row, request)
        finally:
            replica.depart()

    def _known(self, row: Row, request: Request) -> Answer:
        site = self.site
        replica = site.registry.journal
        visitor = self.visitor(request)
        answer = self._answered(row, request, visitor)
        if not site.sessions.is_led(visitor):
            answer = self._unled(request, visitor, answer)
        if visitor.flashed or visitor.loading:
            site.sessions.note_flashes(visitor)
        if self.ranks.asked:
            self.ranks.note(visitor)
        visitor.leave()
        status, headers, body, reason = self._complete(answer, request, visitor.personal)
        if visitor.issued and not (row.part and request.method in ("GET", "HEAD")):
            named = self.cookie.named(request.base, request.scheme)
            key = f"{named}={self.keys.cookie(visitor.key, visitor.id)}"
            headers.append(self._set(request, key, COOKIE_AGE))
        if replica.kind != "memory" and replica.committer.written:
            at = f"{self.cookie.at}={Cursor(replica.epoch, replica.committer.written)}"
            headers.append(self._set(request, at, AT_AGE))
        return quick(Answer, (status, headers, body, reason))

    def _complete(
        self, answer: Answer, request: Request, personal: bool = False
    ) -> tuple[int, list[Header], Body, str]:
        # With what every answer has, and without what this one can't.
        status, _, body, reason = answer
        headers, has_length = self.standard.completed(answer, personal, request.scheme == "https")
        if status < 200 or status in _BODILESS:
            answer.close()
            return status, headers, b"", reason
        if not has_length and isinstance(body, bytes):
            headers.append(("Content-Length", str(len(body))))
        if request.method == "HEAD":
            answer.close()
            body = b""
        return status, headers, body, reason

    def _set(self, request: Request, named: str, age: int) -> Header:
        return "Set-Cookie", self.cookie.header(named, age, request.base, request.scheme)

    def _answered(self, row: Row, request: Request, visitor: Visitor) -> Answer:
        site = self.site
        here = arrived(Here(self.urls.build, request.base, site.give, visitor, request))
        bounded, spoken = answering.set(True), speak(None) if site.language else None
        try:
            site.origins.refuse_host(request)
            site.limits.refuse_long(request.path)
            if not request.path.isascii():
                request.checked_path()
            if site.registry.journal.kind != "memory":
                _reach(site.registry.journal, request, self.cookie.at)
            if site.language is not None:  # it may ask the session, as the browser has seen it
                speak(site.language(request, visitor))
            site.sessions.visit(visitor)
            answer = row.answer(request, visitor, site)
            try:
                check(answer)
            except RefusedHeader:
                answer.close()
                raise
            return _released(answer, visitor) if visitor.kept is not None else answer
        except Exception as error:
            return self._failed(row, request, visitor, error)
        except BaseException as error:
            visitor.release(error)
            raise
        finally:
            answering.reset(bounded)
            if spoken is not None:
                hush(spoken)
            left(here)

    def _unled(self, request: Request, visitor: Visitor, answer: Answer) -> Answer:
        # The key has ended while it was answered: maybe this shows what is another visitor's now.
        answer.close()
        visitor.flashed = visitor.loading = False
        visitor.lead()
        if request.method in ("GET", "HEAD"):
            return self._answered(self.table.find(request.path), request, visitor)
        ended = KeyEnded("the browser key has ended while this was answered")
        return self._failed(self.table.find(request.path), request, visitor, ended)

    def _failed(self, row: Row, request: Request, visitor: Visitor, error: Exception) -> Answer:
        visitor.release(error)  # rolled back before the error page asks for anything
        answer = row.failed(request, visitor, self.site, error)
        try:
            check(answer)
        except RefusedHeader as refused:  # of an error page of the author's
            log.error("%r could not be answered: %s", request.path, refused)
            answer = Answer(500, [("Content-Type", "text/plain")], HtealeafError.public.encode())
        return _released(answer, visitor) if visitor.kept is not None else answer


def _reach(replica: Replica, request: Request, at: str) -> None:
    # What the browser has seen or written elsewhere is here before it is answered.
    for text in (request.cookie(at), request.headers.get(Name.CURSOR)):
        if text:
            try:
                cursor = Cursor.parse(text)
            except BadRequest:
                continue  # whoever needs it says so
            replica.reach(cursor)


def _released(answer: Answer, visitor: Visitor) -> Answer:
    # A streamed body still needs what was provided; of any other, a commit may still fail.
    if isinstance(answer.body, bytes):
        visitor.release()
        return answer
    return answer._replace(body=Held(answer.body, visitor))
