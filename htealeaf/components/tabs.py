"""Tabs: one of several panels, chosen by the server ("Tabs with manual activation", WAI-ARIA APG).

The arrow keys, Home and End move between the tabs by `focusgroup` (Open UI), and Enter and Space
choose; a browser that does not know the attribute yet reaches each tab by the Tab key. Only the
panel that is shown is rendered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from htealeaf.components.control import Does, control
from htealeaf.components.tags import div
from htealeaf.errors import HtealeafError
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child


@dataclass(frozen=True)
class Tab:
    """One tab.

    Attributes:
        key: What it is chosen by: letters, digits, `-` and `_`.
        label: What it says.
        content: Its panel; a function is called only when it is shown.
    """

    key: str
    label: Child
    content: Child | Callable[[], Child]


def tabs(
    items: Sequence[Tab],
    selected: str,
    *,
    id: str,
    label: str,
    on_select: Callable[[str], Does],
    **attributes: Any,
) -> Element:
    """Return the tabs and the panel of the one that is selected.

    Args:
        items: The tabs, at least one.
        selected: The key of the one that is shown; the first, where there is none of that key.
        id: Of the element; of each tab and panel too.
        label: What the tabs choose, for who can't see it.
        on_select: Gives what a press on a tab does, from its key: an action, or a URL as text.
        attributes: Of the element around it all.

    Raises:
        HtealeafError: There is no tab.
    """
    if not items:
        raise HtealeafError(f"tabs(id={id!r}) has no tab to show")
    shown = next((item for item in items if item.key == selected), items[0])
    panel = f"{id}-{shown.key}-panel"
    row = []
    for item in items:
        on = item is shown
        tab = control(item.label, on_select(item.key), id=f"{id}-{item.key}", role="tab")
        row.append(
            tab(
                aria_selected="true" if on else "false",
                aria_controls=panel if on else None,
                focusgroupstart=on,
            )
        )
    content = shown.content() if callable(shown.content) else shown.content
    return div(
        div(row, role="tablist", aria_label=label, focusgroup="tablist nomemory"),
        div(content, id=panel, role="tabpanel", aria_labelledby=f"{id}-{shown.key}", tabindex=0),
        id=id,
        **attributes,
    ).classes("ht-tabs")
