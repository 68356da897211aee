"""Paths: places in a JSON document, as text (`todo/0/done`) and as values.

A *path* is a tuple of segments; its text follows JSON Pointer (RFC 6901) without the leading
slash: `todo/0/done`. `~1` stands for a slash inside a segment and `~0` for a tilde. The empty text
is the root.

Rule 1: a segment gets its meaning from the container that it meets. In a dict it is a key, as it
stands. In a list it is an index (`0`, `12`), `-` (the end, where only `insert` can go) or
`field=value`: the first item, a dict, that has this value in this field. Nothing else: no
negative index, no Python attribute.

Rule 2: text and path are in one-to-one correspondence. Without the leading slash the root and the
top-level key "" would have the same text, so the latter alone is written `~2`.

Rule 3: the text can stand in a URL, percent-encoded. A URL drops the segments `.` and `..`, encoded
or not (URL standard, "path state"), so these keys are written `~.` and `~.~.`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from htealeaf.errors import InvalidPath, mistaken

__all__ = [
    "MAX_CHARS",
    "MAX_SEGMENTS",
    "ROOT",
    "Path",
    "is_index",
    "join",
    "of",
    "parse",
    "selector",
]

MAX_SEGMENTS: Final = 64
MAX_CHARS: Final = 1024

# Longer digits are no index of any list that fits a memory; int() of huge texts is slow.
_MAX_DIGITS: Final = 15
_LONE_EMPTY_KEY: Final = "~2"
_ESCAPES: Final = {"0": "~", "1": "/", ".": "."}


class Path(tuple[str, ...]):
    """A place in a document: its segments, unescaped. `str()` gives the text that `parse` reads.

    >>> Path(("files", "a/b", "0"))
    Path('files/a~1b/0')
    """

    __slots__ = ()

    def __str__(self) -> str:
        if self == ("",):
            return _LONE_EMPTY_KEY
        text = "/".join(self)
        if "~" in text or "." in text or text.count("/") >= len(self) > 0:
            return "/".join(map(_escaped, self))
        return text

    def __repr__(self) -> str:
        return f"Path({str(self)!r})"


ROOT: Final = Path()


def parse(text: str | Path) -> Path:
    """Return the path that *text* names; a `Path` is returned as it is.

    >>> parse("todo/0/done") == ("todo", "0", "done")
    True
    >>> parse("") == ROOT
    True

    Raises:
        InvalidPath: A `~` that is not `~0` or `~1`, no Unicode text, more than `MAX_SEGMENTS`
            segments or more than `MAX_CHARS` characters.
        HtealeafError: It is no text at all.

    Source: RFC 6901, "JavaScript Object Notation (JSON) Pointer", sections 3 and 4.
    """
    if isinstance(text, str):
        return _parse(text)
    if isinstance(text, Path):
        return text
    raise mistaken(
        f"{text!r} is no path: a path is text like 'todo/0'; .at('todo', 0) takes segments"
    )


def of(*segments: str | int) -> Path:
    """Return the path of raw *segments*; nothing in them is special.

    >>> str(of("rooms", "a/b", 0))
    'rooms/a~1b/0'
    """
    return Path([segment if type(segment) is str else str(segment) for segment in segments])


@lru_cache(maxsize=16_384)
def join(path: str | Path, more: str | Path) -> Path:
    """Return the place *more*, seen from *path*.

    >>> join("todo/0", "done")
    Path('todo/0/done')

    Raises:
        InvalidPath: One of the two is invalid, or they are too long together.
    """
    head, tail = parse(path), parse(more)
    if len(head) + len(tail) > MAX_SEGMENTS:
        raise InvalidPath(_too_many(len(head) + len(tail)))
    return Path(head + tail) if tail else head


def is_index(segment: str) -> bool:
    """Tell whether *segment* can be a list index: ASCII digits without sign or leading zeros.

    >>> [is_index(text) for text in ("0", "12", "012", "-1", "", "²")]
    [True, True, False, False, False, False]
    """
    return (
        segment.isdecimal()
        and segment.isascii()
        and (segment[0] != "0" or segment == "0")
        and len(segment) <= _MAX_DIGITS
    )


def selector(segment: str) -> tuple[str, str] | None:
    """Return field and value of `field=value`, or None when *segment* is no selector.

    The first `=` separates; a field has at least one character.

    >>> selector("id=7"), selector("a=b=c"), selector("7")
    (('id', '7'), ('a', 'b=c'), None)
    """
    field, equals, text = segment.partition("=")
    return (field, text) if equals and field else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Path:
    if not text:
        return ROOT
    if len(text) > MAX_CHARS:
        raise InvalidPath(f"a path has at most {MAX_CHARS} characters; this one has {len(text)}")
    if not text.isascii():
        _check_unicode(text)
    if text == _LONE_EMPTY_KEY:
        return Path(("",))
    segments = text.split("/")
    if len(segments) > MAX_SEGMENTS:
        raise InvalidPath(_too_many(len(segments)))
    if "~" in text:
        segments = [_unescape(segment) for segment in segments]
    return Path(segments)


def _check_unicode(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidPath(f"path {text!a} has half a character (a lone surrogate)") from None


def _escaped(segment: str) -> str:
    if segment in (".", ".."):
        return segment.replace(".", "~.")
    return segment.replace("~", "~0").replace("/", "~1")


def _unescape(segment: str) -> str:
    head, *parts = segment.split("~")
    for part in parts:
        if not part or part[0] not in _ESCAPES:
            raise InvalidPath(f"'~{part[:1]}' in {segment!r}: write ~0 for a tilde, ~1 for a slash")
        head += _ESCAPES[part[0]] + part[1:]
    return head


def _too_many(count: int) -> str:
    return f"a path has at most {MAX_SEGMENTS} segments; this one has {count}"


def with_index(path: Path, depth: int, at: int) -> Path:
    """Return *path* with the segment at *depth* replaced by the index *at*.

    >>> with_index(Path(("todo", "id=7", "done")), 1, 2)
    Path('todo/2/done')
    """
    return Path((*path[:depth], str(at), *path[depth + 1 :]))
