"""Names of streams: the only code that builds or splits them.

A stream is the history of one document. Its name is a store's, and behind an `@` whose document it
is: `shared`, `todos@ann`. What is no store's begins with `~`, as no store's name can:

| stream | holds |
|---|---|
| `~session@ID` | what is stored of one browser |
| `~flash@ID` | what that browser is to be told once |
| `~key@ID` | which browser key leads to that session; nothing while it is the first one |
| `~topic@NAME` | nothing; its entries say that data that lives elsewhere has changed |
| `~computed@STORE.FUNCTION@STREAM` | nothing; a page depends on a computed value by it |
| `~moving` | where documents come from that are being moved into the journal, until all are there |
| `STORE@~page` | a page's own document, which no journal has |
| `~args@~page` | the query of a page's URL, which no journal has either |
| `~clock@SECONDS` | nothing, and no journal has it: what shows the time depends on it |
| `~online@STREAM` | nothing, and no journal has it: how many live pages show a stream |

A *label* is how the wire names a document: the same, with `/` and `~` of the owner escaped as in a
path, and without an owner where the visitor's own is meant.
"""

from __future__ import annotations

from typing import Final

SESSION: Final = "~session"
FLASH: Final = "~flash"
KEY: Final = "~key"
TOPIC: Final = "~topic"
MOVING: Final = "~moving"
COMPUTED: Final = "~computed"
CLOCK: Final = "~clock"
ONLINE: Final = "~online"
PAGE: Final = "~page"  #: whose the documents of open pages are; nobody else's name
ARGS: Final = "~args@~page"  #: the query of the URL of the page that is rendered


def join(store: str, owner: str) -> str:
    """Return the stream of *owner* in *store*.

    >>> join("todos", "ann")
    'todos@ann'
    """
    return f"{store}@{owner}"


def split(name: str) -> tuple[str, str | None]:
    """Return the store and the owner in a stream's name or a label, as they are written there.

    >>> split("todos@ann@home"), split("shared")
    (('todos', 'ann@home'), ('shared', None))
    """
    store, at, owner = name.partition("@")
    return store, owner if at else None


def spelled(label: str) -> str:
    """Return how a document is written in Python, by its label.

    >>> spelled("shared"), spelled("rooms@a~1b")
    ('shared', "rooms.of('a/b')")
    """
    store, owner = split(label)
    if owner is None:
        return store
    return f"{store}.of({owner.replace('~1', '/').replace('~0', '~')!r})"


def store_of(stream: str) -> str:
    """Return the store of a stream; or `SESSION`, `TOPIC`, `COMPUTED`."""
    return stream.partition("@")[0]


def session(id: str) -> str:
    """Return the stream of what is stored of one browser."""
    return f"{SESSION}@{id}"


def flash(id: str) -> str:
    """Return the stream of what a browser is to be told once."""
    return join(FLASH, id)


def key(id: str) -> str:
    """Return the stream that says which browser key leads to the session *id*."""
    return f"{KEY}@{id}"


def topic(name: str) -> str:
    """Return the stream of a topic."""
    return f"{TOPIC}@{name}"


def computed(store: str, function: str, stream: str) -> str:
    """Return the stream that stands for a computed value over *stream*, one of *store*'s."""
    return f"{COMPUTED}@{store}.{function}@{stream}"


def computed_of(stream: str) -> tuple[str, str]:
    """Return the store and the function of a computed value.

    >>> computed_of(computed("todos", "left", "todos@ann"))
    ('todos', 'left')
    """
    store, _, function = stream.split("@", 2)[1].partition(".")
    return store, function


def clock(seconds: float) -> str:
    """Return the stream that changes each time that *seconds* are over."""
    return f"{CLOCK}@{seconds:g}"


def seconds_of(stream: str) -> float:
    """Return the seconds of a clock.

    >>> seconds_of(clock(0.5))
    0.5
    """
    return float(stream.partition("@")[2])


def online(stream: str) -> str:
    """Return the stream that changes when a live page begins or ends to show *stream*."""
    return f"{ONLINE}@{stream}"


def is_clock(stream: str) -> bool:
    """Tell whether the stream is a clock's."""
    return stream.startswith(f"{CLOCK}@")


def is_passing(stream: str) -> bool:
    """Tell whether the stream changes by itself, and no journal has it."""
    return stream.startswith((f"{CLOCK}@", f"{ONLINE}@"))


def is_unstored(stream: str) -> bool:
    """Tell whether no journal has the stream."""
    return is_page(stream) or is_computed(stream) or is_passing(stream)


def is_session(stream: str) -> bool:
    """Tell whether the stream is a session's."""
    return stream.startswith(f"{SESSION}@")


def browser_of(stream: str) -> str | None:
    """Return the session that *stream* is of, or says the key of; None for any other stream.

    >>> browser_of(session("5f")), browser_of(key("5f")), browser_of("todos@5f")
    ('5f', '5f', None)
    """
    store, _, id = stream.partition("@")
    return id if store in (SESSION, KEY) else None


def is_topic(stream: str) -> bool:
    """Tell whether the stream is a topic's."""
    return stream.startswith(f"{TOPIC}@")


def is_computed(stream: str) -> bool:
    """Tell whether the stream stands for a computed value."""
    return stream.startswith(f"{COMPUTED}@")


def is_page(stream: str) -> bool:
    """Tell whether the document is an open page's own."""
    return stream.partition("@")[2] == PAGE


def is_store(stream: str) -> bool:
    """Tell whether the document is in a store."""
    return not stream.startswith("~")


def label(store: str, owner: str | None) -> str:
    """Return how the wire names a document; None is whoever the visitor is.

    >>> label("rooms", "a/b"), label("todos", None)
    ('rooms@a~1b', 'todos')
    """
    if owner is None:
        return store
    return f"{store}@{owner.replace('~', '~0').replace('/', '~1')}"


def labelled(label: str) -> tuple[str, str | None]:
    """Return the store and the owner that a label names.

    >>> labelled("rooms@a~1b"), labelled("todos")
    (('rooms', 'a/b'), ('todos', None))
    """
    if "@" not in label:  # as nearly always
        return label, None
    store, owner = split(label)
    assert owner is not None
    return store, owner.replace("~1", "/").replace("~0", "~")
