"""What a page tells: XPath, files, messages, well-formed XML, and HTML in one form."""

from __future__ import annotations

from pathlib import Path

import pytest
from markupsafe import Markup

from htealeaf import WSGI, Invalid, Registry, Store, SuperStore, Upload, flash, flashes
from htealeaf.components import button, div, form, input_, p, textInput
from htealeaf.testing import (
    Client,
    File,
    PageFailure,
    assert_same_html,
    assert_well_formed,
    canonical,
)
from tests.testing.apps import SECRET, table_app, todo_app


def files_app() -> WSGI:
    """A form for a note and files; the page shows what came."""
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        seen = Store({"said": ""}, name="seen")

    @app.action
    def take(note: str, one: Upload | None, many: list[Upload]) -> None:
        if note == "no":
            raise Invalid(note="Not this one.", one="Nor its file.")
        files = [*([one] if one else []), *many]
        told = ", ".join(f"{f.filename} {f.media_type} {f.read().decode()}" for f in files)
        seen.replace("said", f"{note}: {told}")
        flash("Taken", "success")

    @app.route("/")
    def home():
        return div(
            flashes(),
            p(seen.react("said"), id="said"),
            form(onsubmit=take)(
                textInput(name="note"),
                input_(type="file", name="one"),
                input_(type="file", name="many", multiple=True),
                button("Send"),
            ),
        )

    return app


# -- XPath ---------------------------------------------------------------------------------


def test_xpath_finds_elements_texts_and_values() -> None:
    page = Client(todo_app()).open("/")

    found = page.xpath("//li[span = 'Eggs']/button")

    assert found == [page.soup.select("#list li")[1].button]
    assert found[0] is page.soup.select("#list li")[1].button
    assert page.xpath("//li/span/text()") == ["Milk", "Eggs"]
    assert page.xpath("//form[@id='new']/input/@name") == ["task"]
    assert page.xpath("count(//li)") == [2.0]
    assert page.xpath("//li[re:test(span, '^E')]/span/text()") == ["Eggs"]
    assert page.xpath("//nothing") == []


def test_steps_take_xpath() -> None:
    page = Client(todo_app(), check=True).open("/")

    page.click("//li[span='Milk']/button")
    page.fill("//input[@name='task']", "Bread")
    page.click("(//form//button)[last()]")

    assert page.xpath("//li/span/text()") == ["Eggs", "Bread"]
    assert page.text("//li[2]/span") == "Bread"


def test_xpath_does_not_find_what_a_template_holds() -> None:
    page = Client(table_app()).open("/")

    assert page.xpath("count(//tbody/tr)") == [2.0]
    with Registry():
        app = WSGI(secret=SECRET)
    app.route("/")(lambda: Markup("<template><b>x</b></template><i @x='1' x-on:y='2'>\x01</i>"))
    page = Client(app).open("/")
    assert page.xpath("count(//b)") == [0.0]
    assert page.xpath("//i/text()") == ["\ufffd"]


def test_what_is_no_xpath_is_said() -> None:
    page = Client(todo_app()).open("/")

    with pytest.raises(PageFailure, match=r"'//li\[' is no XPath"):
        page.xpath("//li[")
    with pytest.raises(PageFailure, match=r"click\('//li\[9\]'\): nothing matches"):
        page.click("//li[9]")


# -- files and messages --------------------------------------------------------------------


