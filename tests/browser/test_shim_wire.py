"""What the shim sends for an action, and what it makes of each answer."""

from __future__ import annotations

import html
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, expect

from htealeaf.wire.names import EXTERNAL
from tests.browser.conftest import ContextFactory
from tests.browser.fake_server import (
    CUT,
    HOLD,
    ORIGIN,
    Answer,
    FakeServer,
    button,
    offer,
    page_form,
    steps,
    template,
    wait_until,
)

COUNT = offer("shared/counter", "update", 1)
COUNTER = '<h3 id="count">1</h3>' + button(COUNT)


def count(n: int) -> str:
    return f'<h3 id="count">{n}</h3>'


def show(page: Page, body: str = COUNTER, **parts: Any) -> FakeServer:
    server = FakeServer(page, body, **parts)
    page.goto(f"{ORIGIN}{server.base}/counter?x=1")
    page.evaluate("""() => {
      window.told = [];
      document.addEventListener("htealeaf:error", (event) => told.push(event.detail.message));
    }""")
    return server


def hear(page: Page, number: int = 1) -> None:
    """Wait until so many errors were told."""
    wait_until(page, lambda: len(page.evaluate("told")) == number)


def slot(*parts: Any) -> dict:
    return {"$": list(parts)}


# What is sent


def test_a_click_is_one_small_post(page: Page) -> None:
    """The counter's click: one POST, no GET, the offer as its body, and the answer is shown."""
    server = show(page)
    server.will(count(2))

    page.click("#go")

    expect(page.locator("#count")).to_have_text("2")
    [sent] = server.sent
    assert (sent.method, sent.path, sent.query) == ("POST", "/api/_store/shared/counter", "")
    assert sent.text == '["update=1&o=mac"]'
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["ht-verb"] == "offer"
    assert sent.headers["ht-page"] == "PAGE"
    assert sent.headers["ht-url"] == "/counter?x=1"
    assert sent.headers["ht-cursor"] == "e.1"
    assert sent.headers["ht-id"]
    assert server.polls == []
    assert server.visits == ["/counter?x=1"]


@pytest.mark.parametrize(
    "value", [None, True, "ä \"'& 漢", 1.5, [1, {"a": []}], {"a": {"b": None}}]
)
def test_a_constant_is_sent_as_it_is(page: Page, value: Any) -> None:
    """Any JSON: the offer exactly as the page has it, and nothing beside it."""
    url = offer("shared/a", "replace", value, more="&keep=5&at=3.7")
    server = show(page, button(url))

    page.click("#go")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].json == [url.partition("?")[2]]


def test_a_verb_without_a_value_sends_its_offer(page: Page) -> None:
    server = show(page, button(offer("todos/todo/0/done", "toggle")))

    page.click("#go")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].path == "/api/_store/todos/todo/0/done"
    assert server.sent[0].json == ["toggle&o=mac"]


def test_an_encoded_path_stays_encoded(page: Page) -> None:
    server = show(page, button(offer("rooms@a%20b/todo/id=7/x%3Fy%C3%A9", "delete")))

    page.click("#go")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].path == "/api/_store/rooms@a%20b/todo/id=7/x%3Fy%C3%A9"


def test_the_base_is_part_of_every_url(page: Page) -> None:
    """Mounted below a path, actions, store objects and catching up go there."""
    server = show(page, button("/app" + COUNT), base="/app")

    page.click("#go")
    page.evaluate("store_shared.update('counter', 1)")
    page.evaluate("dispatchEvent(new Event('focus'))")

    wait_until(page, lambda: server.polls and len(server.sent) == 2)
    assert {sent.path for sent in server.sent} == {"/app/api/_store/shared/counter"}


def test_steps_are_one_post(page: Page) -> None:
    """Several server steps travel as one offer, with what fills their slots in order."""
    url = steps(
        ["shared/counter", "update", 1],
        ["todos/todo", "append", {"value": slot("value", "task")}, 5],
        ["shared/on", "toggle", None, None, "3.7"],
    )
    server = show(page, f'<form><input name="task" value="tea">{button(url, attributes="")}</form>')

    page.click("#go")
    wait_until(page, lambda: server.sent)

    [sent] = server.sent
    assert (sent.path, sent.json) == ("/api/_store", [url.partition("?")[2], "tea"])


def test_a_form_is_sent_by_its_button_and_by_enter(page: Page) -> None:
    """`onsubmit` is the form's own action; nothing is loaded."""
    url = offer("todos/todo", "append", {"done": False, "value": slot("value", "task")})
    server = show(
        page,
        f'<form action="{html.escape(url)}" method="post"><input name="task">'
        "<button>Add</button></form>",
    )

    page.fill("[name=task]", "one")
    page.click("text=Add")
    wait_until(page, lambda: len(server.sent) == 1)
    page.fill("[name=task]", "two")
    page.press("[name=task]", "Enter")
    wait_until(page, lambda: len(server.sent) == 2)

    assert [sent.values for sent in server.sent] == [["one"], ["two"]]
    assert server.forms == []


def test_enter_presses_no_button_of_the_page_form(page: Page) -> None:
    """A field of the page form has many buttons behind it; Enter means none of them."""
    server = show(page, COUNTER + '<input form="ht" name="a" id="a"><p id="end"></p>')

    page.fill("#a", "x")
    page.press("#a", "Enter")
    page.evaluate("store_shared.update('last', 1)")

    assert [sent.path for sent in server.sent] == ["/api/_store/shared/last"]
    assert server.forms == []
    assert server.visits == ["/counter?x=1"]


def test_enter_in_an_authors_form_sends_that_form(page: Page) -> None:
    """With a button that has slots inside: it is the form's first button, so Enter means it."""
    url = html.escape(offer("shared/name", "replace", slot("value", "n")))
    server = show(page, f'<form><input name="n"><button formaction="{url}">Save</button></form>')

    page.fill("[name=n]", "ann")
    page.press("[name=n]", "Enter")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].values == ["ann"]


