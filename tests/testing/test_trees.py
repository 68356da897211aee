"""HTML is read as it is written, and written in one form."""

from __future__ import annotations

import pytest

from htealeaf.testing.morph import apply_patch
from htealeaf.testing.trees import by_id, flat, parse, pretty, state, tags


@pytest.mark.parametrize(
    "html",
    [
        "<tr><td>1</td></tr>",
        "<option>1</option>",
        "<li>1</li>",
        '<template ht-end id="m"></template>',
        '<template ht-op="append" ht-to="b"><tr id="r"><td>2</td></tr></template>',
        "<svg><circle r=1></circle></svg>",
        "<select><option>a</option><template></template></select>",
        "<p>a<br>b</p><input disabled>",
        "<p>a &lt; b &amp; c \"d\" 'e'</p>",
        "<script>if (a < b && c) d()</script>",
        '<a href="?a=1&o=2&at=3">x</a>',
    ],
)
def test_a_fragment_comes_out_as_it_went_in(html: str) -> None:
    assert flat(parse(html)) == html.replace("r=1", 'r="1"')


def test_what_a_template_holds_is_not_in_the_page() -> None:
    page = parse('<template><p id="a">1</p></template><p id="a">2</p>')
    found = by_id(page, "a")

    assert found is not None
    assert found.get_text() == "2"
    assert [tag.name for tag in tags(page)] == ["template", "p"]


def test_a_kept_element_keeps_what_is_remembered_of_it() -> None:
    page = parse('<ul id="u"><li id="a">a</li><li id="b"><input name="t"></li></ul>')
    field = page.find("input")
    assert field is not None
    state(field)["value"] = "typed"

    apply_patch(page, '<ul id="u"><li id="b"><i>x</i><input name="t"></li><li id="c">c</li></ul>')

    assert flat(page) == (
        '<ul id="u"><li id="b"><i>x</i><input name="t"></li><li id="c">c</li></ul>'
    )
    kept = page.find("input")
    assert kept is field
    assert state(field) == {"value": "typed"}


def test_pretty_is_an_element_a_line() -> None:
    html = '<div class="b" id="a"><p>one  <b>two</b>\n three</p><pre>a\n b</pre><hr></div>'

    assert pretty(parse(html)) == (
        '<div class="b" id="a">\n'
        "  <p>\n    one\n    <b>two</b>\n    three\n  </p>\n"
        "  <pre>a\n b</pre>\n"
        "  <hr>\n"
        "</div>\n"
    )
