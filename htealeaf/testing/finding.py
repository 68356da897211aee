"""Finding the one element that a step means, and saying why there is none.

Rule 1: exactly one match that can do what is asked. The first of several would be a guess.

Rule 2: a failure ends with the HTML that was searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bs4 import BeautifulSoup, Tag
from soupsieve import SelectorSyntaxError

from htealeaf.testing.comparing import settled
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.trees import VOID, attribute, is_inert, pretty, tags, text_of
from htealeaf.testing.xpath import select
from htealeaf.wire.names import Id

#: Why an element can't do what is asked; None when it can.
Unable = Callable[[Tag], "str | None"]

_LINES = 120
_TELLING = ("id", "name", "type", "value", "href", "for")


def one(
    page: BeautifulSoup,
    step: str,
    selector: str | Tag,
    text: str | None = None,
    unable: Unable | None = None,
) -> Tag:
    """Return the one element that matches and can do *step*.

    Args:
        page: Where to look.
        step: What is asked, for the failure: "click".
        selector: A CSS selector, XPath (`//li[2]`), or an element of the page.
        text: The element's whole text, white space collapsed.
        unable: Tells why an element can't.

    Raises:
        PageFailure: None can, or several.
    """
    found = matches(page, selector, text)
    asked = f"{step}({_shown(selector)}{f', text={text!r}' if text is not None else ''})"
    reasons = [(tag, unable(tag) if unable is not None else None) for tag in found]
    able = [tag for tag, reason in reasons if reason is None]
    if len(able) == 1:
        return able[0]
    if able:
        why = f"{len(able)} elements match; name one of them:\n" + _listed(map(outline, able))
    elif reasons:
        why = "what matches can't do it:\n" + _listed(
            f"{outline(tag)}: {reason}" for tag, reason in reasons
        )
    else:
        why = "nothing matches."
        if text is not None and (others := matches(page, selector, None)):
            texts = sorted({repr(_label(tag)) for tag in others})
            why = f"nothing that matches has that text. The texts are: {', '.join(texts)}"
    if not able and unable is not None:
        could = [outline(tag) for tag in tags(page) if _in_sight(tag) and unable(tag) is None]
        if could:
            why += f"\nWhat {step} works on here:\n" + _listed(list(dict.fromkeys(could))[:12])
    raise PageFailure(f"{asked}: {why}\n{searched(page)}")


def matches(page: BeautifulSoup, selector: str | Tag, text: str | None) -> list[Tag]:
    """Return what matches, in order, without what templates hold."""
    if isinstance(selector, Tag):
        return [selector]
    try:
        if selector.startswith(("/", "(")):  # no CSS selector begins so
            found = [tag for tag in select(page, selector) if isinstance(tag, Tag)]
        else:
            found = [tag for tag in page.select(selector) if not is_inert(tag)]
    except SelectorSyntaxError as error:
        raise PageFailure(f"{selector!r} is no CSS selector: {error}") from error
    return [tag for tag in found if _in_sight(tag) and (text is None or _label(tag) == text)]


def _label(tag: Tag) -> str:
    if tag.name == "input":
        return attribute(tag, "value") or ""
    return text_of(tag)


def _shown(selector: str | Tag) -> str:
    return outline(selector) if isinstance(selector, Tag) else repr(selector)


def _in_sight(tag: Tag) -> bool:
    # The page's own form is hidden, and no business of a test.
    return all(attribute(outer, "id") != Id.FORM for outer in (tag, *tag.parents))


def outline(tag: Tag) -> str:
    """Return an element as a short line: what tells it from others, and its text."""
    told = "".join(
        f' {name}="{value}"' for name in _TELLING if (value := attribute(tag, name)) is not None
    )
    text = text_of(tag)
    short = text if len(text) <= 40 else f"{text[:39]}…"
    return f"<{tag.name}{told}>" + ("" if tag.name in VOID else f"{short}</{tag.name}>")


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"  {line}" for line in lines)


def searched(page: BeautifulSoup) -> str:
    """Return the page's body for a failure: without the page form, cut when it is long."""

    def shown(tag: Tag) -> dict[str, str] | None:
        return None if attribute(tag, "id") == Id.FORM else settled(tag)

    lines = pretty(page.body or page, shown).splitlines()
    rest = len(lines) - _LINES
    if rest > 0:
        lines = [*lines[:_LINES], f"… and {rest} lines more; page.html has all"]
    return "The page:\n" + _listed(lines)
