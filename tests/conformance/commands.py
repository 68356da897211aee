"""An app of browser commands and events, for the browser and for the browserless client."""

from __future__ import annotations

from htealeaf import (
    WSGI,
    Element,
    Invalid,
    PageStore,
    Ref,
    Registry,
    Store,
    SuperStore,
    browser,
    closest,
    event,
    this,
    value_of,
)
from htealeaf.components import (
    button,
    checkbox,
    circle,
    dialog,
    div,
    form,
    input_,
    li,
    p,
    svg,
    template,
    textarea,
    textInput,
    ul,
)

POLICY = (
    "default-src 'none'; connect-src 'self'; script-src 'self' 'nonce-{nonce}';"
    " style-src 'self' 'nonce-{nonce}'"
)
START = {
    "n": 0,
    "tone": "calm",
    "open": False,
    "said": [],
    "x": 0,
    "y": 0,
    "agree": False,
    "list": [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}, {"id": 3, "text": "c"}],
    "lists": {"todo": [{"id": 1, "text": "one"}, {"id": 2, "text": "two"}], "done": []},
}


def app_of_commands() -> tuple[WSGI, Store]:
    """Return an app whose pages do what no server is asked for."""
    with Registry():
        app = WSGI(secret="a secret of the tests", csp=POLICY)
        SuperStore(app)
        store = Store(START, name="shared")
        view = PageStore({"tab": "a"}, name="view", local=["tab"])
    do = store.do

    @app.action
    def refuse() -> None:
        raise Invalid("No.")

    @app.action
    def say(text: str) -> None:
        store.append("said", text)

    @app.action
    def carry(card: int, to: str, index: int) -> None:
        with store.batch():
            for name in ("todo", "done"):
                for at, one in enumerate(store.read(f"lists/{name}")):
                    if one["id"] == card:
                        store.delete(f"lists/{name}/{at}")
                        store.insert(f"lists/{to}/{index}", one)
                        return
        store.append("said", f"{card} {to} {index}")

    def gone(one: Ref) -> Element:
        after = browser.add_class(closest("ul"), "after")
        return li(button("x", class_="gone", onclick=[one.do.delete(), after]))

    @app.route("/commands")
    def commands() -> Element:
        return div(
            p(id="panel", hidden=store.react("open"))("panel"),
            p(store.react("n"), id="n"),
            div(id="box", class_=store.react("tone", lambda tone: f"box {tone}"))("box"),
            button(
                "toggle",
                id="toggle",
                onclick=[
                    browser.toggle("panel"),
                    browser.toggle_attribute(this, "aria-expanded"),
                ],
            ),
            button(
                "classes",
                id="classes",
                onclick=[
                    browser.add_class("box", "wide"),
                    browser.remove_class("box", "box"),
                ],
            ),
            button("loud", id="loud", onclick=do.set("tone", "loud")),
            button("server", id="server", onclick=do.toggle("open")),
            button("+", id="add", onclick=do.increment("n")),
            button(
                "both",
                id="both",
                onclick=[
                    browser.add_class(this, "before"),
                    do.increment("n"),
                    browser.add_class(this, "after"),
                    browser.focus("field"),
                ],
            ),
            button(
                "refused",
                id="refused",
                onclick=[
                    browser.add_class(this, "before"),
                    refuse(),
                    browser.add_class(this, "after"),
                ],
            ),
            ul(li(button("x", id="deep", onclick=browser.hide(closest("li"))), id="row")),
            ul(li("picked", class_="pick", onclick=[browser.select(this), browser.copy(this)])),
            button("whole", id="whole", onclick=browser.select("form")),
            p("alone", id="alone", onclick=browser.submit(this)),
            button("gone", id="gone", onclick=[browser.show("nowhere"), browser.show("row")]),
            input_(id="field", value=store.react("tone"), oninput=do.set("tone", this.value)),
            button("clear", id="clear", onclick=browser.clear("field")),
            form(
                input_(name="a", value="a"),
                input_(name="b", type="checkbox", checked=True),
                input_(name="c", type="hidden", value="c"),
                input_(name="d", value="d", disabled=True),
                input_(name="e", value="e", readonly=True),
                textarea("f", name="f"),
                button("send", name="g", value="g"),
                id="filled",
            ),
            button("clear all", id="clear-all", onclick=browser.clear("filled")),
            checkbox(id="agree", bind=store.at("agree")),
            button("none", id="disagree", onclick=browser.clear("agree")),
            ul(store.each("list", gone, key="id"), id="rows"),
            dialog(id="beside", open=True)("beside"),
            button("front", id="front", onclick=browser.open_dialog("beside")),
            button("select", id="select", onclick=browser.select("field")),
            button("scroll", id="scroll", onclick=browser.scroll_to("end")),
            button(
                "set",
                id="set",
                onclick=[
                    browser.set_property("field", "value", value_of("word")),
                    browser.set_attribute("field", "title", this.value),
                    browser.remove_attribute("field", "placeholder"),
                ],
            ).attr(value="given"),
            textInput(id="word", value="word"),
            button("open", id="open", onclick=browser.open_dialog("dialog")),
            dialog(id="dialog")(
                button("close", id="close", onclick=browser.close_dialog("dialog"))
            ),
            form(id="form", onsubmit=say)(
                textInput(name="text", value="hello"),
                p(id="within", onclick=browser.submit(this))("send"),
            ),
            div(id="hears", on_card_opened=do.set("x", event.detail))(
                button("tell", id="tell", onclick=browser.dispatch(this, "card-opened", 7))
            ),
            button(
                "slide",
                id="slide",
                onclick=[
                    browser.transition(),
                    browser.toggle_class("box", "slid"),
                    do.increment("n"),
                ],
            ),
            div(id="end").style(margin_top="2000px"),
        )

    @app.route("/optimistic")
    def optimistic() -> Element:
        return div(
            p(store.react("n"), id="n"),
            div(id="box", class_="box", hidden=store.react("open"))("box"),
            button(
                "ok",
                id="ok",
                onclick=do.toggle("open").show(
                    browser.toggle("box"), browser.toggle_class(this, "on")
                ),
            ),
            button("no", id="no", onclick=refuse().show(browser.hide("box"))),
            form(onsubmit=say().show(browser.set_property("line", "value", "")))(
                textInput(name="text", id="line"), button("say")
            ),
            textInput(id="text"),
            button(
                "send",
                id="send",
                onclick=do.increment("n").show(
                    browser.set_property("text", "value", ""),
                    browser.set_attribute("box", "title", "sent"),
                    browser.add_class("box", "wait"),
                ),
            ),
            button(
                "mine",
                id="mine",
                onclick=[
                    browser.set_attribute("box", "title", "mine"),
                    browser.remove_class("box", "wait"),
                ],
            ),
        )

    @app.route("/local")
    def local() -> Element:
        return div(
            p(view.react("tab"), id="tab"),
            button("b", id="b", onclick=browser.set(view.at("tab"), "b")),
            button("c", id="c", onclick=browser.set(view.at("tab"), "c")),
            button("+", id="add", onclick=do.increment("n")),
        )

    @app.route("/events")
    def events() -> Element:
        return div(
            p(store.react("n"), id="n"),
            p(store.react("x"), ",", store.react("y"), id="at"),
            ul(store.each("said", li), id="said"),
            div(id="menu", onclick=browser.hide(this).outside())(p("inside", id="inside")),
            button("open", id="open", onclick=browser.show("menu")),
            input_(id="field", onkeydown=do.append("said", "Enter").key("Enter")),
            input_(id="box", type="checkbox"),
            input_(id="range", type="range"),
            div(contenteditable="true")(p("edit", id="edit")),
            button("e", id="e", onkeydown=do.append("said", "e").key("e").window()),
            button("k", id="k", onkeydown=do.append("said", "k").key("Mod+k").window().prevent()),
            button(id="s", onkeydown=do.append("said", "s").key("Ctrl+Shift+Space").window()),
            button("q", id="q", disabled=True, onkeydown=do.append("said", "q").key("q").window()),
            p("i", inert=True, onkeydown=do.append("said", "i").key("i").window()),
            button("esc", id="esc", onkeydown=browser.hide("menu").key("Escape").window()),
            *(
                button(key, onkeydown=do.append("said", key).key(key).window())
                for key in ("Alt+k", "Ctrl+Shift+m", "@", "ł")
            ),
            div(id="shadow")(template(shadowrootmode="open")(input_())),
            dialog(id="dialog", onclick=browser.close_dialog(this).outside())(
                button("close", id="close", onclick=browser.close_dialog("dialog")),
                button("inner", id="more", onclick=browser.open_dialog("inner")),
                dialog(id="inner", onclick=browser.close_dialog(this).outside())(p("in", id="in")),
            ),
            button("dialog", id="ask", onclick=browser.open_dialog("dialog")),
            div(id="outer", onclick=do.append("said", "self").self())(
                "around", p("child", id="child")
            ),
            p("twice", id="twice", ondblclick=do.append("said", "twice")),
            p("menu", id="context", oncontextmenu=do.append("said", "context").prevent()),
            _canvas(store),
            div(onresize=do.append("said", "resize").window()),
            p(id="loads", onload=do.append("said", "load"))("load"),
            div(
                store.react(
                    "open", lambda on: p(id="late", onload=do.append("said", "late")) if on else ""
                )
            ),
            button("late", id="come", onclick=do.toggle("open")),
            p(id="ticks", oninterval=do.increment("n").every(20))("tick"),
        )

    @app.route("/scroll")
    def scroll() -> Element:
        more = store.read("n") + 1
        return div(
            *[p(f"row {n}").style(height="400px") for n in range(more * 2)],
            p("more", id="more", onvisible=do.set("n", more)) if more < 4 else p("end", id="end"),
        )

    @app.route("/short")
    def short() -> Element:
        rows = [p(f"row {n}").style(height="30px") for n in range(min(store.read("n"), 40))]
        return div(*rows, p("more", id="more", onvisible=do.increment("n", 4)))

    def item(one: Ref) -> Element:
        return li(one["text"], onmove=one.do.move("", event.index))

    @app.route("/list")
    def one_list() -> Element:
        rows = ul(store.each("list", item, key="id"), id="list")
        return div(rows.move_words("Taken", "There", "Back"), p(store.react("n"), id="n"))

    def card(one: Ref) -> Element:
        return li(
            one["text"],
            id=f"card-{one['id']}",
            onmove=carry(card=one["id"], to=event.list, index=event.index),
        )

    @app.route("/board")
    def board() -> Element:
        return div(
            ul(store.each("lists/todo", card, key="id"), id="todo", aria_label="To do").drop(
                "cards"
            ),
            ul(store.each("lists/done", card, key="id"), id="done")
            .drop("cards")
            .style(height="99px"),
        )

    @app.route("/tree")
    def tree() -> Element:
        def node(number: int, *inner: Element) -> Element:
            act = carry(card=number + 10, to=event.list, index=event.index)
            rows = ul(*inner, id=f"in-{number}").drop("tree").style(min_height="50px")
            return li(f"node {number}", rows, id=f"node-{number}", onmove=act)

        return ul(node(1, node(3)), node(2), id="tree").drop("tree")

    return app, store


def _canvas(store: Store) -> Element:
    where = [store.do.set("x", event.offsetX), store.do.set("y", event.offsetY)]
    return svg(id="canvas", width=200, height=100, onclick=where)(
        circle(cx=100, cy=50, r=20, id="circle")
    )
