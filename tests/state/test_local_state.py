"""Local state: what a browser has set of a page store comes with the next request."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from htealeaf import WSGI, Element, PageStore, Registry, Store, SuperStore, browser, this
from htealeaf.components import button, div, p, select
from htealeaf.errors import HtealeafError
from htealeaf.state.local_state import with_local
from htealeaf.state.page_state import PageState
from htealeaf.testing import Client
from htealeaf.wire.codec import dumps


def _app() -> tuple[WSGI, Any]:
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        view = PageStore({"tab": "a", "n": 1, "own": "x"}, name="view", local=["tab", "n"])
        store = Store({"n": 0}, name="shared")

    @app.route("/")
    def page() -> Element:
        return div(
            p(view.react("tab"), id="tab"),
            p(view.react("n"), id="n"),
            p(view.react("own"), id="own"),
            p(store.react("n"), id="count"),
            button("b", id="b", onclick=browser.set(view.at("tab"), "b")),
            button("c", id="c", onclick=[browser.set(view.at("tab"), "c"), browser.hide("tab")]),
            button("7", id="seven", onclick=browser.set(view.at("n"), 7)),
            select(id="chosen", onchange=browser.set(view.at("n"), this.value)),
            button("+", id="add", onclick=store.do.increment("n")),
            button("own", id="own-tab", onclick=view.do.set("tab", "own")),
        )

    return app, view


def test_what_was_set_comes_with_the_next_request() -> None:
    page = Client(_app()[0]).open("/")
    sent = len(page.requests)

    page.click("#b")
    page.click("#seven")
    assert len(page.requests) == sent
    assert page.text("#tab") == "a"
    page.click("#add")

    assert (page.text("#tab"), page.text("#n"), page.text("#count")) == ("b", "7", "1")
    assert page.requests[-1].request.headers["ht-local"]
    # It is the page's state from now on, and said no more.
    page.click("#add")
    assert "ht-local" not in page.requests[-1].request.headers
    assert page.text("#tab") == "b"
    page.assert_consistent()


def test_an_action_is_later_than_what_was_set_before_it() -> None:
    page = Client(_app()[0]).open("/")

    page.click("#c")
    page.click("#own-tab")

    assert page.text("#tab") == "own"


@pytest.mark.parametrize(
    "said",
    [
        {"view/own": "y"},  # not local
        {"view/tab": 5},  # of another type: made a text, as that of a field
        {"view/n": "no number"},
        {"view/tab": {"a": 1}},
        {"view/tab": ["a"]},
        {"view/new": 1},
        {"view/tab/0": "y"},
        {"shared/n": 9},
        {"nowhere/n": 9},
        {"view": {}},
        ["view/tab"],
        "x",
        {"view/tab": "y" * 3000},
    ],
    ids=dumps,
)
def test_what_a_browser_may_not_set_is_left_out(said: Any) -> None:
    app, _ = _app()
    page = Client(app).open("/")
    before = [page.text(f"#{id}") for id in ("tab", "n", "own", "count")]
    request = page.action("#add").with_headers(HT_Local=quote(dumps(said)))

    page.send(request)

    shown = [page.text(f"#{id}") for id in ("tab", "n", "own")]
    assert shown == (["5", "1", "x"] if said == {"view/tab": 5} else before[:3])
    assert page.text("#count") == "1"


@pytest.mark.parametrize("text", ["%", "{", "%7B", "null", "\x00", "%FF"])
def test_what_can_t_be_read_is_left_out(text: str) -> None:
    page = Client(_app()[0]).open("/")

    page.send(page.action("#add").with_headers(HT_Local=text))

    assert (page.text("#tab"), page.text("#count")) == ("a", "1")


def test_what_is_set_of_a_state_that_can_t_be_read_is_left_out() -> None:
    """Of a page that older code has rendered: whoever reads it is told, and nobody else."""

    def version(n: int) -> Registry:
        with Registry() as made:
            steps = {step: lambda document: document["gone"] for step in range(1, n)}
            PageStore({"tab": "a"}, name="view", local=["tab"], version=n, migrate=steps)
        return made

    older, newer = version(1), version(2)
    said = quote(dumps({"view/tab": "b"}))
    text = with_local(PageState(), said, older.sets, older.journal.versions).text(str)
    state = PageState.parse(text, str, newer.journal.versions)

    assert with_local(state, said, newer.sets, newer.journal.versions) is state


def test_only_what_is_local_is_set() -> None:
    _, view = _app()
    with Registry():
        shared = Store({"n": 0}, name="shared")

    for make, words in [
        (lambda: browser.set(view.at("own"), "y"), "is not local"),
        (lambda: browser.set(shared.at("n"), 1), "is not local"),
        (lambda: browser.set(view.at("n"), "7"), "is a int"),
        (lambda: browser.set(view.at("n"), True), "is a int"),
    ]:
        with pytest.raises(HtealeafError, match=words):
            make()
    with Registry(), pytest.raises(HtealeafError, match="local= is for a PageStore"):
        Store({"n": 0}, name="other", local=["n"])
