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
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from werkzeug.utils import send_from_directory
from werkzeug.wrappers import Request, Response

from htealeaf.app import rooms, serving, stopping, workers
from htealeaf.app.background import Background
from htealeaf.app.build import stamp_of
from htealeaf.app.dispatch import Dispatch, Table
from htealeaf.app.layouts import Layouts
from htealeaf.app.reloading import reloading
from htealeaf.app.route import Route
from htealeaf.app.routes import Routes
from htealeaf.app.routing import Router, parameters
from htealeaf.app.settings import UNSET, VERSION, setting, tell_unknown
from htealeaf.app.views import Views
from htealeaf.app.wsgi import Environ, StartResponse, request_of, send
from htealeaf.data import streams
from htealeaf.endpoints.live_page import Following
from htealeaf.endpoints.site import Row, Site
from htealeaf.endpoints.stats import Stats, stats
from htealeaf.errors import HtealeafError
from htealeaf.html.lines import written_at
from htealeaf.pages.document import AssetsOf
from htealeaf.pages.explain import Debugging, show_log
from htealeaf.pages.update import Pages
from htealeaf.reactive.scope import current
from htealeaf.state.bounds import Bounds, Limits
from htealeaf.state.refs import Ref
from htealeaf.state.stores import Registry
from htealeaf.web.cookie import Cookie, cookie_of
from htealeaf.web.headers import Standard, policy_of
from htealeaf.web.keys import Keys
from htealeaf.web.languages import Languages, spoken
from htealeaf.web.limits import RequestLimits
from htealeaf.web.origin import LOOPBACK, Origins
from htealeaf.web.proxies import Proxies
from htealeaf.web.rates import Rates
from htealeaf.web.sessions import Sessions

if TYPE_CHECKING:
    from htealeaf.app.actions import ActionFunction
    from htealeaf.endpoints.metrics import Metrics

Function = TypeVar("Function", bound=Callable[..., Any])


