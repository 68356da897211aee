"""Ready-made pieces, made of tags only. The names are the seed's."""

from __future__ import annotations

from htealeaf.components.tags import button, input_
from htealeaf.elements import Child, Element, Value

#: A button with an action; any `button` can have one.
rButton = button


def checkbox(*, checked: Value = False, **attributes: Value) -> Element:
    """Make an `<input type="checkbox">`; *checked* may be a binding or a Ref."""
    return input_(type="checkbox", checked=checked, **attributes)


def textInput(**attributes: Value) -> Element:
    """Make an `<input type="text">`; another `type=` (email, search, …) may be given."""
    return input_(**({"type": "text"} | attributes))


def fileInput(**attributes: Value) -> Element:
    """Make an `<input type="file">`."""
    return input_(type="file", **attributes)


def submit(*children: Child, **attributes: Value) -> Element:
    """Make the button that sends a form: `<button type="submit">`."""
    return button(*children, type="submit", **attributes)
