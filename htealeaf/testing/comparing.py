"""Comparing pages: whether two are the same, and where they differ.

What differs between any two renderings is left out: the page's id, its cursor, nonces; and so are
rules of the generated style sheet, and parts of the shim, that earlier patches brought and nothing
uses any more.
Everything else counts: elements, text with its white space, attributes, the action of each button
and its signature. The order of attributes does not.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence

from bs4 import BeautifulSoup, Tag

from htealeaf.testing.failures import PageFailure
from htealeaf.testing.morph import rules
from htealeaf.testing.trees import (
    Shown,
    attribute,
    every,
    flat,
    is_strange,
    parse,
    pretty,
    said_of,
    state,
    tags,
)
from htealeaf.wire.names import ASSETS_URL, Attribute, Field, Id

_MAC = re.compile(r"&o=1[A-Za-z0-9+/_-]{16}")
_VERSION = re.compile(r"(&at=|%22)[a-z0-9]{4,8}\.\d+(&|%22)")  # in one action, or in a chain
_ASSET = re.compile(rf"({ASSETS_URL}/htealeaf)([a-z.]*)-[0-9a-f]+")


def settled(tag: Tag) -> dict[str, str] | None:
    """Return what counts of an element when two renderings in one session are compared."""
    return _settled(tag, every(tag))


def spoken(tag: Tag) -> dict[str, str] | None:
    """Return the same of what the server said.

    What browser commands set counts for nothing, nor which rows of a form a person has added and
    taken out, nor what else somebody put into the page.
    """
    if is_strange(tag):
        return None
    own = state(tag).get("own", ())  # given by the browser alone
    said = {name: str(value) for name, value in said_of(tag).items() if name not in own}
    return _settled(tag, said)


def _settled(tag: Tag, shown: dict[str, str]) -> dict[str, str] | None:
    if tag.name == "style" and attribute(tag, "id") == Id.STYLE:
        return None
    if Attribute.FIELD in tag.attrs:  # a message of what was refused
        return None
    if attribute(tag, "name") == Field.LOCAL:  # what commands have set
        return None
    for name in ("nonce", Attribute.NEWER, Attribute.DIRTY):
        shown.pop(name, None)
    if "tied" in state(tag):
        shown.pop("aria-invalid", None)
        shown.pop("aria-describedby", None)
        if state(tag)["tied"]:
            shown["aria-describedby"] = str(state(tag)["tied"])
    if tag.name == "script" and "src" in shown:
        shown["src"] = _ASSET.sub(r"\1", shown["src"])
    if shown.get("id") == Id.FORM:
        shown.pop(Attribute.CURSOR, None)
    elif shown.get("name") == Field.PAGE:
        shown.pop("value", None)
    return shown


def lasting(tag: Tag) -> dict[str, str] | None:
    """Return what counts of an element from one run of the tests to the next, for snapshots."""
    if tag.name == "style" and attribute(tag, "id") == Id.STYLE:
        return {"id": Id.STYLE}
    shown = settled(tag)
    return None if shown is None else {name: _lasting(value) for name, value in shown.items()}


def _lasting(value: str) -> str:
    if _MAC.search(value):
        value = _VERSION.sub(r"\1…\2", _MAC.sub("&o=…", value))
    return _ASSET.sub(r"\1", value)


def _parts(page: BeautifulSoup) -> set[str]:
    script = page.select_one(f'script[src*="{ASSETS_URL}/"]')
    found = _ASSET.search(attribute(script, "src") or "") if script is not None else None
    return set(found[2].split(".")[1:]) if found else set()


def compare(page: BeautifulSoup, fresh: BeautifulSoup, *, behind: bool) -> None:
    """Check that *page* is what *fresh*, a new page of the same URL, is.

    Args:
        page: What the browser shows.
        fresh: A new page.
        behind: Whether the page shows an older moment.

    Raises:
        PageFailure: With a diff of both.
    """
    missing = [rule for rule in rules(fresh) if rule not in rules(page)]
    if missing:
        raise PageFailure(
            "the page lacks CSS rules that a fresh page has:\n  " + "\n  ".join(missing)
        )
    if lacking := _parts(fresh) - _parts(page):
        raise PageFailure(f"the page lacks parts of the shim that a fresh page has: {lacking}")
    if fresh.select_one(f"[{Attribute.FAILED}]"):
        page, fresh = _without_failed(page, fresh)
    if flat(page, spoken) == flat(fresh, spoken):
        return
    hint = (
        "\nThe page shows an older moment than the fresh one: something else has written since the"
        " last step, and page.look() brings it up to date."
        if behind
        else ""
    )
    raise PageFailure(
        f"the page differs from a fresh page of the same URL.{hint}\n"
        + difference(page, fresh, "this page", "a fresh page", spoken)
    )


def _without_failed(page: BeautifulSoup, fresh: BeautifulSoup) -> tuple[BeautifulSoup, ...]:
    # A binding that raises keeps its old HTML in a page, and has an empty place in a fresh one.
    page, fresh = parse(flat(page, spoken)), parse(flat(fresh, spoken))
    for tag in fresh.select(f"[{Attribute.FAILED}]"):
        for found in page.select(f'[id="{attribute(tag, "id")}"]'):
            found.decompose()
        tag.decompose()
    for tag in page.select(f"[{Attribute.FAILED}]"):
        tag.decompose()
    return page, fresh


def difference(
    one: BeautifulSoup, other: BeautifulSoup, name: str, other_name: str, shown: Shown = settled
) -> str:
    """Return a unified diff of two pages, an element a line."""
    first, second = pretty(one, shown), pretty(other, shown)
    if first == second:  # then they differ in white space
        first, second = (_spelled(flat(tree, shown)) for tree in (one, other))
    lines = difflib.unified_diff(first.splitlines(), second.splitlines(), name, other_name)
    return "\n".join(line.rstrip("\n") for line in lines)


def _spelled(html: str) -> str:
    return "\n".join(repr(piece)[1:-1] for piece in re.split(r"(?=<)", html))


def compare_outside(before: str, page: BeautifulSoup, selectors: Sequence[str]) -> None:
    """Check that *page* differs from the HTML *before* only inside what *selectors* match.

    Raises:
        PageFailure: With a diff of what else changed, or when a selector matches nothing.
    """
    old, new = parse(before), parse(flat(page))
    for selector in selectors:
        found = [*old.select(selector), *new.select(selector)]
        if not found:
            raise PageFailure(f"nothing matches {selector!r}, before the last step or after it")
        for tag in found:
            tag.clear()
            tag.attrs = {"id": tag.attrs["id"]} if "id" in tag.attrs else {}
    if flat(old, settled) != flat(new, settled):
        raise PageFailure(
            f"the last step changed more than {', '.join(selectors) or 'nothing'}:\n"
            + difference(old, new, "before", "after")
        )


def duplicates(page: BeautifulSoup) -> list[str]:
    """Return the ids that more than one element of the page has."""
    counted = Counter(id for tag in tags(page) if (id := attribute(tag, "id")))
    return [id for id, count in counted.items() if count > 1]
