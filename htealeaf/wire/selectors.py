"""Selectors that an author says to the browser, `closest("li.card")`, checked before a page has it.

A browser that can't read one would stop in the middle of an event, where nobody sees it.

Rule: what is checked is whether it can be read, and whether each pseudo-class is one.

Source: Selectors Level 4; HTML standard, "Pseudo-classes".
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, Final

import tinycss2
from tinycss2.nth import parse_nth

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
_MATCHES: Final = ("=", "~=", "|=", "^=", "$=", "*=")
_FUNCTIONS: Final = frozenset(
    {"dir", "lang", "nth-child", "nth-last-child", "nth-last-of-type", "nth-of-type"}
)
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


def _fault(nodes: list[Any], *, relative: bool = False) -> str | None:
    # Why these nodes are no list of selectors; None when they are. Relative ones may begin with a
    # combinator, as those of `:has` do.
    led = not relative
    wants = True  # a compound has to begin, as at the start, and behind a comma or combinator
    inside = False  # of a compound, where no name of an element can stand any more
    at = 0
    while at < len(nodes):
        node = nodes[at]
        following = nodes[at + 1] if at + 1 < len(nodes) else None
        at += 1
        if node.type == "comment":
            continue
        if node.type == "whitespace":
            inside = False
            continue
        if node.type == "literal" and (node.value == "," or node.value in _COMBINATORS):
            if wants and (led or node.value == ","):
                return f"nothing stands in front of {node.value!r}"
            wants, inside, led = True, False, node.value != "," or not relative
            continue
        wants, within, inside = False, inside, True
        if (node.type == "ident" or node == "*") and not within:
            continue
        if node.type == "hash" and node.is_identifier:
            continue
        if node.type == "[] block" and _is_attribute(node.content):
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


def _is_attribute(nodes: list[Any]) -> bool:
    # Whether it is `[name]`, or `[name="value"]` with one of the operators, and a flag or none.
    said = [node for node in nodes if node.type not in ("whitespace", "comment")]
    flags = [getattr(node, "lower_value", "") for node in said[3:]]
    return [node.type for node in said[:1]] == ["ident"] and (
        len(said) == 1
        or len(said) > 2
        and said[1] in _MATCHES
        and said[2].type in ("ident", "string")
        and flags in ([], ["i"], ["s"])
    )


def _pseudo_fault(node: Any) -> str | None:
    name = node.lower_value if node.type == "ident" else getattr(node, "lower_name", "")
    if name not in _PSEUDO:
        near = get_close_matches(name, sorted(_PSEUDO), 1)
        meant = f"; did you mean ':{near[0]}'?" if near else ""
        return f"there is no pseudo-class {':' + name!r} to match an element by{meant}"
    if (name in _HOLDING or name in _FUNCTIONS) is not (node.type == "function"):
        return f"':{name}' {'takes no' if node.type == 'function' else 'wants'} parentheses"
    if name[:4] == "nth-":
        return _nth_fault(name, node.arguments)
    if name not in _HOLDING:
        return None
    return _fault(node.arguments, relative=name == "has")


def _nth_fault(name: str, nodes: list[Any]) -> str | None:
    # `2n + 1`, `odd`; of a child also `2 of .card`.
    of = next((i for i, one in enumerate(nodes) if getattr(one, "lower_value", "") == "of"), None)
    if parse_nth(nodes[:of]) is None or (of is not None and name[-5:] != "child"):
        return f"':{name}' wants a number, 'odd', 'even' or '2n + 1'"
    return _fault(nodes[of + 1 :]) if of is not None else None
