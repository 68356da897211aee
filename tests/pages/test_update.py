"""What is remembered of open pages is a cache: losing it never shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from htealeaf import (
    WSGI,
    NotAuthenticated,
    Registry,
    SessionStore,
    Store,
    SuperStore,
    each,
    fragment,
)
from htealeaf.components import body, button, div, form, h3, html, li, p, ul
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


@pytest.mark.parametrize("remembered", [True, False])
def test_the_rest_of_a_patch_arrives_although_one_binding_raises(
    shared: Store, client_of: Make, remembered: bool
) -> None:
    client = client_of(
        lambda: div(
            h3(shared.react("n")), button("+", onclick=shared.do.increment("n")), fragile(shared)
        )
    )
    page = client.open("/")

    shared.set("bad", True)
    if not remembered:
        client.app.pages.forget()
    page.click("button")
    assert page.text("h3") == "1"
    assert page.text("p") == "n is 0"
    page.click("button")
    assert page.text("h3") == "2"
    assert page.text("p") == "n is 0"
    shared.set("bad", False)
    page.look()

    page.assert_consistent()


def test_the_rest_arrives_although_the_page_itself_read_what_changed(
    shared: Store, client_of: Make
) -> None:
    """Where what is around the bindings stays the same, they are patched one by one."""

    def show() -> Any:
        shared.read("n")
        return div(
            h3(shared.react("n")), button("+", onclick=shared.do.increment("n")), fragile(shared)
        )

    page = client_of(show).open("/")

    shared.set("bad", True)
    page.click("button")
    assert page.text("h3") == "1"
    assert page.text("p") == "n is 0"
    shared.set("bad", False)
    page.look()

    assert page.patch is not None
    assert [op for op, _ in page.patch.ops] == ["morph"]
    page.assert_consistent()


def test_what_has_to_be_sent_whole_fails_with_what_is_in_it(shared: Store, client_of: Make) -> None:
    """There is no old HTML for a place in new HTML: the outer binding keeps all of its own."""

    @fragment
    def outer() -> Any:
        return div("outer ", shared.read("n"), fragile(shared), class_="outer")

    client = client_of(
        lambda: div(h3(shared.react("n")), outer(), button("+", onclick=shared.do.increment("n")))
    )
    page = client.open("/")

    for forget in (True, False):
        shared.set("bad", True)
        before = page.text(".outer")
        if forget:
            client.app.pages.forget()
        page.click("button")
        assert page.text("h3") == str(shared["n"])
        assert page.text(".outer") == before
        shared.set("bad", False)
        page.look()
        page.assert_consistent()


@pytest.mark.parametrize("own_reads", [True, False])
@pytest.mark.parametrize("keyed", [True, False])
def test_a_row_that_raises_costs_that_row(
    shared: Store, client_of: Make, own_reads: bool, keyed: bool
) -> None:
    """An old one stays as it was; a new one comes when it can be rendered."""

    def row(text: str) -> Any:
        if shared.read("bad") and "!" in text:
            raise RuntimeError("on purpose")
        return li(text, " ", shared.read("n"))

    def show() -> Any:
        rows = shared.read("rows") if own_reads else None
        made = (
            each(lambda: rows or shared.read("rows"), row, key=str)
            if keyed
            else shared.each("rows", lambda ref: row(ref.read()))
        )
        return div(ul(made), button("+", onclick=shared.do.increment("n")))

    page = client_of(show).open("/")

    shared.set("rows", "c!")
    page.look()
    with shared.batch():
        shared.set("bad", True)
        shared.increment("n")
        shared.append("rows", "d")
        shared.append("rows", "e!")
    page.look()
    assert page.text("ul") == "a 1b 1c! 0d 1"
    shared.append("rows", "f")
    page.look()
    assert page.text("ul") == "a 1b 1c! 0d 1f 1"
    shared.set("bad", False)
    page.look()

    page.assert_consistent()


@pytest.mark.parametrize("remembered", [True, False])
def test_a_page_with_a_binding_that_raises_is_not_loaded_anew(
    shared: Store, client_of: Make, remembered: bool
) -> None:
    """A patch that can't carry what changed waits, since loading the page would be an error."""

    def show() -> Any:
        made = (button("+", onclick=shared.do.increment("n")), fragile(shared))
        return html(body(*made, class_="dark" if shared["dark"] else "light"))

    client = client_of(show)
    page = client.open("/")

    with shared.batch():
        shared.set("bad", True)
        shared.set("dark", True)
    if not remembered:
        client.app.pages.forget()
    page.click("button")
    assert page.text("p") == "n is 0"
    shared.set("bad", False)
    page.look()

    assert page.soup.body is not None
    assert page.soup.body["class"] == "dark"
    page.assert_consistent()


def test_not_signed_in_is_no_failure_of_a_binding(shared: Store, client_of: Make) -> None:
    """A binding that raises `NotAuthenticated` sends the visitor elsewhere."""

    @fragment
    def private() -> Any:
        if shared.read("bad"):
            raise NotAuthenticated("on purpose")
        return p("private")

    client = client_of(lambda: div(private(), button("x", onclick=shared.do.toggle("dark"))))
    for forget in (True, False):
        shared.set("bad", False)
        page = client.open("/")
        shared.set("bad", True)
        if forget:
            client.app.pages.forget()
        page.look()
        assert not page.has("p", "private")


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


