"""Python that reads well and would do nothing raises, in a sentence that says what to write."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    Registry,
    Store,
    SuperStore,
    each,
    this,
    value_of,
)
from htealeaf.components import (
    button,
    circle,
    div,
    fileInput,
    form,
    input_,
    li,
    p,
    svg,
    tag,
    textarea,
    ul,
)
from htealeaf.errors import HtealeafError
from tests.http import Browser

SECRET = "a secret for tests only"


class World:
    """A registry with stores, and one document for each key."""

    def __init__(self) -> None:
        with Registry() as self.registry:
            self.shared = Store({"n": 3, "open": True, "todo": ["a"]}, name="shared")
            self.rooms = Store({"name": "x"}, name="rooms", keyed=True)


WORLD = World()


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


def test_a_key_of_an_event_that_has_none(caplog: pytest.LogCaptureFixture) -> None:
    app = WSGI(secret=SECRET)
    SuperStore(app, WORLD.registry)
    app.route("/")(lambda: p("a", onclick=WORLD.shared.do.set("n", 1).key("Enter")))

    assert Browser(app).get("/").status == 500
    assert "onclick of this p has .key('Enter')" in caplog.text


# -- two functions for one thing -------------------------------------------------------------


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
