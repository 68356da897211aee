"""Exploring finds each kind of fault that is planted, and nothing in apps that are well."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal
from unittest import mock

import pytest
from pydantic import Field

from htealeaf import (
    WSGI,
    AuthStore,
    Element,
    Registry,
    Session,
    SessionStore,
    Store,
    SuperStore,
    Topic,
    redirect,
    value_of,
    visit,
)
from htealeaf.components import a, button, div, form, input_, label, li, p, textInput, ul
from htealeaf.testing import Client, PageFailure, Report
from htealeaf.testing.generating import Values
from htealeaf.testing.trees import parse
from htealeaf.web.visitor import Visitor
from tests.laws.faults import FAULTS
from tests.testing.apps import SECRET, controls_app, table_app, todo_app, users_app


def new_app() -> WSGI:
    """An app with a registry of its own, in which stores can be made."""
    app = WSGI(secret=SECRET)
    SuperStore(app)
    return app


def kinds(report: Report) -> set[str]:
    return {fault.kind for fault in report.faults}


@pytest.mark.parametrize("make", [todo_app, controls_app, table_app])
def test_nothing_is_found_where_nothing_is_wrong(make: Callable[[], WSGI]) -> None:
    report = Client(make()).explore(limit=25)

    report.assert_clean()
    assert report.tried == 25 or not report.left
    assert report.tried > 10


def test_users_are_told_apart_and_nothing_is_found() -> None:
    report = Client(users_app()).explore(users=["ann", "bob", None], limit=20)

    report.assert_clean()
    assert report.urls == {"/": {"a visitor", "ann", "bob"}, "/login": {"a visitor"}}


# -- the app fails -------------------------------------------------------------------------


def failing_app() -> WSGI:
    """Dividing by what is typed fails at 0, and once two things are there."""
    with Registry():
        app = new_app()
        shared = Store({"items": []}, name="shared")

    @app.action
    def share(parts: int) -> None:
        shared.append("items", 100 // parts)

    @app.route("/")
    def home() -> Element:
        items = shared.read("items")
        if len(items) == 2:
            raise RuntimeError("two are too many")
        return div(
            p(str(items)),
            form(onsubmit=share)(textInput(name="parts"), button("Share")),
        )

    return app


def test_errors_are_found_with_their_cause_and_the_way_there() -> None:
    report = Client(failing_app()).explore(depth=2, seed=3, limit=200)

    causes = {type(fault.cause) for fault in report.faults}
    assert kinds(report) == {"error"}
    assert RuntimeError in causes
    late = next(fault for fault in report.faults if isinstance(fault.cause, RuntimeError))
    assert len(late.steps) == 3
    assert late.steps[0] == "a visitor opens /"
    assert late.steps[1].startswith("a visitor clicks <button>Share</button>, with parts='")
    with pytest.raises(PageFailure, match="RuntimeError: two are too many"):
        report.assert_clean()


def test_what_nobody_would_type_is_tried() -> None:
    """A zero is among it, where the field says nothing of its limits."""
    with Registry():
        app = new_app()
        shared = Store({"n": 0}, name="shared")

    @app.action
    def share(parts: str) -> None:
        shared.replace("n", 1 if parts else len(parts[99]))

    @app.route("/")
    def home() -> Element:
        return form(onsubmit=share)(textInput(name="parts"), button("Share"))

    found = [Client(app).explore(depth=1, seed=seed) for seed in range(40)]

    causes = [type(fault.cause) for report in found for fault in report.faults]
    assert IndexError in causes


def test_a_binding_that_raises_is_found() -> None:
    """Its own place is empty, and the page is good otherwise."""
    with Registry():
        app = new_app()
        shared = Store({"rows": [1]}, name="shared")

    @app.route("/")
    def home() -> Element:
        return div(
            p(shared.react("rows", lambda rows: rows[0])),
            button("Clear", onclick=shared.do.clear("rows")),
        )

    report = Client(app).explore(depth=1)

    assert [(fault.kind, type(fault.cause)) for fault in report.faults] == [("error", IndexError)]


def test_a_failing_link_and_a_failing_plain_form_are_found() -> None:
    with Registry():
        app = new_app()

    @app.route("/")
    def home() -> Element:
        return div(a("Broken", href="/broken"), form(method="post", action="/post")(button("Go")))

    @app.route("/broken")
    def broken() -> Element:
        raise LookupError("no page")

    @app.route("/post", methods=["POST"])
    def post() -> Element:
        raise ArithmeticError("no post")

    report = Client(app).explore(depth=1)

    assert {type(fault.cause) for fault in report.faults} == {LookupError, ArithmeticError}


# -- pages and ids -------------------------------------------------------------------------


def test_a_page_that_shows_what_is_not_tracked_is_found() -> None:
    shown = [0]
    with Registry():
        app = new_app()
        shared = Store({"n": 0}, name="shared")

    @app.route("/")
    def home() -> Element:
        shown[0] = shared.read("n") and shown[0] + 1
        return div(p(f"{shown}"), button("+", onclick=shared.do.increment("n")))

    report = Client(app).explore(depth=2)

    assert kinds(report) == {"differs"}
    assert report.faults[0].steps[-1] == "a visitor clicks <button>+</button>"


def test_a_page_of_somebody_else_that_does_not_follow_is_found() -> None:
    kept: list[str] = []
    with Registry():
        app = new_app()
        shared = Store({"n": 0}, name="shared")

    @app.action
    def note() -> None:
        kept.append("x")
        shared.increment("n")

    @app.route("/")
    def home(session: Session) -> Element:
        if session.user == "bob":
            return p(f"{len(kept)}")
        return div(p(shared.react("n")), button("+", onclick=note))

    report = Client(app).explore(users=["ann", "bob"], depth=1, prepare=kept.clear)

    assert kinds(report) == {"differs"}
    assert report.faults[0].user == "bob"
    assert report.faults[0].steps[-1] == "bob looks at /"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda on: label("Name", for_="nowhere") if on else p(), "has for='nowhere', and no"),
        (lambda on: [p(id="x"), p(id="x")] if on else p(), "more than one element has the id 'x'"),
        (lambda on: input_(aria_describedby="gone") if on else p(), "aria-describedby='gone'"),
    ],
)
def test_ids_that_lead_nowhere_are_found(content: Callable[[bool], Any], words: str) -> None:
    with Registry():
        app = new_app()
        shared = Store({"on": False}, name="shared")

    @app.route("/")
    def home() -> Element:
        on = shared.read("on")
        return div(content(on), button("flip", onclick=shared.do.toggle("on")))

    report = Client(app).explore(depth=1)

    assert kinds(report) == {"lost id"}
    assert words in report.faults[0].detail


@pytest.mark.parametrize(
    "fault",
    [
        "nothing_above_is_touched",
        "attributes_are_not_patched",
        "removed_rows_are_not_sent",
        "rows_come_at_the_end",
        "ids_from_a_counter",
    ],
)
def test_faults_of_the_framework_are_found(fault: str) -> None:
    with Registry():
        app = new_app()
        shared = Store({"rows": [{"id": "a", "on": True}, {"id": "b", "on": False}]}, name="shared")

    @app.action
    def first() -> None:
        shared.insert("rows/0", {"id": f"new{len(shared.read('rows'))}", "on": True})

    def row(item: Any) -> Element:
        return li(item["id"])(
            button("x", onclick=item.do.delete()),
            button("flip", onclick=item.do.toggle("on")),
        )

    @app.route("/")
    def home() -> Element:
        return div(
            ul(shared.each("rows", row, key="id")),
            button("new", onclick=first),
            p("first", title=shared.react("rows", lambda rows: str(rows[:1]))),
            p(shared.react("rows", lambda rows: str(rows))),
        )

    Client(app).explore(limit=30).assert_clean()
    with FAULTS[fault]():
        report = Client(app).explore(limit=30)

    assert report.faults, fault


# -- several users -------------------------------------------------------------------------


def notes_app(shown: Callable[[AuthStore, Session], Any]) -> WSGI:
    """Notes of one's own; *shown* stands in the page of each."""
    with Registry():
        app = new_app()
        notes = AuthStore(lambda session: session.user, {"said": []}, name="notes")

    @app.route("/")
    def home(session: Session):
        if session.user is None:
            return p("Nobody")
        return div(
            ul(notes.each("said", li)),
            form(onsubmit=notes.do.append("said", value_of("text")))(
                textInput(name="text"), button("Add")
            ),
            shown(notes, session),
        )

    return app


