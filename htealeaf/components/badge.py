"""A badge: a word or a number beside something."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from htealeaf.components.tags import span
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child

#: What something says, as a colour: it is never said by the colour alone.
Kind: TypeAlias = Literal["neutral", "info", "success", "warning", "error"]


def badge(
    *children: Child, kind: Kind = "neutral", label: str | None = None, **attributes: Any
) -> Element:
    """Return a badge.

    Args:
        children: What is seen: `3`, `New`.
        kind: Its colour.
        label: What is read out instead: "3 unread messages".
        attributes: Of the element.

    >>> str(badge("New", kind="info"))
    '<span data-kind="info" class="ht-badge">New</span>'
    """
    inside: Child = children
    if label is not None:
        inside = span(children, aria_hidden="true"), span(label, class_="ht-unseen")
    return span(inside, data_kind=kind, **attributes).classes("ht-badge")
