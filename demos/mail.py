"""A mailbox in three panes, which feels like one app and is made of links.

Shows: navigation without page loads, shortcuts, panes that keep their place, all of it by address.
Run: python -m demos.mail
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from demos.layout import STATIC, frame
from demos.mails import FOLDERS, MAILS
from demos.serve import serve
from htealeaf import (
    WSGI,
    Element,
    Ref,
    SessionStore,
    SuperStore,
    browser,
    fragment,
    redirect,
    visit,
)
from htealeaf.components import (
    a,
    article,
    button,
    dd,
    dialog,
    div,
    dl,
    dt,
    footer,
    form,
    h2,
    header,
    input_,
    kbd,
    li,
    nav,
    p,
    section,
    small,
    span,
    strong,
    ul,
)

app = WSGI(title="Mail")
app.static("/static", STATIC)
app.layout(boost=True)(frame("Mail", __doc__, "mail"))
SuperStore(app)
box = SessionStore({"mails": MAILS}, name="box")


def shown(folder: str, args: Any) -> list[Ref]:
    """Return the mails of a folder that have each word that is looked for, the newest first."""
    words = args["q"].casefold().split()
    return [
        mail
        for mail in box.at("mails")
        if (mail["starred"] if folder == "starred" else mail["folder"] == folder)
        and all(
            word in f"{mail['who']} {mail['subject']} {mail['text']}".casefold() for word in words
        )
    ]


def chosen(folder: str, args: Any) -> Ref | None:
    return next((mail for mail in shown(folder, args) if str(mail["id"]) == args["m"]), None)


def beside(folder: str, args: Any, by: int) -> int | None:
    """Return the number of the mail that is *by* below the chosen one."""
    ids = [mail["id"] for mail in shown(folder, args)]
    now = ids.index(int(args["m"])) if args["m"] in map(str, ids) else -1 if by > 0 else len(ids)
    return ids[now + by] if 0 <= now + by < len(ids) else None


def where(folder: str, args: Any, mail: int | None = None) -> str:
    found = {key: value for key, value in (("q", args["q"]), ("m", mail)) if value}
    return f"{folder}?{urlencode(found)}" if found else folder


# -- what a person does --------------------------------------------------------------------


@app.action
def move(id: int, to: str, then: int | None) -> Any:
    box.at("mails", f"id={id}").replace("folder", to)
    return visit(m=then)


@app.action
def go(folder: str, by: int, args: Any) -> Any:
    """Open the mail that is *by* below the one that is open by then: each press counts."""
    then = beside(folder, args, by)
    return visit(m=then) if then else None


# -- what they see -------------------------------------------------------------------------


@app.route("/", page=False)
def start() -> Any:
    return redirect("/inbox")


@app.route("/{folder}", title=lambda folder: f"{FOLDERS.get(folder, 'Nothing')} – Mail")
def home(folder: str, args: Any) -> Any:
    if folder not in FOLDERS:
        return 404, "There is no such folder."
    return [
        div(class_="mail")(folders(folder), listed(folder, args), opened(folder, args)),
        keys(),
    ]


KEYS = {
    "j ↓": "the mail below",
    "k ↑": "the mail above",
    "Enter": "open the link that has the focus",
    "e": "archive, or back to the inbox",
    "s": "star",
    "/": "search",
    "Escape": "back to the list",
    "?": "what you read now",
}


def keys() -> Element:
    show = browser.open_dialog("keys")
    return div(class_="keys")(
        button(
            "Shortcuts", type="button", class_="quiet", command="show-modal", commandfor="keys",
            onkeydown=show.key("?").window(),
        ),
        dialog(id="keys", aria_label="Shortcuts", closedby="any")(
            h2("Shortcuts"),
            dl(pair for key, does in KEYS.items() for pair in (dt(kbd(key)), dd(does))),
            form(method="dialog")(button("Close")),
        ),
    )  # fmt: skip


@fragment
def folders(here: str) -> Element:
    def entry(folder: str, name: str) -> Element:
        unread = sum(m["folder"] == folder and not m["read"] for m in box["mails"])
        return li(
            a(href=folder, aria_current="page" if folder == here else None)(
                name, span(unread, small(" unread"), class_="count") if unread else None
            )
        )

    return nav(class_="folders", aria_label="Folders")(
        ul(entry(folder, name) for folder, name in FOLDERS.items())
    )


@fragment
def listed(folder: str, args: Any) -> Element:
    mails = shown(folder, args)
    return section(id=f"list-{folder}", class_="list", aria_label=FOLDERS[folder])(
        form(action=folder, role="search")(
            input_(
                id="q", type="search", name="q", value=args["q"], placeholder="Search",
                aria_label=f"Search in {FOLDERS[folder]}", autocomplete="off", maxlength=60,
                onkeydown=browser.focus("q").key("/").window().prevent(),
            ),
            button("Search", class_="quiet"),
        ),
        ul(row(folder, args, mail) for mail in mails) if mails else nothing(folder, args),
    )  # fmt: skip


def nothing(folder: str, args: Any) -> Element:
    if args["q"]:
        return div(class_="empty")(
            p("No mail here has all of these words."), a("Show all", href=folder)
        )
    return div(class_="empty")(
        p("All read and put away." if folder == "inbox" else f"Nothing in {FOLDERS[folder]}.")
    )


def row(folder: str, args: Any, mail: Ref) -> Element:
    id = mail["id"]
    return li(id=f"mail-{folder}-{id}", class_=None if mail["read"] else "unread")(
        a(
            href=where(folder, args, id),
            aria_current="true" if str(id) == args["m"] else None,
            onclick=None if mail["read"] else mail.do.replace("read", True),
        )(
            span(class_="about")(
                strong(mail["who"]), span("★", title="Starred") if mail["starred"] else None,
                small(mail["when"]),
            ),
            span(mail["subject"], class_="subject"),
            None if mail["read"] else small("Unread", class_="hidden"),
        )
    )  # fmt: skip


@fragment
def opened(folder: str, args: Any) -> Element:
    mail = chosen(folder, args)
    if mail is None:
        return section(class_="message", aria_label="Message")(
            div(class_="empty")(
                p("Choose a mail to read it here."), step("The newest", folder, args, 1)
            )
        )
    id = mail["id"]
    then = beside(folder, args, 1) or beside(folder, args, -1)
    again = mail.do.toggle("starred")
    to = "inbox" if mail["folder"] in ("archive", "trash") else "archive"
    put = move(id=id, to=to, then=then)
    return section(id=f"message-{id}", class_="message open", aria_label="Message")(
        article(
            header(
                a(
                    "Back", href=where(folder, args), class_="back",
                    onkeydown=visit(m=None).key("Escape").window(),
                ),
                h2(mail["subject"]),
                p(strong(mail["who"]), f" <{mail['address']}>"),
                p(small(mail["when"])),
            ),
            (p(line) for line in mail["text"].split("\n\n")),
            footer(class_="tools")(
                button(
                    "Archive" if to == "archive" else "Back to inbox",
                    onclick=put, onkeydown=put.key("e").window(),
                ),
                button(
                    "Unstar" if mail["starred"] else "Star", class_="quiet",
                    onclick=again, onkeydown=again.key("s").window(),
                ),
                button(
                    "Mark as unread" if mail["read"] else "Mark as read", class_="quiet",
                    onclick=mail.do.toggle("read"),
                ),
                button("Delete", class_="quiet", onclick=move(id=id, to="trash", then=then))
                if mail["folder"] != "trash" else None,
            ),
        ),
        nav(class_="beside", aria_label="Other mails")(
            step("Newer", folder, args, -1), step("Older", folder, args, 1)
        ),
    )  # fmt: skip


def step(name: str, folder: str, args: Any, by: int) -> Element | None:
    id = beside(folder, args, by)
    if not id:
        return None
    letter, arrow = ("j", "ArrowDown") if by > 0 else ("k", "ArrowUp")
    moved = go(folder=folder, by=by).window().prevent().repeat()
    return span(
        a(name, href=where(folder, args, id), onkeydown=moved.key(letter)),
        onkeydown=moved.key(arrow),
    )


if __name__ == "__main__":
    serve(app)