class WSGI:
    """A web application, itself the WSGI callable.

    Args:
        secret: Signs browser keys and offers; at least 16 characters, the same on every worker.
            Without it `HTEALEAF_SECRET` is used, else a secret kept for this machine's user.
        title: Title of pages whose route has none.
        lang: The language of pages, a tag such as "de", and of what htealeaf tells people; or a
            function that says it for each request, and gets what it names.
        words: What sentences are in languages, by their English text: over ours.
        layout: Puts the content of every page into a frame: `layout(content)` returns a tree. See
            `layout`, which says the same as a decorator.
        csp: The Content-Security-Policy of every page: directives that go over those of
            `htealeaf.web.headers.DEFAULT_CSP`, `{"img-src": "*", "object-src": None}`; or a whole
            policy; or None for none. `{nonce}` in it becomes a fresh nonce.
        headers: Other headers of every answer, over ours: `{"Referrer-Policy": "no-referrer"}`;
            None takes one out.
        https: The app is reached by https only, and browsers are to know it for a year, or for so
            many seconds (`Strict-Transport-Security`).
        cookie: What the one cookie is called and where browsers send it, parts of a `Cookie`:
            `{"samesite": "None", "partitioned": True}` for pages in frames of other sites.
        max_body: Bytes of a request's body at most; more is 413.
        old_secrets: Secrets of before: what they signed is still good; nothing is signed by them.
        trusted_origins: Origins of other sites whose pages may do what pages of this one may.
        trusted_hosts: The hosts that the app is, `["shop.example"]`; other requests are 400. None:
            any. `app.run()` on this machine trusts what this machine is called.
        max_fields: Fields and files of one form; more is 413.
        max_depth: How deeply JSON may be nested; deeper is 400.
        max_nodes: Values that JSON may have; more is 413.
        max_path: Bytes of the path of a URL; more is 414.
        max_segments: How deep a place in a store lies that a script names on its own; deeper is
            400.
        rate: How many actions a second one browser may send, and one network address; more is
            429. None: any number, of bad offers too.
        burst: How many at once before `rate` counts.
        address_rate: Of one network address, where many people have one; 0: as `rate`.
        address_burst: The same of `burst`.
        bad_offers: A minute of one network address; then 429.
        trusted_proxies: How many proxies stand before the app, or their addresses and networks,
            so that the address of a request is found in `X-Forwarded-For`; see `web.proxies`.
        session_lifetime: Seconds without a visit after which a session ends.
        session_max_age: Seconds after which whoever is signed in has to sign in again, however
            often they come; None for never.
        max_sessions: How many sessions are kept. Where there is no room for another one, the
            longest unused in which nobody is signed in ends; if there is none, 503.
        max_session: Bytes of one session with its `SessionStore`s, as JSON; more is 413.
        max_document: Bytes, as JSON, that requests may let a document grow to; more is 413.
        max_documents: How many documents there are in memory when a request begins one; else 503.
        max_items: How many items requests may let a list have; more is 413.
        max_session_bytes: About how many bytes all sessions take in memory together.
        max_pages: How many open pages are remembered.
        max_page_bytes: About how many bytes these take together.
        build: Names the code that runs, the same on every worker that has it: the id of a commit.
            An open page that another build has rendered is sent whole. Without it, a digest of the
            app's source files.
        components_css: Every page links the style sheet of the ready-made pieces, before the
            style sheets of your own.
        page_css: Every page links a look for all that HTML has, and `components_css` with it.
        debug: Error pages show traces, the shim is served as it was written, and `HT-Debug` and
            the log say why each fragment was sent. Not for others' eyes.
        live: Open pages follow by themselves what others do, while they are looked at.
        max_live: How many of them a worker keeps up to date at once; the others ask now and then.
            None: as many as the server has room for, see `docs/guide/live.md`.
        metrics: `/_htealeaf/metrics` shows numbers of this worker, to whom a proxy lets there.
            Where several listen at one port, a folder in which they tell each other theirs.

    What is not given is taken from a variable `HTEALEAF_*`, see `htealeaf.app.settings`.
    """

    def __init__(
        self,
        *,
        secret: str | None = UNSET,
        title: str = UNSET,
        layout: Callable[..., Any] | str | None = None,
        lang: str | Callable[..., Any] = UNSET,
        words: Mapping[str, Mapping[str, str]] | None = None,
        csp: str | Mapping[str, str | None] | None = UNSET,
        headers: Mapping[str, str | None] = UNSET,
        https: bool | int = UNSET,
        cookie: Cookie | Mapping[str, Any] | None = UNSET,
        old_secrets: str | Sequence[str] = UNSET,
        trusted_origins: str | Sequence[str] | None = UNSET,
        trusted_hosts: str | Sequence[str] | None = UNSET,
        max_body: int = UNSET,
        max_fields: int = UNSET,
        max_depth: int = UNSET,
        max_nodes: int = UNSET,
        max_path: int = UNSET,
        max_segments: int = UNSET,
        rate: float | None = UNSET,
        burst: int = UNSET,
        address_rate: float | None = UNSET,
        address_burst: int = UNSET,
        bad_offers: int | None = UNSET,
        trusted_proxies: int | str | Sequence[str] | None = UNSET,
        session_lifetime: float = UNSET,
        session_max_age: float | None = UNSET,
        max_sessions: int = UNSET,
        max_session: int | None = UNSET,
        max_document: int | None = UNSET,
        max_documents: int | None = UNSET,
        max_items: int | None = UNSET,
        max_session_bytes: int = UNSET,
        max_pages: int = UNSET,
        max_page_bytes: int = UNSET,
        build: str | None = UNSET,
        components_css: bool = UNSET,
        page_css: bool = UNSET,
        debug: bool = UNSET,
        live: bool = UNSET,
        max_live: int | None = UNSET,
        metrics: bool | str | PathLike[str] = UNSET,
    ) -> None:
        # One function: each argument is a setting, and has one line.
        tell_unknown()
        self.title = setting("title", title)
        self.keys = Keys(setting("secret", secret), setting("old_secrets", old_secrets))
        self._origins = Origins(
            setting("trusted_origins", trusted_origins), setting("trusted_hosts", trusted_hosts)
        )
        self._debug: bool = setting("debug", debug)
        self._cookie = cookie_of(setting("cookie", cookie))
        policy = setting("csp", csp)
        if self._cookie.samesite == "None" and isinstance(policy, Mapping):
            policy = {"frame-ancestors": None, **policy}  # it is for frames in other sites' pages
        self._csp = policy_of(policy)
        self._standard = Standard(self._csp, setting("headers", headers), setting("https", https))
        self._live: bool = setting("live", live)
        self._max_live: int | None = setting("max_live", max_live)
        #: The endpoint that shows numbers, where that is asked for.
        self.metrics: Metrics | None = _metrics(setting("metrics", metrics))
        self.components_css = setting("components_css", components_css)
        self.page_css = setting("page_css", page_css)
        self._limits = RequestLimits(
            body=setting("max_body", max_body),
            fields=setting("max_fields", max_fields),
            depth=setting("max_depth", max_depth),
            nodes=setting("max_nodes", max_nodes),
            path=setting("max_path", max_path),
            segments=setting("max_segments", max_segments),
        )
        rate = setting("rate", rate)
        if rate is None and bad_offers is UNSET:
            bad_offers = None
        self._rates = Rates(
            rate,
            setting("burst", burst),
            address_rate=setting("address_rate", address_rate),
            address_burst=setting("address_burst", address_burst),
            bad_offers=setting("bad_offers", bad_offers),
            proxies=Proxies(setting("trusted_proxies", trusted_proxies)),
        )
        self._session_options = {
            "lifetime": setting("session_lifetime", session_lifetime),
            "max_age": setting("session_max_age", session_max_age),
            "limit": setting("max_sessions", max_sessions),
            "max_bytes": setting("max_session_bytes", max_session_bytes),
        }
        self._bounds = Limits(
            document=setting("max_document", max_document),
            items=setting("max_items", max_items),
            session=setting("max_session", max_session),
            documents=setting("max_documents", max_documents),
        )
        self._max_pages = {
            "limit": setting("max_pages", max_pages),
            "max_bytes": setting("max_page_bytes", max_page_bytes),
        }
        self._build: str | None = setting("build", build)
        self._router = Router()
        self._functions: dict[str, ActionFunction] = {}
        self._layouts = Layouts(layout)
        self._views = Views(self._router, self._layouts, self.title, self._csp, self._limits)
        lang = setting("lang", lang)
        self._language = spoken(lang, Languages(words or {}), self._views.giver)
        self._views.chosen = self._language if callable(lang) else None
        self._table = Table()
        self._table.add("*", Row(self._views.answer, self._views.failed))
        self._workers_checked = False  # whether it was looked for other processes
        self._attached = False
        self._background = Background()
        #: Set when the worker is told to stop; a function in the background may ask for it, and
        #: wait with it: `app.stopping.wait(5)` in the place of `time.sleep(5)`.
        self.stopping = threading.Event()
        self._watched = False  # whether it is known who tells that
        #: What a server calls; middleware goes around it: `app.wsgi_app = ProxyFix(app.wsgi_app)`.
        self.wsgi_app: Callable[[Environ, StartResponse], Iterable[bytes]] = self._answered
        self._serve(Registry.current())

    def _serve(self, registry: Registry) -> None:
        pages = Pages(
            registry.journal,
            self._views.load,
            None,
            stores=lambda: list(registry.stores),
            has_state=lambda: registry.on_page,
            build=lambda: stamp_of(self._views.functions(), self._build),
            **self._max_pages,
        )
        sessions = Sessions(registry, **self._session_options)
        registry.journal.bounds = Bounds(
            self._bounds,
            lambda stream: self.sessions.session_of(stream),
            lambda: self.sessions.admit(),
            registry.journal.count,
        )
        self.site = Site(
            registry,
            sessions,
            pages,
            self._limits,
            self._rates,
            self._origins,
            self._csp,
            self._views.giver,
            self._functions,
            self._views.guard,
            version=VERSION,
            build=lambda: self._build or pages.build,  # as it was said, if it was
            jobs=lambda: (len(self._background), self._background.limit),
            max_live=self._max_live,
            language=self._language,
        )
        sessions.gone = pages.live.void
        self.dispatch = Dispatch(
            self.site, self.keys, self._table, self._router.urls, self._cookie, self._standard
        )
        self.debug, self.live = self._debug, self._live

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

    @property
    def live(self) -> bool:
        """Tell whether open pages follow by themselves what others do; it can be switched."""
        return self._live

    @live.setter
    def live(self, on: bool) -> None:
        self._live = self.site.live = on
        self.pages.following(on)

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
        count = workers.announced()
        self._workers_checked = workers.warned(count, registry.journal.kind)
        self._rates.among(count)

    # -- what an author says ---------------------------------------------------------------

    def route(
        self,
        pattern: str,
        *,
        methods: Iterable[str] = ("GET",),
        title: str | Callable[..., Any] | None = None,
        layout: Callable[..., Any] | str | bool | None = None,
        page: bool = True,
        name: str = "",
        allow: Callable[..., Any] | None = None,
        otherwise: str | int | Callable[..., Any] | None = None,
    ) -> Callable[[Function], Function]:
        """Answer requests for *pattern* with the decorated function.

        Args:
            pattern: `/hello/{name}`, `{id:int}`, `{rest:path}`.
            methods: HTTP methods. HEAD goes with GET, and OPTIONS is answered.
            title: The page's title; without it the app's, else made from the function's name. A
                function gets what it names, and is a binding of its own.
            layout: Frames the content instead of the app's layout: a function or a layout's name;
                False for none.
            page: False for a GET that is no page: it is never run again on its own, and may write.
            name: What `url_for` calls it; without it, the function's name.
            allow: Tells who may see the page and use it: a function of what a route function may
                name. It is asked at each GET, and again at each click and each catch-up.
            otherwise: What others get: a URL to go to, a status, or a function that answers; 403 if
                you say nothing.

        Raises:
            HtealeafError: The function is `async`, the pattern can't be read, or another function
                answers the same requests or has the name.
        """
        _wants(pattern, str, '@app.route("/path")')

        def decorate(function: Function) -> Function:
            routes = Routes()
            routes.route(
                pattern,
                methods=methods,
                title=title,
                layout=layout,
                page=page,
                name=name,
                allow=allow,
                otherwise=otherwise,
            )(function)
            self.include(routes)
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
        hide: bool = False,
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
        hide: bool = False,
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
                is called. It gets what it names: `session`, arguments, what is provided. One that
                looks at what a form has yet to fill is asked when that has come.
            hide: Controls of what it forbids are not shown, instead of disabled.
            within: Seconds that it takes at most. If its machine dies, whoever tries again waits so
                long, and is told then that it may have happened already; if its process alone
                does, at once.

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
                hide=hide,
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

    def include(self, routes: Routes) -> None:
        """Answer requests for *routes* of another module as well."""
        for route in routes:
            self._router.add(route)

    def url_for(
        self, _name: str, /, *, _query: Mapping[str, Any] | None = None, **values: Any
    ) -> str:
        """Return the path of the route *name* below the app; see the free `url_for`."""
        return self._router.urls.build("", _name, values, _query, "")

    def before(self, function: Function) -> Function:
        """Call the decorated function before every route function, with what it names.

        What it returns, unless None, is answered in the place of the route function: `redirect`,
        `(503, "Back soon")`, an element. It runs whenever the page is made, so it only reads.
        """
        parameters(function)
        self._views.before.append(function)
        return function

    @overload
    def layout(self, function: Function, /) -> Function: ...
    @overload
    def layout(
        self,
        name: str | None = None,
        /,
        *,
        inside: Callable[..., Any] | str | None = None,
        boost: bool | None = None,
    ) -> Callable[[Function], Function]: ...

    def layout(self, given: Any = None, /, *, inside: Any = None, boost: Any = None) -> Any:
        """Frame pages with the decorated function, which gets the content and what it names.

        `@app.layout` is for every page that says no other; `@app.layout("name")` for those that say
        `layout="name"`. With *inside* it stands in another layout. `boost=True` lets the script
        fetch what links and GET forms of its pages lead to, as `body(boost=True)` does.

        Raises:
            HtealeafError: There is one of that name; or another one is for every page.
        """
        if not callable(given):

            def decorate(function: Function) -> Function:
                if given is None:
                    return self._frame_all(function, inside, boost)
                self._layouts.add(given, function, inside, boost)
                return function

            return decorate
        return self._frame_all(given, inside, boost)

    def _frame_all(self, function: Function, inside: Any, boost: bool | None) -> Function:
        if self._layouts.default is not None:
            raise HtealeafError(
                "another layout is for every page already; name this one, @app.layout('name'), and"
                " say layout='name' where it is wanted"
            )
        self._layouts.add(function.__name__, function, inside, boost)
        self._layouts.default = function
        return function

    def provide(self, function: Function) -> Function:
        """Give route functions that have a parameter of the decorated function's name its result.

        It gets what it names itself: `session`, `request`, …. A generator yields its value, once
        for each request: a page, an action, a catch-up. What stands behind the `yield` runs when
        the answer was made, and of a streamed body when it was sent. An error of the request is
        raised at the `yield`.
        """
        parameters(function)
        name = function.__name__
        _once(self._views.provided, name, function, f"provides {name!r}")
        return function

    def error(self, what: int | type[Exception]) -> Callable[[Function], Function]:
        """Show what the decorated function returns for a status, or for a kind of exception.

        It may take `sentence`, which is safe to be shown, and `error`, which is not. An exception
        is answered with its own status, 500 for most, unless the function says another one.
        """
        is_class = isinstance(what, type) and issubclass(what, Exception)
        if not is_class:
            _wants(what, int, "@app.error(404) or @app.error(LookupError)")

        def decorate(function: Function) -> Function:
            parameters(function)
            if isinstance(what, type):
                about = f"answers for {what.__name__}"
                _once(self._views.error_classes, what, function, about)
            else:
                _once(self._views.error_pages, what, function, f"answers for status {what}")
            return function

        return decorate

    def static(self, prefix: str, folder: str | PathLike[str]) -> None:
        """Serve the files of *folder* under *prefix*; nothing outside of it."""

        def file(rest: str, request: Request) -> Response:
            return send_from_directory(folder, rest, request.environ)

        # Without a name: nothing of the author's runs before, and no rule is asked.
        pattern = f"{prefix.rstrip('/')}/{{rest:path}}"
        self._router.add(Route(pattern, file, ("GET",), page=False))

    def run(
        self,
        host: str = UNSET,
        port: int = UNSET,
        *,
        debug: bool = True,
        reload: bool = False,
        live: bool = True,
    ) -> None:
        """Serve the app for development, until interrupted.

        Args:
            live: As for `WSGI`.
            debug: As for `WSGI`; what it says is shown on the terminal. Not for others' eyes.
            reload: Start again when a source file changes.
        """
        host, port = setting("host", host), setting("port", port)
        self.debug, self.live = debug, live
        if self._origins.hosts is None and host in ("127.0.0.1", "localhost", "::1"):
            self._origins.hosts = [*LOOPBACK]
        if debug:
            show_log()
        logging.getLogger("werkzeug").setLevel(logging.WARNING)

        if reload:
            reloading(host, port, lambda listening: serving.serve(self, listening, host))
            return
        with serving.bound(host, port) as listening:
            serving.serve(self, listening, host)

    def stop(self) -> None:
        """Tell all that goes on that this worker ends.

        Live pages end, and come back elsewhere. Functions in the background find `stopping` set,
        and those that have not begun never do. The health URL says 503. Clicks are answered still:
        that no more of them come is for the server to see to.

        Under gunicorn, uvicorn, hypercorn and granian this is called by itself when they are told
        to stop, and everywhere else when the program ends. It may be called by any thread.
        """
        self.stopping.set()
        self.pages.live.stop()
        self._background.stop()

    def background(
        self, function: Callable[..., Any], *arguments: Any, **keywords: Any
    ) -> Future[Any]:
        """Run *function* in a thread of a small pool, after the action that says so is committed.

        It reads and writes stores as the visitor who acted: an `AuthStore` is that user's, also if
        they sign out meanwhile. Each write is one by itself, and open pages show it at once.

        It survives nothing: with the process it is gone, and nobody runs it again. What has to
        happen belongs into a queue that lasts; see `docs/guide/live.md`.

        Returns:
            Its future. What it raises is logged.

        Raises:
            TooManyJobs: So many wait already that one more would not be done in time.
            WorkerStops: The worker is told to stop; see `stopping`.
            WriteWhileRendering: A page is being rendered.
        """
        return self._background.run(self.registry, function, arguments, keywords)

    def online(self, what: Ref | str) -> int:
        """Return how many live pages show *what*; a page that shows it follows.

        Of this worker they are counted; of others, as they were some seconds ago.

        Args:
            what: A store, or a place: `shared`, `rooms.of("lobby")`, `shared.at("poll")`,
                `"shared/poll"`. A page shows a place whose binding shows it, what is above it or
                what is below it.

        Raises:
            HtealeafError: There is no such store.
        """
        place = what if isinstance(what, Ref) else self._place(what)
        stream, live = place.stream(), self.pages.live
        scope = current()
        if scope is not None:
            counted = streams.online(stream)
            scope.passes(counted, live.version(counted))
        return live.online(stream, place.path)

    def _place(self, text: str) -> Ref:
        label, _, path = text.partition("/")
        name, owner = streams.labelled(label)
        store = self.registry.stores.get(name)
        if store is None:
            known = ", ".join(sorted(self.registry.stores)) or "none"
            raise HtealeafError(f"online({text!r}): there is no store {name!r}; there are: {known}")
        root = store if owner is None else store.of(owner)
        return root.at(path) if path else root

    # -- answering -------------------------------------------------------------------------

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self._workers_checked:  # at the first request, if it was not at the start
            self._workers_checked = True
            several = workers.SEVERAL if environ.get("wsgi.multiprocess") else 1
            workers.warned(several, self.registry.journal.kind)
        if not self._watched:
            self._watched = True
            stopping.watch(self, rooms.worker_goes_on())
            if self.metrics is not None:
                self.metrics.begin(self.site)
        return self.wsgi_app(environ, start_response)

    def _answered(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answer = self.dispatch.answer(request_of(environ))
        if isinstance(answer.body, Following):
            answer.body.is_wanted = rooms.watch(environ)
        return send(answer, start_response)

    def stats(self) -> Stats:
        """Return how this worker is doing, how much it remembers, and how much at most.

        The journal is asked where it is. Bytes are estimates. `max_pages`, … are the limits, beyond
        which the oldest go. What stores hold is data, and has no limit here.

        Raises:
            HtealeafError: The journal does not answer, and never has.
        """
        return stats(self.site)


def _metrics(wanted: bool | str | PathLike[str]) -> Metrics | None:
    if not wanted:
        return None
    # Loaded here: with it comes prometheus-client, which is an extra.
    module = import_module("htealeaf.endpoints.metrics")
    made: Metrics = module.Metrics(None if wanted is True else Path(wanted))
    return made


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