@pytest.mark.parametrize(
    ("event", "markup", "gesture"),
    [
        ("change", '<input type="checkbox" id="x" {}>', "page.click('#x')"),
        ("input", '<input id="x" {}>', "page.fill('#x', 'a')"),
        ("click", '<p id="x" {}>p</p>', "page.click('#x')"),
        ("dblclick", '<p id="x" {}>p</p>', "page.dblclick('#x')"),
        ("keydown", '<input id="x" {}>', "page.press('#x', 'a')"),
        ("focus", '<input id="x" {}>', "page.focus('#x')"),
        ("blur", '<input id="x" autofocus {}>', "page.locator('#x').blur()"),
        ("mouseenter", '<p id="x" {}>p</p>', "page.hover('#x')"),
        ("pointerdown", '<p id="x" {}>p</p>', "page.click('#x')"),
        ("toggle", '<details id="x" {}><summary>s</summary></details>', "page.click('summary')"),
        ("contextmenu", '<p id="x" {}>p</p>', "page.click('#x', button='right')"),
        ("submit", '<form id="x" {}><button>b</button></form>', "page.click('#x button')"),
    ],
)
def test_an_event_of_any_kind(page: Page, event: str, markup: str, gesture: str) -> None:
    """`ht-<event>` is heard although listeners sit on the document, and no form is sent."""
    server = show(page, markup.format(f'ht-{event}="{html.escape(COUNT)}"'))

    eval(gesture, {"page": page})  # the gestures are written above
    wait_until(page, lambda: server.sent)

    assert server.sent[0].offer == "update=1&o=mac"
    assert len(server.sent) == 1
    assert server.forms == []


def test_the_nearest_element_gets_the_event(page: Page) -> None:
    """One action for one event: the inner one; a child without one belongs to its parent."""
    inner, outer = (html.escape(offer(f"shared/{n}", "toggle")) for n in ("inner", "outer"))
    server = show(
        page,
        f'<div ht-click="{outer}"><p ht-click="{inner}"><b id="a">a</b></p><b id="c">c</b></div>',
    )

    page.click("#a")
    page.click("#c")
    wait_until(page, lambda: len(server.sent) == 2)

    assert [sent.path.rpartition("/")[2] for sent in server.sent] == ["inner", "outer"]


def test_a_click_on_what_is_inside_a_button(page: Page) -> None:
    server = show(page, button(COUNT, "<b>+</b>"))

    page.click("#go b")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].offer == "update=1&o=mac"


# Slots

_CONTROLS = """
<input id="by-id" value="outside">
<input form="ht" name="paged" value="of the page form">
<form><input name="text" value="other form"></form>
<form>
  <input name="text" value="a &amp; b"><input name="number" type="number" value="7">
  <input name="on" type="checkbox" checked><input name="off" type="checkbox">
  <input name="radio" type="radio" value="x"><input name="radio" type="radio" value="y" checked>
  <input name="none" type="radio" value="x"><input name="none" type="radio" value="y">
  <select name="one"><option value="1">a</option><option value="2" selected>b</option></select>
  <select name="many" multiple><option selected>a<option>b<option selected>c</select>
  <select name="few" multiple><option>a</option></select>
  <textarea name="area">two
lines</textarea>
  <input name='a"]}b\\' value="quoted">
  <button id="go" formaction="{url}" value="own" name="self">go</button>
</form>
"""


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (slot("value", "text"), ["a & b"]),
        (slot("value", "by-id"), ["outside"]),
        (slot("value", "number"), ["7"]),
        (slot("value", "on"), [True]),
        (slot("value", "off"), [False]),
        (slot("value", "radio"), ["y"]),
        (slot("value", "none"), [None]),
        (slot("value", "one"), ["2"]),
        (slot("value", "many"), [["a", "c"]]),
        (slot("value", "few"), [[]]),
        (slot("value", "area"), ["two\nlines"]),
        (slot("value", "text", "str"), ["a & b"]),
        (slot("this", "value"), ["own"]),
        (slot("value", 'a"]}b\\'), ["quoted"]),
        ({"a": [slot("value", "on"), {"b": slot("value", "text")}]}, [True, "a & b"]),
        ({"at": slot("now"), "id": slot("id"), "n": 1}, []),
        ({"$$": ["value", "text"]}, []),
        ('{"$":["value","text"]}', []),
        (["{", slot("value", "text"), '"$'], ["a & b"]),
    ],
    ids=str,
)
def test_a_slot_is_filled(page: Page, asked: Any, given: Any) -> None:
    """Each kind of control has its JSON; what the server fills, and data, is not sent."""
    url = html.escape(offer("shared/a", "replace", asked))
    server = show(page, _CONTROLS.replace("{url}", url))

    page.click("#go")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].values == given


def test_a_slot_reads_a_field_of_the_page_form(page: Page) -> None:
    """For a button of the page form, its fields are found by name, and what is typed is read."""
    url = offer("shared/a", "replace", slot("value", "paged"))
    server = show(page, '<input form="ht" name="paged" value="x">' + button(url))
    page.fill("input[name=paged]", "typed")

    page.click("#go")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].values == ["typed"]


def test_this_is_the_element_that_has_the_action(page: Page) -> None:
    """`this.checked` and `this.value` of the control itself."""
    both = {"c": slot("this", "checked"), "v": slot("this", "value")}
    url = html.escape(offer("shared/a", "replace", both))
    server = show(page, f'<input type="checkbox" id="c" value="v" ht-change="{url}">')

    page.click("#c")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].values == [True, "v"]


def test_a_slot_reads_the_event(page: Page) -> None:
    url = html.escape(
        offer("shared/a", "replace", [slot("event", "offsetX"), slot("event", "offsetY")])
    )
    server = show(page, f'<div id="d" ht-click="{url}">wide</div>')

    page.click("#d", position={"x": 7, "y": 3})
    wait_until(page, lambda: server.sent)

    assert server.sent[0].values == [7, 3]


