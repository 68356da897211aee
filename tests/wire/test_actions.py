"""Actions are inert data; slots are filled by the browser and fitted by the server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from htealeaf import (
    WSGI,
    JSCode,
    Registry,
    Store,
    SuperStore,
    browser,
    event,
    new_id,
    now,
    this,
    value_of,
)
from htealeaf.components import (
    button,
    checkbox,
    div,
    form,
    input_,
    option,
    select,
    span,
    textarea,
    textInput,
)
from htealeaf.errors import HtealeafError
from tests.http import Answer, Browser, Shown

SECRET = "a secret for tests only"
DEFAULT = {
    "counter": 1,
    "half": 0.5,
    "text": "a",
    "flag": False,
    "items": [1],
    "words": ["x"],
    "todo": [{"id": "a", "done": False, "value": "Milk"}],
    "settings": {"theme": "dark", "size": 3},
    "nothing": None,
    "log": [],
}


class Bench:
    """An app with one page, whose content each test gives."""

    def __init__(self) -> None:
        with Registry():
            self.store = Store(DEFAULT, name="shared")
            self.other = Store({"n": 0}, name="other")
            self.app = WSGI(secret=SECRET)
            SuperStore(self.app)
        self.content: Callable[[], Any] = div
        self.app.route("/")(lambda: self.content())
        self.browser = Browser(self.app)

    @property
    def do(self) -> Any:
        return self.store.do

    def show(self, *content: Any) -> Shown:
        self.content = lambda: div(*content)
        return self.browser.open("/")

    def fails(self, *content: Any) -> str:
        """Return what the developer reads when the page can't be rendered."""
        self.content = lambda: div(*content)
        self.app.debug = True
        answer = self.browser.get("/")
        assert answer.status == 500
        return str(answer.soup.pre)

    def act(self, action: Any, value: Any, *more: Any) -> Answer:
        """Attach *action* to a field and let it happen with *value* filled in."""
        controls = [input_(name=name) for name in ("a", "b", "task", "n")]
        page = self.show(form(*controls, span(id="it", onclick=action)), *more)
        return self.browser.send(page, str(page.tag("#it")["ht-click"]), value)


@pytest.fixture
def bench() -> Bench:
    return Bench()


# -- slots ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "sent", "stored"),
    [
        ("text", "hello", "hello"),
        ("text", "", ""),
        ("text", None, ""),
        ("text", 5, "5"),
        ("counter", "7", 7),
        ("counter", " 7 ", 7),
        ("counter", "2.5", 2.5),
        ("counter", 9, 9),
        ("half", "-1e3", -1000.0),
        ("flag", "on", True),
        ("flag", True, True),
        ("flag", "false", False),
        ("flag", None, False),
        ("nothing", "x", "x"),
        ("new", "x", "x"),
        ("new", True, True),
    ],
)
def test_a_slot_gets_the_type_of_its_place(bench: Bench, path: str, sent: Any, stored: Any) -> None:
    answer = bench.act(bench.do.replace(path, value_of("a")), sent)

    assert answer.status in (200, 204), answer.text
    found = bench.store.read(path)
    assert (found, type(found)) == (stored, type(stored))


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("counter", "seven"),
        ("counter", ""),
        ("counter", None),
        ("counter", "NaN"),
        ("counter", "inf"),
        ("counter", "1_000"),
        ("counter", "9" * 50),
        ("counter", True),
        ("counter", [1]),
        ("counter", {"a": 1}),
        ("flag", "perhaps"),
        ("flag", 3),
        ("text", {"a": 1}),
        ("text", ["a"]),
        ("nothing", {"a": 1}),
        ("new", {"a": 1}),
        ("new", [1]),
        ("settings", "x"),
    ],
)
def test_what_can_not_be_that_type_is_422(bench: Bench, path: str, sent: Any) -> None:
    before = bench.store.read()

    answer = bench.act(bench.do.replace(path, value_of("a")), sent)

    assert answer.status == 422
    assert answer.sentence
    assert not sent or str(sent) not in answer.sentence
    assert bench.store.read() == before