def test_reactive_attributes_of_the_outermost_tags_are_patched_with_the_page(
    shared: Store, client_of: Make
) -> None:
    """Also where the page itself read what changed, and its content is the same."""

    def show() -> Any:
        shared.read("dark")
        shown = shared.react("dark", lambda on: "dark" if on else "light")
        return html(body(button("+", onclick=shared.do.toggle("dark")), class_=shown), class_=shown)

    page = client_of(show).open("/")

    page.click("button")

    assert page.soup.html is not None
    assert page.soup.body is not None
    assert page.soup.html["class"] == page.soup.body["class"] == "dark"
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


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_that_answers_a_post_goes_on_as_that_of_its_url(
    shared: Store, client_of: Make, scripts: bool
) -> None:
    """A click on it counts once, and shows what a GET of the URL does."""
    client = client_of(lambda: form(method="post", action="/found")(button("find")))
    client.scripts = scripts
    found = client.app.route("/found", methods=["GET", "POST"])
    found(lambda: div(h3(shared.react("n")), button("+", onclick=shared.do.increment("n"))))
    page = client.open("/")

    page.click("button", text="find")
    page.click("button", text="+")

    assert page.text("h3") == "1"
    assert shared["n"] == 1


def test_a_page_without_a_url_of_its_own_has_no_actions(
    shared: Store, client_of: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """A click would lead to an address that answers no GET. The author is told when it is shown."""
    client = client_of(lambda: form(method="post", action="/found")(button("find")))
    found = client.app.route("/found", methods=["POST"])
    found(lambda: button("+", onclick=shared.do.increment("n")))

    answer = client.request("POST", "/found")

    assert answer.status_code == 500
    assert "write methods=['GET', 'POST'], or end with redirect(...)" in caplog.text


def test_a_page_without_a_url_of_its_own_stays_as_it_was_shown(
    shared: Store, client_of: Make
) -> None:
    """It can't be made again, and nobody is sent to an address that answers no GET."""
    client = client_of(lambda: form(method="post", action="/found")(button("find")))
    client.app.route("/found", methods=["POST"])(lambda: h3("found ", shared.react("n")))
    page = client.open("/")
    page.click("button")

    shared.increment("n")
    page.look()

    assert page.text("h3") == "found 0"


@pytest.mark.parametrize("beside", [True, False])
def test_a_list_follows_whatever_happens_to_its_rows(beside: bool) -> None:
    """Rows that stay cost nothing; those that come, go, move or change are each found."""
    with Registry():
        store = Store({"rows": [], "n": 0}, name="shared")
    chance = Random(1)

    def show() -> Any:
        rows = store.each("rows", lambda ref: li(ref["text"]), key="id")
        return div(ul(li("first"), rows) if beside else ul(rows), button("+", onclick=grow))

    grow = store.do.increment("n")
    app = WSGI(secret="a secret of the tests")
    SuperStore(app, store.registry)
    app.route("/")(show)
    page = Client(app).open("/")
    for step in range(80):
        with store.batch():
            for number in range(chance.choice([1, 1, 2, 5])):
                count = len(store.read("rows"))
                place = f"rows/{chance.randrange(count)}" if count else "rows/-"
                verb = chance.choice(["insert", "insert", "delete", "move", "set"])
                if verb == "insert" or not count:
                    store.insert(place, {"id": f"{step}-{number}", "text": "new"})
                elif verb == "delete":
                    store.delete(place)
                elif verb == "move":
                    store.move(place, str(chance.randrange(count)))
                else:
                    store.set(f"{place}/text", f"changed {step}")
        page.look()
        page.assert_consistent()


def test_deleting_a_row_looks_at_no_other() -> None:
    """What is the same at both ends of a list is taken as one."""
    with Registry():
        store = Store({"rows": [{"id": n} for n in range(50)]}, name="shared")
    rendered: list[int] = []

    def row(ref: Any) -> Any:
        rendered.append(ref["id"])
        return li(ref["id"], button("x", onclick=ref.do.delete()))

    app = WSGI(secret="a secret of the tests")
    SuperStore(app, store.registry)
    app.route("/")(lambda: ul(store.each("rows", row, key="id")))
    page = Client(app).open("/")
    rendered.clear()

    page.click("li:nth-child(20) button")

    assert rendered == []
    assert page.patch is not None
    assert [op for op, _ in page.patch.ops] == ["remove"]


@pytest.mark.parametrize("alone", [True, False])
def test_a_list_that_was_made_once_has_the_rows_of_who_looks(
    shared: Store, client_of: Make, alone: bool
) -> None:
    """A constant binding is part of many pages, which are rendered again in any order."""
    mine = SessionStore({"rows": []}, name="mine")

    def row(item: Any) -> Any:
        return li(item["text"], shared.read("n"))

    rows = each(lambda: mine.read("rows"), row, key="id")
    content = div(
        *(
            button(name, onclick=mine.do.append("rows", {"id": 1, "text": name}))
            for name in ("ann", "bob")
        ),
        ul(rows if alone else [li("first"), rows]),
    )
    ann = client_of(lambda: content)
    bob = Client(ann.app)
    pages = {"ann": ann.open("/"), "bob": bob.open("/")}

    for name, page in pages.items():
        page.click("button", text=name)
    for page in pages.values():
        shared.increment("n")
        page.look()

    for name, page in pages.items():
        assert page.text("li:last-of-type").startswith(name)
        page.look()
        page.assert_consistent()