def test_a_slot_reads_what_was_hit(page: Page) -> None:
    """The nearest id, also of a form with a control of that name."""
    url = html.escape(offer("shared/a", "replace", slot("event", "target")))
    inner = '<form id="f" onsubmit="return false"><input name="id"><b>in</b></form><i>out</i>'
    server = show(page, f'<div id="d" ht-dblclick="{url}">{inner}</div>')

    page.dblclick("b")
    page.dblclick("i")
    wait_until(page, lambda: len(server.sent) == 2)

    assert [one.values for one in server.sent] == [["f"], ["d"]]


def test_the_value_of_the_moment_of_the_click(page: Page) -> None:
    """A click that waits in the queue sends what the field held when it was clicked."""
    url = offer("shared/a", "replace", slot("value", "f"))
    server = show(page, f'<input id="f">{button(url)}')
    server.will(HOLD)

    for text in ("one", "two"):
        page.fill("#f", text)
        page.click("#go")
    page.fill("#f", "three")
    wait_until(page, lambda: server.held)
    server.release(Answer(status=204))
    wait_until(page, lambda: len(server.sent) == 2)

    assert [sent.values for sent in server.sent] == [["one"], ["two"]]


def test_a_missing_control_sends_nothing(page: Page) -> None:
    """An error is told that names the control."""
    url = offer("shared/a", "replace", slot("value", "gone"))
    server = show(page, button(url) + f'<p id="p" ht-click="{html.escape(COUNT)}">p</p>')

    page.click("#go")
    page.click("#p")
    wait_until(page, lambda: server.sent)

    assert [sent.path for sent in server.sent] == ["/api/_store/shared/counter"]
    assert len(page.evaluate("told")) == 1
    assert "gone" in page.evaluate("told")[0]


# Code


def _code(*listed: str) -> str:
    return html.escape(listed[0] if len(listed) == 1 else json.dumps(listed))


def test_code_runs_with_the_nonce(page: Page) -> None:
    """`this` is the element, `event` the event, and no eval is needed."""
    code = "js:window.seen = [this.id, event.type]"
    show(
        page,
        f'<p id="p" ht-click="{_code(code)}">p</p>',
        nonce="x",
        policy="script-src 'self' 'nonce-x'",
    )

    page.click("#p")

    assert page.evaluate("seen") == ["p", "click"]


def test_code_can_mutate_with_its_offer(page: Page) -> None:
    """An action inside code brings its offer along."""
    code = "js:store_shared.update(\"counter\", 1, 'update=1&o=mac')"
    server = show(page, f'<p id="p" ht-click="{_code(code)}">p</p>', policy="")

    page.click("#p")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].path == "/api/_store/shared/counter"
    assert server.sent[0].offer == "update=1&o=mac"


def test_steps_of_both_kinds_run_in_order(page: Page) -> None:
    """Code after a server step waits for the answer; "" is the button's own action."""
    ht = _code("js:window.seen = ['a']", "", "js:seen.push(count.textContent)")
    server = show(
        page,
        count(1) + button(COUNT, attributes=f'form="ht" formnovalidate ht-click="{ht}"'),
        policy="",
    )
    server.will(HOLD)

    page.click("#go")
    wait_until(page, lambda: server.held)
    assert page.evaluate("seen") == ["a"]
    server.release(count(2))

    wait_until(page, lambda: len(page.evaluate("seen")) > 1)
    assert page.evaluate("seen") == ["a", "2"]
    assert len(server.sent) == 1


def test_code_after_a_refused_step_does_not_run(page: Page) -> None:
    ht = _code("js:window.seen = []", COUNT, "js:seen.push(1)")
    body = f'<p id="p" ht-click="{ht}">p</p><p id="q" ht-click="js:seen.push(2)">q</p>'
    server = show(page, body, policy="")
    server.will(Answer(template("error", content="No."), 403))

    page.click("#p")
    hear(page, 1)
    page.click("#q")

    assert page.evaluate("seen") == [2]


# Store objects


@pytest.mark.parametrize(
    ("call", "verb", "path", "body"),
    [
        ("update('counter', 1)", "update", "counter", 1),
        ("set('name', 'ann')", "set", "name", "ann"),
        ("replace('a/b', {c: [1]})", "replace", "a/b", {"c": [1]}),
        ("increment('n', 2)", "increment", "n", 2),
        ("toggle('todo/0/done')", "toggle", "todo/0/done", None),
        ("append('todo', 'x')", "append", "todo", "x"),
        ("insert('todo/0', 'x')", "insert", "todo/0", "x"),
        ("merge('a', {b: 1})", "merge", "a", {"b": 1}),
        ("move('todo/0', 'todo/-')", "move", "todo/0", "todo/-"),
        ("delete('todo/0')", "delete", "todo/0", None),
        ("clear('todo')", "clear", "todo", None),
        ("update('', {a: 1})", "update", "", {"a": 1}),
    ],
)
def test_a_store_object_has_every_verb(
    page: Page, call: str, verb: str | None, path: str, body: Any
) -> None:
    """`store_<name>` sends what an action sends, without an offer."""
    server = show(page)

    page.evaluate(f"store_shared.{call}")

    [sent] = server.sent
    assert sent.path.rstrip("/") == f"/api/_store/shared/{path}".rstrip("/")
    assert (sent.headers.get("ht-verb"), sent.json) == (verb, body)
    assert sent.headers["ht-page"] == "PAGE"


def test_a_store_object_encodes_its_path(page: Page) -> None:
    """What is no part of a URL's path is escaped; a slash leads one level down."""
    server = show(page)

    page.evaluate("store_shared.update('a b/c?d#e/ü%/x~1y/id=7', 1)")

    path = server.sent[0].path.replace("%3D", "=")  # either is right
    assert path == "/api/_store/shared/a%20b/c%3Fd%23e/%C3%BC%25/x~1y/id=7"