def test_a_place_that_is_null_has_the_type_of_the_default(bench: Bench) -> None:
    bench.store.replace("counter", None)

    assert bench.act(bench.do.replace("counter", value_of("a")), "x").status == 422
    assert bench.act(bench.do.replace("counter", value_of("a")), "4").status == 204
    assert bench.store.read("counter") == 4


@pytest.mark.parametrize(
    ("kind", "sent", "stored"),
    [
        (int, "3", 3),
        (int, "3.0", 3),
        (int, "3.5", None),
        (float, "3", 3.0),
        (bool, "on", True),
        (str, 5, "5"),
        (int, "x", None),
    ],
)
def test_an_author_may_name_the_type(bench: Bench, kind: Any, sent: Any, stored: Any) -> None:
    answer = bench.act(bench.do.replace("new", value_of("a", kind)), sent)

    assert answer.status == (422 if stored is None else 204)
    if stored is not None:
        found = bench.store.read("new")
        assert (found, type(found)) == (stored, kind)


def test_a_new_item_is_typed_like_its_neighbours(bench: Bench) -> None:
    assert bench.act(bench.do.append("items", value_of("n")), "2").status == 204
    assert bench.store.read("items") == [1, 2]
    assert bench.act(bench.do.append("items", value_of("n")), "two").status == 422
    task = {"id": new_id, "done": value_of("a"), "value": value_of("task")}
    sent = {"id": {"$": ["id"]}, "done": "on", "value": 7}
    assert bench.act(bench.do.append("todo", task), sent).status == 204
    added = bench.store.read("todo")[-1]
    assert (added["done"], added["value"]) == (True, "7")


def test_many_new_items_are_typed_like_their_neighbours(bench: Bench) -> None:
    slots = [value_of("a"), value_of("b"), value_of("n")]
    item = {"id": value_of("a"), "done": value_of("b"), "value": "x"}

    sent = [{"id": "d", "done": "on", "value": 0}, {"id": "e", "done": "off", "value": 0}]
    bench.act(bench.do.extend("todo", [item, item]), sent)
    assert [one["done"] for one in bench.store.read("todo")] == [False, True, False]
    bench.store.set("items", [7])
    assert bench.act(bench.do.extend("items", slots), ["1", "2", "x"]).status == 422
    bench.act(bench.do.extend("items", slots), ["1", "2", "3"])
    assert bench.store.read("items") == [7, 1, 2, 3]
    bench.act(bench.do.replace("items", slots[:2]), ["4", "5"])
    assert bench.store.read("items") == [4, 5]


def test_the_server_fills_its_own_slots(bench: Bench) -> None:
    entry = {"at": now, "id": new_id}
    sent = {"at": {"$": ["now"]}, "id": {"$": ["id"]}}

    for _ in range(2):
        assert bench.act(bench.do.append("log", entry), sent).status == 204

    one, two = bench.store.read("log")
    assert abs(one["at"] - time.time()) < 60
    assert one["id"] != two["id"]
    assert len(one["id"]) == 22


def test_a_browser_can_not_fill_the_server_s_slots(bench: Bench) -> None:
    """Whatever it sends there is not looked at."""
    bench.act(bench.do.append("log", {"at": now, "id": new_id}), {"at": 1, "id": "mine"})

    found = bench.store.read("log")[0]
    assert found["at"] != 1
    assert found["id"] != "mine"


_VALUES = [[], ["x", "y"], [True, "x"], [{"done": False, "value": "x"}, None], {"value": "x"}]


@pytest.mark.parametrize("sent", _VALUES, ids=str)
def test_a_value_comes_for_each_slot_and_no_more(bench: Bench, sent: Any) -> None:
    """Constants are read from the offer, so there is nothing else to send."""
    task = {"done": False, "value": value_of("task")}
    page = bench.show(
        form(input_(name="task"), span(id="it", onclick=bench.do.append("todo", task)))
    )
    offer = str(page.tag("#it")["ht-click"])
    query = offer.partition("?")[2]
    body = json.dumps([query, *sent] if isinstance(sent, list) else {"offer": query, **sent})

    assert bench.browser.send(page, offer, body.encode()).status == 400
    assert len(bench.store.read("todo")) == 1


