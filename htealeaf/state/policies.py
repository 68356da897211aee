"""Policies of stores: `writable=`, `readable=` and `allow=`, what others may do with a store.

Rule 1: what is not named is refused. Scripts write and read nothing by default; actions that the
server offers need no `writable=`.

Rule 2: `allow=` is asked for what is offered when it is rendered, and again when it arrives, and
for what a script writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from htealeaf.data.paths import Path, parse
from htealeaf.reactive.scope import current

#: The author's rule for an action: `allow(session, verb, path)`.
Allow = Callable[[Any, str, str], bool]


class Policy(NamedTuple):
    """What scripts may do with the documents of one store, and the author's rule for actions.

    Attributes:
        writable: Patterns of paths that scripts may write without an offer.
        readable: Patterns of paths that are shown as JSON, with what is below them.
        allow: Asked for each action; None allows all.
    """

    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    allow: Allow | None = None

    @classmethod
    def of(cls, writable: Sequence[str], readable: Sequence[str], allow: Allow | None) -> Policy:
        """Return the policy that an author's arguments say.

        Raises:
            InvalidPath: A pattern is no path.
        """
        return cls(tuple(map(parse, writable)), tuple(map(parse, readable)), allow)

    def scripts_write(self, path: Path) -> bool:
        """Tell whether scripts may write at *path*."""
        return matches(self.writable, path)

    def scripts_read(self, path: Path) -> bool:
        """Tell whether what is at *path* is shown as JSON."""
        return matches(self.readable, path, below=True)

    def permits(self, verb: str, path: Path) -> bool:
        """Tell whether the author's rule lets the current visitor do this."""
        if self.allow is None:
            return True
        scope = current()
        return bool(self.allow(scope.session if scope else None, verb, str(path)))


def matches(patterns: Iterable[Path], path: tuple[str, ...], *, below: bool = False) -> bool:
    """Tell whether one of *patterns* names *path*; or, with *below*, what holds it.

    In a pattern `*` is any one segment, and `**` any number of them, none as well.

    >>> matches([Path(("todo", "*"))], ("todo", "0")), matches([Path()], ("todo",), below=True)
    (True, True)
    >>> [matches([Path(("a", "**", "z"))], tuple(path)) for path in ("az", "abcz", "abc", "z")]
    [True, True, False, False]
    """
    return any(_named(pattern, path, below) for pattern in patterns)


def _named(pattern: tuple[str, ...], path: tuple[str, ...], below: bool) -> bool:
    # All places of the pattern that the path so far may have come to, so that many `**` cost no
    # more than the two lengths together.
    at = _passed({0}, pattern)
    for segment in path:
        if below and len(pattern) in at:
            return True
        on = {n for n in at if n < len(pattern) and pattern[n] == "**"}
        on |= {n + 1 for n in at if n < len(pattern) and pattern[n] in ("*", segment)}
        at = _passed(on, pattern)
    return len(pattern) in at


def _passed(at: set[int], pattern: tuple[str, ...]) -> set[int]:
    found = set(at)
    for n in sorted(at):
        while n < len(pattern) and pattern[n] == "**":
            n += 1
            found.add(n)
    return found
