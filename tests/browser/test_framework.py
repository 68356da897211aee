"""The framework in a real browser: a served app, a person who types and clicks, others who write.

After each step the page has to be what a fresh page of its URL is, in the browser's own words.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from htealeaf import (
    WSGI,
    AuthStore,
    JSCode,
    Ref,
    Registry,
    Session,
    SessionStore,
    Store,
    SuperStore,
    each,
    fragment,
    redirect,
    value_of,
)
from htealeaf.components import (
    a,
    button,
    checkbox,
    circle,
    div,
    form,
    g,
    h1,
    h3,
    input_,
    li,
    option,
    p,
    rect,
    select,
    span,
    svg,
    table,
    tbody,
    td,
    text,
    textInput,
    tr,
    ul,
)
from tests.browser.conftest import ContextFactory, chromium_path

SECRET = "a secret for tests only"
STRICT = (
    "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'"
)

# Every node in document order, one a line; then the same of a fresh page. What differs between any
# two renderings is left out, and what a patch brought to stay: the error, rules of styles, the
# title that is read out.
COMPARE = """async () => {
  const lines = (node, depth = 0, found = []) => {
    const indent = " ".repeat(depth);
    const inside = node.localName === "template" ? node.content : node;
    for (const child of inside.childNodes) {
      if (child.nodeType === 3) {
        const last = found[found.length - 1];
        if (last?.startsWith(indent + "'")) found[found.length - 1] = last + child.data;
        else if (child.data) found.push(indent + "'" + child.data);
      } else if (child.nodeType === 1 && !["ht-error", "ht-style", "ht-title"].includes(child.id)) {
        const names = child.getAttributeNames().sort().filter((name) =>
          !/^(nonce|ht-cursor|ht-newer|ht-dirty)$/.test(name)
          && !(name === "value" && child.name === "ht-page")
          && !(name === "src" && child.localName === "script"));  // it may have more parts
        const shown = names.map((name) => ` ${name}="${child.getAttribute(name)}"`).join("");
        found.push(`${indent}<${child.namespaceURI.slice(-4)}:${child.localName}${shown}>`);
        lines(child, depth + 1, found);
      }
    }
    return found;
  };
  const answer = await fetch(location.href, { cache: "no-store" });
  // Its style has another nonce, and a document that a page makes obeys the page's policy.
  const html = (await answer.text()).replace(/<style[^>]*>[^<]*<[/]style>/, "");
  const fresh = new DOMParser().parseFromString(html, "text/html");
  return [lines(document), lines(fresh)];
}"""


class Site:
    """An app on a port of this machine; another one may take its place, as after a restart."""

    def __init__(self, app: WSGI) -> None:
        self.app = app
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        self._thread.start()
        self.requests: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return self.app(environ, start_response)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


Serve = Callable[[WSGI], Site]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve an app until the test is over."""
    sites: list[Site] = []

    def start(app: WSGI) -> Site:
        sites.append(Site(app))
        return sites[-1]

    yield start
    for site in sites:
        site.stop()


@pytest.fixture(autouse=True)
def registry() -> Iterator[Registry]:
    """Stores and apps of a test belong together, and to nothing else."""
    with Registry() as registry:
        yield registry


def app_of(page: Callable[..., Any] | None = None, **options: Any) -> WSGI:
    app = WSGI(secret=SECRET, **options)
    SuperStore(app)
    app.route("/favicon.ico", page=False)(lambda: "")  # each browser asks for one
    if page is not None:
        app.route("/", title="Page")(page)
    return app


def look(page: Page) -> None:
    """Let the tab catch up, as it does when it is looked at; then it is what a fresh one is."""
    page.evaluate("htealeaf.catchUp()")
    assert_fresh(page)


def assert_fresh(page: Page) -> None:
    shown, fresh = page.evaluate(COMPARE)
    assert shown == fresh


def blind(tab: Page) -> None:
    """Let the tab not notice that it is looked at, so that its next click is its first word."""
    tab.evaluate("""() => {
      for (const type of ["focus", "visibilitychange", "pageshow"])
        window.addEventListener(type, (event) => event.stopImmediatePropagation(), true);
    }""")


def wait_for_queue(page: Page) -> None:
    expect(page.locator(".ht-busy")).to_have_count(0)


# -- typing --------------------------------------------------------------------------------


