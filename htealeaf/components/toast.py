"""Short messages at the edge of the page, and the place where they appear."""

from __future__ import annotations

from typing import Any

from htealeaf.components.badge import Kind
from htealeaf.components.control import Does, control
from htealeaf.components.tags import div, section
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child
from htealeaf.words import say


def toasts(*children: Child, label: str = "Messages", **attributes: Any) -> Element:
    """Return the place for `toast`s: a live region, which reads out what comes into it.

    It has to be on the page before the first message is, so show it empty: put a binding into it,
    `toasts(view.each("messages", lambda m: toast(m["text"]), key="id"))`.
    """
    place = section(*children, aria_label=say(label), aria_live="polite", aria_relevant="additions")
    return place(**attributes).classes("ht-toasts")


def toast(
    *children: Child,
    kind: Kind = "info",
    on_close: Does = None,
    close: str = "Dismiss",
    fades: bool = False,
    **attributes: Any,
) -> Element:
    """Return one message.

    Args:
        children: What it says.
        kind: An error or a warning interrupts what is being read out; the others wait.
        on_close: What its button does: an action that takes it out of the list. None: no button.
        close: What the button is called.
        fades: It goes out of sight after `--ht-toast-time`; not while it is pointed at or has the
            focus. What a person has to know should stay.
        attributes: Of the element.
    """
    leave = control("×", on_close, aria_label=say(close)) if on_close is not None else None
    role = "alert" if kind in ("warning", "error") else None
    made = div(div(children), leave, role=role, data_kind=kind, **attributes)
    return made.classes("ht-toast", **{"ht-fades": fades})
