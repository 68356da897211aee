"""A click does what was shown and typed: constants, second presses, values that wait, names."""

from __future__ import annotations

import functools
import html
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import (
    CUT,
    HOLD,
    Answer,
    FakeServer,
    button,
    offer,
    template,
    wait_until,
)
from tests.browser.test_shim_wire import COUNT, count, refuse, show, slot, stop_the_clock

NOTHING = Answer(status=204)


# Constants: the very bytes


@pytest.mark.parametrize(
    "written",
    [
        "5.0",
        "1e2",
        "9007199254740993",
        "12345678901234567890",
        "-0",
        "1.10",
        '"\\u00e9"',
        '"\\/"',
        '{"b":1.0,"a":{"$":["value","n"]}}',
        '{"2":1,"1":2}',
        '[1.0,{"$":["value","n"]},100000000000000000001]',
    ],
)
def test_a_constant_is_never_written_anew(page: Page, written: str) -> None:
    """Whatever JavaScript would write for it, the bytes that were signed are sent back."""
    query = f"replace={html.escape(written, quote=False)}&at=3.0&o=mac".replace('"', "%22")
    query = query.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")
    server = show(
        page, f'<form><input name="n" value="7"><p id="p" ht-click="shared/a?{query}">p</p></form>'
    )

    page.click("#p")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].offer == query.replace("&amp;", "&")
    assert server.sent[0].values == (["7"] if "value" in written else [])


# Pressed twice


def _form(url: str, fields: str = '<input name="task" value="tea">') -> str:
    start = f'<form id="f" action="{html.escape(url)}" method="post">'
    return f'{start}{fields}<button id="go">Add</button></form>'


APPEND = offer("todos/todo", "append", slot("value", "task"), "&one")

_DOUBLE = "page.dblclick('#go')"
_ENTER = "page.press('#f input', 'Enter'), page.press('#f input', 'Enter')"
_TWICE = [
    ("a double click on Add", _form(APPEND), _DOUBLE, 1),
    ("Enter twice", _form(APPEND), _ENTER, 1),
    (
        "Enter, and then the button",
        _form(APPEND),
        "page.press('#f input', 'Enter'), page.click('#go')",
        1,
    ),
    ("a double click on an insert", button(offer("s/l", "append", 1, "&one")), _DOUBLE, 1),
    ("a double click on delete", button(offer("s/l/0", "delete", ..., "&one")), _DOUBLE, 1),
    (
        "a key held down",
        f'<input id="go" ht-keydown="{html.escape(offer("s/l", "append", 1, "&key=a&one"))}">',
        "[page.keyboard.down('a') for _ in range(3)] if page.focus('#go') is None else 0",
        1,
    ),
    ("a double click on plus", button(COUNT), _DOUBLE, 2),
    ("a double click on a toggle", button(offer("s/on", "toggle")), _DOUBLE, 2),
    (
        "another Add of the same page",
        f'<p id="q" ht-click="{html.escape(APPEND)}">q</p>{_form(APPEND)}'.replace(
            "task", "t"
        ).replace('name="t"', 'name="t" id="t"'),
        "page.click('#go'), page.click('#q')",
        2,
    ),
    (
        "two choices made one after the other",
        f'<select id="go" ht-change="{html.escape(offer("s/l", "append", slot("this", "value")))}">'
        "<option>1<option>2<option>3</select>",
        "page.select_option('#go', '2'), page.select_option('#go', '3')",
        2,
    ),
]


@pytest.mark.parametrize(
    ("body", "gesture", "sent"), [case[1:] for case in _TWICE], ids=[case[0] for case in _TWICE]
)
def test_a_second_press_while_the_first_is_under_way(
    page: Page, body: str, gesture: str, sent: int
) -> None:
    """What the server marked with `one` is sent once; the rest counts as often as it is pressed."""
    server = show(page, body)
    server.will(HOLD)

    eval(gesture, {"page": page})  # the gestures are written above
    wait_until(page, lambda: server.held)
    server.release(NOTHING)
    page.evaluate("store_shared.update('last', 1)")

    assert len(server.sent) == sent + 1


def _has_sent(server: FakeServer, number: int) -> bool:
    return len(server.sent) == number


def test_when_it_is_answered_it_can_be_pressed_again(page: Page) -> None:
    """Also when it was refused, and when the line was cut."""
    server = show(page, _form(APPEND) + count(1))
    server.will(refuse("No."), CUT, NOTHING, count(2))

    for number in (1, 3, 4):
        page.click("#go")
        wait_until(page, functools.partial(_has_sent, server, number))
        expect(page.locator("#f")).not_to_have_attribute("aria-busy", "true")

    expect(page.locator("#count")).to_have_text("2")


