"""What is remembered of open pages is a cache: losing it never shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore, fragment
from htealeaf.components import body, button, div, h3, html, li, p, ul
from htealeaf.testing import Client

Make = Callable[[Callable[[], Any]], Client]


@pytest.fixture
def shared() -> Iterator[Store]:
    with Registry():
        yield Store({"n": 0, "bad": False, "dark": False, "rows": ["a", "b"]}, name="shared")


@pytest.fixture
def client_of(shared: Store) -> Make:
    def make(show: Callable[[], Any]) -> Client:
        app = WSGI(secret="a secret of the tests")
        SuperStore(app, shared.registry)
        app.route("/")(show)
        return Client(app)

    return make


def fragile(shared: Store) -> Any:
    @fragment
    def part() -> Any:
        if shared.read("bad"):
            raise RuntimeError("on purpose")
        return p("n is ", shared.read("n"))

    return part()


@pytest.mark.parametrize("remembered", [True, False])
def test_a_render_function_that_raises_costs_its_own_fragment(
    shared: Store, client_of: Make, remembered: bool
) -> None:
    """The old HTML stays; when it can be rendered again, it is."""
    client = client_of(lambda: div(button("+", onclick=shared.do.increment("n")), fragile(shared)))
    page = client.open("/")

    shared.set("bad", True)
    if not remembered:
        client.app.pages.forget()
    page.click("button")
    assert page.text("p") == "n is 0"
    shared.set("bad", False)
    page.look()

    assert page.text("p") == "n is 1"
    page.assert_consistent()


def test_the_rest_of_a_patch_arrives_although_one_binding_raises(
    shared: Store, client_of: Make
) -> None:
    client = client_of(
        lambda: div(
            h3(shared.react("n")), button("+", onclick=shared.do.increment("n")), fragile(shared)
        )
    )
    page = client.open("/")

    shared.set("bad", True)
    page.click("button")

    assert page.text("h3") == "1"
    assert page.text("p") == "n is 0"


def test_a_page_that_comes_to_have_actions_is_loaded_anew(shared: Store, client_of: Make) -> None:
    """Offers need a browser key, and only loading a page brings the cookie."""
    client = client_of(
        lambda: div(
            shared.react(
                "dark", lambda on: button("x", onclick=shared.do.toggle("dark")) if on else None
            )
        )
    )
    page = client.open("/")

    shared.set("dark", True)
    page.look()
    page.click("button")

    assert not page.has("button", "x")
    assert shared.read("dark") is False


def test_what_a_patch_cannot_carry_is_loaded_anew(shared: Store, client_of: Make) -> None:
    """The tags of html and body are outside of what a patch brings."""
    client = client_of(
        lambda: html(
            body(
                button("+", onclick=shared.do.toggle("dark")),
                class_="dark" if shared["dark"] else "",
            )
        )
    )
    page = client.open("/")

    page.click("button")

    assert page.soup.body is not None
    assert page.soup.body["class"] == "dark"
    page.assert_consistent()


def test_a_reactive_attribute_of_the_body_is_patched(shared: Store, client_of: Make) -> None:
    client = client_of(
        lambda: html(
            body(
                button("+", onclick=shared.do.toggle("dark")),
                class_=shared.react("dark", lambda on: "dark" if on else "light"),
            )
        )
    )
    page = client.open("/")

    page.click("button")

    assert page.patch is not None
    assert [op for op, _ in page.patch.ops] == ["attrs"]
    assert page.soup.body is not None
    assert page.soup.body["class"] == "dark"
    page.assert_consistent()


def test_a_plain_loop_is_reactive(shared: Store, client_of: Make) -> None:
    """Reads outside of a binding belong to the page; it travels as one patch."""
    client = client_of(
        lambda: div(
            ul(li(row) for row in shared.read("rows")),
            button("+", onclick=shared.do.append("rows", "c")),
        )
    )
    page = client.open("/")

    page.click("button")

    assert page.patch is not None
    assert [op for op, _ in page.patch.ops] == ["page"]
    assert page.soup.ul is not None
    assert page.soup.ul.text == "abc"
    page.assert_consistent()
