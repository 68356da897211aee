"""Headers of answers: what one may hold, and what every answer and every page gets by itself.

`check` is asked of every answer, at the one exit: what no header can hold would end the connection,
or begin another header. `Standard` gives what is missing: what browsers are told of every answer
and of every page, and that an answer is somebody's own, if it is.

Rule 1: what an author says goes before what stands here, but for one thing: what shows a session
varies by the cookie, whatever else is said.

Rule 2: nothing here allows inline code. `{nonce}` in a policy is a fresh one for each page.

Source: RFC 9110, 5.5 "Field Values" and 12.5.5 "Vary"; RFC 9111, 5.2.2 "Response Directives"; CSP
Level 3; HTML standard, "Cross-origin opener policies"; RFC 6797.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from htealeaf.errors import HtealeafError
from htealeaf.web.answer import Answer, Header
from htealeaf.wire.names import Header as Name

NONCE: Final = "{nonce}"
#: The Content-Security-Policy of every page whose app says nothing else.
DEFAULT_CSP: Final[Mapping[str, str]] = {
    "default-src": "'self'",
    "script-src": f"'self' 'nonce-{NONCE}'",
    "style-src": f"'self' 'nonce-{NONCE}'",
    "img-src": "'self' data: blob: https:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "frame-ancestors": "'self'",
}
#: Header fields of every answer, and of every page, that does not have its own.
OF_ANSWERS: Final[Mapping[str, str]] = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
OF_PAGES: Final[Mapping[str, str]] = {"Cross-Origin-Opener-Policy": "same-origin"}
NO_STORE: Final = ("Cache-Control", "no-store")
VARY: Final = ("Vary", "Cookie")
_HSTS = "Strict-Transport-Security"
_CSP = "Content-Security-Policy"
_YEAR = 365 * 24 * 3600

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_VALUES = re.compile(r"[\t\x20-\x7e\x80-\xff]*\Z").match
_DIRECTIVE = re.compile(r"[a-z][a-z-]*\Z")
_SOURCES = re.compile(r"[\x21-\x2b\x2d-\x3a\x3c-\x7e ]*\Z")  # neither ';' nor ','
_HTML = ("text/html", "application/xhtml+xml")
#: Documents that run scripts when they are opened by themselves: an image that somebody uploaded.
#: Styles stay, as an image may have its own.
_XML = ("image/svg+xml", "application/xml", "text/xml")
_XML_CSP = "script-src 'self'; object-src 'none'; base-uri 'self'"
_name_of, _value_of = itemgetter(0), itemgetter(1)  # of a header
_NO_PAGE = frozenset({204, 205, 304})


class RefusedHeader(HtealeafError):
    """A header has a name or a value that none can have."""


def check(answer: Answer) -> None:
    """Refuse headers that can't be sent.

    Raises:
        RefusedHeader: A name that is no token; a value that is no text, or has a line break, a
            control character, or one that is not in Latin-1.
    """
    headers = answer.headers
    try:
        text = "".join(map(_value_of, headers))
        if _VALUES(text) is not None and (not answer.reason or _VALUES(answer.reason)):
            if not _names.issuperset(map(_name_of, headers)):
                for name, _ in headers:
                    _note(name)
            return
    except TypeError:
        pass
    raise _refused(answer)


_names: set[str] = set()  # that were looked at; bounded


def _note(name: str) -> None:
    if not _NAME.match(name):
        raise RefusedHeader(f"{name!r} is no name of a header: letters, digits and '-'")
    if len(_names) < 1000:
        _names.add(name)


def _refused(answer: Answer) -> RefusedHeader:
    given: Sequence[tuple[Any, Any]] = answer.headers  # as authors give them
    for name, value in given:
        if not isinstance(value, str):
            return RefusedHeader(f"the header {name} is a {type(value).__name__}, and no text")
        if not _VALUES(value):
            at = next(char for char in value if not _VALUES(char))
            return RefusedHeader(
                f"the header {name} has the character {at!r}, which none can have; write what is"
                " not ASCII as its kind of header says, %-encoded in a URL or a file's name"
            )
    return RefusedHeader("the reason of the status has a character that none can have")


def policy_of(said: str | Mapping[str, str | None] | None) -> str | None:
    """Return a Content-Security-Policy in one line; None for none.

    Args:
        said: A whole policy; or directives that go over `DEFAULT_CSP`, None takes one out; or None.

    Raises:
        HtealeafError: A directive that none can be.

    >>> policy_of({"img-src": "*", "object-src": None}).partition("img-src")[2]
    " *; base-uri 'self'; frame-ancestors 'self'"
    """
    if said is None:
        return None
    if isinstance(said, str):
        text = " ".join(said.split())
        if not _VALUES(text):
            raise HtealeafError("csp= has a character that no header can have")
        return text or None
    directives: dict[str, str | None] = {**DEFAULT_CSP, **said}
    for name, sources in directives.items():
        if not _DIRECTIVE.match(name) or not _SOURCES.match(sources or ""):
            raise HtealeafError(
                f"csp= has {name!r}: {sources!r}; a directive is a word such as 'img-src', and its"
                " sources are set apart by blanks: \"'self' https://cdn.example\""
            )
    found = [f"{name} {it}".rstrip() for name, it in directives.items() if it is not None]
    return "; ".join(found) or None


class Standard:
    """What answers of one app get by themselves.

    Args:
        csp: The Content-Security-Policy of pages, in one line; None for none.
        said: The author's own, by name: None takes one of ours out.
        https: The app is reached by https only; a number says for how many seconds that is so.

    Raises:
        HtealeafError: *said* holds what no header can.
    """

    def __init__(
        self, csp: str | None, said: Mapping[str, str | None], https: bool | int = False
    ) -> None:
        own = {name.lower(): (name, value) for name, value in said.items()}
        if _CSP.lower() in own:
            raise HtealeafError("headers= has the policy of pages; say csp= for that")
        given = [(name, value) for name, value in own.values() if value is not None]
        try:
            check(Answer(200, given))
        except RefusedHeader as error:
            raise HtealeafError(f"headers=: {error}") from None
        self._all, self._pages = self._over(OF_ANSWERS, own), self._over(OF_PAGES, own)
        self._xml: list[Header] = []
        if csp is not None:
            self._pages.append((_CSP, without_nonce(csp)))
            self._xml.append((_CSP, _XML_CSP))
        ours = {name.lower() for name in (*OF_ANSWERS, *OF_PAGES)}
        self._all += [pair for pair in given if pair[0].lower() not in ours]
        age = _YEAR if https is True else int(https)
        self._secure = [(_HSTS, f"max-age={age}")] if age and _HSTS.lower() not in own else []
        self._known: dict[tuple[Any, ...], tuple[list[Header], bool]] = {}

    @staticmethod
    def _over(ours: Mapping[str, str], own: Mapping[str, tuple[str, Any]]) -> list[Header]:
        found = [(name, own.get(name.lower(), (name, value))[1]) for name, value in ours.items()]
        return [(name, value) for name, value in found if value is not None]

    def completed(self, answer: Answer, personal: bool, https: bool) -> tuple[list[Header], bool]:
        """Return the headers of *answer*, with what it lacks; and whether they say its length.

        Args:
            personal: It shows or changes what is remembered of the browser, or has its actions.
            https: The request came by it.
        """
        given = answer.headers
        names = tuple(map(_name_of, given))
        shape = _shape(names)
        at = shape.content_type
        page = ""
        if at >= 0 and answer.status not in _NO_PAGE:
            kind = given[at][1].lower()
            page = "html" if kind.startswith(_HTML) else "xml" if kind.startswith(_XML) else ""
        key = names, page, personal, NO_STORE in given, https
        known = self._known.get(key)
        if known is None:
            known = self._missing(*key)
            if len(self._known) < 512:  # an app has few combinations of names
                self._known[key] = known
        missing, says = known
        headers = [*given, *missing]
        return _personal(headers) if says else headers, shape.has_length

    def _missing(
        self, names: tuple[str, ...], page: str, personal: bool, unkept: bool, https: bool
    ) -> tuple[list[Header], bool]:
        # What an answer with these names lacks; and whether what it says itself of how it is kept
        # has to be looked at.
        has = {name.lower() for name in names}
        own = {"html": self._pages, "xml": self._xml}.get(page, [])
        wanted = [*self._all, *own, *(self._secure if https else ())]
        says = personal and ("vary" in has or ("cache-control" in has and not unkept))
        if personal and not says:
            wanted += [NO_STORE, VARY]
        elif page == "html":
            wanted.append(("Cache-Control", "no-cache"))
        return [header for header in wanted if header[0].lower() not in has], says


def without_nonce(policy: str) -> str:
    """Return *policy* without its nonces, for a page that has none.

    >>> without_nonce("script-src 'self' 'nonce-{nonce}'; style-src 'nonce-{nonce}'")
    "script-src 'self'; style-src 'none'"
    """
    if NONCE not in policy:
        return policy
    found = []
    for directive in policy.split(";"):
        words = [word for word in directive.split() if NONCE not in word]
        if len(words) == 1 and NONCE in directive:
            words.append("'none'")
        found.append(" ".join(words))
    return "; ".join(found)


class _Shape(NamedTuple):
    # What the names of an answer's headers tell.
    content_type: int  #: where it stands; -1 for none, and for patches, which are part of a page
    has_length: bool


@lru_cache(maxsize=256)
def _shape(names: tuple[str, ...]) -> _Shape:
    lower = [name.lower() for name in names]
    said = "content-type" in lower and Name.CURSOR not in names
    return _Shape(lower.index("content-type") if said else -1, "content-length" in lower)


def _personal(headers: list[Header]) -> list[Header]:
    # No shared cache gives it to somebody else. That it is not kept at all an author may have
    # decided otherwise, who has said for how long.
    found, varies, kept = [], False, False
    for name, value in headers:
        lower = name.lower()
        if lower == "cache-control":
            directives = {part.strip().lower() for part in value.split(",")}
            if directives <= {"no-cache", "private"}:
                continue
            kept = True
        elif lower == "vary":
            varies = True
            if not {part.strip().lower() for part in value.split(",")} & {"*", "cookie"}:
                value = f"{value}, Cookie"
        found.append((name, value))
    if not kept:
        found.append(NO_STORE)
    if not varies:
        found.append(VARY)
    return found
