"""What others take for the same: Jinja2, Flask, htpy and FastHTML, each as its users write it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import flask
import htpy
import jinja2

from benchmarks.browser import Click
from benchmarks.ours import Cell, Todo, todos

Render = Callable[[Any], str]

_TODO = """\
<li class="{{ 'done' if item.done else 'open' }}">\
<input type="checkbox"{% if item.done %} checked{% endif %}>\
<label>{{ item.text }}</label>\
<button type="submit" name="delete" value="{{ item.id }}">x</button></li>"""
_TODOS = f"""\
<html lang="en"><head><title>{{{{ title }}}}</title></head><body><h1>{{{{ title }}}}</h1>\
<ul class="todos">{{% for item in items %}}{_TODO}{{% endfor %}}</ul></body></html>"""
_TABLE = """\
<table><tbody>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>\
{% endfor %}</tbody></table>"""
# A row that says what a click is to do, as htmx wants it.
_LIVE_TODO = """\
<li id="todo-{{ item.id }}" class="{{ 'done' if item.done else 'open' }}">\
<input type="checkbox"{% if item.done %} checked{% endif %} hx-post="/toggle/{{ item.id }}"\
 hx-target="closest li" hx-swap="outerHTML">\
<label>{{ item.text }}</label>\
<button hx-delete="/todo/{{ item.id }}" hx-target="closest li" hx-swap="delete">x</button></li>"""
_COUNTER = '<h3 id="counter">{{ counter }}</h3>'

_jinja = jinja2.Environment(autoescape=True)
_todos, _table = _jinja.from_string(_TODOS), _jinja.from_string(_TABLE)


def jinja_todos(items: list[Todo]) -> str:
    """Render to-dos with a compiled template that escapes by itself."""
    return _todos.render(items=items, title="To do")


def jinja_table(rows: list[list[Cell]]) -> str:
    """Render a table with a compiled template that escapes by itself.

    It writes None, True and False as words; to leave them out would take it longer.
    """
    return _table.render(rows=rows)


def htpy_todos(items: list[Todo]) -> str:
    """Render to-dos with htpy."""
    return str(
        htpy.fragment[
            htpy.html(lang="en")[
                htpy.head[htpy.title["To do"]],
                htpy.body[
                    htpy.h1["To do"], htpy.ul(class_="todos")[[_htpy_todo(item) for item in items]]
                ],
            ]
        ]
    )


def _htpy_todo(item: Todo) -> Any:
    return htpy.li(class_="done" if item["done"] else "open")[
        htpy.input(type="checkbox", checked=item["done"]),
        htpy.label[item["text"]],
        htpy.button(type="submit", name="delete", value=str(item["id"]))["x"],
    ]


def fasthtml_todos(items: list[Todo]) -> str:
    """Render to-dos with FastHTML's components."""
    ft = _fasthtml()

    def row(item: Todo) -> Any:
        return ft.Li(
            ft.Input(type="checkbox", checked=item["done"]),
            ft.Label(item["text"]),
            ft.Button("x", type="submit", name="delete", value=item["id"]),
            cls="done" if item["done"] else "open",
        )

    page = ft.Html(
        ft.Head(ft.Title("To do")),
        ft.Body(ft.H1("To do"), ft.Ul(*[row(item) for item in items], cls="todos")),
        lang="en",
    )
    return str(ft.to_xml(page, indent=False))


@cache
def _fasthtml() -> Any:
    # Slow to import, and only some subjects need it.
    return import_module("fasthtml.common")


def empty_click() -> Click:
    """Return a click on a view of Flask's that does nothing."""
    app = flask.Flask("empty")

    @app.post("/")
    def view() -> str:
        return ""

    return Click(app.wsgi_app, "POST", "/", b"1", {"CONTENT_TYPE": "application/json"})


def flask_clicks(count: int) -> dict[str, Click]:
    """Return clicks on a Flask app written by hand in the way of htmx: counter and to-do.

    A signed session says who asks; the answer is the fragment alone.
    """
    app = flask.Flask("by_hand")
    app.secret_key = "a secret for benchmarks"
    counter, todo = app.jinja_env.from_string(_COUNTER), app.jinja_env.from_string(_LIVE_TODO)
    state = {"counter": 0}
    items = {item["id"]: item for item in todos(count)}

    @app.get("/")
    def sign_in() -> str:
        flask.session["user"] = "ann"
        return ""

    @app.post("/counter")
    def add() -> Any:
        if "user" not in flask.session:
            return "", 401
        state["counter"] += int(flask.request.form["add"])
        return counter.render(counter=state["counter"])

    @app.post("/counter-htpy")
    def add_htpy() -> Any:
        if "user" not in flask.session:
            return "", 401
        state["counter"] += int(flask.request.form["add"])
        return str(htpy.h3("#counter")[str(state["counter"])])

    @app.post("/toggle/<int:id>")
    def toggle(id: int) -> Any:
        if "user" not in flask.session:
            return "", 401
        items[id]["done"] = not items[id]["done"]
        return todo.render(item=items[id])

    first = Click(app.wsgi_app, "GET", "/")
    first()
    headers = {"HTTP_COOKIE": first.cookie(), "HTTP_HX_REQUEST": "true"}
    form = headers | {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
    return {
        "counter": Click(app.wsgi_app, "POST", "/counter", b"add=1", form),
        "counter-htpy": Click(app.wsgi_app, "POST", "/counter-htpy", b"add=1", form),
        "toggle": Click(app.wsgi_app, "POST", f"/toggle/{count // 2}", b"", form),
    }


def fasthtml_click() -> Callable[[], bytes]:
    """Return a click on FastHTML's counter, called over ASGI."""
    ft = _fasthtml()
    app = ft.FastHTML(secret_key="a secret for benchmarks", default_hdrs=False)
    state = {"counter": 0}

    @app.post("/counter")  # type: ignore[untyped-decorator, unused-ignore]
    async def add(session, add: int):  # type: ignore[no-untyped-def, unused-ignore]
        session.setdefault("user", "ann")  # found by its name, so it has no annotation
        state["counter"] += int(add)
        return ft.H3(state["counter"], id="counter")

    return _asgi(app, "/counter", b"add=1")


def _asgi(app: Any, path: str, body: bytes) -> Callable[[], bytes]:
    loop = asyncio.new_event_loop()
    cookie = b""
    headers = [
        (b"host", b"localhost"),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-length", str(len(body)).encode()),
        (b"hx-request", b"true"),
    ]

    async def call() -> bytes:
        nonlocal cookie
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [*headers, (b"cookie", cookie)] if cookie else headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await app(scope, receive, send)
        if sent[0]["status"] != 200:
            raise RuntimeError(f"FastHTML answered {sent}")
        cookies = [v for k, v in sent[0]["headers"] if k == b"set-cookie"]
        cookie = cookies[0].partition(b";")[0] if cookies else cookie
        return b"".join(m.get("body", b"") for m in sent[1:])

    return lambda: loop.run_until_complete(call())
