"""Test client: a browser without a window, which drives an app in this process without a socket.

    page = Client(app).open("/")
    page.click("button", text="+")

Rule 1: a client acts only through what is rendered: what no button offers, no test can do.

Rule 2: the app is called as a server calls it, so what is tested is what is served.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from werkzeug.datastructures import Headers
from werkzeug.test import Client as HttpClient
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Request

from htealeaf.app.app import WSGI
from htealeaf.app.rooms import LIVE
from htealeaf.app.wsgi import UNLIMITED, request_of
from htealeaf.html.lines import collected
from htealeaf.testing.explore import Explorer
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.page import Page
from htealeaf.testing.report import Report
from htealeaf.web.session import Session
from htealeaf.wire.names import Header

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Client:
    """One browser: its cookies, and the pages that it opens.

    Args:
        app: The app under test.
        base_url: Scheme, host and, when the app is mounted below one, its path.
        scripts: False is a browser with JavaScript off: forms are sent as plain forms.
        languages: Those that its person reads, as `Accept-Language` has them: `"de-CH, de;q=0.9"`.
        check: After each step that the server answered, compare the page with a fresh one
            (`Page.assert_consistent`).
    """

    def __init__(
        self,
        app: WSGI,
        *,
        base_url: str = "http://localhost",
        scripts: bool = True,
        languages: str = "",
        check: bool = False,
    ) -> None:
        self.app, self.scripts, self.languages, self.check = app, scripts, languages, check
        parts = urlsplit(base_url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.base = parts.path.rstrip("/")
        self._http = HttpClient(app)
        self._lost = 0  # answers that will get lost

    def lose_answers(self, count: int = 1) -> None:
        """Lose the next *count* answers to what pages do: the line is dead, and nobody says so.

        Each time the page sends the same again, under the same one-time id, as in a browser. So a
        step goes on as if nothing had been, and what it does happens once.
        """
        self._lost += count

    def loses(self) -> bool:
        """Tell whether an answer gets lost, and count it."""
        self._lost -= (lost := self._lost > 0)
        return lost

    # -- pages -----------------------------------------------------------------------------

    def open(self, path: str, *, status: int = 200) -> Page:
        """Open a page in a new tab, following redirects.

        Args:
            path: Path and query, without the base.
            status: What the page is answered with; 404 for a test of that page.

        Raises:
            PageFailure: Another status, or no HTML.
        """
        page = Page(self)
        page.visit(self.base + path, status=status)
        return page

    def explore(
        self,
        *starts: str,
        depth: int = 2,
        users: Sequence[str | int | None] | Mapping[str, Callable[[Client], object]] = (None,),
        prepare: Callable[[], object] | None = None,
        limit: int = 300,
        seed: int = 0,
    ) -> Report:
        """Try every action, form and link of the app, as each user, with generated values.

        Each way begins with fresh stores, and so does the test that goes on afterwards.

        Args:
            starts: The paths to begin at; the front page without any.
            depth: How many steps follow one another at most.
            users: Whom to sign in, None for a visitor; or by name a function that signs a client
                in, where `session.sign_in` is not what the app does.
            prepare: Is called after stores are made fresh: it fills them, and empties what else
                there is, such as tables.
            limit: How many steps are tried at most.
            seed: The same seed gives the same values in the same order.

        Returns:
            What is wrong: `report.assert_clean()`, `print(report)`.
        """
        named = users
        if not isinstance(named, Mapping):
            named = {_name_of(one): _enter(one) for one in named}
        explorer = Explorer(
            self.app, self._another, named, prepare, depth=depth, limit=limit, seed=seed
        )
        return explorer.explore(starts or ("/",))

    def _another(self) -> Client:
        return Client(self.app, base_url=f"{self.origin}{self.base}", scripts=self.scripts)

    # -- plain HTTP ------------------------------------------------------------------------

    def get(self, path: str, **options: Any) -> TestResponse:
        """Send a GET and return the answer as it is; redirects are not followed."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        """Send a POST of a page of the same site; see `request`."""
        return self.request("POST", path, **options)

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> TestResponse:
        """Send a request with this browser's cookies and return the answer as it is.

        Args:
            method: The HTTP method.
            path: Path and query, without the base.
            headers: What to send besides what a browser says by itself.
            options: Those of Werkzeug's `Client.open`: `data=`, `json=` and so on.
        """
        return self._http.open(
            path,
            method=method,
            base_url=f"{self.origin}{self.base}/",
            headers={**self._said(method), **(headers or {})},
            environ_overrides={UNLIMITED: True},  # a test is faster than any person
            **options,
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: str | bytes | None = None,
        content_type: str = "",
    ) -> TestResponse:
        """Send a request as a page does; *url* has the base in front. See `request`."""
        environ = self._environ(method, url, headers, data, content_type)
        with collected() as errors:
            answer = self._http.run_wsgi_app(environ, buffered=True)
        response = TestResponse(*answer, request=Request(environ))
        response.errors = errors  # type: ignore[attr-defined]
        return response

    def stream(self, url: str, headers: Mapping[str, str]) -> tuple[str, Headers, Any]:
        """Send a GET whose answer goes on; return its status, its headers and its body, unread."""
        environ = self._environ("GET", url, headers, None, "") | {LIVE: 10_000}
        told: list[Any] = []
        self._http._add_cookies_to_wsgi(environ)
        body = self.app(environ, lambda *given: told.extend(given[:2]))
        return told[0], Headers(told[1]), body

    def _environ(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        data: str | bytes | None,
        content_type: str,
    ) -> dict[str, Any]:
        # One function: it is mostly the environ, a line for each variable.
        path, _, query = self._below(url).partition("?")
        body = data.encode() if isinstance(data, str) else data or b""
        parts = urlsplit(self.origin)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": self.base,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self._host,
            "SERVER_PORT": str(parts.port or (443 if parts.scheme == "https" else 80)),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": parts.netloc,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": parts.scheme,
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            UNLIMITED: True,
        }
        if content_type:
            environ["CONTENT_TYPE"] = content_type
        for name, value in {**self._said(method), **(headers or {})}.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ

    def _said(self, method: str) -> dict[str, str]:
        # What a browser says of a request that a page of the same site makes.
        said = {"Sec-Fetch-Site": "same-origin"}
        if self.languages:
            said["Accept-Language"] = self.languages
        return said if method in ("GET", "HEAD") else {**said, "Origin": self.origin}

    def follow(self, method: str, url: str, **options: Any) -> list[tuple[str, TestResponse]]:
        """Send a request and follow redirects; return each URL and its answer, the last one last.

        Raises:
            PageFailure: More than ten redirects, or one that leaves the app.
        """
        hops: list[tuple[str, TestResponse]] = []
        while len(hops) <= 10:
            answer = self.send(method, url, **options)
            hops.append((url, answer))
            if answer.status_code not in _REDIRECTS or "Location" not in answer.headers:
                return hops
            url = self.resolved(url, answer.headers["Location"])
            if answer.status_code not in (307, 308):
                method, options = "GET", {"headers": options.get("headers")}
        raise PageFailure(f"more than 10 redirects, the last one to {url}")

    def resolved(self, url: str, link: str) -> str:
        """Return where *link* leads from *url*: path and query.

        Raises:
            PageFailure: Out of the app.
        """
        parts = urlsplit(urljoin(self.origin + url, link))
        below = parts.path.startswith(self.base)
        if not below or f"{parts.scheme}://{parts.netloc}" != self.origin:
            raise PageFailure(f"{link!r} leads out of the app at {self.origin}{self.base}/")
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def peek(self, url: str, state: str = "") -> list[tuple[str, TestResponse]]:
        """Do a GET as `follow` does, and leave this browser as it is: no cookie is taken.

        Args:
            state: The state that a page has of its own; without it, that of a new page.
        """
        jar = self._http._cookies or {}
        kept = dict(jar)
        try:
            # As a page that is loaded ahead: that takes no flash messages away.
            headers = {"Sec-Purpose": "prefetch"} | ({Header.STATE: state} if state else {})
            return self.follow("GET", url, headers=headers)
        finally:
            jar.clear()
            jar.update(kept)

    def _below(self, url: str) -> str:
        return url[len(self.base) :] or "/" if url.startswith(self.base) else url

    # -- the session -----------------------------------------------------------------------

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Read and write this browser's session: `with client.session() as session: ...`."""
        said = self.app.dispatch.cookie
        path = said.path(self.base)
        cookie = self._http.get_cookie(said.name, said.domain or self._host, path)
        builder = EnvironBuilder(
            path="/",
            base_url=f"{self.origin}{self.base}/",
            headers=Headers(
                [("Cookie", f"{said.name}={cookie.value}")] if cookie is not None else []
            ),
        )
        visitor = self.app.dispatch.visitor(request_of(builder.get_environ()))
        yield visitor.session
        self.app.sessions.settle(visitor)
        if visitor.issued:
            value = self.app.keys.cookie(visitor.key, visitor.id)
            self._http.set_cookie(said.name, value, domain=said.domain or self._host, path=path)

    def signed_in(self, user: str | int, key: str = "user") -> Client:
        """Sign *user* in, without a log-in page, and return this client.

        Args:
            user: What the app's `auth` function is to find.
            key: Where in the session it looks: `user` is what `session.sign_in` writes.
        """
        with self.session() as session:
            if key == "user":
                session.sign_in(user)
            else:
                session[key] = user
                session.rotate()
        return self

    def signed_out(self) -> Client:
        """Sign out whoever is signed in, without a page, and return this client."""
        with self.session() as session:
            session.sign_out()
        return self

    @property
    def _host(self) -> str:
        return urlsplit(self.origin).hostname or "localhost"

    def __repr__(self) -> str:
        return f"<Client of {self.origin}{self.base}/>"


def _name_of(user: str | int | None) -> str:
    return "a visitor" if user is None else str(user)


def _enter(user: str | int | None) -> Callable[[Client], object]:
    return lambda client: client if user is None else client.signed_in(user)