def test_a_page_that_reads_a_document_of_another_is_found() -> None:
    app = notes_app(lambda notes, session: p(str(notes.of("ann").read("said"))))

    report = Client(app).explore(users=["ann", "bob"], depth=1)

    assert kinds(report) == {"foreign stream"}
    words = "/ reads 'notes' of another than bob, which is ann's"
    assert words in {fault.detail for fault in report.faults}
    assert {fault.user for fault in report.faults} == {"bob"}


def test_what_one_typed_and_another_sees_is_found() -> None:
    """Through a variable of the program, which no store and no page knows of."""
    last: dict[str, str] = {}

    def shown(notes: AuthStore, session: Session) -> Element:
        if session.user == "ann":
            last["said"] = str(notes.read("said"))
        return p(last.get("said", "") if session.user == "bob" else "")

    report = Client(notes_app(shown)).explore(users=["ann", "bob"], depth=1, prepare=last.clear)

    assert "foreign stream" in kinds(report)
    found = next(fault for fault in report.faults if fault.kind == "foreign stream")
    assert found.user == "bob"
    assert "shows what ann typed into a store of ann alone" in found.detail


def test_what_one_typed_for_all_is_no_fault() -> None:
    with Registry():
        app = new_app()
        wall = Store({"said": []}, name="wall")
        mine = SessionStore({"last": ""}, name="mine")

    @app.action
    def say(text: str) -> None:
        wall.append("said", text)
        mine.replace("last", text)

    @app.route("/")
    def home() -> Element:
        return div(
            ul(wall.each("said", li)),
            p(mine.react("last")),
            form(onsubmit=say)(textInput(name="text"), button("Say")),
        )

    Client(app).explore(users=["ann", "bob"], depth=1).assert_clean()


