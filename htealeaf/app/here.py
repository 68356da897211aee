"""The request that is answered right now, for code that was not handed it: `url_for`, `add.call()`.

Rule: a streamed body is made in a copy of the context, so there the request is known as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from typing import Any

#: Gives a function what it names: `give(function, found)`, where *found* are the values of its own.
Give = Callable[..., Mapping[str, Any]]


class Here:
    """A request to an app.

    Args:
        url_of: Builds the URL of a route, `Urls.build`.
        base: Where the app lives.
        giver: Makes `give` of *given*; few requests ask for it.
    """

    __slots__ = ("_given", "_giver", "base", "url_of")

    def __init__(
        self, url_of: Callable[..., Any], base: str, giver: Callable[..., Give], *given: Any
    ) -> None:
        self.url_of, self.base, self._giver, self._given = url_of, base, giver, given

    @property
    def give(self) -> Give:
        """Return what gives functions what they name, for this request."""
        return self._giver(*self._given)


_here: ContextVar[Here | None] = ContextVar("htealeaf_here", default=None)

#: Returns the request that is answered; None outside of one.
here = _here.get


def arrived(request: Here) -> Token[Here | None]:
    """Let *request* be the one that is answered."""
    return _here.set(request)


def left(token: Token[Here | None]) -> None:
    """End what `arrived` began."""
    _here.reset(token)
