"""An empty state: what stands where there is nothing yet, and what to do about it."""

from __future__ import annotations

from typing import Any

from htealeaf.components.tags import div, p, span, strong
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child


def empty_state(
    title: Child, *children: Child, icon: Child = None, actions: Child = None, **attributes: Any
) -> Element:
    """Return what stands where there is nothing yet.

    Args:
        title: What there is none of.
        children: Why, or how to begin.
        icon: A picture above it; it is not read out.
        actions: Buttons or links to begin with.
        attributes: Of the element.
    """
    shown = span(icon, aria_hidden="true") if icon is not None else None
    said = p(children) if children else None
    begin = div(actions) if actions is not None else None
    return div(shown, p(strong(title)), said, begin, **attributes).classes("ht-empty")
