"""A browser without a window: calls a WSGI app, keeps its cookie, and finds the offers of a page.

It knows the wire and nothing of the package's inside, so what it shows is what any client sees.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlencode

from bs4 import BeautifulSoup, Tag

from htealeaf.web.cookie import Cookie

OFFERED = object()  #: the value as the offer has it
FORM = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def soup(self) -> BeautifulSoup:
        # Selectors do not look into a template, where a patch has its content.
        text = self.text.replace("<template", "<ins").replace("/template", "/ins")
        return BeautifulSoup(text, "html.parser")

    @property
    def sentence(self) -> str:
        """What it says in words when something was refused, however that is wrapped."""
        if "json" in self.headers.get("Content-Type", ""):
            return str(self.json["detail"])
        template = self.soup.find(True, attrs={"ht-op": "error"})
        found = template or self.soup.find("p")
        return found.get_text() if found else ""


@dataclass
class Shown:
    """A page as a browser shows it."""

    answer: Answer
    url: str
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        form = self.tag("form#ht")
        self.headers = {
            "HT-Page": str(self.tag("input[name=ht-page]")["value"]),
            "HT-Url": str(self.tag("input[name=ht-url]")["value"]),
            "HT-Cursor": str(form["ht-cursor"]),
        }

    @property
    def text(self) -> str:
        return self.answer.text

    def tag(self, selector: str) -> Tag:
        found = self.answer.soup.select_one(selector)
        assert found is not None, f"no {selector} in {self.text}"
        return found

    def offer(self, selector: str, attribute: str = "formaction") -> str:
        return str(self.tag(selector)[attribute])


class Browser:
    """One browser: one cookie jar, one origin."""

    def __init__(self, app: Any, base: str = "", *, https: bool = False) -> None:
        self.app, self.base, self.https = app, base, https
        self.cookie: str | None = None
        self.set_cookie = ""  # the last Set-Cookie of the key, whole
        self.others: dict[str, str] = {}  # other cookies: name and whole Set-Cookie

    def forget(self) -> None:
        """Lose the cookie."""
        self.cookie = None
        self.others = {}

    @property
    def origin(self) -> str:
        return f"{'https' if self.https else 'http'}://shop.example"

    def request(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        environ: dict[str, Any] | None = None,
    ) -> Answer:
        path, _, query = url.partition("?")
        if self.base and path.startswith(self.base):
            path = path[len(self.base) :]
        env: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": self.base,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "shop.example",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.1",
            "HTTP_HOST": "shop.example",
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "wsgi.url_scheme": "https" if self.https else "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.version": (1, 0),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        given = {} if method in ("GET", "HEAD") else {"Origin": self.origin}
        for name, value in (given | (headers or {})).items():
            key = name.upper().replace("-", "_")
            env[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        sent = [self.cookie or "", *(found.split(";")[0] for found in self.others.values())]
        if any(sent):
            env["HTTP_COOKIE"] = "; ".join(filter(None, sent))
        env.update(environ or {})
        seen: list[Any] = []
        chunks = self.app(env, lambda status, head, *_: seen.extend((status, head)))
        content = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        status, head = seen
        names = [name for name, _ in head if name != "Set-Cookie"]
        assert len({*names}) == len(names), f"a header stands twice: {head}"
        for name, value in head:
            if name == "Set-Cookie":
                named = value.partition("=")[0]
                if named in (Cookie().name, f"__Host-{Cookie().name}"):
                    self.set_cookie, self.cookie = value, value.split(";")[0]
                else:
                    self.others[named] = value
        return Answer(int(status.split()[0]), dict(head), content)

    def get(self, url: str, **headers: str) -> Answer:
        return self.request("GET", url, headers=_named(headers))

    def open(self, url: str) -> Shown:
        answer = self.get(url)
        assert answer.status == 200, answer.text
        return Shown(answer, url)

    def post(self, url: str, value: Any = None, **headers: str) -> Answer:
        """Send *value* as JSON (bytes as they are), as a script does."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        sent = {"Content-Type": "application/json"} | _named(headers)
        return self.request("POST", url, body, sent)

    def send(
        self, page: Shown, offer: str, value: Any = OFFERED, environ: Any = None, **headers: str
    ) -> Answer:
        """Do what the shim does for one action of *page*; *value* is what fills the slots."""
        url, _, query = offer.partition("?")
        if not url.startswith("/"):  # as it stands in `ht-<event>`
            url = f"{self.base}/api/_store/{url}"
        if not isinstance(value, bytes):
            template = unquote(query.partition("&")[0].partition("=")[2])
            values = [] if value is OFFERED else slot_values(template, value)
            value = [query, *values]
        sent = {
            "Content-Type": "application/json",
            "HT-Verb": "offer",
            "HT-Id": secrets.token_hex(8),
            **page.headers,
        }
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        answer = self.request("POST", url, body, sent | _named(headers), environ)
        if answer.status < 300:
            page.headers["HT-Cursor"] = answer.headers["HT-Cursor"]
        return answer

    def submit(self, offer: str, page: Shown | None = None, /, **fields: Any) -> Answer:
        """Do what a browser without scripts does for one form."""
        sent = {"ht-url": page.headers["HT-Url"] if page else f"{self.base}/", **fields}
        body = urlencode(sent, doseq=True).encode()
        return self.request("POST", offer, body, {"Content-Type": FORM})


def slot_values(template: str, value: Any) -> list[Any]:
    """Return what stands in *value* where *template*, as JSON, has slots that a browser fills."""

    def found(template: Any, value: Any) -> Iterator[Any]:
        if isinstance(template, dict) and isinstance(template.get("$"), list):
            if template["$"][0] in ("value", "this", "event"):
                yield value
        elif isinstance(template, dict):
            for key, inner in template.items():
                yield from found(inner, value[key] if isinstance(value, dict) else None)
        elif isinstance(template, list):
            for n, inner in enumerate(template):
                yield from found(inner, value[n] if isinstance(value, list) else None)

    given = json.loads(template) if template else None
    if isinstance(given, list) and isinstance(value, list) and given and isinstance(given[0], list):
        given = [row[2] if len(row) > 2 else row for row in given]  # the steps of a chain
    return [*found(given, value)]


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