def typing_app() -> tuple[WSGI, Store]:
    shared = Store({"n": 0, "rows": [1], "hint": "none"}, name="shared")

    def box(n: int) -> Any:
        return div(
            p(f"{n} times"),
            [span("x") for _ in range(n % 3)],  # what is before the field comes and goes
            textInput(id="field", class_=f"n{n}"),
            button("+", onclick=shared.do.increment("n")),
            class_="box",
        )

    def page() -> Any:
        return div(h1("Box"), shared.react("n", box), p(shared.react("hint")))

    return app_of(page), shared


def caret(field: Locator) -> tuple[int, int]:
    start, end = field.evaluate("field => [field.selectionStart, field.selectionEnd]")
    return start, end


def test_typing_goes_on_while_the_field_is_rendered_again(page: Page, serve: Serve) -> None:
    """A patch before each key: no key, no caret and no focus is lost."""
    app, shared = typing_app()
    page.goto(serve(app).url)
    field = page.locator("#field")
    field.focus()
    for at, key in enumerate("hello wörld", 1):
        page.keyboard.type(key)
        shared.update("n", 1)
        look(page)
        expect(field).to_be_focused()
        assert caret(field) == (at, at)
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    for at, key in enumerate(", my", 6):
        shared.update("n", 1)
        look(page)
        assert caret(field) == (at - 1, at - 1)
        page.keyboard.type(key)
    expect(field).to_have_value("hello, my wörld")
    page.keyboard.press("Shift+Home")
    shared.update("n", 1)
    look(page)
    assert caret(field) == (0, 9)
    expect(page.locator("p").first).to_have_text("16 times")


def test_typing_goes_on_while_another_browser_clicks(
    page: Page, serve: Serve, context_factory: ContextFactory
) -> None:
    """Patches arrive whenever they do, also in the middle of a key."""
    app, shared = typing_app()
    site = serve(app)
    page.goto(site.url)
    other = context_factory().new_page()
    other.goto(site.url)
    page.bring_to_front()
    page.evaluate("""() => {
      window.patches = 0;
      document.addEventListener("htealeaf:after-patch", () => patches++);
      window.poll = async () => { while (poll) await htealeaf.catchUp(); };
      poll();
    }""")
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.005):
            shared.update("n", 1)

    writer = threading.Thread(target=write)
    writer.start()
    words = "the quick brown fox jumps over the lazy dog "
    field = page.locator("#field")
    try:
        field.focus()
        for _ in range(3):
            other.locator("h1 + div button").evaluate("button => button.click()")
            page.keyboard.type(words)
            page.wait_for_function(
                "() => patches > (window.before ?? 0) + 3 && (window.before = patches)"
            )
    finally:
        stop.set()
        writer.join()
    page.evaluate("poll = null")

    expect(field).to_have_value(words * 3)
    assert caret(field) == (len(words) * 3, len(words) * 3)
    look(page)


def test_a_newer_value_waits_until_the_field_is_left(page: Page, serve: Serve) -> None:
    """The server's value comes at blur, unless something was typed."""
    shared = Store({"name": "Ann", "n": 0}, name="shared")

    def show() -> Any:
        return div(
            textInput(id="a", value=shared.react("name")),
            textInput(id="b", value=shared.react("name")),
        )

    page.goto(serve(app_of(show)).url)
    first, second = page.locator("#a"), page.locator("#b")
    first.focus()
    shared.set("name", "Bob")
    look(page)
    expect(first).to_have_value("Ann")
    expect(second).to_have_value("Bob")
    second.focus()
    expect(first).to_have_value("Bob")

    page.keyboard.press("End")
    page.keyboard.type("by")
    shared.set("name", "Cy")
    look(page)
    expect(second).to_have_value("Bobby")
    first.focus()
    expect(second).to_have_value("Bobby")
    expect(first).to_have_value("Cy")


def test_a_page_that_just_loops_keeps_what_was_typed(page: Page, serve: Serve) -> None:
    """Reads outside of a binding: the whole content travels, and the person notices nothing."""
    shared = Store({"rows": ["one"]}, name="shared")

    def show() -> Any:
        return div(
            ul(li(row) for row in shared.read("rows")),
            textInput(id="field"),
            button("+", onclick=shared.do.append("rows", "more")),
        )

    page.goto(serve(app_of(show)).url)
    page.locator("#field").focus()
    for key in "abc":
        page.keyboard.type(key)
        shared.insert("rows/0", key)
        look(page)
    expect(page.locator("#field")).to_have_value("abc")
    expect(page.locator("#field")).to_be_focused()
    page.click("text=+")
    expect(page.locator("li")).to_have_text(["c", "b", "a", "one", "more"])
    expect(page.locator("#field")).to_have_value("abc")
    assert_fresh(page)


# -- lists ---------------------------------------------------------------------------------

