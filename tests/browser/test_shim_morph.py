"""What a visitor has in hand survives a patch: focus, caret, typed text, scroll, the very nodes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from playwright.sync_api import Page, expect

from tests.browser.fake_server import HOLD, ORIGIN, FakeServer, page_form, template, wait_until
from tests.testing.random_trees import random_pairs

_PATCH = "store_shared.update('counter', 1).then(() => 0)"


def show(page: Page, body: str) -> FakeServer:
    server = FakeServer(page, body)
    page.goto(ORIGIN)
    return server


def patch(page: Page, server: FakeServer, html: str) -> None:
    server.will(html)
    page.evaluate(_PATCH)


def _binding(n: int, *, value: str = "", extra: str = "") -> str:
    field = f'<input id="f" value="{value}">' if value else '<input id="f">'
    return f'<div id="b" class="n{n}">{extra}<p>{n}</p>{field}<p>end {n}</p></div>'


def test_typing_goes_on_while_patches_arrive(page: Page) -> None:
    """A patch around the field between any two keys loses no key."""
    server = show(page, _binding(0))
    page.focus("#f")

    for n, key in enumerate("hello wörld"):
        page.keyboard.insert_text(key) if key == "ö" else page.keyboard.press(key)
        patch(page, server, _binding(n + 1, extra="<i>new</i>" * (n % 3)))

    expect(page.locator("#f")).to_have_value("hello wörld")
    expect(page.locator("#b")).to_have_class("n11")


def test_keys_between_a_click_and_its_answer_are_kept(page: Page) -> None:
    """What is typed while the answer is on its way stays when it comes."""
    server = show(page, _binding(0))
    page.focus("#f")
    page.keyboard.type("one ")
    server.will(HOLD)
    page.evaluate(f"void {_PATCH}")
    wait_until(page, lambda: server.held)
    page.keyboard.type("two ")

    server.release(_binding(1))
    expect(page.locator("#b")).to_have_class("n1")
    page.keyboard.type("three")

    expect(page.locator("#f")).to_have_value("one two three")


@pytest.mark.parametrize("tag", ["input", "textarea"])
def test_the_caret_and_the_selection_stay(page: Page, tag: str) -> None:
    """A patch moves neither end of a selection, nor turns it around."""
    end = "" if tag == "input" else "</textarea>"
    server = show(page, f'<div id="b"><{tag} id="f">{end}</div>')
    page.focus("#f")
    page.keyboard.type("abcdef")
    page.evaluate("document.activeElement.setSelectionRange(2, 4, 'backward')")

    patch(page, server, f'<div id="b"><p>new</p><{tag} id="f" class="k">{end}</div>')

    caret = "(({selectionStart: a, selectionEnd: b, selectionDirection: d}) => [a, b, d])"
    assert page.evaluate(f"{caret}(document.activeElement)") == [2, 4, "backward"]
    page.keyboard.type("X")
    expect(page.locator("#f")).to_have_value("abXef")


def test_an_unnamed_field_keeps_focus_and_text(page: Page) -> None:
    """A field without an id is known by its place."""
    server = show(page, '<form id="b"><label>a <input></label><p>1</p></form>')
    page.focus("#b input")
    page.keyboard.type("ab")
    page.keyboard.press("ArrowLeft")

    patch(page, server, '<form id="b"><label>b <input></label><p>2</p><p>3</p></form>')
    page.keyboard.type("X")

    expect(page.locator("#b input")).to_have_value("aXb")


def test_focus_stays_when_rows_come_before_the_field(page: Page) -> None:
    """Rows with ids around a focused row leave it where the visitor is."""
    row = '<li id="r{0}"><input id="f{0}"></li>'.format
    server = show(page, f'<ul id="u">{row(1)}{row(2)}{row(3)}</ul>')
    page.focus("#f2")
    page.keyboard.type("ab")

    patch(page, server, f'<ul id="u">{row(0)}{row(3)}{row(2)}{row(4)}{row(1)}</ul>')
    page.keyboard.type("c")

    expect(page.locator("#f2")).to_have_value("abc")


# Safari has no moveBefore, older browsers neither.
_WITHOUT_MOVE_BEFORE = """for (const {prototype} of [Element, Document, DocumentFragment])
  delete prototype.moveBefore;"""

_CARET = """(({id, value, selectionStart, selectionEnd, selectionDirection}) =>
  [id, value, selectionStart, selectionEnd, selectionDirection])(document.activeElement)"""


@pytest.mark.parametrize("script", ["", _WITHOUT_MOVE_BEFORE], ids=["moveBefore", "insertBefore"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>1</p>{0}<p>2</p>", '<p>1</p><div class="row"><b>x</b>{0}</div><p>2</p>'),
        ('<p>1</p><div class="row"><b>x</b>{0}</div><p>2</p>', "<p>1</p>{0}<p>2</p>"),
        ('<ul id="u">{0}</ul><ol id="o"></ol>', '<ul id="u"></ul><ol id="o">{0}</ol>'),
        ("<section>{0}</section>", '<article><div id="new">{0}</div></article>'),
        ('<div id="d">{0}</div>', '<section><p>x</p><div id="d"><p>y</p>{0}</div></section>'),
    ],
    ids=["wrapped", "unwrapped", "to another parent", "to a new tree", "with what holds it"],
)
def test_focus_and_caret_stay_in_a_field_with_an_id(
    page: Page, script: str, before: str, after: str
) -> None:
    """Wherever in its binding the field goes, typing goes on, and nothing scrolls."""
    field = '<input id="f">'
    space = '<div style="height: 1000px"></div>'
    body = f'{space}<div id="b">{before.format(field)}</div>{space}{space}'
    style = "<style>html { overflow-anchor: none }</style>"
    server = FakeServer(page, body, policy="", head=style)
    page.goto(ORIGIN)
    page.evaluate(script)
    page.focus("#f")
    page.keyboard.type("abcdef")
    page.evaluate("f.setSelectionRange(2, 4, 'backward'); scrollTo(0, 700)")
    page.evaluate("window.kept = f")

    patch(page, server, f'<div id="b" class="new">{after.format(field)}</div>')

    expect(page.locator("#b")).to_have_class("new")
    assert page.evaluate("kept === f")
    assert page.evaluate(_CARET) == ["f", "abcdef", 2, 4, "backward"]
    assert page.evaluate("scrollY") == 700
    page.keyboard.type("X")
    expect(page.locator("#f")).to_have_value("abXef")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '<ul><li id="x"></li></ul><ol><li id="y"></li></ol>',
            '<ul><li id="y"></li></ul><ol><li id="x"></li></ol>',
        ),
        (
            '<ul id="u"><li id="x">1</li><li>2</li></ul><ol id="o"><li id="y">3</li></ol>',
            '<ul id="u"><li>2</li><li id="y">4</li></ul><ol id="o"><li id="x">5</li></ol>',
        ),
        ('<p id="x"><b id="y">1</b></p>', '<b id="y"><p id="x">1</p></b>'),
        (
            '<p id="x">a<b id="y">b<i id="z">c</i></b></p>',
            '<i id="z">d<b id="y">e<p id="x"></p></b></i>',
        ),
        (
            '<p id="x"><b id="y">1</b><i id="z">2</i></p>',
            '<i id="z"><i></i><p id="x"><b>3</b></p></i><section><b id="y">1</b></section>',
        ),
    ],
    ids=["exchanged", "exchanged among others", "inside out", "three inside out", "apart"],
)
def test_nodes_with_ids_are_kept_across_parents(page: Page, before: str, after: str) -> None:
    """Also where one goes into what it held."""
    server = show(page, f'<div id="b">{before}</div>')
    page.evaluate("window.kept = [...b.querySelectorAll('[id]')]")

    patch(page, server, f'<div id="b" class="new">{after}</div>')

    expect(page.locator("#b")).to_have_class("new")
    assert page.evaluate("b.innerHTML") == after
    assert page.evaluate("kept.every((node) => node === document.getElementById(node.id))")
    assert page.evaluate("document.body.lastElementChild.id") == "b"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>{0}{0}</p>", "<p><i>{0}</i></p>"),
        ("<p>{0}{0}</p><i></i>", "<p></p><i>{0}{0}</i>"),
        ("<p>{0}</p><i></i>", "<p>{0}</p><i>{0}</i>"),
        ("<p>{0}</p><i></i>", "<p></p><i>{0}<b>{0}</b></i>"),
        ("<p>{0}</p><i>{0}</i>", "<i>{0}</i><b>{0}</b>"),
        ('<p id="x">{0}</p>', '{0}<p id="x">{0}</p>'),
        ('<u id="x"><u id="x">1</u></u>', '<p><u id="x"><b>2</b><u id="x"></u></u></p>'),
        ("<p>{0}</p>", "<p></p><template>{0}</template>"),
        ("<template>{0}</template><p></p>", "<template></template><p>{0}</p>"),
        ("<p>{0}</p><template></template>", "<p>{0}</p><template>{0}</template>"),
    ],
)
def test_an_id_that_stands_twice_does_no_harm(page: Page, before: str, after: str) -> None:
    """Which node is kept is left open; the tree is the wanted one."""
    twice = '<u id="x">1</u>'
    server = show(page, f'<div id="b">{before.format(twice)}</div>')

    patch(page, server, f'<div id="b" class="new">{after.format(twice)}</div>')

    expect(page.locator("#b")).to_have_class("new")
    assert page.evaluate("b.innerHTML") == after.format(twice)
    assert page.evaluate("document.body.lastElementChild.id") == "b"


def test_nothing_is_taken_from_outside(page: Page) -> None:
    """A node beside what is morphed stays where it is, even under an id that comes in."""
    server = show(page, '<i id="x">1</i><div id="b"></div><i id="y">2</i>')
    page.evaluate("window.kept = [x, y]")

    patch(page, server, '<div id="b" class="new"><i id="x">3</i><i id="y">4</i></div>')

    expect(page.locator("#b")).to_have_class("new")
    assert page.evaluate("[...document.querySelectorAll('i')].map((i) => +i.textContent)") == [
        1,
        3,
        4,
        2,
    ]
    assert page.evaluate("kept.map((node) => node.parentNode === document.body)") == [True, True]


def test_a_frame_goes_on_when_it_gets_a_wrapper(page: Page) -> None:
    """It is moved and not loaded again."""
    frame = '<iframe id="i" srcdoc="x"></iframe>'
    server = show(page, f'<div id="b">{frame}</div>')
    page.evaluate("i.contentWindow.mine = 1")

    patch(page, server, f'<div id="b"><p class="row">{frame}</p></div>')

    expect(page.locator("#b > .row > iframe")).to_have_count(1)
    assert page.evaluate("i.contentWindow.mine") == 1


def test_a_whole_page_keeps_fields_that_get_a_wrapper(page: Page) -> None:
    """What stood in the body itself may stand deeper in the next one."""
    form = page_form("e.1")
    server = show(page, '<input id="f"><p>1</p>')
    page.focus("#f")
    page.keyboard.type("ab")

    content = f'<title>Two</title>{form}<main><input id="f"></main>'
    patch(page, server, template("page", content=content))
    page.keyboard.type("c")

    expect(page).to_have_title("Two")
    expect(page.locator("main > #f")).to_have_value("abc")


def test_focus_stays_when_the_row_itself_is_moved(page: Page) -> None:
    """`move` keeps the node and what is going on in it."""
    row = '<li id="r{0}"><input id="f{0}"></li>'.format
    server = show(page, f'<ul id="u">{row(1)}{row(2)}{row(3)}</ul>')
    page.focus("#f3")
    page.keyboard.type("ab")
    page.keyboard.press("ArrowLeft")

    patch(page, server, template("move", "r3", before="r1"))
    page.keyboard.type("X")

    expect(page.locator("#f3")).to_have_value("aXb")
    expect(page.locator("#u > :first-child")).to_have_id("r3")


def test_autofocus_goes_on_from_what_is_around_it(page: Page) -> None:
    """From a region that has the focus it goes to the field that comes inside, from a field not."""
    server = show(page, '<div id="r" tabindex="0"><p id="b">x</p></div><input id="other">')
    page.focus("#other")
    patch(page, server, '<p id="b"><input id="f" autofocus></p>')
    expect(page.locator("#other")).to_be_focused()
    patch(page, server, '<p id="b">x</p>')
    page.focus("#r")
    patch(page, server, '<p id="b"><input id="f" autofocus></p>')
    expect(page.locator("#f")).to_be_focused()


def test_the_focused_fields_new_value_waits_for_blur(page: Page) -> None:
    """While it has the focus it shows what it showed; untouched, it takes the newest at blur."""
    server = show(page, _binding(0, value="a"))
    page.focus("#f")

    patch(page, server, _binding(1, value="b"))
    expect(page.locator("#f")).to_have_value("a")
    patch(page, server, _binding(2, value="c"))
    expect(page.locator("#f")).to_have_value("a")
    page.locator("#f").blur()

    expect(page.locator("#f")).to_have_value("c")


def test_a_touched_field_keeps_the_typed_value_at_blur(page: Page) -> None:
    """What was typed is newer than what the server sent."""
    server = show(page, _binding(0, value="a"))
    page.focus("#f")
    patch(page, server, _binding(1, value="b"))

    page.keyboard.press("End")
    page.keyboard.type("!")
    page.locator("#f").blur()

    expect(page.locator("#f")).to_have_value("a!")


def test_typed_text_in_other_fields_stays(page: Page) -> None:
    """A patch that has a field as it was leaves alone what was typed, ticked and chosen there."""
    fields = (
        '<input id="t"><textarea id="a">x</textarea><input type="checkbox" id="c">'
        '<select id="s"><option>1<option>2</select><input type="radio" name="r" id="r" value="1">'
    )
    server = show(page, f'<div id="b"><p>1</p>{fields}</div><button id="away">x</button>')
    page.fill("#t", "typed")
    page.fill("#a", "typed too")
    page.check("#c")
    page.select_option("#s", "2")
    page.check("#r")
    page.focus("#away")

    patch(page, server, f'<div id="b"><p>2</p><p>3</p>{fields}</div>')

    expect(page.locator("#b p").first).to_have_text("2")
    expect(page.locator("#t")).to_have_value("typed")
    expect(page.locator("#a")).to_have_value("typed too")
    expect(page.locator("#c")).to_be_checked()
    expect(page.locator("#s")).to_have_value("2")
    expect(page.locator("#r")).to_be_checked()


def test_a_field_shows_a_new_value_of_the_server(page: Page) -> None:
    """A field that nobody is in follows the server, also one that was used before."""
    fields = '<input id="t" value="{}"><input type="checkbox" id="c"{}>'
    server = show(page, f'<div id="b">{fields.format("a", "")}</div><button id="away">x</button>')
    page.check("#c")
    page.uncheck("#c")
    page.focus("#away")

    patch(page, server, f'<div id="b">{fields.format("b", " checked")}</div>')

    expect(page.locator("#t")).to_have_value("b")
    expect(page.locator("#c")).to_be_checked()


def test_an_input_method_is_not_disturbed(page: Page) -> None:
    """A patch between two strokes of a composition leaves it running."""
    server = show(page, _binding(0))
    page.focus("#f")
    keyboard = page.context.new_cdp_session(page)
    keyboard.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})

    patch(page, server, _binding(1))
    keyboard.send(
        "Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2}
    )
    keyboard.send("Input.insertText", {"text": "日本"})

    expect(page.locator("#b")).to_have_class("n1")
    expect(page.locator("#f")).to_have_value("日本")


def test_open_details_stay_open(page: Page) -> None:
    """The visitor opened it; the server does not know."""
    details = '<details id="d"><summary>{0}</summary><p>{0}</p></details>'.format
    server = show(page, f'<div id="b">{details(1)}</div>')
    page.click("summary")

    patch(page, server, f'<div id="b">{details(2)}</div>')
    patch(page, server, details(3))

    expect(page.locator("#d p")).to_have_text("3")
    expect(page.locator("#d p")).to_be_visible()


def test_scroll_stays(page: Page) -> None:
    """Both of the window and of a box inside the binding."""
    lines = "".join(f"<p>{n}</p>" for n in range(100))
    body = '<div id="b"><div id="box" style="height:50px;overflow:auto">{}</div></div>'.format
    server = FakeServer(page, body(lines) + lines, policy="")
    page.goto(ORIGIN)
    page.evaluate("scrollTo(0, 300); box.scrollTop = 200")

    patch(page, server, body(lines + "<p>more</p>"))

    expect(page.locator("#box")).to_contain_text("more")
    assert page.evaluate("[scrollY, box.scrollTop]") == [300, 200]


def test_what_stays_the_same_is_the_same_node(page: Page) -> None:
    """Elements without ids too: neighbours of what came are kept."""
    server = show(page, '<div id="b"><h2>t</h2><p>1</p><video></video></div>')
    page.evaluate("window.kept = [...b.children]")

    patch(page, server, '<div id="b" class="k"><h2>t</h2><p>2</p><video></video><p>3</p></div>')

    expect(page.locator("#b > *")).to_have_count(4)
    assert page.evaluate("kept.every((node, at) => node === b.children[at])")


def test_nothing_is_touched_that_stayed_the_same(page: Page) -> None:
    """A fragment that equals what is shown causes no single mutation."""
    tree = '<div id="b" class="k"><p>1</p>t<input id="f" value="x"><ul><li>a</li></ul></div>'
    server = show(page, tree + '<i id="i">1</i>')
    page.evaluate("""() => {
      window.seen = [];
      const options = {subtree: true, childList: true, attributes: true, characterData: true};
      const observer = new MutationObserver((records) => seen.push(...records));
      observer.observe(b, options);
    }""")

    patch(page, server, tree + '<i id="i">2</i>')

    expect(page.locator("#i")).to_have_text("2")
    assert page.evaluate("seen.length") == 0


_MORPH = """async ([before, after, answer]) => {
  window.answer = answer;
  const parse = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstChild;
  };
  // Attributes are written in one order: it counts for nothing, and a fragment may have another.
  const write = (node) => node.nodeType !== 1 ? node.textContent :
    "<" + node.localName + [...node.attributes].map((a) => ` ${a.name}=${a.value}`).sort().join("")
    + ">" + (node.defaultValue ?? [...node.childNodes].map(write).join(""))
    + "</" + node.localName + ">";
  document.getElementById("root")?.remove();
  // What a script puts into the page is left alone, so the first tree comes as the server's does.
  const place = document.createElement("main");
  document.body.append(place);
  htealeaf.morph(place, before);
  const root = document.getElementById("root");
  const old = new Map([...root.querySelectorAll("[id]")].map((node) => [node.id, node]));
  const wanted = parse(after);
  // An id belongs to one tag, so what has one and is in both trees is kept, wherever it goes.
  const comes = new Set([...wanted.querySelectorAll("[id]")].map((node) => node.id));
  const stays = (node) => comes.has(node.id);
  const field = [...root.querySelectorAll("input[id]")].find(stays);
  if (field) {
    field.value = "typed";
    field.focus();
    field.setSelectionRange(1, 3);
  }
  const focused = document.activeElement === field;
  await store_shared.update("counter", 1);
  const kept = [...old.keys()].filter((id) => comes.has(id));
  const lost = kept.filter((id) => document.getElementById(id) !== old.get(id));
  const now = document.activeElement;
  return {
    // What was typed into is marked for style sheets.
    got: write(document.getElementById("root")).replace(" ht-dirty=", ""),
    wanted: write(wanted),
    same: document.getElementById("root") === root,
    kept: kept.length,
    lost,
    rest: document.body.lastElementChild === root,
    focused,
    caret: field && [now === field, field.value, field.selectionStart, field.selectionEnd],
  };
}"""


# The answer stands ready in the page, so an example costs one call.
_ANSWER = """void (window.fetch = async () => {
  const {since, cursor, patch} = window.answer;
  const headers = {"Content-Type": "text/html", "HT-Since": since, "HT-Cursor": cursor};
  return new Response(`<template ht>${patch}</template>`, {headers});
});"""


@pytest.fixture(scope="module", params=["", _WITHOUT_MOVE_BEFORE], ids=["moving", "inserting"])
def morphed(shared_page: Page, request: pytest.FixtureRequest) -> Any:
    """Morph one tree into another in one tab that stays open."""
    shared_page.unroute_all()
    server = FakeServer(shared_page, policy="")
    shared_page.goto(ORIGIN)
    shared_page.evaluate(_ANSWER + request.param)

    def morph(before: str, after: str) -> dict:
        answer = {"since": server.cursor, "cursor": server.move(), "patch": after}
        return shared_page.evaluate(_MORPH, [before, after, answer])

    return morph


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
@given(pair=random_pairs)
def test_any_tree_becomes_any_other(morphed: Any, pair: tuple[str, str]) -> None:
    """The tree is exactly the wanted one; nodes with ids are the same, so are focus and caret."""
    result = morphed(*pair)

    assert result["got"] == result["wanted"]
    assert result["same"]
    assert result["rest"]
    assert result["lost"] == []
    event("kept" if result["kept"] else "nothing to keep")
    if result["focused"]:
        assert result["caret"] == [True, "typed", 1, 3]


# -- what was chosen follows the thing, what was typed stays ---------------------------------------

_CHOICES = {
    "option in front": (
        '<select id="s" name="s"><option>a</option><option>b</option></select>',
        '<select id="s" name="s"><option>new</option><option>a</option><option>b</option></select>',
        "s.value = 'b'",
        "s",
        "s.value === 'b'",
    ),
    "option that the server chooses": (
        '<select id="s"><option>a</option><option>b</option></select>',
        '<select id="s"><option selected>a</option><option>b</option></select>',
        "s.value = 'b'",
        "s",
        "s.value === 'b'",
    ),
    "one of several options goes": (
        '<select id="s" multiple><option>a</option><option>b</option><option>c</option></select>',
        '<select id="s" multiple><option>b</option><option>c</option></select>',
        "s.options[0].selected = s.options[2].selected = true",
        "s",
        "s.selectedOptions.length === 1 && s.value === 'c'",
    ),
    "all of several options go": (
        '<select id="s" multiple><option>a</option><option selected>b</option></select>',
        '<select id="s" multiple><option selected>b</option></select>',
        "s.options[0].selected = true; s.options[1].selected = false",
        "s",
        "s.selectedOptions.length === 1 && s.value === 'b'",
    ),
    "option in a new optgroup": (
        '<select id="s"><optgroup label="x"><option>a</option><option>b</option></optgroup>'
        "</select>",
        '<select id="s"><optgroup label="w"><option>b</option></optgroup>'
        '<optgroup label="x"><option>a</option></optgroup></select>',
        "s.value = 'b'",
        "s",
        "s.value === 'b'",
    ),
    "radios beside each other": (
        '<input type="radio" name="r" value="a"><input type="radio" name="r" value="b">',
        '<input type="radio" name="r" value="n"><input type="radio" name="r" value="a">'
        '<input type="radio" name="r" value="b">',
        "document.querySelector('[value=b]').checked = true",
        "document.querySelector('[value=b]')",
        "document.querySelector(':checked').value === 'b'",
    ),
    "radios in labels, another one checked by the server": (
        '<label><input type="radio" name="r" value="a" checked>a</label>'
        '<label><input type="radio" name="r" value="b">b</label>',
        '<label><input type="radio" name="r" value="n" checked>n</label>'
        '<label><input type="radio" name="r" value="a">a</label>'
        '<label><input type="radio" name="r" value="b">b</label>',
        "document.querySelector('[value=b]').checked = true",
        "document.querySelector('[value=b]')",
        "document.querySelector(':checked').value === 'b'",
    ),
    "boxes in rows without ids": (
        '<ul><li><input type="checkbox" name="t" value="1">1</li>'
        '<li><input type="checkbox" name="t" value="2">2</li></ul>',
        '<ul><li><input type="checkbox" name="t" value="0">0</li>'
        '<li><input type="checkbox" name="t" value="1">1</li>'
        '<li><input type="checkbox" name="t" value="2">2</li></ul>',
        "document.querySelector('[value=\"2\"]').checked = true",
        "document.querySelector('[value=\"2\"]')",
        "[...document.querySelectorAll(':checked')].map((box) => box.value).join() === '2'",
    ),
    "radios with neither value nor id": (
        '<label><input type="radio" name="r" checked>a</label>'
        '<label class="b"><input type="radio" name="r">b</label>'
        '<label><input type="radio" name="r">c</label>',
        '<label><input type="radio" name="r" checked>a</label>'
        '<label class="b"><input type="radio" name="r">B</label>'
        '<label><input type="radio" name="r">c</label>',
        "document.querySelector('.b input').checked = true",
        "document.querySelector('.b input')",
        "document.querySelector('.b input').checked",
    ),
    "radios with neither value nor id, in rows with ids": (
        '<ul><li id="r1"><input type="radio" name="r"></li>'
        '<li id="r2"><input type="radio" name="r"></li></ul>',
        '<ul><li id="r0"><input type="radio" name="r" checked></li>'
        '<li id="r2"><input type="radio" name="r"></li>'
        '<li id="r1"><input type="radio" name="r"></li></ul>',
        "document.querySelector('#r2 input').checked = true",
        "document.querySelector('#r2 input')",
        "document.querySelector('#r2 input').checked",
    ),
    "boxes with neither value nor id, in rows with ids": (
        '<ul><li id="r1"><input type="checkbox" name="t"></li>'
        '<li id="r2"><input type="checkbox" name="t"></li></ul>',
        '<ul><li id="r0"><input type="checkbox" name="t"></li>'
        '<li id="r1"><input type="checkbox" name="t"></li>'
        '<li id="r2"><input type="checkbox" name="t"></li></ul>',
        "document.querySelector('#r2 input').checked = true",
        "document.querySelector('#r2 input')",
        "document.querySelector(':checked').parentNode.id === 'r2'"
        " && document.querySelectorAll(':checked').length === 1",
    ),
    "a radio with neither value nor id that goes": (
        '<ul><li id="r1"><input type="radio" name="r" checked></li>'
        '<li id="r2"><input type="radio" name="r"></li>'
        '<li id="r3"><input type="radio" name="r"></li></ul>',
        '<ul><li id="r1"><input type="radio" name="r" checked></li>'
        '<li id="r3"><input type="radio" name="r"></li></ul>',
        "document.querySelector('#r2 input').checked = true",
        "document.querySelector('#r2 input')",
        "document.querySelector(':checked').parentNode.id === 'r1'",
    ),
    "textarea": (
        '<textarea id="t">a</textarea>',
        '<textarea id="t">b</textarea>',
        "t.value = 'mine'",
        "t",
        "t.value === 'mine' && t.defaultValue === 'b' && t.matches('[ht-newer]')",
    ),
    "input": (
        '<input id="t" value="a">',
        '<input id="t" value="b">',
        "t.value = 'mine'",
        "t",
        "t.value === 'mine' && t.matches('[ht-newer]')",
    ),
    "box": (
        '<input id="t" type="checkbox" checked>',
        '<input id="t" type="checkbox" checked class="k">',
        "t.checked = false",
        "t",
        "!t.checked && t.className === 'k'",
    ),
    "what is edited in place": (
        '<div id="t" contenteditable>a</div>',
        '<div id="t" contenteditable>b</div>',
        "t.textContent = 'mine'",
        "t",
        "t.textContent === 'mine' && t.matches('[ht-newer]')",
    ),
}


@pytest.mark.parametrize("case", _CHOICES.values(), ids=list(_CHOICES))
def test_a_persons_choice_and_text_stay(page: Page, case: tuple[str, ...]) -> None:
    """Focused or not, whatever comes in around it."""
    before, after, touch, touched, holds = case
    server = show(page, f'<div id="b">{before}</div>')
    page.evaluate(f"{touch}; {touched}.dispatchEvent(new Event('input', {{bubbles: true}}))")

    patch(page, server, f'<div id="b" class="new">{after}</div>')

    expect(page.locator("#b")).to_have_class("new")
    assert page.evaluate(holds)


def test_a_half_typed_number_stays(page: Page) -> None:
    """Its value is empty, and nothing is lost by that."""
    server = show(page, '<div id="b"><input id="n" type="number"></div><input id="o">')
    page.focus("#n")
    page.keyboard.type("1e")
    page.focus("#o")

    patch(page, server, '<div id="b" class="new"><input id="n" type="number"></div>')

    expect(page.locator("#b")).to_have_class("new")
    assert page.evaluate("n.validity.badInput")


def test_a_newer_value_shows_when_the_persons_is_gone(page: Page) -> None:
    """Typed back, it is no longer theirs."""
    server = show(page, '<div id="b"><input id="t" value="a"></div>')
    page.fill("#t", "mine")
    patch(page, server, '<div id="b"><input id="t" value="b"></div>')
    expect(page.locator("#t[ht-newer]")).to_have_value("mine")

    page.fill("#t", "a")
    page.locator("#t").blur()

    expect(page.locator("#t:not([ht-newer])")).to_have_value("b")


# -- strangers -------------------------------------------------------------------------------------

_STRANGERS = {
    "an element at the end": (
        "<p>1</p>",
        "<p>2</p>",
        "b.append(Object.assign(document.createElement('i'), {className: 'x'}))",
        '<p>2</p><i class="x"></i>',
    ),
    "an element between rows": (
        '<p id="r1">1</p><p id="r2">2</p>',
        '<p id="r1">1</p><p id="r3">3</p>',
        "r1.after(document.createElement('hr'))",
        '<p id="r1">1</p><hr><p id="r3">3</p>',
    ),
    "a text": ("<p>1</p>", "<p>2</p>", "b.append('theirs')", "<p>2</p>theirs"),
    "a translator": (
        "<p>one</p>",
        "<p>two</p>",
        "b.firstChild.innerHTML = '<font>eins</font>'",
        "<p>two</p>",
    ),
    "an attribute": (
        "<p>1</p>",
        '<p class="k">1</p>',
        "b.firstChild.setAttribute('data-x', '1')",
        '<p data-x="1" class="k">1</p>',
    ),
    "a chart in an empty element": (
        '<div id="c"></div><p>1</p>',
        '<div id="c"></div><p>2</p>',
        "c.append(document.createElement('canvas'))",
        '<div id="c"><canvas></canvas></div><p>2</p>',
    ),
    "what is kept": (
        '<div id="c" ht-keep><p>1</p></div>',
        '<div id="c" ht-keep class="k"><p>2</p></div>',
        "c.firstChild.remove()",
        '<div id="c" ht-keep=""></div>',
    ),
}


@pytest.mark.parametrize("case", _STRANGERS.values(), ids=list(_STRANGERS))
def test_what_is_not_the_servers_is_left_alone(page: Page, case: tuple[str, ...]) -> None:
    """An extension, a translator or the author's script put it there."""
    before, after, script, shown = case
    server = show(page, f'<div id="b">{before}</div>')
    page.evaluate(script)

    patch(page, server, f'<div id="b">{after}</div>')

    wait_until(page, lambda: page.evaluate("b.innerHTML") == shown)