@pytest.mark.parametrize("scripts", [True, False])
def test_files_are_sent_with_their_form(scripts: bool, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_bytes(b"two")
    page = Client(files_app(), scripts=scripts).open("/")
    page.fill("[name=note]", "n\u00fc")
    page.upload("[name=one]", ("a.png", b"one"))
    page.upload("[name=many]", tmp_path / "b.txt", File("c", b"three", "text/x-c"))

    page.click("button", text="Send")

    expected = "n\u00fc: a.png image/png one, b.txt text/plain two, c text/x-c three"
    assert page.text("#said") == expected
    assert page.flash == ["Taken"]
    assert page.value("[name=one]") == ""
    page.click("button", text="Send")
    assert page.text("#said") == ":"


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_refused_is_told_by_field(scripts: bool) -> None:
    page = Client(files_app(), scripts=scripts).open("/")
    page.fill("[name=note]", "no")

    page.submit()

    assert page.errors == {"note": "Not this one.", "one": "Nor its file."}
    assert page.flash == []
    assert page.value("[name=note]") == "no"
    page.fill("[name=note]", "yes")
    page.submit()
    assert page.errors == {}
    assert page.flash == ["Taken"]


def test_what_takes_no_file_says_so() -> None:
    page = Client(files_app()).open("/")

    with pytest.raises(PageFailure, match="is no control for files"):
        page.upload("[name=note]", ("a", b""))
    with pytest.raises(PageFailure, match="is no multiple one"):
        page.upload("[name=one]", ("a", b""), ("b", b""))
    with pytest.raises(PageFailure, match=r"say page\.upload"):
        page.fill("[name=one]", "a")


# -- XML -----------------------------------------------------------------------------------


def test_xml_has_to_be_well_formed() -> None:
    assert_well_formed(
        '<?xml version="1.0" encoding="iso-8859-1"?><feed><title>\u00fc</title></feed>'
    )
    assert_well_formed(b'<?xml version="1.0" encoding="iso-8859-1"?><feed>\xfc</feed>')
    assert_well_formed((Path(__file__).parents[2] / "demos/static/leaf.svg").read_bytes())

    with pytest.raises(PageFailure) as caught:
        assert_well_formed("<feed>\n  <a>Fish & chips</a>\n</feed>")
    assert "line 2" in str(caught.value)
    assert "<a>Fish & chips</a>" in str(caught.value)


def test_nothing_is_fetched_or_expanded(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("secret")
    bomb = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))

    assert_well_formed(f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/x">]><a>&x;</a>')
    with pytest.raises(PageFailure, match="amplification"):
        assert_well_formed(f'<!DOCTYPE a [<!ENTITY a0 "x">{bomb}]><a>&a9;</a>')


@pytest.mark.parametrize(
    ("svg", "good"),
    [
        ('<svg viewBox="0 0 1 1"><circle r="1"></circle><use xlink:href="#a"/></svg>', True),
        ('<svg><g ht-click="s/x?set=1&o=abc" id="g"></g></svg>', True),
        ('<svg><svg width="1"></svg><text>a &lt; b</text></svg>', True),
        ("<svg><circle r=1></circle></svg>", False),
        ("<svg><circle></svg>", False),
        ("<svg><text>a & b</text></svg>", False),
        ("<svg><a hidden></a></svg>", False),
        ("<svg><circle/>", False),
    ],
)
def test_drawings_in_pages_have_to_be_well_formed(svg: str, good: bool) -> None:
    with Registry():
        app = WSGI(secret=SECRET)
    app.route("/")(lambda: Markup(f"<p>a & b</svg><br></p>{svg}<svg></svg>"))
    page = Client(app).open("/")

    if good:
        page.assert_well_formed()
    else:
        with pytest.raises(PageFailure, match="an svg is not well-formed XML"):
            page.assert_well_formed()


def test_a_drawing_that_a_patch_brings_is_checked() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        shared = Store({"n": 0}, name="shared")
    draw = "<svg id='a'><text>{}</text></svg>"

    @app.route("/")
    def home():
        return div(
            shared.react("n", lambda n: div(Markup(draw.format("&" * n)))),
            button("+", onclick=shared.do.increment("n")),
        )

    page = Client(app).open("/")
    page.assert_well_formed()
    page.click("button")

    with pytest.raises(PageFailure, match="an svg is not well-formed"):
        page.assert_well_formed()


# -- one form ------------------------------------------------------------------------------


def test_the_same_html_has_one_form() -> None:
    one = '<p id="a" class="b">a  &lt;\n b</p><input checked="">'
    other = "<p class='b' id=a>\n a &#60; b</p>\n<input checked>"

    assert canonical(one) == canonical(other)
    assert_same_html(one, other)


def test_a_difference_is_shown_line_by_line() -> None:
    with pytest.raises(PageFailure) as caught:
        assert_same_html("<ul><li>a</li><li>b</li></ul>", "<ul><li>a</li><li>c</li></ul>")

    assert [line for line in str(caught.value).splitlines() if line[:1] in "+-"] == [
        "--- expected",
        "+++ actual",
        "-  <li>c</li>",
        "+  <li>b</li>",
    ]