# Delayed, and then left

_DEBOUNCED = offer("s/name", "replace", slot("this", "value"), "&debounce=60000")
_SLOW = f'<form id="f" action="{html.escape(offer("s/l", "append", 1))}" method="post">' + (
    f'<input id="n" ht-input="{html.escape(_DEBOUNCED)}"><button id="go">Add</button></form>'
)

_LEFT = [
    ("blur", "", "page.locator('#n').blur()", ["name"]),
    ("a submit of the form", "", "page.press('#n', 'Enter')", ["name", "l"]),
    (
        "another button",
        button(COUNT).replace("go", "plus"),
        "page.click('#plus')",
        ["name", "counter"],
    ),
    (
        "a key with an action in the same field",
        "",
        "page.press('#n', 'Escape')",
        ["name", "esc"],
    ),
    ("another page", "", "page.goto(page.url.replace('x=1', 'x=2'))", ["name"]),
    ("a reload", "", "page.reload()", ["name"]),
    ("hiding the tab", "", "page.evaluate(HIDE)", ["name"]),
    (
        "a form of the author's own",
        '<form action="/find"><input id="q" name="q"></form>',
        "page.evaluate('document.forms[2].requestSubmit()')",
        ["name"],
    ),
]
_HIDE = """() => {
  Object.defineProperty(Document.prototype, "hidden", {get: () => true});
  document.dispatchEvent(new Event("visibilitychange", {bubbles: true}));
}"""


@pytest.mark.parametrize(
    ("more", "gesture", "paths"), [case[1:] for case in _LEFT], ids=[case[0] for case in _LEFT]
)
def test_a_value_that_waits_is_sent_before_it_is_left(
    page: Page, more: str, gesture: str, paths: list[str]
) -> None:
    """And before what comes after it; the timer that waited is over."""
    key = html.escape(offer("s/esc", "toggle", ..., "&key=Escape"))
    server = show(page, _SLOW.replace("<input", f'<input ht-keydown="{key}"') + more)
    page.focus("#n")
    page.keyboard.type("ann")
    assert server.sent == []

    eval(gesture, {"page": page, "HIDE": _HIDE})
    wait_until(page, lambda: len(server.sent) >= len(paths))

    assert [sent.path.rpartition("/")[2] for sent in server.sent] == paths
    assert server.sent[0].values == ["ann"]


def test_a_throttled_value_that_waits_is_sent_too(page: Page) -> None:
    """The last one of a burst."""
    page.clock.install()
    url = html.escape(offer("s/a", "replace", slot("this", "value"), "&throttle=9000"))
    server = show(page, f'<input id="x" ht-input="{url}">')
    stop_the_clock(page)

    page.fill("#x", "a")
    page.fill("#x", "ab")
    page.fill("#x", "abc")
    page.locator("#x").blur()
    wait_until(page, lambda: len(server.sent) == 2)

    assert [sent.values for sent in server.sent] == [["a"], ["abc"]]


# Input methods

_IME = """([type, key, options, up]) => {
  const field = document.getElementById("n");
  field.focus();
  const fire = (type, options) => field.dispatchEvent(
    new KeyboardEvent(type, {key, bubbles: true, cancelable: true, ...options}));
  fire("keydown", options);
  fire("keyup", up || {});
}"""


@pytest.mark.parametrize(
    ("event", "key", "down", "fires"),
    [
        ("keydown", "Enter", {"isComposing": True}, 0),
        ("keydown", "Enter", {"keyCode": 229}, 0),
        ("keydown", "Escape", {"isComposing": True}, 0),
        ("keydown", " ", {"keyCode": 229, "isComposing": True}, 0),
        ("keyup", "Enter", {"isComposing": True}, 0),  # it ends what began with that press
        ("keyup", "Enter", {"keyCode": 229}, 0),
        ("keydown", "Enter", {"keyCode": 13}, 1),
        ("keyup", "Enter", {"keyCode": 13}, 1),
        # What is typed on a screen has no name, and is composed all the time.
        ("keydown", "Unidentified", {"keyCode": 229}, 1),
        ("keydown", "Unidentified", {"keyCode": 229, "isComposing": True}, 1),
        ("keyup", "Unidentified", {"keyCode": 229}, 1),
        ("keyup", "Unidentified", {"keyCode": 229, "isComposing": True}, 1),
        ("keydown", "Process", {"keyCode": 229}, 0),
    ],
)
def test_a_key_that_an_input_method_takes_fires_nothing(
    page: Page, event: str, key: str, down: dict[str, Any], fires: int
) -> None:
    url = html.escape(offer("s/said", "toggle", ..., f"&key={key.replace(' ', '%20')}"))
    server = show(page, f'<input id="n" ht-{event}="{url}">')

    page.evaluate(_IME, [event, key, down, {}])
    page.evaluate("store_shared.update('last', 1)")

    assert len(server.sent) == fires + 1


