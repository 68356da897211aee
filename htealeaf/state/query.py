"""The query of a page's URL as something that is read: tracked by key, like a store.

A page that reads `args["q"]` depends on `q`. A `visit` gives the page another query, and what has
changed between the two is told like the changes of a document that belongs to the page alone.

Rule 1: what a binding reads is the query of the page that is rendered right now, not that of the
request which made the binding; so one object serves all pages.

Rule 2: a key that the URL does not have is an empty text, so a page without a query needs no case
of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar, overload
from urllib.parse import parse_qsl, urlencode

from htealeaf.data.effects import Folded
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.streams import ARGS
from htealeaf.data.verbs import Change
from htealeaf.errors import BadRequest, HtealeafError, OutsideRequest
from htealeaf.reactive.graph import SHAPE, VALUE
from htealeaf.reactive.scope import current

Value = TypeVar("Value")

MAX_KEYS = 200  #: keys of a query that are read; more is a malformed request
Query = Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=256)
def parsed(query: str) -> Query:
    """Return the values of each key, in order.

    Raises:
        BadRequest: It has more than `MAX_KEYS` parts.

    >>> parsed("q=a+b&tag=x&tag=y")["tag"]
    ('x', 'y')
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_KEYS)
    except ValueError as error:
        raise BadRequest("the query of the address has too many parts") from error
    found: dict[str, tuple[str, ...]] = {}
    for key, value in pairs:
        found[key] = (*found.get(key, ()), value)
    return found


def query_of(url: str) -> str:
    """Return the query of a URL, without the question mark."""
    return url.partition("#")[0].partition("?")[2]


def changed(url: str, values: Mapping[str, Any]) -> str:
    """Return *url* with other values in its query: what a `visit` leads to.

    A key keeps its place. A value of None, or an empty list, takes the key out; so does an empty
    text, since a key that is not there reads the same.

    >>> changed("/list?q=tea&sort=name", {"q": "green tea", "page": 2, "sort": None})
    '/list?q=green+tea&page=2'
    """
    pairs: dict[str, tuple[str, ...]] = dict(parsed(query_of(url)))
    for key, value in values.items():
        texts = tuple(_texts(value))
        if texts:
            pairs[key] = texts
        else:
            pairs.pop(key, None)
    query = urlencode([(key, text) for key, texts in pairs.items() for text in texts])
    path = url.partition("#")[0].partition("?")[0]
    return f"{path}?{query}" if query else path


def _texts(value: Any) -> Iterator[str]:
    # As the shim writes them, character by character.
    for item in value if isinstance(value, (list, tuple)) else [value]:
        if item is None or item == "":
            continue
        if isinstance(item, bool):
            yield "true" if item else "false"
        elif isinstance(item, float) and item.is_integer():
            yield str(int(item))
        elif isinstance(item, (str, int, float)):
            yield str(item)
        else:
            raise HtealeafError(
                f"visit() takes text, numbers, bools, lists of these and slots, not a"
                f" {type(item).__name__}"
            )


def entries(shown: str, wanted: str) -> list[Folded]:
    """Return what differs between the queries of two URLs, as a change of the page's own.

    >>> found = entries("/?a=1&b=2", "/?a=1&b=3")
    >>> [str(change.path) for change in found[0].changes]
    ['b']
    """
    before, after = parsed(query_of(shown)), parsed(query_of(wanted))
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if not keys:
        return []
    changes = tuple(Change("replace", Path((key,))) for key in keys)
    return [Folded(0, ARGS, changes, before, after)]


class Args:
    """The query of the page's URL: `args["q"]`, `args.get("page", 1, type=int)`.

    A function of a page gets it by naming `args`. Each read makes what reads it depend on that key
    alone.
    """

    __slots__ = ()

    def __getitem__(self, key: str) -> str:
        """Return the last value of *key*; "" if the URL does not have it."""
        return self.get(key, "")

    @overload
    def get(self, key: str, default: str = "") -> str: ...
    @overload
    def get(self, key: str, default: None) -> str | None: ...
    @overload
    def get(self, key: str, default: Value, type: Callable[[str], Value] = ...) -> Value: ...

    def get(self, key: str, default: Any = "", type: Callable[[str], Any] = str) -> Any:
        """Return the last value of *key*, or *default*.

        Args:
            key: The key.
            default: What there is without it, or where `type` can't read it.
            type: Converts the text: `int`, an Enum, any function that raises ValueError.
        """
        values = _read(Path((key,)), VALUE).get(key)
        if not values:
            return default
        try:
            return type(values[-1])
        except (ValueError, ArithmeticError, LookupError):
            return default

    def all(self, key: str) -> list[str]:
        """Return every value of *key*, in order: `?tag=a&tag=b`."""
        return list(_read(Path((key,)), VALUE).get(key, ()))

    def __contains__(self, key: object) -> bool:
        return str(key) in _read(Path((str(key),)), VALUE)

    def __iter__(self) -> Iterator[str]:
        return iter(_read(ROOT, SHAPE))

    def __len__(self) -> int:
        return len(_read(ROOT, SHAPE))

    def items(self) -> Iterable[tuple[str, str]]:
        """Return each key with its last value."""
        return [(key, values[-1]) for key, values in _read(ROOT, VALUE).items()]

    def __repr__(self) -> str:
        return "<Args>"


#: What functions of pages get as `args`.
args = Args()


def _read(path: Path, kind: int) -> Query:
    scope = current()
    if scope is None or scope.url is None:
        raise OutsideRequest("args is the query of a page's URL, and no page is rendered here")
    scope.note(ARGS, path, kind)
    return parsed(query_of(scope.url))


def note_all() -> None:
    """Note that all of the query is read: by who gets the request as it is."""
    scope = current()
    if scope is not None:
        scope.note(ARGS, ROOT, VALUE)
