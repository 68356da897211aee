"""Parts of the shim: what HTML and its actions need."""

from __future__ import annotations

import pytest

from htealeaf.wire.names import PARTS, Part
from htealeaf.wire.parts import ALL_PARTS, NO_PARTS, joined, parts_of


@pytest.mark.parametrize(
    ("html", "known", "found"),
    [
        ("<p>a</p>", (), set()),
        ("<p>a &lt;input></p>", (), set()),
        ('<input name="a">', (), {Part.FIELDS}),
        ("<select></select>", (), {Part.FIELDS}),
        ("<textarea></textarea>", (), {Part.FIELDS}),
        ('<p contenteditable="true">a</p>', (), {Part.FIELDS}),
        ("<input>", {Part.FIELDS}, set()),
        ('<button name="ht-rows">', (), set()),  # no form of an action function
        ('<button name="ht-rows">', {Part.FORMS}, {Part.FIELDS, Part.ROWS}),
        ('<input name="a"><button name="ht-rows">', (), {Part.FIELDS, Part.ROWS}),  # a part of one
        ('<input name="a" type="file">', (), {Part.FIELDS, Part.UPLOADS}),
        ('<input type="file">', {Part.FIELDS, Part.FORMS}, {Part.UPLOADS}),
        ("<form></form>", {Part.FORMS}, {Part.FIELDS}),
        ('<iframe srcdoc="a"></iframe>', (), {Part.TREES}),
        ("<noscript>a</noscript>", (), {Part.TREES}),
        ('<i></i><template id="a"></template>', (), set()),  # ours: nothing stands there
        ('<i></i><template id="a" ht-end></template>', (), set()),  # and where several end
        ('<i></i><template id="a" ht-failed></template>', (), set()),
        ('<i></i><template id="a" ht-end ht-failed></template>', (), set()),
        ('<template id="a" ht-end></template><template><p></p></template>', (), {Part.TREES}),
        ('<template id="a"><p></p></template>', (), {Part.TREES}),
        ('<template shadowrootmode="open">a</template>', (), {Part.TREES}),
        ('<button commandfor="d" command="close"></button>', (), {Part.DIALOGS}),
        ("<div ht-keep></div>", (), {Part.KEEP}),
        ('<div id="a" ht-keep="map.js"><input></div>', (), {Part.FIELDS, Part.KEEP}),
    ],
)
def test_what_html_needs(html: str, known: set[str], found: set[str]) -> None:
    assert parts_of(html, known) == found


def test_equal_sets_are_one() -> None:
    """Each open page remembers its set."""
    assert parts_of("<input>") is parts_of("<textarea>")
    assert joined({Part.LIVE}, {Part.FIELDS}) is joined([Part.FIELDS], NO_PARTS, [Part.LIVE])
    assert joined(PARTS) == ALL_PARTS
