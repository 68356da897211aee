"""Page cache: the open pages that are remembered, bounded in number and bytes.

A page belongs to one visitor, so one browser can't ask for another's. What is used longest ago goes
first, which costs one extra rendering and nothing else.

Rule: nobody's pages go for those of somebody who only comes by. A page that was never asked for
again goes before every other, and of one visitor only so many are remembered.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator

from htealeaf.pages.draw import Page

MAX_PAGES = 10_000
MAX_BYTES = 64 * 1024 * 1024
MAX_OF_ONE = 200  #: pages of one visitor
_USED = 0.9  # of all room at most is for pages that were asked for again

_Key = tuple[str, str]


class PageCache:
    """Remembered pages, by visitor and page id.

    Args:
        limit: How many there are at most.
        max_bytes: About how many bytes they may take together.
        of_one: How many of one visitor.
    """

    def __init__(
        self, limit: int = MAX_PAGES, max_bytes: int = MAX_BYTES, of_one: int = MAX_OF_ONE
    ) -> None:
        self._limit, self._max_bytes, self._of_one = limit, max_bytes, of_one
        self._new: OrderedDict[_Key, Page] = OrderedDict()  # never asked for again so far
        self._used: OrderedDict[_Key, Page] = OrderedDict()
        self._of: dict[str, dict[str, None]] = {}  # page ids by visitor, oldest first
        self._bytes = self._used_bytes = 0
        self._lock = threading.Lock()

    def find(self, visitor_id: str, page_id: str) -> Page | None:
        """Return a page, which counts as used; None if it is not remembered."""
        key = (visitor_id, page_id)
        with self._lock:
            page = self._used.get(key)
            if page is not None:
                self._used.move_to_end(key)
                return page
            page = self._new.pop(key, None)
            if page is not None:
                self._used[key] = page
                self._used_bytes += page.counted
                while len(self._used) > 1 and (
                    len(self._used) > _USED * self._limit
                    or self._used_bytes > _USED * self._max_bytes
                ):
                    old, back = self._used.popitem(last=False)
                    self._used_bytes -= back.counted
                    self._new[old] = back
            return page

    def keep(self, visitor_id: str, page: Page) -> None:
        """Remember *page*, in the place of one with its id, as large as it is now."""
        key = (visitor_id, page.id)
        with self._lock:
            was_used = key in self._used
            self._take(key)
            page.counted = page.size
            (self._used if was_used else self._new)[key] = page
            self._bytes += page.counted
            self._used_bytes += page.counted if was_used else 0
            own = self._of.setdefault(visitor_id, {})
            own[page.id] = None
            if len(own) > self._of_one:
                self._take((visitor_id, next(iter(own))))
            while len(self) > self._limit or (self._bytes > self._max_bytes and len(self) > 1):
                self._take(next(iter(self._new or self._used)))

    def drop(self, visitor_id: str, page_id: str) -> None:
        """Forget one page."""
        with self._lock:
            self._take((visitor_id, page_id))

    def forget(self) -> None:
        """Forget every page."""
        with self._lock:
            self._new.clear()
            self._used.clear()
            self._of.clear()
            self._bytes = self._used_bytes = 0

    def _take(self, key: _Key) -> None:
        page = self._new.pop(key, None)
        if page is None:
            page = self._used.pop(key, None)
            if page is None:
                return
            self._used_bytes -= page.counted
        self._bytes -= page.counted
        own = self._of[key[0]]
        del own[key[1]]
        if not own:
            del self._of[key[0]]

    def __len__(self) -> int:
        return len(self._new) + len(self._used)

    def __iter__(self) -> Iterator[Page]:
        with self._lock:
            return iter([*self._new.values(), *self._used.values()])

    def stats(self) -> dict[str, int]:
        """Return how many pages are remembered, about how many bytes they take, and at most."""
        with self._lock:
            return {
                "pages": len(self),
                "max_pages": self._limit,
                "page_bytes": self._bytes,
                "max_page_bytes": self._max_bytes,
            }
