"""Offers in a page: what is sent without scripts is a URL, and one that is too long is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from htealeaf import WSGI, JSCode, Registry, Store, SuperStore, fragment, value_of
from htealeaf.components import button, div, form, input_, p, textInput
from htealeaf.testing import Client

LONG = "x" * 9000


@pytest.fixture
def app() -> Iterator[WSGI]:
    with Registry():
        app = WSGI(secret="a secret of these tests", debug=True)
        SuperStore(app)
        Store({"text": "", "list": [], "n": 0}, name="store")

        @app.action
        def call(text: str = "", more: str = "") -> None: ...

        yield app


def _do(app: WSGI) -> Any:
    return next(store for store in app.registry if store.name == "store").do


_Made = Callable[[Any, Any], Any]
_TOO_LONG: dict[str, _Made] = {
    "a button": lambda do, call: button("b", onclick=do.set("text", LONG)),
    "a button of an action function": lambda do, call: button("b", onclick=call(text=LONG)),
    "a button of several steps": lambda do, call: button(
        "b", onclick=[do.set("text", LONG[:2000]), do.set("text", LONG[:2500])]
    ),
    "a button with code": lambda do, call: button(
        "b", onclick=do.set("text", LONG).then(JSCode("x()"))
    ),
    "a form": lambda do, call: form(
        input_(name="a"), onsubmit=do.append("list", {"a": value_of("a"), "b": LONG})
    ),
    "a form of an action function": lambda do, call: form(
        input_(name="more"), onsubmit=call(text=LONG)
    ),
    "letters that a URL writes longer": lambda do, call: button(
        "b", onclick=do.set("text", "ä" * 700)
    ),
    "a long question": lambda do, call: button("b", onclick=do.increment("n").confirm(LONG)),
}
_IN_THE_BODY: dict[str, _Made] = {
    "a button that needs scripts": lambda do, call: button(
        "b", type="button", onclick=do.set("text", LONG)
    ),
    "an element that is no button": lambda do, call: p("b", onclick=do.set("text", LONG)),
    "a field": lambda do, call: textInput(id="b", oninput=do.set("text", LONG)),
    "a form that says how it is sent": lambda do, call: form(
        button("b"), method="get", action="/", onsubmit=do.set("text", LONG)
    ),
    "a button that fits": lambda do, call: button("b", onclick=do.set("text", "x" * 3500)),
}


@pytest.mark.parametrize("name", _TOO_LONG)
def test_what_is_too_long_for_a_url_costs_its_control(
    app: WSGI, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Constants may be data. It is told in words, with a way out; no request goes that no server
    takes, and the page goes on."""
    do, call = _do(app), app._functions["call"]
    app.route("/")(
        lambda: div(_TOO_LONG[name](do, call), button("other", onclick=do.set("text", "y")))
    )

    page = Client(app).open("/")

    assert "where scripts are off" in caplog.text
    assert "bytes as a URL" in caplog.text
    assert page.soup.select("[disabled], form[inert]")
    page.click("button", text="other")
    assert page.error is None


def test_what_is_too_long_inside_of_a_binding_costs_that(app: WSGI) -> None:
    do, call = _do(app), app._functions["call"]
    make = next(iter(_TOO_LONG.values()))
    app.route("/")(lambda: div(p("before"), fragment(lambda: p(make(do, call)))()))

    answer = Client(app).get("/")

    assert answer.status_code == 200
    assert "before" in answer.text
    assert "formaction" not in answer.text


@pytest.mark.parametrize("name", _IN_THE_BODY)
def test_what_is_sent_in_the_body_may_be_long(app: WSGI, name: str) -> None:
    do, call = _do(app), app._functions["call"]
    app.route("/")(lambda: div(_IN_THE_BODY[name](do, call)))
    page = Client(app).open("/")

    if name == "a field":
        page.fill("#b", "y")
    elif "form" in name:
        page.submit("form[ht-submit]")
    else:
        page.click("button, p", text="b")

    assert len(page.requests[-1].request.url) < 4000
    assert page.error is None
