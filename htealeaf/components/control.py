"""Controls in components: a link where a URL or a visit is given, a button where an action is."""

from __future__ import annotations

from typing import Any, TypeAlias

from htealeaf.components.tags import a, button
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child, is_link

#: What a press does: a URL as text, or whatever `onclick` takes.
Does: TypeAlias = Any


def control(content: Child, does: Does, **attributes: Any) -> Element:
    """Return what does *does* when it is pressed; None is something that can't be pressed now.

    It stays focusable then: who has pressed it till it ends keeps their place.

    >>> str(control("Next", "/?page=2")), str(control("Next", None))
    ('<a href="/?page=2">Next</a>', '<button type="button" aria-disabled="true">Next</button>')
    """
    if does is None:
        return button(content, type="button", aria_disabled="true", **attributes)
    if isinstance(does, str):
        return a(content, href=does, **attributes)
    if is_link(does):
        return a(content, onclick=does, **attributes)
    return button(content, onclick=does, **attributes)
