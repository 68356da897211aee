"""The worst request that a stranger can send at each door, and what it costs the server.

A stranger may open a page, so offers are no secret to him: some of these are refused at once, some
after they were read, and some are taken. Each is sent to the app itself, without a socket, and what
is measured is processor time; the best of some runs, as others run on the machine too.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from typing import Any, NamedTuple

from benchmarks.report import Row, Table
from benchmarks.timing import Effort
from htealeaf import WSGI, Registry, Session, Store, SuperStore, Upload
from htealeaf.components import button, div, form, h3, textInput

MIB = 1024 * 1024
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MULTIPART = "multipart/form-data; boundary=b"
BUDGET = 20.0  #: milliseconds
_FIELD = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\nv\r\n'
_FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nv\r\n'
_END = b"--b--\r\n"


class Sent(NamedTuple):
    """One request, by what is hostile in it."""

    what: str
    method: str
    url: str
    body: bytes = b""
    media: str = ""
    headers: dict[str, str] = {}  # noqa: RUF012  # nobody writes to it


class Prey:
    """An app with something behind each door, and a stranger who has opened its page."""

    def __init__(self) -> None:
        with Registry():
            self.app = WSGI(secret="a secret for benchmarks", live=True, rate=None)
            shared = Store(
                {"n": 1, "rows": [{"id": 1, "text": "one", "done": False}]},
                name="shared",
                writable=["n", "rows", "rows/*/done"],
                readable=["**"],
            )
            SuperStore(self.app)

        @self.app.action
        def add(session: Session, text: str, tags: list[str] | None = None, n: int = 0) -> None:
            del session, text, tags, n

        @self.app.action
        def send(session: Session, file: Upload, text: str = "") -> None:
            del session, file, text

        @self.app.route("/")
        def home(session: Session) -> Any:
            return div(
                h3(shared.react("n")),
                str(session.user),
                button("+", onclick=shared.do.increment("n")),
                form(onsubmit=add)(textInput(name="text"), button("Add")),
                form(onsubmit=send)(textInput(name="text"), button("Send")),
            )

        @self.app.route("/read/{rest:path}", methods=["GET", "POST"], page=False)
        def read(request: Any, rest: str) -> str:
            return f"{len(request.form)} {len(request.args)} {len(rest)}"

        head, html = self._asked(Sent("", "GET", "/"))
        self.cookie = re.findall(r"Set-Cookie: ([^;]*)", head)[0]
        offers = [unescape(one) for one in re.findall(r'(?:form)?action="([^"]+\?[^"]*)"', html)]
        self.plus = next(one for one in offers if "increment" in one)
        self.add = next(one for one in offers if "_action/add" in one)
        self.send = next(one for one in offers if "_action/send" in one)
        page = re.findall(r'name="ht-page" value="([^"]*)"', html)[0]
        cursor = re.findall(r'ht-cursor="([^"]*)"', html)[0]
        self.shown = {"HT-Page": page, "HT-Url": "/", "HT-Cursor": cursor}

    def _asked(self, sent: Sent, cookie: str = "") -> tuple[str, str]:
        told: list[Any] = []
        answer = self.app(self.environ(sent, cookie), lambda *given: told.extend(given))
        body = b"".join(answer).decode()
        return "\n".join(f"{name}: {value}" for name, value in told[1]), body

    def environ(self, sent: Sent, cookie: str = "") -> dict[str, Any]:
        """Return what a server makes of *sent*."""
        path, _, query = sent.url.partition("?")
        found = {
            "REQUEST_METHOD": sent.method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_HOST": "shop.example",
            "HTTP_ORIGIN": "http://shop.example",
            "HTTP_COOKIE": cookie,
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(sent.body),
            "CONTENT_TYPE": sent.media,
            "CONTENT_LENGTH": str(len(sent.body)) if sent.body else "",
        }
        for name, value in sent.headers.items():
            found[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return found

    def cost(self, sent: Sent, runs: int) -> float:
        """Return the milliseconds that the answer to *sent* takes."""
        best = 1e9
        for _ in range(runs):
            environ = self.environ(sent, self.cookie)
            begin = time.process_time()
            answer = self.app(environ, lambda *given: None)
            next(iter(answer), b"")  # of a stream its beginning
            best = min(best, time.process_time() - begin)
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        return best * 1000


def _forms(prey: Prey) -> Iterator[Sent]:
    for what, body in {
        "a form of 1 MiB of a=&": b"a=&" * (MIB // 3),
        "of ampersands": b"&" * MIB,
        "of escapes": b"a=" + b"%41" * (MIB // 3 - 1),
        "of plus signs": b"a=" + b"+" * (MIB - 2),
        "of broken escapes": b"a=" + b"%4" * (MIB // 2 - 1),
        "of no UTF-8": b"a=" + b"\xff" * (MIB - 2),
        "of 999 long names": b"&".join([b"a" * 1000 + b"=%41"] * 999),
    }.items():
        yield Sent(what, "POST", prey.plus, body, FORM)
        yield Sent(f"{what}, to a route", "POST", "/read/x", body, FORM)
    rows = b"&".join(b"tags[%d][a]=x" % number for number in range(999))
    yield Sent("999 rows that are refused", "POST", prey.add, rows, FORM)
    yield Sent("999 of one name", "POST", prey.add, b"&".join([b"text=x"] * 999), FORM)


def _multipart(prey: Prey) -> Iterator[Sent]:
    for what, body in {
        "thousands of parts": _FIELD * 18_000 + _END,
        "999 fields": _FIELD * 999 + _END,
        "999 files": _FILE * 999 + _END,
        "nearly a boundary": _FIELD + b"\r\n--a" * 200_000 + _END,
        "dashes": b"--b\r\n" + b"\r\n-" * 300_000,
        "endless headers": b"--b\r\n" + b"X: y\r\n" * 100_000,
    }.items():
        for url in (prey.add, prey.send, "/read/x"):
            yield Sent(what, "POST", url, body, MULTIPART)


def _json(prey: Prey) -> Iterator[Sent]:
    rows, n = "/api/_store/shared/rows", "/api/_store/shared/n"
    for what, body in {
        "deep lists": b"[" * MIB,
        "quotes": b'["' + b'\\"' * 500_000 + b'"]',
        "backslashes": b'["' + b"\\\\" * 500_000 + b'"]',
        "escapes": b'["' + b"\\u0041" * 170_000 + b'"]',
        "9,999 values": b"[" + b"{}," * 4_998 + b"1]",
        "keys": b"{" + b",".join(b'"k%d":1' % number for number in range(4_900)) + b"}",
        "a long text": b'{"id":1,"text":"' + b"x" * 1_000_000 + b'","done":0}',
    }.items():
        yield Sent(what, "POST", rows, body, JSON)
    for what, body in {
        "digits": b"9" * 1_000_000,
        "a fraction": b"0." + b"9" * 1_000_000,
        "an exponent": b"1e" + b"9" * 1_000_000,
        "blanks": b" " * (MIB - 1) + b"1",
    }.items():
        yield Sent(what, "POST", n, body, JSON)
    said = {**prey.shown, "HT-Verb": "offer"}
    place, _, query = prey.add.partition("?")
    for what, url, value in (
        ("an offer of escapes", n, ["update=" + "%41" * 340_000 + "&o=x"]),
        ("an offer of ampersands", n, ["&" * 60_000]),
        ("999 entries", place, [query, [["text", "x" * 1000]] * 999]),
        ("entries in brackets", place, [query, [["tags" + "[a]" * 3000, "x"]] * 20]),
    ):
        yield Sent(what, "POST", url, json.dumps(value).encode(), JSON, said)
    visit = json.dumps(["push=" + "%7B" * 20_000]).encode()
    yield Sent("a visit", "POST", "/api/_visit", visit, JSON, said)


def _live(prey: Prey) -> Iterator[Sent]:
    for what, headers in {
        "a catch-up": {},
        "of another epoch": {"HT-Cursor": "another.1"},
        "of an unknown page": {"HT-Page": "u" + "0" * 16},
        "with a long state": {"HT-State": "A" * 7000},
        "with a long local state": {"HT-Local": "%5B" * 2500},
        "an event stream": {"Accept": "text/event-stream"},
    }.items():
        yield Sent(what, "GET", "/api/_live", headers={**prey.shown, **headers})
    yield Sent("nothing said", "GET", "/api/_live")


def _get(prey: Prey) -> Iterator[Sent]:
    del prey
    yield Sent("a page", "GET", "/")
    for what, url in {
        "no page": "/nothing",
        "a long query": "/read/x?" + "a=&" * 20_000,
        "a query of escapes": "/read/x?a=" + "%41" * 20_000,
        "many segments": "/read/" + "a/" * 1000,
        "no UTF-8": "/read/" + "\xff" * 2000,
        "a deep place": "/api/_store/shared/" + "a/" * 1000,
    }.items():
        yield Sent(what, "GET", url)
    for what, name, value in (
        ("many cookies", "Cookie", "ht=x; " * 5000),
        ("many ETags", "If-None-Match", '"a", ' * 5000),
        ("many ranges", "Range", "bytes=" + "0-1," * 5000),
        ("many addresses", "X-Forwarded-For", "1.1.1.1," * 3000),
        ("many languages", "Accept-Language", "en;q=0.1," * 3000),
    ):
        yield Sent(what, "GET", "/", headers={name: value})


DOORS = {"form": _forms, "multipart": _multipart, "JSON": _json, "live": _live, "GET": _get}


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure the worst request at each door."""
    prey = Prey()
    for door, sent in DOORS.items():
        costs = {one.what: prey.cost(one, 3 if effort.quick else 5) for one in sent(prey)}
        worst = max(costs, key=lambda what: costs[what])
        what = f"the worst request to the door {door}: {worst}"
        yield Row(what, f"of {len(costs)}", "", costs[worst], BUDGET, "ms")
