"""Answers that are not ours, none at all, and ours with something around them."""

from __future__ import annotations

import gzip
import html

import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_server import (
    CUT,
    HOLD,
    ORIGIN,
    Answer,
    FakeServer,
    button,
    offer,
    wait_until,
)
from tests.browser.test_shim_wire import (
    COUNT,
    COUNTER,
    count,
    hear,
    refuse,
    show,
    slot,
    stop_the_clock,
)

NOTHING = Answer(status=204)
NOT_YET = "Not saved yet, try again"
TRYING = "Not saved yet, trying again"

_LOG_IN = "<!doctype html><title>Log in</title><form method=post><input name=user></form>"
_MARKED = f"<template ht>{count(9)}</template>"

# What somebody else answers: `ours=False` adds no mark and no header.
_STRANGERS = {
    "a captive portal": Answer(
        "<!doctype html><title>Wi-Fi</title><h1>Welcome</h1><h3 id=count>7</h3>", ours=False
    ),
    "a log-in page under the same address": Answer(_LOG_IN, ours=False),
    "a log-in gate of the same host": Answer(
        "", 302, headers={"Location": "/login?next=%2F"}, ours=False
    ),
    "a log-in gate of another host": Answer(
        "", 303, headers={"Location": "http://sso.test/start"}, ours=False
    ),
    "a proxy's error page that says 200": Answer("<h1>502 Bad Gateway</h1>", ours=False),
    "a proxy that drops headers": Answer(_MARKED, ours=False),
    "a proxy that puts its own page under our headers": Answer(
        "<h1>Blocked</h1>", headers={"HT-Cursor": "e.2", "HT-Since": "e.1"}, ours=False
    ),
    "a patch without its mark": Answer(
        count(9), headers={"HT-Cursor": "e.2", "HT-Since": "e.1"}, ours=False
    ),
    "the mark of another template": Answer(
        f"<template id=ht>{count(9)}</template>", headers={"HT-Cursor": "e.2"}, ours=False
    ),
    "bytes that are no text": Answer(
        gzip.compress(b"<p>hello</p>").decode("latin-1"), type="text/html", ours=False
    ),
    "an empty page": Answer("", ours=False),
    "nothing, said by somebody else": Answer("", 204, ours=False),
    "JSON": Answer('{"ok": true}', type="application/json", ours=False),
    "a page that is not allowed": Answer("<h1>Forbidden</h1>", 403, ours=False),
    "a body that is too large for a proxy": Answer("<h1>Too large</h1>", 413, ours=False),
    "too many requests for a proxy": Answer("slow down", 429, type="text/plain", ours=False),
    "a page that fails": Answer("<h1>Internal Server Error</h1>", 500, ours=False),
}


@pytest.mark.parametrize("name", _STRANGERS)
def test_an_answer_that_is_not_ours_is_no_success(page: Page, name: str) -> None:
    """The text stays, no step follows, the person is told, and can do the same once more."""
    add = offer("todos/todo", "append", slot("value", "task"), "&one")
    steps = html.escape('["","js:window.next=1"]')
    server = show(
        page,
        f'<form id="f" action="{html.escape(add)}" method="post" ht-submit="{steps}">'
        f'<input name="task"><button id="go">Add</button></form>{count(1)}',
        policy="",
    )
    page.fill("#f input", "tea")
    server.will(_STRANGERS[name], count(2))

    page.click("#go")
    hear(page)

    assert page.evaluate("told") == [NOT_YET]
    expect(page.locator("#count")).to_have_text("1")
    expect(page.locator("#f input")).to_have_value("tea")
    assert page.evaluate("window.next") is None
    link = page.locator("#ht-error")
    expect(link).to_have_attribute("target", "_blank")
    assert link.evaluate("(link) => link.href") == page.url + "#"
    page.click("#go")
    expect(page.locator("#count")).to_have_text("2")
    expect(page.locator("#f input")).to_have_value("")
    expect(link).to_have_count(0)
    assert page.evaluate("window.next") == 1
    first, second = server.sent
    assert first.headers["ht-id"] == second.headers["ht-id"], "so that it can't count twice"


def test_it_is_told_in_the_language_of_the_page(page: Page) -> None:
    server = show(page, COUNTER, policy="")
    page.evaluate(
        "(words) => document.getElementById('ht').setAttribute('ht-words', JSON.stringify(words))",
        {NOT_YET: "Noch nicht gespeichert"},
    )
    server.will(_STRANGERS["an empty page"], refuse("Nur Zahlen.", 422))

    page.click("#go")
    hear(page)
    page.click("#go")
    hear(page, 2)

    assert page.evaluate("told") == ["Noch nicht gespeichert", "Nur Zahlen."]


