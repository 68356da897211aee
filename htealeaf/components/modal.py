"""A dialog over the page: a native `<dialog>`, opened and closed by buttons that name it.

    button("Delete …", **opens("sure"))
    modal("It can't be undone.", id="sure", title="Delete it?", actions=[
        button("Delete", onclick=task.do.delete(), **closes("sure")),
    ])

The browser moves the focus, keeps it inside, closes at Escape and gives the focus back, without
scripts too ("Invoker commands", HTML standard). A button that has an action closes once that has
succeeded.
"""

from __future__ import annotations

from typing import Any

from htealeaf.components.control import Does, control
from htealeaf.components.tags import article, button, dialog, footer, h2, header
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child
from htealeaf.words import said


def modal(
    *children: Child,
    id: str,
    title: Child,
    actions: Child = None,
    close: Child = "Close",
    on_close: Does = None,
    **attributes: Any,
) -> Element:
    """Return a dialog; it is closed until a button with `opens(id)` is pressed.

    Args:
        children: What it says or asks.
        id: What buttons name it by.
        title: Its heading, and its name for screen readers.
        actions: Its buttons, beside the one that closes it.
        close: What the button that closes it says.
        on_close: For a dialog that the server opens (`open=True`): what the button does instead.
        attributes: Of the `<dialog>`: `open=True` shows it in the page, and holds nothing back;
            `closedby="any"` lets a click beside it close it too.
    """
    if on_close is None:
        leave = button(said(close), type="button", **closes(id))
    else:
        leave = control(said(close), on_close)
    inside = article(
        header(h2(title, id=f"{id}-title")), children, footer(leave, actions)
    )  # as Pico styles it
    return dialog(inside, id=id, aria_labelledby=f"{id}-title", **attributes).classes("ht-modal")


def opens(id: str) -> dict[str, Any]:
    """Return the attributes of a button that opens the dialog *id*."""
    return {"command": "show-modal", "commandfor": id}


def closes(id: str) -> dict[str, Any]:
    """Return the attributes of a button that closes the dialog *id*.

    A button that has an action too acts first, and closes when that has succeeded.
    """
    return {"command": "close", "commandfor": id}
