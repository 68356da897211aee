"""Python that reads well and would do nothing raises, in a sentence that says what to write."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    PageStore,
    Registry,
    Store,
    SuperStore,
    each,
    event,
    fragment,
    new_id,
    now,
    this,
    value_of,
)
from htealeaf.components import (
    a,
    button,
    circle,
    div,
    fileInput,
    form,
    input_,
    label,
    li,
    p,
    svg,
    table,
    tag,
    tbody,
    td,
    textarea,
    textInput,
    tr,
    ul,
)
from htealeaf.errors import HtealeafError, NotAValue
from tests.http import Browser

SECRET = "a secret for tests only"


class World:
    """Stores, and one of each kind of stand-in."""

    def __init__(self) -> None:
        with Registry() as self.registry:
            self.shared = Store({"n": 3, "open": True, "todo": ["a"]}, name="shared")
            self.rooms = Store({"name": "x"}, name="rooms", keyed=True)
            self.mine = PageStore({"tab": "one"}, name="mine")

            @self.shared.computed
            def total(place: Any) -> int:
                return len(place.read("todo"))

        @fragment
        def badge() -> Any:
            return p("x")

        self.kinds: dict[str, tuple[Callable[[], Any], str]] = {
            "react": (lambda: self.shared.react("open"), "shared.read('open')"),
            "react with a function": (
                lambda: self.shared.react("open", str),
                "shared.react('open', lambda value: ...)",
            ),
            "react of a key": (
                lambda: self.rooms.of("a/b").react("name"),
                "rooms.of('a/b').read('name')",
            ),
            "react of a page's own": (lambda: self.mine.react("tab"), "mine.read('tab')"),
            "each": (lambda: self.shared.each("todo", li), "shared.read('todo')"),
            "free each": (lambda: each(["a"], li, key=str), "empty="),
            "fragment": (badge, "inside of the function"),
            "computed": (lambda: total, "total.read()"),
            "computed reaction": (total.react, "total.read()"),
            "computed each": (lambda: total.each(li, key=str), "empty="),
            "slot of a control": (lambda: value_of("task"), "store.do.set"),
            "slot of this": (lambda: this.checked, "store.do.set"),
            "slot of the event": (lambda: event.key, "store.do.set"),
            "slot of the server": (lambda: now, "store.do.set"),
            "slot of an id": (lambda: new_id, "store.do.set"),
            "place": (lambda: self.shared.at("n"), "shared.at('n').read()"),
            "store": (lambda: self.shared, "shared.read()"),
        }


WORLD = World()
PLACES = {"place", "store"}  # a Ref has a truth, a length and items: those of its value
LISTS = {
    "an if": bool,
    "a not": lambda x: not x,
    "an and": lambda x: x and 1,
    "len": len,
    "iteration": list,
    "an index": lambda x: x[0],
    "in": lambda x: "a" in x,
}
VALUES: dict[str, Callable[[Any], Any]] = {
    "equals": lambda x: x == 3,
    "equals, the other way round": lambda x: x == "open",
    "is unequal": lambda x: x != None,  # noqa: E711
    "less": lambda x: x < 3,
    "at least": lambda x: x >= 3,
    "an f-string": lambda x: f"{x} things",
    "an f-string with a format": lambda x: f"{x:>5}",
    "str": str,
    "percent": lambda x: "%s things" % x,  # noqa: UP031
    "format": "{} things".format,
    "plus": lambda x: x + 1,
    "plus, from the right": lambda x: 1 + x,
    "times": lambda x: x * 2,
    "int": int,
    "float": float,
    "a list that is searched": lambda x: x in [1, 2],
    "pickle": pickle.dumps,
}


@pytest.mark.parametrize("use", [*VALUES.values(), *LISTS.values()], ids=[*VALUES, *LISTS])
@pytest.mark.parametrize("kind", WORLD.kinds)
def test_a_stand_in_is_no_value(kind: str, use: Callable[[Any], Any]) -> None:
    make, advice = WORLD.kinds[kind]
    if kind in PLACES and use in LISTS.values():
        pytest.skip("a Ref has these")

    with pytest.raises(NotAValue) as raised:
        use(make())

    assert advice in str(raised.value)
    assert ". " not in str(raised.value), "it is one sentence"


@pytest.mark.parametrize("kind", WORLD.kinds)
def test_a_stand_in_is_an_object(kind: str) -> None:
    thing = WORLD.kinds[kind][0]()

    assert thing == thing
    assert thing in [thing]
    assert {thing: 1}[thing] == 1
    assert isinstance(repr(thing), str)
    assert copy.copy(thing) is thing
    assert copy.deepcopy([thing])[0] is thing


def test_refs_are_equal_when_they_are_one_place() -> None:
    shared, rooms = WORLD.shared, WORLD.rooms

    assert shared.at("n") == shared.at("n")
    assert shared.at("n") != shared.at("open")
    assert rooms.of("a") != rooms.of("b")
    assert len({shared.at("n"), shared.at("n"), rooms.of("a").at("n")}) == 2


def test_equal_elements_of_bindings_stay_comparable() -> None:
    one = WORLD.shared.react("n")

    assert div(p(one), class_="a") == div(p(one), class_="a")
    assert div(p(one)) != div(p(WORLD.shared.react("n")))


# -- two functions for one thing -------------------------------------------------------------


def app_with(*said: tuple[str, list[str]]) -> WSGI:
    app = WSGI(secret=SECRET)
    for at, (pattern, methods) in enumerate(said):

        def function(**_: Any) -> Any:
            return div()

        function.__name__ = f"page_{at}"
        app.route(pattern, methods=methods)(function)
    return app


@pytest.mark.parametrize(
    "said",
    [
        [("/", ["GET"]), ("/", ["GET"])],
        [("/a", ["GET", "POST"]), ("/a", ["POST"])],
        [("/item/{id}", ["GET"]), ("/item/{name}", ["GET"])],
        [("/item/{id:int}", ["GET"]), ("/item/{n:int}", ["GET"])],
        [("/files/{rest:path}", ["GET"]), ("/files/{rest:path}", ["get"])],
        [("/item/{id}", ["GET"]), ("/item/{name:str}", ["GET"])],
    ],
)
def test_two_functions_on_one_route(said: Any) -> None:
    with pytest.raises(HtealeafError, match=r"page_0\(\) \(.*:\d+\) already.*page_1\(\) \(.*:\d+"):
        app_with(*said)


@pytest.mark.parametrize(
    "said",
    [
        [("/", ["GET"]), ("/", ["POST"])],
        [("/item/{id:int}", ["GET"]), ("/item/{name}", ["GET"])],
        [("/a", ["GET"]), ("/a/", ["GET"])],
        [("/item/new", ["GET"]), ("/item/{name}", ["GET"])],
        [("/{a}/x", ["GET"]), ("/x/{a}", ["GET"])],
    ],
)
def test_routes_that_are_apart(said: Any) -> None:
    assert app_with(*said)


def test_decorators_that_would_do_nothing() -> None:
    app: Any = WSGI(secret=SECRET)

    def user() -> str:
        return "ann"

    app.provide(user)
    app.error(404)(user)
    mistakes: list[tuple[Callable[[], Any], str]] = [
        (lambda: app.route(user), r'write @app\.route\("/path"\)'),
        (lambda: app.error(user), r"write @app\.error\(404\)"),
        (lambda: app.error(404)(user), "already"),
        (lambda: app.provide(user), "already"),
        (lambda: app.route("/api/_mine")(user), "never reached"),
        (lambda: app.route("/_htealeaf/x")(user), "never reached"),
        (lambda: app.static("/_htealeaf/x", "."), "never reached"),
    ]
    for mistake, words in mistakes:
        with pytest.raises(HtealeafError, match=words):
            mistake()


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: WORLD.shared.each("todo", li("x")),
        lambda: WORLD.shared.each("todo", None),  # type: ignore[arg-type]
        lambda: WORLD.shared.each("todo", li, where="done"),  # type: ignore[arg-type]
        lambda: WORLD.shared.each("todo", li, order="n"),  # type: ignore[arg-type]
        lambda: WORLD.shared.react("n", "text"),  # type: ignore[arg-type]
        lambda: WORLD.shared.react("n", p("x")),
        lambda: each(["a"], li("x"), key=str),
    ],
)
def test_what_is_called_later_is_a_function(mistake: Callable[[], Any]) -> None:
    with pytest.raises(HtealeafError, match="wants a function, not"):
        mistake()


# -- file inputs -----------------------------------------------------------------------------

DO = WORLD.shared.do
FILES: dict[str, Callable[[], Any]] = {
    "by name": lambda: form(onsubmit=DO.append("todo", value_of("doc")))(fileInput(name="doc")),
    "by id": lambda: [fileInput(id="doc"), button("x", onclick=DO.append("todo", value_of("doc")))],
    "in a dict": lambda: form(onsubmit=DO.append("todo", {"f": value_of("doc")}))(
        input_(name="doc", type="file", multiple=True)
    ),
    "typed": lambda: form(onsubmit=DO.append("todo", value_of("doc", str)))(fileInput(name="doc")),
    "in a chain": lambda: form(onsubmit=[DO.increment("n"), DO.append("todo", value_of("doc"))])(
        fileInput(name="doc")
    ),
    "this": lambda: fileInput(onchange=DO.append("todo", this.value)),
    "this, in a chain": lambda: fileInput(
        onchange=DO.increment("n").then(DO.append("todo", [this.value]))
    ),
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_the_value_of_a_file_input(
    content: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    app = WSGI(secret=SECRET)
    SuperStore(app, WORLD.registry)
    app.route("/")(content)

    assert Browser(app).get("/").status == 500
    assert "multipart/form-data" in caplog.text


# -- elements are values ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "element",
    [
        div("a < b", p("x"), class_="card"),
        input_(type="checkbox", checked=True),
        textarea("\n\nx"),
        tag("my-thing")(data_id=3),
        svg(circle(r=3)),
        ul(li(n) for n in range(3)),
        div(WORLD.shared.at("n")),
    ],
    ids=str,
)
def test_an_element_is_pickled_and_copied(element: Any) -> None:
    copies = [pickle.loads(pickle.dumps(element, n)) for n in range(pickle.HIGHEST_PROTOCOL + 1)]

    for other in [*copies, copy.copy(element), copy.deepcopy(element)]:
        assert str(other) == str(element)
        assert str(other(lang="en")) == str(element(lang="en"))
    assert all(other == element for other in copies)


@pytest.mark.parametrize(
    "element",
    [button(onclick=DO.increment("n")), p(WORLD.shared.react("n")), div(p(each([], li, key=str)))],
)
def test_an_element_of_a_page_is_copied_and_not_pickled(element: Any) -> None:
    assert copy.deepcopy(element) is element
    with pytest.raises(HtealeafError, match="can't be pickled"):
        pickle.dumps(element)


# -- attributes that no element has ----------------------------------------------------------

SLIPS: dict[str, tuple[Callable[[], Any], str]] = {
    "cls": (lambda: div(cls="card"), "<div> has no attribute 'cls'; did you mean class_=?"),
    "className": (lambda: p(className="card"), "class_="),
    "htmlFor": (lambda: label(htmlFor="x"), "for_="),
    "onClick": (lambda: button(onClick=DO.increment("n")), "onclick="),
    "placehoder": (lambda: textInput(placehoder="x"), "placeholder="),
    "herf": (lambda: a(herf="/x"), "href="),
    "aria_lable": (lambda: div(aria_lable="x"), "aria_label="),
    "readOnly": (lambda: textInput(readOnly=True), "readonly="),
    "acceptCharset": (lambda: form(acceptCharset="x"), "accept_charset="),
    "viewbox": (lambda: svg(viewbox="0 0 1 1"), "viewBox="),
    "colSpan by attr": (lambda: table(tbody(tr(td().attr(colSpan=2)))), "colspan="),
    "tilte by attr": (lambda: div().attr({"tilte": "x"}), "title="),
}
RIGHT: list[Callable[[], Any]] = [
    lambda: div(class_="a", data_x=1, aria_label="x", hx_get="/", style="x", key="x"),
    lambda: div().attr({"x-on:click": "y", "@click": "z", ":class": "c", "_": "on load"}),
    lambda: svg(viewBox="0 0 1 1")(circle(r=1, cx=1, fill_opacity=1)),
    lambda: label(for_="x"),
    lambda: tag("my-card")(cls="x", herf="y"),
    lambda: button(onclick=DO.increment("n")),
    lambda: input_(type="text", readonly=True, maxlength=3, inputmode="numeric", list="x"),
]


@pytest.fixture
def warnings(
    caplog: pytest.LogCaptureFixture,
) -> Callable[..., list[str]]:
    caplog.set_level(logging.WARNING, "htealeaf")

    def told(content: Callable[[], Any], *, debug: bool = True) -> list[str]:
        caplog.clear()
        app = WSGI(secret=SECRET, debug=debug)
        SuperStore(app, WORLD.registry)
        app.route("/")(lambda: div(content()))
        browser = Browser(app)
        assert browser.get("/").status == 200
        assert browser.get("/").status == 200
        return [r.getMessage() for r in caplog.records if __file__ in r.getMessage()]

    return told


@pytest.mark.parametrize(("content", "words"), SLIPS.values(), ids=SLIPS)
def test_an_attribute_that_no_element_has(content: Any, words: str, warnings: Any) -> None:
    line = content.__code__.co_firstlineno

    told = [text for text in warnings(content) if f"{__file__}:{line}: " in text]

    assert len(told) == 1, "it is told once"
    assert words in told[0]


@pytest.mark.parametrize("content", RIGHT)
def test_an_attribute_that_is_right_or_somebody_s_own(content: Any, warnings: Any) -> None:
    line = content.__code__.co_firstlineno

    assert not [text for text in warnings(content) if f":{line}: " in text]


def test_nothing_is_told_without_the_debug_mode(warnings: Any) -> None:
    assert not warnings(lambda: div(cls="x"), debug=False)
