"""Opening a journal by its URL: one table from scheme to backend.

| URL | journal |
|---|---|
| `memory:` | in this process, gone with it |
| `sqlite:///shop.db?durability=disk` | a file beside the program; `sqlite:////var/lib/shop.db` |
| `postgresql://user@host:5432/database?schema=htealeaf` | PostgreSQL; `postgres://` as well |
| `redis://host:6379/0?journal=htealeaf&wait=1` | Redis or Valkey; `rediss://` with TLS |

Rule 1: whatever is wrong is told at once, in one sentence that says what would work: a scheme that
nobody has, an option that is not known, a driver that is not installed, a server that is not there.

Rule 2: a driver is imported when a URL asks for it.

Rule 3: no message holds a URL's password.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Final, NamedTuple, cast
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from htealeaf.data.streams import MOVING
from htealeaf.errors import HtealeafError
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.journal import Journal


class JournalNotOpened(HtealeafError):
    """The URL names no journal that can be opened here."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"journal {shown(url)}: {why}")


class Backend(NamedTuple):
    """What stands behind a scheme.

    Attributes:
        module: Its `open_url(url)` returns the journal; imported when a URL asks for it.
        example: A URL, for messages.
        driver: The package that the module imports; empty where Python has all of it.
    """

    module: str
    example: str
    driver: str = ""


_HERE: Final = "htealeaf.state.backends"

#: By scheme. A backend is added by its row here.
BACKENDS: Final[Mapping[str, Backend]] = {
    "memory": Backend(f"{_HERE}.opening", "memory:"),
    "sqlite": Backend(f"{_HERE}.sqlite", "sqlite:///shop.db"),
    "postgresql": Backend(f"{_HERE}.postgresql", "postgresql://user@host/database", "psycopg"),
    "postgres": Backend(f"{_HERE}.postgresql", "postgresql://user@host/database", "psycopg"),
    "redis": Backend(f"{_HERE}.redis", "redis://host:6379/0", "redis"),
    "rediss": Backend(f"{_HERE}.redis", "redis://host:6379/0", "redis"),
}


def open_journal(url: str, *, half: bool = False) -> Journal:
    """Return the journal that *url* names, as soon as it can be used.

    Args:
        url: Its scheme is one of `BACKENDS`.
        half: Also while documents are being moved into it, or if that was interrupted.

    Raises:
        JournalNotOpened: It can't be; the message says what would work.
        JournalUnreachable: Its server does not answer.

    >>> open_journal("memory:").describe().kind
    'memory'
    """
    scheme, colon, _ = url.partition(":")
    backend = BACKENDS.get(scheme.lower())
    if backend is None or not colon:
        what = f"nothing is known behind '{scheme}:'" if colon else "this is no URL"
        raise JournalNotOpened(url, f"{what}; write {_examples()}")
    try:
        module = import_module(backend.module)
    except ImportError as error:
        if not backend.driver or (error.name or "").startswith("htealeaf"):
            raise
        fix = f"pip install 'htealeaf[{backend.module.rpartition('.')[2]}]'"
        raise JournalNotOpened(url, f"it needs the package {backend.driver}: {fix}") from error
    journal = cast("Callable[[str], Journal]", module.open_url)(url)
    mark = None if half else journal.load(MOVING).document
    if mark is not None:
        journal.close()
        begun = cast("dict[str, str]", mark.root)["from"]
        raise JournalNotOpened(
            url,
            f"moving {begun} into it is under way, or was interrupted: run the same command again",
        )
    return journal


def open_url(url: str) -> MemoryJournal:
    """Return a new journal in memory."""
    if url.partition(":")[2]:
        raise JournalNotOpened(url, "a journal in memory has no name or options; write memory:")
    return MemoryJournal()


def taken_apart(url: str, known: Iterable[str]) -> tuple[str, dict[str, str]]:
    """Return *url* without the options that are ours, and these.

    Args:
        url: Of a server.
        known: The names of our options in its query; others are its driver's and stay.

    >>> taken_apart("redis://h/0?wait=1&db=2", ["wait"])
    ('redis://h/0?db=2', {'wait': '1'})
    """
    names = set(known)
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    rest = urlencode([pair for pair in pairs if pair[0] not in names])
    return urlunsplit(parts._replace(query=rest)), {k: v for k, v in pairs if k in names}


def shown(url: str) -> str:
    """Return *url* for a message: without its password.

    >>> shown("redis://ann:secret@host/0?password=secret")
    'redis://ann:…@host/0?password=…'
    """
    hidden = re.sub(r"(://[^/?#]*?:)[^/?#]*@", r"\1…@", url)
    return re.sub(r"(?i)(pass\w*=)[^&#\s]*", r"\1…", hidden)


def _examples() -> str:
    *first, last = {backend.module: backend.example for backend in BACKENDS.values()}.values()
    return f"{', '.join(first)} or {last}"
