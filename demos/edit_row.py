"""A table that is edited a row at a time, by several people at once.

Shows: a row that turns into a form in its place, validation, two who edit one row.
Run: python -m demos.edit_row
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import StringConstraints

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, Invalid, Ref, Store, SuperStore, flash, flashes, visit
from htealeaf.components import (
    a,
    button,
    div,
    form,
    input_,
    option,
    p,
    select,
    strong,
    table,
    tbody,
    td,
    th,
    thead,
    tr,
)

Role = Literal["Engineer", "Designer", "Support", "Sales"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=80, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
]
PEOPLE = (
    ("Ada Oduya", "ada@example.org", "Engineer"),
    ("Björn Lindqvist", "bjorn@example.org", "Support"),
    ("Chen Wei", "chen@example.org", "Designer"),
    ("Dolores Prado", "dolores@example.org", "Sales"),
    ("Emeka Obi", "emeka@example.org", "Engineer"),
)

app = WSGI(
    title="Edit row",
    layout=frame("Edit row", __doc__, "edit_row"),
    components_css=True,
    live=True,
)
app.static("/static", STATIC)
SuperStore(app)
team = Store(
    {
        "people": [
            {"id": str(at), "name": name, "email": email, "role": role, "version": 1}
            for at, (name, email, role) in enumerate(PEOPLE, 1)
        ]
    },
    name="team",
)


@app.route("/")
def home(args: Any) -> Element:
    """The address says which row is edited: `?row=3&edit=7`, as its version 7 was."""

    def row(person: Ref) -> Element:
        if args["row"] != person["id"]:
            return shown(person)
        seen = args.get("edit", 0, type=int)
        return edited(person, seen) if seen else shown(person, here=True)

    return div(class_="card")(
        table(class_="people")(
            thead(tr(th("Name"), th("E-mail"), th("Role"), th(class_="does")("Edit"))),
            tbody(team.each("people", row, key="id")),
        ),
        flashes(),
    )


def shown(person: Ref, *, here: bool = False) -> Element:
    """Return a row to read; *here*: it was edited, and the keyboard goes on there."""
    edit = visit(row=person["id"], edit=person["version"])
    label = f"Edit {person['name']}"
    return tr(
        th(person["name"], scope="row"),
        td(a(person["email"], href=f"mailto:{person['email']}")),
        td(person["role"]),
        td(a("Edit", class_="button quiet", aria_label=label, autofocus=here, onclick=edit)),
    )


def edited(person: Ref, seen: int) -> Element:
    leave = visit(edit=None)
    # A form can't stand around the cells of a row: it stands in one, and the others name it.
    of: dict[str, Any] = {"form": "edit", "autocomplete": "off", "required": True}
    name = {"name": "name", "value": person["name"], "maxlength": 60, "autofocus": True}
    return tr(class_="edited", onkeydown=leave.key("Escape"))(
        td(input_(aria_label="Name", **name, **of)),
        td(input_(name="email", value=person["email"], aria_label="E-mail", type="email", **of)),
        td(
            select(name="role", aria_label="Role", form="edit")(
                option(role, selected=role == person["role"]) for role in get_args(Role)
            )
        ),
        td(
            form(id="edit", onsubmit=save(id=person["id"], seen=seen))(
                button("Save"), a("Cancel", class_="button quiet", onclick=leave)
            ),
            changed(person) if person["version"] != seen else None,
        ),
    )


def changed(person: Ref) -> Element:
    mine = visit(edit=person["version"])
    return p(role="alert", class_="changed")(
        "Somebody has saved this row meanwhile: ",
        strong(f"{person['name']}, {person['email']}, {person['role']}"),
        ". ",
        a("Keep what I typed", class_="button quiet", onclick=mine),
    )


@app.action
def save(id: str, seen: int, name: Name, email: Email, role: Role) -> Any:
    person = team.at(f"people/id={id}")
    if person["version"] != seen:
        raise Invalid("Somebody has saved this row meanwhile: look at theirs first.")
    if any(other["email"] == email and other["id"] != id for other in team.read("people")):
        raise Invalid(email="Somebody else has this address.")
    person.merge("", {"name": name, "email": email, "role": role, "version": seen + 1})
    flash(f"{name} is saved.", "success")
    return visit(row=id, edit=None)


if __name__ == "__main__":
    serve(app)
