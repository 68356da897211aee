"""An avatar: a person's picture, or their initials."""

from __future__ import annotations

import unicodedata
from typing import Any
from zlib import crc32

from htealeaf.components.tags import img, span
from htealeaf.html.elements import Element

TONES = 6  #: colours that initials have


def avatar(name: str, src: str | None = None, *, named: bool = True, **attributes: Any) -> Element:
    """Return the picture of a person.

    Args:
        name: Whose it is.
        src: The picture's URL; without it the initials are shown, in a colour of the name's own.
        named: The name is read out; False where it stands beside it.
        attributes: Of the element.
    """
    if src is not None:
        picture = img(src=src, alt=name if named else "", loading="lazy", **attributes)
        return picture.classes("ht-avatar")
    tone = crc32(name.encode("utf-8", "surrogatepass")) % TONES
    said: dict[str, Any] = {"aria_hidden": "true"}
    if named:
        said = {"role": "img", "aria_label": name}
    return span(initials(name), data_tone=tone, **said, **attributes).classes("ht-avatar")


def initials(name: str) -> str:
    """Return the first letters of the first and the last word of *name*.

    >>> initials("Ada King Lovelace"), initials("émile"), initials(" ")
    ('AL', 'É', '?')
    """
    words = unicodedata.normalize("NFC", name).split()
    chosen = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper() or "?"