def test_append_keeps_a_number_of_items(page: Page) -> None:
    server = show(page)

    page.evaluate("store_shared.append('log', 'x', 50)")

    assert server.sent[0].query == "keep=50"


def test_a_keyed_store_is_asked_for_one_key(page: Page) -> None:
    """`.of(key)` is the store of that key, with every verb."""
    server = show(page, stores="shared rooms")

    page.evaluate("store_rooms.of('lo bby').append('messages', 'hi')")

    assert server.sent[0].path == "/api/_store/rooms@lo%20bby/messages"
    assert server.sent[0].json == "hi"


def test_a_store_object_reads(page: Page) -> None:
    """`read` gives what JSON there is."""
    server = show(page)
    server.will(Answer('{"a": [1]}', type="application/json"))

    assert page.evaluate("store_shared.read('a')") == {"a": [1]}
    assert (server.sent[0].method, server.sent[0].path) == ("GET", "/api/_store/shared/a")


def test_a_store_object_tells_when_it_is_done_and_when_it_failed(page: Page) -> None:
    """The promise says, after the patch is in the page, whether the server agreed."""
    server = show(page)
    server.will(count(2), Answer(template("error", content="Not today."), 403))

    done = "store_shared.update('counter', 1).then((ok) => [ok, count.textContent])"
    assert page.evaluate(done) == [True, "2"]
    assert page.evaluate("store_shared.update('counter', 1)") is False
    assert page.evaluate("told") == ["Not today."]


# Cursors


def test_a_store_object_is_no_promise(page: Page) -> None:
    """Code that awaits it, or gives it back from an async function, sends nothing and goes on."""
    server = show(page, policy="")

    found = page.evaluate(
        """async () => {
          const got = await store_shared;
          const given = await (async () => store_shared)();
          return [got === store_shared, given === store_shared];
        }"""
    )

    assert found == [True, True]
    assert server.sent == []


def test_a_patch_for_what_is_shown_is_applied(page: Page) -> None:
    server = show(page, cursor="e.5")
    server.will(
        Answer(count(2), since="e.5", cursor="e.6"), Answer(count(3), since="e.6", cursor="e.9")
    )

    page.click("#go")
    expect(page.locator("#count")).to_have_text("2")
    page.click("#go")
    expect(page.locator("#count")).to_have_text("3")

    page.click("#go")
    wait_until(page, lambda: len(server.sent) == 3)
    assert [sent.headers["ht-cursor"] for sent in server.sent] == ["e.5", "e.6", "e.9"]


def test_a_patch_that_starts_earlier_is_left_out_and_asked_for(page: Page) -> None:
    """Some of its rows may be there already, and a row comes once."""
    server = show(page, cursor="e.5")
    server.will(Answer(count(3), since="e.3", cursor="e.9"))
    server.lives.append(Answer(count(4), since="e.5", cursor="e.9"))

    page.click("#go")
    expect(page.locator("#count")).to_have_text("4")
    [poll] = server.polls
    assert poll.headers["ht-cursor"] == "e.5"


@pytest.mark.parametrize("cursor", ["e.5", "e.4"])
def test_a_patch_from_the_past_is_dropped(page: Page, cursor: str) -> None:
    """What is shown is as new or newer."""
    server = show(page, cursor="e.5")
    server.will(Answer(count(2), since="e.3", cursor=cursor), Answer(status=204, cursor="e.5"))

    page.click("#go")
    page.click("#go")
    wait_until(page, lambda: len(server.sent) == 2)

    expect(page.locator("#count")).to_have_text("1")
    assert server.sent[1].headers["ht-cursor"] == "e.5"


def test_a_patch_from_the_future_asks_to_catch_up(page: Page) -> None:
    """Something between is missing, so the page asks from what it shows."""
    server = show(page, cursor="e.5")
    server.will(Answer(count(2), since="e.7", cursor="e.8"))
    server.lives.append(Answer(count(9), since="e.5", cursor="e.8"))

    page.click("#go")
    expect(page.locator("#count")).to_have_text("9")

    [poll] = server.polls
    assert (poll.method, poll.headers["ht-page"]) == ("GET", "PAGE")
    assert (poll.headers["ht-url"], poll.headers["ht-cursor"]) == ("/counter?x=1", "e.5")


def test_another_epoch_is_taken_when_it_starts_at_what_is_shown(page: Page) -> None:
    """After a restart the answer is computed for the page as it is."""
    server = show(page, cursor="e.5")
    server.will(Answer(count(2), since="e.5", cursor="new.1"), Answer(status=204, cursor="new.1"))

    page.click("#go")
    expect(page.locator("#count")).to_have_text("2")
    page.click("#go")
    wait_until(page, lambda: len(server.sent) == 2)

    assert server.sent[1].headers["ht-cursor"] == "new.1"


def test_another_epoch_that_starts_elsewhere_asks_to_catch_up(page: Page) -> None:
    server = show(page, cursor="e.5")
    server.will(Answer(count(2), since="new.1", cursor="new.2"))
    server.lives.append(Answer(count(9), since="e.5", cursor="new.2"))

    page.click("#go")

    expect(page.locator("#count")).to_have_text("9")
    assert server.polls[0].headers["ht-cursor"] == "e.5"


def test_nothing_new_moves_the_cursor_on(page: Page) -> None:
    """204 for a click, 304 for a look: the page shows that moment as well."""
    server = show(page, cursor="e.5")
    server.will(Answer(status=204, cursor="e.8"))
    server.lives.append(Answer(status=304, cursor="e.9"))

    page.click("#go")
    wait_until(page, lambda: len(server.sent) == 1)
    page.evaluate("store_shared.update('x', 1)")
    page.evaluate("dispatchEvent(new Event('focus'))")
    wait_until(page, lambda: server.polls)
    page.evaluate("store_shared.update('x', 1)")

    assert [sent.headers["ht-cursor"] for sent in server.sent] == ["e.5", "e.8", "e.9"]


