"""Outcomes: what an action function may end with, and what is kept of it for a second try.

An action function returns nothing, `redirect(...)` or `visit(...)`, or it raises. An `Outcome` is
what of that the person has to be told, as text that a journal keeps with the one-time id: a click
that is sent again gets the answer of the first.

Rule: an outcome holds no HTML and no value of a store. What the page shows is rendered anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from htealeaf.data.documents import Json
from htealeaf.errors import AlreadyDone, HtealeafError, Invalid, RefusedRedirect
from htealeaf.html.urls import is_local, is_web
from htealeaf.wire.actions import Visit
from htealeaf.wire.codec import dumps, loads
from htealeaf.wire.urls import Url
from htealeaf.words import say


class Redirect:
    """Sends the browser elsewhere; made by `redirect`."""

    __slots__ = ("external", "location", "status")

    def __init__(self, location: str, status: int, external: bool = False) -> None:
        self.location, self.status = location, status
        self.external = external  #: it leads to another site, as the author has said

    def based(self, base: str) -> Redirect:
        """Return it with *base* in front of a path."""
        if isinstance(self.location, Url):  # it has it already
            return self
        local = self.location.startswith("/") and not self.location.startswith("//")
        location = base + self.location if local and base else self.location
        return Redirect(location, self.status, self.external)


def redirect(location: str, status: int = 303, *, external: bool = False) -> Redirect:
    """Send the browser to *location*, a URL of the same site: `/login`, `?page=2`.

    Args:
        location: Where to. What a browser would read as a URL of elsewhere is refused.
        status: 301, 302, 303, 307 or 308.
        external: Allow a whole URL, of another site too: `https://example.org/`. Only http(s).

    Raises:
        RefusedRedirect: It leads elsewhere than *external* allows: the browser gets a 400.
        HtealeafError: *status* is no redirect.
    """
    if status not in (301, 302, 303, 307, 308):
        raise HtealeafError(f"redirect({location!r}, {status}) is no redirect")
    if any(ord(c) < 32 for c in location):
        raise RefusedRedirect(f"redirect({location!r}, {status}) is no redirect")
    if is_local(location):
        return Redirect(location, status)
    if not (external and is_web(location)):
        hint = "only http(s) can be gone to" if external else "say external=True if it is meant"
        raise RefusedRedirect(f"redirect({location!r}) leaves this site; {hint}")
    return Redirect(location, status, True)


class Outcome(NamedTuple):
    """What came of a call of an action function.

    Attributes:
        redirect: Where the browser is sent; "" for nowhere.
        status: Of that, or of what is told.
        visit: How the query changes.
        invalid: What was refused, by control; "" is the whole form.
        told: What went wrong, in a sentence.
        external: *redirect* leads to another site.
        state: The page's own state, signed, where the call has changed it: whoever sends the call
            again has the one before.
    """

    redirect: str = ""
    status: int = 200
    visit: Visit | None = None
    invalid: Mapping[str, str] = {}
    told: str = ""
    external: bool = False
    state: str = ""

    @property
    def text(self) -> str:
        """Return it as text; "" for nothing but success."""
        if self == _NOTHING:
            return ""
        visit: Json = None
        if self.visit is not None:
            visit = [self.visit.template, self.visit.replace]
        told: list[Json] = [self.redirect, self.status, visit, dict(self.invalid), self.told]
        if self.state:
            told += [self.external, self.state]
        elif self.external:
            told.append(True)
        return dumps(told)

    @classmethod
    def parse(cls, text: str) -> Outcome:
        """Return the outcome that *text* is."""
        if not text:
            return _NOTHING
        redirect, status, visit, invalid, told, *more = loads(text)
        made = None if visit is None else Visit(*visit)
        return cls(redirect, status, made, invalid, told, *more)

    @classmethod
    def of_error(cls, error: Exception) -> Outcome:
        """Return what a person is told of *error*."""
        if isinstance(error, AlreadyDone):
            return _NOTHING
        if isinstance(error, Invalid):
            return cls(status=error.status_hint, invalid=error.fields)
        if isinstance(error, HtealeafError):
            return cls(status=error.status_hint, told=say(error.public))
        return cls(status=500, told=say(HtealeafError.public))


_NOTHING = Outcome()


class Told(HtealeafError):
    """An action function failed at its first try, and this is another one."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"the first try was answered with {status}: {sentence}")
        self.status_hint, self.public = status, sentence  # type: ignore[misc]

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.status_hint, self.public)


def outcome_of(result: Any, name: str, base: str) -> Outcome:
    """Return what the action function *name* returned as an outcome.

    Raises:
        HtealeafError: It is nothing that an action function returns.
    """
    if result is None:
        return _NOTHING
    if isinstance(result, Redirect):
        found = result.based(base)
        return Outcome(found.location, found.status, external=found.external)
    if isinstance(result, Visit):
        result.of(base)  # can it be done here?
        return Outcome(visit=result)
    raise HtealeafError(
        f"{name}() returned a {type(result).__name__}; an action function returns nothing,"
        " redirect(...) or visit(...), and its page shows what it has changed"
    )
