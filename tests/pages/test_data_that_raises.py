"""What data can break costs its own place, never the page: in a first GET, and in a patch.

Each kind is opened while it is broken, broken while it is open, and mended again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup
from werkzeug.exceptions import abort

from htealeaf import (
    WSGI,
    HtealeafError,
    Registry,
    Store,
    SuperStore,
    browser,
    each,
    fragment,
    redirect,
)
from htealeaf.components import (
    a,
    button,
    circle,
    div,
    g,
    h3,
    img,
    input_,
    li,
    option,
    p,
    script,
    select,
    svg,
    table,
    tbody,
    td,
    textInput,
    tr,
    ul,
)
from htealeaf.testing import Client

SECRET = "a secret for tests only"
GOOD: dict[str, Any] = {
    "day": "2024-01-31",
    "n": 0,
    "link": "/x",
    "rows": [{"id": 1, "due": "2024-02-01"}],
}
LINK = "javascript:alert(1)"
ROW = {"id": 2, "due": "2024-03-01"}


def year(text: Any) -> int:
    return date.fromisoformat(text).year


class World:
    def __init__(self, *, debug: bool = False) -> None:
        with Registry() as self.registry:
            self.shared = Store({**GOOD, "rows": [*GOOD["rows"], ROW]}, name="shared")

            @self.shared.computed
            def total(place: Any) -> int:
                return sum(year(row["due"]) for row in place.read("rows"))

            @self.shared.computed
            def link(place: Any) -> str:
                return f"{place.read('link')}"

            self.total, self.link = total, link
            self.app = WSGI(secret=SECRET, debug=debug)
            SuperStore(self.app)

    def shows(self, content: Callable[[World], Any]) -> None:
        self.app.route("/")(
            lambda: div(
                h3(self.shared.react("n")),
                button("+", onclick=self.shared.do.increment("n")),
                div(content(self), id="place"),
            )
        )

    def spoil(self) -> None:
        with self.shared.batch():
            self.shared.replace("day", "never")
            self.shared.replace("link", "javascript:alert(1)")
            spoilt = {"id": 2, "due": "someday", "extra": {"a": 1}, "to": LINK}
            self.shared.replace("rows/1", spoilt)

    def mend(self) -> None:
        with self.shared.batch():
            self.shared.replace("day", "2024-01-31")
            self.shared.replace("link", "/y")
            self.shared.replace("rows/1", ROW)


def row(task: Any) -> Any:
    return li(year(task["due"]))


KINDS: dict[str, Callable[[World], Any]] = {
    "react, the only child": lambda w: p(w.shared.react("day", year)),
    "react among others": lambda w: p("in ", w.shared.react("day", year), "!"),
    "react that gives an element": lambda w: div(w.shared.react("day", lambda d: p(year(d)))),
    "react that gives an id": lambda w: div(w.shared.react("day", lambda d: p(year(d), id="own"))),
    "an attribute": lambda w: input_(value=w.shared.react("day", year), name="x"),
    "an attribute that is a script": lambda w: a("x", href=w.shared.react("link")),
    "an attribute and a child": lambda w: p(w.shared.react("n"), title=w.shared.react("day", year)),
    "each": lambda w: ul(w.shared.each("rows", row)),
    "each with a key": lambda w: ul(w.shared.each("rows", row, key="id")),
    "each among others": lambda w: div(p("x"), w.shared.each("rows", row), p("y")),
    "each in a table": lambda w: table(
        tbody(w.shared.each("rows", lambda t: tr(td(year(t["due"]))), key="id"))
    ),
    "each in a select": lambda w: select(
        w.shared.each("rows", lambda t: option(str(year(t["due"]))), key="id")
    ),
    "each in an svg": lambda w: svg(
        g(w.shared.each("rows", lambda t: circle(r=year(t["due"])), key="id"))
    ),
    "where": lambda w: ul(
        w.shared.each("rows", lambda t: li(t["id"]), where=lambda t: year(t["due"]))
    ),
    "order": lambda w: ul(
        w.shared.each("rows", lambda t: li(t["id"]), order=lambda t: year(t["due"]), key="id")
    ),
    "free each": lambda w: ul(
        each(lambda: w.shared.read("rows"), lambda t: li(year(t["due"])), key="id")
    ),
    "free each with a key that raises": lambda w: ul(
        each(lambda: w.shared.read("rows"), lambda t: li(t["id"]), key=lambda t: year(t["due"]))
    ),
    "fragment": lambda w: div(fragment(lambda: p(year(w.shared["day"])))()),
    "fragment among others": lambda w: div("x", fragment(lambda: p(year(w.shared["day"])))()),
    "computed": lambda w: p(w.total.react()),
    "computed in a function": lambda w: p(w.total.react(lambda n: f"{n} years")),
    "a binding in a row": lambda w: ul(
        w.shared.each("rows", lambda t: li(p(t.react("due", year)), t["id"]), key="id")
    ),
    "a dict as text": lambda w: ul(
        w.shared.each("rows", lambda t: li(t.react("extra", default="")), key="id")
    ),
    "a dict as a child": lambda w: ul(
        w.shared.each("rows", lambda t: li(t.read("extra", default="")), key="id")
    ),
    "a style": lambda w: div(
        w.shared.react("link", lambda v: p("x").style(background=f"url({v})"))
    ),
    "a style attribute": lambda w: p("x", style=w.shared.react("link", "--x:url({})".format)),
    "a link in a row": lambda w: ul(
        w.shared.each("rows", lambda t: li(a("x", href=t.read("to", default="/x"))), key="id")
    ),
    "a link of an svg": lambda w: svg(g().attr({"xlink:href": w.shared.react("link")})),
    "a list of images": lambda w: img(srcset=w.shared.react("link", "/a 1x, {} 2x".format)),
    "a dict in a field": lambda w: ul(
        w.shared.each("rows", lambda t: li(input_(value=t.react("extra", default=""))), key="id")
    ),
    "a bound field": lambda w: ul(
        w.shared.each("rows", lambda t: li(textInput(bind=t.at("due"), max=year(t["due"]))))
    ),
    "a computed link": lambda w: a("x", href=w.link.react()),
    "a control that an action reads": lambda w: ul(
        w.shared.each("rows", lambda t: li(textInput(name=f"f{t['id']}", value=year(t["due"]))))
    ),
}


@pytest.mark.parametrize("content", KINDS.values(), ids=KINDS)
def test_a_first_page_has_everything_else(content: Callable[[World], Any], caplog: Any) -> None:
    world = World()
    world.shows(content)
    world.spoil()

    page = Client(world.app).open("/")

    assert page.text("h3") == "0"
    shown = page.soup.select("[ht-failed]")
    records = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert len(records) == len(shown), "one line for each"
    assert all(f"{__file__}:" in record.getMessage() for record in records)
    page.click("button", text="+")
    assert page.text("h3") == "1"
    world.mend()
    page.look()
    assert not page.soup.select("[ht-failed]")
    page.assert_consistent()


@pytest.mark.parametrize("forget", [False, True])
@pytest.mark.parametrize("content", KINDS.values(), ids=KINDS)
def test_an_open_page_goes_on(content: Callable[[World], Any], forget: bool) -> None:
    world = World()
    world.shows(content)
    page = Client(world.app).open("/")

    world.spoil()
    if forget:
        world.app.pages.forget()
    page.click("button", text="+")
    assert page.text("h3") == "1"
    assert Client(world.app).open("/").text("h3") == "1"
    world.mend()
    page.look()
    page.assert_consistent()


@pytest.mark.parametrize("content", [KINDS["react, the only child"], KINDS["each in a table"]])
def test_the_debug_mode_says_it_in_the_place(content: Callable[[World], Any]) -> None:
    for debug in (True, False):
        world = World(debug=debug)
        world.shows(content)
        world.spoil()

        (place,) = Client(world.app).open("/").soup.select("#place [ht-failed]")

        assert ("ValueError: Invalid isoformat" in str(place["ht-failed"])) is debug
        assert (__file__ in str(place["ht-failed"])) is debug


def test_the_person_who_clicked_is_told(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.app.route("/")(
        lambda: div(
            p(world.shared.react("day", year)),
            button("break", onclick=world.shared.do.replace("day", "never")),
            button("+", onclick=world.shared.do.increment("n")),
        )
    )
    page = Client(world.app).open("/")

    page.click("button", text="break")
    assert page.error is not None
    assert "could not be shown" in page.error
    assert page.text("p") == "2024"
    page.click("button", text="+")
    assert page.error is None, "it is told once"


# -- outside of bindings ---------------------------------------------------------------------

#: What a page reads by itself; and what is left of it with hostile values.
PLAIN: dict[str, tuple[Callable[[World], Any], str]] = {
    "a link": (lambda w: a("x", href=w.shared["link"]), "<a ht-failed>x</a>"),
    "a link of a Ref": (lambda w: a("x", href=w.shared.at("link")), "<a ht-failed>x</a>"),
    "two in one": (
        lambda w: a("x", href=w.shared["link"], ping=w.shared["link"], title="t"),
        '<a ht-failed title="t">x</a>',
    ),
    "a loop": (
        lambda w: ul([li(a("x", href=link)) for link in ("/a", w.shared["link"])]),
        '<ul><li><a href="/a">x</a></li><li><a ht-failed>x</a></li></ul>',
    ),
    "an image": (lambda w: img(src=w.shared["link"], alt="x"), '<img ht-failed alt="x">'),
    "a style attribute": (
        lambda w: p("x", style=f"background:url({w.shared['link']})"),
        "<p ht-failed>x</p>",
    ),
    "a style": (
        lambda w: p("x").style(background=f"url({w.shared['link']})", color="red"),
        '<p class="s-…">x</p>',
    ),
    "a dict in an attribute": (
        lambda w: p("x", title=w.shared.read("rows/1/extra", default="")),
        "<p ht-failed>x</p>",
    ),
    "a dict as a child": (
        lambda w: p("x", w.shared.read("rows/1/extra", default=""), "y"),
        "<p>xy</p>",
    ),
}


@pytest.mark.parametrize(("content", "left"), PLAIN.values(), ids=PLAIN)
@pytest.mark.parametrize("patched", [False, True])
def test_what_a_page_reads_by_itself_costs_its_own_place(
    content: Callable[[World], Any], left: str, patched: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names the element, the attribute and the author's line."""
    world = World()
    world.shows(content)
    page = Client(world.app).open("/") if patched else None
    world.spoil()

    page = page or Client(world.app).open("/")
    page.click("button", text="+")

    assert page.text("h3") == "1"
    place = page.soup.select_one("#place")
    assert place is not None
    shown = re.sub("s-[0-9a-f]+", "s-…", place.decode_contents())
    parsed = BeautifulSoup(left, "html.parser")
    assert BeautifulSoup(shown, "html.parser").decode(formatter="html5") == parsed.decode(
        formatter="html5"
    )
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert told
    assert all(f"it is left out ({__file__}:" in text for text in told)
    page.assert_consistent()
    world.mend()
    page.look()
    assert not page.soup.select("[ht-failed]")
    page.assert_consistent()