def test_a_whole_page_brings_its_form(page: Page) -> None:
    """The page id, the URL and the stores of the new page count from then on."""
    server = show(page)
    form = page_form("new.1", stores="shared extra").replace("PAGE", "PAGE2").replace("x=1", "y=2")
    fresh = template("page", content=f"<title>Two</title>{form}{count(7)}{button(COUNT)}")
    server.will(Answer(fresh, since="e.1", cursor="new.1"))

    page.click("#go")
    expect(page.locator("#count")).to_have_text("7")
    page.click("#go")
    wait_until(page, lambda: len(server.sent) == 2)
    page.evaluate("store_extra.update('x', 1)")

    headers = server.sent[1].headers
    assert [headers[name] for name in ("ht-page", "ht-url", "ht-cursor")] == [
        "PAGE2",
        "/counter?y=2",
        "new.1",
    ]
    assert page.title() == "Two"


# The queue and the line


def test_fast_clicks_are_sent_one_at_a_time(page: Page) -> None:
    """Twenty clicks are twenty posts in order, each with what the one before brought."""
    server = show(page)
    server.will(*([HOLD] * 20))

    page.evaluate("for (let n = 0; n < 20; n++) go.click()")
    for n in range(20):
        wait_until(page, lambda: server.held)
        assert len(server.sent) == n + 1
        server.release(count(n + 2))

    expect(page.locator("#count")).to_have_text("21")
    assert [sent.headers["ht-cursor"] for sent in server.sent] == [f"e.{n + 1}" for n in range(20)]
    assert len({sent.headers["ht-id"] for sent in server.sent}) == 20


def test_a_cut_line_is_tried_again_with_the_same_id(page: Page) -> None:
    """So a click whose answer was lost counts once."""
    server = show(page)
    server.will(CUT, CUT, count(2))

    page.click("#go")

    expect(page.locator("#count")).to_have_text("2")
    assert len(server.sent) == 3
    assert len({sent.headers["ht-id"] for sent in server.sent}) == 1
    assert {sent.offer for sent in server.sent} == {"update=1&o=mac"}


def test_a_gateway_without_a_server_is_tried_again(page: Page) -> None:
    """502 while the server starts again is a lost line, not an answer."""
    server = show(page)
    server.will(Answer("<h1>Bad Gateway</h1>", 502, ours=False), count(2))

    page.click("#go")

    expect(page.locator("#count")).to_have_text("2")
    assert len({sent.headers["ht-id"] for sent in server.sent}) == 1
    assert page.evaluate("told") == []


def test_the_clicks_behind_a_cut_one_wait(page: Page) -> None:
    """The order of clicks is the order of posts."""
    server = show(
        page,
        button(COUNT) + f'<p id="p" ht-click="{html.escape(offer("shared/b", "toggle"))}">p</p>',
    )
    server.will(CUT, Answer(status=204), Answer(status=204))

    page.click("#go")
    page.click("#p")
    wait_until(page, lambda: len(server.sent) == 3)

    assert [sent.path.rpartition("/")[2] for sent in server.sent] == ["counter", "counter", "b"]


def test_a_patch_that_fails_does_not_stop_the_queue(page: Page, page_errors: list[str]) -> None:
    """A rule that this browser does not know, say."""
    server = show(page)
    server.will(template("style", content="}{") + count(2), count(3))

    page.click("#go")
    page.click("#go")

    expect(page.locator("#count")).to_have_text("3")
    page_errors.clear()


# Refusals


def refuse(sentence: str, status: int = 403, patch: str = "", **cursors: Any) -> Answer:
    return Answer(patch + template("error", content=sentence), status, **cursors)


def test_a_refused_control_goes_back(page: Page) -> None:
    """A checkbox shows what it showed, and so do a select and a radio group."""
    url = html.escape(offer("shared/a", "replace", slot("this", "value")))
    server = show(
        page,
        f'<input type="checkbox" id="c" ht-change="{url}">'
        f'<select id="s" ht-change="{url}"><option>1</option><option selected>2</option></select>'
        f'<input type="radio" name="r" id="r1" ht-change="{url}" checked>'
        f'<input type="radio" name="r" id="r2" ht-change="{url}">',
    )
    server.will(*(refuse("No.") for _ in range(3)))

    page.click("#c")
    page.select_option("#s", "1")
    page.click("#r2")
    hear(page, 3)

    expect(page.locator("#c")).not_to_be_checked()
    expect(page.locator("#s")).to_have_value("2")
    expect(page.locator("#r1")).to_be_checked()


def test_a_refused_control_goes_back_to_what_was_accepted_last(page: Page) -> None:
    """Not to what the page was loaded with."""
    url = html.escape(offer("shared/a", "replace", slot("this", "checked")))
    box = f'<input type="checkbox" id="c" ht-change="{url}"{{}}>'
    server = show(page, box.format(""))
    server.will(box.format(" checked"), refuse("No."))

    page.click("#c")
    expect(page.locator("#c")).to_have_attribute("checked", "")
    page.click("#c")
    hear(page)

    expect(page.locator("#c")).to_be_checked()


def test_text_that_was_refused_stays(page: Page) -> None:
    """Whether it is one too long, or one that may not be: nobody types it again."""
    url = html.escape(offer("shared/a", "set", slot("this", "value")))
    server = show(
        page,
        f'<input id="t" ht-change="{url}" value="one">'
        f'<textarea id="a" ht-change="{url}">two</textarea>',
    )
    server.will(refuse("No."), refuse("Too long.", 413), '<input id="t" value="done">')

    for told, field in enumerate(("#t", "#a"), 1):
        page.fill(field, "mine")
        page.locator(field).blur()
        hear(page, told)
        expect(page.locator(field)).to_have_value("mine")
        expect(page.locator(field)).to_have_attribute("ht-dirty", "")
    page.fill("#t", "another")
    page.locator("#t").blur()

    expect(page.locator("#t")).to_have_value("done")