def test_data_that_looks_like_a_slot_is_data(bench: Bench) -> None:
    looks = {"$": ["now"]}

    answer = bench.act(bench.do.replace("new", looks), None)

    assert answer.status == 204
    assert bench.store.read("new") == looks


def test_data_with_that_key_travels_under_another_one(bench: Bench) -> None:
    """Whatever stands beside the key: the shim would take it for a slot."""
    for looks in ({"$": ["value", "name"], "more": 1}, {"$": ["cookie"]}, {"$": {"$": ["now"]}}):
        page = bench.show(div(id="it", onclick=bench.do.replace("new", looks)))
        query = str(page.tag("#it")["ht-click"]).partition("?")[2].partition("&")[0]
        sent = json.loads(unquote(query.partition("=")[2]))

        assert "$" not in sent
        assert "$$" in sent
        assert bench.act(bench.do.replace("new", looks), sent).status == 204
        assert bench.store.read("new") == looks


def test_slots_of_the_browser(bench: Bench) -> None:
    page = bench.show(
        input_(id="x", onchange=bench.do.set("text", this.value)),
        checkbox(id="y", onchange=bench.do.set("flag", this.checked)),
        div(id="z", onclick=bench.do.set("counter", event.offsetX)),
    )

    def template(selector: str, name: str) -> Any:
        query = str(page.tag(selector)[name]).partition("?")[2]
        return json.loads(unquote(query.partition("&")[0].partition("=")[2]))

    assert template("#x", "ht-change") == {"$": ["this", "value"]}
    assert template("#y", "ht-change") == {"$": ["this", "checked"]}
    assert template("#z", "ht-click") == {"$": ["event", "offsetX"]}
    with pytest.raises(AttributeError, match="offsetX"):
        event.nothing  # noqa: B018


def test_update_of_a_number_with_a_slot_is_refused(bench: Bench) -> None:
    text = bench.fails(
        form(input_(name="a"), button(onclick=bench.do.update("counter", value_of("a"))))
    )

    assert "update adds to a number" in text
    assert "increment" in text


@pytest.mark.parametrize("path", ["text", "flag", "new", "nothing"])
def test_update_of_something_else_with_a_slot_is_fine(bench: Bench, path: str) -> None:
    assert bench.act(bench.do.update(path, value_of("a")), "true").status == 204


def test_an_unknown_control_names_those_that_are_there(bench: Bench) -> None:
    text = bench.fails(
        input_(name="task"),
        textarea(id="note"),
        button(onclick=bench.do.set("text", value_of("taks"))),
    )

    assert "value_of('taks')" in text.replace("&#39;", "'")
    assert "note, task" in text


def test_a_control_is_found_by_id_or_name(bench: Bench) -> None:
    action = bench.do.set("text", value_of("a"))

    for control in (input_(id="a"), select(option("x"), name="a"), textarea(name="a")):
        assert bench.show(form(control, button(onclick=action)))


# -- several steps ----------------------------------------------------------------------------


def test_a_chain_is_one_post_all_or_nothing(bench: Bench) -> None:
    both = bench.do.increment("counter").then(bench.other.do.increment("n", 5))
    page = bench.show(button(id="it", onclick=both))
    offer = page.offer("#it")
    assert offer.startswith("/api/_store?steps=")

    assert bench.browser.send(page, offer, [1, 5]).status == 204
    assert (bench.store.read("counter"), bench.other.read("n")) == (2, 5)

    bench.other.replace("n", "no number")
    answer = bench.browser.send(page, offer, [1, 5])
    assert answer.status == 422
    assert bench.store.read("counter") == 2


