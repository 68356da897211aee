"""The right status of each hostile request whose family has several.

A family has one that is usual, and names those that are answered otherwise, and why.
"""

from __future__ import annotations

from typing import Final

#: What most of a family are answered with.
USUAL: Final[dict[str, int]] = {
    "offer": 403,
    "offer of a form": 403,
    "offer that asks": 403,
    "offer with a shape": 403,
    "offer of another place": 403,
    "offer twice": 400,
    "offer that is none": 400,
    "call that is none": 400,
    "path": 403,
    "path of a delete": 403,
    "path that is read": 403,
    "store": 404,
    "length": 400,
    "shape": 422,
    "verb": 400,
    "method": 405,
    "a get of an offer": 403,
    "entries": 400,
    "call": 404,
    "visit": 400,
    "http": 0,  # the connection is closed without a word
}

#: What is no path.
_NO_PATH: Final = (
    "~",
    "~2~2",
    "~5",
    "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/",
    "open/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b/b",
)
#: Paths that are written to, or deleted.
_WRITTEN: Final[dict[int, tuple[str, ...]]] = {
    400: _NO_PATH,
    404: (
        "rows/-1",
        "rows/01",
        "rows/9",
        "rows/1e3",
        "rows/=1",
        "rows//done",
        "rows/999999999999999999999999999999999999999999999",
        "rows/+0",
        "rows/%200",
        "rows/*/done",
    ),
    409: (
        "rows/id=9/done",
        "rows/id=/done",
    ),
    414: ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",),
    422: (
        "rows/0/__dict__",
        "open/__proto__",
        "open/constructor",
        "open/__class__",
        "d/constructor",
        "d/new",
    ),
}

#: The others, by family and status.
OTHERS: Final[dict[str, dict[int, tuple[str, ...]]]] = {
    "offer": {
        400: ("a blank in front",),
    },
    "offer of a form": {
        400: ("a blank in front",),
    },
    "offer of another place": {
        404: (
            "nothing/n ",
            "nothing/n form",
            "shared@x/n ",
            "shared@x/n form",
            "~session/user ",
            "~session/user form",
        ),
    },
    "path": _WRITTEN,
    "path of a delete": _WRITTEN,
    "path that is read": {
        400: _NO_PATH,
        404: (
            "n/__class__",
            "rows/-1",
            "rows/01",
            "rows/9",
            "rows/1e3",
            "rows/id=9/done",
            "rows/id=/done",
            "rows/=1",
            "rows/0/__dict__",
            "rows//done",
            "n/",
            "rows/0/done/x",
            "rows/999999999999999999999999999999999999999999999",
            "rows/+0",
            "rows/%200",
            "rows/*/done",
        ),
        414: ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",),
    },
    "store": {
        400: (
            "read 'notes@~page'",
            "write 'notes@~page'",
        ),
        401: (
            "read notes",
            "write notes",
            "read notes@ann",
            "write notes@ann",
        ),
        403: (
            "read shared",
            "write shared",
            "read rooms@lobby",
            "write rooms@lobby",
            "read ruled",
            "write ruled",
            "read mine",
            "write mine",
            "read mine@x",
            "write mine@x",
        ),
    },
    "a get of an offer": {
        405: ("call",),
    },
    "entries": {
        413: ("too many",),
    },
    "http": {
        400: (
            "chunks that are none",
            "chunks cut off",
            "a negative chunk",
            "chunks without an end",
            "a chunk that goes on",
        ),
        403: ("a header without a colon",),
        413: ("an endless chunk",),
        414: ("a long line",),
        431: (
            "a long header",
            "many headers",
        ),
    },
}


def status_of(family: str, name: str) -> int:
    """Return the right status of the request *name* of *family*."""
    for status, names in OTHERS.get(family, {}).items():
        if name in names:
            return status
    return USUAL[family]
