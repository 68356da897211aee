"""What a visitor has in hand survives a patch: focus, caret, typed text, scroll, the very nodes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from tests.browser.fake_server import HOLD, ORIGIN, FakeServer, template, wait_until

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


# Random trees. An id belongs to one tag (r0: a div, f0: an input): only then can its node be kept.

_IDS = [*(f"r{n}" for n in range(6)), *(f"f{n}" for n in range(4))]
_TEXTS = st.sampled_from(["one", "two ", " ", "&lt;3", "\n"])


@st.composite
def _pages(draw: st.DrawFn) -> str:
    return draw(_elements("main", "root", list(draw(st.permutations(_IDS))), 0))


@st.composite
def _elements(draw: st.DrawFn, tag: str, id: str, ids: list[str], depth: int) -> str:
    names = [name for name in ("class", "title", "x:y") if draw(st.integers(0, 5)) == 0]
    start = tag + (f' id="{id}"' if id else "")
    start += "".join(f' {name}="{draw(st.sampled_from("abc"))}"' for name in names)
    if tag == "input":
        return f"<{start}>"
    if tag == "textarea":
        return f"<{start}>{draw(_TEXTS).strip()}</{tag}>"
    children = draw(st.integers(0, 4 if depth < 3 else 0))
    return f"<{start}>{''.join(draw(_child(ids, depth + 1)) for _ in range(children))}</{tag}>"


@st.composite
def _child(draw: st.DrawFn, ids: list[str], depth: int) -> str:
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return draw(_TEXTS)
    if kind == 1 and ids:
        id = ids.pop()
        return draw(_elements("input" if id.startswith("f") else "div", id, ids, depth))
    tag = draw(st.sampled_from(["div", "span", "section", "b", "input", "textarea"]))
    return draw(_elements(tag, "", ids, depth))


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
  document.body.append(parse(before));
  const root = document.getElementById("root");
  const old = new Map([...root.querySelectorAll("[id]")].map((node) => [node.id, node]));
  const wanted = parse(after);
  // A node can be kept when all that it stands in is kept; what has no id may go to another place.
  const chain = (node) => node.id === "root" ? "root" :
    node.id && chain(node.parentNode) && chain(node.parentNode) + " > " + node.id;
  const chains = (root) => [...root.querySelectorAll("[id]")].map(chain).filter(Boolean);
  const both = new Set(chains(root).filter((text) => chains(wanted).includes(text)));
  const stays = (node) => both.has(chain(node));
  const field = [...root.querySelectorAll("input[id]")].find(stays);
  if (field) {
    field.value = "typed";
    field.focus();
    field.setSelectionRange(1, 3);
  }
  const focused = document.activeElement === field;
  await store_shared.update("counter", 1);
  const lost = [...wanted.querySelectorAll("[id]")].filter(
    (node) => stays(node) && document.getElementById(node.id) !== old.get(node.id));
  const now = document.activeElement;
  return {
    got: write(document.getElementById("root")),
    wanted: write(wanted),
    same: document.getElementById("root") === root,
    lost: lost.map((node) => node.id),
    focused,
    caret: field && [now === field, field.value, field.selectionStart, field.selectionEnd],
  };
}"""


# The answer stands ready in the page, so an example costs one call.
_ANSWER = """void (window.fetch = async () => {
  const {since, cursor, patch} = window.answer;
  const headers = {"Content-Type": "text/html", "HT-Since": since, "HT-Cursor": cursor};
  return new Response(patch, {headers});
});"""


@pytest.fixture(scope="module")
def morphed(shared_page: Page) -> Any:
    """Morph one tree into another in one tab that stays open."""
    server = FakeServer(shared_page, policy="")
    shared_page.goto(ORIGIN)
    shared_page.evaluate(_ANSWER)

    def morph(before: str, after: str) -> dict:
        answer = {"since": server.cursor, "cursor": server.move(), "patch": after}
        return shared_page.evaluate(_MORPH, [before, after, answer])

    return morph


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
@given(before=_pages(), after=_pages())
def test_any_tree_becomes_any_other(morphed: Any, before: str, after: str) -> None:
    """The tree is exactly the wanted one; nodes with ids are the same, so are focus and caret."""
    result = morphed(before, after)

    assert result["got"] == result["wanted"]
    assert result["same"]
    assert result["lost"] == []
    if result["focused"]:
        assert result["caret"] == [True, "typed", 1, 3]
