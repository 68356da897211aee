"""Pages of a long list: previous, the pages around, next."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from htealeaf.components.control import Does, control
from htealeaf.components.tags import li, nav, span, ul
from htealeaf.html.elements import Element
from htealeaf.html.markup import Child
from htealeaf.words import said, say


def pagination(
    page: int,
    pages: int,
    to: Callable[[int], Does],
    *,
    id: str = "pages",
    label: str = "Pages",
    around: int = 1,
    previous: Child = "Previous",
    next: Child = "Next",
) -> Element:
    """Return the way to the other pages.

    Args:
        page: The one that is shown, from 1.
        pages: How many there are.
        to: Gives what a press on the number of a page does: an action, or a URL as text.
        id: Of the element; of each number too, so that the one that was pressed keeps the focus.
        label: What the pages are of, for who can't see it: two on a page need two.
        around: How many numbers stand on each side of *page*.
        previous: What the way back says.
        next: What the way on says.
    """
    page = min(max(page, 1), max(pages, 1))
    items = [li(control(said(previous), to(page - 1) if page > 1 else None, id=f"{id}-previous"))]
    for number in numbers(page, pages, around):
        if number is None:
            items.append(li(span("…")))
            continue
        current = "page" if number == page else None
        items.append(li(control(number, to(number), id=f"{id}-{number}", aria_current=current)))
    items.append(li(control(said(next), to(page + 1) if page < pages else None, id=f"{id}-next")))
    return nav(ul(items), id=id, aria_label=say(label), class_="ht-pages")


def numbers(page: int, pages: int, around: int) -> Iterator[int | None]:
    """Yield the pages to name, None for some that are left out.

    A gap of one page is filled: its number takes no more room.

    >>> list(numbers(5, 9, 1)), list(numbers(3, 4, 1))
    ([1, None, 4, 5, 6, None, 9], [1, 2, 3, 4])
    """
    known = sorted({1, max(pages, 1), *range(max(page - around, 1), min(page + around, pages) + 1)})
    last = 0
    for number in known:
        if number == last + 2:
            yield number - 1
        elif number > last + 2:
            yield None
        yield number
        last = number
