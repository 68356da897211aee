"""The application: a WSGI callable that answers requests with route functions.

    app = WSGI()

    @app.route("/hello/{name}")
    def hello(name: str):
        return h1("Hello ", name)

Requests become values in `app/wsgi.py`, are sent to an endpoint and answered in `app/dispatch.py`,
and a page's endpoint is `app/views.py`. What stands under `/api/_` and `/_htealeaf/` is answered by
what a `SuperStore` puts into the table.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, overload

from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

from htealeaf.app import serving, workers
from htealeaf.app.dispatch import Dispatch, Table
from htealeaf.app.reloading import reloading
from htealeaf.app.routing import Route, Router, parameters
from htealeaf.app.views import Views
from htealeaf.app.wsgi import Environ, StartResponse, request_of, send
from htealeaf.endpoints.site import Row, Site
from htealeaf.errors import HtealeafError
from htealeaf.html.lines import written_at
from htealeaf.pages.document import AssetsOf
from htealeaf.pages.explain import Debugging, show_log
from htealeaf.pages.update import Pages
from htealeaf.state.stores import Registry
from htealeaf.web.keys import Keys
from htealeaf.web.limits import Rate
from htealeaf.web.sessions import Sessions

if TYPE_CHECKING:
    from htealeaf.app.actions import ActionFunction

Function = TypeVar("Function", bound=Callable[..., Any])

MAX_BODY = 1024 * 1024  #: bytes of a body that is read into memory


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
        components_css: Every page links the style sheet of the ready-made pieces, before the
            style sheets of your own.
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
        components_css: bool = False,
        debug: bool = False,
    ) -> None:
        self.title, self.layout = title, layout
        self.keys = Keys(secret)
        self._debug, self._csp = debug, csp
        self.components_css = components_css
        self._limits = max_body, Rate(rate, burst) if rate is not None else None
        self._session_options = {"lifetime": session_lifetime, "limit": max_sessions}
        self._max_pages = max_pages
        self._router = Router()
        self._views = Views(self._router, layout, csp, max_body)
        self._functions: dict[str, ActionFunction] = {}
        self._table = Table()
        self._table.add("*", Row(self._views.answer, self._views.failed))
        self._workers_checked = False  # whether it was looked for other processes
        self._attached = False
        self._serve(Registry.current())

    def _serve(self, registry: Registry) -> None:
        pages = Pages(
            registry.journal,
            self._views.load,
            None,
            stores=lambda: list(registry.stores),
            has_state=lambda: any(store.scope.on_page for store in registry),
            limit=self._max_pages,
        )
        sessions = Sessions(registry, **self._session_options)  # type: ignore[arg-type]
        self.site = Site(
            registry,
            sessions,
            pages,
            *self._limits,
            self._csp,
            self._views.built_in,
            self._functions,
        )
        self.dispatch = Dispatch(self.site, self.keys, self._table)
        self.debug = self._debug

    @property
    def registry(self) -> Registry:
        """Return the registry whose stores the app shows."""
        return self.site.registry

    @property
    def sessions(self) -> Sessions:
        """Return the sessions of the app's visitors."""
        return self.site.sessions

    @property
    def pages(self) -> Pages:
        """Return the app's open pages."""
        return self.site.pages

    @property
    def debug(self) -> bool:
        """Tell whether the app is in debug mode; it can be switched."""
        return self._debug

    @debug.setter
    def debug(self, on: bool) -> None:
        self._debug = on
        self.pages.debug = Debugging(self.registry) if on else None

    def attach(self, rows: Mapping[str, Row], registry: Registry, head: AssetsOf) -> None:
        """Let *rows* of the table answer our own URLs, over the stores of *registry*.

        Args:
            rows: By the pattern of their URLs; see `dispatch.Table`.
            head: Gives what goes into every page's head.

        Raises:
            HtealeafError: There are such rows already.
        """
        if self._attached:
            raise HtealeafError("this app has a SuperStore already; one finds every store")
        self._attached = True
        if registry is not self.registry:
            self._serve(registry)
        for pattern, row in rows.items():
            self._table.add(pattern, row)
        self.pages.answered(head)
        self._workers_checked = workers.warned(workers.announced(), registry.journal.kind)

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

    @overload
    def action(self, function: Callable[..., Any]) -> ActionFunction: ...

    @overload
    def action(
        self,
        *,
        name: str | None = None,
        retry: bool = False,
        database: bool = False,
        allow: Callable[..., Any] | None = None,
        within: float = 30.0,
    ) -> Callable[[Callable[..., Any]], ActionFunction]: ...

    def action(
        self,
        function: Callable[..., Any] | None = None,
        *,
        name: str | None = None,
        retry: bool = False,
        database: bool = False,
        allow: Callable[..., Any] | None = None,
        within: float = 30.0,
    ) -> Any:
        """Let events of the browser call the decorated function: `form(onsubmit=add)(...)`.

        Each parameter has an annotation. Constants are said by name, `onclick=remove(id=3)`, and
        controls of the same form fill the others. It may write, raise `Invalid(...)`, `flash(...)`,
        sign in or out; it returns nothing, `redirect(...)` or `visit(...)`.

        Args:
            name: In its URL; without it the function's own.
            retry: It touches stores only, so it runs again, up to three times, where what it read
                has changed before its writes could be committed. Without it that is answered 409.
            database: Its effects are rows of a database with `watch(Sessions, once=True)`, in one
                transaction, and nothing else. Then it is done exactly once, also if its process
                dies: who tries again is not told that it may have happened, since that is known.
            allow: Tells whether the visitor may call it; asked when it is shown, and again when it
                is called. It gets what it names: `session`, constants, what is provided.
            within: Seconds that it takes at most. If its process dies, whoever tries again waits so
                long, and is told then that it may have happened already.

        Raises:
            HtealeafError: A parameter without annotation, an `async` function, or a name that
                another function has.
        """
        # Loaded here: with it comes pydantic, which apps without action functions don't pay for.
        actions = import_module("htealeaf.app.actions")

        def decorate(function: Callable[..., Any]) -> ActionFunction:
            made: ActionFunction = actions.ActionFunction(
                function,
                provided=self._views.provided,
                registry=lambda: self.registry,
                name=name,
                retry=retry,
                database=database,
                allow=allow,
                within=within,
            )
            other = self._functions.setdefault(made.name, made)
            if other is not made:
                raise HtealeafError(
                    f"{written_at(other.written)} is the action function {made.name!r} already; say"
                    f" @app.action(name=...) at {written_at(function)}"
                )
            return made

        return decorate if function is None else decorate(function)

    def provide(self, function: Function) -> Function:
        """Give route functions that have a parameter of the decorated function's name its result.

        It is called for each request, and gets what it names itself: `session`, `request`, ….
        """
        parameters(function)
        name = function.__name__
        _once(self._views.provided, name, function, f"provides {name!r}")
        return function

    def error(self, status: int) -> Callable[[Function], Function]:
        """Show what the decorated function returns for *status*; it may take `sentence`."""
        _wants(status, int, "@app.error(404)")

        def decorate(function: Function) -> Function:
            parameters(function)
            _once(self._views.error_pages, status, function, f"answers for status {status}")
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
        logging.getLogger("werkzeug").setLevel(logging.WARNING)

        if reload:
            reloading(host, port, lambda listening: serving.serve(self, listening, host))
            return
        with serving.bound(host, port) as listening:
            serving.serve(self, listening, host)

    # -- answering -------------------------------------------------------------------------

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._workers_checked:  # at the first request, if it was not at the start
            self._workers_checked = True
            several = workers.SEVERAL if environ.get("wsgi.multiprocess") else 1
            workers.warned(several, self.registry.journal.kind)
        return send(self.dispatch.answer(request_of(environ)), start_response)

    wsgi_app = __call__

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