@pytest.mark.parametrize("sent", [[], ["5"], ["5", "6", "7"], [["5", "6"]]], ids=str)
def test_a_chain_takes_the_values_of_all_its_slots(bench: Bench, sent: Any) -> None:
    """In order; each step has its own."""
    steps = [
        bench.do.increment("counter", value_of("a")),
        bench.do.toggle("flag"),
        bench.other.do.increment("n", value_of("b")),
    ]
    page = bench.show(form(input_(name="a"), input_(name="b"), button(id="it", onclick=steps)))
    offer = page.offer("#it")
    query = offer.partition("?")[2]

    answer = bench.browser.send(page, offer, json.dumps([query, *sent]).encode())
    assert answer.status == 400
    assert (bench.store.read("counter"), bench.other.read("n")) == (1, 0)
    answer = bench.browser.send(page, offer, json.dumps([query, "5", "6"]).encode())
    assert answer.status == 204
    assert (bench.store.read("counter"), bench.other.read("n")) == (6, 6)


def test_steps_see_what_those_before_them_did(bench: Bench) -> None:
    steps = [
        bench.do.insert("todo/0", {"id": "b"}),
        bench.do.delete("todo/0"),  # the one that is shown now
    ]
    page = bench.show(button(id="it", onclick=steps))

    assert bench.browser.send(page, page.offer("#it"), [{"id": "b"}, None]).status == 200
    assert [item["id"] for item in bench.store.read("todo")] == ["b"]


def test_code_stands_before_or_after_the_server_s_steps(bench: Bench) -> None:
    action = bench.do.increment("counter")
    page = bench.show(
        div(id="it", onclick=[JSCode("a()"), action, JSCode("b('<')")]),
        button(id="own", onclick=[JSCode("a()"), action]),
        div(id="code", onclick=JSCode("a('\"')")),
    )

    before, offer, after = json.loads(str(page.tag("#it")["ht-click"]))
    assert (before, after) == ("js:a()", "js:b('<')")
    assert offer.startswith("shared/counter?increment=1&o=")
    assert json.loads(str(page.tag("#own")["ht-click"])) == ["js:a()", ""]
    assert page.tag("#own")["formaction"] == f"/api/_store/{offer}"
    assert page.tag("#code")["ht-click"] == "js:a('\"')"
    assert "JSCode stands between" in bench.fails(div(onclick=[action, JSCode("x"), action]))


def test_commands_of_one_event_are_done_at_one_time(bench: Bench) -> None:
    hide, show = browser.hide("a").key("Escape"), browser.show("b")

    assert bench.show(div(id="it", onkeydown=[show, hide])).tag("#it").attrs == {
        "id": "it",
        "ht-keydown": '[["attribute","#b","hidden",null],["attribute","#a","hidden",""],'
        '"?&key=Escape"]',
    }
    assert "another time" in bench.fails(div(onkeydown=[hide, show.key("Enter")]))
    assert "filled by the server" in bench.fails(
        div(onclick=browser.set_property("a", "value", new_id))
    )


def test_a_code_may_call_actions(bench: Bench) -> None:
    action = bench.do.increment("counter", 2)
    page = bench.show(div(id="it", onclick=JSCode("if (ok()) ", action, "; done()")))

    code = str(page.tag("#it")["ht-click"])
    assert code.startswith('js:if (ok()) store_shared.increment("counter", 2, "increment=2&o=')
    offer = code.split('"')[3]
    answer = bench.browser.send(page, f"/api/_store/shared/counter?{offer}", 2)
    assert answer.status == 204
    assert bench.store.read("counter") == 3


def test_a_code_of_one_action_is_the_action(bench: Bench) -> None:
    action = bench.do.increment("counter")
    page = bench.show(button(id="a", onclick=JSCode(action)), button(id="b", onclick=action))

    assert page.offer("#a") == page.offer("#b")


def test_what_is_said_of_such_a_code_is_said_of_the_action(bench: Bench) -> None:
    action = bench.do.increment("counter").confirm("Yes?").debounce(1)
    page = bench.show(
        button(id="a", onclick=JSCode(action).confirm("Sure?")),
        button(id="b", onclick=action.confirm("Sure?")),
    )

    assert "Sure" in page.offer("#a")
    assert sorted(page.offer("#a").split("&o=")[0].split("&")) == sorted(
        page.offer("#b").split("&o=")[0].split("&")
    )


