"""The debug mode says why each fragment was sent, and changes nothing of what is sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    AuthStore,
    PageStore,
    Registry,
    Session,
    Store,
    SuperStore,
    Topic,
    browser,
    this,
)
from htealeaf.components import button, div, h3, li, p, table, td, tr, ul
from htealeaf.data.paths import parse
from htealeaf.data.sizes import size_of
from htealeaf.data.verbs import Mutation
from htealeaf.pages.explain import CALLING, MAX_HEADER, blamed, compact, lost_targets
from htealeaf.pages.update import NOT_SHOWN
from htealeaf.reactive.graph import Graph
from htealeaf.reactive.rendering import Render, raised_in
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state.drafts import Write
from htealeaf.state.replica import Replica
from htealeaf.testing import Client
from tests.house.test_floors import ORDER
from tests.http import Answer, Browser, Shown

SECRET = "a secret of many characters"
HERE = __file__


class House:
    """An app in debug mode whose one route each test gives."""

    def __init__(self, *, debug: bool = True) -> None:
        with Registry() as registry:
            self.registry = registry
            self.app = WSGI(secret=SECRET, debug=debug)
            SuperStore(self.app)
            self.shop = Store(
                {"n": 1, "name": "tea", "items": [{"id": 1, "n": 1}, {"id": 2, "n": 2}]},
                name="shop",
            )
            self.rooms = Store({"n": 1}, name="rooms", keyed=True)
            self.carts = AuthStore(lambda session: session.get("user"), {"n": 1}, name="carts")
            self.view = PageStore({"filter": "all"}, name="view")
            self.orders = Topic("orders")
        self.browser = Browser(self.app)

    def show(self, function: Callable[..., Any]) -> Shown:
        # The button gives the browser a key, so that the page is remembered.
        def home(session: Session) -> Any:
            return div(button("+", onclick=self.shop.do.update("n", 1)), function(session))

        self.app.route("/")(home)
        return self.browser.open("/")

    def look(self, page: Shown) -> Answer:
        """Catch up, as a tab does that gets the focus."""
        answer = self.browser.get("/api/_live", **page.headers)
        page.headers["HT-Cursor"] = answer.headers["HT-Cursor"]
        return answer


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    with caplog.at_level(logging.INFO, "htealeaf"):
        yield lambda: [record.getMessage() for record in caplog.records]


def told(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers["HT-Debug"])
    return found


def test_a_patch_says_why_each_fragment_was_sent(house: House, lines) -> None:
    page = house.show(lambda session: [h3(house.shop.react("n")), h3(house.shop.react("name"))])

    answer = house.browser.send(page, page.offer("button[formaction]"))

    [sent] = told(answer)["sent"]
    assert sent.pop("ms") >= 0
    assert sent == {
        "binding": "shop-n",
        "place": "shop/n",
        "why": ["shop/n set"],
        "op": "",
        "to": "shop-n",
        "bytes": len(answer.content) - len("<template ht></template>"),
    }
    [line] = [line for line in lines() if "#shop-n" in line]
    assert line.startswith("/: shop/n set → shop/n → #shop-n, ")
    assert line.endswith(f" ms, {sent['bytes']} bytes (morph #shop-n)")


def test_what_is_equal_is_told_and_not_sent(house: House, lines) -> None:
    page = house.show(lambda session: h3(house.shop.react("n", lambda n: "many" if n else "none")))

    answer = house.browser.send(page, page.offer("button[formaction]"))

    assert answer.status == 204
    [same] = told(answer)["same"]
    assert (same["binding"], same["why"]) == ("shop-n", ["shop/n set"])
    assert any("#shop-n" in line and "equal and not sent" in line for line in lines())


def test_a_list_says_what_became_of_its_rows(house: House) -> None:
    page = house.show(lambda session: ul(house.shop.each("items", lambda r: li(r["n"]), key="id")))
    house.shop.delete("items/0")
    house.shop.append("items", {"id": 3, "n": 3})

    found = told(house.look(page))["sent"]

    assert [(item["op"], item["to"]) for item in found] == [
        ("remove", "shop-items--id_3d_1"),
        ("append", "shop-items"),
    ]
    assert found[0]["why"] == ["shop/items/0 delete", "shop/items/2 insert"] or found[0]["why"] == [
        "shop/items/0 delete",
        "shop/items/1 insert",
    ]


def test_no_stored_value_is_told(house: House, lines) -> None:
    page = house.show(lambda session: [h3(house.shop.react("name")), p(session.get("user", ""))])
    house.shop.replace("name", "Darjeeling")

    answer = house.look(page)

    assert "Darjeeling" in answer.text
    assert "Darjeeling" not in answer.headers["HT-Debug"]
    assert not any("Darjeeling" in line for line in lines())


def test_the_header_is_short_and_plain_whatever_a_patch_holds(house: House) -> None:
    house.shop.replace("items", [{"id": f"é{i}", "n": 0} for i in range(300)])
    page = house.show(lambda session: ul(house.shop.each("items", lambda r: li(r["n"]), key="id")))
    for i in range(300):
        house.shop.increment(f"items/{i}/n")

    header = house.look(page).headers["HT-Debug"]

    assert len(header.encode("latin-1")) <= MAX_HEADER
    assert json.loads(header)["more"] > 0
    assert len(compact({"a": "x" * 9000}, b=[1])) < MAX_HEADER


def test_a_page_level_read_is_named_with_what_would_make_it_small(house: House, lines) -> None:
    def content(session: Session) -> Any:
        return p(house.shop.read("name")), [p(item["n"]) for item in house.shop.read("items")]

    page = house.show(content)
    line = content.__code__.co_firstlineno + 1
    house.shop.replace("name", "mate")

    answer = house.look(page)

    assert told(answer)["page"]["reads"] == [
        {
            "read": "shop 'name'",
            "at": f"{HERE}:{line}",
            "try": "shop.react('name') would send only that",
        }
    ]
    [warning] = [text for text in lines() if "outside of a binding (" in text]
    assert warning.startswith(f"content() read shop 'name' outside of a binding ({HERE}:{line})")
    house.shop.increment("items/1/n")
    assert "shop.each('items', row)" in told(house.look(page))["page"]["reads"][0]["try"]
    house.shop.increment("items/1/n")
    house.look(page)
    assert len([text for text in lines() if "outside of a binding (" in text]) == 2  # each once


def test_advice_fits_the_store(house: House) -> None:
    def content(session: Session) -> Any:
        house.orders.depend(7)
        return p(house.rooms.of("lobby").read("n"), session.get("user", ""))

    page = house.show(content)
    house.rooms.of("lobby").increment("n")

    [read] = told(house.look(page))["page"]["reads"]

    assert read["try"].startswith("rooms.of('lobby').react('n')")


def test_advice_names_no_owner_where_the_document_is_the_visitors(house: House) -> None:
    """`view.of(...)` is no way to a page's own document."""

    def content(session: Session) -> Any:
        shown = p(house.view.read("filter"))
        return shown, button("done", onclick=house.view.do.set("filter", "done"))

    page = house.show(content)

    answer = house.browser.send(page, page.offer("button:nth-of-type(2)"))

    [read] = told(answer)["page"]["reads"]
    assert read["try"] == "view.react('filter') would send only that"


