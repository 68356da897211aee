"""What the nesting check finds is what a browser does.

The cases follow the HTML standard, 13.2.6. Chromium is asked about each of them, and about random
trees: where the check finds nothing, a browser builds the tree that is written; else another one.
"""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Page

from htealeaf.html.nesting import check

T = "<table><tbody><tr><td>{}</td></tr></tbody></table>"

SOUND = [
    "<p><span>a</span></p>",
    "<p><button><p>a</p></button></p>",
    "<p><a><b>x</b></a></p>",
    "<p><select><option>a</option></select></p>",
    "<div><p>a</p><div><p>b</p></div></div>",
    "<ul><li>a<ul><li>b</li></ul></li></ul>",
    "<div><li>alone</li></div>",
    "<dl><dt>a</dt><dd>b<dl><dt>c</dt></dl></dd></dl>",
    T.format("<div><p>a</p></div>"),
    T.format(T.format("a")),
    "<a>a" + T.format("<a>b</a>") + "</a>",
    "<table><caption><p>a</p></caption><colgroup><col></colgroup><thead></thead></table>",
    "<table><tbody><template><p></p></template><script></script></tbody></table>",
    '<table><tbody><input type="hidden"></tbody></table>',
    "<table> <tbody> <tr> <td></td> </tr> </tbody> </table>",
    "<h1><span><h2>a</h2></span></h1>",
    "<label><input><button>a</button></label>",
    "<a><button>b</button></a>",
    "<form><template><form></form></template></form>",
    "<template><tr><td>a</td></tr></template>",
    "<select><optgroup><option>a</option></optgroup><option>b</option></select>",
    "<svg><g><circle></circle></g></svg>",
    "<svg><foreignObject><p>a</p></foreignObject></svg>",
    "<svg><title>a</title><desc><p>a</p></desc></svg>",
    "<math><mi>x</mi><mtext><b>a</b></mtext></math>",
    "<details><summary><h2>a</h2></summary><p>a</p></details>",
    "<button><svg><path></path></svg></button>",
    "<!-- <p><div> --><p></p>",
    "<textarea>&lt;b&gt;</textarea>",
]

BROKEN = {
    "<p><div>a</div></p>": "<div> in <p>: a browser ends the <p> before it",
    "<p><span><ul><li>a</li></ul></span></p>": "<ul> in <p>: a browser ends the <p> before it",
    "<p><table></table></p>": "<table> in <p>: a browser ends the <p> before it",
    "<p><p>a</p></p>": "<p> in <p>: a browser ends the <p> before it",
    "<p><li>a</li></p>": "<li> in <p>: a browser ends the <p> before it",
    "<p>a<hr>b</p>": "<hr> in <p>: a browser ends the <p> before it",
    "<h1><h2>a</h2></h1>": "<h2> in <h1>: a browser ends the <h1> before it",
    "<a><span><a>b</a></span></a>": "<a> in <a>: a browser ends the <a> before it",
    "<a><p><a>b</a></p></a>": "<a> in <a>: a browser ends the <a> before it",
    "<button><div><button>b</button></div></button>": (
        "<button> in <button>: a browser ends the <button> before it"
    ),
    "<form><div><form>b</form></div></form>": (
        "<form> in <form>: a browser leaves the inner one out"
    ),
    "<form>" + T.format("<form>a</form>") + "</form>": (
        "<form> in <form>: a browser leaves the inner one out"
    ),
    "<ul><li>a<li>b</li></li></ul>": "<li> in <li>: a browser ends the <li> before it",
    "<ul><li><div><li>b</li></div></li></ul>": "<li> in <li>: a browser ends the <li> before it",
    "<dl><dt>a<dd>b</dd></dt></dl>": "<dd> in <dt>: a browser ends the <dt> before it",
    "<table><tr><td>a</td></tr></table>": "<tr> in <table>: a browser puts a <tbody> around it",
    "<table><tbody><td>a</td></tbody></table>": "<td> in <tbody>: a browser puts a <tr> around it",
    "<table><col></table>": "<col> in <table>: a browser puts a <colgroup> around it",
    "<table><div>a</div></table>": "<div> in <table>: a browser moves it out of the table",
    "<table><tbody><div>a</div></tbody></table>": (
        "<div> in <tbody>: a browser moves it out of the table"
    ),
    "<table><tbody><tr><span>a</span></tr></tbody></table>": (
        "<span> in <tr>: a browser moves it out of the table"
    ),
    "<table><tbody>a</tbody></table>": "text in <tbody>: a browser moves it out of the table",
    "<table><tbody><form><input></form></tbody></table>": (
        "<form> in <tbody>: a browser ends it at once, so it holds nothing"
    ),
    T.format("<td>b</td>"): "<td> in <td>: a browser ends the <td> before it",
    T.format("<div><tr></tr></div>"): "<tr> in <td>: a browser ends the <td> before it",
    "<table><table></table></table>": "<table> in <table>: a browser ends the <table> before it",
    "<div><tr><td>a</td></tr></div>": "<tr> in <div>: a browser leaves its tag out",
    "<div><td>a</td></div>": "<td> in <div>: a browser leaves its tag out",
    "<select><option>a<option>b</option></option></select>": (
        "<option> in <option>: a browser ends the <option> before it"
    ),
    "<select><input></select>": "<input> in <select>: a browser ends the <select> before it",
    "<textarea><b>a</b></textarea>": "<b> in <textarea>: a browser shows it as text",
    "<svg><g><div>a</div></g></svg>": "<div> in <svg>: a browser ends the <svg> before it",
    "<div><body>a</body></div>": "<body> in <div>: a browser leaves its tag out",
}


