"""Scripts that patches bring, and pages that let nothing but trusted types in."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup
from playwright.sync_api import ConsoleMessage, Page, expect

from htealeaf import WSGI, Element, JSCode, Registry, Store, SuperStore, value_of
from htealeaf.components import button, div, iframe, li, p, script, textInput, ul
from tests.browser.test_framework import assert_fresh
from tests.serving import serving

TYPES = "require-trusted-types-for 'script'; trusted-types htealeaf"
POLICY = (
    "default-src 'none'; connect-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'"
)
#: What is under way may have been asked for before; what is asked for after it was not.
LOOK = "htealeaf.catchUp().then(() => htealeaf.catchUp())"
#: Waits for so many scripts to have run. What Playwright waits with itself is `eval`.
RAN = """(n) => new Promise((done) => {
  const look = (left) =>
    !left || window.ran?.length >= n ? done(window.ran) : setTimeout(look, 10, left - 1);
  look(400);
})"""


def _app(csp: str | None) -> tuple[WSGI, Store]:
    with Registry():
        app = WSGI(secret="a secret of the tests", csp=csp)
        SuperStore(app)
        shared = Store({"n": 0, "open": False, "which": "", "said": []}, name="shared")

    def more() -> Element:
        return div(
            textInput(id="text", onkeydown=shared.do.append("said", value_of("text")).key("Enter")),
            div("draft", id="draft", contenteditable=True, onblur=shared.do.set("n", -1)),
            p("run", id="run", onclick=JSCode("document.title += '!'")),
            iframe(srcdoc=Markup(f"<p>{shared['n']}</p>"), title="inner"),
        )

    @app.route("/count.js", page=False)
    def count(args: Any) -> Any:
        name = args["name"]
        code = f"(window.ran ||= []).push({name!r} + (document.currentScript?.id ?? ''))"
        return 200, {"Content-Type": "text/javascript"}, code

    def scripts(which: str) -> list[Element]:
        return [script(src=f"/count.js?name={name}", id=f"-{name}") for name in which]

    @app.route("/", title="Page")
    def page() -> Element:
        return div(
            p(shared["which"] or "none", id="own"),  # the page's own: it travels whole
            div(scripts("f"), shared.react("which", scripts), id="scripts"),
            button("+", id="plus", onclick=shared.do.increment("n")),
            p(shared.react("n"), id="n"),
            div(shared.react("open", lambda on: more() if on else p("closed")), id="more"),
            ul(shared.each("said", li), id="said"),
        )

    return app, shared


def _brings(page: Page, shared: Store, which: str, ran: list[str]) -> None:
    shared.set("which", which)
    page.evaluate(LOOK)
    expect(page.locator("#own")).to_have_text(which or "none")
    assert page.evaluate(RAN, len(ran)) == ran


def test_a_script_that_arrives_runs_once(page: Page) -> None:
    """As in a first page, in the order of the page; and what has run does not run again."""
    app, shared = _app(POLICY)
    with serving(app) as url:
        page.goto(url)
        _brings(page, shared, "", ["f-f"])
        _brings(page, shared, "ab", ["f-f", "a-a", "b-b"])
        _brings(page, shared, "a", ["f-f", "a-a", "b-b"])
        page.click("#plus")  # a patch that has none of it
        expect(page.locator("#n")).to_have_text("1")
        _brings(page, shared, "bca", ["f-f", "a-a", "b-b", "c-c"])
        # A part of the shim that arrives takes over what ran.
        shared.set("open", True)
        page.evaluate(LOOK)
        expect(page.locator("script[src*=fields]")).to_have_count(1)
        _brings(page, shared, "cd", ["f-f", "a-a", "b-b", "c-c", "d-d"])
        assert_fresh(page)


def test_a_script_that_a_policy_refuses_does_not_run_later(page: Page) -> None:
    """The nonce of a page is for what the server gives it, and for nothing else."""
    app, shared = _app(POLICY)
    app.route("/inline")(
        lambda: shared.react(
            "n", lambda n: div(Markup(f"<p>{n}</p><script>window.bad = {n}</script>"))
        )
    )
    with serving(app) as url:
        page.goto(f"{url}/inline")
        shared.increment("n")
        page.evaluate(LOOK)
        expect(page.locator("p")).to_have_text("1")
        assert page.evaluate("window.bad") is None


def test_the_shim_works_where_only_trusted_types_are_let_in(page: Page) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def note(said: ConsoleMessage) -> None:
        if said.type == "error":
            faults.append(said.text)

    page.on("console", note)
    app, shared = _app(f"{POLICY}; {TYPES}")
    with serving(app) as url:
        page.goto(url)
        page.click("#plus")
        expect(page.locator("#n")).to_have_text("1")
        shared.set("open", True)  # brings other parts of the shim
        page.evaluate(LOOK)
        expect(page.locator("script[src*=fields]")).to_have_count(1)
        page.evaluate(LOOK)
        page.fill("#text", "milk")
        page.press("#text", "Enter")
        expect(page.locator("#said li")).to_have_text(["milk"])
        page.click("#run")
        assert page.title() == "Page!", faults
        page.locator("#draft").fill("mine")
        page.locator("#draft").fill("draft")  # as it was, so it is the server's again
        page.click("#plus")
        expect(page.locator("#draft")).to_have_text("draft")
        shared.set("which", "ab")
        page.evaluate(LOOK)
        assert page.evaluate(RAN, 3) == ["f-f", "a-a", "b-b"]
        shared.increment("n")
        page.evaluate(LOOK)
        shared.set("open", False)
        page.evaluate(LOOK)
        expect(page.locator("#more p")).to_have_text("closed")
        page.evaluate("htealeaf.morph(document.querySelector('#said'), '<ul id=said><li>x</ul>')")
        expect(page.locator("#said li")).to_have_text(["x"])
        assert not faults
        refused = "try { document.body.innerHTML = '' } catch (error) { error.name }"
        assert page.evaluate(refused) == "TypeError"