def test_a_visit_is_no_action_of_somebody_else() -> None:
    """Whoever may see a page may ask for it under another query."""
    with Registry():
        app = new_app()

    @app.route("/", allow=lambda session: session.user is not None)
    def home(args: Any) -> Element:
        return div(p(args["sort"]), a("By name", onclick=visit(sort="name")))

    report = Client(app).explore(users=["ann", "bob"], depth=1)

    report.assert_clean()
    assert report.tried


def test_an_offer_that_others_can_use_is_found() -> None:
    app = notes_app(lambda notes, session: None)
    Client(app).explore(users=["ann", "bob"], depth=1).assert_clean()

    with mock.patch.object(Visitor, "signed", return_value=True):
        report = Client(app).explore(users=["ann", "bob"], depth=1)

    assert "foreign action" in kinds(report)
    found = next(fault for fault in report.faults if fault.kind == "foreign action")
    assert found.steps[-1].startswith("bob sends what ann sends, who clicks <button>Add</button>")


def test_one_document_for_all_browsers_is_found() -> None:
    with Registry():
        app = new_app()
        mine = SessionStore({"said": ""}, name="mine")

    @app.route("/")
    def home() -> Element:
        return div(
            p(mine.react("said")),
            form(onsubmit=mine.do.replace("said", value_of("text")))(
                textInput(name="text"), button("Say")
            ),
        )

    Client(app).explore(users=["ann", "bob"], depth=1).assert_clean()
    with FAULTS["one_document_for_all_browsers"]():
        report = Client(app).explore(users=["ann", "bob"], depth=1)

    assert "foreign stream" in kinds(report)


@pytest.mark.parametrize("guarded", [True, False])
def test_a_plain_form_that_anybody_can_send_is_found(guarded: bool) -> None:
    """The page shows it to the manager only, and the route behind it does not ask."""
    with Registry():
        app = new_app()
        shared = Store({"n": 3}, name="shared")

    @app.route("/")
    def home(session: Session) -> Element:
        manages = session.user == "ann"
        clear = form(method="post", action="/clear")(button("Clear"))
        return div(p(shared.react("n")), clear if manages else None)

    @app.route("/clear", methods=["POST"])
    def clear(session: Session):
        if guarded and session.user != "ann":
            return 403, p("No.")
        shared.replace("n", 0)
        return redirect("/")

    report = Client(app).explore(users=["ann", "bob"], depth=1)

    assert kinds(report) == (set() if guarded else {"foreign action"})


def test_users_are_signed_in_as_the_app_does_it() -> None:
    with Registry():
        app = new_app()

    @app.route("/")
    def home(session: Session) -> Element:
        return p(session.get("who") or "nobody")

    seen: list[str] = []

    def enter(client: Client) -> None:
        with client.session() as session:
            session["who"] = "eve"
        seen.append(client.open("/").text("p"))

    report = Client(app).explore(users={"eve": enter})

    report.assert_clean()
    assert set(seen) == {"eve"}
    assert report.urls == {"/": {"eve"}}


# -- the report ----------------------------------------------------------------------------


