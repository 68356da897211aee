"""View of a page: read by a test, and compared with what a fresh page would show.

The tree is `View.soup`; `assert_consistent` asks the server for a fresh page and compares.

Rule 1: looking at a page changes nothing, neither here nor on the server.

Rule 2: a failure shows the HTML that was looked at, or a diff.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from bs4 import BeautifulSoup, Tag
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from htealeaf.testing import controls, reasons, xpath
from htealeaf.testing.comparing import compare, compare_outside, duplicates
from htealeaf.testing.exchange import Exchange, Patch
from htealeaf.testing.failures import PageFailure, failed
from htealeaf.testing.finding import one, searched
from htealeaf.testing.trees import attribute, by_id, classes_of, is_inert, parse, tags, text_of
from htealeaf.testing.well_formed import drawings_in, mistake_in
from htealeaf.wire.names import Attribute, Id

#: The URLs of a navigation with their answers; all but the last are redirects.
Hops = list[tuple[str, TestResponse]]


class Browser(Protocol):
    """What a page needs of its client."""

    scripts: bool
    check: bool
    base: str
    origin: str

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: str | bytes | None = None,
    ) -> TestResponse:
        """Send a request."""

    def stream(self, url: str, headers: Mapping[str, str]) -> tuple[str, Headers, Any]:
        """Send a GET whose answer goes on."""

    def follow(self, method: str, url: str, **options: Any) -> Hops:
        """Send a request and follow redirects."""

    def peek(self, url: str, state: str = "") -> Hops:
        """Do a GET that leaves the browser as it is."""

    def resolved(self, url: str, link: str) -> str:
        """Return where a link leads."""

    def loses(self) -> bool:
        """As `Client.loses`."""


class View:
    """What is shown of one page.

    Attributes:
        client: The browser it is open in.
        url: Path and query of what is shown.
        status: What the page was answered with.
        soup: What is shown, as a BeautifulSoup tree; to be read only.
        patch: What the answer to the last step brought; empty when it brought nothing.
        patches: All patches since the page was loaded, oldest first.
        requests: Everything this tab has sent, oldest first.
        error: The sentence that the last refused action was answered with; None after a good one.
        errors: What was refused of it, by the names of controls; "" is the whole form.
    """

    def __init__(self, client: Browser) -> None:
        self.client = client
        self.url = ""
        self.status = 0
        self.soup: BeautifulSoup = parse("")
        self.patch = Patch()
        self.patches: list[Patch] = []
        self.requests: list[Exchange] = []
        self.error: str | None = None
        self.errors: dict[str, str] = {}
        self._sources: list[str] = []
        self._before: str | None = None
        self._came_by_post = False

    @property
    def html(self) -> str:
        """Return what is shown, as HTML."""
        return str(self.soup)

    @property
    def title(self) -> str:
        """Return the page's title."""
        title = self.soup.title
        return text_of(title) if title is not None else ""

    @property
    def cursor(self) -> str:
        """Return the point of the journal that is shown, `epoch.n`; "" for a page without one."""
        return _cursor_of(self.soup)

    def text(self, selector: str | Tag) -> str:
        """Return the text of the one element that matches, white space collapsed."""
        return text_of(one(self.soup, "text", selector))

    def html_of(self, selector: str | Tag) -> str:
        """Return the HTML of the one element that matches: a part of a page for a snapshot."""
        return str(one(self.soup, "html_of", selector))

    def xpath(self, expression: str) -> list[Any]:
        """Return what an XPath expression finds, in order: elements, or texts, or one value.

            page.xpath("//tr[td[2] = 'Milk']")[0]
            page.xpath("//li/span/text()")
            page.xpath("count(//li)") == [2.0]

        See `htealeaf.testing.xpath`. Steps take XPath as well: `click("//li[2]/button")`.

        Raises:
            PageFailure: It is no XPath.
        """
        return xpath.select(self.soup, expression)

    @property
    def flash(self) -> list[str]:
        """Return the flash messages that are shown, oldest first."""
        shown = (tag for tag in tags(self.soup) if "ht-toast" in classes_of(tag))
        return [text_of(tag) for tag in shown]

    def value(self, selector: str | Tag) -> Any:
        """Return what the one control that matches holds, typed or not."""
        return controls.slot_value(one(self.soup, "value", selector, None, reasons.why_no_value))

    def has(self, selector: str, text: str | None = None) -> bool:
        """Tell whether something matches; see `click`."""
        return any(
            not is_inert(tag) and (text is None or text_of(tag) == text)
            for tag in self.soup.select(selector)
        )

    def __str__(self) -> str:
        return searched(self.soup)

    def __repr__(self) -> str:
        return f"<Page {self.url} at {self.cursor or 'no cursor'}>"

    # -- checking --------------------------------------------------------------------------

    def assert_consistent(self) -> None:
        """Check that the page is what a fresh page of its URL would be.

        A GET in the same session is rendered and compared; see `htealeaf.testing.comparing` for
        what is left out. This page and its server side stay as they are.

        Raises:
            PageFailure: With a diff.
        """
        self._assert_no_duplicates()
        if self._came_by_post:
            raise PageFailure("this page answers a POST, so there is no fresh one to compare with")
        field = by_id(self.soup, Id.STATE)
        state = attribute(field, "value") if field is not None else None
        url, answer = self.client.peek(self.url, state or "")[-1]
        if answer.status_code >= 500 > self.status:
            raise failed(f"a fresh page of {url} is answered with {answer.status}", answer)
        if url != self.url or answer.status_code != self.status:
            raise PageFailure(
                f"this page is {self.url} with status {self.status}, and a fresh one is {url} with"
                f" status {answer.status_code}"
            )
        fresh = parse(answer.text)
        compare(self.soup, fresh, behind=_cursor_of(fresh) != self.cursor)

    def assert_only_changed(self, *selectors: str) -> None:
        """Check that the last step changed nothing outside of what *selectors* match.

        Without selectors: that it changed nothing at all.

        Raises:
            PageFailure: With a diff of what else changed.
        """
        compare_outside(self._before or "", self.soup, selectors)

    def assert_well_formed(self) -> None:
        """Check that each `svg` of this page, as it was sent, would also be good as a file.

        See `htealeaf.testing.assert_well_formed` for XML that is an answer of its own.

        Raises:
            PageFailure: With the first mistake of each.
        """
        drawings = [one for source in self._sources for one in drawings_in(source)]
        mistakes = [found for drawing in drawings if (found := mistake_in(drawing)) is not None]
        if mistakes:
            raise PageFailure("an svg is not well-formed XML: " + "\n".join(mistakes))

    def _assert_no_duplicates(self) -> None:
        twice = duplicates(self.soup)
        if twice:
            raise PageFailure(
                f"more than one element has the id {', '.join(map(repr, twice))}\n"
                + searched(self.soup)
            )


def _cursor_of(page: BeautifulSoup) -> str:
    form = by_id(page, Id.FORM)
    return (attribute(form, Attribute.CURSOR) or "") if form is not None else ""