def test_it_raises_where_no_page_is_made() -> None:
    with pytest.raises(HtealeafError, match="<a href>"):
        a("x", href=LINK)


# -- attributes ------------------------------------------------------------------------------

#: A link that can be written, or a list, which no attribute can have.
UNWRITABLE: dict[str, Callable[[World], Any]] = {
    "title": lambda w: p("first", title=w.shared.react("link", listed)),
    "class": lambda w: p("first", class_=w.shared.react("link", listed)),
    "style": lambda w: p("first", style=w.shared.react("link", listed)),
    "a boolean one": lambda w: p("first", hidden=w.shared.react("link", listed)),
    "a script": lambda w: a("x", href=w.shared.react("link")),
    "one of several": lambda w: p(
        "first", lang=w.shared.react("n", str), title=w.shared.react("link", listed)
    ),
    "besides content": lambda w: div(p(w.shared.react("n")), title=w.shared.react("link", listed)),
    "of a control": lambda w: input_(
        type="checkbox", name="x", checked=w.shared.react("link", listed)
    ),
    "of a row": lambda w: ul(
        w.shared.each("rows", lambda t: li(t["id"], title=t.react("extra", default="")), key="id")
    ),
    "of a row that is itself one": lambda w: ul(
        w.shared.each("rows", lambda t: li(t["id"], title=t.read("extra", default="")), key="id")
    ),
}


