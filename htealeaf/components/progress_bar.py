"""A progress bar with its name: the native `<progress>`."""

from __future__ import annotations

from typing import Any

from htealeaf.components.tags import label as label_
from htealeaf.components.tags import progress, span
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child


def progress_bar(
    value: Any = None, max: float = 100, *, label: Child, text: Child = None, **attributes: Any
) -> Element:
    """Return a progress bar.

    Args:
        value: How far it is, from 0 to *max*: a number, a binding or a Ref. None: nobody knows.
        max: Where it ends.
        label: What goes on, for who can't see it too.
        text: How far it is in words; without it, a number shows its percentage.
        attributes: Of the `<progress>`.

    >>> str(progress_bar(1, 4, label="Upload"))[-82:]
    '<progress value="1" max="4"></progress><span aria-hidden="true">25 %</span></label>'
    """
    if text is None and type(value) in (int, float) and max > 0:
        text = f"{100 * value / max:.0f} %"
    said = span(text, aria_hidden="true") if text is not None else None
    bar = progress(value=value, max=max, **attributes)
    return label_(span(label), bar, said, class_="ht-progress")