KINDS: dict[str, tuple[str, Callable[[Any], Any], Callable[..., Any], Callable[[], Any]]] = {
    "tbody": (
        "tr",
        lambda item: tr(td(item["id"]), td(item["name"])),
        lambda *rows: table(tbody(*rows)),
        lambda: tr(td("beside", colspan=2), class_="beside"),
    ),
    "select": (
        "option",
        lambda item: option(item["name"], value=item["id"]),
        lambda *rows: select(*rows),
        lambda: option("beside", class_="beside"),
    ),
    "ul": (
        "li",
        lambda item: li(item["name"], checkbox(), data_id=item["id"]),
        lambda *rows: ul(*rows),
        lambda: li("beside", class_="beside"),
    ),
    "svg": (
        "g",
        lambda item: g(circle(r=item["id"]), text(item["name"])),
        lambda *rows: svg(g(*rows), viewBox="0 0 9 9"),
        lambda: rect(width=1, height=1, class_="beside"),
    ),
}

STEPS: list[Callable[[Store], Any]] = [
    lambda store: store.append("rows", {"id": 4, "name": "four"}),
    lambda store: store.insert("rows/0", {"id": 5, "name": "five"}),
    lambda store: store.set("rows/1/name", "uno"),
    lambda store: store.delete("rows/2"),
    lambda store: store.move("rows/0", 2),
    lambda store: store.move("rows/3", 0),
    lambda store: store.update("after", 1),
    lambda store: store.replace("rows", [*reversed(store.read("rows"))]),
    lambda store: store.clear("rows"),
    lambda store: store.append("rows", {"id": 9, "name": "nine"}),
    lambda store: store.replace("rows", [{"id": i, "name": f"n{i}"} for i in (7, 9, 8)]),
    lambda store: store.delete("rows/1"),
]

# Rows by their text; a row that stays has to stay the same node.
MARK = """([selector]) => {
  const rows = [...document.querySelectorAll(selector)];
  for (const row of rows) row.mark ??= row.textContent;
  return rows.map((row) => [row.textContent, row.mark]);
}"""


@pytest.mark.parametrize("how", ["keyed", "by index", "free each", "react"])
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "with siblings"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_list_is_patched_in_its_place(
    page: Page, serve: Serve, kind: str, alone: bool, how: str
) -> None:
    """Rows come, go, move and change where HTML is picky; those that stay are the same nodes."""
    tag, row, whole, beside = KINDS[kind]
    rows = [{"id": i, "name": name} for i, name in enumerate(("one", "two", "three"), 1)]
    shared = Store({"rows": rows, "after": 0}, name="shared")

    def listed() -> Any:
        if how == "keyed":
            return shared.each("rows", row, key="id")
        if how == "by index":
            return shared.each("rows", row)
        if how == "free each":
            return each(lambda: shared.read("rows"), row, key="id")
        return shared.react("rows", lambda items: [row(item) for item in items])

    def show() -> Any:
        if alone:
            return div(whole(listed()), p(shared.react("after")))
        return div(whole(beside(), listed(), beside()), p(shared.react("after")))

    page.goto(serve(app_of(show)).url)
    selector = "svg g g" if kind == "svg" else f"{kind} {tag}"
    selector += ":not([ht-end], .beside, :empty)"
    page.evaluate(MARK, [selector])
    for step in STEPS:
        step(shared)
        look(page)
        marks = page.evaluate(MARK, [selector])
        assert len(marks) == len(shared.read("rows"))
        if how in ("keyed", "free each"):
            for now, then in marks:
                assert (
                    now == then
                    or {now, then} == {"uno", "one"}
                    or {now, then} == {"1uno", "1one"}
                    or (now.endswith("n9") and then.endswith("nine"))
                )


def test_a_row_that_moves_keeps_its_focus(page: Page, serve: Serve) -> None:
    """The rows around it move, and what was typed and ticked in each goes along."""
    rows = [{"id": i, "name": f"row {i}"} for i in range(5)]
    shared = Store({"rows": rows}, name="shared")

    def row(item: Ref) -> Any:
        return li(item["name"], textInput(), checkbox())

    page.goto(serve(app_of(lambda: ul(shared.each("rows", row, key="id")))).url)
    field = page.locator("li", has_text="row 3").locator("[type=text]")
    page.locator("li", has_text="row 1").locator("[type=checkbox]").check()
    field.focus()
    for to, key in ((0, "a"), (4, "b"), (2, "c")):
        page.keyboard.type(key)
        shared.move("rows/id=3", to)
        shared.move("rows/id=1", 0)
        look(page)
        expect(field).to_be_focused()
    expect(field).to_have_value("abc")
    expect(page.locator("li", has_text="row 1").locator("[type=checkbox]")).to_be_checked()


