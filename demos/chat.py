"""Rooms to talk in: say who you are and write; every open window follows.

Shows: a document for each room, live pages, who is online, unread in the title.
Run: python -m demos.chat
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any
from uuid import uuid4

from pydantic import StringConstraints

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, Invalid, Ref, SessionStore, Store, SuperStore, flashes, fragment
from htealeaf.components import (
    a,
    avatar,
    badge,
    button,
    div,
    form,
    h2,
    label,
    li,
    nav,
    ol,
    p,
    section,
    span,
    strong,
    textInput,
    time,
    ul,
)

ROOMS = {"lobby": "Lobby", "kitchen": "Kitchen", "garden": "Garden"}
KEPT = 200  # messages of a room; who comes later does not read the rest

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=30)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]

app = WSGI(title="Chat", layout=frame("Chat", __doc__, "chat"), components_css=True, live=True)
app.static("/static", STATIC)
SuperStore(app)
rooms = Store({"messages": [], "count": 0}, name="rooms", keyed=True)
#: Of a browser: its person's name, and how many messages of each room were read.
mine = SessionStore({"name": "", "read": {}}, name="mine")


@app.action(retry=True)
def join(name: Name) -> None:
    mine.set("name", name)


@app.action(retry=True)
def leave() -> None:
    mine.set("name", "")


@app.action(retry=True)
def say(room: str, text: Text) -> None:
    if not mine["name"]:
        raise Invalid("Say first who you are.")
    here = rooms.of(room)
    said = {"id": uuid4().hex, "who": mine["name"], "text": text}
    here.append("messages", said | {"at": datetime.now(timezone.utc).isoformat(timespec="seconds")})
    here.increment("count")
    if len(here["messages"]) > KEPT:
        here.delete("messages/0")
    mine.at("read", room).set("", here["count"])


def unread(room: str) -> int:
    return int(rooms.of(room)["count"]) - int(mine["read"].get(room, 0))


def title() -> str:
    new = sum(map(unread, ROOMS))
    return f"({new}) Chat" if new else "Chat"


@app.route("/", title=title)
def chat(args: Any) -> Element:
    room = args["room"] if args["room"] in ROOMS else "lobby"
    return div(class_="card chat")(
        nav(aria_label="Rooms")(ul(entry(key, name, key == room) for key, name in ROOMS.items())),
        section(aria_labelledby="room", class_="room")(
            div(class_="top")(h2(ROOMS[room], id="room"), online(room)),
            talk(room),
            speak(room),
        ),
        flashes(),
    )


@fragment
def online(room: str) -> Element:
    number = max(app.online(rooms.of(room).at("messages")), 1)  # this one is opening
    return p(f"{number} window{'s' * (number != 1)} open here", class_="online")


@fragment
def entry(room: str, name: str, here: bool) -> Element:
    new = unread(room)
    return li(
        a(href=f"?room={room}", aria_current="page" if here else None)(
            name, badge(new, kind="info", aria_label=f"{new} new") if new else None
        )
    )


@fragment
def talk(room: str) -> Element:
    here = rooms.of(room)
    read = mine.at("read", room).do.set("", here["count"])
    return div(class_="talk", tabindex="0", role="log", aria_label="Messages")(
        ol(
            here.each(
                "messages",
                message,
                key="id",
                empty=li("Nobody has said anything yet.", class_="empty"),
            )
        ),
        onpointerenter=read,
        onfocus=read,
    )


def message(said: Ref) -> Element:
    at = datetime.fromisoformat(said["at"])
    return li(
        avatar(said["who"]),
        p(
            strong(said["who"]),
            time(at.strftime("%H:%M"), datetime=said["at"]),
            span(said["text"], class_="text"),
        ),
    )


@fragment
def speak(room: str) -> Element:
    if not mine["name"]:
        return form(onsubmit=join)(
            label("Your name", for_="name"),
            div(class_="line")(
                textInput(
                    id="name", name="name", required=True, maxlength=30, autocomplete="nickname"
                ),
                button("Join"),
            ),
        )
    return div(
        form(class_="line", onsubmit=say(room=room))(
            textInput(
                name="text",
                aria_label="Message",
                placeholder=f"Say something as {mine['name']}",
                required=True,
                maxlength=500,
                autocomplete="off",
                autofocus=True,
            ),
            button("Send"),
        ),
        button("Leave", class_="quiet leave", onclick=leave()),
    )


if __name__ == "__main__":
    serve(app)
