"""`bind=`: a control shows a place of a store, and what is put in goes back there."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf import WSGI, Element, HtealeafError, Registry, SessionStore, Store, SuperStore
from htealeaf.components import (
    checkbox,
    div,
    fileInput,
    input_,
    optgroup,
    option,
    p,
    select,
    textarea,
    textInput,
)
from htealeaf.testing import Client

DEFAULT: dict[str, Any] = {"name": "Ann", "n": 3, "news": True, "size": "m", "note": "a\nb"}


def made(*content: Any) -> Client:
    """Return a client of an app whose page shows what *content* gives for a store."""
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        prefs = SessionStore(DEFAULT, name="prefs")

    def home() -> Element:
        shown = prefs.react("", lambda value: str({**value}))
        return div(p(shown, id="all"), [make(prefs) for make in content])

    app.route("/")(home)
    return Client(app)


@pytest.mark.parametrize(
    ("make", "shown", "put", "stored"),
    [
        (lambda s: textInput(bind=s.at("name")), "Ann", "Bob", "'name': 'Bob'"),
        (lambda s: input_(type="number", bind=s.at("n")), "3", "7", "'n': 7"),
        (lambda s: textarea(bind=s.at("note")), "a\nb", "c", "'note': 'c'"),
    ],
)
def test_what_is_typed_goes_where_it_came_from(
    make: Any, shown: str, put: str, stored: str
) -> None:
    page = made(make).open("/")
    assert page.value("input, textarea") == shown
    page.fill("input:not([type=hidden]), textarea", put)
    assert stored in page.text("#all")
    assert page.value("input:not([type=hidden]), textarea") == put


def test_a_box_and_choices_go_back_as_well() -> None:
    def radios(s: Any) -> Any:
        return [input_(type="radio", name="r", value=v, bind=s.at("size")) for v in "sml"]

    def choices(s: Any) -> Element:
        return select(bind=s.at("size"))(
            option("S", value="s"), optgroup(option("M", value="m"), option("l")), id="size"
        )

    page = made(lambda s: checkbox(bind=s.at("news"), id="news"), radios, choices).open("/")
    assert (page.value("#news"), page.value("[value=m]"), page.value("#size")) == (True, "m", "m")

    page.uncheck("#news")
    page.check("[name=r][value=s]")
    assert page.value("#size") == "s"
    page.select("#size", "l")
    assert page.value("[name=r][value=l]") == "l"
    assert "'news': False" in page.text("#all")


def test_what_others_write_is_shown() -> None:
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        shared = Store({"name": "Ann"}, name="shared")
    app.route("/")(lambda: div(textInput(bind=shared.at("name"))))
    page = Client(app).open("/")
    shared.replace("name", "Bob")
    page.look()
    assert page.value("[type=text]") == "Bob"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda s: textInput(bind="name"), "takes a place"),
        (lambda s: fileInput(bind=s.at("name")), "a file is nothing"),
        (lambda s: select(bind=s.at("name"), multiple=True), "several"),
        (lambda s: textInput(bind=s.at("name"), oninput=s.do.clear("")), "oninput"),
    ],
)
def test_what_can_t_be_bound_says_why(make: Any, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        made(make).open("/")
    with pytest.raises(HtealeafError, match=why), Registry():
        make(Store(DEFAULT, name="prefs"))


def test_a_password_is_not_shown() -> None:
    page = made(lambda s: input_(type="password", bind=s.at("name"))).open("/")
    assert page.value("[type=password]") == ""
