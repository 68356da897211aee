"""Parts of the shim: which ones a page or a patch needs.

Actions say so when they are rendered. What stands in elements is searched for in the HTML, as
elements are text before the page is known that they are for.

Rule: HTML is not parsed. What looks like a sign and is none costs some bytes of script.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from functools import lru_cache

from htealeaf.wire.names import PARTS, Attribute, Field, Part

_FILES = ' type="file"'
_ROWS = f'name="{Field.ROWS}"'
#: Links that are fetched; the pages that they bring have scripts.
_BOOST = f" {Attribute.BOOST}"
_SCRIPT = "<script"  #: where it arrives in a patch, it has to be made to run
_KEEP = f" {Attribute.KEEP}"
_DIALOGS = " commandfor="
#: What holds a tree of its own. An empty template with an id and marks of ours is a marker.
_TREE = re.compile(r' srcdoc|<noscript|<template(?! id="[^"]*"(?: ht-[a-z]+)*></template>)')

ALL_PARTS = frozenset(PARTS)
NO_PARTS: frozenset[str] = frozenset()


def parts_of(html: str, known: Container[str] = ()) -> frozenset[str]:
    """Return the parts that *html* needs beside *known*, which its actions need.

    >>> sorted(parts_of('<textarea name="text"></textarea><script src="/a.js"></script>'))
    ['code', 'fields']
    """
    found = []
    if Part.FORMS in known or _has_fields(html):  # of a form at least what a button says
        if Part.FIELDS not in known:
            found.append(Part.FIELDS)
        if _FILES in html:
            found.append(Part.UPLOADS)
        if _ROWS in html:
            found.append(Part.ROWS)
    if _BOOST in html:
        found += [Part.BOOST, Part.CODE, Part.TREES]
    elif _SCRIPT in html and Part.CODE not in known:
        found.append(Part.CODE)
    if _KEEP in html:
        found.append(Part.KEEP)
    if _DIALOGS in html:
        found.append(Part.DIALOGS)
    if (" srcdoc" in html or "<noscript" in html or "<template" in html) and _TREE.search(html):
        found.append(Part.TREES)
    return _these(*found) if found else NO_PARTS


def _has_fields(html: str) -> bool:
    # Something that a person may type into, or choose. Each patch is searched, and a loop over
    # the signs takes three times as long.
    return "<input" in html or "<select" in html or "<textarea" in html or "contenteditable" in html


@lru_cache
def _these(*parts: str) -> frozenset[str]:
    # Each page remembers its set, and there are few.
    return frozenset(parts)


def joined(*sets: Iterable[str]) -> frozenset[str]:
    """Return the parts of all *sets*."""
    return _these(*sorted(set().union(*sets)))
