"""An address book on a database: look for people, change them, delete them and take that back.

Shows: SQLAlchemy, a query in the address, forms that validate, photos, an export.
Run: python -m demos.contacts
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import sqlalchemy as sql
from pydantic import StringConstraints
from sqlalchemy.orm import Session as Database

from demos.contacts.models import Contact, Sessions, found, matching
from demos.data import folder
from demos.layout import STATIC, frame
from htealeaf import (
    WSGI,
    Element,
    Invalid,
    PageStore,
    SessionStore,
    SuperStore,
    Upload,
    browser,
    flash,
    flashes,
    fragment,
    redirect,
    send_file,
    this,
    visit,
)
from htealeaf.components import (
    Column,
    Selection,
    a,
    avatar,
    badge,
    button,
    data_table,
    div,
    empty_state,
    field,
    form,
    form_for,
    h2,
    input_,
    option,
    p,
    pagination,
    section,
    select,
    span,
)  # fmt: skip
from htealeaf.watch import watch


class Kind(Enum):
    CUSTOMER = "Customer"
    PARTNER = "Partner"
    SUPPLIER = "Supplier"


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=120, pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+"),
]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=30, pattern=r"[+0-9 ()./\-]*")
]
KINDS = [kind.value for kind in Kind]
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}

app = WSGI(
    title="Contacts",
    layout=frame("Contacts", __doc__, "contacts"),
    components_css=True,
    live=True,
)
app.static("/static", STATIC)
SuperStore(app)
watch(Sessions)
#: Whose number is being changed in this page.
view = PageStore({"phone": None, "left": None}, name="view")
#: Whom this browser has deleted last.
bin = SessionStore({"deleted": []}, name="bin")


@app.provide
def db() -> Iterator[Database]:
    """Give a request its session: committed when all went well, else rolled back."""
    with Sessions.begin() as session:
        yield session


def photos() -> Path:
    place = folder() / "photos"
    place.mkdir(exist_ok=True)
    return place


# -- what may be done ------------------------------------------------------------------------


@app.action
def create(
    db: Database, name: Name, email: Email, phone: Phone, kind: Kind, photo: Upload | None
) -> Any:
    contact = Contact(name=name, email=email, phone=phone, kind=kind.value)
    contact.photo = saved(photo)
    db.add(contact)
    flash(f"{name} is in your contacts.", "success")
    return redirect("/")


@app.action
def change(
    db: Database, id: int, name: Name, email: Email, phone: Phone, kind: Kind, photo: Upload | None
) -> Any:
    contact = existing(db, id)
    contact.name, contact.email, contact.phone, contact.kind = name, email, phone, kind.value
    contact.photo = saved(photo) or contact.photo
    flash(f"{name} is saved.", "success")
    return redirect("/")


@create.check
@change.check
def address_is_free(db: Database, email: Email, id: int = 0) -> None:
    """Look whether somebody has the address already; asked at blur, and again before the action."""
    other = db.scalar(sql.select(Contact).where(Contact.email == email, Contact.id != id))
    if other is not None:
        raise Invalid(email=f"{other.name} has this address.")


@app.action
def change_phone(db: Database, id: int, phone: Phone) -> None:
    existing(db, id).phone = phone
    view.merge("", {"phone": None, "left": id})


@app.action
def delete(db: Database, ids: list[int]) -> None:
    """Delete some; they can be brought back from this page."""
    gone = list(db.scalars(sql.select(Contact).where(Contact.id.in_(ids), ~Contact.deleted)))
    if not gone:
        raise Invalid("Choose somebody first.")
    for contact in gone:
        contact.deleted = True
    bin.set("deleted", [contact.id for contact in gone])


@app.action
def bring_back(db: Database) -> None:
    for contact in db.scalars(sql.select(Contact).where(Contact.id.in_(bin["deleted"]))):
        contact.deleted = False
    bin.set("deleted", [])


def existing(db: Database, id: int) -> Contact:
    contact = db.get(Contact, id)
    if contact is None or contact.deleted:
        raise Invalid("Somebody has deleted this contact meanwhile.")
    return contact


def saved(photo: Upload | None) -> str | None:
    """Keep a photo under a safe name of its own, and return that name."""
    if photo is None:
        return None
    if Path(photo.filename).suffix.casefold() not in TYPES:
        raise Invalid(photo=f"A picture, please: {', '.join(TYPES)}.")
    return photo.save_in(photos()).name


# -- pages -----------------------------------------------------------------------------------


@app.route("/")
def home(args: Any) -> Element:
    @fragment
    def results() -> Any:
        with Sessions() as db:
            page = found(db, args["q"], args["kind"], args.get("page", 1, type=int))
        return data_table(
            page.rows,
            COLUMNS,
            caption=counted(page.count),
            selection=Selection(name="ids", label=lambda contact: contact.name),
            pages=pagination(page.page, page.pages, lambda number: visit(page=number)),
            empty=empty_state("Nobody is called so", "Look for less, or for another kind."),
        )

    @fragment
    def export() -> Element:
        query = urlencode({"q": args["q"], "kind": args["kind"]})
        return a("Export as CSV", href=f"contacts.csv?{query}", class_="button quiet")

    return section(class_="card", aria_label="All contacts")(
        form(role="search", method="get", class_="look")(
            input_(
                type="search", id="q", name="q", value=args["q"], autocomplete="off",
                aria_label="Name, address or number", placeholder="Name, address or number",
                oninput=visit(q=this.value, page=None, replace=True).debounce(250),
            ),
            select(name="kind", aria_label="Kind", onchange=visit(kind=this.value, page=None))(
                option("All kinds", value=""),
                (option(kind, selected=args["kind"] == kind) for kind in KINDS),
            ),
            button("Search", class_="quiet"),
        ),
        undo(),
        form(onsubmit=delete)(
            results(),
            div(class_="buttons")(
                a("New contact", href="new", class_="button"),
                export(),
                button("Delete chosen", class_="quiet"),
            ),
        ),
        flashes(),
    )  # fmt: skip


@fragment
def undo() -> Any:
    number = len(bin["deleted"])
    if not number:
        return None
    return p(class_="undo", role="status")(
        f"{number} contact{'s' * (number != 1)} deleted. ",
        button(
            "Bring back",
            id="undo",
            class_="quiet small",
            onclick=bring_back().then(browser.focus("q")),
        ),
    )


def counted(number: int) -> str:
    return f"{number} contact{'s' * (number != 1)}"


def who(contact: Contact) -> Element:
    photo = f"photo-{contact.id}?{contact.photo}" if contact.photo else None
    return span(class_="who")(
        avatar(contact.name, photo, named=False), a(contact.name, href=f"contact-{contact.id}")
    )


def phone(contact: Contact) -> Element:
    """Return a number as a button; pressed, it is a field. The keyboard goes on where it was."""
    if view["phone"] != contact.id:
        return button(
            contact.phone or "Add a number",
            class_="quiet inline",
            aria_label=f"Change the number of {contact.name}",
            autofocus=view["left"] == contact.id,
            onclick=view.do.merge("", {"phone": contact.id, "left": None}),
        )
    leave = view.do.merge("", {"phone": None, "left": contact.id})
    return span(class_="line", onkeydown=leave.key("Escape"))(
        input_(
            type="tel", name="phone", value=contact.phone, maxlength=30, autofocus=True,
            aria_label=f"Number of {contact.name}", autocomplete="off",
        ),
        button("Save", class_="small", onclick=change_phone(id=contact.id)),
    )  # fmt: skip


def sure(contact: Contact) -> Element:
    # The row goes, and the keyboard with it: it goes on where this is taken back.
    gone = delete(ids=[contact.id]).confirm(f"Delete {contact.name}?").then(browser.focus("undo"))
    return button("Delete", class_="quiet small", aria_label=f"Delete {contact.name}", onclick=gone)


COLUMNS = [
    Column("name", render=who, heads_row=True),
    Column(
        "email", "E-mail", render=lambda contact: a(contact.email, href=f"mailto:{contact.email}")
    ),
    Column("phone", render=phone),
    Column("kind", render=lambda contact: badge(contact.kind, kind="info")),
    Column("id", "Delete", render=sure),
]


@app.route("/new")
def new() -> Element:
    return section(class_="card", aria_labelledby="new")(
        h2("New contact", id="new"),
        form_for(create, *fields(), button("Add"), a("Back", href="./")),
    )


@app.route("/contact-{id:int}", title="Change a contact")
def contact(id: int) -> Any:
    with Sessions() as db:
        contact = db.get(Contact, id)
    if contact is None or contact.deleted:
        return 404, p("Nobody is here any more. ", a("All contacts", href="./"))
    return section(class_="card", aria_labelledby="change")(
        h2(contact.name, id="change"),
        form_for(change(id=id), *fields(), button("Save"), a("Back", href="./"), values=contact),
    )


def fields() -> tuple[Element, ...]:
    return (
        field("name", label="Name", autocomplete="off", autofocus=True),
        field("email", label="E-mail", type="email", autocomplete="off"),
        field("phone", label="Phone", type="tel", autocomplete="off"),
        field("kind", label="Kind"),
        field("photo", label="Photo", hint="PNG, JPEG or WebP."),
    )


@app.route("/photo-{id:int}", page=False)
def photo(id: int) -> Any:
    with Sessions() as db:
        contact = db.get(Contact, id)
    if contact is None or contact.photo is None:
        return 404, "There is nothing here."
    kind = TYPES.get(Path(contact.photo).suffix.casefold(), "application/octet-stream")
    return send_file(contact.photo, within=photos(), type=kind)


@app.route("/contacts.csv", page=False)
def export(args: Any) -> Any:
    """Stream what was found, however much it is."""
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="contacts.csv"',
    }
    return 200, headers, lines(args["q"], args["kind"])


def lines(text: str, kind: str) -> Iterator[str]:
    buffer = io.StringIO()
    rows = csv.writer(buffer)
    rows.writerow(["name", "email", "phone", "kind"])
    with Sessions() as db:
        for contact in db.scalars(matching(text, kind)).yield_per(500):
            rows.writerow([contact.name, contact.email, contact.phone, contact.kind])
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
