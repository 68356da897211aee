"""The guide does what it says: its programs are taken from the Markdown and used.

The four programs of the first page are driven as a browser does it: log in, click, read the
fragments of the answer. Of every other program each page is opened once.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import pytest
from werkzeug.test import Client

from htealeaf import WSGI, Registry
from htealeaf.testing import Client as Browser
from tests.house.test_docs import DOCS, ROOT, compiled, samples_of

FIRST_PAGE = ROOT / "docs" / "guide" / "index.md"


class Http(Client):
    """A browser says where a request comes from."""

    def open(self, *args: Any, **options: Any) -> Any:
        if isinstance(args[0], str):  # else a request that is complete already
            options["headers"] = {"Sec-Fetch-Site": "same-origin", **options.get("headers", {})}
        return super().open(*args, **options)


class Program:
    """One program of a document: its names, and the app."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.app: WSGI = names["app"]

    def open(self, url: str, http: Http | None = None) -> Tab:
        return Tab(http or Http(self.app), url)


class Tab:
    """An open page that is clicked by what stands in its HTML."""

    def __init__(self, http: Http, url: str) -> None:
        self.http = http
        answer = http.get(url, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        self.html = answer.text
        assert answer.request is not None
        self.url = answer.request.path
        self.page = self._one(r'name="ht-page" value="([^"]+)"')
        self.cursor = self._one(r'ht-cursor="([^"]+)"')
        self.clicks = 0

    def click(self, label: str, **fields: str) -> str:
        """Press the button *label* and return the patch."""
        return self._act(self._one(rf'<button[^>]*formaction="([^"]+)"[^>]*>{label}<'), fields)

    def change(self, **fields: str) -> str:
        """Use the first control that acts when it changes."""
        return self._act("/api/_store/" + self._one(r'ht-change="([^"]+)"'), fields)

    def submit(self, **fields: str) -> str:
        """Send the first form that has an action of a store."""
        return self._act(self._one(r'<form [^>]*action="(/api/[^"]+)"'), fields)

    def look(self) -> str:
        """Catch up, as at focus."""
        answer = self.http.get("/api/_live", headers=self._headers())
        self.cursor = answer.headers["HT-Cursor"]
        return _patch(answer.text)

    def _act(self, offer: str, fields: dict[str, str]) -> str:
        url, _, query = unescape(offer).partition("?")
        slots = re.findall(r'{"\$":\["value","(\w+)"', unquote(query.partition("&")[0]))
        body = [query, *(fields[name] for name in slots)]
        self.clicks += 1
        headers = {**self._headers(), "HT-Verb": "offer", "HT-Id": f"click-{self.clicks}"}
        answer = self.http.post(
            url, data=json.dumps(body), content_type="application/json", headers=headers
        )
        assert answer.status_code == 200, (answer.status, answer.text)
        self.cursor = answer.headers["HT-Cursor"]
        return _patch(answer.text)

    def _headers(self) -> dict[str, str]:
        return {"HT-Page": self.page, "HT-Url": self.url, "HT-Cursor": self.cursor}

    def _one(self, pattern: str) -> str:
        found = re.search(pattern, self.html)
        assert found, f"{pattern} is not in\n{self.html}"
        return found[1]


def _patch(text: str) -> str:
    return text.removeprefix("<template ht>").removesuffix("</template>")


def programs(page: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """Run the samples of *page*; yield each program when its last block has run."""
    names: dict[str, Any] = {}
    registry = Registry()
    for sample in samples_of(page.read_text(encoding="utf-8")):
        if sample.is_a_program:
            if "app" in names:
                yield Program(names)
            module = ModuleType(f"guide_{page.stem}")
            monkeypatch.setitem(sys.modules, module.__name__, module)
            names, registry = module.__dict__, Registry()
        if sample.runs:
            with registry:
                exec(compiled(sample, page), names)
    if "app" in names:
        yield Program(names)


@pytest.fixture
def first_page(monkeypatch: pytest.MonkeyPatch) -> list[Program]:
    found = list(programs(FIRST_PAGE, monkeypatch))
    assert len(found) == 4
    return found


def test_the_counter_counts(first_page: list[Program]) -> None:
    """A click is answered with one fragment; another window shows it when it is looked at."""
    program = first_page[0]
    one, other = program.open("/counter"), program.open("/counter")

    assert one.click(r"\+") == '<h3 id="cstore-counter">2</h3>'
    assert one.click("-") == '<h3 id="cstore-counter">1</h3>'
    one.click("-")

    assert other.look() == '<h3 id="cstore-counter">0</h3>'


def test_the_deep_path_sends_its_own_fragment_only(first_page: list[Program]) -> None:
    tab = first_page[1].open("/")

    assert tab.click("Done") == '<span id="store-todo-0-done">done</span>'
    assert first_page[1].names["store"].read("todo/0") == {"value": "Buy milk", "done": True}


def test_each_user_has_a_list(first_page: list[Program]) -> None:
    """Logged out is sent to the log-in; what ann adds, bob neither sees nor reaches."""
    program = first_page[2]
    todos = program.names["todoStore"]
    ann, bob = Http(program.app), Http(program.app)
    assert ann.get("/").headers["Location"] == "/login"
    for http, name in ((ann, "ann"), (bob, "bob")):
        assert http.post("/login", data={"userName": name}).headers["Location"] == "/"
    hers, his = program.open("/", ann), program.open("/", bob)

    patch = hers.click("Add Task", task="Milk & eggs")

    assert "Milk &amp; eggs" in patch
    assert 'value="Milk' not in patch
    assert todos.of("ann").read("todo") == [{"done": False, "value": "Milk & eggs"}]
    assert his.look() == ""
    assert todos.of("bob").read("todo") == []

    stolen = unescape(hers._one(r'formaction="([^"]+)"[^>]*>Add Task'))
    url, _, query = stolen.partition("?")
    headers = {"HT-Verb": "offer"}
    assert bob.post(url, json=[query, "x"], headers=headers).status_code == 403
    assert bob.post(url, json={"done": False, "value": "x"}).status_code == 403
    assert todos.of("bob").read("todo") == []

    again = program.open("/", ann)
    assert "checked" in again.change()
    assert todos.of("ann").read("todo/0/done") is True
    assert "Milk" not in again.click("x")
    assert todos.of("ann").read("todo") == []

    assert ann.post("/logout").headers["Location"] == "/login"
    assert ann.get("/").headers["Location"] == "/login"
    assert program.open("/", ann).url == "/login"
    assert hers.look() == '<template ht-op="visit" ht-to="/login"></template>'


def test_both_stores_are_found_by_one_superstore(first_page: list[Program]) -> None:
    """A visitor counts; a user has a list, whose new row is all that a submit sends."""
    program = first_page[3]
    visitor = program.open("/")
    assert "Log in for your list" in visitor.html
    assert visitor.click(r"\+") == '<h3 id="global-counter">1</h3>'

    http = Http(program.app)
    http.post("/login", data={"userName": "ann"})
    ann = program.open("/", http)
    assert "Nothing to do." in ann.html
    ann.submit(task="Milk")
    patch = ann.submit(task="Eggs")

    assert patch.startswith('<template ht-op="append" ht-to="todos-todo"><li id="todos-todo--')
    assert patch.count("<li") == 1
    assert "Eggs" in patch
    tab = program.open("/", http)
    toggled = tab.change()
    assert toggled.startswith('<li id="todos-todo--')
    assert toggled.count("<li") == 1
    assert "checked" in toggled
    assert "Milk" in toggled
    assert visitor.look() == ""


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_page_of_the_guide_opens(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A route of a sample that can't be rendered is a lie in the guide."""
    monkeypatch.setattr(WSGI, "run", lambda *args, **kwargs: None)
    monkeypatch.chdir(tmp_path)
    for program in programs(page, monkeypatch):
        for route in program.app._router.routes:
            if "GET" not in route.methods or "{" in route.pattern:
                continue
            answer = Http(program.app).get(route.pattern)
            assert answer.status_code < 500, f"{route.pattern}: {answer.text}"


def test_the_readmes_own_test_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # its database is a file there
    readme, _ = programs(ROOT / "README.md", monkeypatch)

    readme.names["test_plus_adds_one"]()


def test_the_readmes_form_is_short_and_validates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    samples = samples_of((ROOT / "README.md").read_text(encoding="utf-8"))
    (sample,) = [one for one in samples if "sqlalchemy" in one.code]
    assert len(sample.code.splitlines()) < 40
    _, ledger = programs(ROOT / "README.md", monkeypatch)
    page = Browser(ledger.app).open("/")

    for name, value in (("what", "tea"), ("cents", 0), ("day", "2026-11-27")):
        page.fill(f"[name={name}]", value)
    with pytest.raises(AssertionError, match="cents"):
        page.submit("#add")  # a browser knows that rule, too
    request = page.action("#add", on="submit")
    page.send(request)
    assert list(page.errors) == ["cents"]
    page.fill("[name=cents]", 250)
    page.submit("#add")
    assert page.text("li") == "2026-11-27 tea 250"
    assert page.errors == {}


def test_reactions_send_what_the_guide_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyed rows that moved travel without HTML; an equal computed result sends nothing."""
    (program,) = programs(ROOT / "docs" / "guide" / "reactions.md", monkeypatch)
    shop, http = program.names["shop"], Http(program.app)
    program.open("/list", http)  # brings a cookie, so the server can remember what was sent
    urls = ("/keyed", "/computed", "/low", "/plain", "/fragment", "/orders")
    keyed, computed, low, plain, fragments, orders = (program.open(url, http) for url in urls)

    shop.move("items/0", 1)
    moved = keyed.look()
    assert moved.startswith('<template ht-op="move" ht-to="shop-items--')
    assert "<tr" not in moved
    shop.increment("items/id=1/n")
    assert computed.look() == ""
    shop.increment("items/id=2/n")
    patch = computed.look()
    assert "Sold out" not in patch
    assert ">0<" in patch
    assert "All in stock." not in low.look()
    assert fragments.look().count("<span") == 2  # both had changed
    shop.replace("items/id=1/name", "Green tea")
    assert "<li>Green tea</li>" in plain.look()
    program.names["orders"][1] = "sent"
    program.names["topic"].touch(1)
    assert orders.look().count("<span") == 1
    shop.delete("items/id=1")
    assert keyed.look().count('ht-op="remove"') == 1


def test_the_server_page_answers_as_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Statuses and kinds of the answers, provided arguments, error pages, the nonce."""
    monkeypatch.chdir(tmp_path)
    shop, strict = programs(ROOT / "docs" / "guide" / "server.md", monkeypatch)
    http = Http(shop.app)

    assert http.get("/item/3?page=2").text.count("Item 3, page 2") == 1
    assert "Good morning, stranger" in http.get("/greet").text
    assert http.get("/api/items").json == {"items": ["tea", "leaf"]}
    assert http.get("/gone").status_code == 410
    assert http.get("/banner").text == "<b>Sale</b>"
    assert http.get("/robots.txt").mimetype == "text/plain"
    assert http.post("/login", data={"user": "ann"}).headers["Location"] == "/"
    assert "Good morning, ann" in http.get("/greet").text
    assert http.post("/login", data={}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403

    policy = Http(strict.app).get("/")
    nonce = re.search(
        r"style-src 'self' 'nonce-([^']+)'", policy.headers["Content-Security-Policy"]
    )
    assert nonce
    assert f'<style id="ht-style" nonce="{nonce[1]}">' in policy.text


def test_the_components_do_what_the_guide_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads sort, pages turn, tabs change; each is one click."""
    (program,) = programs(ROOT / "docs" / "guide" / "components.md", monkeypatch)

    orders = program.open("/orders").click("Total, €")
    assert orders.index("Bob Marsh") < orders.index("Ann Lee")
    assert "Cleo Ortiz" in program.open("/orders").click("2")
    assert "Bob Marsh" not in program.open("/tabs").click("Paid")
    stock = program.open("/stock")
    program.names["stock"].clear("items")
    assert "Sold out." in stock.look()
    assert 'role="alert"' not in program.open("/messages").click("Save")
