"""A page is compared with a fresh one, and with itself before a step."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import button, div, h3, p
from htealeaf.testing import Client, PageFailure
from htealeaf.testing.trees import by_id
from tests.testing.apps import SECRET, todo_app


def test_what_is_not_tracked_is_found() -> None:
    """A route that shows what no store holds differs from a fresh page."""
    seen = [0]
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        shared = Store({"n": 0}, name="shared")

    @app.route("/")
    def home():
        seen[0] += 1
        return div(
            p(f"shown {seen[0]} times"),
            h3(shared.react("n")),
            button("+", onclick=shared.do.increment("n")),
        )

    page = Client(app, check=True).open("/")

    with pytest.raises(PageFailure) as caught:
        page.click("button")

    message = str(caught.value)
    assert message.startswith(
        "the page differs from a fresh page of the same URL.\n--- this page\n"
    )
    assert "-      <p>shown 1 times</p>\n+      <p>shown 2 times</p>" in message


def counter(page) -> Any:
    return by_id(page.soup, "shared-counter")


@pytest.mark.parametrize(
    "fault",
    [
        lambda page: counter(page).string.replace_with("7"),
        lambda page: counter(page).string.replace_with("1 "),
        lambda page: counter(page).attrs.update(title="x"),
        lambda page: counter(page).extract(),
        lambda page: page.soup.body.append(page.soup.new_tag("hr")),
        lambda page: page.soup.title.string.replace_with("Other"),
        lambda page: page.soup.find_all("button")[1].attrs.pop("formaction"),
        lambda page: page.soup.html.attrs.update(lang="de"),
        lambda page: counter(page).insert_before(" "),
    ],
)
def test_a_planted_fault_is_found(fault) -> None:
    page = Client(todo_app()).open("/counter")
    page.assert_consistent()

    fault(page)

    with pytest.raises(PageFailure, match="differs from a fresh page") as caught:
        page.assert_consistent()
    assert [line for line in str(caught.value).splitlines() if line[:1] in "+-"][2:]


def test_what_others_wrote_meanwhile_is_said() -> None:
    app = todo_app()
    page = Client(app).open("/counter")
    app.shared.increment("counter")  # type: ignore[attr-defined]

    with pytest.raises(PageFailure, match=r"page\.look\(\) brings it up to date"):
        page.assert_consistent()
    page.look()
    page.assert_consistent()


def test_a_page_that_moved_on_is_said() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
    answers = [(200, p("here")), (410, p("gone"))]

    @app.route("/")
    def home():
        return answers.pop(0)

    page = Client(app).open("/")

    with pytest.raises(PageFailure, match="a fresh one is / with status 410"):
        page.assert_consistent()


def test_comparing_disturbs_nothing() -> None:
    app = todo_app()
    client = Client(app)
    page = client.open("/")
    page.fill("[name=task]", "Bread")
    before, sent, cursor = page.html, len(page.requests), page.cursor

    page.assert_consistent()

    assert (page.html, len(page.requests), page.cursor) == (before, sent, cursor)
    assert page.value("[name=task]") == "Bread"
    page.click("button", text="Add")
    page.assert_consistent()


def test_only_what_is_named_may_have_changed() -> None:
    page = Client(todo_app()).open("/counter")
    page.click("button", text="+")

    page.assert_only_changed("h3")
    page.assert_only_changed("div")
    with pytest.raises(PageFailure) as caught:
        page.assert_only_changed("button")
    with pytest.raises(PageFailure, match="nothing matches '#none'"):
        page.assert_only_changed("#none")

    message = str(caught.value)
    assert message.startswith("the last step changed more than button:\n--- before\n+++ after\n")
    assert '-      <h3 id="shared-counter">1</h3>\n+      <h3 id="shared-counter">2</h3>' in message


def test_nothing_has_changed() -> None:
    page = Client(todo_app()).open("/counter")
    page.look()

    page.assert_only_changed()


def test_an_id_that_is_there_twice_fails() -> None:
    with Registry():
        app = WSGI(secret=SECRET)

    @app.route("/")
    def home():
        return div(p("a", id="x"), p("b", id="x"))

    with pytest.raises(PageFailure, match="more than one element has the id 'x'"):
        Client(app).open("/")


def test_rules_that_a_patch_forgot_are_named() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        shared = Store({"n": 0}, name="shared")

    @app.route("/")
    def home():
        return div(
            shared.react("n", lambda n: p(n).style(margin_top=f"{n}px")),
            button("+", onclick=shared.do.increment("n")),
        )

    page = Client(app, check=True).open("/")
    page.click("button")
    style = page.soup.find(id="ht-style")
    assert style is not None
    style.clear()

    with pytest.raises(PageFailure, match=r"lacks CSS rules that a fresh page has:\n  .*margin"):
        page.assert_consistent()