# -- attributes, styles, conditions ----------------------------------------------------------


def test_attributes_follow_and_leave_to_a_person_what_is_theirs(page: Page, serve: Serve) -> None:
    """A newer word of the server counts for properties too, except for what is in hand."""
    shared = Store({"on": False, "name": "Ann", "kind": "a", "locked": False}, name="shared")

    def show() -> Any:
        return div(
            checkbox(id="on", checked=shared.react("on")),
            textInput(
                id="name",
                value=shared.react("name"),
                class_=shared.react("kind"),
                disabled=shared.react("locked"),
            ),
            select(
                [option(v, value=v, selected=shared.react("kind", v.__eq__)) for v in "abc"], id="s"
            ),
            input_(type="radio", name="r", id="r1", checked=shared.react("on")),
            input_(type="radio", name="r", id="r2", checked=shared.react("on", lambda on: not on)),
        )

    page.goto(serve(app_of(show)).url)
    name = page.locator("#name")
    name.fill("typed")
    name.blur()
    shared.update("name", "Bob")
    shared.update("on", True)
    shared.update("kind", "b")
    look(page)
    expect(page.locator("#on")).to_be_checked()
    expect(page.locator("#r1")).to_be_checked()
    expect(name).to_have_value("typed")
    expect(name).to_have_attribute("ht-newer", "")
    expect(name).to_have_class("b")
    expect(page.locator("#s")).to_have_value("b")

    page.locator("#on").uncheck()
    page.locator("#s").select_option("c")
    shared.update("locked", True)
    look(page)
    expect(name).to_be_disabled()
    expect(page.locator("#on")).not_to_be_checked()  # nothing newer was said
    shared.update("on", False)
    look(page)
    shared.update("on", True)
    shared.update("locked", False)
    shared.update("kind", "a")
    look(page)
    expect(page.locator("#on")).to_be_checked()
    expect(page.locator("#r1")).to_be_checked()
    expect(page.locator("#s[ht-newer]")).to_have_value("c")
    expect(name).to_be_enabled()


def test_a_refused_tick_goes_back(page: Page, serve: Serve) -> None:
    """The control shows what is true, and the sentence says why."""
    shared = Store({"on": False}, name="shared", allow=lambda session, verb, path: allowed)
    allowed = True

    page.goto(
        serve(
            app_of(lambda: checkbox(checked=shared.react("on"), onchange=shared.do.toggle("on")))
        ).url
    )
    box = page.locator("[type=checkbox]")
    box.check()
    wait_for_queue(page)
    assert shared.read("on") is True
    allowed = False
    box.click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(box).to_be_checked()
    assert shared.read("on") is True


def test_a_tick_leaves_the_box_as_a_fresh_page_has_it(page: Page, serve: Serve) -> None:
    shared = Store({"on": False}, name="shared")

    def show() -> Any:
        return checkbox(checked=shared.react("on"), onchange=shared.do.toggle("on"))

    page.goto(serve(app_of(show)).url)
    page.locator("[type=checkbox]").check()
    wait_for_queue(page)
    assert_fresh(page)


@pytest.mark.parametrize("csp", [None, STRICT], ids=["open", "strict"])
def test_a_patch_brings_its_styles(page: Page, serve: Serve, csp: str | None) -> None:
    """Rules arrive before what uses them, also when the page had none, and are not repeated."""
    shared = Store({"n": 0}, name="shared")

    def shown(n: int) -> Any:
        return (
            p(f"{n}", id="p").style(margin_top=f"{n}px", color="rgb(1, 2, 3)")
            if n
            else p("0", id="p")
        )

    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(serve(app_of(lambda: div(shared.react("n", shown)), csp=csp)).url)
    for n in (3, 5, 3, 7):
        shared.set("n", n)
        look(page)
        assert page.locator("#p").evaluate("p => getComputedStyle(p).marginTop") == f"{n}px"
        assert page.locator("#p").evaluate("p => getComputedStyle(p).color") == "rgb(1, 2, 3)"
    rules = page.evaluate("document.getElementById('ht-style').sheet.cssRules.length")
    assert rules == 3
    assert said == []