def test_a_binding_that_raised_is_shown_to_the_developer_only() -> None:
    for debug in (True, False):
        house = House(debug=debug)
        page = house.show(
            lambda session, house=house: h3(house.shop.react("n", lambda n: 1 / (2 - n)))
        )

        answer = house.browser.send(page, page.offer("button[formaction]"))

        assert ("ZeroDivisionError" in answer.text) == debug
        if debug:
            assert answer.sentence == (
                "shop/n (binding #shop-n) could not be rendered:"
                " ZeroDivisionError: division by zero"
            )
            failed = {"binding": "shop-n", "place": "shop/n", "error": "ZeroDivisionError"}
            assert told(answer)["failed"] == [failed]
        else:
            assert answer.sentence == NOT_SHOWN
            assert "HT-Debug" not in answer.headers


def test_nesting_that_a_browser_breaks_is_told_with_its_line(house: House, lines) -> None:
    def content(session: Session) -> Any:
        wrong = div("x")
        return p(wrong), p("sound")

    page = house.show(content)

    first = content.__code__.co_firstlineno
    sentence = (
        f"{HERE}:{first + 1}: <div> in <p>: a browser ends the <p> before it"
        f" (the <p> is made at {HERE}:{first + 2})"
    )
    assert told(page.answer)["nesting"] == [sentence]
    house.browser.open("/")
    assert lines().count(sentence) == 1
    assert "made" not in page.text