def listed(link: str) -> Any:
    return [link] if link.startswith("javascript") else link


@pytest.mark.parametrize("content", UNWRITABLE.values(), ids=UNWRITABLE)
def test_an_attribute_keeps_its_old_value_in_a_patch(content: Callable[[World], Any]) -> None:
    world = World()
    world.shows(content)
    page = Client(world.app).open("/")
    (before,) = page.soup.select("#place > *")
    old = dict(before.attrs)

    world.spoil()
    page.click("button", text="+")

    assert page.text("h3") == "1"
    (after,) = page.soup.select("#place > *")
    assert after.attrs == old
    world.mend()
    page.look()
    page.assert_consistent()


@pytest.mark.parametrize("forget", [False, True])
@pytest.mark.parametrize(
    "content", [*UNWRITABLE.values(), *KINDS.values()], ids=[*UNWRITABLE, *KINDS]
)
def test_a_page_that_changes_as_a_whole_goes_on(
    content: Callable[[World], Any], forget: bool
) -> None:
    """What the route itself reads is around the binding: the page is sent in one piece."""
    world = World()
    world.shows(lambda w: [p(f"read: {w.shared.read('n')}", id="around"), content(w)])
    page = Client(world.app).open("/")

    world.spoil()
    if forget:
        world.app.pages.forget()
    page.click("button", text="+")

    assert (page.text("#around"), page.text("h3")) == ("read: 1", "1")
    empty = Client(world.app).open("/").soup.select("[ht-failed]")
    assert len(page.soup.select("[ht-failed]")) == len(empty), "as in a first GET"
    page.click("button", text="+")
    assert page.text("#around") == "read: 2"
    assert page.error is None, "it is told once"
    world.mend()
    page.look()
    assert not page.soup.select("[ht-failed]")
    page.assert_consistent()


