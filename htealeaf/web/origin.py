"""Cross-site requests: which page made a request, and whether that may be.

Rule: where the browser does not say which page made a request, what a plain form of any site could
have sent is refused.
"""

from __future__ import annotations

from htealeaf.errors import Forbidden
from htealeaf.web.request import Request

#: What a plain form of any site can send without asking first (Fetch standard, "CORS-safelisted").
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_SAFELISTED = (*FORM_TYPES, "text/plain", "")


def same_origin(request: Request) -> bool | None:
    """Tell whether *request* comes from a page of this very origin.

    Returns:
        None when the browser does not say: neither `Sec-Fetch-Site` nor `Origin` was sent.

    Source: Fetch Metadata (W3C) and the `Origin` header (RFC 6454, 7.3).
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if not origin:
        return None
    return origin.lower() == request.origin.lower()


def refuse_cross_site(request: Request, media: str) -> None:
    """Refuse a request that another site's page made.

    Args:
        media: The type of its content, `request.media`.

    Raises:
        Forbidden: It is cross-site; or nothing tells, and a plain form could have sent it.
    """
    known = same_origin(request)
    if known is False:
        raise Forbidden("a page of another site made this request")
    if known is None and request.method == "POST" and media in _SAFELISTED:
        raise Forbidden("a form was sent without Origin and Sec-Fetch-Site; send JSON instead")