def test_a_fragment_is_checked_where_it_stands(house: House) -> None:
    """The render function gives a `div` only later, and the `p` around it is not in the patch."""

    def part(n: int) -> Any:
        return div(n) if n > 1 else "one"

    page = house.show(lambda session: p("a ", house.shop.react("n", part)))
    assert "nesting" not in told(page.answer)

    answer = house.browser.send(page, page.offer("button[formaction]"))

    [sentence] = told(answer)["nesting"]
    assert sentence.startswith(f"{HERE}:{part.__code__.co_firstlineno + 1}: <div> in <p>")


def test_rows_are_checked_in_their_table(house: House) -> None:
    page = house.show(
        lambda session: table(house.shop.each("items", lambda r: tr(td(r["n"])), key="id"))
    )

    [sentence] = told(page.answer)["nesting"]
    assert "<tr> in <table>: a browser puts a <tbody> around it" in sentence


def test_the_debug_mode_changes_no_byte() -> None:
    """But for ids that are fresh at each time, and the script as it was written."""
    texts = []
    for debug in (False, True):
        house = House(debug=debug)
        page = house.show(lambda session, house=house: [p(div("x")), p(house.shop.react("n"))])
        patch = house.browser.send(page, page.offer("button[formaction]"))
        body = page.text[page.text.index("</form>") :]
        texts.append(
            (body[: body.index("formaction")], body[body.index("</button>") :], patch.text)
        )

    assert texts[0] == texts[1]


def test_nothing_is_told_when_it_is_off() -> None:
    house = House(debug=False)
    page = house.show(lambda session: p(house.shop.react("n")))

    answer = house.browser.send(page, page.offer("button[formaction]"))

    assert "HT-Debug" not in page.answer.headers
    assert "HT-Debug" not in answer.headers
    assert house.app.pages.debug is None
    house.app.debug = True
    assert "HT-Debug" in house.browser.get("/").headers


# -- what is remembered is bounded -----------------------------------------------------------


def test_stats_tell_how_much_is_remembered_and_how_much_at_most(house: House) -> None:
    house.show(lambda session: p(house.shop.react("n")))
    house.shop.increment("n")

    stats: Any = house.app.stats()

    for name in ("pages", "page_bytes", "sessions", "session_bytes", "entry_bytes", "once"):
        assert 0 <= stats[name] < stats[f"max_{name}"]
    assert (stats["pages"], stats["streams"], stats["entries"]) == (1, 1, 1)
    assert stats["page_bytes"] > 0
    assert stats["entry_bytes"] > 0
    assert stats["max_entries_of_a_stream"] > 1


def test_histories_are_bounded_in_bytes_over_all_streams() -> None:
    journal = Replica(max_bytes=100_000)
    for store in ("doc0", "doc1", "doc2"):
        journal.define(store, {})
    for i in range(300):
        journal.commit(
            [Write(f"doc{i % 3}", Mutation("replace", parse("text"), f"{i}" * 2000, None))]
        )

    stats = journal.stats()

    assert stats["entry_bytes"] <= 100_000
    assert 10 < stats["entries"] < 25
    assert journal.since(["doc0"], 1, 300) is None  # forgotten, and it says so
    last = journal.since(["doc0", "doc1", "doc2"], 297, 300)
    assert last is not None
    assert [entry.n for entry in last] == [298, 299, 300]


