"""The site: what endpoints work on, and what each of them asks of a request first.

An *endpoint* is a function `(request, visitor, site) -> Answer`. It stands in the app's one table
(`app/dispatch.py`) beside what answers when it raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from htealeaf.errors import HtealeafError, NoCookie, NotOffered
from htealeaf.pages.explain import HEADER
from htealeaf.pages.update import Opened, Pages
from htealeaf.state.lag import Lag
from htealeaf.state.stores import Registry
from htealeaf.web.answer import Answer, Header, html_answer
from htealeaf.web.headers import NONCE
from htealeaf.web.limits import RequestLimits, refuse_charset
from htealeaf.web.origin import Origins
from htealeaf.web.rates import Rates
from htealeaf.web.request import Request
from htealeaf.web.sessions import Sessions
from htealeaf.web.traffic import Traffic
from htealeaf.web.uploads import Files
from htealeaf.web.visitor import Visitor
from htealeaf.words import Language

#: Gives a function of the author's what it names: `give(function, found)`.
Give = Callable[..., Mapping[str, Any]]


class ActionFunction(Protocol):
    """What answers a call needs of an action function; `app/actions.py` makes them."""

    name: str
    retry: bool
    database: bool
    within: float

    @property
    def files(self) -> Mapping[str, Files]:
        """Return which files it takes, by parameter."""

    def wants(self, constants: Mapping[str, Any]) -> bool:
        """Tell whether parameters are left for the form to fill."""

    def permits(self, known: Mapping[str, Any], *, whole: bool = False) -> bool:
        """Tell whether the author's rule lets the visitor of the current scope call it."""

    def converted(
        self,
        entries: Iterable[tuple[str, Any]],
        constants: Mapping[str, Any],
        filled: Iterable[str],
    ) -> dict[str, Any]:
        """Return the arguments of a call that came from a browser."""

    def is_right(
        self,
        name: str,
        entries: Iterable[tuple[str, Any]],
        constants: Mapping[str, Any],
        filled: Iterable[str],
        give: Give,
    ) -> None:
        """Ask whether one control of a form is right."""

    def as_sent(
        self, messages: Mapping[str, str], entries: Iterable[tuple[str, Any]]
    ) -> dict[str, str]:
        """Return *messages* by the names that controls have in the form."""

    def checked(self, given: Mapping[str, Any], give: Give) -> None:
        """Ask the author's checks."""

    def run(self, given: Mapping[str, Any], give: Give) -> Any:
        """Call the function with *given*, and what else it names."""


def _nothing(visitor: Visitor, request: Request) -> Give:
    return lambda function, found: found


@dataclass
class Site:
    """What one app serves.

    Attributes:
        registry: Its stores.
        sessions: Its visitors' sessions.
        pages: Its open pages.
        limits: What one request may bring.
        rates: How often somebody may ask.
        origins: Whose pages may make requests.
        csp: The Content-Security-Policy of its pages, in one line; `{nonce}` in it stands for a
            fresh one.
        give: Gives what gives functions what they name, for a request: `session`, what is
            provided, ….
        functions: Its action functions, by name.
        guard: Asks the rules of the page at a URL.
        version: That of htealeaf.
        build: Names the code that runs: as its author does, else as page ids do.
        jobs: How many functions wait or run in the background, and may at most.
        live: Its pages follow by themselves what others do.
        max_live: How many of them at most; None for as many as the server has room for.
        language: Says in which language a request is answered; None where it is English.
    """

    registry: Registry
    sessions: Sessions
    pages: Pages
    limits: RequestLimits
    rates: Rates
    origins: Origins
    csp: str | None = None
    give: Callable[[Visitor, Request], Give] = _nothing
    functions: Mapping[str, ActionFunction] = field(default_factory=dict)
    guard: Callable[[Request, Visitor, Site, str], None] | None = None
    version: str = ""
    build: Callable[[], str] = str
    jobs: Callable[[], tuple[int, int]] = lambda: (0, 0)
    live: bool = False
    max_live: int | None = None
    language: Callable[[Request, Any], Language | None] | None = None

    def __post_init__(self) -> None:
        self.lag, self.traffic = Lag(self.registry.journal), Traffic()
        self.began = time.monotonic()

    def ask(self, request: Request, visitor: Visitor, url: str) -> None:
        """Ask the rules of the page at *url*, with the base in front, that a request comes from.

        What they say is in `Visitor.room`: offers of that page are good if it is the same.
        """
        if self.guard is not None:
            self.guard(request, visitor, self, url)

    @property
    def debug(self) -> bool:
        """Tell whether the app is in debug mode."""
        return self.pages.debug is not None

    def admit(self, request: Request, visitor: Visitor, media: str) -> None:
        """Refuse what may change nothing: every endpoint that writes asks this first.

        Args:
            media: The type of the content, `request.media`.

        Raises:
            Forbidden: A page of another site made the request.
            WrongMedia: Its body is in another charset than UTF-8.
            TooMany: The browser sends more than the rate allows.
        """
        self.origins.refuse_cross_site(request, media)
        refuse_charset(request)
        self.rates.count(request, visitor.id if visitor.known else None)

    def not_offered(self, request: Request, visitor: Visitor, what: str) -> HtealeafError:
        """Return what is answered to an offer that this browser never got: *what* came.

        Raises:
            TooMany: There were too many of that kind.
        """
        self.rates.bad_offer(request)
        if not visitor.known:
            return NoCookie(f"{what} came without the cookie of this app")
        return NotOffered(f"{what} was not offered to this browser")

    def page(self, opened: Opened) -> Answer:
        """Return a page as it is sent."""
        view = opened.view
        headers: list[Header] = []
        if opened.debug:
            headers.append((HEADER, opened.debug))
        if self.csp and view.nonce:
            policy = self.csp.replace(NONCE, view.nonce)
            headers.append(("Content-Security-Policy", policy))
        return html_answer(opened.html, view.status, view.headers).with_missing(headers)


Endpoint = Callable[[Request, Visitor, Site], Answer]
#: Answers in the place of an endpoint that raised.
Failed = Callable[[Request, Visitor, Site, Exception], Answer]


class Row(NamedTuple):
    """What answers the URLs of one pattern.

    Attributes:
        answer: The endpoint.
        failed: Answers where that raises.
        name: The endpoint's, among what is counted.
        anonymous: It asks nobody who they are: no cookie is read or set.
        part: A GET gives a part of a page, or a file: it brings no cookie.
    """

    answer: Endpoint
    failed: Failed
    name: str = "page"
    anonymous: bool = False
    part: bool = False