def test_an_action_as_text_is_its_call_in_the_browser(bench: Bench) -> None:
    do = bench.do

    assert str(do.update("counter", 1)) == 'store_shared.update("counter", 1)'
    assert str(do.toggle("todo/0/done")) == 'store_shared.toggle("todo/0/done")'
    assert str(do.append("items", 1, keep=3)) == 'store_shared.append("items", 1, 3)'
    assert str(do.set("text", "</script>")) == 'store_shared.set("text", "<\\/script>")'
    assert str(bench.store.js.update("counter", 1)) == str(do.update("counter", 1))


# -- how it is written in HTML ----------------------------------------------------------------


def test_an_action_is_inert(bench: Bench) -> None:
    page = bench.show(
        button(id="it", onclick=bench.do.set("text", "<script>\"'&")),
        form(onsubmit=bench.do.set("text", "'\"><b>"))(button("Go")),
    )

    tag = page.tag("#it")
    assert not [name for name in tag.attrs if name.startswith("on")]
    assert page.answer.soup.b is None
    assert '<script>"' not in page.text
    assert unquote(str(tag["formaction"])).startswith(
        '/api/_store/shared/text?set="<script>\\"\'&"&o='
    )


def test_a_button_without_slots_belongs_to_the_page_s_form(bench: Bench) -> None:
    tag = bench.show(button(id="it", onclick=bench.do.toggle("flag"))).tag("#it")

    assert tag["form"] == "ht"
    assert tag.has_attr("formnovalidate")
    assert str(tag["formaction"]).startswith("/api/_store/shared/flag?toggle&o=")
    assert not tag.has_attr("ht-click")


def test_a_button_with_slots_stays_in_the_author_s_form(bench: Bench) -> None:
    add = bench.do.set("text", value_of("task"))
    tag = bench.show(form(textInput(name="task"), button(id="it", onclick=add))).tag("#it")

    assert not tag.has_attr("form")
    assert not tag.has_attr("formnovalidate")
    assert tag.has_attr("formaction")


@pytest.mark.parametrize(
    "own",
    [
        {"type": "button"},
        {"type": "reset"},
        {"form": "mine"},
        {"form": "submit"},
        {"name": "x"},
        {"name": "submit"},
    ],
)
def test_an_author_s_own_button_gives_up_the_way_without_scripts(
    bench: Bench, own: dict[str, str]
) -> None:
    tag = bench.show(button(id="it", onclick=bench.do.toggle("flag"), **own)).tag("#it")

    assert str(tag["ht-click"]).startswith("shared/flag?toggle&o=")
    assert not tag.has_attr("formaction")
    assert {name: tag[name] for name in own} == own
    assert tag.get("form") in (None, own.get("form"))


def test_type_submit_is_what_a_button_is(bench: Bench) -> None:
    tag = bench.show(button(id="it", type="submit", onclick=bench.do.toggle("flag"))).tag("#it")

    assert tag["form"] == "ht"
    assert tag.has_attr("formaction")


def test_a_form_has_its_action_in_action(bench: Bench) -> None:
    page = bench.show(form(id="it", onsubmit=bench.do.set("text", value_of("t")))(input_(name="t")))

    assert page.tag("#it")["method"] == "post"
    assert str(page.tag("#it")["action"]).startswith("/api/_store/shared/text?set=")


@pytest.mark.parametrize("own", [{"action": "/mine"}, {"method": "get"}])
def test_an_author_s_own_form_goes_where_it_says(bench: Bench, own: dict[str, str]) -> None:
    """Without scripts; with them the action happens."""
    save = bench.do.set("text", value_of("t"))
    page = bench.show(form(id="it", onsubmit=save, **own)(input_(name="t")))

    tag = page.tag("#it")
    assert str(tag["ht-submit"]).startswith("shared/text?set=")
    assert {name: tag[name] for name in own} == own
    assert page.text.count(" action=") == ("action" in own)


def test_a_control_with_an_id_and_no_name_joins_the_page_s_form(bench: Bench) -> None:
    page = bench.show(
        textInput(id="a"),
        textInput(id="b", name="own"),
        form(textInput(id="c")),
        textarea(id="d", form="mine"),
        select(id="e"),
    )

    found = {i: (page.tag(f"#{i}").get("form"), page.tag(f"#{i}").get("name")) for i in "abcde"}
    assert found == {
        "a": ("ht", "a"),
        "b": (None, "own"),
        "c": (None, None),
        "d": ("mine", None),
        "e": ("ht", "e"),
    }


