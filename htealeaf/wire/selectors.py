"""Selectors that an author says to the browser, `closest("li.card")`, checked before a page has it.

A browser that can't read one would stop in the middle of an event, where nobody sees it.

Rule: what is checked is whether it can be read, and whether each pseudo-class is one.

Source: Selectors Level 4; HTML standard, "Pseudo-classes".
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Final

import tinycss2

from htealeaf.errors import HtealeafError

_PSEUDO: Final = frozenset(
    "active any-link autofill checked default defined dir disabled empty enabled first-child"
    " first-of-type focus focus-visible focus-within fullscreen has hover in-range indeterminate"
    " invalid is lang last-child last-of-type link modal muted not nth-child nth-last-child"
    " nth-last-of-type nth-of-type only-child only-of-type open optional out-of-range paused"
    " placeholder-shown playing popover-open read-only read-write required root scope target"
    " user-invalid user-valid valid visited where".split()
)
_COMBINATORS: Final = frozenset(">+~")
_HOLDING: Final = frozenset({"is", "not", "where", "has"})  # what is inside is a selector


def checked_selector(selector: str) -> str:
    """Return *selector*.

    Raises:
        HtealeafError: No browser could read it.

    >>> checked_selector("li.card:not([hidden]) > .x, tr")
    'li.card:not([hidden]) > .x, tr'
    """
    if not selector.strip():
        raise HtealeafError("closest() wants a selector: 'li', '.card', '[data-id]'")
    found = _fault(tinycss2.parse_component_value_list(selector))
    if found is not None:
        raise HtealeafError(
            f"closest({selector!r}) is no selector that a browser can read: {found}"
        )
    return selector


def _fault(nodes: list[Any]) -> str | None:
    # Why these nodes are no list of selectors; None when they are.
    wants = True  # a compound has to begin, as at the start, and behind a comma or combinator
    at = 0
    while at < len(nodes):
        node = nodes[at]
        following = nodes[at + 1] if at + 1 < len(nodes) else None
        at += 1
        if node.type in ("whitespace", "comment"):
            continue
        if node.type == "literal" and (node.value == "," or node.value in _COMBINATORS):
            if wants:
                return f"nothing stands in front of {node.value!r}"
            wants = True
            continue
        wants = False
        if node.type in ("ident", "[] block") or (node.type == "hash" and node.is_identifier):
            continue
        if node == "*":
            continue
        if node == "." and following is not None and following.type == "ident":
            at += 1
        elif node == ":" and following is not None:
            fault = _pseudo_fault(following)
            if fault is not None:
                return fault
            at += 1
        else:
            return f"{node.serialize()!r} can't stand there"
    return "it ends too early" if wants else None


def _pseudo_fault(node: Any) -> str | None:
    name = node.lower_value if node.type == "ident" else getattr(node, "lower_name", "")
    if name not in _PSEUDO:
        near = get_close_matches(name, sorted(_PSEUDO), 1)
        meant = f"; did you mean ':{near[0]}'?" if near else ""
        return f"there is no pseudo-class {':' + name!r} to match an element by{meant}"
    if name not in _HOLDING or node.type != "function":
        return None
    inside = [one for one in node.arguments if one.type != "whitespace"] if name == "has" else []
    if inside and inside[0].type == "literal" and inside[0].value in _COMBINATORS:
        return _fault(inside[1:])  # from the element on
    return _fault(node.arguments)