def test_a_moment_keeps_the_history_that_it_needs() -> None:
    journal = Replica(max_bytes=1000)
    journal.define("doc", {"n": 0})

    with journal.moment() as moment:
        for n in range(1, 50):
            journal.commit([Write("doc", Mutation("replace", parse("n"), n, None))])
        assert moment.root("doc") == {"n": 0}

    journal.commit([Write("doc", Mutation("replace", parse("n"), 50, None))])
    assert journal.stats()["entries"] < 5


def test_dropped_streams_leave_nothing_behind() -> None:
    journal = Replica()
    for i in range(5000):
        journal.commit([Write(f"doc@{i}", Mutation("replace", parse("n"), i, None))])
        journal.drop(f"doc@{i}")

    stats = journal.stats()

    assert (stats["entries"], stats["entry_bytes"], stats["streams"]) == (0, 0, 0)
    assert len(journal.timeline._order) < 2000


def test_an_entry_weighs_what_only_it_keeps_alive() -> None:
    journal = Replica()
    rows: list[Any] = [{"id": i, "text": "x" * 100} for i in range(1000)]
    journal.commit([Write("doc", Mutation("replace", parse("rows"), rows, None))])
    whole = size_of(journal.root("doc"))

    def weight(verb: str, path: str, value: Any = None) -> int:
        before = journal.stats()["entry_bytes"]
        journal.commit([Write("doc", Mutation(verb, parse(path), value, None))])
        return journal.stats()["entry_bytes"] - before

    assert weight("replace", "rows/5/text", "y") < 10_000  # a list of 1000 pointers, one row
    assert weight("replace", "rows/6", {"id": 6}) < 10_000
    assert weight("clear", "rows") > whole * 0.9


def test_sessions_are_bounded_in_bytes() -> None:
    house = House()
    house.app.sessions._max_bytes = 50_000

    def keep(session: Session) -> str:
        session["note"] = "x" * 9000
        return "kept"

    house.app.route("/keep", methods=["POST"])(keep)
    for _ in range(20):
        assert Browser(house.app).submit("/keep").text == "kept"

    stats = house.app.stats()
    assert stats["session_bytes"] <= 50_000
    assert stats["sessions"] == stats["streams"] == 5


def test_the_folders_that_call_authors_are_folders_of_the_house() -> None:
    assert set(ORDER) > CALLING


def test_an_error_that_is_raised_again_names_the_binding_that_raised_it_now() -> None:
    """Also one that is frozen and kept in a constant."""

    @dataclass(frozen=True)
    class Closed(Exception):
        shop: str

    always = Closed("tea")
    with Registry():
        shop = Store({"a": 1, "b": {"c": 2}}, name="shop")

    def fails(value: object) -> str:
        raise always

    for place, id in (("a", "shop-a"), ("b/c", "shop-b-c")):
        with shop.registry.journal.moment() as moment, entered(scope := Scope(moment)):
            render = Render(scope, Graph(), None)
            with pytest.raises(Closed):
                render.children(div(shop.react(place, fails), "text"))
        raised = raised_in(always)
        assert raised is not None
        assert raised.id == id
        assert f"(binding #{id}) could not be rendered: Closed" in blamed(always)


def test_a_command_about_no_element_is_told() -> None:
    """In the order of the page, each once; one that the page has is fine, and so is `this`."""
    page = div(
        p(id="here"),
        button(onclick=[browser.hide("here"), browser.hide("gone"), browser.focus("gone")]),
        button(onclick=browser.hide(this)),
    )
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
    app.route("/")(lambda: page)

    assert lost_targets(Client(app).get("/").text) == ["gone"]
