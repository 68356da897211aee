"""The app that is attacked, behind a real socket, and requests that are bytes.

Nothing between a test and the server tidies up what is sent: a case is what goes over the wire.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Annotated, Any, Literal, NamedTuple

from annotated_types import Ge, MaxLen
from werkzeug.serving import WSGIRequestHandler, make_server

from htealeaf import WSGI, AuthStore, Registry, Session, SessionStore, Store, SuperStore, value_of
from htealeaf.components import button, div, form, h3, p, textInput

#: The last one is the root.
WRITABLE = "n s b open open/* d d/* rows rows/* rows/*/* numbers numbers/* "
SECRET = "a secret of the attacked app"


@dataclass
class Row:
    id: int
    title: Annotated[str, MaxLen(20)]
    done: bool = False


@dataclass
class Typed:
    n: Annotated[int, Ge(0)] = 1
    rows: list[Row] = field(default_factory=list)
    named: dict[str, Row] = field(default_factory=dict)
    kind: Literal["a", "b"] = "a"


class Prey:
    """An app with something of each kind that may be attacked."""

    def __init__(self, **options: Any) -> None:
        with Registry() as self.registry:
            self.shared = Store(
                {"n": 1, "text": "stored", "list": [{"id": 1, "on": True}]}, "shared"
            )
            self.free = Store(
                {
                    "n": 1,
                    "s": "a",
                    "b": True,
                    "open": {},
                    "d": {"x": 1, "y": "t"},
                    "rows": [{"id": 1, "title": "one", "done": False}],
                    "numbers": [1, 2],
                    "closed": "never",
                },
                "free",
                writable=WRITABLE.split(" "),
                readable=["n", "rows"],
            )
            self.typed = Store(Typed(rows=[Row(1, "one")]), "typed", schema=Typed, writable=["**"])
            self.rooms = Store({"n": 0}, "rooms", keyed=True)
            self.ruled = Store(
                {"n": 0},
                "ruled",
                writable=["n"],
                allow=lambda session, verb, path: session.get("user") == "ann",
            )
            self.capped = Store(
                {"n": 0}, "capped", writable=["n"], allow=lambda verb, value: 0 <= value <= 10
            )
            self.notes = AuthStore(
                lambda session: session.get("user"),
                {"n": 0},
                "notes",
                writable=["n"],
                readable=["n"],
            )
            self.mine = SessionStore({"n": 0}, "mine")
            self.app = WSGI(secret=SECRET, **({"rate": None} | options))
            SuperStore(self.app)
        self.runs: list[Any] = []
        self._pages()

    def _pages(self) -> None:
        app = self.app

        @app.action
        def add(session: Session, amount: int, text: str = "") -> None:
            self.runs.append((amount, text))

        @app.action(allow=lambda session: session.get("user") == "ann")
        def ruled(session: Session, id: int) -> None:
            self.runs.append(id)

        @app.route("/")
        def home(session: Session) -> Any:
            mine = self.ruled.do.increment("n")
            return div(
                h3(self.shared.react("n")),
                button("+", id="plus", onclick=self.shared.do.update("n", 1)),
                button("t", id="toggle", onclick=self.shared.do.toggle("list/0/on")),
                button("m", id="mine", onclick=self.mine.do.increment("n")),
                button("r", id="room", onclick=self.rooms.of("lobby").do.increment("n")),
                button("s", id="sure", onclick=self.shared.do.update("n", 1).confirm("Sure?")),
                button("u", id="ruled", onclick=mine),
                button("a", id="call", onclick=add(amount=3)),
                form(id="say", onsubmit=self.shared.do.set("text", value_of("task")))(
                    textInput(name="task"), button("Say")
                ),
                p(str(session.user)),
            )

        @app.route("/in/{name}", methods=["POST"])
        def enter(session: Session, name: str) -> str:
            session.sign_in(name)
            return "in"

        @app.route("/out", methods=["POST"])
        def leave(session: Session) -> str:
            session.sign_out()
            return "out"

        @app.route("/post", methods=["POST"])
        def post(request: Any) -> str:
            return str(len(request.form))

    @property
    def state(self) -> Any:
        """Everything that a request could have changed."""
        return self.registry.journal.journal.describe().n, len(self.runs)


class Said(NamedTuple):
    """What came back; a connection that was closed without a word has the status 0."""

    status: int
    head: str
    body: bytes


@dataclass
class Client:
    """Somebody with a socket, who may have a cookie and a page."""

    port: int
    cookie: str = ""
    page: dict[str, str] = field(default_factory=dict)
    html: str = ""

    def raw(self, data: bytes) -> Said:
        with socket.create_connection(("127.0.0.1", self.port), 20) as sent:
            try:
                sent.sendall(data)
                sent.shutdown(socket.SHUT_WR)
                parts = []
                while part := sent.recv(65536):
                    parts.append(part)
            except OSError:
                parts = parts if "parts" in locals() else []
        head, _, body = b"".join(parts).partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        found = re.match(r"HTTP/1\.[01] (\d{3})", text)
        return Said(int(found[1]) if found else 0, text, body)

    def request(self, method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
        """Return a request as bytes; a header whose value is "" is left out."""
        said = {
            "Host": f"127.0.0.1:{self.port}",
            "Cookie": self.cookie,
            "Origin": f"http://127.0.0.1:{self.port}" if method not in ("GET", "HEAD") else "",
            "Content-Type": "application/json" if body else "",
            "Content-Length": str(len(body)) if body else "",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"{method} {target} HTTP/1.1", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in said.items() if value]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body

    def ask(self, method: str, target: str, body: bytes = b"", **headers: str) -> Said:
        said = self.raw(self.request(method, target, body, **headers))
        found = re.search(r"Set-Cookie: (ht=[^;]*)", said.head)
        if found:
            self.cookie = found[1]
        return said

    def open(self, target: str = "/") -> None:
        self.html = self.ask("GET", target).body.decode()
        for name, pattern in (
            ("HT-Page", r'name="ht-page" value="([^"]*)"'),
            ("HT-Cursor", r'ht-cursor="([^"]*)"'),
        ):
            found = re.search(pattern, self.html)
            assert found, f"no {name} in {self.html}"
            self.page[name] = found[1]
        self.page["HT-Url"] = target

    def offer(self, id: str) -> tuple[str, str]:
        """Return the place and the query of the offer of the element *id*."""
        found = re.search(rf'<(?:button|form)\b[^>]*\bid="{id}"[^>]*>', self.html)
        assert found, f"no {id} in {self.html}"
        value = re.search(r'(?:formaction|action)="([^"]*)"', found[0])
        assert value, found[0]
        place, _, query = unescape(value[1]).partition("?")
        return place, query

    def press(self, place: str, query: str, *values: Any, **headers: str) -> bytes:
        """Return what the shim sends for an offer."""
        body = json.dumps([query, *values], ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self.request("POST", place, body, HT_Verb="offer", **self._page(headers))

    def submit(self, place: str, query: str, **headers: str) -> bytes:
        """Return what a browser without scripts sends for it."""
        kind = "application/x-www-form-urlencoded"
        body = b"ht-url=%2F"
        return self.request("POST", f"{place}?{query}", body, **{"Content_Type": kind, **headers})

    def _page(self, headers: dict[str, str]) -> dict[str, str]:
        return {name.replace("-", "_"): value for name, value in self.page.items()} | headers


class _Quiet(WSGIRequestHandler):
    def log(self, *args: Any) -> None:
        pass


class Scene(NamedTuple):
    """The app, its user and who attacks."""

    prey: Prey
    ann: Client
    eve: Client


@contextmanager
def scene(**options: Any) -> Iterator[Scene]:
    """Serve the app, with ann signed in and eve beside her."""
    prey = Prey(**options)
    server = make_server("127.0.0.1", 0, prey.app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        ann, eve = Client(server.server_port), Client(server.server_port)
        ann.open()
        ann.ask("POST", "/in/ann", Content_Type="application/json")
        ann.open()
        eve.open()
        yield Scene(prey, ann, eve)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
