"""Lines of the author's program: which one is running, and which one a function begins at."""

from __future__ import annotations

import sys
from collections.abc import Container
from types import FrameType
from typing import Any, NamedTuple

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


def written_at(function: Any) -> str:
    """Return `name() (file:line)` of a function, for a message."""
    name = getattr(function, "__name__", type(function).__name__)
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    where = f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    return f"{name}(){where}"
