"""The application: a WSGI callable that answers requests with route functions.

    app = WSGI()

    @app.route("/hello/{name}")
    def hello(name: str):
        return h1("Hello ", name)

The environ ends here: below this floor there are visitors, URLs and views. What stands under
`/api/_` and `/_htealeaf/` is answered by whatever `attach` has put there, a `SuperStore`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from os import PathLike
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, unquote_to_bytes

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.serving import run_simple
from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

from htealeaf.app.responses import Redirect, view_or_answer
from htealeaf.app.routing import RESERVED, Route, Router, arguments, parameters
from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.html.lines import written_at
from htealeaf.pages.draw import View
from htealeaf.pages.explain import HEADER, Debugging, show_log
from htealeaf.pages.update import Opened, Pages
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state.stores import Registry
from htealeaf.web.answer import HTML, PageAnswer, error_page
from htealeaf.web.guard import (
    COOKIE_AGE,
    Keys,
    Rate,
    body_length,
    could_be_a_form,
    read_body,
    refuse_cross_site,
)
from htealeaf.web.sessions import Sessions, Visitor
from htealeaf.wire.codec import base_of

log = logging.getLogger("htealeaf")

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
#: Status line, headers, body: what an answer comes down to.
Answer = tuple[str, list[tuple[str, str]], bytes]
Function = TypeVar("Function", bound=Callable[..., Any])

COOKIE = "ht"
MAX_BODY = 1024 * 1024  #: bytes of a body that is read into memory
_UNMATCHED: Any = None, None, {}  # no URL, no route, nothing in it
_NOSNIFF = ("X-Content-Type-Options", "nosniff")
_COMMON = [
    ("Referrer-Policy", "same-origin"),
    _NOSNIFF,
]


class Endpoint(Protocol):
    """What answers our own URLs."""

    def handle(self, environ: Environ, path: str, visitor: Visitor) -> Answer:
        """Answer a request for *path*."""

    def head(self, base: str, nonce: str) -> str:
        """Return what goes into every page's head."""


