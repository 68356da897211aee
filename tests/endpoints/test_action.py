"""Action functions: called with what a form sends, once, as one step."""

from __future__ import annotations

import enum
import os
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path as File
from typing import Any
from urllib.parse import urlencode

import pytest

from htealeaf import (
    WSGI,
    Conflict,
    Element,
    Invalid,
    NotAuthenticated,
    PageStore,
    Registry,
    Session,
    Store,
    SuperStore,
    redirect,
    value_of,
)
from htealeaf.components import (
    button,
    checkbox,
    div,
    form,
    h3,
    option,
    p,
    select,
    textarea,
    textInput,
)
from htealeaf.endpoints import action
from htealeaf.errors import Lost
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.committer import SENT
from htealeaf.state.upkeep import Upkeep
from htealeaf.testing import PageFailure
from tests.calling import Shop
from tests.http import Browser
from tests.laws.simulated import End, Worker


class Category(enum.Enum):
    FOOD = "food"
    FUN = "fun"


@dataclass
class Line:
    price: Decimal
    count: int = 1


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with shop.registry:
        yield shop


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_form_fills_the_parameters_by_name(shop: Shop, scripts: bool) -> None:
    """Each is what its annotation says; the session is the visitor's."""

    @shop.app.action
    def add(
        session: Session,
        amount: Decimal,
        day: date,
        category: Category,
        note: str | None,
        tags: list[str],
        urgent: bool,
        lines: list[Line],
    ) -> None:
        shop.called.append((amount, day, category, note, tags, urgent, lines))
        session["seen"] = True
        shop.store.increment("n")

    page = shop.open(
        form(onsubmit=add)(
            textInput(name="amount", value="12.50"),
            textInput(name="day", value="2026-11-27"),
            select(name="category")(option("food"), option("fun")),
            textInput(name="note"),
            textInput(name="tags", value="a"),
            textInput(name="tags", value="b"),
            checkbox(name="urgent", checked=True),
            textInput(name="lines[4][price]", value="2"),
            textInput(name="lines[1][price]", value="1.5"),
            textInput(name="lines[1][count]", value="3"),
            button("Add"),
        ),
        scripts=scripts,
    )

    page.submit("form[action]")

    lines = [Line(Decimal("1.5"), 3), Line(Decimal("2"))]
    assert shop.called == [
        (Decimal("12.50"), date(2026, 11, 27), Category.FOOD, None, ["a", "b"], True, lines)
    ]
    assert page.text("#n") == "1"


def test_constants_are_the_author_s(shop: Shop, scripts: bool) -> None:
    """They come under the offer, as the type of the parameter; a field of that name is not."""

    @shop.app.action
    def remove(id: int, day: date, name: str) -> None:
        shop.called.append((id, day, name))

    page = shop.open(
        form(
            textInput(name="id", value="9"),
            textInput(name="name", value="ann"),
            button("x", onclick=remove(id=3, day=date(2026, 1, 2))),
        ),
        scripts=scripts,
    )

    page.click("button", text="x")

    assert shop.called == [(3, date(2026, 1, 2), "ann")]


def test_a_constant_may_be_a_slot(shop: Shop, scripts: bool) -> None:
    @shop.app.action
    def rename(id: int, to: str) -> None:
        shop.called.append((id, to))

    page = shop.open(
        form(
            textInput(name="name", value="7"),
            button("x", onclick=rename(id=value_of("name"), to=value_of("name"))),
        ),
        scripts=scripts,
    )

    page.click("button", text="x")

    assert shop.called == [(7, "7")]


def test_the_button_that_was_pressed_is_sent(shop: Shop, scripts: bool) -> None:
    @shop.app.action
    def save(then: str) -> None:
        shop.called.append(then)

    page = shop.open(
        form(onsubmit=save)(
            button("Close", name="then", value="close"), button("Next", name="then", value="next")
        ),
        scripts=scripts,
    )

    page.click("button", text="Next")

    assert shop.called == ["next"]


