"""Views: route functions as an endpoint, called with what they name, and shown as pages."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from htealeaf.app.layouts import Layouts
from htealeaf.app.responses import File, Redirect, answer_of, redirect, view_or_answer
from htealeaf.app.route import Route
from htealeaf.app.routing import Router, arguments
from htealeaf.app.streaming import Stream
from htealeaf.endpoints.site import Give, Site
from htealeaf.errors import BadRequest, HtealeafError, NotAllowed, RefusedValue
from htealeaf.html.lines import caller, noted, written_at
from htealeaf.html.markup import taking
from htealeaf.pages.draw import Posted, View, Viewing
from htealeaf.pages.draw import Visitor as Viewer
from htealeaf.pages.update import Opened
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state.query import args, note_all
from htealeaf.state.reactions import fragment
from htealeaf.web.answer import Answer, error_page, html_answer
from htealeaf.web.headers import NO_STORE, NONCE
from htealeaf.web.limits import RequestLimits, body_length, read_body, refuse_charset
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.names import Header
from htealeaf.words import Language, language_tag, say, speak

log = logging.getLogger("htealeaf")

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class _Failure(NamedTuple):
    # Why a request was not answered; an error is one to look into, for a developer.
    status: int
    sentence: str
    error: Exception | None


class Views:
    """The route functions of an app, and its error pages.

    Args:
        router: Finds a route function.
        layouts: Frame the content of pages.
        title: Of pages whose route has none.
        csp: The policy of pages, in one line.
        limits: What a request may bring to an author's function.
    """

    def __init__(
        self,
        router: Router,
        layouts: Layouts,
        title: str,
        csp: str | None,
        limits: RequestLimits,
    ) -> None:
        self._router, self._layouts, self._title = router, layouts, title
        self._limits = limits
        self.before: list[Callable[..., Any]] = []
        self.error_classes: dict[type[Exception], Callable[..., Any]] = {}
        self._fresh_nonce = bool(csp and NONCE in csp)
        self.provided: dict[str, Callable[..., Any]] = {}
        self.error_pages: dict[int, Callable[..., Any]] = {}
        #: Says in which language a page is, where that is not the same for all.
        self.chosen: Callable[[Request, Any], Language | None] | None = None

    def functions(self) -> Iterator[Callable[..., Any]]:
        """Iterate over the author's functions that pages are made with."""
        for route in self._router:
            yield route.function
            yield from (title for title in (route.title,) if callable(title))
        yield from self._layouts
        yield from self.provided.values()
        yield from self.error_pages.values()

    def answer(self, request: Request, visitor: Visitor, site: Site) -> Answer:
        """Answer *request* with the function of its route.

        Raises:
            HTTPException, HtealeafError, and whatever the function raises: see `failed`.
        """
        method, path = request.method, request.path
        try:
            found = self._router.match(path, "GET" if method == "HEAD" else method)
        except RequestRedirect as error:
            query = f"?{request.query}" if request.query else ""
            straight = request.replace(path=error.new_url, query="").url
            return Answer(308, [("Location", straight + query)])
        except MethodNotAllowed:
            if method != "OPTIONS":
                raise
            return Answer(204, [("Allow", ", ".join(self._router.methods_of(path)))])
        route, given = found
        request = request.replace(found=found)
        viewing = Viewing(visitor, request.url, request.base, request)
        if method in ("GET", "HEAD") and route.page:
            opened = self._page(viewing, visitor, site)
            if isinstance(opened, Answer):
                return opened
            scope = Scope(site.registry.journal, visitor.session, rendering="a streamed body")
            return _sent(opened, request, scope, visitor)
        if method == "GET" and request.headers.get(Header.PREFETCH):
            # What is no page may write; somebody only points at a link to it.
            return Answer(204, [NO_STORE])
        if method not in ("GET", "HEAD", "OPTIONS"):
            request = _with_body(request, site)
        scope = Scope(site.registry.journal, visitor.session)
        scope.url = request.url
        with entered(scope):
            result = self._call(route, given, visitor, request)
        site.sessions.settle(visitor)
        if not isinstance(result, View):
            return _sent(result, request, scope, visitor)
        self.guard(request, visitor, site, request.url)  # of the page that a click comes from
        opened = site.pages.open(viewing, self._with_nonce(result))
        if opened.has_actions:
            self._refuse_dead_end(method, path)
        return site.page(opened)

    def _page(self, viewing: Viewing, visitor: Visitor, site: Site) -> Any:
        # The answer to a GET of a page; or what its function gave, where that is none.
        ahead = _is_ahead(viewing.request)
        visitor.loading = viewing.request.method == "GET" and not ahead
        opened = site.pages.open(viewing)
        if ahead and visitor.flashed:  # it would be told to nobody; who goes there asks again
            visitor.flashed = False
            return Answer(204, [NO_STORE])
        return site.page(opened) if isinstance(opened, Opened) else opened

    def load(self, viewing: Viewing) -> Any:
        """Run the route function of a URL, for a GET or for a page that is rendered again.

        Returns:
            A `View`; `Posted` where no GET shows the page; or what else the browser has to do, a
            `Redirect` or a `Response`.
        """
        request: Request = viewing.request
        if request.found is None:  # the request is another than the page's own GET
            request = request.as_get(viewing.url)
            try:
                request = request.replace(found=self._router.match(request.checked_path(), "GET"))
            except MethodNotAllowed:
                return Posted(viewing.url)
            except RequestRedirect:
                return Redirect(viewing.url, 303)
            except (HTTPException, BadRequest):
                return Redirect(viewing.url, 303)
            if not request.found[0].page:
                return Redirect(viewing.url, 303)
        route, given = request.found
        result = self._call(route, given, viewing.visitor, request)
        return self._with_nonce(result) if isinstance(result, View) else result

    def failed(self, request: Request, visitor: Visitor, site: Site, error: Exception) -> Answer:
        """Return what is answered where `answer` raised *error*."""
        own = self._own_failure(request, visitor, site, error)
        if own is not None:
            return own
        if isinstance(error, NotFound) and request.path == "/favicon.ico":
            return Answer(204, [("Cache-Control", "max-age=86400")], b"")  # every browser asks
        if isinstance(error, HTTPException):
            failure = _Failure(error.code or 500, say(error.description or ""), None)
            if error.response is not None or failure.status < 400:
                environ = request.wrap(request).environ
                response = Response.force_type(error.get_response(environ), environ)
                return answer_of(response, request)
        elif isinstance(error, HtealeafError):
            failure = _Failure(error.status_hint, say(error.public), error)
        else:
            failure = _Failure(500, say(HtealeafError.public), error)
        if failure.error is not None:
            where = noted(error)
            if failure.status == 503:  # there is nothing to look into, and it may come often
                log.warning("%r: %s", request.path, error)
            elif failure.status >= 500:
                log.error("%r could not be answered%s", request.path, where, exc_info=error)
            elif site.debug:
                words = f"{error}{where}"
                log.warning("%r is answered with %d: %s", request.path, failure.status, words)
        answer = self._error_page(request, visitor, site, failure)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            return answer.with_missing([("Allow", ", ".join(sorted(error.valid_methods)))])
        return answer

    def _error_page(
        self, request: Request, visitor: Visitor, site: Site, failure: _Failure
    ) -> Answer:
        status, sentence, error = failure
        function = self.error_pages.get(status)
        if function is not None:
            route = Route("/", function, title=str(status), page=False)
            request = request.replace(found=(route, {"sentence": sentence, "error": error}))
            try:
                return self._own_error_page(request, visitor, site, status)
            except Exception:
                log.exception("the error page for %s could not be shown", status)
        asked = f"{request.method} {request.url}"
        shown = error if site.debug else None
        return html_answer(error_page(status, sentence, request.base + "/", shown, asked), status)

    def _own_failure(
        self, request: Request, visitor: Visitor, site: Site, error: Exception
    ) -> Answer | None:
        # What the author's function for this kind of error answers; None if there is none.
        found = (self.error_classes.get(kind) for kind in type(error).__mro__)
        function = next((f for f in found if f is not None), None)
        if function is None:
            return None
        status = _status_of(error)
        public = getattr(error, "public", None) or getattr(error, "description", None)
        given = {"error": error, "sentence": say(public or HtealeafError.public)}
        route = Route("/", function, title=HTTP_STATUS_CODES.get(status, "Error"), page=False)
        try:
            answer = self._own_error_page(
                request.replace(found=(route, given)), visitor, site, status
            )
        except Exception:
            log.exception("the error page for %s could not be shown", type(error).__name__)
            return None
        if answer.status >= 500:
            where = noted(error)
            log.error("%r could not be answered%s", request.path, where, exc_info=error)
        return answer

    def _own_error_page(
        self, request: Request, visitor: Visitor, site: Site, status: int
    ) -> Answer:
        scope = Scope(site.registry.journal, visitor.session, rendering="an error page")
        scope.url = request.url
        route, given = request.found
        with entered(scope):
            result = self._call(route, given, visitor, request)
        if isinstance(result, View):
            result.status = status if result.status == 200 else result.status
            viewing = Viewing(visitor, request.url, request.base, request)
            return site.page(site.pages.open(viewing, self._with_nonce(result)))
        answer = _sent(result, request, scope, visitor)
        if answer.status != 200:
            return answer
        return answer._replace(status=status, reason="")

    def guard(self, request: Request, visitor: Visitor, site: Site, url: str) -> None:
        """Ask the rules of the page at *url*, from where a request comes; see `Visitor.room`."""
        if not (self.before or self._router.guarded):
            return
        visitor.room, visitor.denied = "", ""
        asked = request.as_get(url)
        try:
            route, given = self._router.match(asked.checked_path(), "GET")
        except (HTTPException, BadRequest):
            return
        scope = Scope(site.registry.journal, visitor.session, rendering="a rule of a page")
        scope.url = url
        with entered(scope), suppress(NotAllowed):
            self._instead(route, self.giver(visitor, asked, given), visitor)

    def _call(
        self, route: Route, found: Mapping[str, Any], visitor: Viewer, request: Request
    ) -> Any:
        give = self.giver(visitor, request, found)
        if self.chosen is not None:  # here, so that the page depends on what it is chosen by
            speak(self.chosen(request, visitor))
        result = self._instead(route, give, visitor) if route.name else None
        given = visitor.given if result is None else 0  # what only rules have is not kept
        # A binding that is refused a value costs its own place. What is made here is in none.
        taker = taking.set(_taken)
        try:
            if result is None:
                result = route.function(**give(route.function))
            shown = view_or_answer(
                result, route, request.base, lambda content: self._view(route, content, give)
            )
        finally:
            taking.reset(taker)
        if isinstance(shown, View):
            shown.held = visitor.given > given
        return shown

    def _instead(self, route: Route, give: Give, visitor: Viewer) -> Any:
        # What is answered in the place of the route function: by what runs before all of them,
        # or because a rule says no. What it shows then has offers of its own.
        visitor.room, visitor.denied = self._room(route), ""
        for function in self.before:
            result = function(**give(function))
            if result is not None:
                self._deny(visitor, f"{route.pattern} is answered by {written_at(function)}")
                return result
        for allow, otherwise in route.rules:
            if not allow(**give(allow)):
                words = f"{route.pattern} is not allowed by {written_at(allow)}"
                self._deny(visitor, words)
                if isinstance(otherwise, str):
                    return redirect(otherwise)
                if callable(otherwise):
                    return otherwise(**give(otherwise))
                raise NotAllowed(words, 403 if otherwise is None else otherwise)
        return None

    def _deny(self, visitor: Viewer, words: str) -> None:
        visitor.room, visitor.denied = f"!{visitor.room}", words

    def _room(self, route: Route) -> str:
        # What the offers of a page with rules are signed with; see `Visitor.offer_signer`.
        guarded = route.name and (self.before or route.rules)
        return f"~{len(route.pattern)} {route.pattern}\n" if guarded else ""

    def _view(self, route: Route, content: Any, give: Give) -> View:
        def call(function: Callable[..., Any], content: Any) -> Any:
            return function(content, **give(function, skip=1))

        title: Any = route.title
        if callable(title):
            title = fragment(title)(**give(title))
        elif title is None:
            title = self._title or _title_of(route.function)
        framed, boost = self._layouts.frame(content, route.layout, call)
        return View(framed, title, language_tag(), boost=boost)

    def giver(self, visitor: Viewer, request: Request, given: Mapping[str, Any] = _NOTHING) -> Give:
        """Return what gives a function what it names, for *request*; *given* is in its URL."""

        def built_in(name: str) -> Any:
            if name == "session":
                return visitor.session
            if name == "args":
                return args
            wrapped = request.wrap(request)
            visitor.asked = True  # who has the request may read its cookies
            if name == "cookies":
                return wrapped.cookies
            note_all()  # who has the request may read any of its query, and nobody sees it
            wrapped.max_content_length = self._limits.body
            wrapped.max_form_parts = self._limits.fields
            return wrapped

        def give(
            function: Callable[..., Any], found: Mapping[str, Any] = given, *, skip: int = 0
        ) -> dict[str, Any]:
            return arguments(function, found, built_in, self.provided, visitor.provided, skip=skip)

        return give

    def _with_nonce(self, view: View) -> View:
        if self._fresh_nonce:
            view.nonce = secrets.token_urlsafe(16)
        return view

    def _refuse_dead_end(self, method: str, path: str) -> None:
        try:
            self._router.match(path, "GET")
        except MethodNotAllowed:
            raise HtealeafError(
                f"the answer to {method} {path} has actions, and what a click on them changes is"
                f" shown by GET {path}, which no route answers; write methods=['GET', '{method}'],"
                " or end with redirect(...)"
            ) from None