def test_what_is_nested_and_conditional(page: Page, serve: Serve) -> None:
    """Bindings that come and go with others, markers between them, and computed values."""
    shared = Store({"open": False, "n": 1, "tags": [], "name": "x"}, name="shared")

    @shared.computed
    def even(shared: Any) -> bool:
        return shared.read("n") % 2 == 0

    @fragment
    def details() -> Any:
        if not shared.read("open"):
            return None
        return [
            p("n is ", shared.react("n")),
            shared.react("name", lambda name: [span(letter) for letter in name or ""]),
            ul(shared.each("tags", lambda tag: li(tag.read()), empty=li("no tags"))),
            even.react(lambda is_even: p("even") if is_even else None),
        ]

    def show() -> Any:
        return div(
            h1("Top"),
            details(),
            shared.react("n", lambda n: [p(i) for i in range(n)]),
            "between",
            shared.react("name"),
            even.react(),
            shared.each("tags", lambda tag: span(tag.read())),
            button("+", onclick=shared.do.increment("n")),
        )

    page.goto(serve(app_of(show)).url)
    steps: list[Callable[[], Any]] = [
        lambda: shared.toggle("open"),
        lambda: shared.append("tags", "a"),
        lambda: shared.update("n", 1),
        lambda: shared.set("name", ""),
        lambda: shared.insert("tags/0", "b"),
        lambda: shared.toggle("open"),
        lambda: shared.update("n", 1),
        lambda: shared.set("name", "xyz"),
        lambda: shared.toggle("open"),
        lambda: shared.clear("tags"),
        lambda: shared.replace("n", 0),
        lambda: shared.append("tags", "<&>"),
        lambda: shared.delete("name"),
    ]
    for step in steps:
        step()
        look(page)
    page.click("text=+")
    expect(page.locator("ul")).to_have_text("<&>")
    wait_for_queue(page)
    assert_fresh(page)


# -- without scripts ---------------------------------------------------------------------------


def forms_app() -> tuple[WSGI, Store]:
    shared = Store({"n": 0, "tasks": [], "said": "", "name": ""}, name="shared")

    def show() -> Any:
        return div(
            button("+", onclick=shared.do.update("n", 1)),
            button("wipe", onclick=shared.do.clear("tasks").confirm("Really?")),
            h3(shared.react("n")),
            form(id="add", onsubmit=shared.do.append("tasks", value_of("task")))(
                textInput(name="task"),
                button("Add"),
                button("inside", onclick=shared.do.update("n", 10)),
            ),
            ul(shared.each("tasks", lambda task: li(task.read()))),
            textInput(id="say"),
            button("Say", onclick=shared.do.set("said", value_of("say"))),
            p(shared.react("said"), id="said"),
            form(method="post")(
                textInput(name="name"),
                button("Save", onclick=shared.do.set("name", value_of("name"))),
            ),
            p(shared.react("name"), id="name"),
        )

    return app_of(show), shared


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_the_same_page_works_with_scripts_and_without(
    context_factory: ContextFactory, serve: Serve, scripts: bool
) -> None:
    """Buttons outside and inside of forms, with values and without; Enter presses none of them."""
    app, shared = forms_app()
    site = serve(app)
    page = context_factory(java_script_enabled=scripts).new_page()
    page.goto(site.url + "/?a=1")

    page.click("text=+")
    expect(page.locator("h3")).to_have_text("1")
    page.click("text=inside")
    expect(page.locator("h3")).to_have_text("11")
    page.fill("[name=task]", "täsk & <b>")
    page.click("text=Add")
    expect(page.locator("li")).to_have_text(["täsk & <b>"])
    expect(page.locator("[name=task]")).to_have_value("")
    page.fill("[name=task]", "two")
    page.press("[name=task]", "Enter")
    expect(page.locator("li")).to_have_text(["täsk & <b>", "two"])
    page.fill("#say", "hello")
    page.press("#say", "Enter")
    page.click("text=Say")
    expect(page.locator("#said")).to_have_text("hello")
    page.fill("form [name=name]", "Ann")
    page.press("form [name=name]", "Enter")
    expect(page.locator("#name")).to_have_text("Ann")
    expect(page).to_have_url(site.url + "/?a=1")
    if scripts:
        page.once("dialog", lambda dialog: dialog.accept())
        page.click("text=wipe")
        wait_for_queue(page)
    else:
        page.click("text=wipe")
        expect(page.locator("h1")).to_have_text("Really?")
        page.click("text=Yes")
    expect(page.locator("li")).to_have_count(0)
    expect(page).to_have_url(site.url + "/?a=1")
    assert shared.read() == {"n": 11, "tasks": [], "said": "hello", "name": "Ann"}
    if scripts:
        assert [r for r in site.requests if r == "GET /"] == ["GET /"]
        assert_fresh(page)


