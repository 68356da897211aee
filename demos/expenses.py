"""A small team's ledger: what was spent, who has approved it, and what a month has cost.

Shows: log-in and roles, money as Decimal, rules behind every click, a chart, an export.
Run: python -m demos.expenses
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from pydantic import Field, StringConstraints

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import (
    WSGI,
    Element,
    Invalid,
    PageStore,
    Ref,
    Session,
    Store,
    SuperStore,
    browser,
    flash,
    flashes,
    fragment,
    redirect,
)
from htealeaf.components import (
    Column,
    a,
    badge,
    button,
    code,
    data_table,
    div,
    empty_state,
    field,
    form,
    form_for,
    g,
    h2,
    p,
    rect,
    section,
    span,
    strong,
    svg,
    table_note,
    table_row,
    text,
    time,
)  # fmt: skip

Money = Annotated[Decimal, Field(gt=0, le=100_000, max_digits=8, decimal_places=2)]
Password = Annotated[str, Field(min_length=1, max_length=200)]
What = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


Decision = Literal["approved", "rejected"]


class Category(Enum):
    TRAVEL = "Travel"
    MEALS = "Meals"
    SOFTWARE = "Software"
    OFFICE = "Office"


app = WSGI(
    title="Expenses",
    layout=frame("Expenses", __doc__, "expenses"),
    components_css=True,
    live=True,
)
app.static("/static", STATIC)
SuperStore(app)

#: Who may log in. argon2id hashes of "green leaf" and "oolong": passwords are kept nowhere.
people = Store(
    {
        "ada": {
            "name": "Ada",
            "role": "manager",
            "hash": (
                "$argon2id$v=19$m=19456,t=2,p=1$2LDqVSt4v2fS1u6nxXYZJQ"
                "$0KOu3DxWi8aMqCcptqOo9gmgJsB6B9JSsvqxjhYKRIg"
            ),
        },
        "ben": {
            "name": "Ben",
            "role": "member",
            "hash": (
                "$argon2id$v=19$m=19456,t=2,p=1$3fOYSU++Yfj2S+Ko3Ftwyg"
                "$c57xlXHUgQiAtWa4nygCO49MTE5xG0z0kfmMh9au9Yg"
            ),
        },
        "cleo": {
            "name": "Cleo",
            "role": "manager",
            "hash": (
                "$argon2id$v=19$m=19456,t=2,p=1$2LDqVSt4v2fS1u6nxXYZJQ"
                "$0KOu3DxWi8aMqCcptqOo9gmgJsB6B9JSsvqxjhYKRIg"
            ),
        },
    },
    name="people",
)
FIRST = (
    ("ben", "2026-08-19", "Travel", "218.40", "Train to the customer in Lyon", "approved"),
    ("ada", "2026-09-03", "Software", "96.00", "Design tool, a year", "approved"),
    ("ben", "2026-09-22", "Meals", "64.80", "Dinner with the partner", "approved"),
    ("ben", "2026-10-08", "Office", "349.00", "A chair", "rejected"),
    ("ada", "2026-10-15", "Travel", "121.50", "Night train", "approved"),
    ("ben", "2026-11-05", "Software", "180.00", "Error tracking, a year", "approved"),
    ("ben", "2026-11-18", "Meals", "32.20", "Lunch with a candidate", "waiting"),
    ("ben", "2026-11-24", "Travel", "87.90", "Taxi and train, conference", "waiting"),
)
ledger = Store(
    {
        "rows": [
            {
                "id": f"first{at}", "who": who, "day": day, "category": category,
                "amount": amount, "what": what, "state": state, "by": None,
            }
            for at, (who, day, category, amount, what, state) in enumerate(FIRST)
        ]
    },
    name="ledger",
)  # fmt: skip
view = PageStore({"only": ""}, name="view")

hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
SHOWN = {"": "All", "waiting": "Waiting", "mine": "Mine"}
FIELDS = ("day", "who", "category", "amount", "what", "state", "by")
KINDS: dict[str, Literal["warning", "success", "error"]] = {
    "waiting": "warning",
    "approved": "success",
    "rejected": "error",
}


def role_of(session: Session) -> str | None:
    role: str | None = people.read().get(session.user, {}).get("role")
    return role


def signed_in(session: Session) -> bool:
    return role_of(session) is not None


def is_manager(session: Session) -> bool:
    return role_of(session) == "manager"


# -- who is there ----------------------------------------------------------------------------


@app.action
def sign_in(session: Session, name: What, password: Password) -> Any:
    known = people.read().get(name.casefold())
    try:
        hasher.verify(known["hash"] if known else people["ada"]["hash"], password)
    except VerificationError:
        known = None
    if known is None:  # one sentence for both, and the same time: nobody learns who is known
        raise Invalid("Name and password do not belong together.")
    session.sign_in(name.casefold())
    return redirect("/")


@app.action
def sign_out(session: Session) -> Any:
    session.sign_out()
    return redirect("/login")


@app.route("/login")
def login(session: Session) -> Any:
    if signed_in(session):
        return redirect("/")
    return div(class_="card narrow")(
        form_for(
            sign_in,
            field("name", label="Name", autocomplete="username", autofocus=True),
            field(
                "password", label="Password", type="password", autocomplete="current-password"
            ),
            button("Log in"),
        ),
        p(class_="hint")(
            "Ada and Cleo are managers, their password is ", code("green leaf"),
            "; Ben is a member, his is ", code("oolong"), ".",
        ),
    )  # fmt: skip


# -- what was spent --------------------------------------------------------------------------


@app.action(allow=signed_in)
def add(session: Session, amount: Money, day: date, category: Category, what: What) -> None:
    row = {
        "id": uuid4().hex, "who": session.user, "day": day.isoformat(), "category": category.value,
        "amount": str(amount), "what": what, "state": "waiting", "by": None,
    }  # fmt: skip
    ledger.insert("rows/-", row)
    flash(f"{money(amount)} for “{what}” waits for approval.", "success")


@add.check
def not_in_the_future(day: date) -> None:
    if day > datetime.now(timezone.utc).date():
        raise Invalid(day="That day is still to come.")


@app.action(allow=is_manager, retry=True)
def decide(session: Session, id: str, state: Decision) -> None:
    """Approve or reject what somebody else has spent; only once."""
    row = find(id)
    if row["who"] == session.user:
        raise Invalid("What you have spent yourself is for another manager.")
    if row["state"] != "waiting":
        raise Invalid(f"{name_of(row['by'])} has {row['state']} this already.")
    row.merge("", {"state": state, "by": session.user})
    flash(f"{money(row['amount'])} for “{row['what']}” is {state}.", "success")


@app.action(allow=signed_in, retry=True)
def withdraw(session: Session, id: str) -> None:
    row = find(id)
    if row["who"] != session.user or row["state"] != "waiting":
        raise Invalid("Only who has spent it takes it back, and only while it waits.")
    row.delete()


def find(id: str) -> Ref:
    if not any(row["id"] == id for row in ledger.read("rows")):
        raise Invalid("This is gone: somebody has taken it back.")
    return ledger.at("rows", f"id={id}")


@app.route("/", allow=signed_in, otherwise="/login")
def home(session: Session) -> Element:
    return div(class_="ledger")(
        section(class_="card me")(
            p(strong(people[session.user]["name"]), " ", badge(role_of(session))),
            form(onsubmit=sign_out)(button("Log out", class_="quiet")),
        ),
        section(class_="card", aria_labelledby="new")(
            h2("New expense", id="new"),
            form_for(
                add,
                div(class_="two")(
                    field("amount", label="Amount, €", placeholder="12.50"),
                    field("day", label="Day"),
                ),
                div(class_="two")(
                    field("category", label="Category"),
                    field("what", label="What for", placeholder="Train to Lyon"),
                ),
                button("Add"),
            ),
        ),
        section(class_="card", aria_labelledby="months")(
            h2("Approved, by month", id="months"), months.react(chart)
        ),
        section(class_="card", aria_labelledby="all")(
            div(class_="top")(
                h2("Expenses", id="all", tabindex=-1), a("Export as CSV", href="expenses.csv")
            ),
            choice(),
            listed(session.user, is_manager(session)),
        ),
        flashes(),
    )


def listed(user: str, decides: bool) -> Element:
    columns = [
        Column("day", render=lambda row: time(day_of(row), datetime=row["day"])),
        Column("what", "What for", heads_row=True),
        Column("category"),
        Column("who", render=lambda row: name_of(row["who"])),
        Column("amount", "Amount, €", number=True, render=lambda row: money(row["amount"])),
        Column("state", render=lambda row: state_of(row, user, decides)),
    ]

    def wanted(row: Ref) -> bool:
        only = view["only"]
        return row["who"] == user if only == "mine" else only in ("", row["state"])

    rows = ledger.each(
        "rows",
        lambda row: table_row(row, columns),
        key="id",
        where=wanted,
        order=lambda row: -date.fromisoformat(row["day"]).toordinal(),
        empty=table_note(empty_state("Nothing here", "What you add stands here at once."), columns),
    )
    return data_table(rows, columns, caption="All expenses, the newest first")


@fragment
def choice() -> Element:
    return div(class_="filter", role="group", aria_label="Show")(
        button(
            label, class_="quiet small", aria_pressed="true" if view["only"] == key else "false",
            onclick=view.do.set("only", key),
        )
        for key, label in SHOWN.items()
    )  # fmt: skip


def state_of(row: Ref, user: str, decides: bool) -> Any:
    place = f"state-{row['id']}"
    if row["state"] != "waiting":
        by = f" by {name_of(row['by'])}" if row["by"] else None
        return span(badge(row["state"], kind=KINDS[row["state"]]), by, id=place, tabindex=-1)
    if row["who"] == user:
        return badge("waiting", kind="warning"), small("Take back", withdraw(id=row["id"]), row)
    if decides:
        return (
            small("Approve", decide(id=row["id"], state="approved"), row),
            small("Reject", decide(id=row["id"], state="rejected").confirm("Reject it?"), row),
        )
    return badge("waiting", kind="warning")


def small(label: str, action: Any, row: Ref) -> Element:
    # The button goes: the keyboard goes on at what has come of it, or above where the row is gone.
    onclick = action.then([browser.focus("all"), browser.focus(f"state-{row['id']}")])
    return button(label, class_="quiet small", aria_label=f"{label} {row['what']}", onclick=onclick)


@ledger.computed
def months(ledger: Ref) -> list[list[str]]:
    """Give the last six months with something approved, and the sum of each."""
    sums: dict[str, Decimal] = {}
    for row in ledger.read("rows"):
        if row["state"] == "approved":
            month = row["day"][:7]
            sums[month] = sums.get(month, Decimal()) + Decimal(row["amount"])
    return [[month, str(sums[month])] for month in sorted(sums)[-6:]]


def chart(months: list[list[str]]) -> Element:
    most = max((Decimal(total) for _, total in months), default=Decimal(1))
    wide, high, below = 100, 160, 24
    said = ", ".join(f"{month_of(month)} {money(total)}" for month, total in months)

    def bar(at: int, month: str, total: str) -> Element:
        size = round(float(Decimal(total) / most) * high, 1)
        left, top = at * wide, high - size + below
        return g(
            rect(x=left + 14, y=top, width=wide - 28, height=size, rx=6, class_="bar"),
            text(money(total), x=left + wide / 2, y=top - 7, text_anchor="middle", class_="sum"),
            text(month_of(month), x=left + wide / 2, y=high + below + 22, text_anchor="middle"),
        )

    return svg(
        class_="chart", role="img", aria_label=f"Approved: {said or 'nothing yet'}",
        viewBox=f"0 0 {wide * max(len(months), 4)} {high + below + 32}",
    )(bar(at, month, total) for at, (month, total) in enumerate(months))  # fmt: skip


@app.route("/expenses.csv", page=False, allow=signed_in, otherwise="/login")
def export() -> Any:
    """Stream all rows: a ledger of years is as light as one of a week."""
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": 'attachment; filename="expenses.csv"',
    }
    return 200, headers, lines(ledger.read("rows"))


def lines(rows: Any) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in ({name: name for name in FIELDS}, *rows):
        writer.writerow([row[name] for name in FIELDS])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def money(amount: Any) -> str:
    return f"{Decimal(amount):,.2f}".replace(",", "\u202f")


def name_of(user: str) -> str:
    return str(people.read().get(user, {"name": user})["name"])


def day_of(row: Ref) -> str:
    return date.fromisoformat(row["day"]).strftime("%d %b")


def month_of(month: str) -> str:
    return date.fromisoformat(f"{month}-01").strftime("%b %Y")


if __name__ == "__main__":
    serve(app)