# -- keys ------------------------------------------------------------------------------------

KEYS: dict[str, list[Any]] = {
    "the same text": [{"id": "a"}, {"id": "a"}, {"id": "b"}],
    "a number and its text": [{"id": 1}, {"id": "1"}],
    "three times": [{"id": "x"}, {"id": "x"}, {"id": "x"}],
    "a bool and its text": [{"id": True}, {"id": "true"}],
    "nothing": [{"id": ""}, {"id": ""}],
    "no such field": [{"id": 1}, {"name": "x"}, {"id": 2}],
    "null": [{"id": None}, {"id": 1}],
    "a list": [{"id": [1]}, {"id": 1}],
    "a dict": [{"id": {"a": 1}}, {"id": 1}],
    "no dict at all": [{"id": 1}, "text", 3, None],
    "an ordinal that is there": [{"id": "a"}, {"id": "a"}, {"id": "a~2"}],
    "only what has none": [{"name": "x"}],
}


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("items", KEYS.values(), ids=KEYS)
def test_rows_of_equal_or_without_keys(items: list[Any], free: bool) -> None:
    with Registry() as registry:
        shared = Store({"rows": items, "n": 0}, name="shared")
        app = WSGI(secret=SECRET)
        SuperStore(app)
    del registry

    def show() -> Any:
        made = (
            each(lambda: shared.read("rows"), lambda item: li(repr(item)), key="id")
            if free
            else shared.each(
                "rows",
                lambda ref: li(repr(ref.read()), button("x", onclick=ref.do.delete())),
                key="id",
            )
        )
        return div(ul(made), h3(shared.react("n")), button("+", onclick=shared.do.increment("n")))

    app.route("/")(show)
    page = Client(app, check=True).open("/")

    assert page.text("h3") == "0"
    if "id" not in str(items) and not free:
        assert page.soup.select("[ht-failed]"), "no item at all has the key: that is told"
        return
    assert len(page.soup.select("li")) == len(items)
    for item, shown in zip(items, page.soup.select("li"), strict=True):
        assert repr(item) in shown.get_text()
    shared.append("rows", items[0])
    page.look()
    assert len(page.soup.select("li")) == len(items) + 1
    if not free:
        page.click("li:last-child button")
        assert shared.read("rows") == items
        page.click("li:first-child button")
        assert shared.read("rows") == items[1:]
    page.click("button", text="+")


# -- mistakes --------------------------------------------------------------------------------

MISTAKES: dict[str, Callable[[World], Any]] = {
    "a place that never was": lambda w: p(w.shared.react("dya")),
    "a list as text": lambda w: p(w.shared.react("rows")),
    "nonsense as a child": lambda w: p(w.shared.react("day", lambda d: object())),
    "a name that is none": lambda w: p(w.shared.react("day", lambda d: undefined)),  # type: ignore[name-defined]  # noqa: F821
    "a write": lambda w: p(w.shared.react("day", lambda d: w.shared.increment("n"))),
    "a binding as a value": lambda w: p(w.shared.react("day", lambda d: f"{w.shared.react('n')}")),
}


