"""Layouts: what stands around the content of pages, by name, one inside another.

    @app.layout                      # around every page
    def frame(content, session): ...

    @app.layout("settings", inside="frame")
    def settings(content): ...

    @app.route("/profile", layout="settings")

A layout gets the content, and by name whatever a route function can have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from htealeaf.app.routing import parameters
from htealeaf.errors import HtealeafError
from htealeaf.html.lines import written_at

Layout = Callable[..., Any]
#: Calls a function with what it names, behind arguments that are given.
Call = Callable[..., Any]


class _Named(NamedTuple):
    function: Layout
    inside: Any
    boost: bool | None


class Layouts:
    """The layouts of one app.

    Args:
        default: What frames pages that say nothing: a function, a name, or nothing.
    """

    def __init__(self, default: Any = None) -> None:
        self.default = default
        self._named: dict[str, _Named] = {}

    def add(self, name: str, function: Layout, inside: Any, boost: bool | None = None) -> None:
        """Let *function* be the layout *name*, inside of another one.

        Args:
            name: Its name.
            function: Gets the content.
            inside: The other one.
            boost: Whether links of its pages are fetched by the shim; None says nothing.

        Raises:
            HtealeafError: There is one of that name, or the function takes no content.
        """
        if not parameters(function):
            raise HtealeafError(
                f"layout {name!r} takes the content first: def {function.__name__}(content)"
            )
        other = self._named.get(name)
        if other is not None:
            raise HtealeafError(
                f"{written_at(other.function)} is the layout {name!r} already, so"
                f" {written_at(function)} would replace it without a word; give it another name"
            )
        self._named[name] = _Named(function, inside, boost)

    def __iter__(self) -> Iterator[Callable[..., Any]]:
        """Iterate over their functions."""
        if callable(self.default):
            yield self.default
        for named in self._named.values():
            yield named.function

    def frame(self, content: Any, layout: Any, call: Call) -> tuple[Any, bool | None]:
        """Return *content* inside of *layout*: a function, a name, None for the default, False.

        Beside it stands whether links are boosted, as the innermost says that says something.

        Raises:
            HtealeafError: There is no such layout, or they stand inside of each other.
        """
        chosen = self.default if layout is None else layout
        seen: list[Any] = []
        boost: bool | None = None
        while chosen is not None and chosen is not False:
            if chosen in seen:
                names = " in ".join(map(str, [*seen, chosen]))
                raise HtealeafError(f"layouts stand inside of each other: {names}")
            seen.append(chosen)
            named = self._found(chosen)
            content = call(named.function, content)
            boost = named.boost if boost is None else boost
            chosen = named.inside
        return content, boost

    def _found(self, layout: Any) -> _Named:
        if callable(layout):
            known = (named for named in self._named.values() if named.function is layout)
            return next(known, _Named(layout, None, None))
        named = self._named.get(layout)
        if named is None:
            names = ", ".join(sorted(self._named)) or "none"
            raise HtealeafError(f"there is no layout {layout!r}; there are: {names}")
        return named
