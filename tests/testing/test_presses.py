"""The browserless client presses as the shim does: twice, under an input method, again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.wrappers import Response

from htealeaf import WSGI, Registry, Store, SuperStore, value_of
from htealeaf.components import button, div, form, input_, p
from htealeaf.html.elements import Element
from htealeaf.testing import Client, Page
from htealeaf.testing.tab import NOT_OURS
from tests.conformance.presses import KINDS, app_of_presses, each_kind


@pytest.fixture
def presses() -> Iterator[WSGI]:
    with Registry():
        yield app_of_presses()


def _posts(page: Page) -> int:
    return [one.method for one in page.requests].count("POST")


@each_kind
def test_a_second_press_while_the_first_is_under_way(presses: WSGI, name: str) -> None:
    page = Client(presses).open("/")
    (step, *given), sent = KINDS[name]
    before = _posts(page)

    with page.slow():
        getattr(page, step)(*given)
        getattr(page, step)(*given)

    assert _posts(page) - before == sent


@each_kind
def test_a_press_after_the_answer_is_another_one(presses: WSGI, name: str) -> None:
    page = Client(presses).open("/")
    step, *given = KINDS[name].step
    before = _posts(page)

    for _ in range(2):
        getattr(page, step)(*given)

    assert _posts(page) - before == 2


class _Gate:
    # Somebody who answers actions instead of the app, as often as it is told to.
    def __init__(self, app: WSGI) -> None:
        self.app, self.answers = app, [Response()]
        self.answers.clear()
        self.reached = True

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] == "POST" and self.answers:
            if self.reached:
                b"".join(self.app(environ, lambda *_: None))
            return self.answers.pop(0)(environ, start_response)
        return self.app(environ, start_response)


@pytest.fixture
def gate() -> Iterator[tuple[_Gate, Page, Store]]:
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"list": ["tea"]}, name="store")

        @app.route("/")
        def show() -> Element:
            return div(
                form(onsubmit=store.do.append("list", value_of("task")))(
                    input_(name="task"), button("Add")
                ),
                p(store.react("list", lambda items: len(items))),
            )

        client = Client(app)
        page = client.open("/")
        gate = _Gate(app)
        client._http.application = gate
        yield gate, page, store


_STRANGERS = {
    "a captive portal": Response("<h1>Welcome</h1>", 200, mimetype="text/html"),
    "a log-in gate": Response("", 302, {"Location": "/login"}),
    "a proxy that drops headers": Response("<template ht><p>9</p></template>"),
    "a page under our headers": Response("<h1>Blocked</h1>", headers={"HT-Cursor": "e.2"}),
    "a patch without its mark": Response("<p>9</p>", headers={"HT-Cursor": "e.2"}),
    "nothing": Response("", 204),
    "JSON": Response('{"ok": true}', mimetype="application/json"),
    "a page that is not allowed": Response("<h1>Forbidden</h1>", 403),
}


@pytest.mark.parametrize("reached", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("name", _STRANGERS)
def test_an_answer_that_is_not_ours_is_no_success(
    gate: tuple[_Gate, Page, Store], name: str, reached: bool
) -> None:
    """Nothing is reset; sent again it counts once, whether the app got it before or not."""
    strange, page, store = gate
    strange.answers, strange.reached = [_STRANGERS[name]], reached
    page.fill("input", "milk")

    told = []
    for left in ("milk", ""):
        page.click("button")
        told.append(page.error)
        assert page.value("input") == left

    assert told == [NOT_OURS, None]
    assert store.read("list") == ["tea", "milk"]


def test_the_next_click_is_another_one(gate: tuple[_Gate, Page, Store]) -> None:
    strange, page, store = gate
    strange.answers = [_STRANGERS["a captive portal"]]
    for text in ("milk", "milk", "milk", "rum"):
        page.fill("input", text)
        page.click("button")

    assert store.read("list") == ["tea", "milk", "milk", "rum"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"isComposing": True}, 0),
        ({"keyCode": 229}, 0),
        ({"isComposing": True, "keyCode": 229}, 0),
        ({"keyCode": 13}, 1),
        ({}, 1),
    ],
)
def test_a_key_that_an_input_method_takes(presses: WSGI, given: Any, sent: int) -> None:
    page = Client(presses).open("/")
    before = _posts(page)

    page.press("#key", "Enter", **given)

    assert _posts(page) - before == sent


def test_a_key_of_a_keyboard_on_a_screen_is_typing() -> None:
    """It has no name and the code of an input method; an action for any key is done."""
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"n": 0}, name="store")
        app.route("/")(lambda: input_(id="any", onkeyup=store.do.increment("n")))
        page = Client(app).open("/")

        page.press("#any", "Unidentified", keyCode=229, isComposing=True)

        assert store.read("n") == 1