def test_what_is_refused_is_told_by_field(shop: Shop) -> None:
    """All at once, without what was sent; nothing runs, nothing is written."""

    @shop.app.action
    def add(amount: Decimal, lines: list[Line], name: str = "x") -> None:
        shop.store.increment("n")

    page = shop.open(
        form(onsubmit=add)(
            textInput(name="amount", value="secret"),
            textInput(name="lines[3][price]", value="1"),
            textInput(name="lines[3][count]", value="secret"),
        )
    )

    page.submit("form[action]")

    assert page.requests[-1].status == 422
    assert [*page.errors] == ["amount", "lines[3][count]"]
    assert "secret" not in page.requests[-1].text
    assert shop.n == 0


def test_a_refused_form_comes_back_as_it_was_sent(shop: Shop) -> None:
    """Where scripts are off: the page, with values and messages; no password, and nothing done."""

    @shop.app.action
    def add(amount: Decimal, note: str, secret: str, category: Category, urgent: bool) -> None:
        shop.called.append(amount)
        raise Invalid("Not today.", note="Shorter, please")

    page = shop.open(
        form(onsubmit=add)(
            textInput(name="amount"),
            textarea(name="note")("before"),
            textInput(name="secret", type="password"),
            select(name="category")(option("food"), option("fun")),
            checkbox(name="urgent"),
            button("Add"),
        ),
        scripts=False,
    )
    page.fill("[name=amount]", 'a "b" <c>')
    page.fill("[name=note]", "<i>\nmine")
    page.fill("[name=secret]", "pass")
    page.select("[name=category]", "fun")
    page.check("[name=urgent]")

    page.submit("form[action]")

    assert page.status == 422
    control = page.soup.select_one("[name=amount]")
    assert control["value"] == 'a "b" <c>'
    assert control["aria-invalid"] == "true"
    assert page.text(f"#{control['aria-describedby']}") == "Please write a number."
    assert page.soup.select_one("[name=note]").get_text().strip() == "<i>\nmine"
    assert "value" not in page.soup.select_one("[name=secret]").attrs
    assert [tag.get_text() for tag in page.soup.select("option[selected]")] == ["fun"]
    assert page.soup.select_one("[name=urgent]").has_attr("checked")
    page.fill("[name=amount]", "7")
    page.submit("form[action]")
    assert shop.called == [7]
    assert page.text("form [role=alert]") == "Not today."
    note = page.soup.select_one("[name=note]")
    assert page.text(f"#{note['aria-describedby']}") == "Shorter, please"


def test_the_function_refuses_and_nothing_is_written(shop: Shop) -> None:
    @shop.app.action
    def add(amount: int) -> None:
        shop.store.increment("n")
        raise Invalid("Not today.", amount=f"{amount} is too much")

    page = shop.open(form(onsubmit=add)(textInput(name="amount", value="5")))

    page.submit("form[action]")

    assert page.errors == {"": "Not today.", "amount": "5 is too much"}
    assert shop.n == 0
    page.fill("[name=amount]", "6")
    page.submit("form[action]")
    assert page.errors["amount"] == "6 is too much"


def test_checks_are_asked_first(shop: Shop) -> None:
    @shop.app.action
    def add(amount: int, limit: int = 3) -> None:
        shop.called.append(amount)

    @add.check
    def small(amount: int, limit: int) -> None:
        if amount > limit:
            raise Invalid(amount="Too much")

    page = shop.open(form(onsubmit=add)(textInput(name="amount", value="5")))

    page.submit("form[action]")
    assert page.errors == {"amount": "Too much"}
    page.fill("[name=amount]", "2")
    page.submit("form[action]")

    assert page.errors == {}
    assert shop.called == [2]


def test_an_error_writes_nothing(shop: Shop) -> None:
    @shop.app.action
    def fail() -> None:
        shop.store.increment("n")
        raise RuntimeError("broken")

    page = shop.open(button("x", onclick=fail))

    with pytest.raises(PageFailure, match="broken"):
        page.click("button", text="x")
    assert shop.n == 0


