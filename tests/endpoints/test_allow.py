"""`allow=`: the author's rule is asked when a control is rendered, and for what is meant then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bs4 import Tag

from htealeaf import WSGI, AuthStore, Registry, SessionStore, Store, SuperStore, browser, value_of
from htealeaf.components import button, div, form, input_, li, textInput, ul
from htealeaf.testing import Client, Page
from tests.http import Browser

Rule = Callable[..., bool]


class Ruled:
    """An app whose page has a store with a rule, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.app = WSGI(secret="a secret of these tests")
        SuperStore(self.app)

    def show(self, content: Any) -> Page:
        self.app.route("/")(lambda: div(content() if callable(content) else content))
        return Client(self.app).open("/")

    def rule(self, **asked: Any) -> bool:
        self.asked.append(asked)
        return True


def tag(page: Page, selector: str) -> Tag:
    found = page.soup.select_one(selector)
    assert found is not None, page.html
    return found


@pytest.fixture
def ruled() -> Iterator[Ruled]:
    with Registry():
        yield Ruled()


def test_a_rule_gets_the_value_and_the_owner(ruled: Ruled) -> None:
    """Rendered with what the author says; called with what the slot was filled with."""
    rooms = Store({"n": 0}, name="rooms", keyed=True, allow=ruled.rule)
    page = ruled.show(
        lambda: form(onsubmit=rooms.of("lobby").do.set("n", value_of("n")))(
            textInput(name="n", value="7"), button("Set")
        )
    )
    ruled.asked.clear()

    page.submit("form[action]")

    told = ruled.asked[0]
    assert told.pop("session") is not None
    assert told == {"verb": "set", "path": "n", "value": 7, "owner": "lobby"}
    assert rooms.of("lobby").read("n") == 7


@pytest.mark.parametrize("amount", [10, 11])
def test_a_rule_about_the_value_is_asked_when_it_is_known(ruled: Ruled, amount: int) -> None:
    store = Store({"n": 0}, name="s", allow=lambda value: value <= 10)
    page = ruled.show(
        lambda: [
            form(onsubmit=store.do.set("n", value_of("n")))(textInput(name="n"), button("Set")),
            button("much", onclick=store.do.set("n", 99)),
        ]
    )
    assert "inert" not in tag(page, "form[action]").attrs
    assert "disabled" in tag(page, "button:-soup-contains(much)").attrs

    page.fill("[name=n]", str(amount))
    answer = page.send(page.action("form[action]"))

    assert (answer.status < 300) is (amount == 10)
    assert store.read("n") == (10 if amount == 10 else 0)


def test_a_rule_is_asked_for_the_item_that_is_meant_not_for_its_old_index(ruled: Ruled) -> None:
    """Somebody puts another row before it; the offer is carried to where the item is now."""
    store = Store(
        {"rows": [{"by": "eve"}, {"by": "ann"}]},
        name="s",
        allow=lambda verb, path: verb != "delete" or store.read(path)["by"] == "ann",
    )
    page = ruled.show(
        lambda: ul(li(button(row["by"], onclick=row.do.delete())) for row in store.at("rows"))
    )
    assert "disabled" in tag(page, "button:-soup-contains(eve)").attrs
    request = page.action("button:-soup-contains(ann)")
    store.insert("rows/0", {"by": "bob"})

    assert page.send(request).status < 300
    assert [row["by"] for row in store.read("rows")] == ["bob", "eve"]

    page.reload()
    store.append("rows", {"by": "ann"})
    page.reload()
    request = page.action("button:-soup-contains(ann)")
    store.set("rows/2/by", "eve")  # it is somebody else's by now
    store.insert("rows/2", {"by": "ann"})  # and the index is not

    assert page.send(request).status == 403
    assert len(store.read("rows")) == 4


def test_a_rule_is_asked_for_each_step_behind_those_before_it(ruled: Ruled) -> None:
    store = Store({"rows": ["a", "b"], "n": 0}, name="s", allow=ruled.rule)
    page = ruled.show(
        lambda: button("x", onclick=[store.do.delete("rows/0"), store.do.set("rows/1", "c")])
    )
    ruled.asked.clear()

    page.click("button", text="x")

    assert [(one["verb"], one["path"], one["value"]) for one in ruled.asked[:2]] == [
        ("delete", "rows/0", None), ("set", "rows/0", "c"),
    ]  # fmt: skip
    assert store.read("rows") == ["c"]


def test_a_control_appears_when_the_rule_changes(ruled: Ruled) -> None:
    """What a rule reads is read by the page: in a patch the button is there, with its offer."""
    lock = Store({"open": False}, name="lock")
    store = Store({"n": 0}, name="s", allow=lambda: lock.read("open"))
    page = ruled.show(
        lambda: [
            button("+", id="plus", onclick=store.do.increment("n")),
            button("unlock", onclick=lock.do.toggle("open")),
        ]
    )
    assert "disabled" in tag(page, "#plus").attrs

    page.click("button", text="unlock")
    assert "disabled" not in tag(page, "#plus").attrs
    page.click("#plus")
    assert store.read("n") == 1

    page.click("button", text="unlock")
    assert "disabled" in tag(page, "#plus").attrs
    page.assert_consistent()