def test_a_form_without_a_method_works_without_scripts(
    context_factory: ContextFactory, serve: Serve
) -> None:
    """A button with a slot stays in its author's form, whose own method is GET."""
    shared = Store({"name": ""}, name="shared")

    def show() -> Any:
        save = shared.do.set("name", value_of("name"))
        return div(
            form(textInput(name="name"), button("Save", onclick=save)), h3(shared.react("name"))
        )

    page = context_factory(java_script_enabled=False).new_page()
    page.goto(serve(app_of(show)).url)
    page.fill("[name=name]", "Ann")
    with page.expect_navigation():
        page.click("text=Save")
    assert page.locator("h3").all_text_contents() == ["Ann"]


# -- back and forward, tabs, other people ----------------------------------------------------


def two_pages() -> tuple[WSGI, Store]:
    shared = Store({"n": 0}, name="shared")

    def first() -> Any:
        return div(
            h3(shared.react("n")),
            button("+", onclick=shared.do.increment("n")),
            a("on", href="/on"),
        )

    app = app_of(first)
    app.route("/on")(first)
    app.route("/plain")(lambda: div(h3(shared.react("n")), a("on", href="/on")))
    return app, shared


def test_back_and_forward_show_the_newest_state(page: Page, serve: Serve) -> None:
    app, shared = two_pages()
    site = serve(app)
    page.goto(site.url)
    page.click("text=+")
    expect(page.locator("h3")).to_have_text("1")
    page.click("text=on")
    expect(page).to_have_url(site.url + "/on")
    page.click("text=+")
    expect(page.locator("h3")).to_have_text("2")
    page.go_back()
    expect(page.locator("h3")).to_have_text("2")
    assert_fresh(page)
    page.click("text=+")
    expect(page.locator("h3")).to_have_text("3")
    shared.set("n", 9)
    page.go_forward()
    expect(page.locator("h3")).to_have_text("9")
    assert_fresh(page)


def test_a_page_out_of_the_back_forward_cache_catches_up(
    chromium: Browser, page: Page, serve: Serve
) -> None:
    """The browser shows the old page as it was left, and the page asks what is new."""
    app, shared = two_pages()
    site = serve(app)
    kept = chromium.browser_type.launch(
        executable_path=chromium_path(whole=True),
        args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
        ignore_default_args=["--disable-back-forward-cache"],
    )
    try:
        tab = kept.new_page()
        tab.goto(site.url + "/plain")
        tab.evaluate("window.left = true")
        tab.click("text=on")
        tab.click("text=+")
        expect(tab.locator("h3")).to_have_text("1")
        tab.go_back(wait_until="commit")  # nothing is loaded
        expect(tab).to_have_url(site.url + "/plain")
        assert tab.evaluate("window.left"), "the page came out of the cache"
        expect(tab.locator("h3")).to_have_text("1")
        assert_fresh(tab)
        shared.set("n", 5)
        tab.go_forward(wait_until="commit")
        expect(tab.locator("h3")).to_have_text("5")
    finally:
        kept.close()


def test_the_whole_chromium_does_what_its_shell_does(chromium: Browser, serve: Serve) -> None:
    """With windows: a click, a second tab that follows, typed text and the caret in it."""
    app, shared = typing_app()
    site = serve(app)
    whole = chromium.browser_type.launch(
        executable_path=chromium_path(whole=True),
        args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
    )
    try:
        tab = whole.new_context().new_page()
        tab.goto(site.url)
        field = tab.locator("#field")
        field.focus()
        tab.keyboard.type("hello")
        shared.update("n", 1)
        look(tab)
        expect(field).to_be_focused()
        assert caret(field) == (5, 5)
        second = second_tab(tab)
        second.locator("h1 + div button").first.click()
        expect(second.locator("p").first).to_have_text("2 times")
        tab.bring_to_front()
        look(tab)
        expect(tab.locator("p").first).to_have_text("2 times")
        expect(field).to_have_value("hello")
        assert_fresh(second)
    finally:
        whole.close()


def second_tab(page: Page) -> Page:
    second = page.context.new_page()
    second.goto(page.url)
    return second


def test_two_tabs_follow_each_other(page: Page, serve: Serve) -> None:
    mine = SessionStore({"n": 0}, name="mine")
    app = app_of(lambda: div(h3(mine.react("n")), button("+", onclick=mine.do.increment("n"))))
    page.goto(serve(app).url)
    second = second_tab(page)
    for tab, other, shown in ((page, second, "1"), (second, page, "2"), (page, second, "3")):
        tab.click("text=+")
        expect(tab.locator("h3")).to_have_text(shown)
        look(other)
        expect(other.locator("h3")).to_have_text(shown)