@pytest.mark.parametrize("html", SOUND)
def test_what_a_browser_keeps_is_no_fault(html: str) -> None:
    assert check(html, ("html", "body")).faults == []


@pytest.mark.parametrize("html", BROKEN, ids=list(BROKEN))
def test_what_a_browser_mends_is_named(html: str) -> None:
    found = [str(fault) for fault in check(html, ("html", "body")).faults]

    assert found[0] == BROKEN[html]


@pytest.mark.parametrize(
    "html",
    [
        "<ul><li>a<li>b</ul>",
        "<div><p>a<p>b</div>",
        "<dl><dt>a<dd>b</dl>",
        "<div><p>a<ul></ul></div>",
    ],
)
def test_an_end_tag_that_may_be_left_out_may_be_left_out(html: str) -> None:
    """Markup of an author's own is HTML as people write it."""
    assert check(html).faults == []


def test_a_head_holds_what_belongs_there() -> None:
    html = "<html><head><title>a</title><meta><div></div></head><body></body></html>"

    assert [str(f) for f in check(html).faults] == [
        "<div> in <head>: a browser ends the head before it"
    ]


def test_a_fragment_is_checked_where_it_stands() -> None:
    """A `div` is fine by itself, and not in the `p` that the page has around it."""
    page = check('<html><body><p><span id="x"></span></p></body></html>')

    assert page.within["x"] == ("html", "body", "p", "span")
    assert check("<div>a</div>").faults == []
    assert check("<tr></tr>").faults == []  # nobody knows where it stands
    found = check("<div>a</div>", page.within["x"][:-1]).faults
    assert [str(fault) for fault in found] == [BROKEN["<p><div>a</div></p>"]]


def test_a_tag_in_an_attribute_is_none() -> None:
    assert check('<p title="<div>">a</p>').faults == []


def test_what_ends_an_element_is_named_once() -> None:
    html = "<p><div>a</div><div>b</div></p>"

    assert len(check(html).faults) == 1


@pytest.mark.browser
def test_a_browser_agrees_with_the_cases(shared_page: Page) -> None:
    assert _kept(shared_page, SOUND) == [True] * len(SOUND)
    wrong = [h for h, kept in zip(BROKEN, _kept(shared_page, list(BROKEN)), strict=True) if kept]
    assert wrong == []


@pytest.mark.browser
def test_a_browser_agrees_with_the_check_about_random_trees(shared_page: Page) -> None:
    chance = random.Random(1)
    trees = list(dict.fromkeys(_tree(chance, 5) for _ in range(20_000)))

    kept = _kept(shared_page, trees)

    found = [not check(tree, ("html", "body")).faults for tree in trees]
    differ = [
        (t, ours) for t, ours, theirs in zip(trees, found, kept, strict=True) if ours != theirs
    ]
    assert differ == []
    assert 2000 < sum(kept) < len(trees) - 2000  # both kinds were asked about


def _kept(page: Page, trees: list[str]) -> list[bool]:
    # Whether a browser builds, of each, the tree that is written.
    return page.evaluate(
        """trees => trees.map(html => {
            const parser = new DOMParser();
            const parsed = parser.parseFromString("<!doctype html><body>" + html, "text/html");
            return parsed.body.innerHTML.toLowerCase() === html.toLowerCase();
        })""",
        trees,
    )


_TAGS = (
    "p div span a b button form h1 h2 ul li dl dt dd table caption colgroup tbody thead tr td th"
    " select option optgroup template svg g foreignObject section label address"
).split()
_LIKELY = {
    "table": ["tbody", "thead", "caption", "tr"],
    "tbody": ["tr", "tr", "tr", "td"],
    "thead": ["tr"],
    "tr": ["td", "td", "th", "div"],
    "ul": ["li", "li", "p"],
    "dl": ["dt", "dd", "div"],
    "select": ["option", "optgroup"],
    "optgroup": ["option"],
    "colgroup": ["template"],
    "svg": ["g", "foreignObject", "a", "p"],
    "g": ["g", "foreignObject", "div"],
}


def _tree(chance: random.Random, depth: int, parent: str = "") -> str:
    likely = _LIKELY.get(parent)
    name = chance.choice(likely if likely and chance.random() < 0.9 else _TAGS)
    if parent in ("select", "optgroup", "option") and likely:
        name = chance.choice(likely)  # browsers differ, by their age, in what else they keep there
    count = chance.choice((0, 1, 1, 2)) if depth and name not in ("option",) else 0
    inner = "".join(_tree(chance, depth - 1, name) for _ in range(count))
    if not inner and name not in (
        "table",
        "tbody",
        "thead",
        "tr",
        "colgroup",
        "select",
        "optgroup",
    ):
        inner = "x"
    return f"<{name}>{inner}</{name}>"