@pytest.mark.parametrize("content", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_of_the_author_is_a_clear_error(content: Callable[[World], Any]) -> None:
    world = World()
    world.shows(content)

    assert Client(world.app).get("/").status_code == 500


def test_what_is_not_the_binding_s_to_say() -> None:
    """Signing in, and `abort`, mean the page."""
    world = World()
    world.shows(lambda w: p(w.shared.react("day", lambda d: abort(403))))
    world.app.route("/away")(lambda: redirect("/"))

    assert Client(world.app).get("/").status_code == 403


HALF = "a\ud800b"
#: Where data may stand that came from elsewhere, and has half a character in it.
HALVES: dict[str, Callable[[World], Any]] = {
    "text": lambda w: p(HALF),
    "an attribute": lambda w: p("x", title=HALF, data_x=HALF).classes(HALF).id("own"),
    "a link": lambda w: a("x", href=f"/?q={HALF}"),
    "a style": lambda w: p(f"{HALF}").style(font_family=f"'{HALF}'"),
    "raw text": lambda w: p(HALF, script(f"let it = '{HALF}'")),
    "Markup": lambda w: p(Markup(HALF)),
    "react": lambda w: p(w.shared.react("n", lambda n: f"{HALF}{n}")),
    "react in an attribute": lambda w: p(HALF, title=w.shared.react("n", lambda n: f"{HALF}{n}")),
    "free each": lambda w: ul(each([HALF], li, key=str)),
    "fragment": lambda w: div(fragment(lambda: p(HALF, w.shared["n"]))()),
    "computed": lambda w: p(w.shared.computed(lambda place: f"{HALF}{place['n']}").react()),
}


@pytest.mark.parametrize("kind", HALVES)
def test_half_a_character_from_elsewhere_is_shown_as_none(kind: str) -> None:
    """A store takes none; the name of a file, or another service, may have one."""
    world = World()
    world.shows(HALVES[kind])
    page = Client(world.app).open("/")

    assert "a\ufffdb" in page.html
    page.click("button", text="+")
    page.assert_consistent()


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), HALF], ids=["nan", "inf", "half"])
def test_what_no_action_can_bring_costs_its_control(
    value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    with world.registry:
        texts = Store({"text": ""}, name="texts")

    @world.app.action
    def call(value: str | float) -> None: ...

    actions: list[Any] = [
        texts.do.set("text", value),
        texts.do.set("text", "x").confirm(HALF),
        call(value=value),
        browser.set_property("a", "value", value),
        [texts.do.set("text", "x"), browser.set_property("a", "value", value)],
        browser.dispatch("a", "x-y", [value]),
    ]
    world.shows(lambda w: [button(str(n), onclick=it) for n, it in enumerate(actions)])

    page = Client(world.app).open("/")

    found = BeautifulSoup(page.html, "html.parser").select("#place button")
    shown = [one.has_attr("disabled") for one in found]
    # What asks no server is written as JSON, and shown as no character.
    assert shown == [True, True, True, *([value is not HALF] * 3)], page.html
    page.click("button", text="+")
    assert "the onclick of this button has a value that no browser could be given" in caplog.text


@pytest.mark.parametrize("odd", [5, "text", True, [1], None], ids=repr)
@pytest.mark.parametrize(
    "show",
    [
        lambda shared: ul(shared.each("list", lambda item: li(item["name"]), key="id")),
        lambda shared: ul(shared.each("list", lambda item: li(item.read("name")))),
        lambda shared: div(shared.react("list/0/name"), p(shared.react("list/1/name"))),
    ],
    ids=["each", "each that reads", "react"],
)
def test_an_item_that_is_no_record_costs_its_own_place(
    show: Callable[[Store], Any], odd: Any
) -> None:
    """Where the default has nothing, whatever is there came by data."""
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        shared = Store({"list": []}, name="shared")
        app.route("/")(lambda: show(shared))
    shared.append("list", {"id": 1, "name": "tea"})
    page = Client(app).open("/")
    shared.insert("list/1", odd)

    page.look()

    for shown in (page, Client(app).open("/")):
        assert "tea" in shown.soup.text
