r"""URLs that reach a browser: which schemes, in which attributes, as a browser reads them.

A browser reads more as a URL than one thinks: it takes tabs and line breaks out, strips blanks and
control characters at both ends, and takes a backslash for a slash. So every URL is read here as a
browser does it before anything is said of it: `checked` for what stands in a page, `is_local` and
`is_web` for where a browser is sent.

Rule 1: schemes are allowed by name. What a scheme does that is not in the list, nobody here knows.

Rule 2: `unsafe_url(...)` is the only way around, easy to search for.

Source: URL standard, "URL parsing" (`Standard: https://url.spec.whatwg.org/#concept-basic-url-parser`);
HTML standard, "Images", for `srcset`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from htealeaf.errors import RefusedValue

#: Where a URL in a page may lead; "" is a relative one.
SCHEMES: Final = frozenset({"", "http", "https", "mailto", "tel"})

_OUTSIDE = "".join(map(chr, range(0x21)))  # C0 controls and the blank
_REMOVED = re.compile(r"[\t\n\r\0]")  # and NUL, which a parser of HTML may make anything of
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
#: What needs no second look: http(s), and what has no colon before a slash, `?` or `#`.
PLAIN: Final = re.compile(r"(?:https?:|[^\x00-\x20:/?#]*(?:[/?#]|\Z))", re.IGNORECASE).match
#: Images of points, which can't run anything: no SVG.
_RASTER = re.compile(
    r"data:image/(?:png|jpe?g|gif|webp|avif|bmp|apng|x-icon|vnd\.microsoft\.icon)[;,]",
    re.IGNORECASE,
)

# No blank or control character, no backslash, no second slash at the start, and no scheme: a colon
# stands behind a slash, a question mark or a hash only. Nor, before those, what becomes a dot or a
# slash of a host when it is normalized (UTS 46): full-width and ideographic ones.
_CONTROL = r"\\\x00-\x20\x7f-\xa0\u2028\u2029\ufeff"
_LIKE = r"\u2024\u3002\ufe52\uff0e\uff0f\uff1a\uff3c\uff61"
_LOCAL = re.compile(
    rf"(?!//)[^{_CONTROL}{_LIKE}/?#:]*(?:/[^{_CONTROL}{_LIKE}?#]*)?(?:[?#][^{_CONTROL}]*)?\Z"
)
_WEB = re.compile(rf"https?://[^{_CONTROL}{_LIKE}/?#]+(?:[/?#][^{_CONTROL}]*)?\Z", re.I)


class UnsafeUrl(str):
    """A URL of any scheme, on an author's word; made by `unsafe_url`."""

    __slots__ = ()


def unsafe_url(url: str) -> str:
    """Return *url* as one that may stand in a page whatever its scheme is: `blob:`, `sms:`.

    Nothing is checked: a `javascript:` URL runs. Never give it what somebody else has written.

    >>> from htealeaf.components import a
    >>> str(a("Text us", href=unsafe_url("sms:+15550100")))
    '<a href="sms:+15550100">Text us</a>'
    """
    return UnsafeUrl(url)


def as_read(url: str) -> str:
    r"""Return *url* as a browser reads it, as far as its scheme goes.

    >>> as_read("\x01 java\nscript:x ")
    'javascript:x'
    """
    return _REMOVED.sub("", url).strip(_OUTSIDE)


def scheme_of(url: str) -> str:
    r"""Return the scheme that a browser finds in *url*, in small letters; "" for a relative one.

    >>> [scheme_of(url) for url in ("/a:b", " JavaScript:x", "java\tscript:x", "a b:c", "//host/")]
    ['', 'javascript', 'javascript', '', '']
    """
    found = _SCHEME.match(as_read(url))
    return found[1].lower() if found is not None else ""


def is_local(url: str) -> bool:
    r"""Tell whether *url* leads to the site that it is said on, however a browser reads it.

    >>> [is_local(url) for url in ("/login?next=/a", "?page=2", "a/b:c", "#top")]
    [True, True, True, True]
    >>> [is_local(url) for url in ("//host", "/\\host", "javascript:x", "https://host/", "/ a")]
    [False, False, False, False, False]
    """
    return _LOCAL.match(url) is not None


def is_web(url: str) -> bool:
    """Tell whether *url* is a whole http or https URL with a host.

    >>> is_web("https://example.org/a"), is_web("data:text/html,x"), is_web("https:///a")
    (True, False, False)
    >>> is_web("https://example.org:8000"), is_web("https://example.org:99999")
    (True, False)
    """
    if _WEB.match(url) is None:
        return False
    try:
        found = urlsplit(url)
        return bool(found.hostname) and (found.port is None or found.port >= 0)
    except ValueError:  # an address, or a port, that none can be
        return False