class WSGI:
    """A web application, itself the WSGI callable.

    Args:
        secret: Signs browser keys and offers; at least 16 characters, the same on every worker.
            Without it `HTEALEAF_SECRET` is used, else a secret kept for this machine's user.
        title: Title of pages whose route has none.
        layout: Puts the content of every page into a frame: `layout(content)` returns a tree.
        csp: A Content-Security-Policy for every page; `{nonce}` in it becomes a fresh nonce.
        max_body: Bytes of a request's body at most; more is 413.
        rate: How many actions a second one browser may send; more is 429. None: any number.
        burst: How many it may send at once before `rate` counts.
        session_lifetime: Seconds without a visit after which a session ends.
        max_sessions: How many sessions are kept; the longest unused end first.
        max_pages: How many open pages are remembered.
        debug: Error pages show traces, the shim is served as it was written, and `HT-Debug` and
            the log say why each fragment was sent. Not for others' eyes.
    """

    def __init__(
        self,
        *,
        secret: str | None = None,
        title: str = "",
        layout: Callable[[Any], Any] | None = None,
        csp: str | None = None,
        max_body: int = MAX_BODY,
        rate: float | None = 50.0,
        burst: int = 200,
        session_lifetime: float = 14 * 24 * 3600.0,
        max_sessions: int = 100_000,
        max_pages: int = 10_000,
        debug: bool = False,
    ) -> None:
        self.title, self.layout, self.csp = title, layout, csp
        self.max_body, self._debug = max_body, debug
        self.rate = Rate(rate, burst) if rate is not None else None
        self.keys = Keys(secret)
        self._router = Router()
        #: Where the environ of a GET says which URL it asks for, its route, and what is in it.
        self._matched = f"htealeaf.matched.{id(self):x}"
        self._provided: dict[str, Callable[..., Any]] = {}
        self._error_pages: dict[int, Callable[..., Any]] = {}
        self._endpoint: Endpoint | None = None
        self._session_options = {"lifetime": session_lifetime, "limit": max_sessions}
        self._max_pages = max_pages
        self._use(Registry.current())

    def _use(self, registry: Registry) -> None:
        self.registry = registry
        self.sessions = Sessions(registry, **self._session_options)  # type: ignore[arg-type]
        head = self._endpoint.head if self._endpoint is not None else None
        self.pages = Pages(
            registry.journal,
            self._load,
            head,
            stores=lambda: list(registry.stores),
            has_state=lambda: any(store.scope.on_page for store in registry),
            limit=self._max_pages,
        )
        self.debug = self._debug

    @property
    def debug(self) -> bool:
        """Tell whether the app is in debug mode; it can be switched."""
        return self._debug

    @debug.setter
    def debug(self, on: bool) -> None:
        self._debug = on
        self.pages.debug = Debugging(self.registry) if on else None

    def attach(self, endpoint: Endpoint, registry: Registry) -> None:
        """Let *endpoint* answer our own URLs, over the stores of *registry*.

        Raises:
            HtealeafError: There is one already.
        """
        if self._endpoint is not None:
            raise HtealeafError("this app has a SuperStore already; one finds every store")
        self._endpoint = endpoint
        self._use(registry)

    # -- what an author says ---------------------------------------------------------------

    def route(
        self,
        pattern: str,
        *,
        methods: Iterable[str] = ("GET",),
        title: str | None = None,
        layout: Callable[[Any], Any] | None = None,
        page: bool = True,
    ) -> Callable[[Function], Function]:
        """Answer requests for *pattern* with the decorated function.

        Args:
            pattern: `/hello/{name}`, `{id:int}`, `{rest:path}`.
            methods: HTTP methods.
            title: The page's title; without it the app's, else made from the function's name.
            layout: Frames the content instead of the app's layout.
            page: False for a GET that is no page: it is never run again on its own, and may write.

        Raises:
            HtealeafError: The function is `async`, the pattern can't be read, or another function
                answers the same requests.
        """
        _wants(pattern, str, '@app.route("/path")')

        def decorate(function: Function) -> Function:
            name = getattr(function, "__name__", "page")
            made = self.title or name.replace("_", " ").strip().capitalize()
            self._router.add(
                Route(
                    pattern,
                    function,
                    tuple(method.upper() for method in methods),
                    title if title is not None else made,
                    layout or self.layout,
                    page,
                )
            )
            return function

        return decorate

    def provide(self, function: Function) -> Function:
        """Give route functions that have a parameter of the decorated function's name its result.

        It is called for each request, and gets what it names itself: `session`, `request`, ….
        """
        parameters(function)
        _once(self._provided, function.__name__, function, f"provides {function.__name__!r}")
        return function

    def error(self, status: int) -> Callable[[Function], Function]:
        """Show what the decorated function returns for *status*; it may take `sentence`."""
        _wants(status, int, "@app.error(404)")

        def decorate(function: Function) -> Function:
            parameters(function)
            _once(self._error_pages, status, function, f"answers for status {status}")
            return function

        return decorate

    def static(self, prefix: str, folder: str | PathLike[str]) -> None:
        """Serve the files of *folder* under *prefix*; nothing outside of it."""

        def file(rest: str, request: Request) -> Response:
            return send_from_directory(folder, rest, request.environ)

        self.route(f"{prefix.rstrip('/')}/{{rest:path}}", methods=["GET"], page=False)(file)

    def run(
        self, host: str = "127.0.0.1", port: int = 8000, *, debug: bool = True, reload: bool = False
    ) -> None:
        """Serve the app for development, until interrupted.

        Args:
            debug: As for `WSGI`; what it says is shown on the terminal. Not for others' eyes.
            reload: Start again when a source file changes.
        """
        self.debug = debug
        if debug:
            show_log()
        print(f"htealeaf serves http://{host}:{port}/  (Ctrl-C stops it)", flush=True)  # noqa: T201
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        run_simple(host, port, self, threaded=True, use_reloader=reload)

    # -- answering -------------------------------------------------------------------------

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if self._endpoint is not None and path.startswith(RESERVED):
            visitor = self.visitor(environ)
            status, headers, body = self._endpoint.handle(environ, path, visitor)
            headers.append(_NOSNIFF)
            if status[:3] not in ("204", "304"):
                headers.append(("Content-Length", str(len(body))))
            self._add_cookie(headers, visitor, environ)
            start_response(status, headers)
            return [body] if environ["REQUEST_METHOD"] != "HEAD" else []
        return self._respond(environ)(environ, start_response)

    wsgi_app = __call__

    def visitor(self, environ: Environ) -> Visitor:
        """Return who sent the request."""
        found = Visitor(self.keys, self.sessions, _cookie(environ), environ)
        self.sessions.visit(found)
        return found

    def _respond(self, environ: Environ) -> Response | PageAnswer:
        visitor = self.visitor(environ)
        response: Response | PageAnswer
        missing = _COMMON
        try:
            response = self._routed(environ, visitor)
        except HTTPException as error:
            if error.response is not None or (error.code or 500) < 400:
                response = Response.force_type(error.get_response(environ), environ)
            else:
                response = self._failed(visitor, error.code or 500, error.description or "", error)
            if isinstance(error, MethodNotAllowed) and error.valid_methods:
                missing = [*_COMMON, ("Allow", ", ".join(sorted(error.valid_methods)))]
        except HtealeafError as error:
            if error.status_hint >= 500:
                log.exception("%r could not be answered", environ.get("PATH_INFO"))
            response = self._failed(visitor, error.status_hint, error.public, error)
        except Exception as error:
            log.exception("%r could not be answered", environ.get("PATH_INFO"))
            response = self._failed(visitor, 500, HtealeafError.public, error)
        if isinstance(response, PageAnswer):
            response.add_missing(missing)
        else:
            for name, value in missing:
                response.headers.setdefault(name, value)
        extra: list[tuple[str, str]] = []
        self._add_cookie(extra, visitor, environ)
        response.headers.extend(extra)
        return response

    def _routed(self, environ: Environ, visitor: Visitor) -> Response | PageAnswer:
        method = environ["REQUEST_METHOD"]
        path = _text(environ.get("PATH_INFO", ""))
        route, found = self._router.match(path, "GET" if method == "HEAD" else method)
        base, url = base_of(environ.get("SCRIPT_NAME", "")), self._url(environ)
        if method in ("GET", "HEAD") and route.page:
            environ[self._matched] = url, route, found
            answer = self.pages.open(visitor, url, base)
            return self.page_answer(answer) if isinstance(answer, Opened) else self._plain(answer)
        if method not in ("GET", "HEAD", "OPTIONS"):
            refuse_cross_site(environ, plain_form=could_be_a_form(environ))
            if body_length(environ, self.max_body) is None:
                # Werkzeug would cut off chunks that are too many, and say nothing.
                body = read_body(environ, self.max_body)
                environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))
        with entered(Scope(self.registry.journal, visitor.session)):
            answer = self._call(route, found, visitor, environ, base)
        self.sessions.settle(visitor)
        if isinstance(answer, View):
            opened = self.pages.open(visitor, url, base, self._with_nonce(answer))
            if opened.has_actions:
                self._refuse_dead_end(method, path)
            return self.page_answer(opened)
        return self._plain(answer)

    def _refuse_dead_end(self, method: str, path: str) -> None:
        try:
            self._router.match(path, "GET")
        except MethodNotAllowed:
            raise HtealeafError(
                f"the answer to {method} {path} has actions, and what a click on them changes is"
                f" shown by GET {path}, which no route answers; write methods=['GET', '{method}'],"
                " or end with redirect(...)"
            ) from None

    def _with_nonce(self, view: View) -> View:
        if self.csp and "{nonce}" in self.csp:
            view.nonce = secrets.token_urlsafe(16)
        return view

    def _load(self, visitor: Visitor, url: str) -> Any:
        # Runs the route function of a URL, for a GET or for a page that is rendered again.
        environ = visitor.environ
        base = base_of(environ.get("SCRIPT_NAME", ""))
        matched, route, found = environ.get(self._matched, _UNMATCHED)
        if matched != url:
            path, _, query = url.partition("?")
            if base and (path + "/").startswith(base + "/"):
                path = path[len(base) :]
            environ = _as_get(environ, path, query)
            try:
                route, found = self._router.match(_text(environ["PATH_INFO"]), "GET")
            except MethodNotAllowed:
                return None  # the answer to a POST: what it shows stays
            except (HTTPException, BadRequest):
                return Redirect(url, 303)
            if not route.page:
                return Redirect(url, 303)
        answer = self._call(route, found, visitor, environ, base)
        return self._with_nonce(answer) if isinstance(answer, View) else answer

    def _call(
        self, route: Route, found: Mapping[str, Any], visitor: Visitor, environ: Environ, base: str
    ) -> Any:
        def built_in(name: str) -> Any:
            if name == "session":
                return visitor.session
            request = Request(environ)
            request.max_content_length = self.max_body
            return request.cookies if name == "cookies" else request

        given = arguments(route.function, found, built_in, self._provided)
        return view_or_answer(route.function(**given), route, base)

    def page_answer(self, opened: Opened) -> PageAnswer:
        """Return a page as it is sent, but for the headers that every answer has."""
        view = opened.view
        answer = PageAnswer(opened.html, view.status, view.headers)
        # A page with actions is signed for one browser, and a stored copy would be out of date.
        headers = [("Cache-Control", "no-store" if opened.has_actions else "no-cache")]
        if opened.debug:
            headers.append((HEADER, opened.debug))
        if self.csp:
            policy = " ".join(self.csp.split()).replace("{nonce}", view.nonce)  # in one line
            headers.append(("Content-Security-Policy", policy))
        answer.add_missing(headers)
        return answer

    def _plain(self, answer: Any) -> Response:
        if isinstance(answer, Redirect):
            return Response("", answer.status, {"Location": answer.location})
        found: Response = answer
        return found

    def _failed(
        self, visitor: Visitor, status: int, sentence: str, error: BaseException
    ) -> Response | PageAnswer:
        base = base_of(visitor.environ.get("SCRIPT_NAME", ""))
        function = self._error_pages.get(status)
        if function is not None:
            try:
                return self._own_error_page(function, visitor, status, sentence, base)
            except Exception:
                log.exception("the error page for %s could not be shown", status)
        shown = error if self.debug and not isinstance(error, HTTPException) else None
        return Response(error_page(status, sentence, base + "/", shown), status, content_type=HTML)

    def _own_error_page(
        self,
        function: Callable[..., Any],
        visitor: Visitor,
        status: int,
        sentence: str,
        base: str,
    ) -> Response | PageAnswer:
        route = Route("/", function, ("GET",), str(status), self.layout, False)
        scope = Scope(self.registry.journal, visitor.session, rendering="an error page")
        with entered(scope):
            answer = self._call(route, {"sentence": sentence}, visitor, visitor.environ, base)
        if not isinstance(answer, View):
            response = self._plain(answer)
            response.status_code = status if response.status_code == 200 else response.status_code
            return response
        answer.status = status if answer.status == 200 else answer.status
        url = self._url(visitor.environ)
        return self.page_answer(self.pages.open(visitor, url, base, self._with_nonce(answer)))

    def _url(self, environ: Environ) -> str:
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        encoded = base_of(environ.get("SCRIPT_NAME", ""))
        encoded += quote(path.encode("latin-1"), safe="/-._~!$&'()*+,;=:@")
        return f"{encoded or '/'}?{query}" if query else encoded or "/"

    def _add_cookie(
        self, headers: list[tuple[str, str]], visitor: Visitor, environ: Environ
    ) -> None:
        if not visitor.issued:
            return
        secure = "; Secure" if environ.get("wsgi.url_scheme") == "https" else ""
        path = base_of(environ.get("SCRIPT_NAME", "")) or "/"
        value = self.keys.cookie(visitor.key)
        headers.append(
            (
                "Set-Cookie",
                f"{COOKIE}={value}; Max-Age={COOKIE_AGE}; Path={path}; HttpOnly; SameSite=Lax"
                + secure,
            )
        )

    def stats(self) -> dict[str, int]:
        """Return how much is remembered, and how much at most.

        Returns:
            Numbers: `pages`, `sessions`, `streams`, `entries` (of the streams' histories) and
            `once` (ids of clicks that were done); `page_bytes`, `session_bytes` and `entry_bytes`
            are estimates. `max_pages`, … are the limits, beyond which the oldest go. What stores
            hold is data, and has no limit here.
        """
        return self.pages.stats() | self.sessions.stats() | self.registry.journal.stats()


def _wants(given: object, kind: type, example: str) -> None:
    # `@app.route` without brackets hands over the function, and would do nothing.
    if not isinstance(given, kind):
        raise HtealeafError(f"it is given a {type(given).__name__}; write {example}")


def _once(known: dict[Any, Any], key: Any, function: Callable[..., Any], what: str) -> None:
    if key in known:
        raise HtealeafError(
            f"{written_at(known[key])} {what} already, so {written_at(function)} would replace it"
            " without a word; take one of them out"
        )
    known[key] = function


def _cookie(environ: Environ) -> str | None:
    header = environ.get("HTTP_COOKIE")
    if not header:
        return None
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            found: str = value
            return found
    return None


def _text(path: str) -> str:
    # WSGI gives the path's bytes as Latin-1 (PEP 3333).
    try:
        return path.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest("the address is not UTF-8") from error


def _as_get(environ: Environ, path: str, query: str) -> Environ:
    # The environ that a GET of the URL would have, sent by the same browser.
    kept = {
        k: v for k, v in environ.items() if not k.startswith(("HTTP_HT_", "CONTENT_", "werkzeug."))
    }
    return kept | {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_LENGTH": "0",
    }
