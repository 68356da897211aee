"""A shop with one store of each kind, and what it means that a request is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from htealeaf import WSGI, AuthStore, Registry, Session, SessionStore, Store, SuperStore, value_of
from htealeaf.components import button, checkbox, div, form, h3, li, textInput, ul
from tests.http import Answer, Browser

SECRET = "a secret for tests only"
STORED = "a stored value"


class Shop:
    """An app with one store of each kind, and everything in them to compare."""

    def __init__(self, **options: Any) -> None:
        with Registry() as self.registry:
            self.shared = Store(
                {
                    "counter": 1,
                    "text": STORED,
                    "todo": [{"done": False, "value": STORED}],
                    "none": {},
                },
                name="shared",
            )
            self.other = Store({"counter": 1}, name="other")
            self.rooms = Store({"open": True, "n": 0}, name="rooms", keyed=True)
            self.todos = AuthStore(
                lambda s: s["userName"] if s.has("userName") else None, {"n": 0}, name="todos"
            )
            self.mine = SessionStore({"n": 0}, name="mine")
            self.app = WSGI(secret=SECRET, **options)
            SuperStore(self.app)
        self.pages()

    def pages(self) -> None:
        shared, app = self.shared, self.app

        @app.route("/")
        def home() -> Any:
            return div(
                h3(shared.react("counter")),
                button("+", id="plus", onclick=shared.do.update("counter", 1)),
                button("-", id="minus", onclick=shared.do.update("counter", -1)),
                button("other", id="other", onclick=self.other.do.update("counter", 1)),
                button(
                    "?", id="sure", onclick=shared.do.update("counter", 1).confirm("Really?").once()
                ),
                button("mine", id="mine", onclick=self.mine.do.increment("n")),
                button("lobby", id="lobby", onclick=self.rooms.of("lobby").do.increment("n")),
                ul(shared.each("todo", self.row)),
                form(id="add", onsubmit=shared.do.append("todo", self.task()))(
                    textInput(name="task"), button("Add")
                ),
                textInput(id="say", onchange=shared.do.set("text", value_of("say"))),
            )

        @app.route("/in/{name}", methods=["POST"])
        def enter(session: Session, name: str) -> str:
            session["userName"] = name
            return "in"

        @app.route("/user")
        def user() -> Any:
            return div(
                h3(self.todos.react("n")), button(id="plus", onclick=self.todos.do.increment("n"))
            )

    @staticmethod
    def row(task: Any) -> Any:
        return li(
            checkbox(checked=task["done"], onchange=task.do.toggle("done")),
            task["value"],
            button("x", class_="x", onclick=task.do.delete()),
        )

    @staticmethod
    def task() -> Any:
        return {"done": False, "value": value_of("task")}

    def everything(self) -> str:
        journal = self.registry.journal
        streams = sorted(s for store in self.registry for s in journal.streams(store.name))
        return json.dumps([[stream, journal.root(stream)] for stream in streams])

    def browser(self) -> Browser:
        return Browser(self.app)


def refused(shop: Shop, status: int, ask: Callable[[], Answer]) -> Answer:
    """Assert that *ask* is refused with *status*, in a sentence, and changes nothing."""
    before = shop.everything()
    answer = ask()

    assert answer.status == status, answer.text
    assert answer.sentence.endswith("."), answer.text
    assert " " in answer.sentence
    assert STORED not in answer.sentence
    assert "Traceback" not in answer.text
    assert "htealeaf" not in re.sub(r"/_htealeaf/[\w.-]+", "", answer.text).lower()
    assert shop.everything() == before
    return answer