def test_what_is_sent_after_that_is_a_new_click(page: Page) -> None:
    """With another text, or when the same one has been answered."""
    add = offer("todos/todo", "append", slot("value", "task"), "&one&keep_values")
    server = show(
        page,
        f'<form id="f" action="{html.escape(add)}" method="post">'
        '<input name="task"><button id="go">Add</button></form>',
    )
    server.will(_STRANGERS["a captive portal"], NOTHING, NOTHING, NOTHING)

    for number, text in enumerate(("tea", "milk", "tea", "tea"), 1):
        page.fill("#f input", text)
        page.click("#go")
        wait_until(page, lambda sent=number: len(server.sent) == sent)  # type: ignore[misc]
        expect(page.locator("#f")).not_to_have_attribute("aria-busy", "true")

    ids = [sent.headers["ht-id"] for sent in server.sent]
    assert ids[2] == ids[0]
    assert len(set(ids)) == 3


def test_a_page_where_one_can_log_in_is_a_click_away(page: Page) -> None:
    """What is told is a link to this page, in a window of its own: there the gate shows itself."""
    server = FakeServer(page.context, COUNTER)
    page.goto(f"{ORIGIN}/counter?x=1")
    server.will(_STRANGERS["a log-in gate of the same host"])
    page.click("#go")
    expect(page.locator("#ht-error")).to_be_visible()

    with page.context.expect_page() as opened:
        page.click("#ht-error")

    assert opened.value.url == page.url + "#"


# Nobody there

_NOBODY = {
    "a line that is cut": CUT,
    "a gateway without a server": Answer("<h1>Bad Gateway</h1>", 502, ours=False),
    "a server that starts": Answer("", 503, ours=False),
    "a gateway that waited": Answer("<h1>Gateway Time-out</h1>", 504, ours=False),
    "a network that knows no more": Answer("error code: 520", 520, ours=False),
    "a network whose origin is down": Answer("error code: 521", 521, ours=False),
    "a network whose origin is slow": Answer("error code: 524", 524, ours=False),
}


@pytest.mark.parametrize("name", _NOBODY)
def test_what_nobody_answers_is_tried_again(page: Page, name: str) -> None:
    """It is the same click, it counts once, and a short gap is told to nobody."""
    server = show(page)
    server.will(_NOBODY[name], count(2))

    page.click("#go")

    expect(page.locator("#count")).to_have_text("2")
    assert len({sent.headers["ht-id"] for sent in server.sent}) == 1
    assert page.evaluate("told") == []


def _down(page: Page, body: str = COUNTER) -> FakeServer:
    # A page whose clock stands still, before a server that is down.
    page.clock.install()
    server = show(page, body)
    stop_the_clock(page)
    server.will(*[CUT] * 50)
    return server


def _tried(page: Page, server: FakeServer, times: int) -> None:
    wait_until(page, lambda: len(server.sent) == times)
    page.evaluate("new Promise((done) => queueMicrotask(done))")


def test_with_the_server_down_the_person_sees_it_after_a_second_or_two(page: Page) -> None:
    """A bar, an event for scripts, and once: not with each try."""
    server = _down(page)

    page.click("#go")
    _tried(page, server, 1)
    page.clock.run_for(1000)
    assert page.evaluate("told") == []
    page.clock.run_for(1000)
    hear(page)

    expect(page.locator("#ht-error")).to_have_text(TRYING)
    expect(page.locator("#ht-error")).to_have_attribute("role", "alert")
    expect(page.locator("#go")).to_have_attribute("aria-busy", "true")
    page.clock.run_for(5000)
    assert page.evaluate("told") == [TRYING]
    server.answers.clear()
    server.will(count(2))
    page.clock.run_for(5000)
    expect(page.locator("#count")).to_have_text("2")
    expect(page.locator("#ht-error")).to_have_count(0)


def test_a_line_that_is_dead_is_given_up(page: Page) -> None:
    """Nothing comes back for a while: it is told, and tried again. It is the same click."""
    page.clock.install()
    server = show(page)
    stop_the_clock(page)
    server.will(HOLD, HOLD, HOLD, count(2))

    page.click("#go")
    wait_until(page, lambda: server.held)
    page.clock.run_for(10_400)
    hear(page)
    assert len(server.sent) == 1
    page.clock.run_for(200)
    wait_until(page, lambda: len(server.sent) == 2)
    page.clock.run_for(9_000)
    page.evaluate("dispatchEvent(new Event('focus'))")  # too soon: the server may be at work on it
    page.clock.run_for(10_500)
    wait_until(page, lambda: len(server.sent) == 3)
    page.clock.run_for(20_000)
    page.evaluate("dispatchEvent(new Event('focus'))")

    expect(page.locator("#count")).to_have_text("2")
    expect(page.locator("#ht-error")).to_have_count(0)
    assert len({sent.headers["ht-id"] for sent in server.sent}) == 1
    assert page.evaluate("told") == [TRYING]


def test_a_click_that_waits_behind_a_look_is_told(page: Page) -> None:
    """The look itself is nobody's, and nobody is told of it."""
    page.clock.install()
    server = show(page)
    stop_the_clock(page)
    server.lives.append(HOLD)
    page.evaluate("dispatchEvent(new Event('focus'))")
    wait_until(page, lambda: server.held)
    page.clock.run_for(5000)
    assert page.evaluate("told") == []

    page.click("#go")
    page.clock.run_for(2000)

    hear(page)
    assert page.evaluate("told") == [TRYING]
    server.will(count(2))
    page.clock.run_for(9000)  # what it waits for is given up
    expect(page.locator("#count")).to_have_text("2")


