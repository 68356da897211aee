"""Views: route functions as an endpoint, called with what they name, and shown as pages."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response

from htealeaf.app.responses import Redirect, answer_of, view_or_answer
from htealeaf.app.routing import Route, Router, arguments
from htealeaf.endpoints.site import Site
from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.html.lines import noted
from htealeaf.pages.draw import Posted, View, Viewing
from htealeaf.pages.draw import Visitor as Viewer
from htealeaf.pages.update import Opened
from htealeaf.reactive.scope import Scope, entered
from htealeaf.web.answer import Answer, error_page, html_answer
from htealeaf.web.limits import body_length, read_body
from htealeaf.web.origin import refuse_cross_site
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor

log = logging.getLogger("htealeaf")


class _Failure(NamedTuple):
    # Why a request was not answered; an error is one to look into, for a developer.
    status: int
    sentence: str
    error: Exception | None


class Views:
    """The route functions of an app, and its error pages.

    Args:
        router: Finds a route function.
        layout: Frames the author's error pages.
        csp: As for `WSGI`.
        max_body: Bytes of a body that an author's function may read at most.
    """

    def __init__(
        self,
        router: Router,
        layout: Callable[[Any], Any] | None,
        csp: str | None,
        max_body: int,
    ) -> None:
        self._router, self._layout, self._max_body = router, layout, max_body
        self._fresh_nonce = bool(csp and "{nonce}" in csp)
        self.provided: dict[str, Callable[..., Any]] = {}
        self.error_pages: dict[int, Callable[..., Any]] = {}

    def answer(self, request: Request, visitor: Visitor, site: Site) -> Answer:
        """Answer *request* with the function of its route.

        Raises:
            HTTPException, HtealeafError, and whatever the function raises: see `failed`.
        """
        method, path = request.method, request.path
        route, given = found = self._router.match(path, "GET" if method == "HEAD" else method)
        request = request.replace(found=found)
        viewing = Viewing(visitor, request.url, request.base, request)
        if method in ("GET", "HEAD") and route.page:
            visitor.loading = method == "GET" and not request.headers.get("Sec-Purpose")
            opened = site.pages.open(viewing)
            return site.page(opened) if isinstance(opened, Opened) else _sent(opened, request)
        if method not in ("GET", "HEAD", "OPTIONS"):
            refuse_cross_site(request, request.media)
            if body_length(request, site.max_body) is None:
                # Werkzeug would cut off chunks that are too many, and say nothing.
                request = request.with_body(read_body(request, site.max_body))
        with entered(Scope(site.registry.journal, visitor.session)):
            result = self._call(route, given, visitor, request)
        site.sessions.settle(visitor)
        if not isinstance(result, View):
            return _sent(result, request)
        opened = site.pages.open(viewing, self._with_nonce(result))
        if opened.has_actions:
            self._refuse_dead_end(method, path)
        return site.page(opened)

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
            except (HTTPException, BadRequest):
                return Redirect(viewing.url, 303)
            if not request.found[0].page:
                return Redirect(viewing.url, 303)
        route, given = request.found
        result = self._call(route, given, viewing.visitor, request)
        return self._with_nonce(result) if isinstance(result, View) else result

    def failed(self, request: Request, visitor: Visitor, site: Site, error: Exception) -> Answer:
        """Return what is answered where `answer` raised *error*."""
        if isinstance(error, NotFound) and request.path == "/favicon.ico":
            return Answer(204, [("Cache-Control", "max-age=86400")], b"")  # every browser asks
        if isinstance(error, HTTPException):
            failure = _Failure(error.code or 500, error.description or "", None)
            if error.response is not None or failure.status < 400:
                environ = request.wrap(request).environ
                response = Response.force_type(error.get_response(environ), environ)
                return answer_of(response, request)
        elif isinstance(error, HtealeafError):
            failure = _Failure(error.status_hint, error.public, error)
        else:
            failure = _Failure(500, HtealeafError.public, error)
        if failure.error is not None:
            where = noted(error)
            if failure.status >= 500:
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
            route = Route("/", function, ("GET",), str(status), self._layout, False)
            request = request.replace(found=(route, {"sentence": sentence}))
            try:
                return self._own_error_page(request, visitor, site, status)
            except Exception:
                log.exception("the error page for %s could not be shown", status)
        asked = f"{request.method} {request.url}"
        shown = error if site.debug else None
        return html_answer(error_page(status, sentence, request.base + "/", shown, asked), status)

    def _own_error_page(
        self, request: Request, visitor: Visitor, site: Site, status: int
    ) -> Answer:
        scope = Scope(site.registry.journal, visitor.session, rendering="an error page")
        route, given = request.found
        with entered(scope):
            result = self._call(route, given, visitor, request)
        if isinstance(result, View):
            result.status = status if result.status == 200 else result.status
            viewing = Viewing(visitor, request.url, request.base, request)
            return site.page(site.pages.open(viewing, self._with_nonce(result)))
        answer = _sent(result, request)
        if answer.status != 200:
            return answer
        return answer._replace(status=status, reason="")

    def _call(
        self, route: Route, given: Mapping[str, Any], visitor: Viewer, request: Request
    ) -> Any:
        wanted = arguments(route.function, given, self.built_in(visitor, request), self.provided)
        return view_or_answer(route.function(**wanted), route, request.base)

    def built_in(self, visitor: Viewer, request: Request) -> Callable[[str], Any]:
        """Return what gives `session`, `request`, `req` and `cookies` of *request*."""

        def found(name: str) -> Any:
            if name == "session":
                return visitor.session
            wrapped = request.wrap(request)
            wrapped.max_content_length = self._max_body
            return wrapped.cookies if name == "cookies" else wrapped

        return found

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


def _sent(result: Redirect | Response, request: Request) -> Answer:
    if isinstance(result, Redirect):
        result = Response("", result.status, {"Location": result.location})
    return answer_of(result, request)