def account_app(**options: Any) -> tuple[WSGI, AuthStore, Store]:
    todos = AuthStore(lambda session: session.get("user"), {"n": 0}, name="todos")
    shared = Store({"n": 0}, name="shared")

    def home(session: Session) -> Any:
        name = session.get("user")
        return div(
            h1(f"Hello {name}" if name else "Who are you?"),
            h3(shared.react("n")),
            button("+", onclick=shared.do.increment("n")),
            p(todos.react("n"), button("mine", onclick=todos.do.increment("n"))) if name else None,
            form(method="post", action="/in")(textInput(name="who"), button("Sign in")),
        )

    app = app_of(home, **options)

    @app.route("/in", methods=["POST"])
    def sign_in(session: Session, request: Any) -> Any:
        session.sign_in(request.form["who"])
        return redirect("/")

    @app.route("/out", methods=["POST"])
    def sign_out(session: Session) -> Any:
        session.sign_out()
        return redirect("/login")

    @app.route("/login")
    def login() -> Any:
        return h1("Please sign in")

    @app.route("/private")
    def private(session: Session) -> Any:
        if not session.has("user"):
            return redirect("/login")
        return div(
            h3(todos.react("n")),
            button("+", onclick=todos.do.increment("n")),
            form(method="post", action="/out")(button("Sign out")),
        )

    return app, todos, shared


def sign_in(page: Page, name: str) -> None:
    page.fill("[name=who]", name)
    page.click("text=Sign in")
    expect(page.locator("h1")).to_have_text(f"Hello {name}")


def test_a_click_after_a_sign_in_elsewhere(page: Page, serve: Serve) -> None:
    """The old page's offer is void: it gets the page as it is now and a sentence, then it works."""
    app, _, shared = account_app()
    page.goto(serve(app).url)
    page.click("text=+")
    expect(page.locator("h3")).to_have_text("1")
    second = second_tab(page)
    blind(page)
    sign_in(second, "ann")
    page.bring_to_front()
    page.evaluate("document.querySelector('h3 + button').click()")

    expect(page.locator("h1")).to_have_text("Hello ann")
    expect(page.get_by_role("alert")).to_have_text(
        "This page did not offer that. Please try again."
    )
    assert shared.read("n") == 1
    assert_fresh(page)
    page.click("text=+")
    expect(page.locator("h3")).to_have_text("2")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.click("text=mine")
    expect(page.locator("p")).to_contain_text("1")
    assert_fresh(page)


@pytest.mark.parametrize("how", ["look", "click"])
def test_a_sign_out_elsewhere_leads_to_where_the_route_leads(
    page: Page, serve: Serve, how: str
) -> None:
    """The route redirects now, so the tab goes there."""
    app, todos, _ = account_app()
    site = serve(app)
    page.goto(site.url)
    sign_in(page, "ann")
    page.goto(site.url + "/private")
    page.click("text=+")
    expect(page.locator("h3")).to_have_text("1")
    second = second_tab(page)
    blind(page)
    second.click("text=Sign out")
    expect(second).to_have_url(site.url + "/login")
    page.bring_to_front()
    if how == "look":
        page.evaluate("void htealeaf.catchUp()")
    else:
        page.evaluate("document.querySelector('h3 + button').click()")

    expect(page).to_have_url(site.url + "/login")
    assert todos.of("ann").read("n") == 1


def test_a_click_on_a_row_that_is_gone_says_so(page: Page, serve: Serve) -> None:
    """409: a sentence, and the page as it is; another row is never hit."""
    rows = [{"id": i, "name": f"row {i}"} for i in range(3)]
    shared = Store({"rows": rows}, name="shared")

    def row(item: Ref) -> Any:
        return li(item["name"], button("x", onclick=item.do.delete()))

    app = app_of(
        lambda: div(
            ul(shared.each("rows", row)), ul(shared.each("rows", row, key="id"), id="keyed")
        )
    )
    page.goto(serve(app).url)
    sentences = "This is no longer there."
    for at, selector in enumerate(("ul:not(#keyed) li:first-child button", "#keyed li button")):
        shared.delete("rows/0")
        page.evaluate("document.getElementById('ht-error')?.remove()")
        page.locator(selector).first.evaluate("button => button.click()")
        expect(page.get_by_role("alert")).to_have_text(sentences)
        expect(page.locator("#keyed li")).to_have_count(2 - at)
        assert len(shared.read("rows")) == 2 - at
        assert_fresh(page)
    page.locator("#keyed button").click()
    expect(page.locator("li")).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert_fresh(page)