def test_a_real_input_method(page: Page) -> None:
    """A word is composed by the browser's own means, and its Enter is not the page's."""
    url = html.escape(offer("s/said", "append", slot("this", "value"), "&key=Enter"))
    server = show(page, f'<input id="n" ht-keydown="{url}">')
    page.focus("#n")
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2}
    )
    key = {"key": "Enter", "windowsVirtualKeyCode": 229}
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
    session.send("Input.insertText", {"text": "日本"})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})

    page.press("#n", "Enter")
    wait_until(page, lambda: server.sent)

    assert [sent.values for sent in server.sent] == [["日本"]]


# Names like properties

_NAMES = """() => {
  const names = new Set();
  for (let of = HTMLFormElement.prototype; of; of = Object.getPrototypeOf(of))
    for (const name of Object.getOwnPropertyNames(of)) names.add(name);
  return [...names];
}"""


@pytest.fixture(scope="module")
def names(shared_page: Page) -> list[str]:
    """Every property of a form: what a control of that name or id stands before."""
    found: list[str] = shared_page.evaluate(_NAMES)
    assert {"elements", "reset", "attributes", "getAttribute", "closest"} <= set(found)
    return found


def _named(by: str, names: list[str], url: str, n: int) -> str:
    controls = "".join(f'<input {by}="{name}" value="">' for name in names)
    return (
        f'<form id="f" class="k{n}" action="{html.escape(url)}" method="post">{controls}'
        f'<input name="task" value="was"><h3 id="count">{n}</h3><button id="go">Add</button></form>'
    )


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_form_whose_controls_have_the_names_of_all_its_properties(
    page: Page, names: list[str], by: str
) -> None:
    """It sends, waits, is patched and is reset as any other."""
    server = show(page, _named(by, names, APPEND, 1))
    server.will(HOLD)

    # Playwright asks the form itself, so nothing here is asked of it but by selector.
    page.evaluate("document.querySelector('[name=task]').value = 'tea'; go.click()")
    wait_until(page, lambda: server.held)
    assert page.evaluate("!!document.querySelector('form.ht-busy[aria-busy=true]')")
    server.release(_named(by, names, APPEND, 2))
    wait_until(page, lambda: page.evaluate("count.textContent") == "2")

    assert server.sent[0].values == ["tea"]
    assert page.evaluate("!!document.querySelector('form.k2:not(.ht-busy, [aria-busy])')")
    assert page.evaluate("document.querySelector('[name=task]').value") == "was"


@pytest.mark.parametrize("name", ["elements", "reset", "attributes", "closest", "form", "options"])
def test_a_field_named_like_a_property_is_a_field(page: Page, name: str) -> None:
    url = offer("s/l", "append", slot("value", name))
    server = show(page, _form(url, f'<input name="{name}" value="tea">'))

    page.click("#go")
    wait_until(page, lambda: server.sent)

    assert server.sent[0].values == ["tea"]


@pytest.mark.parametrize(
    "name",
    [
        "body", "head", "getElementById", "activeElement", "createElement", "title", "hidden",
        "getElementsByName", "dispatchEvent", "documentElement", "querySelectorAll",
    ],
)  # fmt: skip
def test_an_image_or_a_form_named_like_a_property_of_the_page(page: Page, name: str) -> None:
    """Clicks, patches, errors and a new title work as before."""
    url = offer("s/l", "append", slot("value", "n"))
    add = button(url, attributes="")
    named = f'<img name="{name}"><form name="{name}"><input name="n" value="7">{add}</form>'
    server = show(page, named + count(1), stores="shared extra")
    server.will(count(2) + template("style", content=".k { margin: 5px; }"), refuse("No."))

    page.click("#go")
    wait_until(page, lambda: server.sent)
    expect(page.locator("#count")).to_have_text("2")
    page.click("#go")

    expect(page.locator("#ht-error")).to_have_text("No.")
    assert server.sent[0].values == ["7"]


def test_an_element_with_the_id_of_a_store_object(page: Page) -> None:
    """The browser makes every id a property of the window; the store comes first."""
    server = show(page, '<p id="store_shared">p</p>')

    page.evaluate("store_shared.update('counter', 1)")

    assert server.sent[0].path == "/api/_store/shared/counter"
