"""Small apps for the tests of the test client, each with a registry of its own."""

from __future__ import annotations

from htealeaf import (
    WSGI,
    AuthStore,
    Element,
    JSCode,
    Registry,
    Session,
    Store,
    SuperStore,
    event,
    redirect,
    this,
    value_of,
)
from htealeaf.components import (
    a,
    b,
    button,
    checkbox,
    div,
    fieldset,
    form,
    h1,
    h3,
    i,
    input_,
    label,
    li,
    main,
    option,
    p,
    select,
    span,
    table,
    tbody,
    td,
    template,
    textarea,
    textInput,
    tr,
    ul,
)

SECRET = "only for these tests"


def todo_app() -> WSGI:
    """To-dos on `/`, a counter on `/counter`; both share a store."""
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        shared = Store(
            {
                "counter": 1,
                "todo": [{"done": False, "value": "Milk"}, {"done": True, "value": "Eggs"}],
            },
            name="shared",
        )

    def row(task):
        return li(
            checkbox(checked=task["done"], onchange=task.do.toggle("done")),
            span(task["value"]),
            button("x", onclick=task.do.delete()),
        )

    new = {"done": False, "value": value_of("task")}

    @app.route("/", title="To do")
    def home():
        return main(
            h1("To do"),
            ul(shared.each("todo", row), id="list"),
            form(id="new", onsubmit=shared.do.append("todo", new))(
                textInput(name="task"), button("Add")
            ),
            a("Counter", href="/counter?from=home"),
        )

    @app.route("/counter")
    def counter():
        return div(
            button("-", onclick=shared.do.update("counter", -1)),
            h3(shared.react("counter")),
            button("+", onclick=shared.do.update("counter", 1)),
        )

    app.shared = shared  # type: ignore[attr-defined]
    return app


def controls_app() -> WSGI:
    """Every kind of control, each with an action; the store shows what came."""
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        seen = Store(
            {
                "text": "",
                "note": "",
                "on": False,
                "size": "m",
                "many": [],
                "color": "",
                "key": "",
                "at": 0,
                "n": 0,
            },
            name="seen",
        )

    @app.route("/")
    def home():
        do = seen.do
        return main(
            textInput(id="text", oninput=do.set("text", this.value).debounce(300)),
            textarea(seen.react("note"), id="note", onchange=do.replace("note", this.value)),
            label(
                "On",
                checkbox(id="on", checked=seen.read("on"), onchange=do.set("on", this.checked)),
            ),
            select(id="size", onchange=do.set("size", this.value))(
                *[
                    option(
                        name, value=name[0].lower(), selected=seen.read("size") == name[0].lower()
                    )
                    for name in ("Small", "Medium", "Large")
                ]
            ),
            form(id="form", onsubmit=do.replace("many", value_of("many")))(
                select(name="many", multiple=True)(option("a"), option("b"), option("c")),
                button("Take"),
            ),
            form(id="colors", onsubmit=do.set("color", value_of("color")))(
                input_(type="radio", name="color", value="red", id="red"),
                input_(type="radio", name="color", value="blue", id="blue"),
                button("Paint"),
            ),
            textInput(id="line", onkeydown=do.set("key", event.key).key("Escape")),
            div("pad", id="pad", onclick=do.set("at", event.offsetX)),
            div(id="around", onclick=do.set("key", event.target))(p(b("in"), id="hit"), i("out")),
            button("Ask", id="ask", onclick=do.increment("n").confirm("Sure?")),
            button("Once", id="once", onclick=do.increment("n").once()),
            button("Code", id="code", onclick=JSCode("alert(1)")),
            button("Off", id="off", disabled=True, onclick=do.increment("n")),
            button("Plain", id="plain", type="button"),
            fieldset(disabled=True)(textInput(id="closed")),
            textInput(id="fixed", readonly=True),
            p(seen.react("n"), id="n"),
            template(button("hidden", id="inert")),
        )

    app.seen = seen  # type: ignore[attr-defined]
    return app


def users_app() -> WSGI:
    """A log-in on `/login`, a page for users on `/`."""
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        notes = AuthStore(lambda session: session.user, {"n": 0}, name="notes")

    @app.route("/")
    def home(session: Session):
        if session.user is None:
            return redirect("/login")
        return main(
            p(f"Hello {session.user}", id="hello"),
            p(notes.react("n"), id="n"),
            button("+", onclick=notes.do.increment("n")),
        )

    @app.route("/login")
    def login():
        return form(method="post", action="/login")(
            textInput(name="name", required=True), button("Sign in")
        )

    @app.route("/login", methods=["POST"])
    def sign_in(session: Session, request):
        name = request.form["name"]
        if name == "nobody":
            return 422, p("There is no such user.")
        session.sign_in(name)
        return redirect("/")

    return app


def table_app() -> WSGI:
    """Rows of a table, which can't stand alone in a patch."""
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        rows = Store({"rows": ["a"], "show": True}, name="rows")

    def row(item) -> Element:
        return tr(td(item), td(button("x", onclick=item.do.delete())))

    @app.route("/")
    def home():
        return main(
            table(tbody(rows.each("rows", row), tr(td("foot"), id="foot"))),
            rows.react("show", lambda on: p("shown", id="shown") if on else None),
            button("add", onclick=rows.do.append("rows", "b")),
            button("flip", onclick=rows.do.toggle("show")),
        )

    return app