def test_a_control_shows_the_servers_word_when_nothing_changed(page: Page) -> None:
    """Somebody else was quicker: the store says "off", so does the box, as on a fresh page."""
    url = html.escape(offer("shared/on", "toggle"))
    server = show(page, f'<input type="checkbox" id="c" ht-change="{url}">')
    server.will(Answer(status=204, cursor="e.3"))

    page.click("#c")
    wait_until(page, lambda: server.sent)

    expect(page.locator("#c")).not_to_be_checked()


def test_a_field_that_the_server_says_nothing_about_keeps_its_text(page: Page) -> None:
    """A search field with an action and no value of its own is the visitor's."""
    url = html.escape(offer("shared/q", "set", slot("this", "value")))
    server = show(page, f'<input id="q" ht-input="{url}"><h3 id="count">1</h3>')
    server.will(count(2))

    page.focus("#q")
    page.keyboard.press("a")
    expect(page.locator("#count")).to_have_text("2")
    page.locator("#q").blur()

    expect(page.locator("#q")).to_have_value("a")


def test_an_error_brings_the_page_to_now(page: Page) -> None:
    """403 from another tab's sign-out: the sentence is told and the page is as it is now."""
    server = show(page)
    server.will(refuse("Gone.", 409, count(5), since="e.1", cursor="e.4"), Answer(status=204))

    page.click("#go")
    hear(page, 1)
    page.click("#go")
    wait_until(page, lambda: len(server.sent) == 2)

    assert page.evaluate("told") == ["Gone."]
    expect(page.locator("#count")).to_have_text("5")
    assert server.sent[1].headers["ht-cursor"] == "e.4"


def test_an_error_is_shown_to_the_visitor(page: Page) -> None:
    """In `#ht-error`, as text, read out by screen readers, gone with the next success."""
    server = show(page)
    server.will(refuse("<b>No</b> &amp; never."), count(2))

    page.click("#go")

    box = page.locator("#ht-error")
    expect(box).to_be_visible()
    expect(box).to_have_text("No & never.")
    expect(box).to_have_attribute("role", "alert")
    page.click("#go")
    expect(page.locator("#count")).to_have_text("2")
    expect(box).not_to_be_visible()


def test_the_author_can_show_errors_otherwise(page: Page) -> None:
    """Who prevents the event's default has told the visitor."""
    server = show(page)
    page.evaluate("document.addEventListener('htealeaf:error', (event) => event.preventDefault())")
    server.will(refuse("No."), count(2))

    page.click("#go")
    hear(page, 1)

    expect(page.locator("#ht-error")).not_to_be_visible()


@pytest.mark.parametrize(
    ("status", "body", "type"),
    [
        (403, '{"title": "Forbidden", "detail": "No."}', "application/problem+json"),
        (500, "<h1>Internal Server Error</h1>", "text/html"),
        (500, "", "text/plain"),
    ],
)
def test_an_answer_of_another_make_is_an_error_too(
    page: Page, status: int, body: str, type: str
) -> None:
    """The page stays as it is, the queue goes on."""
    server = show(page)
    server.will(Answer(body, status, type=type, ours=False), count(2))

    page.click("#go")
    hear(page, 1)
    expect(page.locator("#count")).to_have_text("1")
    page.click("#go")

    expect(page.locator("#count")).to_have_text("2")


# Events, waiting


def test_before_and_after_a_patch_there_is_an_event(page: Page) -> None:
    """The old page stands at the first, the new one at the second; the ids are told."""
    server = show(page, COUNTER + '<p id="p">1</p>')
    page.evaluate("""() => {
      window.seen = [];
      for (const when of ["before", "after"])
        document.addEventListener(`htealeaf:${when}-patch`,
          () => seen.push([when, count.textContent]));
    }""")
    server.will(count(2) + '<p id="p">2</p>')

    page.click("#go")
    expect(page.locator("#p")).to_have_text("2")

    assert page.evaluate("seen") == [["before", "1"], ["after", "2"]]