def test_it_waits_five_seconds_at_most(page: Page) -> None:
    """However long the server is away."""
    server = _down(page)
    page.click("#go")
    _tried(page, server, 1)

    for times in range(2, 12):
        page.clock.run_for(5000)
        wait_until(page, lambda least=times: len(server.sent) >= least)  # type: ignore[misc]


_AT_ONCE = {
    "focus": "dispatchEvent(new Event('focus'))",
    "the line is back": "dispatchEvent(new Event('online'))",
    "the tab is seen": "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))",
    "back from the cache": "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))",
    "the next click": "document.getElementById('other').click()",
    "another press of the same": "document.getElementById('go').click()",
}


@pytest.mark.parametrize("name", _AT_ONCE)
def test_it_tries_at_once(page: Page, name: str) -> None:
    """Without waiting for the rest of the time."""
    url = offer("shared/other", "toggle")
    server = _down(page, COUNTER + f'<p id="other" ht-click="{html.escape(url)}">o</p>')
    page.click("#go")
    _tried(page, server, 1)
    page.clock.run_for(300)
    _tried(page, server, 2)
    page.wait_for_function("() => true")
    server.answers.clear()
    server.will(count(2))

    page.evaluate(_AT_ONCE[name])

    expect(page.locator("#count")).to_have_text("2")


_LEAVES = """() => {
  const event = new Event("beforeunload", {cancelable: true});
  dispatchEvent(event);
  return event.defaultPrevented;
}"""


@pytest.mark.parametrize(
    ("name", "asks"),
    [
        ("nothing to send", False),
        ("a click under way, which is sent nevertheless", False),
        ("a text that waits, which is sent now", False),
        ("two clicks", True),
        ("a click that nobody answers", True),
        ("a long text", True),
        ("a look under way", False),
        ("all answered", False),
    ],
)
def test_who_leaves_with_unsent_clicks_is_asked(page: Page, name: str, asks: bool) -> None:
    page.clock.install()
    said = html.escape(offer("s/said", "set", slot("this", "value"), "&debounce=9000"))
    server = show(page, COUNTER + f'<textarea id="t" ht-input="{said}"></textarea>')
    stop_the_clock(page)
    if name == "a look under way":
        server.lives.append(HOLD)
        page.evaluate("dispatchEvent(new Event('focus'))")
    elif name == "a click that nobody answers":
        server.will(CUT)
    elif name == "all answered":
        server.will(count(2))
    else:
        server.will(HOLD)
    if "text" in name:
        page.fill("#t", "x" * (30_000 if name == "a long text" else 3))
    if "click" in name or name == "all answered":
        page.click("#go")
        wait_until(page, lambda: server.sent)
    if name == "two clicks":
        page.click("#go")
    if name == "a click that nobody answers":
        page.clock.run_for(100)
        page.wait_for_timeout(50)
    if name == "all answered":
        expect(page.locator("#count")).to_have_text("2")

    assert page.evaluate(_LEAVES) is asks


# Around our patch

_AROUND = {
    "a script of live reload before it": "<script src=/livereload.js></script>{}",
    "a script of live reload behind it": "{}<script>window.evil = 1</script>",
    "a toolbar around it": "<div id=toolbar><style>p {{ color: red }}</style>{}</div>",
    "a whole document": "<!doctype html><html><head><title>t</title></head><body>{}</body></html>",
    "a comment and white space": "\n<!-- served by proxy-7 -->\n {} \n",
    "another template": "<template><h3 id=count>7</h3></template>{}<template id=x></template>",
    "an element with an id of the page": "<h3 id=count>7</h3>{}",
    "a byte order mark": "\ufeff{}",
    "an image that counts": "{}<img src=/pixel.gif width=1 height=1>",
}


@pytest.mark.parametrize("name", _AROUND)
def test_what_stands_around_a_patch_is_ignored(page: Page, name: str) -> None:
    server = show(page, policy="")
    headers = {"HT-Since": "e.1", "HT-Cursor": "e.2"}
    body = _AROUND[name].format(f"<template ht>{count(2)}</template>")
    server.will(Answer(body, headers=headers, ours=False), Answer(count(3), cursor="e.3"))

    page.click("#go")
    expect(page.locator("#count")).to_have_text("2")
    page.click("#go")
    expect(page.locator("#count")).to_have_text("3")

    assert server.sent[1].headers["ht-cursor"] == "e.2"
    assert page.evaluate("[told.length, window.evil]") == [0, None]
    expect(page.locator("#toolbar")).to_have_count(0)


def test_a_refusal_with_something_around_it_is_one(page: Page) -> None:
    server = show(page, button(COUNT))
    refused = refuse("No.")
    body = f"<script></script><template ht>{refused.body}</template>"
    server.will(Answer(body, 403, headers={"HT-Cursor": "e.1"}, ours=False))

    page.click("#go")
    hear(page)

    assert page.evaluate("told") == ["No."]
