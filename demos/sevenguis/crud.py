"""A list of names: filtered while one types, added to, changed and deleted.

Shows: rows by key, a filter, and what belongs to one open page: what is chosen there.
Run: python -m demos.sevenguis
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

from pydantic import StringConstraints

from demos.sevenguis.base import app, task
from htealeaf import Element, PageStore, Ref, SessionStore, fragment, this, value_of
from htealeaf.components import button, div, label, option, select, textInput

Text = Annotated[str, StringConstraints(max_length=200)]

people = SessionStore(
    {
        "all": [
            {"id": "1", "name": "Hans", "surname": "Emil"},
            {"id": "2", "name": "Max", "surname": "Mustermann"},
            {"id": "3", "name": "Roman", "surname": "Tisch"},
        ]
    },
    name="people",
)
view = PageStore({"prefix": "", "chosen": ""}, name="crud_view")


def listed(person: Ref) -> bool:
    surname: str = person["surname"]
    return surname.startswith(view["prefix"])


def chosen() -> Ref | None:
    """Return who is chosen; nobody is who is not in the list, or not any more."""
    return next((p for p in people.at("all") if p["id"] == view["chosen"] and listed(p)), None)


@app.action
def create(name: Text, surname: Text) -> None:
    people.append("all", {"id": uuid4().hex, "name": name, "surname": surname})


@app.action
def update(name: Text, surname: Text) -> None:
    if person := chosen():
        person.merge("", {"name": name, "surname": surname})


@app.action
def delete() -> None:
    if person := chosen():
        person.delete()
        view["chosen"] = ""


@app.route("/crud", title="CRUD", layout=task("crud", __doc__))
def home() -> Element:
    narrow = view.do.set("prefix", this.value).throttle(50)
    return div(class_="card stack")(
        text_field("prefix", "Surname begins with", value=view.react("prefix"), oninput=narrow),
        div(class_="two")(
            select(
                people.each("all", entry, key="id", where=listed), size=8, aria_label="Names",
                onchange=view.do.set("chosen", this.value), data_testid="crud-list",
            ),
            div(class_="stack")(text_field("name", "Name"), text_field("surname", "Surname")),
        ),
        buttons(),
    )  # fmt: skip


def entry(person: Ref) -> Element:
    id, name = person["id"], f"{person['surname']}, {person['name']}"
    return option(name, value=id, selected=view["chosen"] == id)


@fragment
def buttons() -> Element:
    typed = {"name": value_of("name"), "surname": value_of("surname")}
    nobody = chosen() is None
    return div(class_="buttons")(
        button("Create", onclick=create(**typed).repeat(), data_testid="crud-create"),
        button(
            "Update", onclick=update(**typed).repeat(), disabled=nobody, data_testid="crud-update"
        ),
        button("Delete", onclick=delete().repeat(), disabled=nobody, data_testid="crud-delete"),
    )


def text_field(name: str, title: str, **more: Any) -> Element:
    field = textInput(id=name, autocomplete="off", data_testid=f"crud-{name}")
    return div(label(title, for_=name), field(**more))
