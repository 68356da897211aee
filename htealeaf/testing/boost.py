"""Boosted links: pages that are fetched and morphed in, by the rules of the shim.

What `static/htealeaf.boost.js` does: which links and forms are for it, what answer is a page of the
same app and release, and what becomes of the page that is shown.
"""

from __future__ import annotations

from bs4 import BeautifulSoup, Tag

from htealeaf.testing import messages
from htealeaf.testing.controls import is_control, is_touched, restore
from htealeaf.testing.renewal import keeping, renew, renew_attributes
from htealeaf.testing.trees import attribute, by_id, closest
from htealeaf.wire.names import Attribute, Field, Id


def is_boosted(tag: Tag, submitter: Tag | None = None) -> bool:
    """Tell whether the shim fetches what a link leads to, or what a form gets.

    Args:
        tag: A link or a form.
        submitter: The button of the form that is pressed.
    """
    said = closest(submitter or tag, lambda outer: Attribute.BOOST in outer.attrs)
    if said is None or attribute(said, Attribute.BOOST) == "false":
        return False
    target = attribute(submitter, "formtarget") if submitter is not None else None
    if (attribute(tag, "target") if target is None else target) not in (None, "", "_self"):
        return False
    if tag.name != "a":
        return True
    return "download" not in tag.attrs and "external" not in _words(tag, "rel")


def _words(tag: Tag, name: str) -> list[str]:
    return (attribute(tag, name) or "").split()


def is_ours(page: BeautifulSoup, fresh: BeautifulSoup) -> bool:
    """Tell whether *fresh* is a page of the app and the release that *page* is of."""
    return _build(fresh) is not None and _build(fresh) == _build(page)


def _build(page: BeautifulSoup) -> tuple[str | None, str] | None:
    form = by_id(page, Id.FORM)
    field = page.select_one(f"#{Id.FORM} [name={Field.PAGE}]")
    if form is None or field is None:
        return None
    return attribute(form, Attribute.BASE), (attribute(field, "value") or "").split(".")[1]


def show(page: BeautifulSoup, fresh: BeautifulSoup) -> None:
    """Make *page* equal to *fresh*; *fresh* is used up.

    Nodes are kept as by a patch. What a person did with them is not: it
    belongs to another page. What is in a kept element is a script's, and stays.
    """
    for form in page.find_all("form"):
        messages.clear(form, None)
    for control in page.find_all(lambda tag: is_control(tag) and is_touched(tag)):
        if closest(control, lambda outer: Attribute.KEEP in outer.attrs) is None:
            restore(control)
    with keeping(page):
        for name in ("html", "head", "body"):
            old, new = page.find(name), fresh.find(name)
            if isinstance(old, Tag) and isinstance(new, Tag):
                renew_attributes(old, new)
                if name != "html":
                    renew(old, list(old.contents), list(new.contents), None)