@pytest.mark.parametrize("prepared", [True, False])
def test_what_is_kept_outside_of_stores_is_told(prepared: bool) -> None:
    """Only what `prepare=` makes as it was can be done again, and that is no reason to give up."""
    places = ["window", "aisle"]

    with Registry():
        app = new_app()
        topic, shared = Topic("places"), Store({"n": 0}, name="shared")

    @app.action
    def book() -> None:
        places.pop()
        topic.touch()

    @app.route("/")
    def home() -> Element:
        topic.depend()
        return div(
            p(shared.react("n")),
            [button(place, onclick=book) for place in places],
            button("+", onclick=shared.do.increment("n")) if places else None,
        )

    def prepare() -> None:
        places[:] = ["window", "aisle"]

    report = Client(app).explore(depth=2, prepare=prepare if prepared else None)

    assert kinds(report) == set()
    assert any("prepare=" in words for words in report.untried) is not prepared


def test_the_same_seed_gives_the_same_report() -> None:
    one = Client(failing_app()).explore(seed=7, limit=40)
    other = Client(failing_app()).explore(seed=7, limit=40)

    assert str(one) == str(other)
    assert one.faults == other.faults
    assert any(
        str(Client(failing_app()).explore(seed=seed, limit=40)) != str(one) for seed in range(4)
    )


def test_the_report_reads_well() -> None:
    report = Client(todo_app()).explore(depth=1, limit=1)

    assert str(report).startswith("1 steps on 1 pages, seed 0: nothing wrong\n")
    assert "Not tried: 6 steps, since the limit was reached." in str(report)
    report = Client(failing_app()).explore(seed=3)
    assert "error: the app failed (a visitor)\n  Steps:\n    1. a visitor opens /\n" in str(report)


def test_what_needs_a_browser_is_told() -> None:
    report = Client(controls_app()).explore(depth=1, limit=1)

    assert 'JavaScript on click of <button id="code">Code</button>' in report.untried


def test_stores_are_fresh_afterwards() -> None:
    app = todo_app()
    Client(app).explore(limit=5)

    assert Client(app).open("/counter").text("h3") == "1"


def test_a_journal_that_lasts_is_left_as_it_is(tmp_path: Path) -> None:
    """Its faults are found in memory: the file holds what it held, and goes on being used."""
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app, journal=f"sqlite:///{tmp_path}/shop.db")
        shared = Store({"items": ["by default"]}, name="shared")

    @app.action
    def add(text: str) -> None:
        shared.append("items", text)
        if len(shared.read("items")) == 3:
            raise RuntimeError("no more than two")

    @app.route("/")
    def home() -> Element:
        return div(ul(shared.each("items", li)), form(onsubmit=add)(textInput(name="text")))

    journal = app.registry.journal
    page = Client(app).open("/")
    shared.append("items", "kept")
    was = journal.cursor
    begun = []

    report = Client(app).explore(prepare=lambda: begun.append(shared.read("items")))

    assert {tuple(items) for items in begun} == {("by default",)}
    assert [str(fault.cause) for fault in report.faults] == ["no more than two"]
    assert (journal.kind, journal.cursor) == ("sqlite", was)
    page.look()  # of before; nobody has signed it out
    assert page.text("ul") == "by defaultkept"
    shared.append("items", "later")
    page.look()
    assert page.text("ul") == "by defaultkeptlater"
    page.assert_consistent()
    journal.close()


# -- values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "annotation", "fits"),
    [
        ('<input name="a" type="number" min="3" max="5">', str, lambda v: 3 <= int(v) <= 5),
        ('<input name="a" maxlength="4">', str, lambda v: 0 < len(v) <= 4),
        ('<input name="a" minlength="40">', str, lambda v: len(v) >= 40),
        ('<input name="a" type="email">', str, lambda v: "@" in v),
        ('<input name="a" type="date">', str, lambda v: len(v) == 10),
        ('<input name="a">', Decimal, lambda v: Decimal(v) >= 0),
        ('<input name="a">', int | None, lambda v: int(v) >= 0),
        ('<input name="a">', Annotated[int, Field(ge=7, lt=9)], lambda v: 7 <= int(v) < 9),
        ('<input name="a">', Annotated[str, Field(max_length=3)], lambda v: len(v) == 3),
        ('<input name="a">', Literal["x", "y"], lambda v: v in "xy"),
        ('<input name="a[0][b]">', list[dict[str, int]], lambda v: v == "typed-by-ann-q"),
        ('<textarea name="a"></textarea>', str, lambda v: v == "typed-by-ann-q"),
    ],
)
def test_a_value_fits_its_control(html: str, annotation: Any, fits: Callable[[str], bool]) -> None:
    control = parse(html).find(True)
    assert control is not None

    made = {Values("ann", Random(seed), {"a": annotation}).fitting(control) for seed in range(20)}

    assert all(map(fits, made))