def test_what_is_forbidden_is_disabled_or_hidden_as_the_author_says(ruled: Ruled) -> None:
    shown = Store({"n": 0}, name="shown", allow=lambda: False)
    hidden = Store({"n": 0}, name="hidden", allow=lambda: False, hide=True)

    @ruled.app.action(allow=lambda: False, hide=True)
    def secret(text: str) -> None:
        raise AssertionError

    @ruled.app.action(allow=lambda: False)
    def closed(text: str) -> None:
        raise AssertionError

    def controls(store: Store) -> Any:
        n = store.do.increment("n")
        return [
            button(id=f"{store.name}-button", onclick=n),
            input_(id=f"{store.name}-input", onchange=n, onkeydown=n.key("Enter")),
            form(id=f"{store.name}-form", onsubmit=n)(textInput(name="a")),
            div(id=f"{store.name}-div", onclick=n),
            button(id=f"{store.name}-own", onclick=n, disabled=True, hidden=True),
            button(id=f"{store.name}-bound", onclick=n, disabled=store.react("n", bool)),
        ]

    page = ruled.show(
        lambda: [
            controls(shown),
            controls(hidden),
            form(id="secret", onsubmit=secret),
            form(id="closed", onsubmit=closed),
        ]
    )

    def said(id: str) -> set[str]:
        found = page.soup.select_one(f"#{id}")
        assert found is not None
        assert not any("api" in str(value) for value in found.attrs.values())
        return {"disabled", "hidden", "inert"} & {*found.attrs}

    assert said("shown-button") == said("shown-input") == {"disabled"}
    assert said("shown-form") == said("closed") == {"inert"}
    assert said("shown-div") == set()
    assert said("hidden-button") == said("hidden-input") == said("hidden-form") == {"hidden"}
    assert said("hidden-div") == said("secret") == {"hidden"}
    assert said("shown-own") == said("hidden-own") == {"disabled", "hidden"}
    assert said("shown-bound") == {"inert"}  # its own `disabled` may say otherwise
    assert said("hidden-bound") == {"hidden"}


def test_what_is_forbidden_among_steps_is_said_once(ruled: Ruled) -> None:
    closed = Store({"n": 0}, name="closed", allow=lambda: False)
    do = closed.do.increment("n")
    page = ruled.show(
        [
            button(id="several", onclick=[browser.hide("a"), do]),
            button(id="twice", onclick=[do], ondblclick=do),
            button(id="other", onclick=[], ondblclick=do),
        ]
    )

    for id in ("several", "twice", "other"):
        assert tag(page, f"#{id}").attrs.keys() == {"id", "disabled"}


def test_a_row_has_the_controls_that_its_own_rule_gives(ruled: Ruled) -> None:
    store = Store(
        {"rows": [{"id": 1, "by": "ann"}, {"id": 2, "by": "eve"}]},
        name="s",
        allow=lambda path: store.read(path)["by"] == "ann",
    )
    page = ruled.show(
        lambda: ul(
            store.each("rows", lambda row: li(button(row["id"], onclick=row.do.delete())), key="id")
        )
    )
    found = [("disabled" in one.attrs) for one in page.soup.select("li button")]
    assert found == [False, True]


def test_an_action_s_rule_gets_what_the_form_sends(ruled: Ruled) -> None:
    """While it is rendered nobody knows that; so it is shown, and asked when it has come."""
    done: list[int] = []

    @ruled.app.action(allow=lambda amount, session: amount <= 10)
    def pay(amount: int) -> None:
        done.append(amount)

    page = ruled.show(form(onsubmit=pay)(textInput(name="amount"), button("Pay")))
    for amount, status in ((11, 403), (10, 204)):
        page.fill("[name=amount]", str(amount))
        assert page.send(page.action("form[action]")).status == status
    assert done == [10]


def test_a_refusal_names_the_argument_that_would_permit_it(
    ruled: Ruled, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log; a browser is told a sentence."""
    store = Store({"n": 0}, name="s", writable=["n"], allow=lambda: False)
    Store({"n": 0}, name="other")
    browser = Browser(ruled.app)
    ruled.show(lambda: div(store.react("n")))

    with caplog.at_level("INFO", "htealeaf"):
        assert browser.post("/api/_store/s/n", 1).status == 403
        assert browser.post("/api/_store/other/n", 1).status == 403
        assert browser.get("/api/_store/other/n").status == 403

    assert "allow= of store 's' does not permit update at 'n'" in caplog.messages[0]
    assert "writable=" in caplog.messages[1]
    assert "readable=" in caplog.messages[2]


def test_the_owner_of_personal_documents_is_who_it_is(ruled: Ruled) -> None:
    mine = AuthStore(lambda session: "ann", {"n": 0}, name="mine", allow=ruled.rule)
    own = SessionStore({"n": 0}, name="own", allow=ruled.rule)
    ruled.show(
        lambda: [button(onclick=mine.do.increment("n")), button(onclick=own.do.increment("n"))]
    )
    owners = [one["owner"] for one in ruled.asked]
    assert owners[0] == "ann"
    assert owners[1] == ruled.asked[1]["session"].id
