"""Page cache: the open pages that are remembered, bounded in number and bytes.

A page belongs to one visitor, so one browser can't ask for another's. What is used longest ago goes
first, which costs one extra rendering and nothing else.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator

from htealeaf.pages.draw import Page

MAX_PAGES = 10_000
MAX_BYTES = 64 * 1024 * 1024


class PageCache:
    """Remembered pages, by visitor and page id.

    Args:
        limit: How many there are at most.
        max_bytes: About how many bytes they may take together.
    """

    def __init__(self, limit: int = MAX_PAGES, max_bytes: int = MAX_BYTES) -> None:
        self._limit, self._max_bytes = limit, max_bytes
        self._pages: OrderedDict[tuple[str, str], Page] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, visitor_id: str, page_id: str) -> Page | None:
        """Return a page, which counts as used; None if it is not remembered."""
        with self._lock:
            page = self._pages.get((visitor_id, page_id))
            if page is not None:
                self._pages.move_to_end((visitor_id, page_id))
            return page

    def keep(self, visitor_id: str, page: Page) -> None:
        """Remember *page*, in the place of one with its id, as large as it is now."""
        key = (visitor_id, page.id)
        with self._lock:
            old = self._pages.pop(key, None)
            self._pages[key] = page
            self._bytes -= old.counted if old else 0
            page.counted = page.size
            self._bytes += page.counted
            while len(self._pages) > self._limit or (
                self._bytes > self._max_bytes and len(self._pages) > 1
            ):
                _, gone = self._pages.popitem(last=False)
                self._bytes -= gone.counted

    def drop(self, visitor_id: str, page_id: str) -> None:
        """Forget one page."""
        with self._lock:
            gone = self._pages.pop((visitor_id, page_id), None)
            self._bytes -= gone.counted if gone else 0

    def forget(self) -> None:
        """Forget every page."""
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def __iter__(self) -> Iterator[Page]:
        with self._lock:
            return iter(list(self._pages.values()))

    def stats(self) -> dict[str, int]:
        """Return how many pages are remembered, about how many bytes they take, and at most."""
        with self._lock:
            return {
                "pages": len(self._pages),
                "max_pages": self._limit,
                "page_bytes": self._bytes,
                "max_page_bytes": self._max_bytes,
            }