def test_a_stranger_among_rows_leaves_no_row_standing(page: Page) -> None:
    """A place reaches from its comment to its marker, whatever stands there."""
    start, end = "<!--ht m-->", '<template id="m" ht-end></template>'
    server = show(page, f'<div id="b">{start}<p>1</p><p>2</p>{end}</div>')
    page.evaluate("document.querySelector('p').after(document.createElement('hr'))")

    patch(page, server, template("replace", "m", f"{start}<p>3</p>{end}"))

    wait_until(
        page,
        lambda: (
            page.evaluate("[...b.children].map((el) => el.localName).sort().join()")
            == "hr,p,template"
        ),
    )


_SURROUNDINGS = {
    "a foreignObject": (
        '<svg><foreignObject id="u"></foreignObject></svg>',
        template("append", "u", "<p>1</p>"),
        "u.firstChild instanceof HTMLParagraphElement",
    ),
    "a circle": (
        '<svg id="u"></svg>',
        '<template ht-op="append" ht-to="u" ht-inner><svg><circle></circle></svg></template>',
        "u.firstChild instanceof SVGCircleElement",
    ),
    "a shadow root": (
        '<div id="u"></div>',
        '<div id="u"><section><template shadowrootmode="open"><b>1</b></template></section></div>',
        "u.firstChild.shadowRoot.innerHTML === '<b>1</b>'",
    ),
    "a shadow root that changes": (
        '<div id="u"><template shadowrootmode="open"><b>1</b></template></div>',
        '<div id="u"><template shadowrootmode="open"><b>2</b></template></div>',
        "u.shadowRoot.innerHTML === '<b>2</b>'",
    ),
    "a noscript": (
        '<div id="u"></div>',
        '<div id="u"><noscript><img src="x"></noscript></div>',
        "u.firstChild.children.length === 0",
    ),
    "columns": (
        '<table><colgroup id="u"></colgroup></table>',
        template("append", "u", "<col><col>"),
        "u.querySelectorAll('col').length === 2",
    ),
    "a template in a row": (
        '<ul id="u"></ul>',
        template("append", "u", "<li><template><p>1</p></template></li>"),
        "u.querySelector('template').content.firstChild.localName === 'p'",
    ),
}


@pytest.mark.parametrize("case", _SURROUNDINGS.values(), ids=list(_SURROUNDINGS))
def test_what_arrives_is_parsed_as_where_it_stands(page: Page, case: tuple[str, ...]) -> None:
    before, html, holds = case
    server = show(page, before)

    patch(page, server, html)

    wait_until(page, lambda: page.evaluate(holds))
