"""Queries of URLs: what a page is asked with, read and written as browsers do.

Source: URL standard, "application/x-www-form-urlencoded".
"""

from __future__ import annotations

from binascii import a2b_qp
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote_plus, unquote_to_bytes

from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.html.urls import is_local, is_web

__all__ = [
    "MAX_KEYS",
    "Query",
    "Url",
    "is_local",
    "is_web",
    "pairs_in",
    "parsed",
    "query_of",
    "query_texts",
    "unquoted",
    "with_query",
]

MAX_KEYS: Final = 200  #: keys of a query that are read; more is a malformed request
#: The values of each key of a query, in order.
Query = Mapping[str, tuple[str, ...]]


class Url(str):
    """A URL with the base of the app in front already."""

    __slots__ = ()

    def __add__(self, other: str) -> Url:
        return Url(str(self) + other)


@lru_cache(maxsize=256)
def parsed(query: str) -> Query:
    """Return the values of each key, in order.

    Raises:
        BadRequest: It has more than `MAX_KEYS` parts.

    >>> parsed("q=a+b&tag=x&tag=y")["tag"]
    ('x', 'y')
    """
    found: dict[str, tuple[str, ...]] = {}
    for key, value in _pairs(query):
        found[key] = (*found.get(key, ()), value)
    return found


def _pairs(query: str) -> list[tuple[str, str]]:
    return pairs_in(query.encode("utf-8", "surrogatepass"), MAX_KEYS)


def pairs_in(data: bytes, limit: int) -> list[tuple[str, str]]:
    """Return the names and values in *data*, a query or a form.

    They are counted before anything is made of them, and the cost is that of the bytes, whatever
    they say.

    Raises:
        BadRequest: There are more than *limit*.

    >>> pairs_in(b"q=a+b&tag=%C3%A9&&on", 10)
    [('q', 'a b'), ('tag', 'é'), ('on', '')]

    Source: URL standard, "application/x-www-form-urlencoded parsing".
    """
    if data.count(b"&") >= limit:
        raise BadRequest(f"there are more than {limit} parts in a query or a form")
    plain, found = _Unquoting(), []
    for part in data.replace(b"+", b" ").split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            found.append((plain.text(name), plain.text(value)))
    return found


def unquoted(text: str) -> str:
    """Return *text* without percent-encoding, at the cost of its length.

    Raises:
        BadRequest: It has thousands of percent signs that stand for nothing.
    """
    if "%" not in text:
        return text
    return _Unquoting().text(text.encode("utf-8", "surrogatepass"))


class _Unquoting:
    # What Python does one by one is done at one go here, where it is much and well-formed. What is
    # neither is counted.
    left = 2000

    def text(self, data: bytes) -> str:
        return self._bytes(data).decode("utf-8", "replace")

    def _bytes(self, data: bytes) -> bytes:
        count = data.count(b"%")
        if not count:
            return data
        if count > 16 and b"%\n" not in data and b"%\r" not in data:
            # The other encoding of this kind (RFC 2045, 6.7); it leaves alone what it can't read.
            found = a2b_qp(data.replace(b"=", b"=3D").replace(b"%", b"="))
            if len(found) == len(data) - 2 * count:
                return found
        self.left -= count
        if self.left < 0:
            raise BadRequest("a query or a form has too many percent signs for nothing")
        return unquote_to_bytes(data)


def query_of(url: str) -> str:
    """Return the query of a URL, without the question mark."""
    return url.partition("#")[0].partition("?")[2]


def with_query(url: str, values: Mapping[str, Any]) -> str:
    """Return *url* with other values in its query: where a visit leads to.

    What it says of a key goes before what the URL said, and stands last. Texts as `query_texts`
    makes them; without any, the key is taken out. The shim writes the same, byte for byte.

    >>> with_query("/list?q=tea&sort=name", {"q": "green tea", "page": 2, "sort": None})
    '/list?q=green+tea&page=2'
    """
    pairs = [pair for pair in _pairs(query_of(url)) if pair[0] not in values]
    pairs += [(key, text) for key, value in values.items() for text in query_texts(value)]
    query = "&".join(f"{_spelled(key)}={_spelled(text)}" for key, text in pairs)
    path = url.partition("#")[0].partition("?")[0]
    return f"{path}?{query}" if query else path


def _spelled(text: str) -> str:
    # URL standard, "application/x-www-form-urlencoded serializing", which is not that of Python.
    return quote_plus(text, safe="*", errors="replace").replace("~", "%7E")


def query_texts(value: Any) -> Iterator[str]:
    """Yield the texts that a query has for *value*.

    None, False and an empty text are the same as a key that is not there. Of a list, each.

    >>> [*query_texts([True, False, "", 0, 2.0, "a"])]
    ['true', '0', '2', 'a']

    Raises:
        HtealeafError: It is nothing that can stand in a query.
    """
    items: Iterable[Any] = value if isinstance(value, (list, tuple)) else [value]
    for item in items:
        if item is None or item is False or item == "":
            continue
        if item is True:
            yield "true"
        elif isinstance(item, float) and item.is_integer():
            yield str(int(item))
        elif isinstance(item, (str, int, float)):
            yield str(item)
        else:
            raise HtealeafError(
                f"visit() takes text, numbers, bools, lists of these and slots, not a"
                f" {type(item).__name__}"
            )