def _sent(
    result: Redirect | Response | File, request: Request, scope: Scope, visitor: Visitor
) -> Answer:
    if isinstance(result, Redirect):
        result = Response("", result.status, {"Location": result.location})
    elif isinstance(result, File):
        result = result.response(request.wrap(request).environ)
    if isinstance(result.response, Stream):
        result.response.scope, result.response.path = scope, request.path
        visitor.asked = True  # it may be, when the headers are gone
    return answer_of(result, request)


def _taken(error: RefusedValue) -> None:
    place = caller()
    where = f" ({place}, in {place.function})" if place is not None else ""
    log.error("%s; it is left out%s", error, where)


def _with_body(request: Request, site: Site) -> Request:
    site.origins.refuse_cross_site(request, request.media)
    refuse_charset(request)
    if body_length(request, site.limits.body) is not None:
        return request
    # Werkzeug would cut off chunks that are too many, and say nothing.
    return request.with_body(read_body(request, site.limits.body))


def _is_ahead(request: Request) -> bool:
    # A page is loaded ahead, by a browser or by the shim: maybe nobody will see it.
    headers = request.headers
    return bool(headers.get("Sec-Purpose") or headers.get(Header.PREFETCH))


def _title_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", "page").replace("_", " ").strip().capitalize()


def _status_of(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.code or 500
    return getattr(error, "status_hint", 500) if isinstance(error, HtealeafError) else 500
