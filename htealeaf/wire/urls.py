"""URLs: whether one leads to this site or to another one, however a browser reads it.

Browsers read more as a URL than one thinks: they take tabs and line breaks out of it, strip blanks
and control characters at its start, and take a backslash for a slash (WHATWG URL, 4.4). So what is
local is said narrowly: a URL that is only that, however it is read.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# No blank or control character, no backslash, no second slash at the start, and no scheme: a colon
# stands behind a slash, a question mark or a hash only.
_LOCAL = re.compile(r"(?!//)(?:[^\\\x00-\x20\x7f/?#:]*(?:[/?#][^\\\x00-\x20\x7f]*)?)\Z")
_WEB = re.compile(r"https?://[^\\\x00-\x20\x7f/?#]+[^\\\x00-\x20\x7f]*\Z", re.IGNORECASE)


class Url(str):
    """A URL with the base of the app in front already."""

    __slots__ = ()

    def __add__(self, other: str) -> Url:
        return Url(str(self) + other)


def is_local(url: str) -> bool:
    r"""Tell whether *url* leads to the site that it is said on, however a browser reads it.

    >>> [is_local(url) for url in ("/login?next=/a", "?page=2", "a/b:c", "#top")]
    [True, True, True, True]
    >>> [is_local(url) for url in ("//host", "/\\host", "javascript:x", "https://host/", "/ a")]
    [False, False, False, False, False]
    """
    return _LOCAL.match(url) is not None


def is_web(url: str) -> bool:
    """Tell whether *url* is a whole http or https URL with a host.

    >>> is_web("https://example.org/a"), is_web("data:text/html,x"), is_web("https:///a")
    (True, False, False)
    """
    if _WEB.match(url) is None:
        return False
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