def checked(url: str, where: str, *, image: bool = False) -> None:
    """Refuse a URL whose scheme is not allowed in a page.

    Args:
        url: As it stands in the attribute, character references resolved.
        where: Element and attribute, for the message: `<a href>`.
        image: It is shown as an image, so it may be one of points in a `data:` URL.

    Raises:
        RefusedValue: Its scheme is none of `SCHEMES`.
    """
    if PLAIN(url) is not None or type(url) is UnsafeUrl:
        return
    scheme = scheme_of(url)
    if scheme in SCHEMES or (image and _RASTER.match(as_read(url))):
        return
    images = ", and as an image data:image/png and the like" if image else ""
    raise RefusedValue(
        f"{where} is given a URL of the scheme {scheme + ':'!r}, perhaps a script URL, which could"
        " run someone else's code; a page takes relative URLs, http:, https:, mailto: and"
        f" tel:{images}; use an action, JSCode for code of your own, or unsafe_url(...) for another"
        " scheme that is meant"
    )


# -- attributes that hold URLs -----------------------------------------------------------------


def one(value: str) -> Iterator[str]:
    """Yield *value*, which is one URL."""
    yield value


def _several(value: str) -> Iterator[str]:
    yield from value.split()


_CANDIDATE = re.compile(r"[ \t\n\f\r,]*([^ \t\n\f\r]+)")
_DESCRIPTORS = re.compile(r"(?:\([^)]*\)?|[^,(])*,?")


def _candidates(value: str) -> Iterator[str]:
    # HTML standard, "Parsing a srcset attribute": a URL goes to the next blank; commas at its end
    # are none of it, and what follows up to a comma describes it.
    at = 0
    while (found := _CANDIDATE.match(value, at)) is not None:
        url = found[1]
        yield url.rstrip(",") or url
        at = found.end()
        if not url.endswith(","):
            described = _DESCRIPTORS.match(value, at)
            at = described.end() if described is not None else len(value)


_REFRESH = re.compile(
    r"\s*[\d.]*\s*[;,]?\s*(?P<whole>(?:url\s*=\s*)?(?P<quote>['\"]?)(?P<url>.*))\Z", re.I | re.S
)


def _refreshed(value: str) -> Iterator[str]:
    # HTML standard, "shared declarative refresh steps": seconds, then maybe `url=`, maybe a quote.
    found = _REFRESH.match(value)
    if found is not None:
        yield found["whole"]
        yield found["url"].partition(found["quote"])[0] if found["quote"] else found["url"]


def _animated(value: str) -> Iterator[str]:
    yield from value.split(";")


Urls = Callable[[str], Iterator[str]]
#: By the name of the attribute: the URLs that its value holds.
ATTRIBUTES: Final[Mapping[str, Urls]] = {
    **dict.fromkeys(
        "href src action formaction poster data cite background manifest xlink:href xml:base"
        " longdesc profile classid codebase lowsrc dynsrc".split(),
        one,
    ),
    **dict.fromkeys("ping attributionsrc archive".split(), _several),
    **dict.fromkeys("srcset imagesrcset".split(), _candidates),
}
#: Attributes that hold one on some elements only.
OF_TAG: Final[Mapping[str, Mapping[str, Urls]]] = {
    "meta": {"content": _refreshed},
    "param": {"value": one},
    **dict.fromkeys(
        ("animate", "set", "animateMotion", "animateTransform", "animateColor"),
        dict.fromkeys(("to", "from", "by", "values"), _animated),
    ),
}
#: What is shown as an image: the attribute, and by which elements; None: by any.
_IMAGES: Final[Mapping[str, frozenset[str] | None]] = {
    "src": frozenset({"img", "input"}),
    "srcset": None,
    "imagesrcset": None,
    "poster": None,
    "background": None,
    "href": frozenset({"image", "feImage", "link"}),
    "xlink:href": frozenset({"image", "feImage"}),
}


def is_image(tag: str, name: str) -> bool:
    """Tell whether a URL in the attribute *name* of a `<tag>` is shown as an image."""
    if name not in _IMAGES:
        return False
    by = _IMAGES[name]
    return by is None or tag in by


def holds_urls(tag: str, name: str, attributes: Mapping[str, Any]) -> Urls | None:
    """Return what finds the URLs in the attribute *name* of a `<tag>`; None if it holds none.

    Args:
        attributes: What else the element has, by HTML names in small letters.
    """
    of_tag = OF_TAG.get(tag)
    if of_tag is None or name not in of_tag:
        return ATTRIBUTES.get(name)
    if tag == "meta":
        said = attributes.get("http-equiv")
        refreshes = said is not None and (
            type(said) is not str or said.strip().lower() == "refresh"
        )
        return of_tag[name] if refreshes else None
    if tag == "param":
        return of_tag[name]
    said = attributes.get("attributename")
    animates = type(said) is not str or said.strip().lower() in ATTRIBUTES
    return of_tag[name] if animates else None
