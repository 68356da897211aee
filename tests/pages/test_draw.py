"""Drawing: a page at a moment, whole or not at all, and the same each time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from htealeaf import WSGI, HtealeafError, Registry, Store, SuperStore, value_of
from htealeaf.components import button, div, fileInput, form, head, html, link, p, textInput
from htealeaf.data.effects import Folded
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Change
from htealeaf.pages.draw import Page
from htealeaf.reactive.graph import VALUE, Graph
from htealeaf.reactive.scope import Scope
from htealeaf.testing import Client
from tests.http import Browser


class Place:
    """An app with one page, which shows what a test says."""

    def __init__(self) -> None:
        with Registry():
            self.app = WSGI(secret="a secret of the tests")
            SuperStore(self.app)
            self.shared = Store({"n": 1, "css": "/a.css"}, name="shared")
        self.content: Any = div
        self.app.route("/")(lambda: self.content())

    def open(self) -> Any:
        return Client(self.app).open("/")


@pytest.fixture
def place() -> Place:
    return Place()


def test_drawing_changes_nothing_and_is_the_same_each_time(place: Place) -> None:
    place.content = lambda: div(
        p(place.shared.react("n")), button("+", onclick=place.shared.do.increment("n"))
    )
    browser, before = Browser(place.app), place.app.registry.journal.cursor
    first, second = (browser.get("/").text for _ in range(2))

    def without_id(html: str) -> str:
        before, _, rest = html.partition('ht-page="')
        return before + rest.partition('"')[2] if rest else html

    assert place.app.registry.journal.cursor == before
    assert len(first) == len(second)
    assert without_id(first).count("formaction") == 1


def test_the_id_of_a_page_ends_in_a_digest_of_what_no_patch_can_carry(place: Place) -> None:
    """So a page whose head changed is loaded anew, on any worker."""
    place.content = lambda: html(head(link(rel="stylesheet", href=place.shared.read("css"))))(
        p(place.shared.react("n"))
    )
    page = place.open()
    place.shared.set("n", 2)
    page.look()
    assert page.patch.ids == ["shared-n"]
    requests = len(page.requests)

    place.shared.set("css", "/b.css")
    page.look()

    assert "/b.css" in page.html
    assert any(r.request.method == "GET" and r.request.url == "/" for r in page.requests[requests:])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda do: form(textInput(name="b"), onsubmit=do.set("n", value_of("a"))), "it has: b"),
        (lambda do: form(onsubmit=do.set("n", value_of("a"))), "it has: none"),
        (lambda do: form(fileInput(name="a"), onsubmit=do.set("n", value_of("a"))), "file input"),
    ],
)
def test_each_value_of_finds_its_control(place: Place, content: Any, words: str) -> None:
    place.app.debug = True
    place.content = lambda: content(place.shared.do)

    answer = Browser(place.app).get("/")

    assert answer.status == 500
    assert words in answer.soup.get_text()


def test_a_page_is_as_large_as_its_bindings_are_many() -> None:
    few, many = (Page("id", Graph(), dict.fromkeys(map(str, range(n))), 1) for n in (1, 100))  # type: ignore[arg-type]

    assert few.size < many.size < 100 * few.size


def test_a_page_has_one_lock_however_often_it_is_asked_for() -> None:
    page = Page("id", Graph(), {}, 1)

    assert page.lock is page.lock


class Doubled:
    """Stands for a computed value."""

    def __init__(self, now: Any) -> None:
        self.now = now

    def result(self, scope: Scope, stream: str) -> Any:
        if isinstance(self.now, Exception):
            raise self.now
        found = SimpleNamespace(value=self.now, deps=[("s", parse("rows"), VALUE)])
        scope.computed["total"] = (self, stream, found)
        return found


@pytest.mark.parametrize(
    ("now", "affected"), [("same", set()), ("other", {"b"}), (ValueError("x"), {"b"})]
)
def test_what_shows_a_computed_value_is_affected_where_its_result_differs(
    now: Any, affected: set[str]
) -> None:
    page = Page("id", Graph(), {}, 1)
    page.graph.add("=total", "s", parse("rows"), VALUE)
    page.graph.add("b", "total", parse(""), VALUE)
    page.computed = {"total": (Doubled(now), "s", "same")}
    touched = Folded(2, "s", (Change("replace", parse("rows")),), None, None)

    assert page.affected([touched], Scope(None)) == affected  # type: ignore[arg-type]
    assert page.affected([touched], None) == {"b"}  # nothing can be computed: it may differ


def test_what_nobody_has_to_answer_needs_no_superstore() -> None:
    app = WSGI(secret="a secret of the tests")
    app.route("/")(lambda: div(p("x")))
    app.route("/bad")(lambda: div(p(Store({"n": 1}, name="lone").react("n"))))
    app.debug = True
    browser = Browser(app)

    assert browser.get("/").status == 200
    with Registry():
        answer = browser.get("/bad")
    assert "write SuperStore(app)" in answer.soup.get_text()
    with pytest.raises(HtealeafError):
        Store({"n": 1}, name="Not a name")
