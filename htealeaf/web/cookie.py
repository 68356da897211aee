"""The cookie that brings the browser key: its name, and what browsers are told about it.

Rule: what no browser would keep or send is refused when the app is made, in words.

Source: RFC 6265bis, "Set-Cookie", with its prefixes of names; CHIPS for `Partitioned`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final

from htealeaf.errors import HtealeafError

SAMESITE: Final = ("Lax", "Strict", "None")

_USUAL = "ht"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+\Z", re.I)
_ADDRESS = re.compile(r"[0-9.]+\Z")


@dataclass(frozen=True)
class Cookie:
    """What the cookie is called, and where browsers send it.

    Args:
        name: Its name; a second one, `<name>_at`, says for a minute where the last write is.
        samesite: "Lax", "Strict" or "None". Only with "None" is it sent from a frame in a page of
            another site. With "Strict" a link from another site begins a session of its own.
        secure: Send it over https only. None: when it was set over https, and always with "None",
            `partitioned` or a prefix that wants it.
        partitioned: In frames, a cookie for each site that they stand in.
        domain: Send it to the subdomains of this one, too; None: to this host only.

    Raises:
        HtealeafError: No browser would keep it so, or send it where it is meant for.
    """

    name: str = _USUAL
    samesite: str = "Lax"
    secure: bool | None = None
    partitioned: bool = False
    domain: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise HtealeafError(
                f"{self.name!r} is no name of a cookie: letters, digits, and - _ . and some others"
            )
        if self.samesite not in SAMESITE:
            raise HtealeafError(
                f"samesite={self.samesite!r} is none; a cookie has one of: " + ", ".join(SAMESITE)
            )
        if self.partitioned and self.samesite != "None":
            raise HtealeafError(
                f"a partitioned cookie is for frames in pages of other sites, and samesite="
                f"{self.samesite!r} keeps it from being sent there; say samesite='None'"
            )
        why = self._why_secure
        if why and self.secure is False:
            raise HtealeafError(f"browsers refuse a cookie {why} that is not secure; don't say so")
        if self.domain is not None:
            self._check_domain(self.domain)

    def _check_domain(self, domain: str) -> None:
        if self._is("__host-"):
            raise HtealeafError(
                f"{self.name!r} is of one host: browsers refuse the prefix __Host- with a domain"
            )
        if not _DOMAIN.match(domain.removeprefix(".")) or _ADDRESS.match(domain):
            raise HtealeafError(
                f"domain={domain!r} is none that a cookie can have: a name with a dot, such as"
                " 'example.org', without scheme, port and path; say None for this host only"
            )

    @property
    def _why_secure(self) -> str:
        if self._is("__host-") or self._is("__secure-"):
            return f"with the prefix of {self.name!r}"
        if self.partitioned:
            return "that is partitioned"
        return "with samesite='None'" if self.samesite == "None" else ""

    def _is(self, prefix: str) -> bool:
        return self.name.lower().startswith(prefix)

    def named(self, base: str, scheme: str) -> str:
        """Return the name that it has over *scheme*, in an app below *base*.

        Over https the usual one gets the prefix with which no subdomain, and no page that somebody
        has changed on its way, can set it. Then it is for the whole host, so not below a path.

        >>> Cookie().named("", "https"), Cookie().named("/shop", "https")
        ('__Host-ht', 'ht')
        """
        usual = self.name == _USUAL and self.domain is None and self.secure is not False
        return f"__Host-{_USUAL}" if usual and scheme == "https" and not base else self.name

    @property
    def at(self) -> str:
        """Return the name of the cookie that says where the browser's last write is."""
        return f"{self.name}_at"

    def path(self, base: str) -> str:
        """Return the path that it is for, in an app below *base*."""
        return "/" if self._is("__host-") else base or "/"

    def header(self, named: str, age: int, base: str, scheme: str) -> str:
        """Return the value of `Set-Cookie`.

        Args:
            named: Name and value.
            age: Seconds.
            base: The path that the app lives below, "" for none.
            scheme: What the browser asked with.

        >>> Cookie(samesite="None").header("ht=1", 60, "", "http")
        'ht=1; Max-Age=60; Path=/; HttpOnly; SameSite=None; Secure'
        """
        return named + _attributes(self, age, base, scheme)

    def attributes(self, age: int, base: str, scheme: str) -> str:
        """Return what stands behind name and value in `Set-Cookie`."""
        secure = scheme == "https" if self.secure is None else self.secure
        told = f"; Max-Age={age}; Path={self.path(base)}; HttpOnly; SameSite={self.samesite}"
        if self.domain is not None:
            told += f"; Domain={self.domain}"
        if secure or self._why_secure:
            told += "; Secure"
        return told + "; Partitioned" if self.partitioned else told


#: The same for every write that is answered.
_attributes = lru_cache(maxsize=64)(Cookie.attributes)


def cookie_of(said: Cookie | Mapping[str, Any] | None) -> Cookie:
    """Return what an author said, whole or by its parts.

    Raises:
        HtealeafError: A part that a cookie does not have; see `Cookie`, too.
    """
    if said is None or isinstance(said, Cookie):
        return said or Cookie()
    known = [field.name for field in fields(Cookie)]
    if not isinstance(said, Mapping):
        raise HtealeafError(f"cookie={said!r} is no dict; it has some of: {', '.join(known)}")
    for name in said:
        if name not in known:
            raise HtealeafError(f"a cookie has no {name!r}; it has: {', '.join(known)}")
    return Cookie(**said)
