"""Cross-site requests: which page made a request, and whether that may be.

Rule 1: where the browser does not say which page made a request, what a plain form of any site
could have sent is refused.

Rule 2: where it says so twice, both have to agree: a foreign `Origin` is foreign, whatever stands
beside it. A request that changes something was made by a page, not by an address that was typed.

Rule 3: which host was asked is what a request says. A name of somebody else's that leads here (DNS
rebinding) makes `Host` and `Origin` agree, so an app knows its hosts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from htealeaf.errors import Forbidden, HtealeafError
from htealeaf.web.request import Request

#: What a plain form of any site can send without asking first (Fetch standard, "CORS-safelisted").
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_SAFELISTED = (*FORM_TYPES, "text/plain", "")


class UntrustedHost(HtealeafError):
    """A request for a host that this app is not."""

    status_hint = 400
    public = "This is not the address of this site."


class Origins:
    """Which pages may make requests, beside those of the very origin that was asked.

    Args:
        trusted: Other origins whose pages may do what ours may: `["https://admin.example"]`.
        hosts: The hosts that the app is: `["shop.example", ".shop.example"]`, a dot in front for
            all below it; without a port, any. None: any host.

    Raises:
        HtealeafError: One is no origin, or no host.
    """

    def __init__(
        self, trusted: str | Sequence[str] | None = None, hosts: str | Sequence[str] | None = None
    ) -> None:
        self.trusted = frozenset(one.lower() for one in _listed(trusted, "trusted_origins"))
        for one in self.trusted:
            if _ORIGIN.match(one) is None:
                raise HtealeafError(
                    f"trusted_origins= has {one!r}; an origin is scheme and host, without a path:"
                    " 'https://admin.example'"
                )
        self.hosts = None if hosts is None else [*map(str.lower, _listed(hosts, "trusted_hosts"))]
        for one in self.hosts or ():
            if _HOST.match(one) is None:
                raise HtealeafError(
                    f"trusted_hosts= has {one!r}; a host is a name or an address, with a port or"
                    " without: 'shop.example'"
                )

    def refuse_host(self, request: Request) -> None:
        """Refuse a request for another host than those of the app, and for what is none.

        Raises:
            UntrustedHost: It is.
        """
        if _ASKED.match(request.host) is None:
            raise UntrustedHost(f"{request.host[:200]!r} is no host")
        if self.hosts is None:
            return
        asked = request.host.lower()
        name = asked if asked.endswith("]") else asked.rpartition(":")[0] or asked
        for host in self.hosts:
            if host in (asked, name) or (host[0] == "." and name.endswith(host)):
                return
        raise UntrustedHost(f"{asked[:200]!r} is not in WSGI(trusted_hosts=)")

    def same(self, request: Request) -> bool | None:
        """Tell whether *request* comes from a page of this very origin, or a trusted one.

        Returns:
            None when the browser does not say: neither `Sec-Fetch-Site` nor `Origin` was sent.

        Source: Fetch Metadata (W3C) and the `Origin` header (RFC 6454, 7.3).
        """
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin").lower()
        if site == "none" and request.method not in _SAFE:
            return False
        if origin:
            if origin in self.trusted:
                return True
            if site == "same-origin":  # a proxy may have taken the s of https off
                return origin.partition("://")[2] == request.host.lower()
            return origin == request.origin.lower() and site in ("", "none")
        return site in ("same-origin", "none") if site else None

    def refuse_cross_site(self, request: Request, media: str) -> None:
        """Refuse a request that another site's page made.

        Args:
            media: The type of its content, `request.media`.

        Raises:
            Forbidden: It is cross-site; or nothing tells, and a plain form could have sent it.
        """
        known = self.same(request)
        if known is False:
            raise Forbidden(
                "a page of another site made this request; see WSGI(trusted_origins=), and behind a"
                " proxy ProxyFix"
            )
        if known is None and request.method == "POST" and media in _SAFELISTED:
            raise Forbidden("a form was sent without Origin and Sec-Fetch-Site; send JSON instead")


#: What only this machine is called, for a server that only this machine reaches.
LOOPBACK: Final = ("localhost", ".localhost", "127.0.0.1", "[::1]")

_SAFE = ("GET", "HEAD", "OPTIONS")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s@?#]+\Z")
#: RFC 3986, 3.2.2, with a port or without; names of containers have underscores.
_ASKED = re.compile(r"(?:[A-Za-z0-9._~%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?\Z")
_HOST = re.compile(r"\.?[^/\s@?#]+\Z")


def _listed(said: str | Sequence[str] | None, name: str) -> Sequence[str]:
    found = said.replace(",", " ").split() if isinstance(said, str) else said or ()
    if not all(found):
        raise HtealeafError(f"{name}={said!r} has an empty text")
    return found
