"""One page with every ready-made piece on it, in every state that a person can bring it to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from htealeaf import (
    WSGI,
    Element,
    PageStore,
    Ref,
    Registry,
    Store,
    SuperStore,
    this,
    unsafe_url,
    value_of,
)
from htealeaf.components import (
    Column,
    Selection,
    Tab,
    avatar,
    badge,
    body,
    button,
    closes,
    data_table,
    div,
    empty_state,
    form,
    h1,
    h2,
    head,
    html,
    label,
    main,
    modal,
    opens,
    p,
    pagination,
    progress_bar,
    section,
    style,
    table_note,
    table_row,
    tabs,
    textInput,
    toast,
    toasts,
)

PEOPLE: list[dict[str, Any]] = [
    {"id": 1, "name": "Ann Lee", "team": "Design", "days": 12, "active": True},
    {"id": 2, "name": "Bob Marsh", "team": "Sales", "days": 7, "active": False},
    {"id": 3, "name": "Cleo Ortiz", "team": "Design", "days": 31, "active": True},
    {"id": 4, "name": "Dan Wu", "team": "Support", "days": 3, "active": True},
    {"id": 5, "name": "Eve Stone", "team": "Support", "days": 18, "active": False},
]
COLUMNS = [
    Column("name", sortable=True, heads_row=True),
    Column("team", sortable=True),
    Column("active", render=lambda row: badge("Active", kind="success") if row["active"] else "—"),
    Column("days", "Days left", sortable=True, number=True),
]
TASKS = [Column("text", "Task", heads_row=True), Column("done", "Done?")]
SIZE = 3


def plain(content: Element) -> Element:
    # What a page is without any style. axe-core takes a page that says nothing for a white one.
    sheet = style(":root { background: Canvas; color: CanvasText }")
    return html(head(sheet), body(content), lang="en")


def gallery(css: bool = True, frame: Callable[[Element], Element] = plain) -> WSGI:
    """Return an app whose one page shows every piece."""
    with Registry():
        # Without a policy: the sheets that pages are held against stand in the page.
        app = WSGI(secret="a secret of the tests", components_css=css, layout=frame, csp=None)
        SuperStore(app)
        view = PageStore(
            {"sort": "name", "page": 1, "tab": "all", "chosen": {}, "editing": False}, name="view"
        )
        tasks = Store({"list": [{"id": 1, "text": "Write", "done": False}]}, name="tasks")
        news = Store({"list": []}, name="news")

        @app.route("/", title="Pieces")
        def home() -> Element:
            return main(
                h1("Ready-made pieces"),
                people(view),
                table_of_tasks(tasks),
                choice(view),
                dialogs(tasks, view),
                small(),
                messages(news),
            )

    return app


def people(view: PageStore) -> Element:
    sort, page = view["sort"], view["page"]
    by = sort.removeprefix("-")
    rows = sorted(PEOPLE, key=lambda row: row[by], reverse=sort.startswith("-"))
    chosen = {int(key) for key, on in view["chosen"].items() if on}
    shown = rows[(page - 1) * SIZE : page * SIZE]
    return data_table(
        shown,
        COLUMNS,
        caption="People",
        sort=sort,
        on_sort=lambda wanted: view.do.set("sort", wanted),
        selection=Selection(
            chosen=chosen,
            on_change=lambda key: view.do.set(f"chosen/{key}", this.checked),
            on_all=lambda on: view.do.merge("chosen", {str(row["id"]): on for row in shown}),
            label=lambda row: str(row["name"]),
        ),
        pages=pagination(
            page,
            -(-len(rows) // SIZE),
            lambda number: view.do.set("page", number),
            id="people-pages",
            label="Pages of people",
        ),
        id="people",
    )


def table_of_tasks(tasks: Store) -> Element:
    def row(task: Ref) -> Element:
        return table_row(task, TASKS)

    rows = tasks.each("list", row, key="id", empty=table_note("All done.", TASKS))
    return section(
        data_table(rows, TASKS, caption="Tasks", id="tasks"),
        data_table([], ["what"], caption="Nothing", id="nothing"),
        data_table([], ["what"], caption="Not yet", loading=True, id="not-yet"),
    )


def choice(view: PageStore) -> Element:
    items = [
        Tab("all", "All", lambda: p("Everything there is.")),
        Tab("open", "Open", lambda: p("What is still to do.")),
        Tab("done", "Done", lambda: p("What is behind us.")),
    ]
    return tabs(
        items,
        view["tab"],
        id="which",
        label="Which tasks",
        on_select=lambda key: view.do.set("tab", key),
    )


def dialogs(tasks: Store, view: PageStore) -> Element:
    task = {"id": 0, "text": value_of("text"), "done": False}
    return section(
        h2("Dialogs"),
        button("Add a task", **opens("add")),
        button("Clear …", **opens("sure")),
        button("Options", onclick=view.do.set("editing", True)),
        modal(
            form(id="adding", onsubmit=tasks.do.append("list", task))(
                label("Task ", textInput(name="text", required=True, autofocus=True))
            ),
            id="add",
            title="A new task",
            close="Cancel",
            actions=button("Save", type="submit", form="adding", **closes("add")),
        ),
        modal(
            p("They can't be brought back."),
            id="sure",
            title="Clear all tasks?",
            close="Keep them",
            actions=button("Clear them", onclick=tasks.do.clear("list"), **closes("sure")),
        ),
        modal(
            p("The server knows that this is open."),
            id="options",
            title="Options",
            open=view["editing"],
            on_close=view.do.set("editing", False),
        ),
    )


def small() -> Element:
    return section(
        h2("Small pieces"),
        p(
            badge("Draft"),
            " ",
            badge("New", kind="info"),
            " ",
            badge("Paid", kind="success"),
            " ",
            badge("Late", kind="warning"),
            " ",
            badge(3, kind="error", label="3 failed jobs"),
        ),
        p([avatar(row["name"]) for row in PEOPLE], avatar("Ann Lee", PICTURE)),
        progress_bar(40, label="Upload"),
        progress_bar(label="Looking for it"),
        empty_state(
            "No invoices yet",
            "They are shown here when you have sent one.",
            icon="🧾",
            actions=button("New invoice", **opens("add")),
        ),
    )


def messages(news: Store) -> Element:
    def message(item: Ref) -> Element:
        return toast(item["text"], kind=item["kind"], on_close=item.do.delete())

    def say(kind: str, text: str) -> Element:
        return button(f"Say {kind}", onclick=news.do.append("list", {"kind": kind, "text": text}))

    return div(
        h2("Messages"),
        say("success", "It is saved."),
        say("error", "It could not be saved."),
        toasts(news.each("list", message)),
    )


#: A grey square.
PICTURE = unsafe_url(
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='8' height='8'%3E"
    "%3Crect width='8' height='8' fill='%23888'/%3E%3C/svg%3E"
)
