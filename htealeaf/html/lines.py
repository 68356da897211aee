"""Source lines of the author's program: which one is running, and where a function begins."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from difflib import get_close_matches
from linecache import getline
from sysconfig import get_paths
from traceback import walk_tb
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeAlias

_MADE = "htealeaf_made"  # attribute of an exception
_PATHS = get_paths()
#: Where code is that no author of an app wrote.
_LIBRARIES = tuple({_PATHS[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
PACKAGE = __name__.partition(".")[0]


class Place(NamedTuple):
    """A line of the author's program."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def caller(above: Container[str] = ()) -> Place | None:
    """Return the line outside of this package that is running; None when there is none.

    Args:
        above: Modules that call an author's function: what calls them is not looked at.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] != PACKAGE:
            code = frame.f_code
            named: FrameType | None = frame
            while named is not None and named.f_code.co_name.startswith("<"):
                named = named.f_back  # a comprehension: name the function that it stands in
            function = named.f_code.co_name if named is not None else code.co_name
            return Place(code.co_filename, frame.f_lineno, function)
        if module in above:
            return None
        frame = frame.f_back
    return None


#: Where a line is written: what a frame knows of it, kept without the frame.
Line: TypeAlias = tuple[CodeType, int]


def line_above(depth: int = 1) -> Line:
    """Return the line that called the function that calls this one, or one further up."""
    frame = sys._getframe(depth + 1)
    return frame.f_code, frame.f_lineno


def place_of(line: Line) -> Place:
    """Return *line* for a message."""
    code, number = line
    return Place(code.co_filename, number, code.co_name)


def is_author_s(frame: FrameType) -> bool:
    """Tell whether *frame* runs code that is neither ours nor a library's."""
    module = str(frame.f_globals.get("__name__", ""))
    file = frame.f_code.co_filename
    return module.partition(".")[0] != PACKAGE and not file.startswith((*_LIBRARIES, "<frozen"))


def author_line(error: BaseException, made: Line | None = None) -> Place | None:
    """Return the line of the author's program that *error* comes from.

    Args:
        error: What was raised: its innermost frame that is neither ours nor a library's counts.
        made: The line to name when there is none: where a binding was made, for what goes wrong
            when it is rendered later.
    """
    found = None
    for frame, number in walk_tb(error.__traceback__):
        if is_author_s(frame):
            found = Place(frame.f_code.co_filename, number, frame.f_code.co_name)
    made = made or getattr(error, _MADE, None)
    return found or (place_of(made) if made is not None else None)


def keep_line(error: BaseException, made: Line | None) -> None:
    """Keep with *error* where the binding was made that raised it; the innermost one counts."""
    if made is not None and getattr(error, _MADE, None) is None:
        with suppress(AttributeError):  # an error of a class that takes no more attributes
            setattr(error, _MADE, made)


def noted(error: BaseException, made: Line | None = None) -> str:
    """Return ` (file:line, in function: code)` for *error*, and note it there for its trace.

    "" when no line of the author's is concerned. Inside `collected`, the error is kept.
    """
    kept = _collecting.get()
    if kept is not None:
        kept.append(error)
    place = author_line(error, made)
    if place is None:
        return ""
    code = getline(place.file, place.line).strip()
    words = f"{place}, in {place.function}{': ' if code else ''}{code}"
    if hasattr(error, "add_note") and words not in getattr(error, "__notes__", ()):  # 3.11
        error.add_note(words)
    return f" ({words})"


def written_at(function: Any) -> str:
    """Return `name() (file:line)` of a function, for a message."""
    name = getattr(function, "__name__", type(function).__name__)
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    return f"{name}(){where}"


def meant(name: str, known: Iterable[str]) -> str:
    """Return ` did you mean 'increment'?` for a misspelt name, or what there is."""
    names = sorted(known)
    near = get_close_matches(name, names, 1, 0.6)
    return f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(names)}"


def public_names(thing: object) -> list[str]:
    """Return the names of *thing* that an author may use."""
    return [name for name in dir(type(thing)) if name[:1] != "_"]


_collecting: ContextVar[list[BaseException] | None] = ContextVar("htealeaf_errors", default=None)


@contextmanager
def collected() -> Iterator[list[BaseException]]:
    """Keep what is logged as an error inside the block: a test client's way to the cause."""
    kept: list[BaseException] = []
    token = _collecting.set(kept)
    try:
        yield kept
    finally:
        _collecting.reset(token)
