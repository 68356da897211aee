"""Policies of stores: `writable=`, `readable=` and `allow=`, what others may do with a store.

Rule 1: what is not named is refused. Scripts write and read nothing by default; actions that the
server offers need no `writable=`.

Rule 2: `allow=` is asked for what is offered when it is rendered, and again when it arrives, and
for what a script writes. When it arrives it is asked with the place and the value that are meant
now, and whatever it read has to be so still when it is done.

Rule 3: while a page is rendered nobody knows what will be typed. A rule that looks at it is asked
again when it is there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

from htealeaf.data.paths import Path, parse
from htealeaf.errors import HtealeafError
from htealeaf.reactive.scope import current
from htealeaf.wire.slots import has_stand_in

#: The author's rule for an action; it gets what it names of `ASKED_WITH`.
Allow = Callable[..., bool]
ASKED_WITH: Final = ("session", "verb", "path", "value", "owner")


class Policy(NamedTuple):
    """What scripts may do with the documents of one store, and the author's rule for actions.

    Attributes:
        writable: Patterns of paths that scripts may write without an offer.
        readable: Patterns of paths that are shown as JSON, with what is below them.
        allow: Asked for each action; None allows all.
        hide: What it forbids is not shown; else it is disabled.
        named: What *allow* gets.
        local: Patterns of paths that browser commands set; of a page store.
    """

    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    allow: Allow | None = None
    hide: bool = False
    named: tuple[str, ...] = ()
    local: tuple[Path, ...] = ()

    @classmethod
    def of(
        cls,
        writable: Sequence[str],
        readable: Sequence[str],
        allow: Allow | None,
        hide: bool = False,
        local: Sequence[str] = (),
    ) -> Policy:
        """Return the policy that an author's arguments say.

        Raises:
            InvalidPath: A pattern is no path.
            HtealeafError: *allow* wants what it can't have, or is `async`.
        """
        named = () if allow is None else _named_by(allow)
        paths = [tuple(map(parse, patterns)) for patterns in (writable, readable, local)]
        return cls(paths[0], paths[1], allow, hide, named, paths[2])

    def scripts_write(self, path: Path) -> bool:
        """Tell whether scripts may write at *path*."""
        return matches(self.writable, path)

    def commands_set(self, path: Path) -> bool:
        """Tell whether browser commands may set *path*, without a request."""
        return matches(self.local, path)

    def scripts_read(self, path: Path) -> bool:
        """Tell whether what is at *path* is shown as JSON."""
        return matches(self.readable, path, below=True)

    def permits(
        self,
        verb: str,
        path: Path,
        value: Any = None,
        owner: str | None = None,
        *,
        later: bool = False,
    ) -> bool:
        """Tell whether the author's rule lets the current visitor do this.

        Args:
            value: What it is done with; None for verbs without one.
            owner: Whose document it is: a user, a key; None where there is one for all.
            later: The rule is asked once more, with what slots in *value* are filled with.
        """
        if self.allow is None:
            return True
        scope = current()
        known = {
            "session": scope.session if scope else None,
            "verb": verb,
            "path": str(path),
            "value": value,
            "owner": owner,
        }
        try:
            return bool(self.allow(**{name: known[name] for name in self.named}))
        except TypeError:  # of the slot, or of what it was given to: re.match(pattern, value)
            if not (later and has_stand_in(value)):
                raise
            return True


def _named_by(allow: Allow) -> tuple[str, ...]:
    if any(map(inspect.iscoroutinefunction, (allow, type(allow).__call__))):
        raise HtealeafError("allow= is async; what it returns would always count as yes")
    named: list[str] = []
    for parameter in inspect.signature(allow).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            return ASKED_WITH
        by_name = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        if by_name and parameter.name in ASKED_WITH:
            named.append(parameter.name)
        elif not by_name or parameter.default is parameter.empty:
            raise HtealeafError(
                f"allow= gets what it names, and {parameter} is none of: {', '.join(ASKED_WITH)}"
            )
    return tuple(named)


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
