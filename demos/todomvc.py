"""The list that the field compares itself by: todos, three filters, each edited in its place.

Shows: what is a browser’s, an address’s and one open page’s; a schema; typing that never waits.
Run: python -m demos.todomvc
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import uuid4

from pydantic import StringConstraints

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import (
    WSGI,
    Element,
    PageStore,
    Ref,
    SessionStore,
    SuperStore,
    fragment,
    this,
    value_of,
    visit,
)
from htealeaf.components import (
    a,
    button,
    checkbox,
    div,
    footer,
    form,
    input_,
    label,
    li,
    noscript,
    section,
    span,
    strong,
    ul,
)

Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
FILTERS = {"All": "", "Active": "active", "Completed": "completed"}


@dataclass
class Todo:
    id: str
    title: str
    done: bool = False


@dataclass
class Todos:
    items: list[Todo] = field(default_factory=list)


app = WSGI(title="Todos", layout=frame("Todos", __doc__, "todomvc"), live=True)
app.static("/static", STATIC)
SuperStore(app)
todos = SessionStore(name="todos", schema=Todos)
view = PageStore({"editing": ""}, name="view")  # which one is edited, on this page only


@app.action
def add(title: Title) -> None:
    if title:
        todos.append("items", {"id": uuid4().hex, "title": title})


@app.action
def save(id: str, title: Title) -> None:
    if view["editing"] != id:
        return  # it was left before: by Escape, or by Enter, and its field lost the focus then
    view["editing"] = ""
    item = todos.at("items", f"id={id}")
    if not title:
        item.delete()
    else:
        item.set("title", title)


@app.action
def mark_all(done: bool) -> None:
    for item in todos.at("items"):
        item.set("done", done)


@app.action
def clear_completed() -> None:
    todos.replace("items", [item for item in todos["items"] if not item["done"]])


@app.route("/")
def home(args: Any) -> Element:
    """The address says which are shown: `?show=active`."""
    shown = args.get("show", "")

    def wanted(item: Ref) -> bool:
        return shown not in ("active", "completed") or item["done"] is (shown == "completed")

    return section(class_="todoapp")(
        form(onsubmit=add.repeat())(
            input_(
                class_="new-todo", name="title", aria_label="New todo", autofocus=True,
                placeholder="What needs to be done?", autocomplete="off", maxlength=500,
            ),
        ),
        section(class_="main", hidden=nothing(), aria_label="List")(
            toggle_all(),
            ul(todos.each("items", row, key="id", where=wanted), class_="todo-list"),
        ),
        footer(class_="footer", hidden=nothing())(
            todos.react(lambda d: d.items, count),
            ul(class_="filters")(
                li(
                    a(
                        name, onclick=visit(show=show),
                        class_="selected" if show == shown else None,
                        aria_current="true" if show == shown else None,
                    )
                )
                for name, show in FILTERS.items()
            ),
            button(
                "Clear completed", class_="clear-completed", onclick=clear_completed(),
                hidden=todos.react("items", lambda items: not any(i["done"] for i in items)),
            ),
        ),
    )  # fmt: skip


def nothing() -> Any:
    return todos.react("items", lambda items: not items)


@fragment
def toggle_all() -> Element:
    done = all(item["done"] for item in todos["items"]) and bool(todos["items"])
    return div(class_="all")(
        checkbox(
            class_="toggle-all", aria_label="Mark all as done", checked=done,
            onchange=mark_all(done=this.checked),
        ),
        without_scripts("Mark all", mark_all(done=not done)),
    )  # fmt: skip


def count(items: list[Any]) -> Element:
    left = sum(not item["done"] for item in items)
    return span(class_="todo-count", role="status")(
        strong(left), f" {'item' if left == 1 else 'items'} left"
    )


def row(item: Ref) -> Element:
    id, title, done = item["id"], item["title"], item["done"]
    edit = view.do.set("editing", id)
    editing = view["editing"] == id
    return li(
        div(class_="view")(
            checkbox(
                class_="toggle", aria_label=f"Done: {title}", checked=done, aria_keyshortcuts="F2",
                onchange=item.do.set("done", this.checked), onkeydown=edit.key("F2"),
            ),
            label(title, ondblclick=edit),
            without_scripts("Not done" if done else "Done", item.do.set("done", not done)),
            without_scripts("Edit", edit),
            button("×", class_="destroy", aria_label=f"Delete {title}", onclick=item.do.delete()),
        ),
        editor(id, title) if editing else None,
    ).classes(completed=done, editing=editing)  # fmt: skip


def editor(id: str, title: str) -> list[Element]:
    # It stands in no form of its own: which one is edited is the page's, and travels in its form.
    take = save(id=id, title=value_of("edit"))
    return [
        input_(
            class_="edit", id="edit", value=title, aria_label="Title", autofocus=True,
            autocomplete="off", maxlength=500, onblur=take, onkeydown=take.key("Enter"),
            onkeyup=view.do.set("editing", "").key("Escape"),
        ),
        without_scripts("Save", take),
    ]  # fmt: skip


def without_scripts(text: str, action: Any) -> Element:
    # A box, and a press that is double, send nothing by themselves.
    return noscript(button(text, class_="plain", onclick=action))


if __name__ == "__main__":
    serve(app)