@pytest.mark.parametrize("own_form", [True, False], ids=["a form", "a button in none"])
def test_a_plain_form_that_is_sent_twice_counts_once(
    shop: Shop, own_form: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It brings no id of its own: a double click sends the very same while the first runs."""
    begun, waits, go_on = threading.Event(), threading.Event(), threading.Event()
    first_try = action._first_try

    def waiting(*given: Any) -> Any:
        waits.set()
        return first_try(*given)

    monkeypatch.setattr(action, "_first_try", waiting)

    @shop.app.action
    def add(by: int) -> Any:
        shop.called.append(by)
        begun.set()
        go_on.wait()
        shop.store.increment("n", by)
        return redirect("/other")

    shown = form(onsubmit=add)(textInput(name="by", value="3"), button("Add"))
    page = shop.open(shown if own_form else button("Add", onclick=add(by=3)), scripts=False)
    element = page.soup.select_one("form[action]" if own_form else "button[formaction]")
    assert element is not None
    url = str(element["action" if own_form else "formaction"])
    fields = page.soup.select("form[action] input" if own_form else "#ht input[name]")
    body = urlencode([(str(one["name"]), str(one.get("value", ""))) for one in fields])
    answers: list[Any] = []

    def press() -> None:
        kind = "application/x-www-form-urlencoded"
        answers.append(page.client.send("POST", url, data=body, content_type=kind))

    presses = [threading.Thread(target=press) for _ in range(2)]
    presses[0].start()
    begun.wait()
    presses[1].start()
    waits.wait()
    go_on.set()
    for one in presses:
        one.join()

    assert [(one.status_code, one.location) for one in answers] == [(303, "/other")] * 2
    assert (shop.called, shop.n) == ([3], 3)
    if not own_form:
        press()  # of the page that was left
        assert shop.n == 3
    page.visit("/")  # who comes back means it
    page.click("button", text="Add")
    assert shop.n == 6


def test_a_click_that_comes_twice_counts_once(shop: Shop) -> None:
    """The second is answered as the first: the page, a refusal, another page."""

    @shop.app.action
    def add() -> None:
        shop.store.increment("n")

    @shop.app.action
    def go() -> Any:
        shop.store.increment("n")
        return redirect("/other")

    @shop.app.action
    def refuse() -> None:
        shop.called.append(1)
        raise Invalid("No.")

    page = shop.open(*[button(f.name, onclick=f) for f in (add, go, refuse)])

    for name in ("add", "refuse", "go"):
        request = page.action("button", text=name)
        lost = page.send(request, apply=False)
        again = page.send(request)
        assert again.status == lost.status
        assert ("visit" in again.text) == ("visit" in lost.text) == (name == "go")
        assert ("No." in again.text) == ("No." in lost.text) == (name == "refuse")

    assert shop.n == 2
    assert shop.called == [1]
    assert page.url == "/other"


def test_a_second_try_waits_for_the_first(shop: Shop) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @shop.app.action
    def slow() -> Any:
        shop.called.append(1)
        begun.set()
        assert go_on.wait(20)
        shop.store.increment("n")
        return redirect("/other")

    page = shop.open(button("x", onclick=slow))
    request = page.action("button", text="x")
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(page.send(request, apply=False)))
        for _ in range(2)
    ]

    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(20)

    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].text == answers[1].text
    assert shop.called == [1]
    assert shop.n == 1


@pytest.mark.parametrize("retry", [True, False])
def test_a_try_whose_process_is_gone_is_not_waited_for(
    shop: Shop, retry: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: File
) -> None:
    """Its claim is good for a minute. What touches stores only runs again, anything else never."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = tmp_path / f"htealeaf-{os.getuid()}" / ("0" * 24)
    gone.parent.mkdir(0o700)
    gone.touch()  # and nobody has locked it
    monkeypatch.setattr(action, "name", lambda: gone.name)

    @shop.app.action(within=60, retry=retry)
    def mail() -> None:
        shop.called.append(1)
        shop.store.increment("n")
        if len(shop.called) == 1:
            raise _Killed

    page = shop.open(button("x", onclick=mail))
    request = page.action("button", text="x")
    with pytest.raises(_Killed):
        page.send(request, apply=False)

    page.send(request)

    if retry:
        assert (shop.called, shop.n, page.error) == ([1, 1], 1, None)
        page.send(request)
        assert (shop.called, shop.n) == ([1, 1], 1)
    else:
        assert (shop.called, shop.n) == ([1], 0)
        assert page.error == Lost.public
        assert page.requests[-1].status == 409


def test_a_try_that_was_lost_is_told(shop: Shop) -> None:
    """Nobody knows what it did: nothing runs, and the page is shown as it is."""

    @shop.app.action(within=0.01)
    def mail() -> None:
        shop.called.append(1)
        ids.append(claimed())
        raise _Killed

    ids: list[str] = []

    def claimed() -> str:
        [id] = shop.registry.journal.journal._once  # type: ignore[attr-defined]
        return str(id)

    page = shop.open(button("x", onclick=mail))
    request = page.action("button", text="x")
    with pytest.raises(_Killed):
        page.send(request, apply=False)
    shop.store.increment("n")

    page.send(request)

    assert page.error == "This may have happened already. Please look before you try again."
    assert page.requests[-1].status == 409
    assert page.text("#n") == "1"
    assert shop.called == [1]


class _Killed(BaseException):
    """Ends the thread as a process ends: nobody is told."""


def test_what_it_read_has_changed(shop: Shop) -> None:
    """It is a conflict, in words; its writes are none, and the page shows what is true."""

    @shop.app.action
    def double() -> None:
        seen = shop.store.read("n")
        shop.called.append(seen)
        other(lambda: shop.store.increment("n", 10))
        shop.store.replace("n", seen * 2)

    page = shop.open(button("x", onclick=double))

    page.click("button", text="x")

    assert page.error == Conflict.public
    assert page.requests[-1].status == 409
    assert page.text("#n") == "10"
    assert shop.called == [0]


def test_a_function_of_stores_runs_again(shop: Shop) -> None:
    @shop.app.action(retry=True)
    def double() -> None:
        seen = shop.store.read("n")
        shop.called.append(seen)
        if len(shop.called) < 4:
            other(lambda: shop.store.increment("n"))
        shop.store.replace("n", seen * 2)

    page = shop.open(button("x", onclick=double))

    page.click("button", text="x")

    assert shop.called == [0, 1, 2, 3]
    assert page.text("#n") == "6"


def test_it_runs_again_three_times_at_most(shop: Shop) -> None:
    @shop.app.action(retry=True)
    def double() -> None:
        seen = shop.store.read("n")
        shop.called.append(seen)
        other(lambda: shop.store.increment("n"))
        shop.store.replace("n", seen * 2)

    page = shop.open(button("x", onclick=double))

    page.click("button", text="x")

    assert page.error == Conflict.public
    assert len(shop.called) == 4


def other(work: Any) -> None:
    """Do *work* in another thread, as another visitor would."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(20)


def test_it_signs_in(shop: Shop, scripts: bool) -> None:
    """Under another key, as the page is another's then."""

    @shop.app.action
    def sign_in(session: Session, name: str) -> Any:
        session.sign_in(name)
        return redirect("/me")

    @shop.app.route("/me")
    def me(session: Session) -> Element:
        return p(session.user, id="me")

    page = shop.open(form(onsubmit=sign_in)(textInput(name="name", value="ann")), scripts=scripts)

    page.submit("form[action]")

    assert page.text("#me") == "ann"
    assert any("Set-Cookie" in one.headers for one in page.requests[1:])


def test_a_rule_is_asked_when_it_is_shown_and_when_it_is_called(shop: Shop) -> None:
    @shop.app.action(allow=lambda session, id: session.get("may") == id)
    def remove(id: int) -> None:
        shop.called.append(id)

    @shop.app.action
    def become(session: Session, id: int) -> None:
        session["may"] = id

    page = shop.open(button("one", onclick=remove(id=1)), button("is", onclick=become(id=1)))
    assert "disabled" in page.soup.select_one("button:-soup-contains(one)").attrs
    page.click("button", text="is")
    page.reload()
    request = page.action("button", text="one")
    page.send(request)
    with page.client.session() as session:
        session["may"] = 2

    answer = page.send(request.with_headers(HT_Id="another"))

    assert answer.status == 403
    assert shop.called == [1]


def test_only_what_was_offered_is_called(shop: Shop) -> None:
    @shop.app.action
    def remove(id: int) -> None:
        shop.called.append(id)

    page = shop.open(button("x", onclick=remove(id=1)))
    request = page.action("button", text="x")

    other_id = request.with_offer(request.offer.replace("%22id%22:1", "%22id%22:2"))
    answer = page.send(other_id)

    assert answer.status == 403
    assert shop.called == []
    assert page.send(request.with_values("1")).status == 400


def test_a_page_s_own_state_is_written(shop: Shop, scripts: bool) -> None:
    with shop.registry:
        opened = PageStore({"open": False}, name="opened")

    @shop.app.action
    def turn() -> None:
        opened.toggle("open")

    page = shop.open(p(opened.react("open"), id="open"), button("x", onclick=turn), scripts=scripts)

    page.click("button", text="x")

    assert page.text("#open") == "true"


def test_nobody_signed_in_is_told(shop: Shop) -> None:
    @shop.app.action
    def secret() -> None:
        raise NotAuthenticated("sign in")

    page = shop.open(button("x", onclick=secret))

    page.click("button", text="x")

    assert page.requests[-1].status == 401


# -- in Python -----------------------------------------------------------------------------


# -- what is said at decoration ------------------------------------------------------------


def test_what_no_form_can_send_is_provided(shop: Shop, scripts: bool) -> None:
    class Database: ...

    database = Database()

    def save(db: Database, name: str) -> None:
        shop.called.append((db, name))

    save.__annotations__["db"] = Database
    made = shop.app.action(save)
    shop.app.provide(_named("db", lambda: database))
    page = shop.open(form(onsubmit=made)(textInput(name="name", value="a")), scripts=scripts)

    page.submit("form[action]")

    assert shop.called == [(database, "a")]


def _named(name: str, function: Any) -> Any:
    function.__name__ = name
    return function


def test_the_id_of_another_browser_is_another_one(shop: Shop) -> None:
    @shop.app.action
    def add() -> None:
        shop.store.increment("n")

    pages = [shop.open(button("x", onclick=add)) for _ in range(2)]

    for page in pages:
        page.send(page.action("button", text="x").with_headers(HT_Id="same"))

    assert shop.n == 2


# -- a journal that is lost on the way --------------------------------------------------------


def lost(end: End, times: int) -> None:
    """Let the next appends be lost, as while a server is not there."""

    def happens() -> None:
        end.fate = "lost on the way"
        if times > 1:
            lost(end, times - 1)

    end.meanwhile = happens


@pytest.mark.parametrize("retry", [True, False])
def test_what_was_lost_before_it_was_stored_is_no_outcome(
    retry: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may run again does, with the same id; of the other one nobody knows what it has done."""
    monkeypatch.setattr(Upkeep, "tick", lambda self: None)
    end, ran = End(MemoryJournal()), []
    with Registry(Worker(end)):
        shared = Store({"n": 0}, name="shared")
        app = WSGI(secret="a secret for tests only")
        SuperStore(app)

    @app.action(retry=retry, within=0.05)
    def count() -> None:
        ran.append(1)
        shared.increment("n")
        if len(ran) == 1:
            lost(end, SENT)  # the commit, and as often as it is sent again

    app.route("/")(lambda: div(button("+", id="plus", onclick=count), h3(shared.react("n"))))
    browser = Browser(app)
    page = browser.open("/")

    first = browser.send(page, page.offer("#plus"), HT_Id="press")
    again = browser.send(page, page.offer("#plus"), HT_Id="press")

    assert first.status == 503
    if retry:
        assert (again.status, shared["n"], len(ran)) == (200, 1, 2)
    else:
        assert (again.status, shared["n"], len(ran)) == (Lost.status_hint, 0, 1)
        assert again.sentence == Lost.public
