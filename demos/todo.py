"""A to-do list of your own, behind a log-in.

Shows: a store per user, a list of rows, a form, a session, a mark that is turned at once.
Run: python -m demos.todo
"""

from typing import Any

from werkzeug.wrappers import Request

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import (
    WSGI,
    AuthStore,
    Ref,
    Session,
    SuperStore,
    browser,
    redirect,
    this,
    value_of,
)
from htealeaf.components import button, div, form, h2, label, li, p, span, textInput, ul
from htealeaf.html.elements import Element

app = WSGI(title="To-do", layout=frame("To-do", __doc__), live=True)
app.static("/static", STATIC)
SuperStore(app)
todos = AuthStore(lambda session: session.user, {"todo": []}, name="todos")


@app.route("/")
def home(session: Session) -> Any:
    if session.user is None:
        return redirect("/login")
    add = todos.do.append("todo", {"done": False, "value": value_of("task")})
    return div(class_="card")(
        div(class_="top")(
            h2(session.user),
            form(action="logout", method="post")(button("Sign out", class_="quiet")),
        ),
        form(class_="line", onsubmit=add)(
            field("task", aria_label="New task", placeholder="What is there to do?", maxlength=200),
            button("Add"),
        ),
        ul(todos.each("todo", row, empty=li("Nothing here yet.", class_="empty")), class_="tasks"),
        todos.react("todo", left),
    )


def field(name: str, **attributes: Any) -> Element:
    filled: dict[str, Any] = {"required": True, "pattern": r".*\S.*", "title": "Not only blanks"}
    return textInput(name=name, autocomplete="off", autofocus=True, **filled, **attributes)


def row(task: Ref) -> Element:
    # Buttons, since a checkbox sends nothing by itself where scripts are off.
    return li(
        button(
            span(task["value"]),
            class_="task",
            role="checkbox",
            aria_checked="true" if task["done"] else "false",
            # The mark is turned at once, and back if the server says so.
            onclick=task.do.toggle("done").show(browser.toggle_attribute(this, "aria-checked")),
        ),
        button(
            "×", class_="delete", aria_label=f"Delete {task['value']}", onclick=task.do.delete()
        ),
    )


def left(tasks: list[Any]) -> Element:
    count = sum(not task["done"] for task in tasks)
    text = f"{count} thing{'s' * (count != 1)} left" if count else "All done"
    return p(text, class_="left", role="status", hidden=not tasks)


@app.route("/login")
def login(session: Session) -> Any:
    if session.user is not None:
        return redirect("/")
    return form(class_="card", action="login", method="post")(
        label("Your name", for_="name"),
        div(class_="line")(
            field("name", id="name", maxlength=40),
            button("Sign in"),
        ),
        p("No password: this is a demo, and whoever says your name sees your list.", class_="hint"),
    )


@app.route("/login", methods=["POST"])
def sign_in(session: Session, request: Request) -> Any:
    if name := request.form.get("name", "").strip()[:40]:
        session.sign_in(name)
    return redirect("/")


@app.route("/logout", methods=["POST"])
def sign_out(session: Session) -> Any:
    session.sign_out()
    return redirect("/login")


if __name__ == "__main__":
    serve(app)