def test_what_waits_says_so(page: Page) -> None:
    """`aria-busy` and the class `ht-busy` stand on what was clicked until the answer is there."""
    server = show(page)
    server.will(HOLD)

    page.click("#go")
    wait_until(page, lambda: server.held)
    expect(page.locator("#go")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#go")).to_contain_class("ht-busy")
    server.release(count(2))

    expect(page.locator("#count")).to_have_text("2")
    expect(page.locator("#go")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#go")).not_to_contain_class("ht-busy")


def test_what_waits_says_so_through_a_patch(page: Page) -> None:
    """The patch of an earlier click does not take the sign from a later one."""
    server = show(page, f'<div id="b">{COUNTER}</div>')
    server.will(HOLD, HOLD)

    page.click("#go")
    page.click("#go")
    wait_until(page, lambda: server.held)
    server.release(f'<div id="b">{count(2)}{button(COUNT)}</div>')
    wait_until(page, lambda: server.held)

    expect(page.locator("#go")).to_have_attribute("aria-busy", "true")
    server.release(f'<div id="b">{count(3)}{button(COUNT)}</div>')
    expect(page.locator("#count")).to_have_text("3")
    expect(page.locator("#go")).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#go")).not_to_contain_class("ht-busy")


# Modifiers


def modified(
    page: Page, modifier: str, event: str = "click", markup: str = "<p id=x {}>p</p>"
) -> FakeServer:
    """Show an element whose action has *modifier*, with a fake clock."""
    page.clock.install()
    url = html.escape(offer("shared/counter", "update", 1, modifier))
    return show(page, markup.format(f'ht-{event}="{url}"'))


def test_confirm_asks_first(page: Page) -> None:
    """ "Cancel" sends nothing, and the question is the author's."""
    server = modified(page, "&confirm=Really%3F%20%C3%84h")
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        if len(asked) == 1:
            dialog.dismiss()
        else:
            dialog.accept()

    page.on("dialog", answer)
    page.click("#x")
    page.click("#x")

    wait_until(page, lambda: server.sent)
    assert asked == ["Really? Äh"] * 2
    assert len(server.sent) == 1


def test_a_change_that_was_not_confirmed_goes_back(page: Page) -> None:
    modified(page, "&confirm=Really%3F", "change", '<input type="checkbox" id="x" {}>')
    page.once("dialog", lambda dialog: dialog.dismiss())

    page.click("#x")

    expect(page.locator("#x")).not_to_be_checked()


def stop_the_clock(page: Page) -> None:
    """Let no time pass but what `run_for` says; an installed clock goes on by itself."""
    page.clock.pause_at(datetime.now() + timedelta(hours=1))


def test_debounce_waits_until_it_is_quiet(page: Page) -> None:
    """The last value counts."""
    page.clock.install()
    url = html.escape(offer("shared/a", "replace", slot("this", "value"), "&debounce=300"))
    server = show(page, f'<input id="x" ht-input="{url}">')
    stop_the_clock(page)

    for text in ("a", "ab", "abc"):
        page.fill("#x", text)
        page.clock.run_for(200)
    assert server.sent == []
    page.clock.run_for(200)

    wait_until(page, lambda: server.sent)
    assert [sent.values for sent in server.sent] == [["abc"]]


def test_throttle_sends_at_most_so_often(page: Page) -> None:
    """The first at once, the next after the time."""
    server = modified(page, "&throttle=300")
    stop_the_clock(page)

    page.click("#x")
    page.clock.run_for(100)
    page.click("#x")
    wait_until(page, lambda: server.sent)
    assert len(server.sent) == 1
    page.clock.run_for(400)
    page.click("#x")

    wait_until(page, lambda: len(server.sent) >= 2)


def test_once_is_once(page: Page) -> None:
    server = modified(page, "&once")

    page.click("#x")
    page.click("#x")
    page.evaluate("store_shared.update('last', 1)")

    assert [sent.path.rpartition("/")[2] for sent in server.sent] == ["counter", "last"]


def test_key_is_that_key_only(page: Page) -> None:
    server = modified(page, "&key=Enter", "keydown", '<input id="x" {}>')

    page.press("#x", "a")
    page.press("#x", "Enter")
    wait_until(page, lambda: server.sent)
    page.evaluate("store_shared.update('last', 1)")

    assert len(server.sent) == 2
    expect(page.locator("#x")).to_have_value("a")


@pytest.mark.parametrize(("modifier", "hash"), [("&prevent", ""), ("", "#there")])
def test_prevent_keeps_the_browser_from_its_own(page: Page, modifier: str, hash: str) -> None:
    """A link with an action is still a link, unless it says `prevent`."""
    server = modified(page, modifier, markup='<a id="x" href="#there" {}>a</a>')

    page.click("#x")
    wait_until(page, lambda: server.sent)

    assert page.evaluate("location.hash") == hash


# Forms


def _form(more: str = "") -> str:
    url = offer("todos/todo", "append", slot("value", "task"), more)
    return (
        f'<form id="f" action="{html.escape(url)}" method="post">'
        '<input name="task" value="was"><button>Add</button></form>'
    )


def test_a_form_that_succeeded_shows_what_a_fresh_page_shows(page: Page) -> None:
    """It is reset, also when the patch did not touch it."""
    server = show(page, count(1) + _form())
    page.fill("#f input", "tea")
    server.will(count(2))

    page.press("#f input", "Enter")

    expect(page.locator("#count")).to_have_text("2")
    expect(page.locator("#f input")).to_have_value("was")


def test_keep_values_keeps_them(page: Page) -> None:
    server = show(page, count(1) + _form("&keep_values"))
    page.fill("#f input", "tea")
    server.will(count(2))

    page.click("#f button")

    expect(page.locator("#count")).to_have_text("2")
    expect(page.locator("#f input")).to_have_value("tea")


def test_a_form_that_was_refused_keeps_what_was_typed(page: Page) -> None:
    server = show(page, _form())
    page.fill("#f input", "tea")
    server.will(refuse("Too long.", 422))

    page.click("#f button")
    hear(page, 1)

    expect(page.locator("#f input")).to_have_value("tea")


def test_what_is_typed_while_the_form_is_under_way_stays(page: Page) -> None:
    """The next task can be begun before the answer to the first is there."""
    server = show(page, count(1) + _form())
    page.fill("#f input", "tea")
    server.will(HOLD)
    page.press("#f input", "Enter")
    wait_until(page, lambda: server.held)
    page.fill("#f input", "milk")

    server.release(count(2))

    expect(page.locator("#count")).to_have_text("2")
    expect(page.locator("#f input")).to_have_value("milk")


def test_a_form_asks_the_browser_to_validate(page: Page) -> None:
    """A field that is required and empty sends nothing."""
    server = show(page, _form().replace('value="was"', "required"))

    page.click("#f button")
    page.fill("#f input", "tea")
    page.click("#f button")
    wait_until(page, lambda: server.sent)

    assert [sent.values for sent in server.sent] == [["tea"]]


def test_a_native_form_stays_native(page: Page) -> None:
    """A form without an action of ours is the browser's, and so is its button's own target."""
    server = show(
        page,
        '<form action="/login" method="post"><input name="user" value="ann">'
        '<button id="in">in</button></form>',
    )

    page.click("#in")
    wait_until(page, lambda: server.forms)

    assert server.forms[0].path == "/login"
    assert server.forms[0].text == "user=ann"
    assert server.sent == []


def test_a_native_form_with_a_get(page: Page) -> None:
    server = show(
        page, '<form action="/find"><input name="q" value="tea"><button id="b">b</button></form>'
    )

    page.click("#b")
    page.wait_for_url("**/find?q=tea")

    assert server.sent == []


def test_without_javascript_the_same_markup_posts_forms(context_factory: ContextFactory) -> None:
    """The button of the page form posts to the offer, with the page's id and URL."""
    page = context_factory(java_script_enabled=False).new_page()
    server = FakeServer(page, COUNTER + '<input form="ht" name="a" id="a" value="1">')
    page.goto(ORIGIN)

    page.click("#go")
    wait_until(page, lambda: server.forms)
    page.press("#a", "Enter")

    [form] = server.forms
    assert f"{form.path}?{form.query}" == COUNT
    assert form.text == "ht-page=PAGE&ht-url=%2Fcounter%3Fx%3D1&a=1"


# Visits, looks


def test_a_visit_goes_there(page: Page) -> None:
    """The answer to a click was a redirect."""
    server = show(page)
    server.will(template("visit", "/login?next=%2F"))

    page.click("#go")

    page.wait_for_url("**/login?next=%2F")


HOSTILE = [
    "javascript:document.title='ran'",
    " java\tscript:document.title='ran'",
    "data:text/html,<script>1</script>",
    "//elsewhere.test/",
    "/\\elsewhere.test/",
    "\\\\elsewhere.test/",
    "/\t/elsewhere.test/",
    "https://elsewhere.test/",
    "//elsewhere\uff0etest/",
]


def test_a_visit_never_runs_a_script_or_leaves_the_site(page: Page) -> None:
    """Whatever the server let through: each is tried by itself, and the page is still there."""
    server = show(page)
    for n, url in enumerate(HOSTILE):
        server.will(template("visit", html.escape(url)) + count(n + 2))
        page.click("#go")
        expect(page.locator("#count")).to_have_text(str(n + 2))
        assert page.url.endswith("/counter?x=1"), url
    assert page.title() == "One"


def test_a_visit_leaves_the_site_where_the_author_says_so(page: Page) -> None:
    server = show(page)
    server.will(
        f'<template ht-op="visit" id="{EXTERNAL}" ht-to="https://elsewhere.test/"></template>'
    )

    page.click("#go")

    page.wait_for_url("https://elsewhere.test/")


@pytest.mark.parametrize(
    "event",
    [
        "dispatchEvent(new Event('focus'))",
        "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))",
        "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))",
    ],
)
def test_a_look_catches_up(page: Page, event: str) -> None:
    """The page asks what came while nobody looked."""
    server = show(page)
    server.lives.append(Answer(count(4), since="e.1", cursor="e.6"))

    page.evaluate(event)

    expect(page.locator("#count")).to_have_text("4")
    [poll] = server.polls
    assert (poll.method, poll.path, poll.query) == ("GET", "/api/_live", "")
    assert [poll.headers[f"ht-{name}"] for name in ("page", "url", "cursor")] == [
        "PAGE",
        "/counter?x=1",
        "e.1",
    ]


def test_a_look_asks_once(page: Page) -> None:
    """Focus and visibility come together; one question is enough."""
    server = show(page)
    server.lives.append(HOLD)

    seen = "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))"
    page.evaluate(f"{seen}; dispatchEvent(new Event('focus'))")
    wait_until(page, lambda: server.held)
    server.release(Answer(count(4), since="e.1", cursor="e.6"))
    expect(page.locator("#count")).to_have_text("4")
    page.evaluate("store_shared.update('x', 1)")

    assert len(server.polls) == 1


def test_a_look_while_the_line_is_cut_is_no_error(page: Page) -> None:
    """Nobody clicked, so nobody is told; the next look asks again."""
    page.clock.install()
    server = show(page)
    server.lives.extend([CUT, Answer(count(4), since="e.1", cursor="e.6")])

    page.evaluate("dispatchEvent(new Event('focus'))")
    wait_until(page, lambda: server.polls)
    page.evaluate("store_shared.update('x', 1)")
    page.clock.run_for(1000)
    page.evaluate("dispatchEvent(new Event('focus'))")

    expect(page.locator("#count")).to_have_text("4")
    assert page.evaluate("told") == []


def test_the_second_tab_shows_it_when_it_is_looked_at(page: Page) -> None:
    """Two tabs of one browser: a click in one is seen in the other."""
    first = show(page)
    other = page.context.new_page()
    second = show(other)
    first.will(count(2))
    second.lives.append(Answer(count(2), since="e.1", cursor="e.2"))

    page.click("#go")
    expect(page.locator("#count")).to_have_text("2")
    expect(other.locator("#count")).to_have_text("1")
    other.evaluate("dispatchEvent(new Event('focus'))")

    expect(other.locator("#count")).to_have_text("2")


def test_coming_back_shows_now(page: Page) -> None:
    """The page that the browser kept or loads again catches up."""
    server = show(page, COUNTER + '<a id="away" href="/other">away</a>')
    page.click("#away")
    page.wait_for_url("**/other")
    server.body = count(8)
    server.lives.append(Answer(count(8), since="e.1", cursor="e.6"))

    page.go_back()

    expect(page.locator("#count")).to_have_text("8")


def test_nothing_needs_more_than_our_own_script(page: Page) -> None:
    """Under the narrowest policy a click, a rule and an error work; nothing is reported."""
    policy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'nonce-x'"
    server = FakeServer(page, COUNTER, policy=policy, nonce="x")
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.goto(ORIGIN)
    rule = template("style", content=".k { margin: 5px; }")
    server.will(rule + '<h3 id="count" class="k">2</h3>', refuse("No."))

    page.click("#go")
    page.click("#go")

    expect(page.locator("#count")).to_have_css("margin", "5px")
    expect(page.locator("#ht-error")).to_have_text("No.")
    assert [text for text in problems if "Content Security Policy" in text] == []