@pytest.mark.parametrize("acts", [True, False])
def test_it_does_so_however_its_id_is_written(bench: Bench, acts: bool) -> None:
    event = {"onchange": bench.do.toggle("flag")} if acts else {}
    page = bench.show(
        textInput(id_="a", **event),
        select(**event).attr({"id": "b"}),
        textarea(id="c", name=None, form=None, **event),
    )

    found = {i: (page.tag(f"#{i}").get("form"), page.tag(f"#{i}").get("name")) for i in "abc"}
    assert found == {i: ("ht", i) for i in "abc"}


def test_the_page_s_form_comes_first_and_its_first_button_is_disabled(bench: Bench) -> None:
    """So Enter in a field that belongs to it never presses a button of the page."""
    page = bench.show(button(id="it", onclick=bench.do.toggle("flag")))

    body = page.tag("body")
    first = next(body.children)
    assert first == page.tag("form#ht")
    assert page.tag("form#ht > button").attrs == {"disabled": ""}
    assert page.tag("button") == page.tag("form#ht > button")


def test_modifiers_stand_in_the_query(bench: Bench) -> None:
    action = (
        bench.do.toggle("flag")
        .confirm("Sure & certain?")
        .debounce(300)
        .throttle(50)
        .key("Enter")
        .once()
        .prevent()
        .keep_values()
    )
    page = bench.show(input_(id="it", onkeydown=action))

    query = str(page.tag("#it")["ht-keydown"]).partition("?")[2]
    assert query.startswith(
        "toggle&confirm=Sure%20%26%20certain%3F&debounce=300&throttle=50&key=Enter&once&prevent"
        "&keep_values&o="
    )


def test_the_last_of_equal_modifiers_counts(bench: Bench) -> None:
    action = bench.do.toggle("flag").debounce(1).debounce(2)

    assert action.modifiers == (("debounce", "2"),)


@pytest.mark.parametrize(
    ("value", "says"),
    [("alert(1)", "JSCode"), (len, "takes an action"), (True, "takes an action"), ([1], "takes")],
)
def test_what_is_no_action_is_refused(value: Any, says: str) -> None:
    with pytest.raises(HtealeafError, match=says):
        button(onclick=value)


def test_no_steps_are_no_event(bench: Bench) -> None:
    assert str(bench.show(button(id="a", onclick=[])).tag("#a")) == '<button id="a"></button>'


def test_an_action_is_no_child_and_no_other_attribute(bench: Bench) -> None:
    assert "Action" in bench.fails(bench.do.toggle("flag"))
    assert "on* attributes" in bench.fails(div(title=bench.do.toggle("flag")))


def test_a_misspelt_verb_or_path_is_no_offer(bench: Bench) -> None:
    with pytest.raises(AttributeError):
        bench.do.increase("counter")


def test_a_row_offers_under_the_shape_that_it_was_shown_with(bench: Bench) -> None:
    bench.store.append("todo", {"id": "b", "done": False, "value": "Eggs"})
    page = bench.show(
        bench.store.each("todo", lambda t: div(button(class_="x", onclick=t.do.delete())))
    )

    offers = [str(tag["formaction"]) for tag in page.answer.soup.select("button.x")]
    epoch = bench.store.journal.epoch
    assert all(f"&at={epoch}.1&one&o=" in offer for offer in offers)
    bench.store.toggle("todo/0/done")
    assert [bench.browser.send(page, offer).status for offer in reversed(offers)] == [200, 200]


def test_a_keyed_path_needs_no_shape(bench: Bench) -> None:
    page = bench.show(button(id="it", onclick=bench.do.toggle("todo/id=a/done")))

    assert "&at=" not in page.offer("#it")
    bench.store.insert("todo/0", {"id": "z", "done": False, "value": ""})
    assert bench.browser.send(page, page.offer("#it")).status == 204
    assert [t["done"] for t in bench.store.read("todo")] == [False, True]
