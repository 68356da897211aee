"""Patterns of routes: `/hello/{name}`, `/item/{id:int}`, `/files/{rest:path}`.

Rule: `KINDS` is the table of what a parameter can be; a kind that is not in it is refused.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote

from htealeaf.errors import HtealeafError
from htealeaf.wire.names import API_URL, ASSETS_URL

PARAMETER = re.compile(r"\{([A-Za-z_]\w*)(?::(\w+))?\}")
#: What URLs of our own begin with.
RESERVED = (API_URL, f"{ASSETS_URL}/")
_SAFE = "-._~!$'()*+,;=:@"  # of a segment (RFC 3986, 3.3)


class Kind(NamedTuple):
    """What a parameter of a path can be.

    Attributes:
        converter: Werkzeug's name of it.
        fits: What its text looks like; None for anything.
    """

    converter: str
    fits: re.Pattern[str] | None = None


KINDS = {
    "str": Kind("string", re.compile(r"[^/]+")),
    "int": Kind("int", re.compile(r"\d{1,18}")),
    "float": Kind("float", re.compile(r"\d+\.\d+")),
    "path": Kind("path", re.compile(r"[^/].*", re.DOTALL)),
}


def spelled(kind: str, value: Any) -> str | None:
    """Return *value* as it stands in a URL; None if it can't be a parameter of that kind."""
    if isinstance(value, bool) or value is None:
        return None
    if kind == "float" and isinstance(value, int):
        value = float(value)
    text = str(value)
    fits = KINDS[kind].fits
    if fits is not None and not fits.fullmatch(text):
        return None
    return quote(text, _SAFE + "/" if kind == "path" else _SAFE)


def rule_of(pattern: str) -> str:
    """Return Werkzeug's rule for a pattern of ours.

    Raises:
        HtealeafError: It does not begin with a slash, or has a converter that is unknown.

    >>> rule_of("/item/{id:int}/{rest:path}")
    '/item/<int:id>/<path:rest>'
    """
    if not pattern.startswith("/"):
        raise HtealeafError(f"route {pattern!r} has to begin with '/'")
    if pattern.startswith(RESERVED):
        raise HtealeafError(
            f"route {pattern!r} is never reached: what begins with {' or '.join(RESERVED)} is"
            " htealeaf's own"
        )

    def converted(match: re.Match[str]) -> str:
        name, kind = match[1], match[2] or "str"
        if kind not in KINDS:
            raise HtealeafError(
                f"route {pattern!r}: {{{name}:{kind}}} is unknown; there are {', '.join(KINDS)}"
            )
        return f"<{name}>" if kind == "str" else f"<{KINDS[kind].converter}:{name}>"

    text = PARAMETER.sub(converted, pattern)
    if "{" in text or "}" in text:
        raise HtealeafError(f"route {pattern!r}: write parameters as {{name}} or {{name:int}}")
    return text


def shape_of(pattern: str) -> str:
    """Return *pattern* without its parameters' names; those of one shape meet the same paths."""
    return PARAMETER.sub(lambda match: f"{{:{match[2] or 'str'}}}", pattern)