def test_a_restarted_server_goes_on(page: Page, serve: Serve) -> None:
    """A new process knows no page and begins a new epoch; the next click works at once."""

    def start() -> tuple[WSGI, Store]:
        with Registry():
            shared = Store({"n": 0, "rows": []}, name="shared")
            app = app_of(
                lambda: div(
                    h3(shared.react("n")),
                    button("+", onclick=shared.do.increment("n")),
                    button("add", onclick=shared.do.append("rows", "row")),
                    ul(shared.each("rows", lambda row: li(row.read()))),
                    textInput(id="field"),
                )
            )
        return app, shared

    app, _ = start()
    site = serve(app)
    page.goto(site.url)
    for shown in ("1", "2", "3"):
        page.click("text=+")
        expect(page.locator("h3")).to_have_text(shown)
    page.fill("#field", "typed")
    for _ in range(2):
        site.app, shared = start()
        page.click("text=add")
        expect(page.locator("li")).to_have_text(["row"])
        expect(page.locator("h3")).to_have_text("0")
        assert shared.read() == {"n": 0, "rows": ["row"]}
        assert_fresh(page)
        page.click("text=+")
        expect(page.locator("h3")).to_have_text("1")
        assert_fresh(page)
    site.app, shared = start()
    look(page)
    expect(page.locator("h3")).to_have_text("0")
    expect(page.locator("#field")).to_have_value("typed")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert [r for r in site.requests if r.startswith("POST")] == 3 * [
        "POST /api/_store/shared/n"
    ] + 2 * [
        "POST /api/_store/shared/rows",
        "POST /api/_store/shared/n",
    ]


@pytest.mark.parametrize("nonce", [False, True], ids=["'self'", "with a nonce"])
def test_a_strict_policy_has_nothing_to_say(
    page: Page, serve: Serve, nonce: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Actions, patches, styles and pages that are replaced run without inline code."""
    policy = (
        STRICT.replace("script-src 'self'", "script-src 'self' 'nonce-{nonce}'")
        if nonce
        else STRICT
    )
    app, _, shared = account_app(csp=policy)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    if nonce:
        app.route("/code")(
            lambda: div(
                h3(shared.react("n")).style(color="rgb(9, 9, 9)"),
                button("code", onclick=JSCode("document.title = this.textContent")),
                shared.react(
                    "n",
                    lambda n: button(
                        "more", onclick=[JSCode("window.steps = 1"), shared.do.increment("n")]
                    ),
                ),
            )
        )
    site = serve(app)
    with caplog.at_level(logging.WARNING, "htealeaf"):
        page.goto(site.url)
        page.click("text=+")
        expect(page.locator("h3")).to_have_text("1")
        if nonce:
            page.goto(site.url + "/code")
            page.click("text=code")
            expect(page).to_have_title("code")
            for shown in ("2", "3"):
                page.click("text=more")
                expect(page.locator("h3")).to_have_text(shown)
            assert page.evaluate("steps") == 1
            assert page.locator("h3").evaluate("el => getComputedStyle(el).color") == "rgb(9, 9, 9)"
        app.pages.forget()
        shared.update("n", 1)
        page.evaluate("htealeaf.catchUp()")
        expect(page.locator("h3")).to_have_text("4" if nonce else "2")
    assert said == []
    assert caplog.records == []


def test_a_context_is_a_browser_of_its_own(serve: Serve, context_factory: ContextFactory) -> None:
    """What belongs to one browser is not shown in another, and its offers are not good there."""
    mine = SessionStore({"n": 0}, name="mine")
    app = app_of(lambda: div(h3(mine.react("n")), button("+", onclick=mine.do.increment("n"))))
    site = serve(app)
    people: list[BrowserContext] = [context_factory() for _ in range(2)]
    tabs = [person.new_page() for person in people]
    for tab in tabs:
        tab.goto(site.url)
    tabs[0].click("text=+")
    expect(tabs[0].locator("h3")).to_have_text("1")
    look(tabs[1])
    expect(tabs[1].locator("h3")).to_have_text("0")
    plus = [tab.locator("h3 + button") for tab in tabs]
    stolen = plus[0].get_attribute("formaction")
    plus[1].evaluate("(button, url) => button.setAttribute('formaction', url)", stolen)
    plus[1].click()
    expect(tabs[1].get_by_role("alert")).to_be_visible()
    look(tabs[0])
    expect(tabs[0].locator("h3")).to_have_text("1")
    expect(tabs[1].locator("h3")).to_have_text("0")
